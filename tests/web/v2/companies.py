"""A company: an account of its own on a running server, with agents, groups and a past. Every test has one to itself.

What a company asks goes through HTTP. Its past is written beside the server, through the actions that the server uses, since only
there an instant can be chosen.
"""

import asyncio
import base64
import itertools
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx
import uvloop

from deskline.actions import accounts, checks, tickets
from deskline.actions.checks import Difference
from deskline.domain import tickets as decide
from deskline.domain.events import AnyEvent, Person, Rate, Requester, Source
from deskline.domain.people import Agent, Group
from deskline.domain.tickets import Changes, NewMessage, NewTicket
from deskline.domain.timelines import fold
from deskline.storage import attachments, people, schema
from deskline.storage import tickets as stored
from deskline.storage.blobs import Blob
from deskline.storage.database import SERVER, Database, Writer
from deskline.storage.postgres import open_postgres
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.serving import Answer, Server, exchange
from tests.web import described

ANN: Final = Person("ann@example.com", "Ann Owner")
BEN: Final = Person("ben@example.com", "Ben Agent")
MARY: Final = Requester("mary@client.example", "Mary")
SALES, SUPPORT = 1, 2
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: str) -> int:
    """Read `2024-03-09T08:00:00Z` as milliseconds UTC."""
    return round((datetime.fromisoformat(text) - EPOCH).total_seconds() * 1_000)


class Registry:
    """The database of a running server, opened once more beside it, where companies are founded and their pasts written."""

    def __init__(self, data: Path, dsn: str | None = None) -> None:
        """Make the database in the data folder, where it is not one on a PostgreSQL server; the server opens it after that."""
        if dsn is None:
            schema.create(data / "deskline.db")
        self.now = 0
        self.account_ids = itertools.count(1)
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._database = self._runner.run(self._open(data / "deskline.db", dsn))

    async def _open(self, path: Path, dsn: str | None) -> Database:
        if dsn is not None:
            return await open_postgres(dsn, show=show_ticket, clock=lambda: self.now)
        return SqliteDatabase(path, show=show_ticket, clock=lambda: self.now)

    def write(self, account_id: int, at: int, work: Callable[[Writer], Awaitable[Any]]) -> Any:
        """Do some work in one transaction that believes it is `at`."""

        async def run() -> Any:
            self.now = at
            async with self._database.write(account_id) as tx:
                return await work(tx)

        return self._runner.run(run())

    def contradictions(self) -> list[Difference]:
        """List whatever is stored of any company and does not follow from the timelines of its tickets."""

        async def check() -> list[Difference]:
            found: list[Difference] = []
            async with self._database.analyse(SERVER) as tx:
                companies = await people.list_accounts(tx)
            for company in companies:
                async with self._database.analyse(company.id) as tx:
                    found += (await checks.check_account(tx, show_ticket)).first
            return found

        return self._runner.run(check())

    def close(self) -> None:
        """Let the files go."""
        self._runner.run(self._database.close())
        self._runner.close()


