"""Promise R19 end to end: histories are imported, and every number that a report answers over HTTP is what a recount of the files gives."""

import asyncio
import itertools
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from deskline.actions import accounts
from deskline.cli import main
from deskline.domain.people import Agent
from deskline.storage.database import Database
from tests import rounds
from tests.desks import any_desk
from tests.domain.oracle import REPORTS, WEEKDAYS, Json, days_asked_for, mean_hours, recount, recount_row, values
from tests.serving import Server, basic, serving
from tests.storage.engines import ENGINES, a_place
from tests.web.histories import AGENTS, ODD, TAGS, histories, queries

ALL_DAYS = sorted({day for _, day in ODD})
MOST_DAYS = 600  # a recount by months of more takes seconds
MOST_DAYS_OF_HOURS = 10
QUERIES = 3  # of a history, each to every report
SPELLINGS = ["tag", "tag[]", "tag%5B%5D", "tag[{}]"]
LOGINS = [agent["id"] for agent in AGENTS]
WORKERS = ("boss@co.com", "deputy@co.com")
SUMMED = ("new_tickets", "first_response_time", "resolution_time", "ratings")
# How the rows of a summary are asked for, and all that may be in these histories.
SUMMARIES: dict[str, tuple[str, list[Any]]] = {
    "agents": ("agent", [*LOGINS, *WORKERS, "JANE@CO.COM"]),
    "groups": ("group", [0, 1, 2, 5, 77]),
    "tags": ("tags", [*TAGS, "other", "Vip"]),
}


@dataclass
class Company:
    """An account on the server, and the headers that its two workers send."""

    number: int
    zone: str
    workers: tuple[dict[str, str], dict[str, str]]
    hours: dict[int | None, Json] = field(default_factory=dict)


@dataclass
class Desk:
    """A server that runs, and its database opened once more beside it, where accounts are made."""

    server: Server
    database: Database
    runner: asyncio.Runner
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def company(self, zone: str, *files: str) -> Company:
        """Make an account and import its history."""
        number = next(self.numbers)
        secrets = [f"{letter}{number:031x}" for letter in "ab"]
        self.runner.run(_found(self.database, number, zone, secrets))
        paths = [self.server.data / f"{place}.json" for place in range(len(files))]
        for path, text in zip(paths, files, strict=True):
            path.write_text(text, encoding="utf-8")
        self.run("import", "livechat", *map(str, paths), number=number)
        boss, deputy = (basic(login, secret) for login, secret in zip(WORKERS, secrets, strict=True))
        return Company(number, zone, (boss, deputy))

    def run(self, *command: str, number: int) -> None:
        """Run a command of the program for an account."""
        assert main([*command, "--data", str(self.server.data), "--account", str(number)]) == 0

    def exported(self, company: Company) -> str:
        """Write an account's history out."""
        path = self.server.data / "exported.json"
        self.run("export", "livechat", "--out", str(path), number=company.number)
        text = path.read_text("utf-8")
        path.unlink()
        return text

    def set_hours(self, company: Company, whose: int | None, hours: Json) -> None:
        """Set the working hours of the account (None) or of a group that it has."""
        path = "/working_hours" if whose is None else f"/working_hours/{whose}"
        headers = company.workers[0] | {"Content-Type": "application/json"}
        answer = self.server.ask("PUT", path, json.dumps(hours).encode(), headers)
        if answer.status == 404:  # no ticket has brought that group
            return
        assert answer.status == 200, answer
        company.hours[whose] = hours

    def ask(self, company: Company, target: str) -> Any:
        """GET something that there is."""
        answer = self.server.ask("GET", target, headers=company.workers[0])
        assert answer.status == 200, answer
        return answer

    def tickets(self, company: Company) -> list[Json]:
        """GET all tickets, page by page."""
        first = self.ask(company, "/tickets").json
        pages = [first, *(self.ask(company, f"/tickets?page={page}").json for page in range(2, first["pages"] + 1))]
        tickets = [ticket for page in pages for ticket in page["tickets"]]
        assert len({ticket["id"] for ticket in tickets}) == len(tickets) == first["total"]
        return tickets


