"""Filling an account with sample tickets: what is stored is what was made up, under ids that are free, by threads or by processes."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from deskline.actions import checks
from deskline.actions import samples as actions
from deskline.domain.events import TicketGroup
from deskline.domain.people import EVERYBODY, Group
from deskline.domain.sample_lives import Company
from deskline.domain.samples import BATCH, COMPANY, TAGS, Samples, sample_tickets
from deskline.storage import people
from deskline.storage.database import Database
from deskline.web.v2.wire import show_ticket
from tests.desks import OWNER, any_desk, rows_in

YEAR = 365 * 86_400_000
ORDER = Samples(seed=1, count=300, start_at=1_719_792_000_000, end_at=1_719_792_000_000 + YEAR)


async def settle(database: Database, *, sign_in: bool = False) -> Company:
    async with database.write(1) as tx:
        return await actions.settle(tx, COMPANY, sign_in=sign_in)


def filled(folder: Path, *orders: Samples) -> list[tuple[int, int]]:
    """Fill an account with what is ordered, one after the other; answers the progress that was told."""
    told: list[tuple[int, int]] = []

    async def fill() -> None:
        async with any_desk(folder) as database:
            await settle(database)
            for order in orders:
                await actions.fill(database, 1, order, show_ticket, lambda done, in_all: told.append((done, in_all)))

    asyncio.run(fill())
    return told


def stored(folder: Path) -> list[tuple[str, bytes]]:
    """Every ticket of the database by id and as it is shown, in the order in which they were added."""
    return [(ticket_id, shown) for ticket_id, shown in rows_in(folder, "SELECT ticket_id, shown FROM ticket ORDER BY ticket_key")]


@pytest.mark.parametrize("batches", [1, 2, actions.FEW_BATCHES + 1])
def test_what_is_stored_is_what_was_made_up(tmp_path: Path, batches: int) -> None:
    order = msgspec.structs.replace(ORDER, count=batches * BATCH - BATCH // 2)
    told = filled(tmp_path, order)
    assert stored(tmp_path) == [(ticket.id, show_ticket(ticket, events)) for ticket, events in sample_tickets(order)]
    assert told == [(min(done * BATCH, order.count), order.count) for done in range(1, batches + 1)]


def test_everything_stored_follows_from_the_timelines(tmp_path: Path) -> None:
    async def check() -> checks.Findings:
        async with any_desk(tmp_path) as database, database.analyse(1) as tx:
            return await checks.check_account(tx, show_ticket)

    filled(tmp_path, msgspec.structs.replace(ORDER, count=100))
    findings = asyncio.run(check())
    assert findings.tickets == 100
    assert findings.first == []


def test_ids_that_are_taken_are_passed_over(tmp_path: Path) -> None:
    filled(tmp_path, ORDER, ORDER)
    tickets = stored(tmp_path)
    lives = [shown.replace(ticket_id.encode(), b"") for ticket_id, shown in tickets]
    assert len({ticket_id for ticket_id, _ in tickets}) == 2 * ORDER.count
    assert lives[: ORDER.count] == lives[ORDER.count :]


def test_the_account_knows_everybody_who_is_named(tmp_path: Path) -> None:
    async def settled() -> None:
        async with any_desk(tmp_path) as database:
            company = await settle(database)
            async with database.read(1) as tx:
                agents = {agent.login: agent for agent in await people.list_agents(tx)}
                groups = {group.id: group for group in await people.list_groups(tx)}
                tags = {tag.name for tag in await people.list_tags(tx)}
        assert set(agents) == {agent.login for agent in COMPANY.agents} | {OWNER.id}
        assert [agent.login for agent in agents.values() if agent.signs_in] == [OWNER.id]
        assert {group.id: group.name for group in groups.values()} == {0: "All operators", 1: "Sales", 2: "Billing", 3: "Technical"}
        assert groups[2].agents == ("ann@larkfield.example", "dmitri@larkfield.example")
        assert tags == set(TAGS)
        assert company.groups == COMPANY.groups

    asyncio.run(settled())


def test_what_the_account_has_already_keeps_its_name(tmp_path: Path) -> None:
    async def settled() -> Company:
        async with any_desk(tmp_path) as database:
            async with database.write(1) as tx:
                await people.add_group(tx, Group(2, "Accounts payable"))
                await people.add_agent(tx, msgspec.structs.replace(COMPANY.agents[4], name="Eva L."))
            await settle(database)
            return await settle(database)

    company = asyncio.run(settled())
    assert company.groups[:1] == (TicketGroup(EVERYBODY, "General", inherited=True),)
    assert company.groups[2] == TicketGroup(2, "Accounts payable")
    assert [agent.name for agent in company.agents] == ["Ann Moreau", "Ben Okafor", "Carla Jiménez", "Dmitri Halloran", "Eva L."]


def test_filling_that_is_stopped_leaves_whole_batches(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    async def fill() -> None:
        def stop(done: int, in_all: int) -> None:
            raise StoppedError

        async with any_desk(tmp_path) as database:
            await settle(database)
            with pytest.raises(StoppedError):
                await actions.fill(database, 1, msgspec.structs.replace(ORDER, count=3 * BATCH), show_ticket, stop)

    asyncio.run(fill())
    assert len(stored(tmp_path)) == BATCH
