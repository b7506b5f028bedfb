"""Tickets that are merged, unmerged, trashed and restored in any order: all that is stored follows from the timelines, lists too."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import pytest

from deskline.actions import checks
from deskline.actions import tickets as actions
from deskline.domain.searches import TicketFilter
from deskline.errors import ConflictError, NotFoundError
from deskline.storage import tickets
from deskline.storage.database import Database
from deskline.storage.search import find_page
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import ADA, AGENTS, MINUTE, OURS, Clock, a_ticket, do, random_command, random_new_ticket

pytestmark = pytest.mark.anyio

ASKED = (TicketFilter(), TicketFilter(status="open"), TicketFilter(tagged=True), TicketFilter(groups=(1,)), TicketFilter(assigned=False))


async def anything(database: Database, ids: list[str], chance: random.Random) -> None:
    one, other = chance.sample(ids, 2)
    kind = chance.choice(("merge", "merge", "unmerge", "other"))
    with suppress(ConflictError, NotFoundError):
        async with database.write(OURS) as tx:
            if kind == "merge":
                await actions.merge(tx, one, other, chance.choice(AGENTS))
            elif kind == "unmerge":
                await actions.unmerge(tx, one, chance.choice(AGENTS))
            elif (await tickets.get_life_aside(tx, one)).ticket.aside != "merged":
                await do(tx, one, random_command(chance), chance.choice(AGENTS))


async def test_what_is_stored_is_what_the_timelines_lead_to(database: Database, clock: Clock, chance: random.Random) -> None:
    ids = [await a_ticket(database, **vars_of(chance)) for _ in range(6)]
    for _ in range(60):
        clock.now += chance.choice((0, 1, MINUTE))
        await anything(database, ids, chance)
        pages = [await find_page(database, OURS, wanted, page=1, descending=True) for wanted in ASKED]
        async with database.analyse(OURS) as tx:
            found = [(await tickets.get_life_aside(tx, ticket_id)).ticket for ticket_id in ids]
        listed = [ticket for ticket in found if ticket.aside is None]
        assert [page.total for page in pages] == [len(page.tickets) for page in pages]
        assert pages[0].total == len(listed)
        assert pages[1].total == sum(ticket.status == "open" for ticket in listed)
    async with database.analyse(OURS) as tx:
        findings = await checks.check_account(tx, show_ticket)
    assert [str(each) for each in findings.first if each.expected != "a tag that the account knows"] == []
    assert findings.tickets == len(ids)


async def test_two_that_are_merged_into_each_other_at_once(database: Database) -> None:
    """One of the two comes first, and the other is refused: nobody's messages are lost."""
    one, other = await a_ticket(database), await a_ticket(database)

    async def merge(source: str, target: str) -> bool:
        async with database.write(OURS) as tx:
            await actions.merge(tx, source, target, ADA)
        return True

    done = await asyncio.gather(merge(one, other), merge(other, one), return_exceptions=True)
    assert sum(each is True for each in done) == 1
    assert sum(isinstance(each, NotFoundError) for each in done) == 1
    assert (await find_page(database, OURS, TicketFilter(), page=1, descending=True)).total == 1


def vars_of(chance: random.Random) -> dict[str, Any]:
    """A random ticket's values."""
    new = random_new_ticket(chance)
    return {name: getattr(new, name) for name in new.__struct_fields__}
