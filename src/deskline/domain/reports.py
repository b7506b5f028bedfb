"""What the reports count and how their rows are made: which range, which slots, which arithmetic.

Pure: sums over facts come in (see `facts` for the facts), rows go out. No SQL, no clock, no spelling of the wire.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import sqrt
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from deskline.domain.calendar import DAY, HOUR, WEEKDAYS, Span, cut, day_names, local_seconds, months, weeks
from deskline.errors import InvalidError

GroupBy = Literal["hour", "day", "week", "month", "quarter", "year", "weekday_hour"]
GROUP_BYS: tuple[GroupBy, ...] = ("hour", "day", "week", "month", "quarter", "year", "weekday_hour")
Definition = Literal["livechat", "every", "first", "open", "business"]
"""What a report means by solved, and by the time it took. `livechat`: the last solve, calendar time from the creation; `every`: each solve,
since the creation or since the ticket last left `solved`; `first`: the first solve; `open`: the last one, time while the ticket was open;
`business`: the last one, working time (of first answers too)."""

DEFINITIONS: tuple[Definition, ...] = ("livechat", "every", "first", "open", "business")
MOST_ROWS = 100_000
_Z = 2.69


class Count(msgspec.Struct, frozen=True, gc=False):
    """How many facts."""

    tickets: int

    @property
    def facts(self) -> int:
        """How many facts the row is of."""
        return self.tickets


class Durations(msgspec.Struct, frozen=True, gc=False):
    """How many facts, and the whole seconds they took together."""

    count: int
    seconds: int

    @property
    def facts(self) -> int:
        """How many facts the row is of."""
        return self.count

    @property
    def hours(self) -> int | float | None:
        """The mean in hours, as the function `hours` rounds it."""
        return hours(self.seconds, self.count)


class Sources(msgspec.Struct, frozen=True, gc=False):
    """How many facts of each channel that has a column; the others are in none."""

    chat_window: int
    mail: int
    chat: int

    @property
    def facts(self) -> int:
        """How many facts the row is of."""
        return self.chat_window + self.mail + self.chat


class Ratings(msgspec.Struct, frozen=True, gc=False):
    """How many tickets are rated bad, how many good."""

    bad: int
    good: int

    @property
    def facts(self) -> int:
        """How many facts the row is of."""
        return self.bad + self.good


class Messages(msgspec.Struct, frozen=True, gc=False):
    """How many public messages agents wrote, and how many private notes."""

    messages: int
    notes: int

    @property
    def facts(self) -> int:
        """How many facts the row is of."""
        return self.messages + self.notes


class Backlog(msgspec.Struct, frozen=True, gc=False):
    """How many tickets were open and how many pending at an instant; None where it has not come."""

    open: int | None
    pending: int | None

    @property
    def facts(self) -> int:
        """How many facts the row is of."""
        return (self.open or 0) + (self.pending or 0)


Values = Count | Durations | Sources | Ratings | Messages | Backlog


class Report(msgspec.Struct, frozen=True):
    """One report: its rows' values, the sums (by name, see `sums`) that they are made of, and whether it can be narrowed to an agent.

    The sums are the fields of `values`, in their order, by the definition `livechat`; `definitions` has those of definitions that differ.
    A row is opened into the facts of its sums, or of those of `opened_as`, which may measure them too. `credited`: only what is credited
    to somebody counts. `of_instants`: a row is what was there at its end, and of several stretches of time there is no such.
    """

    name: str
    values: type[Values]
    sums: tuple[str, ...]
    by_agent: bool
    definitions: Mapping[Definition, tuple[str, ...]] = {}
    opened_as: "Report | None" = None
    credited: bool = False
    of_instants: bool = False

    def defined(self, definition: Definition) -> "Report":
        """Give the report with the sums of a definition."""
        sums = self.definitions.get(definition)
        return self if sums is None else msgspec.structs.replace(self, sums=sums)


NEW_TICKETS = Report("new_tickets", Count, ("created",), by_agent=False)
FIRST_RESPONSE_TIME = Report(
    *("first_response_time", Durations, ("responded", "responded_seconds")),
    by_agent=True,
    definitions={"business": ("responded", "responded_worked")},
)
RESOLUTION_TIME = Report(
    *("resolution_time", Durations, ("solved", "solved_seconds")),
    by_agent=True,
    definitions={
        "every": ("every_solved", "every_solved_seconds"),
        "first": ("first_solved", "first_solved_seconds"),
        "open": ("solved", "solved_open"),
        "business": ("solved", "solved_worked"),
    },
)
SOLVED_TICKETS = Report(
    *("solved_tickets", Count, ("solved",)),
    by_agent=True,
    definitions={"every": ("every_solved",), "first": ("first_solved",)},
    opened_as=RESOLUTION_TIME,
)
REOPENED_TICKETS = Report("reopened_tickets", Count, ("reopened",), by_agent=True)
NEXT_RESPONSE_TIME = Report(
    *("next_response_time", Durations, ("answered", "answered_seconds")),
    by_agent=True,
    definitions={"business": ("answered", "answered_worked")},
)
MESSAGES = Report("messages", Messages, ("messages", "notes"), by_agent=True)
TICKET_SOURCES = Report("ticket_sources", Sources, ("chat_window", "mail", "chat"), by_agent=False)
RATINGS = Report("ratings", Ratings, ("bad", "good"), by_agent=True)
RANKING = Report("ratings/ranking", Ratings, ("bad", "good"), by_agent=False, credited=True)


class ReportFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is narrowed by: any of some agents credited, any of some groups, any of some tags; what is empty does not narrow."""

    agents: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()


