"""`deskline.client` against the real server: what it reads and writes, what it raises, what it sends again."""

import asyncio
import inspect
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from deskline import client as ours
from deskline.client import AsyncClient, Client
from deskline.client.retries import Retries
from tests.web.v2.companies import BEN, Company

AT_ONCE = Retries(seconds=0.0)


class Blocking:
    """The asynchronous client, asked from outside of any event loop."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(self._made(args, options))

    async def _made(self, args: Any, options: Any) -> AsyncClient:
        return AsyncClient(*args, **options)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **options: Any) -> Any:
            if inspect.isasyncgenfunction(method):
                return self._taken(method(*args, **options))
            return self._runner.run(method(*args, **options))

        return call

    def _taken(self, walked: Any) -> Iterator[Any]:
        while (found := self._runner.run(anext(walked, None))) is not None:
            yield found

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


Desk = Any  # a Client, or a Blocking that has the same methods


@pytest.fixture(params=[Client, Blocking])
def signed_in(request: pytest.FixtureRequest, company: Company) -> Iterator[Callable[..., Desk]]:
    """Make clients of a company's owner, of either kind."""
    with_loop = request.param is Blocking
    made = []

    def sign_in(*, losing: int = 0, **options: Any) -> Desk:
        if losing:
            options["transport"] = AsyncLosing(losing) if with_loop else Losing(losing)
        values = {"login": company.owner.id, "key": company.key, "retries": AT_ONCE} | options
        made.append(request.param(values.pop("url", company.url), values.pop("login"), values.pop("key"), **values))
        return made[-1]

    yield sign_in
    for client in made:
        client.close()


@pytest.fixture
def desk(signed_in: Callable[..., Desk]) -> Desk:
    return signed_in()


class Losing(httpx.HTTPTransport):
    """Loses the first answers: the server has done what was asked."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if not self.left:
            return answer
        self.left -= 1
        answer.read()
        answer.close()
        raise httpx.ReadError("lost")


class AsyncLosing(httpx.AsyncHTTPTransport):
    """Loses the first answers: the server has done what was asked."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if not self.left:
            return answer
        self.left -= 1
        await answer.aread()
        await answer.aclose()
        raise httpx.ReadError("lost")


def test_it_works(desk: Desk, company: Company) -> None:
    made = desk.create_ticket(
        "Where is it?", "mary@x.com", name="Mary", subject="Order", groups=[1], source="chat-window", url="https://x.com/"
    )
    ticket_id = made["id"]
    assert (made["subject"], made["groups"][0]["name"], made["source"]) == (
        "Order",
        "Sales",
        {"type": "chat-window", "url": "https://x.com/"},
    )
    assert desk.ticket(ticket_id) == made == company.json(f"/tickets/{ticket_id}")
    assert desk.reply(ticket_id, "A note.", is_private=True)["events"][-1]["is_private"] is True
    assert desk.reply(ticket_id, "Still nothing.", author="client")["events"][-1]["author"]["type"] == "client"
    assert desk.set_tags(ticket_id, ["late", "post"])["tags"] == ["late", "post"]
    assert desk.change_ticket(ticket_id, assignee=BEN.id, status="solved", subject="Found")["assignee"]["id"] == BEN.id
    assert "assignee" not in desk.change_ticket(ticket_id, assignee="none")
    assert desk.rate(ticket_id, "good")["rate"] == "rated_good"
    assert desk.set_tags(ticket_id, [])["tags"] == []
    assert desk.ticket_page(status="solved", requester="mary@x.com")["total"] == 1
    assert [each["login"] for each in desk.agents(status="offline")] == [each["login"] for each in company.json("/agents")]
    assert desk.agent(BEN.id)["name"] == "Ben Agent"
    assert [group["id"] for group in desk.groups()] == [0, 1, 2]
    assert {tag["name"] for tag in desk.tags()} == {"late", "post"}
    assert desk.request("GET", "/status", group=1) == {"status": "offline"}
    hours = {"days": {"monday": ["09:00-17:00"]}}
    assert desk.request("PUT", "/working_hours/1", body=hours)["hours"]["days"]["monday"] == ["09:00-17:00"]


