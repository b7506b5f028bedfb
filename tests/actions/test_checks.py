import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from deskline.actions import checks, tickets
from deskline.actions.checks import Findings
from deskline.actions.repairs import Repairs
from deskline.domain.custom_fields import Setting
from deskline.domain.events import Source
from deskline.domain.tickets import Changes, NewMessage
from deskline.storage import checks as stored
from deskline.storage.database import SERVER, Database, Writer
from deskline.storage.postgres_clusters import places
from deskline.storage.queries import queries
from tests.desks import OWNER, PLACES, add_ticket, any_desk, change_rows

LC2 = Source("lc2")
AREA = (Setting("area", "Area", "Orders"),)
A_TAG = "INSERT INTO tag (account_id, name, author, created_at, group_id) VALUES"
OF_TICKET = "ticket_key = (SELECT ticket_key FROM ticket WHERE ticket_id = '$ID')"


async def live(tx: Writer) -> str:
    """Lead a ticket through a life that leaves rows of every kind; answers its id."""
    ticket_id: str = msgspec.json.decode(await add_ticket(tx))["id"]
    await tickets.reply(tx, ticket_id, NewMessage(text="On its way.", source=LC2), OWNER)
    await tickets.retag(tx, ticket_id, ("parcel", "late"), OWNER)
    await tickets.change(
        tx, ticket_id, Changes(status="solved", groups=await tickets.ticket_groups(tx, (0, 2), may_make=True), custom_fields=AREA), OWNER
    )
    await tickets.rate(tx, ticket_id, "good")
    return ticket_id


async def live_some(database: Database, count: int) -> list[str]:
    async with database.write(1) as tx:
        return [await live(tx) for _ in range(count)]


async def check(database: Database) -> Findings:
    async with database.analyse(1) as tx:
        return await checks.check_account(tx, database.show)


def checked(folder: Path, story: Callable[[Database], Awaitable[object]]) -> Findings:
    async def told() -> Findings:
        async with any_desk(folder) as database:
            await story(database)
            return await check(database)

    return asyncio.run(told())


def found_after(folder: Path, *statements: str) -> list[tuple[str, str, str]]:
    """Make four tickets, change rows behind the program's back ($ID is the first one's), and tell what a check finds.

    Answers (field, stored, expected) each; the first ticket, by its id or where that is not there by its key, is the one concerned.
    """
    ids: list[str] = []

    async def four(database: Database) -> None:
        ids.extend(await live_some(database, 4))

    assert checked(folder, four).differences == 0
    assert all(change_rows(folder, statement.replace("$ID", ids[0])) for statement in statements)
    findings = checked(folder, check)
    assert {difference.ticket for difference in findings.first} <= {ids[0], f"key {(1 << 40) + 1}", ""}
    assert findings.differences == len(findings.first)
    return [(difference.field, difference.stored, difference.expected) for difference in findings.first]


def test_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "TICKETS_AT_A_TIME", 3)
    seen: list[tuple[int, int]] = []

    async def told() -> tuple[Findings, list[str]]:
        async with any_desk(tmp_path) as database:
            await live_some(database, 7)
            async with database.analyse(1) as tx:
                findings = await checks.check_account(tx, database.show, lambda done, all_: seen.append((done, all_)))
            async with database.analyse(SERVER) as tx:
                return findings, await checks.check_server(tx)

    findings, damages = asyncio.run(told())
    assert (findings.tickets, findings.differences, findings.first, damages) == (7, 0, [], [])
    assert findings.events == 7 * 9
    assert seen == [(3, 7), (6, 7), (7, 7)]


def test_an_account_without_tickets_is_sound(tmp_path: Path) -> None:
    findings = checked(tmp_path, check)
    assert (findings.tickets, findings.differences) == (0, 0)


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        ("created_at", "5", "5"),
        ("modified_at", "5", "5"),
        ("last_activity_at", "5", "5"),
        ("status", "'spam'", "spam"),
        ("source", "'mail'", "mail"),
        ("source_id", "'x'", "x"),
        ("assignee", "NULL", "None"),
        ("requester", "'CLIENT@example.com'", "CLIENT@example.com"),
        ("events", "events + 1", "10"),
    ],
)
def test_a_column_that_says_something_else_is_found(tmp_path: Path, column: str, value: str, stored: str) -> None:
    ((field, found, expected),) = found_after(tmp_path, f"UPDATE ticket SET {column} = {value} WHERE ticket_id = '$ID'")
    assert (field, found) == (column, stored)
    assert expected != stored