class Slot(msgspec.Struct, frozen=True, gc=False):
    """One row's place in time: its key, and where it is longer than a day the first and last day of it that are in the range."""

    key: str
    begin: date | None = None
    last: date | None = None


class Layout(msgspec.Struct, frozen=True):
    """The rows of a range, in order, and the spans of time that belong to them.

    `spans` are `(index into rows, start, end)` in milliseconds UTC, start included and end not, ascending and never overlapping; a row
    may have one span, several (an hour or a midnight that the clocks repeat, an hour of each week) or none (one that they skip).
    """

    rows: tuple[Slot, ...]
    spans: tuple[Span, ...]

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """The spans' borders alone, in their order."""
        return [(start, end) for _, start, end in self.spans]

    def number_of(self, key: str) -> int:
        """Find the place of a row. Raises InvalidError where there is no row of that key."""
        number = next((number for number, slot in enumerate(self.rows) if slot.key == key), None)
        if number is None:
            first, last = self.rows[0].key, self.rows[-1].key
            raise InvalidError(f"row: {key!r} is no row of this range; accepted are its keys, from {first!r} to {last!r}")
        return number

    def intervals_of(self, key: str) -> list[tuple[int, int]]:
        """List the spans' borders of one row. Raises InvalidError where there is no row of that key."""
        number = self.number_of(key)
        return [(start, end) for row, start, end in self.spans if row == number]


def report_range(date_from: date | None, date_to: date | None, oldest_day: date | None, today: date) -> tuple[date, date]:
    """Settle the first and the last day of a report.

    It ends today unless told otherwise. It begins on the day of the account's oldest ticket (today where there is none), or is the one
    day `date_to` where that is earlier. InvalidError where `date_from` is later than the end.
    """
    last = today if date_to is None else date_to
    if date_from is None:
        return min(oldest_day or today, last), last
    if date_from > last:
        end = f"today, {last}, where date_to is not given" if date_to is None else f"date_to, {last}"
        raise InvalidError(f"date_from: {date_from} is later than the end of the range; accepted is a day up to {end}")
    return date_from, last