def test_a_list_is_walked_through_to_its_end(desk: Desk, company: Company) -> None:
    for number in range(60):
        company.created(f"T{number:04}", f"2014-01-10T08:00:{number:02}Z", tags=("odd",) if number % 2 else ())
    assert [ticket["id"] for ticket in desk.tickets()] == [f"T{number:04}" for number in reversed(range(60))]
    assert [ticket["id"] for ticket in desk.tickets(tags=["odd"], order="asc")] == [f"T{number:04}" for number in range(1, 60, 2)]
    assert list(desk.tickets(status="spam")) == []
    assert len(list(itertools.islice(desk.tickets(), 3))) == 3


def test_reports_and_what_is_behind_their_numbers(desk: Desk, company: Company) -> None:
    for number in range(30):
        company.created(f"T{number:04}", f"2014-01-10T08:00:{number:02}Z")
        company.solved(f"T{number:04}", f"2014-01-10T09:00:{number:02}Z")
    days = {"date_from": "2014-01-10", "date_to": "2014-01-11"}
    assert desk.report("resolution_time", **days)["2014-01-10"] == {"count": 30, "hours": 1}
    assert desk.report("agents", agents=[company.owner.id], **days)[company.owner.id]["resolution_time"]["count"] == 30
    opened = desk.opened("resolution_time", row="2014-01-10", definition="first", **days)
    assert (opened["count"], opened["pages"], opened["definition"]) == (30, 2, "first")
    assert {ticket["id"] for ticket in desk.counted_tickets("resolution_time", **days)} == {f"T{number:04}" for number in range(30)}
    assert desk.report("ratings/ranking") == {"ranking": []}


def test_many_at_once_and_a_ticket_as_a_whole(desk: Desk, company: Company) -> None:
    ids = [desk.create_ticket("Hello", "mary@client.example", ccs=["joe@client.example"])["id"] for _ in range(3)]
    changed = desk.change_tickets([*ids, "NEVER"], add_tags=["flood"], status="pending", requester="ann@client.example", name="Ann")
    assert [(each["status"], each["changed"]) for each in changed] == [(200, True)] * 3 + [(404, False)]
    ticket = desk.change_ticket(ids[0], remove_tags=["flood"], ccs=[], until="2036-03-01T09:00:00Z")
    assert (ticket["tags"], ticket["ccs"], ticket["requester"]["name"]) == ([], [], "Ann")
    assert ticket["events"][-1]["type"] == "snoozed"
    solved = desk.reply(ids[0], "Done.", status="solved")
    assert solved["status"] == "solved"
    assert desk.trash(ids[0])["id"] == ids[0]
    assert [found["id"] for found in desk.tickets(tags=["flood"])] == [*reversed(ids[1:])]
    assert desk.restore(ids[0])["status"] == "solved"
    assert desk.merge(ids[1], ids[2])["id"] == ids[2]
    assert desk.unmerge(ids[1])["id"] == ids[1]
    new = desk.split(ids[0], 2, subject="Another matter")
    assert (new["subject"], new["events"][0]["message"]) == ("Another matter", "Done.")


def test_custom_fields(desk: Desk, company: Company) -> None:
    company.post("/custom_fields", json={"key": "area", "name": "Area", "type": "text"})
    company.post("/custom_fields", json={"key": "paid", "name": "Paid", "type": "checkbox"})
    assert [field["key"] for field in desk.custom_fields()] == ["area", "paid"]
    first = desk.create_ticket("Hello", "mary@client.example", custom_fields={"area": "Orders", "paid": True})
    assert first["custom_fields"] == {"area": "Orders", "paid": True}
    second = desk.create_ticket("Hello", "mary@client.example")["id"]
    assert desk.change_tickets([first["id"], second], custom_fields={"area": "Returns, ü"})[1]["changed"]
    assert [found["id"] for found in desk.tickets(custom_fields={"area": "Returns, ü"})] == [second, first["id"]]
    assert desk.ticket_page(custom_fields={"area": "Returns, ü", "paid": True})["total"] == 1
    assert desk.change_ticket(first["id"], custom_fields={"paid": None})["custom_fields"] == {"area": "Returns, ü"}