def test_the_order_of_lists_is_compared_wherever_it_is_repeated(tmp_path: Path) -> None:
    fields = [
        field
        for field, _, _ in found_after(
            tmp_path,
            "UPDATE ticket SET last_message_at = 5 WHERE ticket_id = '$ID'",
            "UPDATE ticket_group SET last_message_at = 5 WHERE ticket_id = '$ID' AND group_id = 2",
            "UPDATE ticket_tag SET last_message_at = 5 WHERE ticket_id = '$ID' AND tag = 'late'",
            "UPDATE ticket_value SET last_message_at = 5 WHERE ticket_id = '$ID'",
        )
    ]
    assert fields == ["last_message_at", "groups", "tags", "values"]


def test_a_rendered_ticket_is_compared_to_the_byte(tmp_path: Path) -> None:
    text, blob = (
        ("convert_from(shown, 'UTF8')", "convert_to({}, 'UTF8')") if tmp_path in PLACES else ("CAST(shown AS TEXT)", "CAST({} AS BLOB)")
    )
    changed = blob.format(f"replace({text}, 'way.', 'way!')")
    change = f"UPDATE ticket SET shown = {changed} WHERE ticket_id = '$ID'"
    ((field, stored, expected),) = found_after(tmp_path, change)
    assert field == "shown"
    assert ("On its way!" in stored, "On its way." in expected) == (True, True)
    assert len(stored) < 70


def test_roll_ups_that_say_something_else_are_found_whatever_the_level(tmp_path: Path) -> None:
    moved = "UPDATE rollup SET slot = slot + 1 WHERE scope = 'g:2' AND agent = '' AND level = 1"
    counted = "UPDATE rollup SET solved = solved + 1 WHERE scope = 't:late' AND level = 2 AND solved > 0"
    surplus = f"INSERT INTO rollup VALUES (1, 't:left', '', 0, 5{', 0' * 26}, 7)"
    found = found_after(tmp_path, moved, counted, surplus, "DELETE FROM rollup WHERE agent = 'a:ann@example.com' AND scope = ''")
    assert [(place, stored) for place, stored, _ in found[:3]] == [
        (f"roll-up by {slot}, agent ann@example.com", "responded 0, messages 0, solved 0, first_solved 0, every_sol…")
        for slot in ("a quarter of an hour", "an hour", "a day")
    ]
    assert found[3:] == [
        ("roll-up by an hour, group 2", "the same sums in other slots", "each in its own"),
        ("roll-up by a day, tag late", "solved 5", "solved 4"),
        ("roll-up by a quarter of an hour, tag left", "good 7", "good 0"),
    ]


def test_a_roll_up_of_zeros_is_none(tmp_path: Path) -> None:
    assert found_after(tmp_path, f"INSERT INTO rollup VALUES (1, 't:x', '', 0, 5{', 0' * 27})") == []


