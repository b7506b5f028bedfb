"""Work out anew what is derived from timelines, ticket by ticket: the second half of an upgrade whose SQL left it empty.

Timelines are the truth and stay as they are. A piece of an account is one transaction together with how far that has come, so it goes on
where it was stopped, whatever stopped it.
"""

from collections.abc import Callable, Sequence
from typing import Final

from deskline.actions.recounts import cells_of
from deskline.domain.timelines import fold
from deskline.errors import DataError
from deskline.storage import checks as stored
from deskline.storage import rebuilds, repairs, working_hours
from deskline.storage.checks import StoredEvent, StoredTicket
from deskline.storage.database import SERVER, Database, Writer
from deskline.storage.facts import fact_row
from deskline.storage.rollups import add_cells
from deskline.storage.tickets import Record, record, timed

TICKETS_AT_A_TIME: Final = 500
Tell = Callable[[str], None]
Progress = Callable[[int, int], None]


async def rebuild(database: Database, tell: Tell, progress: Progress = lambda done, tickets: None) -> None:
    """Finish every account. `tell` is given a sentence for each, and for each ticket whose timeline cannot be read, which is left.

    `progress` is told (tickets done, tickets in all) of the account that it is at.
    """
    async with database.read(SERVER) as server:
        accounts = await rebuilds.list_unfinished(server)
    for account_id in accounts:
        async with database.read(account_id) as tx:
            tickets = await stored.count_tickets(tx)
        done = 0
        while (count := await _rebuild_piece(database, account_id, tell)) is not None:
            done += count
            progress(min(done, tickets), tickets)
        tell(f"Account {account_id}: {tickets:,} tickets were worked out anew.")


async def _rebuild_piece(database: Database, account_id: int, tell: Tell) -> int | None:
    """Work out the next tickets of an account; how many, None where there is nothing to do any more."""
    async with database.write(account_id) as tx:
        place = await rebuilds.find_place(tx)
        if place is None:
            return None
        batch, aside, last = await stored.list_next(tx, place, TICKETS_AT_A_TIME)
        if batch:
            await _write(tx, batch, tell)
        if aside:  # they have no facts, and no search finds them
            await repairs.save_rows(tx, await _records(tx, aside, tell))
        await rebuilds.save_place(tx, last)
    return len(batch)


async def _write(tx: Writer, batch: Sequence[StoredTicket], tell: Tell) -> None:
    keyed = await _records(tx, batch, tell)
    calendars = (await working_hours.find(tx)).calendars
    keyed = list(zip([key for key, _ in keyed], timed([made for _, made in keyed], calendars), strict=True))
    await repairs.save_rows(tx, keyed)
    await repairs.add_derived(tx, "facts", [fact_row(key, fact) for key, made in keyed for fact in made.facts])
    await add_cells(tx, (cells_of(made for _, made in keyed),))
    for key, made in keyed:
        tx.index(key, made.findable, new=False)


async def _records(tx: Writer, batch: Sequence[StoredTicket], tell: Tell) -> list[tuple[int, Record]]:
    """Work out what the timelines of some tickets lead to, by their keys."""
    timelines = await stored.list_timelines(tx, [row.key for row in batch])
    keyed: list[tuple[int, Record]] = []
    for row in batch:
        try:
            keyed.append((row.key, _record(tx, row, timelines[row.key])))
        except (DataError, TypeError, IndexError) as error:  # how a fold refuses events that no ticket can have
            tell(f"Ticket {row.id} of account {tx.account_id} is left as it is: its timeline cannot be read ({error}). See: deskline check")
    return keyed


def _record(tx: Writer, row: StoredTicket, timeline: Sequence[StoredEvent]) -> Record:
    events = [stored.decode_event(event) for event in timeline]
    return record(fold(row.id, events), events, tx.show)
