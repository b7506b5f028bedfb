import struct
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.calendar import (
    DAY,
    HOUR,
    Span,
    cut,
    day_end,
    day_names,
    day_start,
    local_day,
    local_seconds,
    months,
    stretches,
    whole,
)

# Zones and days on which something is odd: three days around each are walked minute by minute.
ODD_DAYS = [
    ("Europe/Warsaw", date(2023, 3, 26)),  # an hour is missing
    ("Europe/Warsaw", date(2023, 10, 29)),  # an hour is repeated
    ("Asia/Kolkata", date(2024, 2, 29)),  # half an hour off
    ("Asia/Kathmandu", date(1986, 1, 1)),  # from half an hour to a quarter
    ("Australia/Lord_Howe", date(2024, 4, 7)),  # half an hour is repeated
    ("Australia/Lord_Howe", date(2024, 10, 6)),  # half an hour is missing
    ("America/St_Johns", date(1988, 4, 3)),  # two hours forward at 00:01
    ("America/St_Johns", date(1988, 10, 30)),  # two hours back at 00:01
    ("America/St_Johns", date(2010, 11, 7)),  # one hour back at 00:01: midnight comes twice
    ("America/St_Johns", date(2011, 3, 13)),
    ("America/Goose_Bay", date(2010, 11, 7)),
    ("America/Moncton", date(2006, 10, 29)),
    ("Asia/Gaza", date(2011, 4, 1)),
    ("Asia/Gaza", date(2014, 10, 24)),
    ("Antarctica/Casey", date(2010, 3, 5)),
    ("Antarctica/Casey", date(2018, 3, 11)),
    ("Antarctica/Casey", date(2020, 10, 4)),
    ("Antarctica/Vostok", date(1994, 2, 1)),  # seven hours back
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that was not
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("Pacific/Kiritimati", date(1979, 10, 1)),  # 40 seconds
    ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("Africa/Monrovia", date(1972, 1, 7)),  # 44 minutes and 30 seconds
    ("America/Havana", date(2023, 3, 12)),  # midnight is missing
    ("America/Havana", date(2023, 11, 5)),  # the first hour is repeated
    ("Asia/Beirut", date(2022, 3, 27)),  # midnight is missing
    ("Asia/Beirut", date(2022, 10, 30)),  # midnight comes twice, touching
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight is missing
    ("America/Sao_Paulo", date(2018, 2, 18)),  # the last hour of the 17th is repeated
    ("America/Boa_Vista", date(2000, 10, 11)),  # forward and back within a week
    ("Asia/Pyongyang", date(2018, 5, 5)),
    ("Asia/Amman", date(2021, 10, 29)),
    ("America/Scoresbysund", date(2024, 3, 31)),
    ("Africa/Casablanca", date(2024, 3, 10)),
]

ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
LATEST = 253_402_214_400_000  # the last day of the year 9999, in any zone
INSTANTS = st.integers(0, 2_240_000_000_000) | st.integers(0, LATEST)


