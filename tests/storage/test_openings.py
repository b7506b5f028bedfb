"""What opens a number against a second, naive way to find it: any report, definition, filter and page, of any intervals."""

from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.facts import Fact
from deskline.domain.openings import Opened, Part, opened_by
from deskline.domain.reports import DEFINITIONS, RANKING, Definition, Report, ReportFilter
from deskline.domain.searches import PAGE_SIZE
from deskline.domain.sums import SUMS
from deskline.storage import openings
from deskline.storage.facts import numbers_of
from deskline.storage.openings import count_row, open_row, walk_row
from deskline.storage.reports import sum_facts
from tests.storage.builders import OURS, REPORTS
from tests.storage.test_sums import FILTERS, INTERVALS, Interval, Sums, sums

__all__ = ["sums"]  # a fixture
SIZES = st.sampled_from((1, 2, 7, 500))


def open_page(
    sums: Sums, report: Report, definition: Definition, intervals: list[Interval], wanted: ReportFilter, page: int
) -> tuple[Opened, list[tuple[int, ...]]]:
    """One page of what is behind a number, and the report's own sums."""

    async def work() -> tuple[Opened, list[tuple[int, ...]]]:
        async with sums.database.analyse(OURS) as tx:
            opened = await open_row(tx, report, definition, intervals, wanted, page)
            return opened, await sum_facts(tx, report.defined(definition), intervals, wanted)

    return sums.runner.run(work())


@given(
    report=st.sampled_from((*REPORTS, RANKING)),
    definition=st.sampled_from(DEFINITIONS),
    intervals=INTERVALS,
    wanted=FILTERS,
    page=st.integers(1, 30),
)
def test_any_page_of_any_number(
    sums: Sums, report: Report, definition: Definition, intervals: list[Interval], wanted: ReportFilter, page: int
) -> None:
    by = opened_by(report, definition)
    opened, reported = open_page(sums, report, definition, intervals, wanted, page)
    expected = sorted(fact.at for name in counting(by) for interval in intervals for fact in credited(sums, by, name, wanted, interval))
    assert opened.total == len(expected)
    first = (page - 1) * PAGE_SIZE
    assert [part.fact.at for part in opened.parts] == expected[first : first + PAGE_SIZE]
    if not report.credited:  # those of roll-ups; the ranking's are another statement's
        assert [opened.sums[name] for name in report.defined(definition).sums] == [sum(column) for column in zip(*reported, strict=True)]


def counting(by: Report) -> list[str]:
    return [name for name in by.sums if SUMS[name].added is None]


def credited(sums: Sums, by: Report, name: str, wanted: ReportFilter, interval: Interval) -> list[Fact]:
    return [fact for fact in sums.facts(SUMS[name], wanted, interval) if fact.agent is not None or not by.credited]


@given(report=st.sampled_from(REPORTS), definition=st.sampled_from(DEFINITIONS), intervals=INTERVALS, wanted=FILTERS)
def test_the_pages_together_are_the_number(
    sums: Sums, report: Report, definition: Definition, intervals: list[Interval], wanted: ReportFilter
) -> None:
    first, _ = open_page(sums, report, definition, intervals, wanted, 1)
    later = [open_page(sums, report, definition, intervals, wanted, page)[0] for page in range(2, first.pages + 1)]
    parts = [part for opened in (first, *later) for part in opened.parts]
    assert len({(part.ticket.id, part.fact.kind, part.fact.label, part.fact.seq) for part in parts}) == len(parts) == first.total
    measured = [name for name in first.sums if SUMS[name].added is not None]
    assert [first.sums[name] for name in measured] == [sum(part.seconds or 0 for part in parts)] * len(measured)
    for part in parts:
        if part.start is not None:
            assert part.seconds == part.fact.at // 1000 - part.start // 1000 - part.excluded_seconds


@given(
    report=st.sampled_from((*REPORTS, RANKING)), definition=st.sampled_from(DEFINITIONS), intervals=INTERVALS, wanted=FILTERS, size=SIZES
)
def test_a_walk_passes_what_the_pages_have(
    sums: Sums, report: Report, definition: Definition, intervals: list[Interval], wanted: ReportFilter, size: int
) -> None:
    """Even where so few are walked at once that many more of them are at one instant."""
    by = opened_by(report, definition)

    async def work() -> tuple[Opened, list[Part]]:
        async with sums.database.export(OURS) as tx:
            opened, counted = await count_row(tx, by, intervals, wanted)
            with mock.patch.object(openings, "WALKED_AT_ONCE", size):
                return opened, [part async for parts in walk_row(tx, by, counted, wanted) for part in parts]

    counted, walked = sums.runner.run(work())
    opened, _ = open_page(sums, report, definition, intervals, wanted, 1)
    assert (counted.total, counted.sums) == (opened.total, opened.sums)
    assert len(walked) == opened.total
    assert tuple(walked[:PAGE_SIZE]) == opened.parts
    order = [(part.fact.at, part.ticket.id, part.fact.kind, part.fact.label, part.fact.seq) for part in walked]
    assert [at for at, *_ in order] == sorted(at for at, *_ in order)
    assert len(set(order)) == len(order)


def test_no_fact_is_in_two_sums_of_a_report_that_count() -> None:
    """So the sums that count, together, are how many facts a row is of."""
    for report in (*REPORTS, RANKING):
        for definition in DEFINITIONS:
            numbers = [number for name in counting(opened_by(report, definition)) for number in numbers_of(SUMS[name])]
            assert len(numbers) == len(set(numbers)), (report.name, definition)
