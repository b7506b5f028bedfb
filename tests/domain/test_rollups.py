"""Which slots a span of time is made of, and which sums answer a filter."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.reports import ReportFilter
from deskline.domain.rollups import SLOTS, Interval, pieces, places_of, scopes, week_slots

QUARTER, HOUR, DAY = SLOTS
# Borders of every level, a little beside them, and any others; a week around the epoch, so that slots before it are among them.
BORDERS = st.builds(
    lambda number, length, beside: number * length + beside,
    st.integers(-30, 30),
    st.sampled_from((QUARTER, HOUR, DAY // 4, DAY)),
    st.just(0) | st.sampled_from((-1, 1)) | st.integers(-DAY, DAY),
)
INTERVALS = st.lists(BORDERS, min_size=2, max_size=8, unique=True).map(lambda borders: list(itertools.pairwise(sorted(borders))))


def spans_of(intervals: list[Interval], number: int) -> list[tuple[int, int, int]]:
    """The pieces of one interval in the order of time: (start, end, length of its slots), 0 for none."""
    found = pieces(intervals)
    spans = [
        (first * SLOTS[level], behind * SLOTS[level], SLOTS[level])
        for level, slots, whose in found.levels
        for (first, behind), mine in zip(slots, whose, strict=True)
        if mine == number
    ]
    return sorted(spans + [(*rest, 0) for rest, mine in zip(found.rest, found.whose_rest, strict=True) if mine == number])


@given(intervals=INTERVALS)
def test_pieces_are_the_interval_without_gap_or_overlap(intervals: list[Interval]) -> None:
    for number, (start, end) in enumerate(intervals):
        spans = spans_of(intervals, number)
        assert [start, *(until for _, until, _ in spans)] == [*(since for since, _, _ in spans), end]


@given(intervals=INTERVALS)
def test_no_piece_holds_a_whole_slot_that_is_longer(intervals: list[Interval]) -> None:
    for number in range(len(intervals)):
        for start, end, length in spans_of(intervals, number):
            for longer in (slot for slot in SLOTS if slot > length):
                assert -(-start // longer) * longer + longer > end


@given(intervals=INTERVALS)
def test_pieces_of_a_level_begin_apart(intervals: list[Interval]) -> None:
    """As they are handed over by their beginnings."""
    found = pieces(intervals)
    for spans in (*found.slots, found.rest):
        assert len({start for start, _ in spans}) == len(spans)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0, DAY), [(0, DAY, DAY)]),
        ((22 * HOUR, 46 * HOUR), [(22 * HOUR, 46 * HOUR, HOUR)]),  # a day two hours ahead of UTC holds no whole day of UTC
        (
            (HOUR // 2, 2 * DAY + HOUR + 1),
            [
                (HOUR // 2, HOUR, QUARTER),
                (HOUR, DAY, HOUR),
                (DAY, 2 * DAY, DAY),
                (2 * DAY, 2 * DAY + HOUR, HOUR),
                (2 * DAY + HOUR, 2 * DAY + HOUR + 1, 0),
            ],
        ),
        ((5, 6), [(5, 6, 0)]),
        ((QUARTER - 1, QUARTER + 1), [(QUARTER - 1, QUARTER + 1, 0)]),  # across a border, and no slot in it
        ((5, 5), []),
    ],
)
def test_an_interval_is_made_of_the_longest_slots_in_it(interval: Interval, expected: list[tuple[int, int, int]]) -> None:
    assert spans_of([interval], 0) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ReportFilter(), (("", ""),)),
        (ReportFilter(groups=(0,)), (("g:0", ""),)),
        (ReportFilter(tags=("g:0",)), (("t:g:0", ""),)),
        (ReportFilter(agents=("ann",)), (("", "a:ann"),)),
        (ReportFilter(agents=("",)), (("", "a:"),)),
        (ReportFilter(agents=("ann", "bo", "ann")), (("", "a:ann"), ("", "a:bo"))),
        (ReportFilter(groups=(0, 1)), None),
        (ReportFilter(tags=("a", "b")), None),
        (ReportFilter(groups=(0,), tags=("a",)), None),
        (ReportFilter(agents=("ann",), groups=(0,)), None),
        (ReportFilter(agents=("ann",), tags=("a",)), None),
    ],
)
def test_sums_are_kept_for_no_filter_and_for_one_and_agents_add_up(
    wanted: ReportFilter, expected: tuple[tuple[str, str], ...] | None
) -> None:
    assert places_of(wanted) == expected


def test_a_ticket_counts_in_everything_and_in_each_of_its_groups_and_tags() -> None:
    assert scopes((0, 2), ("vip", "late")) == ("", "g:0", "g:2", "t:vip", "t:late")


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ((0, 0, DAY), (1, 0, 24, 72)),  # 1970 began on a Thursday
        ((3_600, -HOUR, DAY - HOUR), (1, -1, 23, 73)),
        ((20_700, DAY + QUARTER, 2 * DAY + QUARTER), (0, 97, 193, 23 + 288)),  # Kathmandu
        ((-2_670, 2_670_000, DAY + 2_670_000), None),  # Monrovia before 1972
        ((0, 60_000, DAY), None),  # clocks that were changed a minute after the hour
    ],
)
def test_hours_of_the_week_are_made_of_whole_slots(part: tuple[int, int, int], expected: tuple[int, int, int, int] | None) -> None:
    assert week_slots(part) == expected