async def _found(database: Database, number: int, zone: str, secrets: list[str]) -> None:
    boss, deputy = (Agent(login=login, name=login, permission="administrator") for login in WORKERS)  # who may name any group
    async with database.write(number) as tx:
        await accounts.init_account(tx, f"Company {number}", zone, boss, secret=secrets[0])
        await accounts.add_agent(tx, deputy)
        await accounts.add_key(tx, deputy.login, secret=secrets[1])


@pytest.fixture(scope="module", params=ENGINES)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One server for all histories: each is an account of its own, and none may count in another's."""
    with a_place(request, request.param, tmp_path_factory.mktemp("recount")) as folder:
        yield from serving_histories(folder)


def serving_histories(folder: Path) -> Iterator[Desk]:
    desk = any_desk(folder, account=False)
    with asyncio.Runner() as runner:
        database = runner.run(desk.__aenter__())
        with serving(folder) as server:
            yield Desk(server, database, runner)
        runner.run(desk.__aexit__(None, None, None))


TIMES = st.sampled_from([[], ["09:00-17:00"], ["00:00-24:00"], ["00:30-02:30", "23:00-24:00"], ["06:15-06:16"]])


@st.composite
def hours_of_somebody(draw: st.DrawFn, zones: Sequence[str]) -> tuple[int | None, Json]:
    """Working hours, and whose they are: a group's, or None for the account's."""
    days = draw(st.lists(st.sampled_from(ALL_DAYS), max_size=2, unique=True))
    holidays = [f"{day}{draw(st.sampled_from(['', ' 00:15-11:00', ' 01:00-02:00,02:30-24:00']))}" for day in days]
    week = {name: draw(TIMES) for name in WEEKDAYS} | {draw(st.sampled_from(WEEKDAYS)): ["22:00-24:00"]}  # one day is needed
    return draw(st.sampled_from([None, None, 1, 77])), {
        "timezone": draw(st.sampled_from([*zones, "Europe/Warsaw"])),
        "days": week,
        "holidays": holidays,
    }


def spelled(query: Json, spelling: str) -> str:
    """Spell a question as clients do."""
    one = {name: value for name, value in query.items() if name != "tags"}
    pairs = [(name, str(value)) for name, value in one.items() if not isinstance(value, list)]
    pairs += [(f"{name}[]", str(each)) for name, value in one.items() if isinstance(value, list) for each in value]
    pairs += [(spelling.format(number), tag) for number, tag in enumerate(query.get("tags", []))]
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)


def affordable(query: Json, tickets: list[Json], zone: str) -> tuple[Json, Sequence[str]]:
    """A question of which a recount can be made in time, and the reports to ask: for longer ranges fewer rows and fewer reports."""
    try:
        first, last = days_asked_for(query, tickets, ZoneInfo(query.get("timezone", zone)), datetime.now(UTC))
    except ValueError:  # one that must be refused
        return query, REPORTS
    days = (last - first).days
    if days > MOST_DAYS:
        return query | {"group_by": "day"}, [REPORTS[0], REPORTS[-1]]
    if days > MOST_DAYS_OF_HOURS and query.get("group_by") in {"hour", "weekday_hour"}:
        return query | {"group_by": "day"}, REPORTS
    return query, REPORTS


def shown_now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def assert_every_report_is_a_recount(desk: Desk, company: Company, tickets: list[Json], query: Json, spelling: str = "tag[]") -> None:
    """Ask the reports and compare their whole answers."""
    query, asked = affordable(query, tickets, company.zone)
    assert_a_summary_is_a_recount(desk, company, tickets, query, spelling)
    for report in asked:
        before = shown_now()
        answer = desk.server.ask("GET", f"/reports/tickets/{report}?{spelled(query, spelling)}", headers=company.workers[0])
        expected = [recounted(report, tickets, query, company, now) for now in sorted({before, shown_now()})]
        note(f"{report}: {query}")
        if None in expected:
            assert answer.status == 400
            assert answer.json["errors"][0].startswith("date_from")
        else:
            assert answer.status == 200
            assert answer.body in [as_javascript(each) for each in expected if each is not None]
            assert_a_row_opens(desk, company, tickets, report, query, spelling, answer.json)