def slots(date_from: date, date_to: date, group_by: GroupBy | None, zone: ZoneInfo) -> Layout:
    """Lay out the rows of a range, both days included: by hour where it is one day and by day where it is more, unless told otherwise.

    InvalidError for more than `MOST_ROWS`. The days must be in order.
    """
    group_by = group_of(date_from, date_to, group_by)
    refuse_too_many(date_from, date_to, group_by)
    if group_by == "weekday_hour":
        return _week_slots(date_from, date_to, zone)
    if group_by not in ("hour", "day"):
        return _long_slots(date_from, date_to, group_by, zone)
    keys = _hour_keys(date_from, date_to) if group_by == "hour" else day_names(date_from, date_to)
    borders = range(local_seconds(date_from), local_seconds(date_to) + DAY + 1, HOUR if group_by == "hour" else DAY)
    return Layout(tuple(map(Slot, keys)), tuple(cut(borders, zone)))


def pieces(date_from: date, date_to: date, group_by: GroupBy) -> list[tuple[date, date]]:
    """Part a range of any length into shorter ones, first and last days, whose rows one after the other are the range's.

    A piece has fewer than `MOST_ROWS`. Of hours none is a single day, which would name them otherwise, unless the range is. Hours of the
    week are of all weeks of the range, so they are one piece.
    """
    if group_by == "weekday_hour":
        return [(date_from, date_to)]
    if group_by == "week":
        begins = range(date_from.toordinal() - date_from.weekday() + 7 * _WEEKS_AT_ONCE, date_to.toordinal() + 1, 7 * _WEEKS_AT_ONCE)
        borders = [date_from, *map(date.fromordinal, begins)]
    else:
        years = range(date_from.year + 1, date_to.year + 1)
        borders = [date_from, *(date(year, 1, 1) for year in years if year % _YEARS_AT_ONCE[group_by] == 0)]
    if group_by == "hour":
        borders = [date_from, *(day for day in borders[1:] if (day - date_from).days > 1 and day < date_to)]
    return list(zip(borders, [*(border - timedelta(days=1) for border in borders[1:]), date_to], strict=True))


def how_many_rows(date_from: date, date_to: date, group_by: GroupBy) -> int:
    """Count the rows of a range; of hours of the week, the hours that are added up."""
    day_count = (date_to - date_from).days + 1
    year_count = date_to.year - date_from.year + 1
    row_counts: Mapping[GroupBy, int] = {
        "hour": 24 * day_count,
        "weekday_hour": 24 * day_count,
        "day": day_count,
        "week": (day_count + date_from.weekday() + 6) // 7,
        "month": (year_count - 1) * 12 + date_to.month - date_from.month + 1,
        "quarter": (year_count - 1) * 4 + (date_to.month - 1) // 3 - (date_from.month - 1) // 3 + 1,
        "year": year_count,
    }
    return row_counts[group_by]


def refuse_too_many(date_from: date, date_to: date, group_by: GroupBy) -> None:
    """Raise InvalidError for a range of more than `MOST_ROWS`."""
    row_count = how_many_rows(date_from, date_to, group_by)
    if row_count > MOST_ROWS:
        what = "hours" if group_by == "weekday_hour" else "rows"
        raise InvalidError(
            f"date_from, date_to: {date_from} to {date_to} by {group_by} is {row_count} {what}; "
            f"accepted are {MOST_ROWS} at most, so shorten the range, choose a longer group_by ({', '.join(GROUP_BYS)}) "
            "or ask for a file (format=csv)"
        )


def _hour_keys(date_from: date, date_to: date) -> list[str]:
    """Name the hours of a range: of one day without the date, as the original does."""
    labels = [f"{hour:02}:00" for hour in range(24)]
    if date_from == date_to:
        return labels
    return [f"{day} {label}" for day in day_names(date_from, date_to) for label in labels]


def _long_slots(date_from: date, date_to: date, group_by: GroupBy, zone: ZoneInfo) -> Layout:
    parts = weeks(date_from, date_to) if group_by == "week" else months(date_from, date_to, _MONTHS[group_by])
    borders = [*(local_seconds(begin) for begin, _ in parts), local_seconds(date_to) + DAY]
    return Layout(tuple(Slot(_KEYS[group_by](begin), begin, last) for begin, last in parts), tuple(cut(borders, zone)))