@st.composite
def moments(draw: st.DrawFn) -> tuple[ZoneInfo, int]:
    """A zone and an instant, often one close to a clock change."""
    zone, at, near = draw(ZONES), draw(INSTANTS), draw(st.booleans())
    changes = [stretch.start for stretch in stretches(at // 1000, at // 1000 + 400 * DAY, zone)[1:]]
    if changes and near:
        at = draw(st.sampled_from(changes)) * 1000 + draw(st.integers(-2 * HOUR, 2 * HOUR)) * 1000 + draw(st.integers(-1, 1))
    return zone, min(max(at, 0), LATEST)


def wall_clock(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at // 1000, zone).replace(tzinfo=None)


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slot_at(at: int, spans: list[Span]) -> int | None:
    """The number of the span that holds an instant."""
    place = bisect_right(spans, at, key=lambda span: span[1]) - 1
    return spans[place][0] if place >= 0 and at < spans[place][2] else None


def seconds_between(first: date, last: date, unit: int) -> range:
    return range(local_seconds(first), local_seconds(last) + DAY + 1, unit)


@pytest.mark.parametrize(("name", "day"), ODD_DAYS)
def test_every_minute_of_odd_days_is_in_the_slot_that_its_clock_shows(name: str, day: date) -> None:
    zone = ZoneInfo(name)
    first, last = day - timedelta(days=1), day + timedelta(days=1)
    hours, whole_days = cut(seconds_between(first, last, HOUR), zone), cut(seconds_between(first, last, DAY), zone)
    midnight = datetime(first.year, first.month, first.day)  # noqa: DTZ001  (a wall clock)
    start = local_seconds(first) - 26 * HOUR
    for second in range(start, start + 6 * DAY, 60):
        shown = wall_clock(second * 1000, zone)
        inside = first <= shown.date() <= last
        assert slot_at(second * 1000, hours) == ((shown - midnight) // timedelta(hours=1) if inside else None)
        assert slot_at(second * 1000, whole_days) == ((shown - midnight).days if inside else None)


@pytest.mark.parametrize(
    ("name", "day", "start", "end"),
    [
        ("Europe/Warsaw", date(2023, 3, 26), "2023-03-25T23:00:00Z", "2023-03-26T22:00:00Z"),
        ("Europe/Warsaw", date(2023, 10, 29), "2023-10-28T22:00:00Z", "2023-10-29T23:00:00Z"),
        ("Asia/Kathmandu", date(2024, 1, 1), "2023-12-31T18:15:00Z", "2024-01-01T18:15:00Z"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z"),
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        ("Pacific/Kiritimati", date(1971, 1, 1), "1971-01-01T10:40:00Z", "1971-01-02T10:40:00Z"),
        ("Africa/Monrovia", date(1971, 1, 1), "1971-01-01T00:44:30Z", "1971-01-02T00:44:30Z"),
        # The 6th ends after the 7th has begun for a minute.
        ("America/St_Johns", date(2010, 11, 6), "2010-11-06T02:30:00Z", "2010-11-07T03:30:00Z"),
        ("America/St_Johns", date(2010, 11, 7), "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"),
        ("Etc/UTC", date(9999, 12, 31), "9999-12-31T00:00:00Z", None),
    ],
)
def test_days_begin_and_end(name: str, day: date, start: str, end: str | None) -> None:
    zone = ZoneInfo(name)
    assert iso(day_start(day, zone)) == start
    if end is None:
        assert day_end(day, zone) == day_start(day, zone) + 86_400_000
    else:
        assert iso(day_end(day, zone)) == end


def test_a_midnight_that_comes_twice_leaves_a_hole_in_a_range_that_ends_or_begins_there() -> None:
    """In St. John's the 7th began at 02:30Z, was the 6th again a minute later, and began once more an hour after the first time."""
    zone = ZoneInfo("America/St_Johns")

    def ends(first: date, last: date) -> list[tuple[str, str]]:
        return [(iso(start), iso(end)) for _, start, end in whole(first, last, zone)]

    assert ends(date(2010, 11, 5), date(2010, 11, 6)) == [
        ("2010-11-05T02:30:00Z", "2010-11-07T02:30:00Z"),
        ("2010-11-07T02:31:00Z", "2010-11-07T03:30:00Z"),
    ]
    assert ends(date(2010, 11, 7), date(2010, 11, 8)) == [
        ("2010-11-07T02:30:00Z", "2010-11-07T02:31:00Z"),
        ("2010-11-07T03:30:00Z", "2010-11-09T03:30:00Z"),
    ]
    assert ends(date(2010, 11, 6), date(2010, 11, 7)) == [("2010-11-06T02:30:00Z", "2010-11-08T03:30:00Z")]


def test_a_midnight_that_comes_twice_parts_both_days() -> None:
    zone = ZoneInfo("America/St_Johns")
    spans = cut(seconds_between(date(2010, 11, 6), date(2010, 11, 7), DAY), zone)
    assert [(number, iso(start), iso(end)) for number, start, end in spans] == [
        (0, "2010-11-06T02:30:00Z", "2010-11-07T02:30:00Z"),
        (1, "2010-11-07T02:30:00Z", "2010-11-07T02:31:00Z"),
        (0, "2010-11-07T02:31:00Z", "2010-11-07T03:30:00Z"),
        (1, "2010-11-07T03:30:00Z", "2010-11-08T03:30:00Z"),
    ]
    assert whole(date(2010, 11, 6), date(2010, 11, 6), zone) == [spans[0], spans[2]]
    assert [span[1:] for span in whole(date(2010, 11, 7), date(2010, 11, 7), zone)] == [spans[1][1:], spans[3][1:]]
    assert whole(date(2010, 11, 6), date(2010, 11, 7), zone) == [(0, spans[0][1], spans[3][2])]


def test_a_repeated_hour_is_one_slot_and_a_missing_one_none() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    autumn = cut(seconds_between(date(2023, 10, 29), date(2023, 10, 29), HOUR), zone)
    assert [(number, (end - start) // 3_600_000) for number, start, end in autumn] == [
        (number, 2 if number == 2 else 1) for number in range(24)
    ]
    spring = cut(seconds_between(date(2023, 3, 26), date(2023, 3, 26), HOUR), zone)
    assert [number for number, _, _ in spring] == [number for number in range(24) if number != 2]


def test_a_skipped_day_has_no_instant() -> None:
    zone = ZoneInfo("Pacific/Apia")
    assert whole(date(2011, 12, 30), date(2011, 12, 30), zone) == []
    assert cut(seconds_between(date(2011, 12, 30), date(2011, 12, 30), HOUR), zone) == []
    assert [number for number, _, _ in cut(seconds_between(date(2011, 12, 29), date(2011, 12, 31), DAY), zone)] == [0, 2]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2012, 1, 29), date(2012, 1, 29), [(date(2012, 1, 29), date(2012, 1, 29))]),
        (date(2011, 12, 31), date(2012, 1, 1), [(date(2011, 12, 31), date(2011, 12, 31)), (date(2012, 1, 1), date(2012, 1, 1))]),
        (
            date(2012, 1, 29),
            date(2012, 3, 2),
            [(date(2012, 1, 29), date(2012, 1, 31)), (date(2012, 2, 1), date(2012, 2, 29)), (date(2012, 3, 1), date(2012, 3, 2))],
        ),
        (date(9999, 12, 1), date(9999, 12, 31), [(date(9999, 12, 1), date(9999, 12, 31))]),
    ],
)
def test_months_are_clipped_to_the_range(first: date, last: date, expected: list[tuple[date, date]]) -> None:
    assert months(first, last) == expected


def test_days_are_named_with_both_ends() -> None:
    assert day_names(date(2024, 2, 28), date(2024, 3, 1)) == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert day_names(date(9999, 12, 31), date(9999, 12, 31)) == ["9999-12-31"]


@given(st.dates(date(1970, 1, 1)), st.integers(0, 1_500))
def test_the_names_of_days_are_their_dates(first: date, days: int) -> None:
    found = [date.fromordinal(ordinal) for ordinal in range(first.toordinal(), min(first.toordinal() + days, date.max.toordinal()) + 1)]
    assert day_names(first, found[-1]) == [day.isoformat() for day in found]


@given(moments(), st.integers(0, 3), st.integers(0, 3), st.sampled_from([HOUR, DAY]))
def test_an_instant_is_in_exactly_the_slot_that_its_clock_shows(moment: tuple[ZoneInfo, int], before: int, after: int, unit: int) -> None:
    zone, at = moment
    shown = wall_clock(at, zone)
    first = max(shown.date() - timedelta(days=before), date(1969, 12, 31))
    last = min(shown.toordinal() + after, date.max.toordinal())
    spans = cut(seconds_between(first, date.fromordinal(last), unit), zone)
    holding = [number for number, start, end in spans if start <= at < end]
    midnight = datetime(first.year, first.month, first.day)  # noqa: DTZ001  (a wall clock)
    assert holding == [(shown - midnight) // timedelta(seconds=unit)]
    assert all(start < end for _, start, end in spans)
    assert all(end <= start for (_, _, end), (_, start, _) in pairwise(spans))
    assert all(one[0] != other[0] for one, other in pairwise(spans) if one[2] == other[1])


@given(moments(), st.integers(0, 4), st.integers(0, 4), st.integers(-5 * DAY, 5 * DAY))
def test_the_whole_range_holds_the_instants_of_its_days(moment: tuple[ZoneInfo, int], before: int, after: int, away: int) -> None:
    zone, at = moment
    ordinal = wall_clock(at, zone).toordinal()
    first, last = date.fromordinal(ordinal - before), date.fromordinal(min(ordinal + after, date.max.toordinal()))
    other = min(at + away * 1000, LATEST)
    spans = whole(first, last, zone)
    for instant in (at, other):
        assert (slot_at(instant, spans) == 0) == (first <= wall_clock(instant, zone).date() <= last)
    assert spans == [(0, start, end) for _, start, end in cut([local_seconds(first), local_seconds(last) + DAY], zone)]


@given(moments(), st.integers(1, 3 * DAY * 1000))
def test_no_instant_of_a_day_is_before_its_start_or_after_its_end(moment: tuple[ZoneInfo, int], away: int) -> None:
    zone, at = moment
    day = wall_clock(at, zone).date()
    start, end = day_start(day, zone), day_end(day, zone)
    assert start <= at < end
    assert wall_clock(start, zone).date() == day
    assert wall_clock(start - 1, zone).date() < day
    assert wall_clock(start - away, zone).date() < day
    assert wall_clock(end - 1, zone).date() == day
    if end + away < LATEST:
        assert wall_clock(end, zone).date() > day
        assert wall_clock(end + away, zone).date() > day


@given(moments())
def test_the_local_day_is_the_clocks(moment: tuple[ZoneInfo, int]) -> None:
    zone, at = moment
    assert local_day(at, zone) == wall_clock(at, zone).date()


def test_the_local_day_beyond_the_last_one_is_the_last_one() -> None:
    assert local_day(253_402_300_799_999, ZoneInfo("Pacific/Kiritimati")) == date.max


def test_a_range_to_the_end_of_time_costs_few_looks_at_the_clocks() -> None:
    [(_, start, end)] = whole(date(1970, 1, 1), date(9999, 12, 31), ZoneInfo("Europe/Warsaw"))
    assert iso(start) == "1969-12-31T23:00:00Z"
    assert end == LATEST + 86_400_000 - 3_600_000


@cache
def data_of_zone(name: str) -> bytes:
    """A zone's compiled data, from where the standard library takes it."""
    for folder in TZPATH:
        path = Path(folder, name)
        if path.is_file():
            return path.read_bytes()
    return files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()


def recorded_changes(data: bytes) -> Iterator[tuple[int, int, int]]:
    """`(second UTC, offset before, offset after)` of each change of the clocks in a TZif file (RFC 8536), its second half."""
    counts = struct.unpack(">6l", data[20:44])
    second = 44 + counts[3] * 5 + counts[4] * 6 + counts[5] + counts[2] * 8 + counts[1] + counts[0]
    _, _, _, times, types, _ = struct.unpack(">6l", data[second + 20 : second + 44])
    body = data[second + 44 :]
    instants = struct.unpack(f">{times}q", body[: 8 * times])
    kinds = body[8 * times : 9 * times]
    offsets = [struct.unpack(">lbb", body[9 * times + 6 * n : 9 * times + 6 * n + 6])[0] for n in range(types)]
    before = offsets[0]
    for at, kind in zip(instants, kinds, strict=True):
        if offsets[kind] != before:
            yield at, before, offsets[kind]
        before = offsets[kind]


@pytest.mark.parametrize("name", sorted({name for name, _ in ODD_DAYS}))
def test_every_recorded_clock_change_is_found(name: str) -> None:
    end = local_seconds(date(2089, 1, 1))
    recorded = {at: (before, after) for at, before, after in recorded_changes(data_of_zone(name)) if 0 < at < end}
    parts = stretches(0, end, ZoneInfo(name))
    found = {later.start: (earlier.offset, later.offset) for earlier, later in pairwise(parts)}
    assert all(earlier.end == later.start for earlier, later in pairwise(parts))
    assert {at: found.get(at) for at in recorded} == recorded
    assert not recorded or {at for at in found if at <= max(recorded)} == set(recorded)


def test_no_zone_changes_its_clocks_twice_within_the_looks() -> None:
    """What makes looking every three days exact, and the years after 2103 all alike."""
    for data in {data_of_zone(name) for name in available_timezones()}:
        changes = [at for at, _, _ in recorded_changes(data) if at > -2 * 366 * DAY]
        assert all(later - earlier > 6 * DAY for earlier, later in pairwise(changes))
        assert not changes or changes[-1] < local_seconds(date(2102, 1, 1))