def assert_a_summary_is_a_recount(desk: Desk, company: Company, tickets: list[Json], query: Json, spelling: str) -> None:
    """Ask one of the summaries, and compare those of its numbers that are recounted: each is its report's, asked with the row alone."""
    of = random.Random(str(query)).choice(list(SUMMARIES))
    parameter, known = SUMMARIES[of]
    query = {name: value for name, value in query.items() if name != "group_by"}
    before = shown_now()
    answer = desk.server.ask("GET", f"/reports/tickets/{of}?{spelled(query, spelling)}", headers=company.workers[0])
    note(f"{of}: {query}")
    chosen = query.get(parameter, known)
    keys = chosen if isinstance(chosen, list) else [chosen]
    expected = [summed(of, keys, tickets, query, company, now) for now in sorted({before, shown_now()})]
    if None in expected:
        assert answer.status == 400
        return
    assert answer.status == 200
    counted = {key: {name: row[name] for name in SUMMED if name in row} for key, row in answer.json.items()}
    # Later answers, reopenings, messages and the backlog are not recounted here, and may be all that there is in a row.
    assert {key: row for key, row in counted.items() if is_something(row)} in expected


def summed(of: str, keys: list[Any], tickets: list[Json], query: Json, company: Company, now: str) -> Json | None:
    """The recount's rows that have something in them, None where the question must be refused."""
    parameter, _ = SUMMARIES[of]
    rows: Json = {}
    for key in keys:
        own = query | {parameter: [key] if parameter == "tags" else key}
        row: Json = {}
        for report in SUMMED["agent" in own :]:  # nobody is credited for a creation
            try:
                things = recount_row(report, tickets, own, None, account_zone=company.zone, now=now, hours=company.hours)
            except ValueError:
                return None
            row[report] = values(report, things)
        rows[str(key)] = row
    return {key: row for key, row in rows.items() if is_something(row)}


def is_something(row: Json) -> bool:
    return any(any(values.values()) for values in row.values())


def assert_a_row_opens(desk: Desk, company: Company, tickets: list[Json], report: str, query: Json, spelling: str, answered: Json) -> None:
    """Open a row by chance, or all of the range: it holds what a recount finds there, and that adds up to what was shown."""
    chance = random.Random(f"{report} {query}")
    shown = {place["name"]: place for place in answered["ranking"]} if "ranking" in answered else answered
    filled = [key for key, row in shown.items() if any(row.get(name) for name in row if name not in {"begin", "end"})]
    key = chance.choice([*filled, *filled, *list(shown)[:1], None])
    target = f"/reports/tickets/{report}/tickets?{spelled(query, spelling)}"
    target += "" if key is None else f"&row={quote(key, safe='')}"
    pages = [desk.ask(company, target).json]
    pages += [desk.ask(company, f"{target}&page={page}").json for page in range(2, pages[0]["pages"] + 1)]
    note(target)
    parts = [part for page in pages for part in page["tickets"]]
    expected = recount_row(report, tickets, query, key, account_zone=company.zone, now=shown_now(), hours=company.hours)
    assert [part["at"] for part in parts] == [as_shown(thing.at) for thing in expected]
    is_measured = report in {"first_response_time", "solved_tickets", "resolution_time"}
    told = [(part["id"], part["at"], part["agent"], part.get("seconds", 0), part.get("rate", part.get("source", ""))) for part in parts]
    assert sorted(told, key=str) == sorted(
        [(thing.ticket, as_shown(thing.at), thing.agent, thing.seconds, thing.label) for thing in expected], key=str
    )
    opened = pages[0]
    assert opened["count"] == opened["total"] == len(parts)
    if is_measured:
        assert opened["seconds"] == sum(part["seconds"] for part in parts)
        assert opened["hours"] == mean_hours([part["seconds"] for part in parts])
        for part in parts:
            took, *excluded = (between(each) for each in (part, *part["excluded"]))
            assert part["seconds"] == took - part["excluded_seconds"]
            assert len(excluded) == min(50, part["excluded_count"])
            if part["excluded_count"] == len(excluded):
                assert part["excluded_seconds"] == sum(excluded)
    if key is not None:
        row = shown[key]
        assert opened["values"] == {name: row[name] for name in opened["values"]}


