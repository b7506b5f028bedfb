"""Sums for reports: of roll-ups where the filter is one that they are kept for, else over facts. What is counted is decided in the domain.

The borders of the rows go in as values and each sum is one walk of an index. Of roll-ups it walks slots, however many tickets are in
them; borders that no slot has are answered from the facts beside them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from operator import add
from typing import Any, Final

import msgspec

from deskline.domain import rollups
from deskline.domain.calendar import Span
from deskline.domain.reports import NEW_TICKETS, Count, Report, ReportFilter
from deskline.domain.rollups import SLOTS, Interval
from deskline.domain.sums import SUMS
from deskline.domain.working_hours import Calendars
from deskline.storage import buckets, working_hours
from deskline.storage.buckets import is_dense, sum_in_buckets
from deskline.storage.database import Reader
from deskline.storage.facts import numbers_of
from deskline.storage.queries import Engine, queries
from deskline.storage.stretches import PLACES, sum_stretches
from deskline.storage.worked import sum_worked

_Q = queries("reports")
Sums = list[tuple[int, ...]]
MOST_AT_ONCE: Final = 2_000


async def sum_facts(tx: Reader, report: Report, intervals: Sequence[Interval], wanted: ReportFilter) -> Sums:
    """Sum a report's facts in each interval, in the order given.

    An interval is (start, end) in milliseconds UTC, start inclusive, end exclusive; no two overlap. Its sums are those that the report
    names.
    """
    if (calendars := await calendars_to_measure_by(tx, report)) is not None:
        return await _sum_measuring(tx, calendars, report, intervals, wanted)
    places = rollups.places_of(wanted)
    if places is None:
        gathered = await is_gathering_cheaper(tx, report, intervals, wanted)
        return await sum_each_fact(tx, report, intervals, wanted, gathered=gathered)
    pieces = await _in_place(len(intervals))(rollups.pieces, intervals)
    levels = [(level, slots, whose, place) for level, slots, whose in pieces.levels for place in places]
    found = [(whose, await _sum_slots(tx, report, level, slots, place)) for level, slots, whose, place in levels]
    if pieces.rest:
        found.append((pieces.whose_rest, await sum_each_fact(tx, report, pieces.rest, wanted)))
    if len(found) == 1 and len(found[0][0]) == len(intervals):  # one piece each, as nearly always
        return found[0][1]
    totals: Sums = await _in_place(len(intervals))(_added_up, found, len(intervals), len(report.sums))
    return totals


def _is_worked(name: str) -> bool:
    return SUMS[name].added == "worked_seconds"


async def calendars_to_measure_by(tx: Reader, report: Report) -> Calendars | None:
    """Tell by which hours a report's working time is to be measured, None where what is stored of it, if anything, is right."""
    if not any(map(_is_worked, report.sums)):
        return None
    hours = await working_hours.find(tx)
    return None if hours.is_counted else hours.calendars


async def _sum_measuring(tx: Reader, calendars: Calendars, report: Report, intervals: Sequence[Interval], wanted: ReportFilter) -> Sums:
    """Sum a report's facts where what is stored of their working time is not that of the hours of now."""
    condition, values = narrowed(tx.engine, wanted, 2, credited=report.credited)
    usual = tuple(name for name in report.sums if not _is_worked(name))
    counted = await sum_each_fact(tx, msgspec.structs.replace(report, sums=usual), intervals, wanted)
    columns = {name: [sums[place] for sums in counted] for place, name in enumerate(usual)}
    for name in filter(_is_worked, report.sums):
        columns[name] = await sum_worked(tx, calendars, SUMS[name], intervals, condition, values)
    return list(zip(*(columns[name] for name in report.sums), strict=True))


async def _at_once(work: Callable[..., Any], *values: object) -> Any:
    return work(*values)


def _in_place(count: int) -> Callable[..., Awaitable[Any]]:
    """Say where to work through so many intervals, at 1 to 2 µs each: a few here, more in a thread, so that the event loop goes on."""
    return _at_once if count < MOST_AT_ONCE else asyncio.to_thread


def _added_up(found: Sequence[tuple[Sequence[int], Sums]], count: int, width: int) -> Sums:
    none = (0,) * width
    totals: Sums = [none] * count
    for whose, sums in found:
        for number, more in zip(whose, sums, strict=True):
            before = totals[number]
            totals[number] = more if before is none else tuple(map(add, before, more))
    return totals


async def _sum_slots(tx: Reader, report: Report, level: int, slots: Sequence[Interval], place: tuple[str, str]) -> Sums:
    """Sum the roll-ups of a scope and an agent, from slots to before others."""
    sums = " || ' ' || ".join(_Q["sum_column"].on(tx.engine).format(column=column) for column in report.sums)
    return await _run(tx, report, [_Q["sum_slots"].on(tx.engine).format(sums=sums, level=level)], slots, place)


