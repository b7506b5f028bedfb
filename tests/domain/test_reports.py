from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain import reports
from deskline.domain.calendar import WEEKDAYS
from deskline.domain.reports import Count, Durations, GroupBy, Layout, Ranked, Ratings, Slot, Sources
from deskline.errors import InvalidError

WARSAW = ZoneInfo("Europe/Warsaw")
MARCH, OCTOBER = date(2023, 3, 26), date(2023, 10, 29)


def hours_of(layout: Layout, row: int) -> float:
    return sum(end - start for number, start, end in layout.spans if number == row) / 3_600_000


# The ranges


def test_a_range_is_as_asked_for() -> None:
    assert reports.report_range(date(2024, 1, 1), date(2024, 1, 31), date(2020, 1, 1), date(2025, 1, 1)) == (
        date(2024, 1, 1),
        date(2024, 1, 31),
    )


@pytest.mark.parametrize(
    ("date_to", "oldest", "expected"),
    [
        (None, date(2020, 5, 5), (date(2020, 5, 5), date(2025, 1, 1))),
        (None, None, (date(2025, 1, 1), date(2025, 1, 1))),
        (date(2021, 1, 1), date(2020, 5, 5), (date(2020, 5, 5), date(2021, 1, 1))),
        (date(2020, 5, 5), date(2020, 5, 5), (date(2020, 5, 5), date(2020, 5, 5))),
        (date(2019, 1, 1), date(2020, 5, 5), (date(2019, 1, 1), date(2019, 1, 1))),
        (date(2019, 1, 1), None, (date(2019, 1, 1), date(2019, 1, 1))),
        (date(2026, 1, 1), None, (date(2025, 1, 1), date(2026, 1, 1))),
        (None, date(2025, 1, 2), (date(2025, 1, 1), date(2025, 1, 1))),
    ],
)
def test_a_range_without_beginning_begins_with_the_oldest_ticket(
    date_to: date | None, oldest: date | None, expected: tuple[date, date]
) -> None:
    assert reports.report_range(None, date_to, oldest, date(2025, 1, 1)) == expected


@pytest.mark.parametrize("date_to", [None, date(2024, 12, 31)])
def test_a_range_that_ends_before_it_begins_is_refused(date_to: date | None) -> None:
    with pytest.raises(InvalidError, match=r"^date_from: 2025-01-02 is later than the end of the range"):
        reports.report_range(date(2025, 1, 2), date_to, None, date(2025, 1, 1))


# The rows


@pytest.mark.parametrize("day", [MARCH, OCTOBER, date(2024, 1, 1)])
@pytest.mark.parametrize("group_by", [None, "hour"])
def test_one_day_is_24_hours_without_the_date(day: date, group_by: GroupBy | None) -> None:
    layout = reports.slots(day, day, group_by, WARSAW)
    assert [row.key for row in layout.rows] == [f"{hour:02}:00" for hour in range(24)]


def test_the_repeated_hour_is_added_up_and_the_missing_one_is_empty() -> None:
    autumn, spring = reports.slots(OCTOBER, OCTOBER, None, WARSAW), reports.slots(MARCH, MARCH, None, WARSAW)
    assert [hours_of(autumn, row) for row in range(5)] == [1, 1, 2, 1, 1]
    assert [hours_of(spring, row) for row in range(5)] == [1, 1, 0, 1, 1]


def test_several_days_are_days() -> None:
    layout = reports.slots(date(2023, 10, 28), date(2023, 10, 30), None, WARSAW)
    assert layout.rows == (Slot("2023-10-28"), Slot("2023-10-29"), Slot("2023-10-30"))
    assert [hours_of(layout, row) for row in range(3)] == [24, 25, 24]


def test_hours_of_several_days_have_24_labels_a_day() -> None:
    layout = reports.slots(date(2023, 3, 25), date(2023, 3, 26), "hour", WARSAW)
    assert [row.key for row in layout.rows] == [f"2023-03-{day} {hour:02}:00" for day in (25, 26) for hour in range(24)]
    assert hours_of(layout, 24 + 2) == 0


def test_one_day_by_day_or_by_month_is_one_row() -> None:
    assert reports.slots(OCTOBER, OCTOBER, "day", WARSAW).rows == (Slot("2023-10-29"),)
    layout = reports.slots(OCTOBER, OCTOBER, "month", WARSAW)
    assert layout.rows == (Slot("2023-10", OCTOBER, OCTOBER),)
    assert hours_of(layout, 0) == 25