def between(shown: Json) -> int:
    """The seconds from one instant to the other."""
    return (datetime.fromisoformat(shown["to"]) - datetime.fromisoformat(shown["from"])) // timedelta(seconds=1)


def as_shown(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def recounted(report: str, tickets: list[Json], query: Json, company: Company, now: str) -> Json | None:
    """The recount's answer, None where the question must be refused."""
    try:
        return recount(report, tickets, query, account_zone=company.zone, now=now, hours=company.hours)
    except ValueError:
        return None


def as_javascript(answer: Json) -> bytes:
    """Spell an answer to the byte: compact, and a whole number without a fraction."""
    text = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    return re.sub(r"(?<=[:,])-?0\.0(?=[,}])", "0", text).encode()


@settings(max_examples=rounds.times(quick=70, long=2_000))
@given(st.data())
def test_every_report_is_a_recount_of_the_imported_files(desk: Desk, data: st.DataObject) -> None:
    history = data.draw(histories())
    company = desk.company(history.zone, *history.files)
    for _ in range(QUERIES):
        if data.draw(st.integers(1, 3)) == 1:
            desk.set_hours(company, *data.draw(hours_of_somebody(history.zones)))
        query, spelling = data.draw(queries(history.zones, history.days, LOGINS)), data.draw(st.sampled_from(SPELLINGS))
        assert_every_report_is_a_recount(desk, company, list(history.tickets), query, spelling)


@st.composite
def deeds(draw: st.DrawFn) -> tuple[str, str, Json]:
    """Something that can be done to a ticket: the method, the end of the path, the body."""
    kinds: list[tuple[str, str, dict[str, st.SearchStrategy[Any]]]] = [
        ("PUT", "/tags", {"tag": st.lists(st.sampled_from(TAGS), max_size=2)}),
        ("PUT", "", {"status": st.sampled_from(["open", "pending", "solved", "solved", "spam", "spam"])}),
        ("PUT", "", {"status": st.just("open")}),
        ("PUT", "", {"assignee": st.sampled_from([None, *({"id": login} for login in WORKERS)])}),
        ("PUT", "", {"group": st.lists(st.sampled_from([0, 1, 2, 77]), min_size=1, max_size=2)}),
        ("PUT", "/rating", {"rate": st.sampled_from(["good", "bad"])}),
        ("POST", "/messages", {"message": st.just("Hi"), "is_private": st.booleans()}),
        ("POST", "/messages", {"message": st.just("Hi"), "author": st.just({"type": "client"})}),
    ]
    method, end, fields = draw(st.sampled_from(kinds))
    return method, end, {name: draw(value) for name, value in fields.items()}


def do(desk: Desk, company: Company, worker: int, ticket: Json, deed: tuple[str, str, Json]) -> None:
    """Do it; only spam may not be rated."""
    method, end, body = deed
    headers = company.workers[worker] | {"Content-Type": "application/json"}
    answer = desk.server.ask(method, f"/tickets/{ticket['id']}{end}", json.dumps(body).encode(), headers)
    assert answer.status == 200 or (answer.status == 409 and end == "/rating"), answer


@settings(max_examples=rounds.times(quick=18, long=500))
@given(st.data())
def test_every_report_is_a_recount_of_what_the_api_shows_after_changes(desk: Desk, data: st.DataObject) -> None:
    history = data.draw(histories(most=5))
    company = desk.company(history.zone, *history.files)
    desk.server.ask("POST", "/tickets", b"message=Hi&requester[mail]=t@x.com&group=1&source[type]=mail", company.workers[0])
    today = [datetime.now(UTC).date()]
    zones = ("Pacific/Kiritimati", "Pacific/Marquesas")
    tickets = desk.tickets(company)
    for _ in range(2):
        for worker, place, deed in data.draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5), deeds()), min_size=1, max_size=8)):
            do(desk, company, worker, tickets[place % len(tickets)], deed)
        tickets = desk.tickets(company)
        for days in (today, today, history.days):
            assert_every_report_is_a_recount(desk, company, tickets, data.draw(queries(zones, days, WORKERS, open_ends=7)))
    elsewhere = desk.company(company.zone, desk.exported(company))
    assert_every_report_is_a_recount(desk, elsewhere, tickets, data.draw(queries(zones, today, WORKERS)))
