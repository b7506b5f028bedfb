"""The pages for people: every path of the server is on one of them, and what they show is what there is."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from deskline.domain.events import Person
from tests.web import described
from tests.web.v2 import curls
from tests.web.v2.companies import Company

PAGES = {path: path.read_text() for path in [*Path("docs").glob("*.md"), *Path("docs/operate").glob("*.md")]}
PATHS = sorted({route.path for route in described.table()})


REPORTS = "/reports/tickets/"


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_on_a_page(path: str) -> None:
    """Reports by their names, as they all stand under one address."""
    name = path.removeprefix(REPORTS).removesuffix("/tickets")
    named = "/".join(r"[^/`]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    written = re.compile(named + r"(?![\w/])")
    found = [page for page in PAGES.values() if (f"`{name}`" in page if path.startswith(REPORTS) else written.search(page))]
    assert found, f"say in docs/ what {path} is"


def test_the_page_of_the_form_sends_what_is_read() -> None:
    page = PAGES[Path("docs/ticket-form.md")]
    script = page.partition("JSON.stringify({")[2].partition("}),")[0]
    sent = set(re.findall(r"^ {8}(\w+):", script, re.MULTILINE))
    body = described.document()["paths"]["/tickets/new"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sent == {"licence_id", "ticket_message", "requester", "website", "source", "timezone"}
    assert sent <= body["properties"].keys()
    assert set(re.findall(r"requester: \{(\w+): .*?, (\w+): ", script)[0]) == body["properties"]["requester"]["properties"].keys()


def examples(page: str, heading: str) -> list[str]:
    """List the curl lines of a section."""
    section = PAGES[Path(page)].partition(heading)[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [line for block in blocks for line in re.findall(r"^curl .*?[^\\]$", block, re.MULTILINE | re.DOTALL)]


@pytest.fixture
def johns(found_live: Callable[..., Company]) -> Company:
    return found_live(owner=Person(curls.LOGIN, "John Doe"))


def pasted(company: Company, home: Path, line: str) -> tuple[int, dict[str, object]]:
    line = re.sub(r"https://(api|desk)\.example\.com", curls.HOST, line)
    status, body = curls.translate(line.replace("API_KEY", company.key), company.server, home)
    return status, json.loads(body)


def test_attachments(johns: Company, tmp_path: Path) -> None:
    send, name = examples("docs/api.md", "## Attachments")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    status, file = pasted(johns, tmp_path, send)
    assert (status, file["name"], file["content_type"], file["size"]) == (200, "photo.png", "image/png", 4)
    ticket = johns.post("/tickets", json={"message": "Hello", "requester": {"mail": "a@b.example"}}).json()["id"]
    shown = re.findall(r"[0-9a-f]{32}", name)[0]
    status, answer = pasted(johns, tmp_path, name.replace("5FUED", ticket).replace(shown, str(file["id"])))
    assert status == 200
    assert '"name":"photo.png"' in json.dumps(answer, separators=(",", ":"))


def test_follow_ups(johns: Company, tmp_path: Path) -> None:
    (line,) = examples("docs/api.md", "## Follow-ups")
    section = PAGES[Path("docs/api.md")].partition("## Follow-ups")[2]
    assert pasted(johns, tmp_path, line) == (200, json.loads(section.partition("```json\n")[2].partition("```")[0]))


def test_the_form(johns: Company, tmp_path: Path) -> None:
    (line,) = examples("docs/ticket-form.md", "# The ticket form")
    status, answer = pasted(johns, tmp_path, line)
    assert (status, answer["origins"], answer["per_minute"]) == (200, ["https://www.example.com"], 60)
