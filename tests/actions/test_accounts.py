import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deskline.actions import accounts
from deskline.domain.people import Agent, Group
from deskline.errors import ConflictError, DesklineError, InvalidError, NotFoundError
from deskline.storage import people
from deskline.storage.database import SERVER, Database, Writer
from tests.desks import KEY, OWNER, any_desk

Story = Callable[[Database], Awaitable[None]]


def tell(folder: Path, story: Story, *, account: bool = True) -> None:
    async def told() -> None:
        async with any_desk(folder, account=account) as database:
            await story(database)

    asyncio.run(told())


def refused(folder: Path, attempt: Callable[[Writer], Awaitable[object]], error: type[DesklineError], words: str) -> None:
    """See that an attempt in a write to account 1 is refused in such words, and that nothing was changed."""

    async def story(database: Database) -> None:
        async with database.read(1) as reader:
            before = (await people.list_agents(reader), len(await people.list_keys(reader)))
        with pytest.raises(error, match=words):
            async with database.write(1) as tx:
                await attempt(tx)
        async with database.read(1) as reader:
            assert (await people.list_agents(reader), len(await people.list_keys(reader))) == before

    tell(folder, story)


def test_it_works(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.read(SERVER) as server:
            assert await accounts.next_account_id(server) == 1
        async with database.write(1) as tx:
            key = await accounts.init_account(tx, " Example ", "Asia/Kolkata", Agent(login="Ann@Example.com", name="Ann"))
        async with database.read(1) as tx:
            account = await people.find_account(tx)
            assert account is not None
            assert (account.id, account.name, account.zone) == (1, "Example", "Asia/Kolkata")
            assert [(a.login, a.permission, a.signs_in) for a in await people.list_agents(tx)] == [("Ann@Example.com", "owner", True)]
            assert await people.list_groups(tx) == [Group(0, "All operators")]
            assert [stored.id for stored in await people.list_keys(tx)] == [key.id]
        assert len(bytes.fromhex(key.secret)) == 16
        assert len(bytes.fromhex(key.id)) == 4
        assert not key.is_short
        async with database.read(SERVER) as server:
            found = await people.find_key(server, hashlib.sha256(key.secret.encode()).digest())
            assert found == (1, key.id, "ann@example.com")
            assert await accounts.next_account_id(server) == 2

    tell(tmp_path, story, account=False)


def files_with(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.iterdir() if text.encode() in path.read_bytes()]


@pytest.mark.parametrize("tmp_path", ["sqlite"], indirect=True)
def test_the_secret_is_nowhere_in_the_folder(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.write(1) as tx:
            key = await accounts.add_key(tx, OWNER.id)
        assert files_with(tmp_path, key.secret) == []
        assert files_with(tmp_path, KEY) == []
        assert "deskline.db-wal" in files_with(tmp_path, OWNER.id)

    tell(tmp_path, story)


def test_a_second_account_stands_beside_the_first(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.write(2) as tx:
            await accounts.init_account(tx, "Other", "UTC", Agent(login=OWNER.id, name="Ann"))
        async with database.read(SERVER) as server:
            assert [account.name for account in await people.list_accounts(server)] == ["Example", "Other"]

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("account_id", "name", "secret", "words"),
    [
        (1, "Other", None, "made by somebody else"),
        (2, "EXAMPLE", None, "called 'EXAMPLE' here already"),
        (2, "Other", KEY, "This key is in use"),
    ],
)
def test_an_account_that_collides_is_refused_whole(tmp_path: Path, account_id: int, name: str, secret: str | None, words: str) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(ConflictError, match=words):
            async with database.write(account_id) as tx:
                await accounts.init_account(tx, name, "UTC", Agent(login="bob@example.com", name="Bob"), secret=secret)
        async with database.read(SERVER) as server:
            assert [account.name for account in await people.list_accounts(server)] == ["Example"]

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Europe/Warszaw", "did you mean Europe/Warsaw"), ("GMT+99", "no time zone"), ("", "no time zone"), ("../etc/passwd", "no time zone")],
)
def test_a_time_zone_that_is_none_is_refused(zone: str, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        accounts.checked_zone(zone)


@pytest.mark.parametrize("login", ["", "bob", "@", "a b@x", "a:b@x", "a@b@c", "bob@x\n", "é" * 300 + "@x"])
def test_a_login_that_is_no_mail_address_is_refused(tmp_path: Path, login: str) -> None:
    refused(tmp_path, lambda tx: accounts.add_agent(tx, Agent(login=login, name="Bob")), InvalidError, "login: ")


@pytest.mark.parametrize("name", ["", "  ", "Bob\nBob", "B" * 201])
def test_a_name_that_cannot_be_printed_is_refused(tmp_path: Path, name: str) -> None:
    refused(tmp_path, lambda tx: accounts.add_agent(tx, Agent(login="bob@x", name=name)), InvalidError, "name: ")


def test_an_agent_is_added_once_whatever_the_case(tmp_path: Path) -> None:
    refused(tmp_path, lambda tx: accounts.add_agent(tx, Agent(login="ANN@example.com", name="A")), ConflictError, "in this account already")


def test_an_agent_of_an_unknown_group_is_refused(tmp_path: Path) -> None:
    refused(
        tmp_path, lambda tx: accounts.add_agent(tx, Agent(login="b@x", name="B", groups=(0, 7))), InvalidError, "no group 7.*accepted: 0"
    )


def test_an_imported_agent_signs_in_only_once_it_was_added(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.write(1) as tx:
            await people.add_group(tx, Group(3, "Sales"))
            await people.add_agent(tx, Agent(login="old@example.com", name="Old", signs_in=False))
        with pytest.raises(ConflictError, match="imported history"):
            async with database.write(1) as tx:
                await accounts.add_key(tx, "old@example.com")
        async with database.write(1) as tx:
            await accounts.add_agent(tx, Agent(login="OLD@example.com", name="Olga", groups=(3, 0), job_title="Seller"))
            await accounts.add_key(tx, "old@example.com")
        async with database.read(1) as reader:
            agent = await people.find_agent(reader, "old@example.com")
            assert agent is not None
            assert (agent.login, agent.name, agent.signs_in, agent.groups) == ("old@example.com", "Olga", True, (3,))

    tell(tmp_path, story)


@pytest.mark.parametrize("secret", ["", "short", "has blank", "päßword", "x" * 257, "tab\there!", "new-line\n"])
def test_a_secret_that_no_key_can_be_is_refused_without_being_repeated(tmp_path: Path, secret: str) -> None:
    refused(tmp_path, lambda tx: accounts.add_key(tx, OWNER.id, secret=secret), InvalidError, "^key: accepted are 8 to 256 ASCII")


def test_a_registered_key_is_kept_as_it_is_and_a_short_one_says_so(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.write(1) as tx:
            key = await accounts.add_key(tx, OWNER.id.upper(), label="old shop", secret="dal:secret!")
            assert (key.secret, key.login, key.is_short) == ("dal:secret!", OWNER.id, True)

    tell(tmp_path, story)


def test_a_key_is_registered_once_on_a_server(tmp_path: Path) -> None:
    refused(tmp_path, lambda tx: accounts.add_key(tx, OWNER.id, secret=KEY), ConflictError, "in use on this server")


def test_a_key_for_nobody_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, lambda tx: accounts.add_key(tx, "nobody@example.com"), NotFoundError, "no agent 'nobody@example.com'")


def test_a_revoked_key_opens_nothing_and_never_will(tmp_path: Path) -> None:
    async def story(database: Database) -> None:
        async with database.read(1) as reader:
            (stored,) = await people.list_keys(reader)
        async with database.write(1) as tx:
            await accounts.revoke_key(tx, stored.id)
        async with database.read(SERVER) as server:
            assert await people.find_key(server, hashlib.sha256(KEY.encode()).digest()) is None
        for key_id in (stored.id, "0" * 8):
            with pytest.raises(NotFoundError, match="no working key"):
                async with database.write(1) as tx:
                    await accounts.revoke_key(tx, key_id)
        with pytest.raises(ConflictError, match="until it was revoked"):
            async with database.write(1) as tx:
                await accounts.add_key(tx, OWNER.id, secret=KEY)

    tell(tmp_path, story)