def test_months_are_clipped_to_the_range() -> None:
    layout = reports.slots(date(2012, 1, 29), date(2013, 1, 29), "month", WARSAW)
    assert len(layout.rows) == 13
    assert layout.rows[0] == Slot("2012-01", date(2012, 1, 29), date(2012, 1, 31))
    assert layout.rows[1] == Slot("2012-02", date(2012, 2, 1), date(2012, 2, 29))
    assert layout.rows[12] == Slot("2013-01", date(2013, 1, 1), date(2013, 1, 29))
    assert hours_of(layout, 0) == 72
    assert layout.spans[0][1] == datetime(2012, 1, 28, 23, tzinfo=UTC).timestamp() * 1000


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("week", [("2015-W53", 4), ("2016-W01", 7), ("2016-W02", 7), ("2016-W03", 1)]),  # ISO: a week belongs to the year of its Thursday
        ("quarter", [("2015-Q4", 1), ("2016-Q1", 18)]),
        ("year", [("2015", 1), ("2016", 18)]),
    ],
)
def test_weeks_quarters_and_years(group_by: GroupBy, expected: list[tuple[str, int]]) -> None:
    layout = reports.slots(date(2015, 12, 31), date(2016, 1, 18), group_by, WARSAW)
    assert [row.key for row in layout.rows] == [key for key, _ in expected]
    assert [hours_of(layout, row) for row in range(len(expected))] == [24 * days for _, days in expected]
    assert (layout.rows[0].begin, layout.rows[-1].last) == (date(2015, 12, 31), date(2016, 1, 18))


def test_a_skipped_day_keeps_its_row() -> None:
    layout = reports.slots(date(2011, 12, 29), date(2011, 12, 31), "day", ZoneInfo("Pacific/Apia"))
    assert [row.key for row in layout.rows] == ["2011-12-29", "2011-12-30", "2011-12-31"]
    assert [hours_of(layout, row) for row in range(3)] == [24, 0, 24]


@pytest.mark.parametrize(
    ("first", "last", "group_by", "count"),
    [
        (date(2021, 1, 1), date(2021, 1, 1), None, 24),
        (date(2021, 1, 1), date(2023, 12, 31), None, 1095),
        (date(2021, 1, 1), date(2023, 12, 31), "hour", 1095 * 24),
        (date(2021, 1, 1), date(2023, 12, 31), "month", 36),
        (date(1970, 1, 1), date(9999, 12, 31), "month", 8030 * 12),
        (date(1970, 1, 1), date(9999, 12, 31), "quarter", 8030 * 4),
        (date(1970, 1, 1), date(9999, 12, 31), "year", 8030),
        (date(2026, 3, 31), date(2026, 4, 1), "quarter", 2),
        (date(2026, 3, 29), date(2026, 3, 30), "week", 2),  # Sunday and Monday
        (date(2026, 3, 23), date(2026, 3, 29), "week", 1),
        (date(1970, 1, 1), date.fromordinal(date(1970, 1, 1).toordinal() + 699_996), "week", 100_000),
        (date(1970, 1, 1), date.fromordinal(date(1970, 1, 1).toordinal() + 99_999), "day", 100_000),
    ],
)
def test_every_slot_has_a_row(first: date, last: date, group_by: GroupBy | None, count: int) -> None:
    assert len(reports.slots(first, last, group_by, WARSAW).rows) == count


@pytest.mark.parametrize(
    ("last", "group_by"),
    [
        (date.fromordinal(date(1970, 1, 1).toordinal() + 100_000), None),
        (date(1981, 6, 1), "hour"),
        (date.max, "day"),
        (date.fromordinal(date(1970, 1, 1).toordinal() + 699_997), "week"),
    ],
)
def test_more_than_100_000_rows_are_refused(last: date, group_by: GroupBy | None) -> None:
    with pytest.raises(InvalidError, match=r"^date_from, date_to: .* rows; accepted are 100000 at most") as refused:
        reports.slots(date(1970, 1, 1), last, group_by, WARSAW)
    assert len(refused.value.problems) == 1


