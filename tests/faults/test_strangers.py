"""Two companies on one server: every route that takes the id of something, asked for what is another company's, knows nothing of it."""

import http.client
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvloop

from deskline.actions import accounts, apps, attachments, personal_tokens, tickets, webhooks
from deskline.actions.webhooks import WebhookChanges
from deskline.domain.canned_responses import CannedResponse
from deskline.domain.custom_fields import CustomField
from deskline.domain.events import Person, Requester, Source
from deskline.domain.people import Agent, Group, Principal
from deskline.domain.tickets import Changes, NewMessage, NewTicket
from deskline.domain.webhooks import Delivery
from deskline.storage import canned_responses, custom_fields, people
from deskline.storage import webhooks as stored_webhooks
from deskline.storage.blobs import FolderBlobs
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.routes import Route
from deskline.web.v2.routes import ROUTES
from deskline.web.v2.wire import show_ticket
from tests.desks import written
from tests.faults.programs import KEY, OWNER, Program, basic, serving
from tests.storage.builders import OURS, THEIRS, id_of
from tests.storage.wholeness import TABLES

ZOE = Person("zoe@theirs.example", "Zoe Theirs")
THEIR_KEY = "f" * 32
THEIR_GROUP = 77
THEIR_RESPONSE = 901
THEIR_FIELD = "theirs"
# As long as theirs, so that answers differ in nothing but the id.
UNKNOWN = {
    "ticket_id": "NONE0",
    "client_id": "9-abababababababababababab",
    "login": "abc@theirs.example",
    "group_id": "78",
    "token_id": "00000000",
    "tag": "nobody",
    "response_id": "902",
    "field_key": "nobody",
    "webhook_id": "abcdefab" * 4,
    "attachment_id": "bcbcbcbc" * 4,
    "name": "nobody.txt",
    "delivery_id": f"msg_{'abcdefab' * 4}_2",
}
FORMS: dict[str, dict[str, str]] = {
    "PUT /tickets/{ticket_id}": {"status": "spam"},
    "DELETE /tickets/{ticket_id}": {},
    "POST /tickets/{ticket_id}/merge": {"into": "NEVER"},
    "POST /tickets/{ticket_id}/unmerge": {},
    "POST /tickets/{ticket_id}/split": {"message": "1"},
    "POST /tickets/{ticket_id}/restore": {},
    "PUT /tickets/{ticket_id}/tags": {"tag[]": "ours"},
    "POST /tickets/{ticket_id}/tags": {"tag[]": "ours"},
    "PUT /tickets/{ticket_id}/tags/{tag}": {},
    "POST /tickets/{ticket_id}/tags/{tag}": {},
    "DELETE /tickets/{ticket_id}/tags/{tag}": {},
    "PUT /tickets/{ticket_id}/rating": {"rate": "bad"},
    "POST /tickets/{ticket_id}/messages": {"message": "ours"},
    "PUT /working_hours/{group_id}": {"days[monday]": "09:00-17:00"},
    "DELETE /working_hours/{group_id}": {},
    "DELETE /personal_tokens/{token_id}": {},
    "PUT /agents/{login}": {"name": "ours"},
    "DELETE /agents/{login}": {},
    "PUT /agents/{login}/reset_api_key": {},
    "POST /agents/{login}/reset_api_key": {},
    "PUT /groups/{group_id}": {"name": "ours"},
    "DELETE /groups/{group_id}": {},
    "DELETE /tags/{tag}": {},
    "PUT /canned_responses/{response_id}": {"text": "ours"},
    "DELETE /canned_responses/{response_id}": {},
    "PUT /custom_fields/{field_key}": {"name": "ours"},
    "DELETE /custom_fields/{field_key}": {},
    "DELETE /apps/{client_id}": {},
    "DELETE /apps/{client_id}/tokens": {},
    "PUT /webhooks/{webhook_id}": {"enabled": "false"},
    "DELETE /webhooks/{webhook_id}": {},
    "POST /webhooks/{webhook_id}/rotate_secret": {},
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/replay": {},
    "POST /webhooks/{webhook_id}/replay": {},
    "DELETE /attachments/{attachment_id}": {},
}
SENT_TO = "/attachments"  # which has nothing of anybody
OF_ONE = [route for route in ROUTES if "{" in route.path]
OF_ALL = [route for route in ROUTES if "{" not in route.path and route.method == "GET"]