@pytest.mark.parametrize(
    ("damages", "done"),
    [
        (("DELETE FROM rollup WHERE scope = '' AND level = 2", "UPDATE rollup SET mail = 3 WHERE scope = 'g:0'"), {"roll-ups": 2}),
        ((f"INSERT INTO rollup VALUES (1, 't:x', '', 0, 5, 1{', 0' * 26})",), {"roll-ups": 1}),
        ((f"UPDATE ticket SET status = 'open', assignee = NULL WHERE {OF_TICKET}",), {"tickets": 1}),
        ((f"DELETE FROM fact WHERE {OF_TICKET}", f"DELETE FROM ticket_tag WHERE {OF_TICKET}"), {"facts": 4, "tags": 2}),
        ((f"UPDATE fact SET seconds = 77 WHERE {OF_TICKET} AND kind = 6",), {"facts": 1}),
        ((f"UPDATE fact SET at = at + 7 WHERE {OF_TICKET} AND kind = 6",), {"facts": 2}),
        ((f"UPDATE ticket_group SET last_message_at = 7, ticket_id = 'X' WHERE {OF_TICKET} AND group_id = 2",), {"groups": 1}),
        ((f"UPDATE ticket_group SET group_id = 9 WHERE {OF_TICKET} AND group_id = 2",), {"groups": 2}),
        (
            ("INSERT INTO ticket_tag SELECT account_id, 'parcels', ticket_key, ticket_id, 5 FROM ticket WHERE ticket_id = '$ID'",),
            {"tags": 1},
        ),
        (("UPDATE ticket_value SET value = 'area=Returns' WHERE ticket_id = '$ID'",), {"values": 2}),
        (("DELETE FROM search WHERE $ROW = (SELECT ticket_key FROM ticket WHERE ticket_id = '$ID')",), {"search": 1}),
        (("$OTHER_WORDS",), {"search": 1}),
    ],
)
def test_what_differs_is_put_right(tmp_path: Path, damages: tuple[str, ...], done: dict[str, int]) -> None:
    row = "ticket_key" if tmp_path in PLACES else "rowid"
    statements = [damage.replace("$ROW", row).replace("$OTHER_WORDS", other_words(tmp_path)) for damage in damages]
    known = f"{A_TAG} (1, 'parcels', 'ann@example.com', 1, 0)"
    assert found_after(tmp_path, known, *statements) != []

    async def repair(database: Database) -> None:
        async with database.write(1) as tx:
            repairs = Repairs(tx)
            await checks.check_account(tx, database.show, repairs=repairs)
        assert dict(repairs.done) == done

    assert checked(tmp_path, repair).first == []


@pytest.mark.parametrize(
    ("table", "row", "field", "told"),
    [
        ("ticket_group", "group_id = 2", "groups", "2, last message"),
        ("ticket_tag", "tag = 'late'", "tags", "'late', last message"),
        ("ticket_value", "value = 'area=Orders'", "values", "'area=Orders', last message"),
        ("fact", "kind = 3", "facts", "lc2 created at event 0, 20"),
        ("fact", "kind = 6", "facts", "only solved at event"),
        ("fact", "kind = 8", "facts", "good rated at event"),
    ],
)
def test_a_row_that_is_missing_is_found(tmp_path: Path, table: str, row: str, field: str, told: str) -> None:
    ((found, stored, expected),) = found_after(tmp_path, f"DELETE FROM {table} WHERE {OF_TICKET} AND {row}")
    assert (found, stored) == (field, "no row")
    assert expected.startswith(told)


MOVED_FACT = f"""INSERT INTO fact SELECT account_id, kind, at + 1, ticket_key, seq, agent, seconds, open_seconds, worked_seconds, until
                   FROM fact WHERE {OF_TICKET} AND kind = 6"""
CREATED_AGAIN = f"""UPDATE ticket_event SET event = (SELECT event FROM ticket_event WHERE {OF_TICKET} AND seq = 0)
                     WHERE {OF_TICKET} AND seq = 3"""


@pytest.mark.parametrize("rows_at_a_time", [2, 5_000])
@pytest.mark.parametrize(
    ("insert", "field"),
    [
        ("INSERT INTO ticket_group SELECT account_id, 9, ticket_key, ticket_id, 5 FROM ticket WHERE ticket_id = '$ID'", "groups"),
        ("INSERT INTO ticket_tag SELECT account_id, 'late ', ticket_key, ticket_id, 5 FROM ticket WHERE ticket_id = '$ID'", "tags"),
        ("INSERT INTO ticket_value SELECT account_id, 'a=b', ticket_key, ticket_id, 5 FROM ticket WHERE ticket_id = '$ID'", "values"),
        (MOVED_FACT, "facts"),
    ],
)
def test_a_row_too_many_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, insert: str, field: str, rows_at_a_time: int) -> None:
    monkeypatch.setattr(checks, "ROWS_AT_A_TIME", rows_at_a_time)
    known = f"{A_TAG} (1, 'late ', 'ann@example.com', 1, 0)"
    ((found, _, expected),) = found_after(tmp_path, known, insert)
    assert (found, expected) == (field, "no row")