def test_intervals_are_the_spans_without_numbers() -> None:
    layout = reports.slots(OCTOBER, OCTOBER, None, WARSAW)
    assert layout.intervals == [(start, end) for _, start, end in layout.spans]


# The sums


@pytest.mark.parametrize(
    ("report", "sums", "values"),
    [
        (reports.NEW_TICKETS, [(3,), (1,)], [Count(3), Count(1)]),
        (reports.FIRST_RESPONSE_TIME, [(0, 0), (2, 14_400)], [Durations(0, 0), Durations(2, 14_400)]),
        (reports.SOLVED_TICKETS, [(0,), (1,)], [Count(0), Count(1)]),
        (reports.RESOLUTION_TIME, [(1, 5), (0, 0)], [Durations(1, 5), Durations(0, 0)]),
        (reports.TICKET_SOURCES, [(1, 2, 3), (0, 0, 0)], [Sources(1, 2, 3), Sources(0, 0, 0)]),
        (reports.RATINGS, [(1, 2), (0, 0)], [Ratings(bad=1, good=2), Ratings(0, 0)]),
    ],
)
def test_rows_carry_the_sums_of_their_spans(report: reports.Report, sums: list[tuple[int, ...]], values: list[reports.Values]) -> None:
    layout = reports.slots(date(2024, 1, 1), date(2024, 1, 2), None, WARSAW)
    assert reports.rows(report, layout, sums) == list(zip(layout.rows, values, strict=True))


def test_a_row_of_two_spans_adds_them_up_and_one_of_none_is_zero() -> None:
    layout = Layout((Slot("a"), Slot("b"), Slot("c")), ((0, 0, 10), (2, 10, 20), (0, 20, 30)))
    assert reports.rows(reports.RESOLUTION_TIME, layout, [(1, 7), (2, 8), (3, 9)]) == [
        (Slot("a"), Durations(4, 16)),
        (Slot("b"), Durations(0, 0)),
        (Slot("c"), Durations(2, 8)),
    ]


def test_only_what_agents_do_can_be_asked_for_by_agent() -> None:
    by_agent = {report.name for report in vars(reports).values() if isinstance(report, reports.Report) and report.by_agent}
    durations = {"first_response_time", "next_response_time", "resolution_time"}
    assert by_agent == durations | {"solved_tickets", "reopened_tickets", "messages", "ratings"}


@pytest.mark.parametrize(
    ("seconds", "count", "text"),
    [
        (0, 0, "null"),
        (0, 1, "0"),
        (17, 1, "0"),
        (18, 1, "0.01"),  # half a hundredth goes up
        (53, 1, "0.01"),
        (54, 1, "0.02"),
        (7_200, 1, "2"),
        (4_680, 1, "1.3"),
        (58_572, 1, "16.27"),
        (58_553, 1, "16.26"),
        (58_554, 1, "16.27"),
        (36 * 3 * 100 - 1, 3, "1"),
        (3_618, 1, "1.01"),  # 1.005, which as a float would go down
        (9_999_999_999_999, 1, "2777777777.78"),
    ],
)
def test_hours_are_rounded_half_up_and_written_as_javascript_does(seconds: int, count: int, text: str) -> None:
    assert msgspec.json.encode(reports.hours(seconds, count)).decode() == text
    assert Durations(count, seconds).hours == reports.hours(seconds, count)


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_hours_are_the_nearest_hundredth(seconds: int, count: int) -> None:
    hours = reports.hours(seconds, count)
    assert hours is not None
    hundredths = round(hours * 100)
    assert Fraction(-1, 2) <= hundredths - Fraction(seconds, 36 * count) <= Fraction(1, 2)
    assert hundredths - Fraction(seconds, 36 * count) != Fraction(-1, 2)
    assert float(repr(hours)) == hundredths / 100
    assert isinstance(hours, int) == (hundredths % 100 == 0)


# The ranking


@pytest.mark.parametrize(
    ("good", "bad", "score"),
    [(2502, 426, "0.8361489669658251"), (2164, 443, "0.8094273999034496"), (1070, 215, "0.8029689181922964")],
)
def test_the_score_is_the_documentations_to_the_last_digit(good: int, bad: int, score: str) -> None:
    assert repr(reports.ranking_score(good, bad)) == score
    assert msgspec.json.encode(reports.ranking_score(good, bad)).decode() == score


