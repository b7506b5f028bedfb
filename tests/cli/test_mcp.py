"""`deskline mcp`, driven by the official client of the protocol over its own stdin and stdout, and what a person does with proposals."""

import asyncio
import copy
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.cli.commands import KEY, LOGIN, deskline, done, init
from tests.serving import Server, serving

SCOPES = [word for scope in ("tickets", "reports", "agents", "groups", "tags", "custom_fields") for word in ("--scope", f"{scope}_read")]


class Desk:
    """A server with a ticket, a token that may only read, and a folder for proposals."""

    def __init__(self, server: Server, folder: Path, token: str) -> None:
        self.server = server
        self.folder = folder
        self.token = token
        self.ticket = self.asked(
            "POST", "/tickets", {"message": "Where is my parcel?", "requester": {"mail": "mary@x.com"}, "subject": "Parcel"}
        )["id"]

    def asked(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the server itself, as the owner."""
        answer = httpx.request(method, self.server.url + path, json=body, auth=(LOGIN, KEY))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def talk(self, work: Callable[[Client], Awaitable[Any]], *, mode: str = "auto") -> Any:
        """Let an assistant's program start the command and talk to it."""
        where = ("--url", self.server.url, "--login", LOGIN, "--folder", str(self.folder))
        started = StdioServerParameters(
            command=sys.executable, args=["-m", "deskline", "mcp", *where], env={**os.environ, "DESK_KEY": self.token}
        )

        async def talked() -> Any:
            async with Client(stdio_client(started), mode=mode) as client:
                return await work(client)

        return asyncio.run(talked())

    def call(self, name: str, **arguments: Any) -> Any:
        """Call one tool that must do it."""
        result = self.talk(lambda client: client.call_tool(name, arguments))
        assert not result.is_error, result
        assert json.loads(result.content[0].text) == result.structured_content
        return result.structured_content

    def refused(self, name: str, **arguments: Any) -> str:
        """Call one tool that must not do it."""
        result = self.talk(lambda client: client.call_tool(name, arguments))
        assert result.is_error, result
        return str(result.content[0].text)

    def decide(self, *words: str, key: str = KEY) -> Any:
        """Run `deskline proposals` as a person."""
        server = ("--url", self.server.url, "--login", LOGIN) if words[0] == "approve" else ()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DESK_KEY", key)
            return deskline("proposals", *words, *server, "--folder", self.folder)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    data = tmp_path_factory.mktemp("desk")
    assert init(data).code == 0
    token = done("token", "add", "--data", data, "--login", LOGIN, "--label", "assistant", *SCOPES, "--json").json["token"]
    with serving(data) as server:
        yield Desk(server, data / "proposals", token)


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_it_works(desk: Desk, mode: str, version: str) -> None:
    async def work(client: Client) -> None:
        assert client.protocol_version == version
        assert client.server_info is not None
        assert client.server_info.name == "deskline"
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {name for name, tool in tools.items() if tool.annotations and not tool.annotations.read_only_hint} == {
            *("propose_reply", "propose_tags", "propose_change"),
        }
        assert tools["run_report"].input_schema["required"] == ["report"]
        found = await client.call_tool("search_tickets", {"query": "parcel", "status": "open"})
        assert found.structured_content is not None
        assert [ticket["id"] for ticket in found.structured_content["tickets"]] == [desk.ticket]

    desk.talk(work, mode=mode)


def test_reading(desk: Desk) -> None:
    assert desk.call("read_ticket", ticket_id=desk.ticket) == desk.asked("GET", f"/tickets/{desk.ticket}")
    assert desk.call("search_tickets", query="nothing") == {"total": 0, "pages": 0, "tickets": []}
    people = desk.call("list_people")
    assert [agent["login"] for agent in people["agents"]] == [LOGIN]


def test_a_number_is_told_with_its_definition_and_opened_into_its_tickets(desk: Desk) -> None:
    told = desk.call("run_report", report="new_tickets", group_by="month")
    assert told["counts"] == "tickets that were created"
    assert told["definition"] == "livechat"
    assert told["defined"].startswith("A ticket counts once, at its last solve")
    [(row, values)] = told["rows"].items()
    opened = desk.call("tickets_behind_number", report="new_tickets", group_by="month", row=row)
    assert (opened["ticket_ids"], opened["count"]) == ([desk.ticket], values["new_tickets"])


def test_what_is_wrong_is_told_to_the_assistant(desk: Desk) -> None:
    assert desk.refused("read_ticket", ticket_id="NONE0") == "404: There is no ticket 'NONE0' here."
    assert desk.refused("read_ticket") == "ticket_id is missing"
    assert (
        desk.refused("read_ticket", ticket_id=5, more=1)
        == "ticket_id must be of type string; more is not taken; accepted: ticket_id, as_of"
    )
    assert desk.refused("run_report", report="sales").startswith("report must be one of new_tickets, ")
    assert "is not such a date" in desk.refused("run_report", report="new_tickets", date_from="soon")


def test_a_tool_that_there_is_not(desk: Desk) -> None:
    async def work(client: Client) -> None:
        with pytest.raises(MCPError, match="There is no tool 'delete_everything' here"):
            await client.call_tool("delete_everything", {})

    desk.talk(work)


def test_a_proposal_changes_nothing_until_a_person_approves_it(desk: Desk) -> None:
    before = desk.asked("GET", f"/tickets/{desk.ticket}")
    made = desk.call("propose_reply", ticket_id=desk.ticket, message="It is on its way.", why="The carrier says so.")
    assert made["done"] is False
    assert desk.asked("GET", f"/tickets/{desk.ticket}") == before
    listed = desk.decide("list")
    assert made["proposal"] in listed.out
    assert "message: It is on its way." in listed.out
    assert json.loads(desk.decide("show", made["proposal"]).out)["why"] == "The carrier says so."
    approved = desk.decide("approve", made["proposal"])
    assert (approved.code, approved.out) == (0, f"Done. The ticket {desk.ticket} is open now.\n")
    assert desk.asked("GET", f"/tickets/{desk.ticket}")["events"][1]["message"] == "It is on its way."
    again = desk.decide("approve", made["proposal"])
    assert (again.code, again.err) == (1, f"Error: The proposal {made['proposal']} was approved already.\n")
    assert [each["state"] for each in desk.call("list_proposals")["proposals"] if each["id"] == made["proposal"]] == ["approved"]


def test_what_was_proposed_for_another_state_is_not_done_without_a_word(desk: Desk) -> None:
    made = desk.call("propose_change", ticket_id=desk.ticket, status="solved", assignee="none", why="It came.")["proposal"]
    desk.asked("POST", f"/tickets/{desk.ticket}/messages", {"message": "It did not!", "author": {"type": "client"}})
    refused = desk.decide("approve", made)
    assert (refused.code, desk.asked("GET", f"/tickets/{desk.ticket}")["status"]) == (1, "open")
    assert "was changed since it was proposed" in refused.err
    assert desk.decide("approve", made, "--anyway").code == 0
    assert desk.asked("GET", f"/tickets/{desk.ticket}")["status"] == "solved"


@pytest.mark.parametrize("flags", [(), ("--anyway",)])
def test_a_proposal_whose_answer_was_lost_is_carried_out_once(desk: Desk, flags: tuple[str, ...]) -> None:
    """However it is approved then: as the file says, nobody has."""
    text = f"It is on its way {flags}."
    made = desk.call("propose_reply", ticket_id=desk.ticket, message=text, why="It is.")["proposal"]
    path = desk.folder / f"{made}.json"
    before = path.read_text()
    assert desk.decide("approve", made).code == 0
    path.write_text(before)
    assert desk.decide("approve", made, *flags).code == 0
    events = desk.asked("GET", f"/tickets/{desk.ticket}")["events"]
    assert [event.get("message") for event in events].count(text) == 1


def test_a_folder_of_proposals_that_is_none_is_told_and_ends_nothing(desk: Desk, tmp_path: Path) -> None:
    other = copy.copy(desk)
    other.folder = tmp_path / "proposals"
    other.folder.mkdir()
    (other.folder / "00000000.json").write_text("{}")
    assert "is not a proposal" in other.refused("list_proposals")
    other.folder = tmp_path / "proposals" / "00000000.json"
    refused = other.refused("propose_tags", ticket_id=desk.ticket, tags=["late"], why="It is.")
    assert refused.startswith(f"The folder of proposals, {other.folder}, cannot be used: ")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_what_is_no_id_is_not_asked_for(desk: Desk, name: str) -> None:
    assert desk.refused("read_ticket", ticket_id=name) == f"{name!r} is no id and no name of anything."


def test_a_proposal_that_is_dropped(desk: Desk) -> None:
    made = desk.call("propose_tags", ticket_id=desk.ticket, tags=["late"], why="It is.")["proposal"]
    assert desk.decide("drop", made).out == "Dropped.\n"
    assert made not in desk.decide("list").out
    assert made in desk.decide("list", "--all").out
    assert desk.decide("approve", made).code == 1
    assert desk.asked("GET", f"/tickets/{desk.ticket}")["tags"] == []


def test_the_assistants_token_cannot_write_and_cannot_approve(desk: Desk) -> None:
    made = desk.call("propose_tags", ticket_id=desk.ticket, tags=["late"], why="It is.")["proposal"]
    refused = desk.decide("approve", made, key=desk.token)
    assert (refused.code, refused.err[:11]) == (1, "Error: 403:")
    assert desk.decide("drop", made).code == 0


def test_nobody_else_reads_proposals(desk: Desk) -> None:
    desk.call("propose_tags", ticket_id=desk.ticket, tags=["late"], why="It is.")
    assert {oct(path.stat().st_mode & 0o777) for path in desk.folder.glob("*")} == {"0o600"}
    assert oct(desk.folder.stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize("name", ["00000000", "../../etc/passwd", ""])
def test_a_proposal_that_is_not_there(desk: Desk, name: str) -> None:
    refused = desk.decide("show", name)
    assert refused.code == 1
    assert refused.err.startswith(f"Error: There is no proposal {name!r}")


def test_without_a_key(desk: Desk) -> None:
    refused = desk.decide("approve", "00000000", key="")
    assert (refused.code, refused.err[:27]) == (1, "Error: DESK_KEY is not set;")


MESSAGES = """\
{

[]
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":1,"result":{}}
{"jsonrpc":"2.0","id":2,"method":"resources/list"}
{"jsonrpc":"2.0","id":"three","method":"ping"}
{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":5}}
{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"1999-01-01"}}}
{"jsonrpc":"2.0","id":6,"method":"tools/list","params":[]}
{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search_tickets","arguments":{"query":"\\ud800"}}}
""" + ("[" * 200_000 + "\n")


def test_messages_that_are_none(desk: Desk) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "deskline", "mcp", "--url", desk.server.url, "--login", LOGIN],
        input=MESSAGES,
        text=True,
        capture_output=True,
        check=True,
        env={**os.environ, "DESK_KEY": desk.token},
    )
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(each["id"], each["error"]["code"] if "error" in each else each["result"]) for each in answers] == [
        *((None, -32700), (None, -32600), (2, -32601), ("three", {}), (4, -32602), (5, -32022), (6, -32602)),
        *((None, -32600), (None, -32700)),
    ]
    assert answers[5]["error"]["data"]["supported"][0] == "2026-07-28"
    assert ended.stderr == ""


def test_custom_fields(desk: Desk) -> None:
    assert desk.call("list_custom_fields") == {"custom_fields": []}
    area = desk.asked("POST", "/custom_fields", {"key": "area", "name": "Area", "type": "choice", "choices": ["Orders", "Returns"]})
    assert desk.call("list_custom_fields") == {"custom_fields": [area]}
    made = desk.call("propose_change", ticket_id=desk.ticket, custom_fields={"area": "Orders"}, why="It is about one.")["proposal"]
    assert desk.decide("approve", made).code == 0
    assert desk.call("read_ticket", ticket_id=desk.ticket)["custom_fields"] == {"area": "Orders"}
    found = desk.call("search_tickets", custom_fields={"area": "Orders"})["tickets"]
    assert [(ticket["id"], ticket["custom_fields"]) for ticket in found] == [(desk.ticket, {"area": "Orders"})]
    assert desk.call("search_tickets", custom_fields={"area": "Returns"})["total"] == 0
    assert desk.refused("search_tickets", custom_fields={"zone": 1}).startswith("400: custom_fields[zone]: there is no such field")
    assert desk.refused("search_tickets", custom_fields=["area"]) == "custom_fields must be of type object"