def test_files(desk: Desk, signed_in: Callable[..., Desk], company: Company) -> None:
    content = bytes(range(256)) * 2_000
    file = desk.upload("report.bin", content)
    ticket = desk.create_ticket("See the report.", "mary@client.example", attachments=[file["id"]])
    (beside,) = ticket["events"][0]["attachments"]
    assert (beside["name"], beside["size"]) == ("report.bin", len(content))
    assert desk.download(beside["url"]) == desk.download(file["id"]) == content
    with pytest.raises(ours.NotFoundError):
        desk.download("0" * 32)
    lost = signed_in(losing=1).upload("a.txt", b"x", "text/plain")
    replied = desk.reply(ticket["id"], "And this.", attachments=[lost["id"]])
    assert replied["events"][1]["attachments"][0]["content_type"] == "text/plain"


def test_what_happens(desk: Desk, company: Company) -> None:
    first = desk.create_ticket("Hello", "mary@client.example")["id"]
    seen = list(desk.changes(limit=1))
    assert {change["ticket_id"] for change in seen} == {first}
    assert seen[0]["event"]["type"] == "ticket_created"
    assert list(desk.changes(seen[-1]["id"])) == []
    following = desk.changes(seen[-1]["id"], follow=True)
    second = desk.create_ticket("Hello again", "mary@client.example")["id"]
    assert next(iter(following))["ticket_id"] == second