class Company:
    """An account in a time zone.

    Its owner is Ann unless told otherwise. Where it is staffed, there are the groups Sales and Support, and Ben, who is a member of
    Sales and signs in with a key of his own.
    """

    def __init__(
        self,
        registry: Registry,
        client: httpx.Client,
        server: Server,
        *,
        zone: str = "UTC",
        owner: Person = ANN,
        key: str = "",
        staffed: bool = True,
        as_documented: bool = False,
    ) -> None:
        """Found it on a running server, in 2010. `as_documented` says how the server shows tickets."""
        self.id = next(registry.account_ids)
        self.url = server.url
        self.owner = owner
        self.key = key or f"{self.id:032x}"
        self.bens_key = f"b{self.id:031x}"
        self.server = server
        self._registry = registry
        self._client = client
        self._as_documented = as_documented

        async def found(tx: Writer) -> None:
            agent = Agent(login=owner.id, name=owner.name)
            await accounts.init_account(tx, f"Company {self.id}", zone, agent, secret=self.key)
            if staffed:
                await people.add_group(tx, Group(SALES, "Sales"))
                await people.add_group(tx, Group(SUPPORT, "Support"))
                await accounts.add_agent(tx, Agent(login=BEN.id, name=BEN.name, groups=(SALES,)))
                await accounts.add_key(tx, BEN.id, secret=self.bens_key)

        self.past("2010-01-01T00:00:00Z", found)

    # Through HTTP, as the owner unless told otherwise.

    def request(self, method: str, path: str, *, ben: bool = False, **options: Any) -> httpx.Response:
        """Ask the server, signed in. Whatever it answers must be what the description of the API says."""
        auth = (BEN.id, self.bens_key) if ben else (self.owner.id, self.key)
        answer = self._client.request(method, self.url + path, auth=options.pop("auth", auth), **options)
        described.hold(method, answer.request.url.raw_path, answer, as_documented=self._as_documented)
        return answer

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET a path."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST to a path."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        """PUT to a path."""
        return self.request("PUT", path, **options)

    def json(self, path: str, **parameters: Any) -> Any:
        """GET a path that must answer 200, and read the answer."""
        answer = self.get(path, params=parameters or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, **parameters: Any) -> list[str]:
        """List the ids of the tickets that a filter finds, in order."""
        return [ticket["id"] for ticket in self.json("/tickets", **parameters)["tickets"]]

    def connect(self) -> socket.socket:
        """Open a connection to the server."""
        return self.server.connect()

    def send(self, head: str, body: bytes = b"") -> Answer:
        """Send a request as it was recorded from a client. In its head `{key}` is the owner's key, `{basic}` what signs the owner in."""
        credentials = base64.b64encode(f"{self.owner.id}:{self.key}".encode()).decode()
        lines = head.strip().format(key=self.key, basic=f"Basic {credentials}").splitlines()
        raw = "\r\n".join((*lines, "", "")).encode("latin-1") + body
        with self.connect() as connection:
            answer = exchange(connection, raw, lines[0].partition(" ")[0])
        assert answer is not None, "the server broke the connection off"
        return answer

    def refused(self, path: str, *, method: str = "GET", **options: Any) -> list[str]:
        """Ask for what must be answered 400, and read the problems. Every answer of this kind has one shape."""
        answer = self.request(method, path, **options)
        assert answer.status_code == 400, answer.text
        body = answer.json()
        assert body == {"errors": body["errors"], "message": body["errors"][0]}
        problems: list[str] = body["errors"]
        return problems

    # Beside the server, at a chosen instant.

    def past(self, at: str, work: Callable[[Writer], Awaitable[Any]]) -> Any:
        """Let something have happened at an instant."""
        return self._registry.write(self.id, instant(at), work)

    def sent(self, at: str, file_id: str, content: bytes, *, name: str = "a.txt") -> None:
        """Let the owner have sent a file, which a message named."""
        blob = Blob(len(content), sha256(content).hexdigest())

        async def keep(tx: Writer) -> None:
            await attachments.reserve(tx, file_id, name, "text/plain", self.owner.id, tx.now + 1)
            assert await attachments.finish(tx, file_id, blob, None)
            assert await attachments.attach(tx, file_id, self.owner.id)

        self.past(at, keep)
        path = self.server.data / "attachments" / str(self.id) / file_id[:2] / file_id
        path.parent.mkdir(parents=True)
        path.write_bytes(content)

    def divided(self, group: int, name: str) -> None:
        """Let there be a group."""
        self.past("2010-01-01T00:00:00Z", lambda tx: people.add_group(tx, Group(group, name)))

    def hired(self, login: str, **facts: Any) -> None:
        """Let an agent be there who never signs in."""
        self.past("2020-01-01T00:00:00Z", lambda tx: people.add_agent(tx, Agent(**({"login": login, "name": "Zoe"} | facts))))

    def dismissed(self, login: str) -> None:
        """Revoke an agent's keys, now."""

        async def revoke(tx: Writer) -> None:
            for key in await people.list_keys(tx):
                if key.login == login:
                    await accounts.revoke_key(tx, key.id)

        self.past("2024-01-01T00:00:00Z", revoke)

    def created(self, ticket_id: str, at: str, *, by: Person = ANN, groups: tuple[int, ...] = (), **overrides: Any) -> None:
        """Let a ticket have been created, under an id of our choice."""
        usual: dict[str, Any] = {"requester": MARY, "text": "My order is late.", "source": Source("mail")}

        async def create(tx: Writer) -> None:
            await people.add_tags(tx, overrides.get("tags", ()), by.id)
            new = NewTicket(groups=await tickets.ticket_groups(tx, groups, may_make=True), **(usual | overrides))
            events = decide.create(new, by, tx.now)
            await stored.add_records(tx, (stored.record(fold(ticket_id, events), events, tx.show),))

        self.past(at, create)

    def told(self, ticket_id: str, *events: AnyEvent) -> None:
        """Let a ticket have exactly this timeline, as an imported one may."""
        self.told_many([events], [ticket_id])

    def told_many(self, timelines: Sequence[Sequence[AnyEvent]], ticket_ids: Iterable[str] = ()) -> None:
        """Let tickets have exactly these timelines; they are numbered where they get no ids."""
        ids = tuple(ticket_ids) or tuple(f"T{number:04}" for number in range(len(timelines)))

        async def add(tx: Writer) -> None:
            lives = zip(ids, timelines, strict=True)
            records = [stored.record(fold(ticket_id, events), events, tx.show) for ticket_id, events in lives]
            await people.add_tags(tx, tuple({tag for record in records for tag in record.tags}), self.owner.id)
            await stored.add_records(tx, records)

        self.past("2010-01-01T00:00:00Z", add)

    def replied(self, ticket_id: str, at: str, *, by: Person = ANN, **overrides: Any) -> None:
        """Let somebody have written on a ticket: an agent publicly, unless told otherwise."""
        usual: dict[str, Any] = {"text": "We are looking for it.", "source": Source("lc2")}
        message = NewMessage(**(usual | overrides))
        self.past(at, lambda tx: tickets.reply(tx, ticket_id, message, by))

    def changed(self, ticket_id: str, at: str, *, by: Person = ANN, **changes: Any) -> None:
        """Let an agent have changed a ticket."""
        self.past(at, lambda tx: tickets.change(tx, ticket_id, Changes(**changes), by))

    def solved(self, ticket_id: str, at: str, *, by: Person = ANN) -> None:
        """Let an agent have solved a ticket."""
        self.changed(ticket_id, at, by=by, status="solved")

    def rated(self, ticket_id: str, at: str, value: Rate) -> None:
        """Let the requester have rated."""
        self.past(at, lambda tx: tickets.rate(tx, ticket_id, value))

    def tagged(self, ticket_id: str, at: str, *tags: str) -> None:
        """Let the owner have replaced the list of tags."""
        self.past(at, lambda tx: tickets.retag(tx, ticket_id, tags, self.owner))
