"""Lists of tickets: the one place where a statement is put together, from the filters given and nothing else.

Each filter appends one line of fixed text and its values, numbered in order; the same lines serve the page and its total. An
optional filter that is written as `(:x IS NULL OR col = :x)` would scan, which is why this is not a `.sql` file.
"""

from itertools import chain

from deskline.domain.searches import PAGE_SIZE, Page, TicketFilter
from deskline.storage.database import Database, Reader
from deskline.storage.dialects import DIALECTS, KEY_BITS, Dialect, word_values
from deskline.storage.queries import Engine
from deskline.storage.tickets import position
from deskline.storage.totals import INLINE_CHANGES, MOST_CHANGES, carry, keep

INLINE_PAGES = 4  # how deep a page may be read on the event loop; deeper ones walk further and go to a thread
END_OF_TIME = 1 << 62
SORTED = 1_000  # up to how many matches of a range are sorted rather than met by walking the list's own order


class _Where:
    """Lines of a condition and their values; `$1` is the account."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.source = "ticket t"
        self.order = "t.last_message_at {direction}, t.ticket_id {direction}"
        self.lines = ["t.account_id = $1"]
        self.values: list[object] = []
        self.ranged = True  # whether only ranges narrow it: such matches lie anywhere in the order of lists
        self.words = ""  # how they are looked for in the search index, with the first so many values
        self.word_values = 0
        self.walks_index = True  # whether an index holds exactly the matches, in the order of lists

    def add(self, line: str, *values: object) -> None:
        """Append a line in which each `{}` is the place of one value."""
        first = len(self.values) + 2
        self.lines.append(line.format(*(f"${number}" for number in range(first, first + len(values)))))
        self.values += values

    def found_by_words(self, words: str, values: tuple[object, ...]) -> None:
        """Look for words first of all: the dialect's line has its values from $2 on."""
        self.words = words
        self.word_values = len(values)
        self.walks_index = False
        self.add(f"t.ticket_key IN (SELECT {self.dialect.key} FROM search WHERE {words}{self.dialect.apart})")
        self.values += values

    def narrow_to_new(self, after: int) -> None:
        """Look at the tickets behind a key only, along their keys up to the account's last: those of later accounts follow."""
        if self.source == "ticket t":
            self.source += self.dialect.by_key
            self.add("t.ticket_key > {} AND t.ticket_key < {}", after, ((after >> KEY_BITS) + 1) << KEY_BITS)
        else:
            self.add("l.ticket_key > {}", after)

    def lead(self, table: str, column: str, value: object) -> None:
        """Walk a table that repeats the order of lists instead of the tickets themselves."""
        self.source = f"{table} l JOIN ticket t ON t.account_id = l.account_id AND t.ticket_key = l.ticket_key"
        self.order = "l.last_message_at {direction}, l.ticket_id {direction}"
        self.lines[0] = "l.account_id = $1"
        self.ranged = False
        self.add(f"l.{column} = {{}}", value)


def compose(wanted: TicketFilter, account_id: int, engine: Engine, *, after: int | None = None) -> _Where:
    """Put the condition together, of the tickets behind the key `after` alone where one is given."""
    where = _Where(DIALECTS[engine])
    if wanted.words:
        words = where.dialect.words if after is None else where.dialect.words_behind
        where.found_by_words(words, word_values(engine, account_id, wanted.words, sees_notes=wanted.sees_notes, after=after))
    _add_sets(where, wanted)
    for column, value in (
        ("status", wanted.status),
        ("assignee", wanted.assignee),
        ("source", wanted.source),
        ("source_id", wanted.source_id),
        ("requester", wanted.requester),
    ):
        if value is not None:
            where.add(f"t.{column} = {{}}", value)
            where.ranged = False
    if wanted.assigned is not None:
        where.add("t.assignee IS NOT NULL" if wanted.assigned else "t.assignee IS NULL")
    if wanted.tagged is not None:
        where.add("t.tag_count > 0" if wanted.tagged else "t.tag_count = 0")
    _add_activity(where, wanted)
    if after is not None:
        where.narrow_to_new(after)
    return where


def _add_sets(where: _Where, wanted: TicketFilter) -> None:
    """A single tag or group is walked in order; more than one, or the second kind, is looked up for each ticket."""
    if len(wanted.tags) == 1:
        where.lead("ticket_tag", "tag", wanted.tags[0])
    elif len(wanted.groups) == 1:
        where.lead("ticket_group", "group_id", wanted.groups[0])
    if len(wanted.tags) > 1:
        _add_any(where, "ticket_tag", "tag", wanted.tags)
    if wanted.groups and (len(wanted.groups) > 1 or wanted.tags):
        _add_any(where, "ticket_group", "group_id", wanted.groups)


