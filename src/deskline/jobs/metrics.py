"""What Prometheus is told about jobs."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from deskline.jobs.runner import Runner


class JobMetrics(Collector):
    """The numbers of one process's jobs."""

    def __init__(self, runner: Runner) -> None:
        """Watch a runner."""
        self._runner = runner

    def collect(self) -> Iterator[Metric]:
        """Hand the numbers to the library."""
        runs = CounterMetricFamily("deskline_jobs", "Runs of jobs that ended.", labels=("kind", "outcome"))
        for (kind, outcome), count in self._runner.done.items():
            runs.add_metric((kind, outcome), count)
        yield runs
        findings = CounterMetricFamily("deskline_job_findings", "What jobs found that somebody should look at.", labels=("kind",))
        for kind, count in self._runner.findings.items():
            findings.add_metric((kind,), count)
        yield findings
        yield GaugeMetricFamily("deskline_jobs_running", "Jobs that are worked on.", value=self._runner.running)
