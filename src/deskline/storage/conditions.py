"""The condition of a list: put together from the filters given and nothing else, as fixed text and numbered values.

Each filter appends one line and its values; the same lines serve the page and its total. An optional filter that is written as
`(:x IS NULL OR col = :x)` would scan, which is why this is not a `.sql` file. Running it is `search`'s work.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

from deskline.domain.events import Status
from deskline.domain.searches import TicketFilter
from deskline.storage.depths import Walk
from deskline.storage.dialects import DIALECTS, Dialect, word_values
from deskline.storage.queries import Engine

END_OF_TIME: Final = 1 << 62
NEVER_MOST: Final[frozenset[Status | None]] = frozenset(("open", "pending", "spam"))  # what an account has less of than of solved tickets


class Matches(NamedTuple):
    """The tickets that match: where they are read, the condition and its values, and the column of their keys."""

    source: str
    condition: str
    key: str
    values: Sequence[object]


class Where:
    """Lines of a condition and their values; `$1` is the account."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.source = "ticket t"
        self.alone = ""  # the table that repeats the order of lists, by itself
        self.order = "t.last_message_at {direction}, t.ticket_id {direction}"
        self.lines = ["t.account_id = $1"]
        self.values: list[object] = []
        self.words = ""  # how they are looked for in the search index, with the first so many values
        self.word_values = 0

    @property
    def walked(self) -> str:
        """The table that is walked in the order of lists."""
        return "l" if self.alone else "t"

    def add(self, line: str, *values: object) -> None:
        """Append a line in which each `{}` is the place of one value."""
        first = len(self.values) + 2
        self.lines.append(line.format(*(f"${number}" for number in range(first, first + len(values)))))
        self.values += values

    def found_by_words(self, words: str, values: tuple[object, ...]) -> None:
        """Look for words first of all: the dialect's line has its values from $2 on."""
        self.words = words
        self.word_values = len(values)
        self.add(f"t.ticket_key IN (SELECT {self.dialect.key} FROM search WHERE {words}{self.dialect.apart})")
        self.values += values

    def lead(self, table: str, column: str, value: object) -> None:
        """Walk a table that repeats the order of lists instead of the tickets themselves, of which a look says the rest."""
        brief = self._by("ticket_in_brief")
        self.alone = f"{table} l"
        self.source = f"{table} l {self.dialect.join} ticket t{brief} ON t.account_id = l.account_id AND t.ticket_key = l.ticket_key"
        self.order = "l.last_message_at {direction}, l.ticket_id {direction}"
        # Else SQLite joins each row here with each ticket that has the words, as both keys are in that list: 20,000 times 10,000 of them.
        found = [f"{self.dialect.free}{line}" if line.startswith("t.ticket_key IN") else line for line in self.lines[1:]]
        self.lines = ["l.account_id = $1", *found]
        self.add(f"l.{column} = {{}}", value)

    def begin(self, walk: Walk) -> str:
        """Have only the rows of a walk, from where it begins; says how they are ordered."""
        if walk.start is not None:
            sign = ("<" if walk.down else ">") + ("=" if walk.included else "")
            self.add(f"({self.walked}.last_message_at, {self.walked}.ticket_id) {sign} ({{}}, {{}})", *walk.start)
        return self.order.format(direction="DESC" if walk.down else "ASC")

    @property
    def narrowed(self) -> str:
        """What is read: one table alone, where it holds all that is asked."""
        return self.alone if self.alone and len(self.lines) == 2 else self.source

    @property
    def matches(self) -> "Matches":
        """All that match, in no order; words alone are looked for in the search index alone."""
        if self.words and len(self.lines) == 2:
            return Matches("search", self.words, self.dialect.key, self.values[: self.word_values])
        return Matches(self.narrowed, " AND ".join(self.lines), f"{self.walked}.ticket_key", self.values)

    def use(self, index: str | None, *, walking: bool) -> None:
        """Have an index used, where the engine does not choose by what it knows of the values. One in another order has its rows sorted."""
        if index is not None:
            self.source += self._by(index)
        if not walking and index in (None, "ticket_in_brief"):
            self.order = self.order.replace("t.last", f"{self.dialect.free}t.last")

    def _by(self, index: str) -> str:
        return self.dialect.indexed.format(index)


def compose(wanted: TicketFilter, account_id: int, engine: Engine, *, walking: bool = False) -> Where:
    """Put the condition together; `walking` is for the order of lists, of which some rows are enough, else all that match are gathered."""
    where = Where(DIALECTS[engine])
    if wanted.words:
        values = word_values(engine, account_id, wanted.words, sees_notes=wanted.sees_notes)
        of_one = where.dialect.words_of_one
        if walking and of_one is not None and not _is_narrow(wanted):
            where.lines.append(of_one)
            where.values += values
        else:
            where.found_by_words(where.dialect.words, values)
    _add_sets(where, wanted, walking=walking)
    for column, value in (
        ("status", wanted.status),
        ("assignee", wanted.assignee),
        ("source", wanted.source),
        ("source_id", wanted.source_id),
        ("requester", wanted.requester),
    ):
        if value is not None:
            where.add(f"t.{column} = {{}}", value)
    if wanted.assigned is not None:
        where.add("t.assignee IS NOT NULL" if wanted.assigned else "t.assignee IS NULL")
    if wanted.tagged is not None:
        where.add("t.tag_count > 0" if wanted.tagged else "t.tag_count = 0")
    _add_activity(where, wanted)
    if where.walked == "t":
        where.use(_index_of(wanted, walking=walking), walking=walking)
    return where