def _week_slots(date_from: date, date_to: date, zone: ZoneInfo) -> Layout:
    """Lay out the hours of the week, each of as many spans as the range has weeks: a heat map."""
    borders = range(local_seconds(date_from), local_seconds(date_to) + DAY + 1, HOUR)
    first = 24 * date_from.weekday()
    spans = (((first + number) % len(_WEEK_HOURS), start, end) for number, start, end in cut(borders, zone))
    return Layout(tuple(map(Slot, _WEEK_HOURS)), tuple(spans))


def _week_key(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


_MONTHS: Mapping[GroupBy, int] = {"month": 1, "quarter": 3, "year": 12}
_WEEK_HOURS = tuple(f"{day} {hour:02}:00" for day in WEEKDAYS for hour in range(24))
_WEEKS_AT_ONCE = 5_000
_YEARS_AT_ONCE: Mapping[GroupBy, int] = {"hour": 1, "day": 20, "month": 1_000, "quarter": 1_000, "year": 1_000}
_KEYS: Mapping[GroupBy, Callable[[date], str]] = {
    "week": _week_key,
    "month": lambda day: day.isoformat()[:7],
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "year": lambda day: day.isoformat()[:4],
}


def rows(report: Report, layout: Layout, sums: Iterable[Sequence[int]]) -> list[tuple[Slot, Values]]:
    """Make a report's rows of the sums over each span, in the spans' order."""
    none: Sequence[int] = (0,) * len(report.sums)
    totals = [none] * len(layout.rows)
    for (row, _, _), more in zip(layout.spans, sums, strict=True):
        # Nearly every row has one span, and its sums are the row's.
        totals[row] = more if totals[row] is none else [total + each for total, each in zip(totals[row], more, strict=True)]
    return [(slot, report.values(*total)) for slot, total in zip(layout.rows, totals, strict=True)]


def week_rows(report: Report, sums: Iterable[Sequence[int]]) -> list[tuple[Slot, Values]]:
    """Make the rows of a heat map of the sums of each hour of the week, from Monday on."""
    return [(Slot(key), report.values(*total)) for key, total in zip(_WEEK_HOURS, sums, strict=True)]


def group_of(date_from: date, date_to: date, group_by: GroupBy | None) -> GroupBy:
    """Settle what the rows of a range are: hours where it is one day and days where it is more, unless told otherwise."""
    return group_by or ("hour" if date_from == date_to else "day")


def hours(seconds: int, count: int) -> int | float | None:
    """Divide seconds by how many took them: hours, rounded half up to two decimals exactly; None for none.

    A whole number is an int, since the wire writes numbers as JavaScript does: 2, 1.3, 16.27.
    """
    if count == 0:
        return None
    # A hundredth of an hour is 36 seconds.
    hundredths = (seconds + 18 * count) // (36 * count)
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


class Ranked(msgspec.Struct, frozen=True):
    """An agent's place in the ranking; `name` is the login."""

    good: int
    bad: int
    total: int
    score: float
    name: str


def rank(ratings: Iterable[tuple[str, int, int]]) -> list[Ranked]:
    """Rank agents by their ratings, `(login, good, bad)` any number of times an agent: best score first, equal ones by name."""
    goods: Counter[str] = Counter()
    bads: Counter[str] = Counter()
    for name, good, bad in ratings:
        goods[name] += good
        bads[name] += bad
    ranking = [Ranked(good, bads[name], good + bads[name], ranking_score(good, bads[name]), name) for name, good in goods.items()]
    return sorted(ranking, key=lambda ranked: (-ranked.score, ranked.name))


def ranking_score(good: int, bad: int) -> float:
    """Compute the score of an agent with at least one rating, to the last bit what the original shows.

    The lower bound of Wilson's interval at Z = 2.69, but with the original's own term under the root (`z / n`, where textbooks have `z`).
    """
    n = good + bad
    p = good / n
    z = _Z**2 / (4 * n)
    return (p + 2 * z - _Z * sqrt((z / n + p * (1 - p)) / n)) / (1 + 4 * z)
