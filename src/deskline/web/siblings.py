"""The numbers of all workers, whichever is asked: each tells its own to the others over a socket in the folder that they share.

Nothing is shared while requests are answered, so that counting stays adding to a plain integer. Each worker's series have its number
as a label: one that is started anew begins at zero, and only so Prometheus can tell that from a sum that shrank.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from deskline.web.metrics import show_metrics
from deskline.web.responses import Answer
from deskline.web.workers import Worker

PATIENCE_SECONDS: Final = 1.0  # for one that does not answer; the scrape tells that it did not
_log = structlog.get_logger("deskline.workers")


class Sample(msgspec.Struct, array_like=True):
    """One number."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, array_like=True):
    """Numbers of one kind."""

    name: str
    documentation: str
    type: str
    samples: list[Sample]


class Siblings:
    """The workers of one parent, seen from one of them."""

    def __init__(self, worker: Worker, registry: CollectorRegistry) -> None:
        """Take which worker this is, and its own numbers."""
        self._worker = worker
        self._registry = registry

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Tell whoever asks this worker's numbers."""
        path = self._worker.folder / str(self._worker.number)
        path.unlink(missing_ok=True)  # of the worker before
        server = await asyncio.start_unix_server(self._tell, path)
        try:
            yield
        finally:
            server.close()

    async def answer(self) -> Answer:
        """Answer a scrape for all workers."""
        numbers = range(1, self._worker.workers + 1)
        told = await asyncio.gather(*(self._ask(number) for number in numbers))
        return show_metrics(_Together(dict(zip(numbers, told, strict=True))))

    async def _ask(self, number: int) -> list[Family] | None:
        if number == self._worker.number:
            return self._own()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self._worker.folder / str(number))
                try:
                    return msgspec.json.decode(await reader.read(-1), type=list[Family])
                finally:
                    writer.close()
        except (OSError, msgspec.DecodeError) as error:  # TimeoutError is an OSError; it is stopped, dead or not there yet
            _log.warning("a worker does not tell its numbers", of=number, reason=str(error) or type(error).__name__)
            return None

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(msgspec.json.encode(self._own()))
            await writer.drain()
        except OSError as error:
            _log.warning("numbers could not be told", reason=str(error))
        finally:
            writer.close()

    def _own(self) -> list[Family]:
        return [
            Family(each.name, each.documentation, each.type, [Sample(one.name, one.labels, one.value) for one in each.samples])
            for each in self._registry.collect()
        ]


class _Together(Collector):
    """What workers told, each number under its worker's label."""

    def __init__(self, told: dict[int, list[Family] | None]) -> None:
        self._told = told

    def collect(self) -> Iterator[Metric]:
        """Hand the numbers to the library."""
        up = GaugeMetricFamily("deskline_worker_up", "Whether a worker told its numbers for this scrape.", labels=("worker",))
        for number, families in self._told.items():
            up.add_metric((str(number),), float(families is not None))
        yield up
        yield from _merged((number, family) for number, families in self._told.items() for family in families or ())


def _merged(families: Iterable[tuple[int, Family]]) -> Iterable[Metric]:
    merged: dict[str, Metric] = {}
    for number, family in families:
        metric = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
        for sample in family.samples:
            metric.add_sample(sample.name, {**sample.labels, "worker": str(number)}, sample.value)
    return merged.values()
