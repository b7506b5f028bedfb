"""Prove that everything stored follows from the timelines, and name what does not. What differs can be put right on the way.

An account is read in one transaction, so a server may go on beside it: what is compared is the database of one moment.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from deskline.actions.recounts import Recount, name_of, timed
from deskline.actions.repairs import Repairs
from deskline.domain.timelines import Ticket, fold
from deskline.errors import DataError
from deskline.storage import checks as stored
from deskline.storage.checks import NOUNS, Noun, StoredEvent, StoredTicket
from deskline.storage.database import Reader, Row, Show
from deskline.storage.facts import KEY_WIDTH, fact_of, fact_row
from deskline.storage.tickets import Record, record

TICKETS_AT_A_TIME = 250
ROWS_AT_A_TIME = 5_000
MOST_KEPT = 100
WIDTH = 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[int, int], None]


class Difference(msgspec.Struct, frozen=True):
    """Something that is stored and does not follow from the timelines, or follows and is not stored (both as short texts).

    `ticket` is empty where no ticket is concerned.
    """

    ticket: str
    field: str
    stored: str
    expected: str


class Findings:
    """What a check of one account has seen: how much, how many differences, and the first of them."""

    def __init__(self) -> None:
        self.tickets = 0
        self.events = 0
        self.differences = 0
        self.first: list[Difference] = []

    def add(self, ticket: str, field: str, found: object, expected: object) -> None:
        """Count a difference, and keep it if it is one of the first."""
        self.differences += 1
        if len(self.first) < MOST_KEPT:
            self.first.append(Difference(ticket, field, *_around_difference(_text(found), _text(expected))))


async def check_server(tx: Reader) -> list[str]:
    """List what is wrong with the database file as such, in words; `tx` is one of the server."""
    damages = await stored.list_damages(tx)
    return damages + [f"rows belong to account {account}, which is not there" for account in await stored.list_lost_accounts(tx)]


async def check_account(
    tx: Reader, show: Show, progress: Progress = lambda done, tickets: None, repairs: Repairs | None = None
) -> Findings:
    """Compare all rows of an account with what its timelines lead to. `progress` is told (tickets done, tickets in all).

    With `repairs`, what differs is written as it must be, in the same transaction; timelines, and what belongs to no ticket, stay.
    """
    findings, recount = Findings(), Recount()
    expected: dict[Noun, Counter[Any]] = {noun: Counter() for noun in NOUNS}
    tickets = await stored.count_tickets(tx)
    are_told = True
    last = 0
    while batch := await stored.list_rows(tx, last, TICKETS_AT_A_TIME):
        records = await _check_batch(tx, last, batch, show, findings, expected, repairs)
        recount.add(records)
        are_told = are_told and len(records) == len(batch)
        last = batch[-1].key
        progress(findings.tickets, tickets)
    await _check_aside(tx, show, findings, repairs)
    for noun in NOUNS:
        await _check_surplus(tx, noun, expected[noun], show, findings, repairs)
    if are_told:  # else nobody knows what those tickets count for
        await _check_rollups(tx, recount, show, findings, repairs)
    for what, ticket_id in await stored.list_strays(tx):
        findings.add(ticket_id, what, "a row", "none: what it belongs to is not there")
    for tag, ticket_id in await stored.list_unknown_tags(tx):
        findings.add(ticket_id, "tags", tag, "a tag that the account knows")
    return findings


async def check_piece(tx: Reader, show: Show, *, after: int, limit: int, at_a_time: int) -> tuple[Findings, int | None]:
    """Compare the rows of the next `limit` tickets behind the key `after`; the last one's key, None where there is none.

    What nothing leads to, and roll-ups, are not looked at: that needs all tickets in one state. The loop goes round after every `at_a_time`
    tickets.
    """
    findings = Findings()
    last = None
    while findings.tickets < limit:
        batch, aside, reached = await stored.list_next(tx, last or after, at_a_time)
        if reached is None:
            break
        if batch:
            await _check_batch(tx, last or after, batch, show, findings, {noun: Counter() for noun in NOUNS}, None)
        if aside:
            await _check_aside_batch(tx, aside, show, findings, None)
        last = reached
        await asyncio.sleep(0)
    return findings, last


async def _check_batch(
    tx: Reader,
    last: int,
    batch: Sequence[StoredTicket],
    show: Show,
    findings: Findings,
    expected: dict[Noun, Counter[Any]],
    repairs: Repairs | None,
) -> Collection[Record]:
    """Compare the rows of some tickets, those behind the key `last`. Answers what their timelines lead to."""
    timelines = await stored.list_timelines(tx, [row.key for row in batch])
    derived: dict[Noun, list[Row]] = {noun: [] for noun in NOUNS}
    findings.tickets += len(batch)
    findings.events += sum(len(timelines[row.key]) for row in batch)
    told = [(row, made) for row in batch if (made := _record(row.id, timelines[row.key], show, findings)) is not None]
    records = {made.id: made for made in await timed(tx, [(row.key, made) for row, made in told])}
    for row in batch:
        made = records.get(row.id)
        if made is None:
            continue
        if made.aside is not None:
            findings.add(row.id, "row", "among those in lists", f"set aside ({made.aside})")
            continue
        if row.state != made.state:
            _compare_state(row, stored.COLUMNS, made.state, findings)
            if repairs is not None:
                repairs.save(row.key, made)
        for noun in NOUNS:
            derived[noun] += _derived(noun, row.key, made)
    for noun in NOUNS:
        expected[noun].update(row[0] for row in derived[noun])
        there = await stored.find_derived(tx, noun, derived[noun])
        _compare_derived(noun, derived[noun], there, {row.key: row.id for row in batch}, findings)
        if repairs is not None:
            repairs.replace(noun, there.difference(derived[noun]), [row for row in derived[noun] if row not in there])
    for key, ticket_id, words in await stored.list_words(tx, last, batch[-1].key):
        if ticket_id in records and words != stored.words_row(tx.engine, records[ticket_id].findable):
            findings.add(ticket_id, "search", "no words" if words is None else "other words", "its words")
            if repairs is not None:
                repairs.index(key, records[ticket_id], is_new=words is None)
    if repairs is not None:
        await repairs.write()
    return records.values()


async def _check_aside(tx: Reader, show: Show, findings: Findings, repairs: Repairs | None) -> None:
    """Compare the rows of tickets that are set aside. Where one must be is not put right: somebody has to look at that."""
    last = 0
    while batch := await stored.list_aside(tx, last, TICKETS_AT_A_TIME):
        await _check_aside_batch(tx, batch, show, findings, repairs)
        last = batch[-1].key


async def _check_aside_batch(tx: Reader, batch: Sequence[StoredTicket], show: Show, findings: Findings, repairs: Repairs | None) -> None:
    timelines = await stored.list_timelines(tx, [row.key for row in batch])
    findings.tickets += len(batch)
    findings.events += sum(len(timelines[row.key]) for row in batch)
    for row in batch:
        made = _record(row.id, timelines[row.key], show, findings)
        if made is None:
            continue
        if made.aside is None:
            findings.add(row.id, "row", f"set aside ({row.state[0]})", "among those in lists")
            continue
        wanted = (made.aside, *made.state[:2], made.shown)
        if row.state != wanted:
            _compare_state(row, stored.ASIDE_COLUMNS, wanted, findings)
            if repairs is not None:
                repairs.save(row.key, made)
    if repairs is not None:
        await repairs.write()


async def _check_rollups(tx: Reader, recount: Recount, show: Show, findings: Findings, repairs: Repairs | None) -> None:
    differences = await recount.differences(tx)
    for series, found, wanted in differences:
        findings.add("", name_of(series), found, wanted)
    if repairs is None or not differences:
        return
    scopes = {scope for (scope, _, _), _, _ in differences}
    await repairs.empty(scopes)
    last = 0
    while batch := await stored.list_rows(tx, last, TICKETS_AT_A_TIME):
        timelines = await stored.list_timelines(tx, [row.key for row in batch])
        told = [(row.key, _record(row.id, timelines[row.key], show, Findings())) for row in batch]
        await repairs.sum_anew(scopes, await timed(tx, [(key, made) for key, made in told if made is not None]))
        last = batch[-1].key


def _record(ticket_id: str, timeline: Sequence[StoredEvent], show: Show, findings: Findings) -> Record | None:
    """Work out what a timeline leads to; None, and a finding, where it leads nowhere."""
    numbers = [event.seq for event in timeline]
    if numbers != list(range(len(numbers))) or not numbers:
        findings.add(ticket_id, "timeline", f"events {numbers}", "events numbered from 0 without a gap")
        return None
    try:
        events = [stored.decode_event(event) for event in timeline]
        made = record(_folded(ticket_id, events), events, show)
    except DataError as error:
        findings.add(ticket_id, "timeline", error, "events that can be read and told as one life")
        return None
    for event, (seq, at, silent, _) in zip(timeline, made.events, strict=True):
        if event[:3] != (seq, at, silent):
            findings.add(ticket_id, f"event {seq}", f"at {event.at}, silent {event.silent}", f"at {at}, silent {silent}")
    return made


def _folded(ticket_id: str, events: Sequence[Any]) -> Ticket:
    try:
        return fold(ticket_id, events)
    except TypeError as error:  # how a fold refuses events that no ticket can have in this order
        raise DataError(str(error)) from error


def _compare_state(row: StoredTicket, columns: Sequence[str], state: tuple[Any, ...], findings: Findings) -> None:
    for column, found, wanted in zip(columns, row.state, state, strict=True):
        if found != wanted:
            findings.add(row.id, column, found, wanted)


def _derived(noun: Noun, key: int, made: Record) -> Iterator[Row]:
    match noun:
        case "groups":
            yield from ((group, key, made.id, made.last_message_at) for group in made.groups)
        case "tags":
            yield from ((tag, key, made.id, made.last_message_at) for tag in made.tags)
        case "values":
            yield from ((value, key, made.id, made.last_message_at) for value in made.values)
        case "facts":
            yield from (fact_row(key, fact) for fact in made.facts)


def _compare_derived(noun: Noun, wanted: Iterable[Row], there: set[Row], ids: dict[int, str], findings: Findings) -> None:
    missing = [row for row in wanted if row not in there]
    instead = {row[:2]: row for row in there.difference(wanted)} if missing else {}
    for row in missing:
        found = instead.get(row[:2])
        findings.add(ids[row[1]], noun, "no row" if found is None else _told(noun, found), _told(noun, row))


async def _check_surplus(tx: Reader, noun: Noun, expected: Counter[Any], show: Show, findings: Findings, repairs: Repairs | None) -> None:
    """Find rows that nothing leads to. All that must be there were looked up, so only where a count is too high is there one to find."""
    for value, count in (await stored.count_derived(tx, noun)).items():
        offset = 0
        while count > expected[value] and (rows := await stored.list_derived(tx, noun, value, offset, ROWS_AT_A_TIME)):
            offset += len(rows)
            surplus = await _surplus(tx, noun, rows, show)
            ids = await stored.list_ids(tx, [row[1] for row in surplus])
            for row in surplus:
                findings.add(ids.get(row[1], f"key {row[1]}"), noun, _told(noun, row), "no row")
            if repairs is not None:
                repairs.replace(noun, surplus, ())
    if repairs is not None:
        await repairs.write()


async def _surplus(tx: Reader, noun: Noun, rows: Sequence[Row], show: Show) -> list[Row]:
    """Sort out the rows whose place no timeline leads to. Rows of unreadable timelines are left, as those were named before."""
    timelines = await stored.list_timelines(tx, sorted({row[1] for row in rows}))
    lives = {key: _record("", timeline, show, Findings()) for key, timeline in timelines.items()}
    place = KEY_WIDTH if noun == "facts" else 2
    known = {row[:place] for key, made in lives.items() if made is not None for row in _derived(noun, key, made)}
    return [row for row in rows if lives[row[1]] is not None and row[:place] not in known]


def _told(noun: Noun, row: Row) -> str:
    """Tell a row in words."""
    if noun != "facts":
        return f"{row[0]!r}, last message {_instant(row[3])}"
    fact = fact_of(row)
    until = None if fact.until is None else _instant(fact.until)
    more = {"of": fact.agent, "s": fact.seconds, "s open": fact.open_seconds, "s worked": fact.worked_seconds, "until": until}
    parts = [f"{name} {value}" if name in {"of", "until"} else f"{value} {name}" for name, value in more.items() if value is not None]
    return " ".join((fact.label or "", fact.kind, f"at event {fact.seq},", _instant(fact.at), ", ".join(parts))).strip()


def _instant(at: int) -> str:
    """Spell an instant whatever it is: what is checked may be anything."""
    try:
        return (EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")
    except OverflowError:
        return f"{at} ms"


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _around_difference(found: str, expected: str) -> tuple[str, str]:
    """Cut two long texts to the place where they part."""
    if len(found) <= WIDTH and len(expected) <= WIDTH:
        return found, expected
    pairs = enumerate(zip(found, expected, strict=False))
    same = next((number for number, (one, other) in pairs if one != other), min(len(found), len(expected)))
    start = max(0, same - WIDTH // 3)
    return _cut(found, start), _cut(expected, start)


def _cut(text: str, start: int) -> str:
    end = start + WIDTH
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
