"""What Prometheus is told about requests: how many by route, method and status, how long they took, how many are under way.

Counted in plain integers by the one thread of the event loop, which costs a third of the library’s own counters with their locks; the
library writes them out.
"""

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from deskline.storage.database import Commits
from deskline.web.responses import Answer

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics(Collector):
    """The numbers of one application. `registry` takes further collectors, of storage or of the process."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.in_flight = 0
        self.listeners = 0
        self.registry = CollectorRegistry()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self.registry.register(self)

    def count(self, path: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered. `path` is the route's, not the request's: one series for each route."""
        key = (path, method if method in METHODS else "other", status)
        self._requests[key] = self._requests.get(key, 0) + 1
        buckets = self._buckets.get(path)
        if buckets is None:
            buckets = self._buckets[path] = [0] * (len(BUCKETS) + 1)
            self._seconds[path] = 0.0
        buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds[path] += seconds

    def collect(self) -> Iterator[Metric]:
        """Hand the numbers to the library."""
        requests = CounterMetricFamily("deskline_requests", "Requests answered.", labels=("path", "method", "status"))
        for (path, method, status), count in self._requests.items():
            requests.add_metric((path, method, str(status)), count)
        yield requests
        durations = HistogramMetricFamily("deskline_request_seconds", "From a request's arrival to its answer.", labels=("path",))
        for path, buckets in self._buckets.items():
            counts = [sum(buckets[: place + 1]) for place in range(len(buckets))]
            borders = [*(str(border) for border in BUCKETS), "+Inf"]
            durations.add_metric((path,), list(zip(borders, counts, strict=True)), self._seconds[path])
        yield durations
        yield GaugeMetricFamily("deskline_requests_in_flight", "Requests being worked on.", value=self.in_flight)
        yield GaugeMetricFamily("deskline_listeners", "Requests that listen for changes.", value=self.listeners)

    async def answer(self) -> Answer:
        """Answer a scrape in Prometheus' text format."""
        return show_metrics(self.registry)


class WriteMetrics(Collector):
    """The numbers of the database's writer: their ratio is how many requests share one wait for the disk."""

    def __init__(self, commits: Commits) -> None:
        """Watch a writer."""
        self._commits = commits

    def collect(self) -> Iterator[Metric]:
        """Hand the numbers to the library."""
        yield CounterMetricFamily("deskline_commits", "Commits made durable.", value=self._commits.commits)
        yield CounterMetricFamily("deskline_written_units", "Units of work in those commits.", value=self._commits.units)


def show_metrics(collector: Collector) -> Answer:
    """Answer in Prometheus' text format."""
    return Answer(generate_latest(collector), content_type=CONTENT_TYPE_PLAIN_0_0_4.encode())