def test_the_past(desk: Desk, company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.solved("AAAAA", "2014-01-10T09:00:00Z")
    assert desk.ticket("AAAAA", as_of="2014-01-10T08:30:00Z")["status"] == "open"
    assert desk.ticket_page(as_of="2014-01-10T08:30:00Z", status="open")["total"] == 1


# What it raises


def test_what_cannot_be_sent_is_told_as_everything_is(desk: Desk) -> None:
    for ask in (lambda: list(desk.tickets(query="\ud800")), lambda: desk.create_ticket("\ud800", "a@b.example"), lambda: desk.ticket("..")):
        with pytest.raises(ours.ClientError):
            ask()


def test_what_is_wrong_is_told(desk: Desk, signed_in: Callable[..., Desk], company: Company) -> None:
    with pytest.raises(ours.InvalidRequestError, match="requester\\[mail\\]: 'mary' is not a mail address") as refused:
        desk.create_ticket("Hi", "mary")
    assert refused.value.status == 400
    assert len(refused.value.problems) == 1
    assert refused.value.request_id
    with pytest.raises(ours.NotFoundError, match="404: There is no ticket 'NONE0' here"):
        desk.ticket("NONE0")
    with pytest.raises(ours.NotFoundError):
        desk.ticket("a/../b?c")
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    desk.change_ticket("AAAAA", status="spam")
    with pytest.raises(ours.ConflictError):
        desk.rate("AAAAA", "good")
    with pytest.raises(ours.OutdatedError):
        desk.set_tags("AAAAA", ["a"], if_match='W/"0-x"')
    with pytest.raises(ours.SignInError):
        signed_in(key="wrong").ticket("AAAAA")
    ben = signed_in(login=BEN.id, key=company.bens_key)
    with pytest.raises(ours.ForbiddenError):
        ben.request("DELETE", "/working_hours")


def test_a_server_that_is_not_there(signed_in: Callable[..., Desk]) -> None:
    with pytest.raises(ours.NotReachedError, match="GET /tickets/AAAAA: no answer came"):
        signed_in(url="http://127.0.0.1:9").ticket("AAAAA")


@pytest.mark.parametrize("answer", [httpx.Response(200, html="<p>Welcome</p>"), httpx.Response(404, html="no"), httpx.Response(302)])
def test_something_else_answers_at_that_address(answer: httpx.Response) -> None:
    client = Client("https://www.example.com", "ann", "key", transport=httpx.MockTransport(lambda _: answer))
    with client, pytest.raises(ours.UnreadableAnswerError, match="is the address right"):
        client.agents()


# What it sends again


def test_a_ticket_whose_answer_was_lost_is_created_once(signed_in: Callable[..., Desk], company: Company) -> None:
    made = signed_in(losing=3).create_ticket("Where is it?", "mary@x.com")
    assert [ticket["id"] for ticket in company.json("/tickets")["tickets"]] == [made["id"]]


def test_after_too_many_losses_it_gives_up_and_a_key_of_ones_own_goes_on(signed_in: Callable[..., Desk], company: Company) -> None:
    with pytest.raises(ours.NotReachedError):
        signed_in(losing=9).create_ticket("Where is it?", "mary@x.com", key="order-17")
    made = signed_in().create_ticket("Where is it?", "mary@x.com", key="order-17")
    assert [ticket["id"] for ticket in company.json("/tickets")["tickets"]] == [made["id"]]
    with pytest.raises(ours.ConflictError):
        signed_in().create_ticket("Something else", "mary@x.com", key="order-17")


def test_a_conditional_change_whose_answer_was_lost_is_done_once(signed_in: Callable[..., Desk], company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    seen = company.get("/tickets/AAAAA").headers["etag"]
    assert signed_in(losing=2).reply("AAAAA", "Hello", if_match=seen)["events"][1]["message"] == "Hello"
    assert len(company.json("/tickets/AAAAA")["events"]) == 3  # two messages, and the assignment


def test_a_deletion_whose_answer_was_lost_is_done_once_and_told_so(signed_in: Callable[..., Desk], company: Company) -> None:
    ticket_id = signed_in().create_ticket("Hello", "mary@client.example")["id"]
    assert signed_in(losing=1).trash(ticket_id)["id"] == ticket_id
    group = signed_in().request("POST", "/groups", body={"name": "New", "agents": [company.owner.id]})["id"]
    assert signed_in(losing=2).request("DELETE", f"/groups/{group}")["result"]


def test_what_answers_with_a_secret_is_sent_once(signed_in: Callable[..., Desk], company: Company) -> None:
    desk = signed_in()
    (hook,) = desk.request("POST", "/webhooks", body={"url": "https://a.example/", "event_type": "*", "payload": "standard"})["events"]
    assert desk.request("POST", f"/webhooks/{hook['id']}/rotate_secret")["secret"]
    assert desk.request("POST", "/personal_tokens", body={"scopes": ["tickets_read"]})["token"]
    assert desk.request("POST", "/apps", body={"name": "A", "redirect_uris": ["https://a.example/"], "scopes": ["tickets_read"]})[
        "client_id"
    ]
    with pytest.raises(ours.NotReachedError):
        signed_in(losing=1).request("POST", "/personal_tokens", body={"scopes": ["tickets_read"]})
    with pytest.raises(ours.NotReachedError):
        signed_in(losing=1).request("PUT", f"/agents/{BEN.id}/reset_api_key")
    assert len(desk.request("GET", "/personal_tokens")) == 2, "and not three"


def test_what_has_no_key_is_not_sent_again(signed_in: Callable[..., Desk], company: Company) -> None:
    with pytest.raises(ours.NotReachedError):
        signed_in(losing=1).request("POST", "/tickets", body={"message": "Hi", "requester": {"mail": "a@b.example"}}, key="")
    assert company.json("/tickets")["total"] == 1


@pytest.mark.parametrize(
    ("repetition", "status", "headers", "expected"),
    [
        (0, None, {}, 0.5),
        (2, 503, {}, 2.0),
        (0, 503, {"retry-after": "7"}, 7.0),
        (0, 429, {"retry-after": "31"}, None),
        (0, 409, {"retry-after": "1"}, 1.0),
        (0, 409, {}, None),
        (0, 200, {}, None),
        (0, 400, {}, None),
        (0, 500, {}, None),
        (3, 503, {}, None),
        (3, None, {}, None),
    ],
)
def test_when_it_waits(repetition: int, status: int | None, headers: dict[str, str], expected: float | None) -> None:
    assert Retries(chance=lambda: 0.5).wait(repetition, status, headers) == expected


# What it is


def test_both_clients_have_the_same_methods() -> None:
    names = [name for name in vars(Client) if not name.startswith("_")]
    assert names == [name for name in vars(AsyncClient) if not name.startswith("_")]
    for name in names:
        parameters = [str(inspect.signature(getattr(each, name)).parameters) for each in (Client, AsyncClient)]
        assert parameters[0] == parameters[1], name


def test_nothing_of_the_server_is_loaded_with_it() -> None:
    names = ("deskline", "granian", "apsw", "asyncpg", "uvloop", "typer", "msgspec")
    program = f"import sys, deskline.client; print(*(name for name in sys.modules if name.partition('.')[0] in {names}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name != "deskline" and not name.startswith("deskline.client")] == []