def _index_of(wanted: TicketFilter, *, walking: bool) -> str | None:
    """Choose the index that holds most of what is asked, and all of it where that may be much; None leaves the choice to the engine.

    SQLite knows nothing of the values: left alone it takes any index with one of them, and looks each ticket up in its own row (measured
    on 1,000,000 tickets, the solved ones of an agent: 2.3 s of CPU against 16 ms).
    """
    if wanted.requester is not None:
        return "ticket_by_requester"
    if wanted.source_id is not None:
        return "ticket_by_source_id"
    if not walking and (wanted.words or (wanted.status not in NEVER_MOST and (wanted.tags or wanted.groups or wanted.values))):
        return "ticket_in_brief"
    if wanted.status in NEVER_MOST or (wanted.status is not None and wanted.assignee is None and wanted.assigned is not False):
        return "ticket_by_status"
    if wanted.assignee is not None or wanted.assigned is False:
        return "ticket_by_assignee"
    ranges = (wanted.assigned is not None) + (wanted.tagged is not None) + (wanted.since is not None or wanted.until is not None)
    if wanted.source is not None and not ranges:
        return "ticket_by_source"
    if walking or ranges > 1 or (ranges and wanted.source is not None):
        return "ticket_by_message"
    return None


def _add_sets(where: Where, wanted: TicketFilter, *, walking: bool) -> None:
    """A single tag, a value or a single group leads, unless something that fewer tickets have does; all else is looked up of each."""
    tags, groups, values = wanted.tags, wanted.groups, wanted.values
    single = wanted.requester is not None or wanted.source_id is not None
    # What has the words is found once, and of each of these a look tells its tags and groups; rare words have few.
    single = single or (bool(wanted.words) and not walking and where.dialect.words_of_one is None)
    if not single and len(tags) == 1 and wanted.status != "pending":
        where.lead("ticket_tag", "tag", tags[0])
        tags = ()
    elif not single and values and wanted.status != "pending":
        where.lead("ticket_value", "value", values[0])
        values = values[1:]
    elif not single and len(groups) == 1 and not tags and wanted.status not in NEVER_MOST:
        where.lead("ticket_group", "group_id", groups[0])
        groups = ()
    gathered = not walking and not single and where.walked == "t" and wanted.status not in NEVER_MOST
    each = [("ticket_value", "value", (value,)) for value in values]
    for table, column, some in (*each, ("ticket_tag", "tag", tags), ("ticket_group", "group_id", groups)):
        if some:
            _add_any(where, table, column, some, gathered=gathered)
            gathered = False


def _add_any(where: Where, table: str, column: str, values: tuple[object, ...], *, gathered: bool) -> None:
    places = ", ".join("{}" for _ in values)
    chosen = f"FROM {table} s WHERE s.account_id = $1 AND s.{column} IN ({places})"
    if gathered:
        where.add(f"t.ticket_key IN (SELECT s.ticket_key {chosen})", *values)
    else:
        where.add(f"EXISTS (SELECT 1 {chosen} AND s.ticket_key = {where.walked}.ticket_key)", *values)


def _is_narrow(wanted: TicketFilter) -> bool:
    """Say whether more than ranges narrows it: the matches of ranges alone lie anywhere in the order of lists."""
    values = wanted.status, wanted.assignee, wanted.source, wanted.source_id, wanted.requester
    return any(value is not None for value in values) or len(wanted.tags) == 1 or len(wanted.groups) == 1 or bool(wanted.values)


def is_exact(wanted: TicketFilter) -> bool:
    """Say whether an index holds exactly the matches, in the order of lists: a page costs its depth, whatever matches."""
    single = [
        wanted.status is not None,
        wanted.assignee is not None,
        wanted.assigned is False,
        wanted.source is not None,
        wanted.source_id is not None,
        wanted.requester is not None,
        len(wanted.tags) == 1,
        len(wanted.groups) == 1,
        len(wanted.values) == 1,
    ]
    others = (
        wanted.words,
        len(wanted.values) > 1,
        len(wanted.tags) > 1,
        len(wanted.groups) > 1,
        wanted.assigned,
        wanted.tagged is not None,
        wanted.gaps,
    )
    return sum(single) <= 1 and not any(others) and wanted.since is None and wanted.until is None


def _add_activity(where: Where, wanted: TicketFilter) -> None:
    """Select tickets with an event in the range.

    With one border open, the last activity or the creation answers. With both, a ticket whose first or last event is in the range is
    in; only those that span the whole range have their timeline looked at. With gaps in the range, every timeline is.
    """
    if wanted.since is not None:
        where.add("t.last_activity_at >= {}", wanted.since)
    if wanted.until is not None:
        # With both borders, `+` leaves the choice to the index of activities, which holds all that is asked here.
        where.add(f"{'' if wanted.since is None else where.dialect.free}t.created_at < {{}}", wanted.until)
    if wanted.gaps or (wanted.since is not None and wanted.until is not None):
        # Not EXISTS: for that PostgreSQL reads the events of all tickets, to look few of them up (on 100,000 tickets 80 ms, not 3).
        active = (
            "(SELECT true FROM ticket_event e WHERE e.account_id = $1 AND e.ticket_key = t.ticket_key AND e.silent = 0"
            " AND e.at >= {} AND e.at < {}" + " AND NOT (e.at >= {} AND e.at < {})" * len(wanted.gaps) + " LIMIT 1)"
        )
        since, until = wanted.since or 0, END_OF_TIME if wanted.until is None else wanted.until
        values = (since, until, *chain.from_iterable(wanted.gaps))
        if wanted.gaps:
            where.add(active, *values)
        else:
            where.add(f"(t.created_at >= {{}} OR t.last_activity_at < {{}} OR {active})", since, until, *values)
