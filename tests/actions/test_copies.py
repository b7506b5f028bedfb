"""What a copy says where it is not the same as its source, or cannot be; the source is tried on each engine."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deskline.actions import apps, canned_responses, custom_fields, groups, oauth, personal_tokens, tickets, webhooks, working_hours
from deskline.actions.copies import Copied, copy_database
from deskline.actions.custom_fields import NewField
from deskline.domain.custom_fields import Setting
from deskline.domain.follow_ups import FollowUps
from deskline.domain.hours_texts import parse
from deskline.domain.people import Principal
from deskline.domain.ticket_forms import TicketForm
from deskline.domain.tickets import Changes
from deskline.domain.webhooks import Delivery
from deskline.errors import DataError
from deskline.storage import attachments, copies, follow_ups, kept_answers, people, schema, sqlite_copies, ticket_forms
from deskline.storage import webhooks as stored_webhooks
from deskline.storage.blobs import Blob
from deskline.storage.database import Database, Writer
from deskline.storage.kept_answers import KeptAnswer
from deskline.storage.queries import script
from deskline.storage.upgrades import COPYING, NEWEST
from deskline.web.v2.wire import show_ticket
from tests.desks import OWNER, PLACES, add_ticket, any_desk, change_rows, rows_in

TICKETS = 20


async def fill_every_table(tx: Writer) -> None:
    """Have something of everything that is not there with tickets alone."""
    principal = Principal(1, OWNER.id, OWNER.name, "owner", "UTC", "key")
    group = await groups.create(tx, "Sales", "en", (OWNER.id,))
    await canned_responses.create(tx, "Hello", ("hi",), group, principal)
    await custom_fields.create(tx, NewField(key="area", name="Area", type="choice", choices=("Orders",)), OWNER.id)
    ticket_id = json.loads(await add_ticket(tx, "About an order"))["id"]
    await tickets.change(tx, ticket_id, Changes(custom_fields=(Setting("area", "Area", "Orders"),)), OWNER)
    hours, _ = parse("Europe/Warsaw", {"monday": ["09:00-17:00"]}, ())
    await working_hours.set_hours(tx, group, hours)
    await tickets.trash(tx, json.loads(await add_ticket(tx, "Not any more"))["id"], OWNER)
    await personal_tokens.create(tx, OWNER.id, ["tickets_read"])
    app = (await apps.create(tx, "An app", ["https://app.example/back"], ["tickets_read"])).app
    await oauth.give_code(tx, oauth.Consent(app, app.scopes), principal)
    await oauth.give_token(tx, oauth.Consent(app, app.scopes), principal)
    webhook = await webhooks.create(tx, "https://hooks.example/", "ticket_created")
    delivery = Delivery(event_key=(1 << 40) + 1, event_type="ticket_created", ticket_key=(1 << 40) + 1, seq=0, first_at=tx.now)
    await stored_webhooks.save_deliveries(tx, webhook.id, [delivery])
    await follow_ups.save(tx, FollowUps())
    await ticket_forms.save(tx, TicketForm(origins=("https://www.example.com",)))
    await attachments.reserve(tx, "0" * 32, "a.txt", "text/plain", OWNER.id, tx.now + 1)
    await attachments.finish(tx, "0" * 32, Blob(1, "0" * 64), None)
    await kept_answers.save(tx, "POST /tickets", "a key", KeptAnswer(b"what was asked", b"{}"))


@asynccontextmanager
async def a_source(folder: Path, tickets: int = TICKETS) -> AsyncIterator[Database]:
    """A desk with tickets."""
    async with any_desk(folder) as source:
        async with source.write(1) as tx:
            await people.add_tags(tx, ("late", "day 0", "day 1", "day 2"), OWNER.id)
            for number in range(tickets):
                await add_ticket(tx, f"Parcel {number}", tags=("late", f"day {number % 3}"))
        yield source


async def copied(folder: Path, progress: Callable[[str, int, int], None] = lambda what, done, in_all: None) -> Copied:
    """Copy a desk into a new file beside it."""
    async with (
        a_source(folder) as source,
        sqlite_copies.opened(folder / "copy.db", "here", show=show_ticket, budget_seconds=60) as target,
    ):
        return await copy_database(source, target, progress)


def test_a_copy_has_every_table(tmp_path: Path) -> None:
    async def prepared() -> Copied:
        async with a_source(tmp_path, 1) as source, source.write(1) as tx:
            await fill_every_table(tx)
        return await copied(tmp_path)

    result = asyncio.run(prepared())
    assert (result.differences, result.findings) == ([], [])
    counts = {table.name: rows_in(tmp_path, f"SELECT count(*) FROM {table.name}")[0][0] for table in copies.tables()}
    assert [name for name, count in counts.items() if not count] == [], "a table that no copy was tried with"
    assert result.rows == sum(counts.values())


def test_a_copy_is_finished_where_nothing_differs(tmp_path: Path) -> None:
    told = list[tuple[str, int, int]]()
    result = asyncio.run(copied(tmp_path, lambda *each: told.append(each)))
    assert (result.differences, result.findings) == ([], [])
    assert [(account.id, account.name, account.tickets) for account in result.accounts] == [(1, "Example", TICKETS)]
    assert result.rows == sum(rows_in(tmp_path, f"SELECT count(*) FROM {table.name}")[0][0] for table in copies.tables())
    assert [each for each in told if each[0] == "Copying"][-1] == ("Copying", result.rows, result.rows)
    assert [each for each in told if each[0] == "Comparing"][-1] == ("Comparing", result.rows, result.rows)
    assert schema.find_version(tmp_path / "copy.db") == NEWEST


NEW_EVENT = (
    "INSERT INTO ticket_event (account_id, event_key, ticket_key, seq, at, silent, event)"
    " VALUES (1, 1099511637776, 1099511627777, 9, 9, 0, '')"
)
CHANGES = {
    "UPDATE agent SET name = 'Anne'": ["account 1, table agent: the row ann@example.com is not the same"],
    "DELETE FROM tag WHERE name = 'day 2'": ["account 1, table tag: the row day 2 is in the copy only"],
    "DELETE FROM ticket_group": ["account 1, table ticket_group: the row 0, 1099511627777 is in the copy only"],
    "INSERT INTO account_group (account_id, group_id, name) VALUES (1, 7, 'New')": [
        "account 1, table account_group: the row 7 is in the source only"
    ],
    "UPDATE account SET name = 'Renamed'": [
        "account 1, table account: the row 1 is not the same",
        "The source was written to meanwhile; stop whatever works on it.",
    ],
    NEW_EVENT: [
        "account 1, table ticket_event: the row 1099511637776 is in the source only",
        "The source was written to meanwhile; stop whatever works on it.",
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_source_that_is_written_to_is_told_of_and_the_copy_not_finished(tmp_path: Path, change: str) -> None:
    changed = list[int]()

    def meddle(what: str, done: int, in_all: int) -> None:
        if what == "Copying" and done == in_all and not changed:
            statement = change.replace("''", "x''") if "ticket_event" in change and tmp_path not in PLACES else change
            changed.append(change_rows(tmp_path, statement))

    result = asyncio.run(copied(tmp_path, meddle))
    assert changed
    assert result.differences == CHANGES[change]
    assert schema.find_version(tmp_path / "copy.db") == COPYING


def test_a_source_that_is_damaged_is_copied_as_it_is_and_told_of(tmp_path: Path) -> None:
    async def prepared() -> Copied:
        async with a_source(tmp_path, 1):
            pass
        change_rows(tmp_path, "UPDATE ticket SET status = 'solved'")
        change_rows(tmp_path, "INSERT INTO tag (account_id, name, author, created_at) VALUES (9, 'nobody', 'a', 1)")
        return await copied(tmp_path)

    result = asyncio.run(prepared())
    assert result.differences == []
    assert result.findings[0] == "the source: rows belong to account 9, which is not there"
    assert any("status: stored is solved; expected is open" in finding for finding in result.findings), result.findings
    assert schema.find_version(tmp_path / "copy.db") == NEWEST


def test_rows_that_no_walk_of_the_keys_comes_by_are_counted(tmp_path: Path) -> None:
    async def prepared() -> Copied:
        async with a_source(tmp_path, 1):
            pass
        change_rows(tmp_path, "UPDATE ticket_event SET event_key = 7 WHERE seq = 0")  # under an account's number, out of its range
        return await copied(tmp_path)

    result = asyncio.run(prepared())
    if tmp_path in PLACES:  # found by its account there, and written; but the file has no place for it to be found
        assert result.differences == ["account 1, table ticket_event: the row 7 is in the source only"]
    else:
        assert [line.partition(":")[0] for line in result.differences] == ["account 1"]
    assert schema.find_version(tmp_path / "copy.db") == COPYING


def test_a_timeline_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    async def prepared() -> Copied:
        async with a_source(tmp_path, 1):
            pass
        literal = "x'7b'" if tmp_path not in PLACES else "'\\x7b'"
        change_rows(tmp_path, f"UPDATE ticket_event SET event = {literal} WHERE seq = 0")
        return await copied(tmp_path)

    with pytest.raises(DataError, match=r"The timeline of ticket .* cannot be read .*try deskline check on the source"):
        asyncio.run(prepared())


def test_rows_come_in_the_same_pages_from_any_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "FIRST_PAGE", 3)
    monkeypatch.setattr(copies, "PAGE_BYTES", 500)

    async def paged() -> None:
        async with a_source(tmp_path) as source:
            for table in copies.tables():
                found = [page async for page in copies.pages(source, 1, table)]
                flat = [row for page in found for row in page]
                assert len(flat) == rows_in(tmp_path, f"SELECT count(*) FROM {table.name}")[0][0]
                assert [table.key_of(row) for row in flat] == sorted({table.key_of(row) for row in flat}), table.name
                assert all(len(page) <= 12 for page in found)
                if table.name in {"ticket", "ticket_event", "ticket_tag", "fact"}:
                    assert len(found) > 3

    asyncio.run(paged())


def test_every_table_of_a_server_is_copied() -> None:
    found = script("schema.postgres.sql")
    for table in copies.tables():
        columns = found.partition(f"CREATE TABLE {table.name} (")[2].partition("\n);")[0]
        assert [column for column in table.columns if f"\n    {column} " not in columns] == [], table.name
        assert "account_id" in table.columns
    names = {line.split()[2] for line in found.splitlines() if line.startswith("CREATE TABLE ")}
    assert names - {table.name for table in copies.tables()} == {"deskline", "search"}