async def sum_week(tx: Reader, report: Report, parts: Sequence[Span], wanted: ReportFilter) -> Sums | None:
    """Sum a report's facts by the hour of the week, from Monday on, in times in which clocks were left alone: see `calendar.parts_of`.

    One walk each (measured on 1,000,000 tickets and three years: 6 ms, where a look for each of 26,304 hours takes 60). None where no
    roll-ups tell, and each of those hours is to be asked for.
    """
    places, found = rollups.places_of(wanted), [rollups.week_slots(part) for part in parts]
    if places is None or None in found or await calendars_to_measure_by(tx, report) is not None:
        return None
    totals: Sums = [(0,) * len(report.sums)] * rollups.WEEK
    sums = ", ".join(_Q["week_column"].on(tx.engine).format(column=column) for column in report.sums)
    for level, first, behind, shift in filter(None, found):
        statement = _Q["sum_week"].on(tx.engine).format(sums=sums, level=level, slots=SLOTS[1] // SLOTS[level], hours=rollups.WEEK)
        for place in places:
            for hour, *more in await tx.rows(statement, first, behind, shift, *place):
                totals[hour] = tuple(map(add, totals[hour], more))
    return totals


async def sum_each_fact(tx: Reader, report: Report, intervals: Sequence[Interval], wanted: ReportFilter, *, gathered: bool = False) -> Sums:
    """Sum a report's facts as `sum_facts` does, but looking at each of them; with the tickets of groups and tags `gathered` before."""
    if (calendars := await calendars_to_measure_by(tx, report)) is not None:
        return await _sum_measuring(tx, calendars, report, intervals, wanted)
    ending = {SUMS[name].of for name in report.sums if SUMS[name].at_end}
    if ending and wanted.agents and rollups.places_of(wanted) is None:
        parts = [[name for name in report.sums if (SUMS[name].of in ending) == is_stretch] for is_stretch in (True, False)]
        stretches, others = (msgspec.structs.replace(report, sums=tuple(part)) for part in parts)
        counted = await sum_stretches(tx, stretches.sums, intervals, *narrowed(tx.engine, wanted, PLACES, gathered=gathered))
        summed: Sums = await sum_each_fact(tx, others, intervals, wanted, gathered=gathered) if others.sums else [()] * len(intervals)
        return _in_order(report, (stretches, counted), (others, summed))
    if tx.engine == "postgres" and is_dense(intervals):
        condition, values = narrowed(tx.engine, wanted, buckets.PLACES, credited=report.credited, gathered=gathered)
        return await sum_in_buckets(tx, _walks(report), intervals, condition, values)
    condition, values = narrowed(tx.engine, wanted, 2, credited=report.credited, gathered=gathered)
    sums = [_sum(tx.engine, together, condition) for together in _walks(report)]
    return await _run(tx, report, sums, intervals, values)


def _in_order(report: Report, *parts: tuple[Report, Sums]) -> Sums:
    """Put sums that were found apart into the order of the report."""
    columns = {name: [sums[place] for sums in found] for part, found in parts for place, name in enumerate(part.sums)}
    return list(zip(*(columns[name] for name in report.sums), strict=True))


async def _run(tx: Reader, report: Report, sums: Sequence[str], spans: Sequence[Interval], values: Sequence[object]) -> Sums:
    row = await tx.row(_Q["sum_facts"].on(tx.engine).format(sums=" || ' ' || ".join(sums)), spell_spans(spans), *values)
    numbers = map(int, row[0].split()) if row and row[0] else iter(())
    return list(zip(*[numbers] * len(report.sums), strict=True))


def _walks(report: Report) -> list[list[str]]:
    """Put the sums of a report together that are of the same facts: one walk finds them."""
    walks: list[list[str]] = []
    for name in report.sums:
        before = SUMS[walks[-1][0]] if walks else None
        if before is not None and (before.of, before.at_end) == (SUMS[name].of, SUMS[name].at_end):
            walks[-1].append(name)
        else:
            walks.append([name])
    return walks


def _sum(engine: Engine, together: Sequence[str], condition: str) -> str:
    """Spell one walk over facts that finds some sums."""
    added = (SUMS[name].added for name in together)
    sums = (_Q["sum_count"].on(engine) if field is None else _Q["sum_added"].on(engine).format(added=field) for field in added)
    kinds = ", ".join(map(str, numbers_of(SUMS[together[0]])))
    return (
        _Q["sum"]
        .on(engine)
        .format(
            sum=" || ' ' || ".join(sums),
            kinds=kinds,
            instant="until" if SUMS[together[0]].at_end else "at",
            condition=condition,
        )
    )


async def count_ratings(tx: Reader, intervals: Sequence[Interval], wanted: ReportFilter) -> list[tuple[str, int, int]]:
    """Count the ratings in some intervals by the agent credited: (login, good, bad)."""
    places = rollups.places_of(wanted)
    if places is None or wanted.agents:
        return await count_each_rating(tx, intervals, wanted)
    ((scope, _),) = places
    pieces = rollups.pieces(intervals)
    found: list[tuple[str, int, int]] = []
    for level, slots, _ in pieces.levels:
        statement = _Q["count_slots"].on(tx.engine).format(level=level)
        found += [(agent, good, bad) for agent, good, bad in await tx.rows(statement, spell_spans(slots), scope)]
    if pieces.rest:
        found += await count_each_rating(tx, pieces.rest, wanted)
    totals: dict[str, tuple[int, int]] = {}
    for agent, good, bad in found:
        before = totals.get(agent, (0, 0))
        totals[agent] = before[0] + good, before[1] + bad
    return [(agent, good, bad) for agent, (good, bad) in totals.items()]


async def count_each_rating(tx: Reader, intervals: Sequence[Interval], wanted: ReportFilter) -> list[tuple[str, int, int]]:
    """Count the ratings as `count_ratings` does, but looking at each of them."""
    condition, values = narrowed(tx.engine, wanted, 2)
    statement = _Q["count_ratings"].on(tx.engine)
    (good,), (bad,) = numbers_of(SUMS["good"]), numbers_of(SUMS["bad"])
    statement = statement.format(good=good, bad=bad, condition=condition)
    rows = await tx.rows(statement, spell_spans(intervals), *values)
    return [(agent, good, bad) for agent, good, bad in rows]


async def find_oldest(tx: Reader) -> int | None:
    """Find the creation of the account's oldest ticket of any status, None where it has none."""
    row = await tx.row(_Q["find_oldest"])
    return None if row is None else row[0]


def spell_spans(intervals: Sequence[Interval]) -> str:
    """Spell intervals as statements take them."""
    return msgspec.json.encode(dict(intervals)).decode()


# In µs: a look at a fact's ticket for one filter, at one of the tickets that are gathered, and at those for a fact (a million tickets).
_LOOK, _GATHER, _AMONG = 0.35, 0.5, 0.15


async def is_gathering_cheaper(tx: Reader, report: Report, intervals: Sequence[Interval], wanted: ReportFilter) -> bool:
    """Tell whether the tickets of groups and tags are better gathered before the facts are walked than looked up for each fact.

    Roll-ups know how many facts and how many tickets there are.
    """
    filters = bool(wanted.groups) + bool(wanted.tags)
    if not filters or not intervals:
        return False
    counted = Report("", Count, (report.sums[0],), by_agent=True)
    hull = (min(start for start, _ in intervals), max(end for _, end in intervals))
    ((facts,),) = await sum_facts(tx, counted, [hull], ReportFilter(agents=wanted.agents)) or [(0,)]
    led_by = [rollups.tag_scope(tag) for tag in wanted.tags] or [rollups.group_scope(group) for group in wanted.groups]
    ever = [(-(1 << 40), 1 << 40)]
    gathered = [await _sum_slots(tx, NEW_TICKETS, len(SLOTS) - 1, ever, (scope, rollups.ANYBODY)) for scope in led_by]
    tickets = sum(sums[0][0] for sums in gathered if sums)
    return bool(facts * (_LOOK * filters - _AMONG) > tickets * _GATHER)


def narrowed(
    engine: Engine, wanted: ReportFilter, before: int, *, credited: bool = False, gathered: bool = False
) -> tuple[str, list[object]]:
    """Put the lines of the filters together, and the values that they have after the `before` others of their statement."""
    lines = [_Q["of_anybody"].on(engine)] if credited else []
    values: list[object] = []
    if len(wanted.agents) == 1:  # a walk of the index
        values += wanted.agents
        lines.append(_Q["of_agent"].on(engine).format(value=f"${len(values) + before}"))
    several = wanted.agents[1:] and wanted.agents
    places: dict[str, str] = {}
    for name, chosen in (("agents", several), ("tags", wanted.tags), ("groups", wanted.groups)):
        if chosen:
            values.append(msgspec.json.encode(chosen).decode())
            places[name] = f"${len(values) + before}"
    if gathered:
        name = "among_" + "_and_".join(place for place in places if place != "agents")
        lines.append(_Q[name].on(engine).format(**places))
    for name, place in places.items():
        if name == "agents" or not gathered:
            lines.append(_Q[f"of_{name}"].on(engine).format(values=place))
    return "".join(f"\n   AND {line}" for line in lines), values
