"""The sums of each agent, group or tag: of roll-ups with one statement a length of slots, or of facts for two filters together."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import add
from typing import Any, Final, TypeVar

import msgspec

from deskline.domain.backlog import BACKLOG, BEGINNING, balances, spans_between
from deskline.domain.reports import Backlog, Definition, Report, ReportFilter
from deskline.domain.rollups import Interval, pieces
from deskline.domain.summaries import Summary
from deskline.domain.sums import SUMS
from deskline.errors import InvalidError
from deskline.storage.database import Reader
from deskline.storage.database import Row as StoredRow
from deskline.storage.facts import IN_SUMS, numbers_of
from deskline.storage.queries import queries
from deskline.storage.reports import calendars_to_measure_by, narrowed, sum_each_fact, sum_facts

MOST_ROWS: Final = 10_000
MOST_AT_ONCE: Final = 100
Value = TypeVar("Value")
_PREFIXES: Final = {"groups": "g:", "tags": "t:"}
_ADDED: Final = (None, "seconds", "open_seconds", "worked_seconds")
_NAMES: Final = {number: [(name, SUMS[name].added) for name in names] for number, names in IN_SUMS.items()}
"""What a fact of each kind goes into: (the sum's name, what it adds)."""

_STATES: Final = {number: name for name in ("entered_open", "entered_pending") for number in numbers_of(SUMS[name])}
_Q = queries("reports")
Row = tuple[str, tuple[int, ...], Backlog]
"""A key, the sums of what `Summary.counted` names, and the backlog."""


async def summarise(
    tx: Reader, summary: Summary, definition: Definition, intervals: Sequence[Interval], end: int | None, wanted: ReportFilter
) -> list[Row]:
    """Sum up each agent, group or tag that a filter leaves: (key, the sums that `Summary.counted` names, the backlog just before `end`).

    Intervals as in `reports.sum_facts`. Those with nothing at all are left out. Raises InvalidError where there are too many.
    """
    by = summary.counted(definition)
    if _others(summary, wanted) and await calendars_to_measure_by(tx, by) is None:
        return await _count_each(tx, summary, by, intervals, end, wanted)
    keys = summary.chosen(wanted) or await list_keys(tx, summary)
    totals = await _sum_keys(tx, summary, by, intervals, wanted, keys)
    moved = await _sum_keys(tx, summary, BACKLOG, spans_between([end]), wanted, keys)
    return await _beside(len(keys), _rows, keys, totals, moved, end)


def _rows(keys: Sequence[str], totals: Sequence[tuple[int, ...]], moved: Sequence[tuple[int, ...]], end: int | None) -> list[Row]:
    backlogs = [balances([end], [] if end is None else [sums])[0] for sums in moved]
    rows = zip(keys, totals, backlogs, strict=True)
    return [(key, sums, backlog) for key, sums, backlog in rows if any(sums) or backlog.facts]


async def _beside(count: int, work: Callable[..., Value], *values: Any) -> Value:
    """Work through so many keys, at 10 µs each or so: a few here, more in a thread, so that the event loop goes on."""
    return work(*values) if count < MOST_AT_ONCE else await asyncio.to_thread(work, *values)


async def _count_each(
    tx: Reader, summary: Summary, by: Report, intervals: Sequence[Interval], end: int | None, wanted: ReportFilter
) -> list[Row]:
    """Sum up by looking at each fact once: no roll-ups are kept for two filters together."""
    found: list[StoredRow] = []
    for interval in intervals:
        found += await _sum_by_key(tx, summary, by.sums, interval, wanted)
    there: list[StoredRow] | None = None
    if end is not None:
        there = await _sum_by_key(tx, summary, BACKLOG.sums, (BEGINNING, end), wanted, is_there=True)
    return await _beside(len(found) + len(there or ()), _counted, by, found, there)


def _counted(by: Report, found: Sequence[StoredRow], there: Sequence[StoredRow] | None) -> list[Row]:
    counted: dict[str, Counter[str]] = {}
    for key, kind, *amounts in found:
        sums = counted.setdefault(str(key), Counter())
        for name, added in _NAMES[kind]:
            sums[name] += amounts[_ADDED.index(added)]
    states: dict[str, dict[str, int]] = {}
    for key, kind, count, *_ in there or ():
        states.setdefault(str(key), {})[_STATES[kind]] = count
    none: Counter[str] = Counter()
    nobody = Backlog(None, None) if there is None else Backlog(0, 0)
    return [
        (key, tuple(counted.get(key, none)[name] for name in by.sums), _backlog(states[key]) if key in states else nobody)
        for key in {**counted, **states}
    ]


def _backlog(counts: Mapping[str, int]) -> Backlog:
    return Backlog(counts.get("entered_open", 0), counts.get("entered_pending", 0))


async def _sum_by_key(
    tx: Reader, summary: Summary, names: Sequence[str], interval: Interval, wanted: ReportFilter, *, is_there: bool = False
) -> list[StoredRow]:
    """Sum facts of an interval by key and kind: (key, kind, how many, three sorts of seconds)."""
    others = msgspec.structs.replace(wanted, **{summary.name: ()} if summary.name != "agents" else {})
    condition, values = narrowed(tx.engine, others, 3, credited=summary.name == "agents", gathered=bool(others.groups or others.tags))
    joined, key = "", "f.agent"
    if summary.name != "agents":
        joined, key = f"\n {_Q[f'joined_to_{summary.name}'].on(tx.engine)}", "k.key"
    if is_there:
        condition += f"\n   AND {_Q['is_there'].on(tx.engine)}"
    kinds = sorted({number for name in names for number in numbers_of(SUMS[name])})
    statement = _Q["sum_by_key"].on(tx.engine).format(joined=joined, key=key, kinds=", ".join(map(str, kinds)), condition=condition)
    if summary.name != "agents":
        statement = _Q["each_of_a_set"].on(tx.engine).format(sums=statement)
    rows = await tx.rows(statement, *interval, *values)
    chosen = frozenset(summary.chosen(wanted))
    return [row for row in rows if str(row[0]) in chosen] if chosen else rows


async def list_keys(tx: Reader, summary: Summary) -> tuple[str, ...]:
    """List all agents, groups or tags that were ever counted, by steps from one to the next. Raises InvalidError for too many."""
    if summary.name == "agents":
        rows = await tx.rows(_Q["list_credited"], MOST_ROWS + 1)
    else:
        prefix = _PREFIXES[summary.name]
        behind = chr(ord(prefix[-1]) + 1)
        rows = await tx.rows(_Q["list_scopes"], prefix, prefix[:-1] + behind, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        one = summary.name.removesuffix("s")
        raise InvalidError(
            f"{one}: there are more than {MOST_ROWS:,} {summary.name}; accepted is a filter that names those that are wanted"
        )
    return tuple(name[2:] for (name,) in rows)


async def _sum_keys(
    tx: Reader, summary: Summary, by: Report, intervals: Sequence[Interval], wanted: ReportFilter, keys: Sequence[str]
) -> list[tuple[int, ...]]:
    """Sum all intervals up for each key."""
    none = (0,) * len(by.sums)
    totals = [none] * len(keys)
    if not intervals or not keys:
        return totals
    rest = list(intervals)
    if is_rolled_up := not _others(summary, wanted) and await calendars_to_measure_by(tx, by) is None:
        found = pieces(intervals)
        rest = found.rest
        for level, slots, _ in found.levels:
            sums = await _sum_slots(tx, summary, by, level, slots, keys)
            totals = await _beside(len(keys), _added, totals, sums)
    for number, key in enumerate(keys) if rest else ():
        one = summary.narrowed(wanted, key)
        found_there = await (sum_each_fact(tx, by, rest, one) if is_rolled_up else sum_facts(tx, by, rest, one))
        totals[number] = tuple(map(sum, zip(totals[number], *found_there, strict=True)))
    return totals


def _added(totals: Sequence[tuple[int, ...]], more: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return [tuple(map(add, *both)) for both in zip(totals, more, strict=True)]


def _others(summary: Summary, wanted: ReportFilter) -> bool:
    """Tell whether more than the rows themselves is narrowed."""
    return any(getattr(wanted, name) for name in ("agents", "groups", "tags") if name != summary.name)


async def _sum_slots(
    tx: Reader, summary: Summary, by: Report, level: int, slots: Sequence[Interval], keys: Sequence[str]
) -> list[tuple[int, ...]]:
    sums = " || ' ' || ".join(_Q["sum_column"].on(tx.engine).format(column=column) for column in by.sums)
    statement = _Q["sum_slots_of_each"].on(tx.engine).format(sums=sums, level=level)
    places = await _beside(len(keys), _spell_places, summary, keys)
    rows = await tx.rows(statement, places, msgspec.json.encode(slots).decode())
    return await _beside(len(keys), _parted, rows, len(by.sums))


def _spell_places(summary: Summary, keys: Sequence[str]) -> str:
    return msgspec.json.encode([summary.place(key) for key in keys]).decode()


def _parted(rows: Sequence[tuple[str]], width: int) -> list[tuple[int, ...]]:
    numbers = (int(number) for (text,) in rows for number in text.split())
    return list(zip(*[numbers] * width, strict=True))