def _add_any(where: _Where, table: str, column: str, values: tuple[object, ...]) -> None:
    where.walks_index = False
    places = ", ".join("{}" for _ in values)
    where.add(f"t.ticket_key IN (SELECT s.ticket_key FROM {table} s WHERE s.account_id = $1 AND s.{column} IN ({places}))", *values)


def _add_activity(where: _Where, wanted: TicketFilter) -> None:
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
        where.walks_index = False
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


async def find_page(database: Database, account_id: int, wanted: TicketFilter, *, page: int, descending: bool) -> Page:
    """Find one page (from 1) of the tickets that match, in the order of their last message, with the exact total of all that match.

    At once where it is remembered, or an index gives the page and the total is remembered; else in a thread.
    """
    key = (wanted, page, descending)
    async with database.read(account_id) as tx:
        now = await position(tx)  # before the memory is taken: it is that of the server which has told this
        found = tx.memory.pages.find(account_id, key, now)
    if found is not None:
        return found
    where = compose(wanted, account_id, database.engine)
    if where.walks_index and page <= INLINE_PAGES:
        async with database.read(account_id, snapshot=True) as tx:
            now = await position(tx)
            total = await _carried(tx, wanted, now, INLINE_CHANGES)
            if total is not None:
                return await _page(tx, where, wanted, page, descending, now, total)
    async with database.analyse(account_id) as tx:
        now = await position(tx)
        total = await _carried(tx, wanted, now, MOST_CHANGES)
        if total is None:
            total = await _count(tx, where, wanted)
            keep(tx, wanted, now, total)
        return await _page(tx, where, wanted, page, descending, now, total)


async def _page(tx: Reader, where: _Where, wanted: TicketFilter, page: int, descending: bool, now: int, total: int) -> Page:
    beyond = total <= (page - 1) * PAGE_SIZE
    found = Page(() if beyond else await _tickets(tx, where, page, descending, total), total)
    tx.memory.pages.save(tx.account_id, (wanted, page, descending), now, found)
    return found


async def _carried(tx: Reader, wanted: TicketFilter, now: int, most: int) -> int | None:
    async def count_new(after: int) -> int:
        return await _count(tx, compose(wanted, tx.account_id, tx.engine, after=after), wanted)

    return await carry(tx, wanted, now, count_new, most=most)


async def _count(tx: Reader, where: _Where, wanted: TicketFilter) -> int:
    source = where.source
    lines, values = where.lines, where.values
    if len(lines) == 2 and " l JOIN " in source:  # a single tag or group: its own rows are the count
        source = source.split(" JOIN ")[0]
    elif where.words and _is_of_words(wanted):  # the search index counts them by itself
        source, lines, values = "search", [where.words], values[: where.word_values]
    row = await tx.row(f"SELECT count(*) FROM {source} WHERE {' AND '.join(lines)}", *values)
    return int(row[0]) if row is not None else 0


def _is_of_words(wanted: TicketFilter) -> bool:
    return wanted == TicketFilter(words=wanted.words, sees_notes=wanted.sees_notes)


async def _tickets(tx: Reader, where: _Where, page: int, descending: bool, total: int) -> tuple[bytes, ...]:
    source, order, lines = where.source, where.order, where.lines
    if where.ranged and total > SORTED:
        source += where.dialect.in_order
        if where.words and where.dialect.words_of_one is not None:
            lines = [lines[0], where.dialect.words_of_one, *lines[2:]]
    elif where.ranged:
        order = order.replace("t.last", f"{where.dialect.free}t.last")
        if where.words:
            lines = [
                f"{where.dialect.free}t.account_id = $1",
                *lines[1:],
            ]  # from the words to the tickets, not through all tickets of the account
    direction = "DESC" if descending else "ASC"
    rows = await tx.rows(
        f"SELECT t.shown FROM {source} WHERE {' AND '.join(lines)} ORDER BY {order.format(direction=direction)}"
        f" LIMIT {PAGE_SIZE:d} OFFSET {(page - 1) * PAGE_SIZE:d}",
        *where.values,
    )
    return tuple(shown for (shown,) in rows)
