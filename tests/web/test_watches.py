"""Waiting for changes: what is kept of an account, how many may listen, and who listens while the database is away."""

import asyncio
from pathlib import Path

import pytest

from deskline.errors import DatabaseAwayError, UnavailableError
from deskline.storage import feed
from deskline.storage.database import Reader
from deskline.web import watches
from deskline.web.metrics import Metrics
from deskline.web.watches import Page, Watch, Watches
from tests.desks import a_desk, add_ticket


def test_no_more_than_some_pages_are_kept_and_none_beyond_a_change() -> None:
    watch = Watch()
    watch.note(7)
    for after in range(10 * watches.MOST_PAGES):
        watch.keep(("json", after, 100), Page(b"", after))
    assert len(watch.pages) == watches.MOST_PAGES
    watch.note(7)
    assert len(watch.pages) == watches.MOST_PAGES
    watch.note(8)
    assert watch.pages == {}


async def changed(data: Path, fails: int, error: Exception, patch: pytest.MonkeyPatch) -> bool:
    """Wait for a change while the first looks fail."""
    looks = 0
    found = feed.find_last

    async def find_last(tx: Reader) -> int:
        nonlocal looks
        looks += 1
        if looks <= fails:
            raise error
        return await found(tx)

    patch.setattr(feed, "find_last", find_last)
    patch.setattr(watches, "AWAY_SECONDS", 0.01)
    metrics = Metrics()
    metrics.in_flight = 1
    async with a_desk(data) as database:
        here = Watches(database, metrics)
        async with here.listening(1) as watch, asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(here.wait(watch, 0, 20))
            async with database.write(1) as tx:
                await add_ticket(tx)
            return await waiting


@pytest.mark.parametrize("error", [DatabaseAwayError("The database is away."), RuntimeError("a mistake")])
def test_looks_that_fail_are_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    assert asyncio.run(changed(tmp_path, 3, error, monkeypatch))


def test_there_are_so_many_listeners_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "MOST", 2)

    async def listen() -> int:
        metrics = Metrics()
        async with a_desk(tmp_path) as database:
            here = Watches(database, metrics)
            async with here.listening(1), here.listening(1):
                with pytest.raises(UnavailableError, match="As many listen"):
                    async with here.listening(1):
                        pytest.fail("one too many")
        return metrics.listeners

    assert asyncio.run(listen()) == 0


def test_who_waits_is_woken_by_a_stop_and_is_not_counted_as_working(tmp_path: Path) -> None:
    async def stop() -> tuple[bool, int, int]:
        metrics = Metrics()
        metrics.in_flight = 1
        async with a_desk(tmp_path) as database:
            here = Watches(database, metrics)
            async with here.listening(1) as watch:
                waiting = asyncio.create_task(here.wait(watch, 0, 20))
                await asyncio.sleep(0)
                meanwhile = metrics.in_flight
                here.stop()
                return await waiting, meanwhile, metrics.in_flight

    assert asyncio.run(stop()) == (False, 0, 1)