class Visitor:
    """Asks with the credentials of one company, over one connection."""

    def __init__(self, program: Program, login: str = OWNER, key: str = KEY) -> None:
        self._connection = http.client.HTTPConnection(program.host, program.port, timeout=30)
        self._signed_in = dict([basic(login, key).decode().strip().split(": ")])

    def ask(self, method: str, target: str, form: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Ask. Answers status and body."""
        headers = self._signed_in | ({"Content-Type": "application/x-www-form-urlencoded"} if form else {})
        self._connection.request(method, target, urlencode(form) if form else None, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()


async def found_theirs(path: Path) -> dict[str, str]:
    """Found the other company, with one of everything, all of which says whose it is. Answers the ids that were drawn."""
    database = SqliteDatabase(path, show=show_ticket)
    async with database.write(THEIRS) as tx:
        await accounts.init_account(tx, "Theirs", "Asia/Tokyo", Agent(login=ZOE.id, name=ZOE.name), secret=THEIR_KEY)
        await people.add_group(tx, Group(THEIR_GROUP, "Theirs alone"))
        await canned_responses.add_response(tx, CannedResponse(id=THEIR_RESPONSE, text="theirs", tags=(), created_at=1, created_by=ZOE.id))
        await custom_fields.save_field(tx, CustomField(key=THEIR_FIELD, name="theirs", type="text", created_by=ZOE.id))
        new = NewTicket(
            requester=Requester("client@theirs.example", "Theirs"),
            text="of theirs",
            groups=await tickets.ticket_groups(tx, (THEIR_GROUP,), may_make=True),
            source=Source("mail"),
            assignee=ZOE,
        )
        ticket_id = id_of(await written(tx, await tickets.create(tx, new, ZOE)))
        await tickets.retag(tx, ticket_id, ("theirs",), ZOE)
        await tickets.reply(tx, ticket_id, NewMessage(text="theirs too", source=Source("mail")), ZOE)
        await tickets.change(tx, ticket_id, Changes(status="solved"), ZOE)
        await tickets.rate(tx, ticket_id, "good")
        token = await personal_tokens.create(tx, ZOE.id, ["tickets_read"], label="theirs")
        app = await apps.create(tx, "Theirs", ["https://theirs.example/"], ["tickets_read"])
        webhook = await webhooks.create(tx, "https://theirs.example/", "ticket_created")
        told = Delivery(event_key=(THEIRS << 40) + 1, event_type="ticket_created", ticket_key=(THEIRS << 40) + 1, seq=0, first_at=tx.now)
        await stored_webhooks.save_deliveries(tx, webhook.id, [told])
        await webhooks.change(tx, webhook.id, WebhookChanges(enabled=False))
    by = Principal(THEIRS, ZOE.id, ZOE.name, "owner", "UTC", "key")
    blobs = FolderBlobs(path.parent / "attachments")
    file = await attachments.upload(database, blobs, by, "theirs.txt", "text/plain", _theirs())
    async with database.write(THEIRS) as tx:
        await attachments.attach(tx, (file.id,), by, "desk.theirs.example")
    blobs.close()
    await database.close()
    found = {"ticket_id": ticket_id, "token_id": token.token.id, "client_id": app.app.id}
    found |= {"attachment_id": file.id, "name": file.name}
    return found | {"webhook_id": webhook.id, "delivery_id": f"msg_{webhook.id}_1"}


async def _theirs() -> AsyncIterator[bytes]:
    yield b"theirs"


def rows_of_theirs(path: Path) -> dict[str, list[Any]]:
    """Read every row of the other company."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table} WHERE account_id = ?", (THEIRS,)).fetchall(), key=repr)
            for table in TABLES
        }