@pytest.mark.parametrize(
    "column", ["agent = 'bob'", "agent = NULL", "seconds = seconds + 1", "kind = CASE kind WHEN 8 THEN 7 ELSE kind END"]
)
def test_a_fact_that_says_something_else_is_found(tmp_path: Path, column: str) -> None:
    changed = found_after(tmp_path, f"UPDATE fact SET {column} WHERE {OF_TICKET} AND kind IN (6, 8)")
    assert {field for field, _, _ in changed} == {"facts"}


def test_a_fact_at_another_instant_is_found(tmp_path: Path) -> None:
    changed = found_after(tmp_path, f"UPDATE fact SET at = at + 1 WHERE {OF_TICKET} AND kind = 6")
    assert [(field, stored) for field, stored, _ in changed] == [("facts", "no row")]


@pytest.mark.parametrize(
    "damage",
    [
        f"DELETE FROM ticket_event WHERE {OF_TICKET} AND seq = 2",
        f"DELETE FROM ticket_event WHERE {OF_TICKET} AND seq = 0",
        f"DELETE FROM ticket_event WHERE {OF_TICKET}",
        f'UPDATE ticket_event SET event = CAST(\'{{"kind":"exploded","at":5}}\' AS $BYTES) WHERE {OF_TICKET} AND seq = 3',
        f"UPDATE ticket_event SET event = CAST('?' AS $BYTES) WHERE {OF_TICKET} AND seq = 3",
        CREATED_AGAIN,
    ],
)
def test_a_timeline_that_cannot_be_told_is_found_once(tmp_path: Path, damage: str) -> None:
    ((field, _, expected),) = found_after(tmp_path, damage.replace("$BYTES", "bytea" if tmp_path in PLACES else "BLOB"))
    assert field == "timeline"
    assert expected


def test_columns_of_an_event_are_compared(tmp_path: Path) -> None:
    changed = found_after(tmp_path, f"UPDATE ticket_event SET silent = 1, at = at + 1 WHERE {OF_TICKET} AND seq = 1")
    assert [field for field, _, _ in changed] == ["event 1"]


def test_a_ticket_that_no_search_finds_is_found(tmp_path: Path) -> None:
    key = "ticket_key" if tmp_path in PLACES else "rowid"
    delete = f"DELETE FROM search WHERE {key} = (SELECT ticket_key FROM ticket WHERE ticket_id = '$ID')"
    assert found_after(tmp_path, delete) == [("search", "no words", "its words")]


def test_words_that_are_not_those_of_the_ticket_are_found(tmp_path: Path) -> None:
    assert found_after(tmp_path, other_words(tmp_path)) == [("search", "other words", "its words")]


def other_words(folder: Path) -> str:
    """Write other words for a ticket, as a Deskline would that split texts in another way."""
    if folder in PLACES:
        return "UPDATE search SET words = words || ' zebra' WHERE ticket_key = (SELECT ticket_key FROM ticket WHERE ticket_id = '$ID')"
    return "INSERT OR REPLACE INTO search (rowid, words, notes) SELECT ticket_key, 'zebra', '' FROM ticket WHERE ticket_id = '$ID'"


def test_a_tag_that_the_account_does_not_know_is_found(tmp_path: Path) -> None:
    async def with_tag(database: Database) -> None:
        await live_some(database, 1)

    checked(tmp_path, with_tag)
    change_rows(tmp_path, "DELETE FROM tag WHERE name = 'late'")
    assert [(d.field, d.stored) for d in checked(tmp_path, check).first] == [("tags", "late")]


def test_rows_that_belong_to_nothing_are_found(tmp_path: Path) -> None:
    fields = {field for field, _, _ in found_after(tmp_path, "DELETE FROM ticket WHERE ticket_id = '$ID'")}
    assert fields >= {"event", "group", "tag", "value", "fact"}
    assert any(field.startswith("words of key") for field in fields)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO group_member VALUES (1, 9, 'ann@example.com')",
        "UPDATE api_key SET login_key = 'nobody@example.com'",
        """INSERT INTO personal_token (account_id, token_hash, token_id, login_key, scopes, created_at)
           SELECT account_id, key_hash, key_id, 'nobody@example.com', '', 0 FROM api_key""",
        """INSERT INTO oauth_token (account_id, token_hash, kind, grant_id, client_id, login_key, scopes, created_at, expires_at)
           SELECT account_id, key_hash, 'access', 'a', 'no app', login_key, '', 0, 0 FROM api_key""",
    ],
)
def test_members_and_keys_of_nobody_are_found(tmp_path: Path, statement: str) -> None:
    ((field, _, expected),) = found_after(tmp_path, statement)
    assert field.startswith(("member", "key", "token"))
    assert "not there" in expected


