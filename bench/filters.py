"""Which lists are asked for: each documented filter alone, with values that the data has, and the count in SQL that each must match.

The counts know nothing of how Deskline asks. Nothing is measured here.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import apsw

from bench.samples import Folder, Sample, looking


class Condition(NamedTuple):
    """What holds for some tickets, in SQL."""

    text: str
    values: tuple[Any, ...] = ()


ALL: Final = Condition("1")


class Query(NamedTuple):
    """A list that is asked for, and the conditions that all hold for what it must hold."""

    parameters: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...]

    @property
    def target(self) -> str:
        """The request's path and query."""
        return f"/tickets?{urlencode(self.parameters)}" if self.parameters else "/tickets"


class Filter(NamedTuple):
    """A documented filter alone, with some values it may have."""

    name: str
    queries: list[Query]


def choose(folder: Folder, sample: Sample) -> list[Filter]:
    """Choose the values of each filter from what is there."""
    with looking(folder) as connection:
        return [
            Filter("none", [Query((), (ALL,))]),
            Filter("order=asc", [Query((("order", "asc"),), (ALL,))]),
            *_equal(connection),
            Filter("assigned=0", [Query((("assigned", "0"),), (Condition("assignee IS NULL"),))]),
            Filter("assigned=1", [Query((("assigned", "1"),), (Condition("assignee IS NOT NULL"),))]),
            Filter("tagged=0", [Query((("tagged", "0"),), (Condition("ticket_key NOT IN (SELECT s.ticket_key FROM ticket_tag s)"),))]),
            Filter("tagged=1", [Query((("tagged", "1"),), (Condition("ticket_key IN (SELECT s.ticket_key FROM ticket_tag s)"),))]),
            *_sets(connection),
            *_days(sample),
            *_words(connection),
        ]


def _equal(connection: apsw.Connection) -> Iterator[Filter]:
    """Filters on a column: its most frequent values, or for requesters some by chance."""
    for name in ("status", "assignee", "source"):
        found = _texts(connection, f"SELECT {name} FROM ticket WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 5")
        yield Filter(name, [Query(((name, text),), (Condition(f"{name} = ?", (text,)),)) for text in found])
    found = _texts(connection, "SELECT requester FROM ticket WHERE requester LIKE '_%@_%' ORDER BY ticket_id LIMIT 20")
    yield Filter("requester[mail]", [Query((("requester[mail]", mail),), (Condition("requester = ?", (mail,)),)) for mail in found])


def _texts(connection: apsw.Connection, statement: str) -> list[str]:
    return [str(text) for (text,) in connection.execute(statement)]


def _sets(connection: apsw.Connection) -> Iterator[Filter]:
    for name, noun in (("group", "group_id"), ("tag[]", "tag")):
        table = "ticket_group" if noun == "group_id" else "ticket_tag"
        found = connection.execute(f"SELECT {noun} FROM {table} GROUP BY 1 ORDER BY count(*) DESC LIMIT 5").fetchall()
        condition = f"ticket_id IN (SELECT s.ticket_id FROM {table} s WHERE s.{noun} = ?)"
        yield Filter(name, [Query(((name, str(each)),), (Condition(condition, (each,)),)) for (each,) in found])


def _days(sample: Sample) -> Iterator[Filter]:
    """Filters on days: weeks, months, halves and the whole span of the data."""
    first = dt.datetime.fromtimestamp(sample.first / 1_000, sample.zone).date()
    last = dt.datetime.fromtimestamp(sample.last / 1_000, sample.zone).date()
    span = (last - first).days
    steps = [span * share // 100 for share in (1, 10, 50, 99)]
    active = "ticket_key IN (SELECT e.ticket_key FROM ticket_event e WHERE e.silent = 0 AND e.at >= ? AND e.at < ?)"

    def query(since: dt.date | None, until: dt.date | None) -> Query:
        parameters = (("date_from", since), ("date_to", until))
        start = 0 if since is None else _midnight(since, sample)
        end = 1 << 60 if until is None else _midnight(until + dt.timedelta(days=1), sample)
        return Query(tuple((name, str(day)) for name, day in parameters if day is not None), (Condition(active, (start, end)),))

    yield Filter("date_from", [query(last - dt.timedelta(days=step), None) for step in steps])
    yield Filter("date_to", [query(None, first + dt.timedelta(days=step)) for step in steps])
    middle = first + dt.timedelta(days=span // 3)
    yield Filter("date_from, date_to", [query(middle, middle + dt.timedelta(days=days)) for days in (6, 29, 89)] + [query(first, last)])


def _midnight(day: dt.date, sample: Sample) -> int:
    return int(dt.datetime.combine(day, dt.time(), sample.zone).timestamp() * 1_000)


def _words(connection: apsw.Connection) -> Iterator[Filter]:
    """Search for words that few tickets hold, and for those that most hold."""
    connection.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, search, row)")
    plain = "SELECT term FROM word WHERE term NOT GLOB '*[^a-z0-9]*' AND length(term) > 2"
    rare = _texts(connection, f"{plain} AND doc > 1 ORDER BY doc, term LIMIT 5")
    common = _texts(connection, f"{plain} ORDER BY doc DESC LIMIT 5")
    matching = "ticket_key IN (SELECT rowid FROM search WHERE search MATCH ?)"
    for name, found in (("query, rare word", rare), ("query, common word", common)):
        yield Filter(name, [Query((("query", f'"{word}"'),), (Condition(matching, (f'"{word}"',)),)) for word in found])
