"""Two accounts in one database, with the same ids for everything: neither reads nor changes what is the other's."""

import hashlib
import random

import pytest

from deskline.actions import tickets as actions
from deskline.domain.events import AnyEvent
from deskline.domain.people import Agent, Group
from deskline.domain.reports import NEW_TICKETS, RATINGS, SOLVED_TICKETS, ReportFilter
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.domain.tickets import Changes
from deskline.domain.timelines import fold
from deskline.errors import NotFoundError
from deskline.storage import people, reports, tickets
from deskline.storage.database import SERVER, Database
from deskline.storage.search import find_page
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.storage.builders import ADA, BEN, NOON, OURS, THEIRS, Command, a_message, do, random_timeline
from tests.storage.wholeness import contradictions

pytestmark = pytest.mark.anyio

IDS = ("SAME1", "SAME2", "SAME3")
TABLES = (
    *("ticket", "ticket_event", "ticket_group", "ticket_tag", "ticket_value", "fact", "tag", "agent", "account_group", "group_member"),
    *("api_key", "personal_token", "oauth_client", "oauth_code", "oauth_token"),
)


async def fill(database: Database, account_id: int, chance: random.Random) -> None:
    """Give an account tickets under IDS, with a key for Ada and the tags that its tickets use."""
    async with database.write(account_id) as tx:
        timelines = [(ticket_id, random_timeline(chance, ticket_id, NOON, 5)) for ticket_id in IDS]
        await tickets.add_records(tx, [tickets.record(fold(name, events), events, show_ticket) for name, events in timelines])
        await people.add_tags(tx, ("sales", "bug"), ADA.id)
        await people.add_key(tx, key_hash(account_id), f"key{account_id}", ADA.id, "")


def key_hash(account_id: int) -> bytes:
    return hashlib.sha256(b"%d" % account_id).digest()


async def rows_of(database: Database, account_id: int) -> dict[str, list[tuple[object, ...]]]:
    """Read everything that an account has."""
    async with database.analyse(account_id) as tx:
        return {table: sorted(await tx.rows(f"SELECT * FROM {table} WHERE account_id = $1"), key=repr) for table in TABLES}


@pytest.fixture
async def full(database: Database, chance: random.Random) -> Database:
    await fill(database, OURS, chance)
    await fill(database, THEIRS, chance)
    return database


COMMANDS: list[Command] = [
    Changes(status="spam"),
    Changes(status="solved", assignee=None, subject="Changed"),
    a_message(text="only ours"),
    ("sales", "only-ours"),
    "good",
]


@pytest.mark.parametrize("command", COMMANDS, ids=["spam", "solved", "reply", "tags", "rating"])
async def test_nothing_done_to_ours_touches_theirs(full: Database, command: Command) -> None:
    before = await rows_of(full, THEIRS)
    for ticket_id in IDS:
        async with full.write(OURS) as tx:
            await do(tx, ticket_id, Changes(status="open"), BEN)
            await do(tx, ticket_id, command, BEN)
    assert await rows_of(full, THEIRS) == before
    page = await find_page(full, THEIRS, TicketFilter(words=phrases_of("only")), page=1, descending=True)
    assert page.total == 0


async def test_people_of_ours_are_not_theirs(full: Database) -> None:
    before = await rows_of(full, THEIRS)
    async with full.write(OURS) as tx:
        await people.add_agent(tx, Agent(login="new@example.com", name="New", groups=(1,)))
        await people.add_group(tx, Group(9, "Nine"))
        await people.add_tags(tx, ("ours",), ADA.id)
        await people.add_key(tx, key_hash(9), "key9", ADA.id, "")
        assert not await people.revoke_key(tx, f"key{THEIRS}")
    assert await rows_of(full, THEIRS) == before


async def test_everything_read_is_ours(full: Database) -> None:
    async with full.read(OURS) as ours, full.read(THEIRS) as theirs:
        for ticket_id in IDS:
            one, other = await tickets.get_life_aside(ours, ticket_id), await tickets.get_life_aside(theirs, ticket_id)
            assert (one.key >> 40, other.key >> 40) == (OURS, THEIRS)
            assert one.events != other.events
            assert await tickets.find_shown(ours, ticket_id) == show_ticket(one.ticket, one.events)
        assert await tickets.position(ours) >> 40 == OURS
        assert [key.id for key in await people.list_keys(ours)] == [f"key{OURS}"]


async def test_a_key_opens_its_own_account(full: Database) -> None:
    async with full.read(SERVER) as tx:
        for account_id in (OURS, THEIRS):
            found = await people.find_key(tx, key_hash(account_id))
            assert found is not None
            assert (found.account_id, found.id) == (account_id, f"key{account_id}")
            async with full.read(account_id) as own, full.read(OURS + THEIRS - account_id) as other:
                signer = await people.find_signer(own, found)
                assert signer is not None
                assert (signer.account_id, signer.login.lower()) == (account_id, found.login_key)
                assert (await people.find_signer(other, found._replace(login_key="nobody@example.com"))) is None


async def test_reports_count_ours_alone(full: Database) -> None:
    for account_id in (OURS, THEIRS):
        kinds = [row[1] for row in (await rows_of(full, account_id))["fact"]]
        async with full.analyse(account_id) as tx:
            for report, counted in ((NEW_TICKETS, (1, 2, 3, 4)), (SOLVED_TICKETS, (6,))):
                sums = await reports.sum_facts(tx, report, [(0, 1 << 50)], ReportFilter())
                assert sums == [(sum(map(kinds.count, counted)),)]
            assert await reports.sum_facts(tx, RATINGS, [(0, 1 << 50)], ReportFilter()) == [(kinds.count(7), kinds.count(8))]


async def test_a_ticket_of_theirs_is_no_ticket_here(full: Database) -> None:
    events: list[AnyEvent] = random_timeline(random.Random(0), "ONLY1", 1, 0)
    async with full.write(THEIRS) as tx:
        await tickets.add_records(tx, (tickets.record(fold("ONLY1", events), events, tx.show),))
    async with full.write(OURS) as tx:
        assert await tickets.find_shown(tx, "ONLY1") is None
        assert not await tickets.exists(tx, "ONLY1")
        with pytest.raises(NotFoundError):
            await actions.reply(tx, "ONLY1", a_message(), ADA)
        assert await reports.find_oldest(tx) == NOON


async def test_the_file_is_whole_with_two_accounts(sqlite: SqliteDatabase, chance: random.Random) -> None:
    await fill(sqlite, OURS, chance)
    await fill(sqlite, THEIRS, chance)
    assert contradictions(sqlite.path) == []