def test_a_ticket_under_a_key_of_another_account_is_found(tmp_path: Path) -> None:
    fields = [f for f, _, _ in found_after(tmp_path, "UPDATE ticket SET ticket_key = CAST(3 AS bigint) << 40 WHERE ticket_id = '$ID'")]
    assert "ticket_key" in fields


def test_only_the_first_differences_are_kept_and_all_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MOST_KEPT", 2)

    async def three(database: Database) -> None:
        await live_some(database, 3)

    checked(tmp_path, three)
    change_rows(tmp_path, "UPDATE ticket SET status = 'open'")
    findings = checked(tmp_path, check)
    assert (findings.differences, len(findings.first)) == (3, 2)


@pytest.mark.parametrize("tmp_path", ["sqlite"], indirect=True)  # a server looks after its indexes itself
def test_an_account_that_is_not_there_and_a_damaged_index_are_found(tmp_path: Path) -> None:
    async def told() -> list[str]:
        async with any_desk(tmp_path) as database:
            await live_some(database, 1)
            async with database.analyse(SERVER) as tx:
                return await checks.check_server(tx)

    assert asyncio.run(told()) == []
    change_rows(tmp_path, f"{A_TAG} (7, 'lost', 'ann@example.com', 1, 0)")
    change_rows(tmp_path, "UPDATE sqlite_schema SET sql = replace(sql, 'created_at,', 'events,') WHERE name = 'ticket_by_creation'")
    damages = asyncio.run(told())
    assert any("ticket_by_creation" in damage for damage in damages)
    assert damages[-1] == "rows belong to account 7, which is not there"


def test_rows_of_accounts_that_are_not_there_are_found(tmp_path: Path) -> None:
    async def told() -> list[str]:
        async with any_desk(tmp_path) as database:
            await live_some(database, 1)
            async with database.analyse(SERVER) as tx:
                return await checks.check_server(tx)

    assert asyncio.run(told()) == []
    change_rows(tmp_path, f"{A_TAG} (7, 'lost', 'ann@example.com', 1, 0), (7, 'too', 'ann@example.com', 1, 0)")
    change_rows(tmp_path, "INSERT INTO job (account_id, job_id, kind, created_at) VALUES (8, 'check', 'check', 1)")
    change_rows(tmp_path, "INSERT INTO group_member VALUES (9, 1, 'nobody@example.com')")
    change_rows(tmp_path, "INSERT INTO fact (account_id, kind, at, ticket_key, seq) VALUES (10, 1, 1, 1, 1)")
    assert sorted(asyncio.run(told())) == sorted(f"rows belong to account {number}, which is not there" for number in (7, 8, 9, 10))


def test_rows_of_every_table_are_looked_at_for_lost_accounts() -> None:
    statement = queries("checks")["list_lost_accounts"].postgres
    assert set(re.findall(r"FROM (\w+) t\b", statement)) == {
        *(table for table, place in places().items() if place == "by account" and table not in {"account", "search"})
    }


def test_a_check_beside_writers_sees_one_moment(tmp_path: Path) -> None:
    async def told() -> tuple[Findings, Findings]:
        async with any_desk(tmp_path) as database:
            ids = await live_some(database, 10)
            async with database.analyse(1) as moment:
                await stored.count_tickets(moment)
                for number, ticket_id in enumerate(ids):
                    async with database.write(1) as tx:
                        message = NewMessage(text=f"Message {number}", source=LC2, by_client=True)
                        await tickets.reply(tx, ticket_id, message, OWNER)
                        await live(tx)
                return await checks.check_account(moment, database.show), await check(database)

    then, now = asyncio.run(told())
    assert (then.tickets, then.first) == (10, [])
    assert (now.tickets, now.first, now.events > 2 * then.events) == (20, [], True)