@pytest.mark.parametrize(("good", "bad", "score"), [(10, 2, 0.5194200469), (2, 0, 0.3312764381)])
def test_the_score_is_the_help_pages(good: int, bad: int, score: float) -> None:
    assert round(reports.ranking_score(good, bad), 10) == score


@given(st.integers(0, 10**6), st.integers(0, 10**6).filter(bool))
def test_the_score_is_between_0_and_1(one: int, other: int) -> None:
    score: Callable[[int, int], float] = reports.ranking_score
    assert 0 <= score(one, other) <= 1
    assert 0 <= score(other, one) <= 1


def test_the_best_agent_is_first_and_equal_ones_stand_by_name() -> None:
    ranking = reports.rank([("zoe", 2, 0), ("ann", 0, 1), ("bob", 2, 0), ("cleo", 10, 2)])
    assert [ranked.name for ranked in ranking] == ["cleo", "bob", "zoe", "ann"]
    assert ranking[0] == Ranked(good=10, bad=2, total=12, score=reports.ranking_score(10, 2), name="cleo")
    assert ranking[3].score == 0


def test_equal_agents_stand_as_their_names_compare_exactly() -> None:
    names = ["Bob", "Zoe", "ann", "ann2", "anna", "Łucja"]
    assert [ranked.name for ranked in reports.rank((name, 1, 0) for name in reversed(names))] == names


def test_names_that_differ_in_case_are_different_agents() -> None:
    assert [(ranked.name, ranked.good) for ranked in reports.rank([("ann", 1, 0), ("Ann", 1, 0)])] == [("Ann", 1), ("ann", 1)]


def test_an_agents_ratings_are_added_up() -> None:
    assert reports.rank([("ann", 1, 0), ("ann", 1, 3)]) == [Ranked(2, 3, 5, reports.ranking_score(2, 3), "ann")]


def test_nobody_rated_is_nobody_ranked() -> None:
    assert reports.rank([]) == []


def test_a_heat_map_has_every_hour_of_the_week() -> None:
    layout = reports.slots(date(2023, 10, 28), date(2023, 11, 5), "weekday_hour", WARSAW)  # a Saturday to the second Sunday after it
    assert [slot.key for slot in layout.rows[::24]] == [f"{day} 00:00" for day in WEEKDAYS]
    assert [slot.key for slot in layout.rows[:24]] == [f"monday {hour:02}:00" for hour in range(24)]
    assert [hours_of(layout, 24 * day + 2) for day in range(7)] == [1, 1, 1, 1, 1, 2, 3]  # clocks went back on the first Sunday
    assert hours_of(reports.slots(MARCH, MARCH, "weekday_hour", WARSAW), 6 * 24 + 2) == 0
    assert reports.pieces(date(1970, 1, 1), date(2024, 1, 1), "weekday_hour") == [(date(1970, 1, 1), date(2024, 1, 1))]
    with pytest.raises(InvalidError, match="is 100008 hours; accepted are 100000 at most"):
        reports.slots(date(1970, 1, 1), date(1981, 5, 29), "weekday_hour", WARSAW)


@given(first=st.dates(date(1970, 1, 1), date(9999, 12, 1)), days=st.integers(0, 80_000), group_by=st.sampled_from(reports.GROUP_BYS[:-1]))
def test_the_pieces_of_a_range_are_the_range(first: date, days: int, group_by: reports.GroupBy) -> None:
    last = first + timedelta(days=min(days, (date.max - first).days) if group_by != "hour" else min(days, 4_000, (date.max - first).days))
    found = reports.pieces(first, last, group_by)
    assert [found[0][0], found[-1][1]] == [first, last]
    assert all(before[1] + timedelta(days=1) == after[0] for before, after in pairwise(found))
    zone = ZoneInfo("Pacific/Apia")
    whole = reports.slots(first, last, group_by, zone)
    parts = [reports.slots(*piece, group_by, zone) for piece in found]
    assert [slot for part in parts for slot in part.rows] == list(whole.rows)
    starts = [sum(len(part.rows) for part in parts[:number]) for number in range(len(parts))]
    spans = [(start + row, begin, end) for start, part in zip(starts, parts, strict=True) for row, begin, end in part.spans]
    assert sorted(spans) == sorted(whole.spans)