class Server:
    """A server with our company, and what it answered before the other was there."""

    def __init__(self, data: Path, program: Program) -> None:
        self.path = data / "deskline.db"
        self.program = program
        self.ours = Visitor(program)
        self.ours.ask("POST", "/tickets", {"message": "ours", "requester[mail]": "client@ours.example"})
        self.before = self.lists()
        self.theirs = {
            **uvloop.run(found_theirs(self.path)),
            "login": ZOE.id,
            "group_id": str(THEIR_GROUP),
            "tag": "theirs",
            "response_id": str(THEIR_RESPONSE),
            "field_key": THEIR_FIELD,
        }
        self.rows = rows_of_theirs(self.path)

    def lists(self) -> dict[str, tuple[int, bytes]]:
        """Ask for everything that needs no id."""
        return {route.path: self.ours.ask("GET", route.path) for route in OF_ALL}


@contextmanager
def running(data: Path) -> Iterator[Server]:
    with serving(data) as program:
        server = Server(data, program)
        yield server
        server.ours.close()
        assert program.terminate() == 0


def test_nothing_of_another_company_is_read_or_changed(data: Path) -> None:
    with running(data) as server:
        for route in OF_ONE:
            it_is_unknown(server, route)
        assert server.lists() == server.before
        assert {status for status, _ in server.before.values()} == {200}
        their_agent_is_nobody(server)
        their_key_opens_theirs_alone(server)
        assert rows_of_theirs(server.path) == server.rows


def it_is_unknown(server: Server, route: Route) -> None:
    """Compare the answers to an id of theirs and to one of nobody."""
    form = FORMS[f"{route.method} {route.path}"] if route.method != "GET" else None
    for prefix in ("", "/v2"):
        answers = []
        for ids in (server.theirs, UNKNOWN):
            status, body = server.ours.ask(route.method, prefix + route.path.format(**ids), form)
            for value in ids.values():
                body = body.replace(value.encode(), b"(id)")
            answers.append((status, body))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404, (route, answers)
    theirs = Visitor(server.program, ZOE.id, THEIR_KEY)
    if route.method == "GET":
        assert theirs.ask("GET", route.path.format(**server.theirs))[0] == 200, "else it would be no wonder"
    theirs.close()


def their_agent_is_nobody(server: Server) -> None:
    """Naming their agent is naming nobody; naming their group names one of ours, with a name of ours."""
    new = {"message": "ours", "requester[mail]": "client@ours.example"}
    answers = [server.ours.ask("POST", "/tickets", new | {"assignee[id]": login}) for login in (ZOE.id, UNKNOWN["login"])]
    assert answers[0][0] == 400
    assert answers[0][1].replace(ZOE.id.encode(), b"") == answers[1][1].replace(UNKNOWN["login"].encode(), b"")
    status, body = server.ours.ask("POST", "/tickets", new | {"group[]": THEIR_GROUP})
    assert status == 200
    assert b"heirs" not in body


def their_key_opens_theirs_alone(server: Server) -> None:
    """A login of one company and the key of another open neither."""
    for login, key in ((OWNER, THEIR_KEY), (ZOE.id, KEY), (str(THEIRS), KEY), (str(OURS), THEIR_KEY)):
        visitor = Visitor(server.program, login, key)
        assert visitor.ask("GET", "/tickets")[0] == 401
        visitor.close()


def test_every_route_is_asked() -> None:
    assert {route.path for route in OF_ONE} | {route.path for route in OF_ALL} | {SENT_TO} == {route.path for route in ROUTES}
    assert FORMS.keys() == {f"{route.method} {route.path}" for route in OF_ONE if route.method != "GET"}
