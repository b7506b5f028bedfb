"""GET /reports/tickets/agents, groups and tags: each number is that of its report, and opens."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.v2.companies import ANN, BEN, SALES, SUPPORT, Company
from tests.web.v2.three_days import DAYS, live_three_days

REPORTS = ("first_response_time", "next_response_time", "resolution_time", "reopened_tickets", "messages", "ratings")
OF = {"agents": REPORTS, "groups": ("new_tickets", *REPORTS), "tags": ("new_tickets", *REPORTS)}
FILTER = {"agents": "agent", "groups": "group", "tags": "tag[]"}
BOTH = sorted([ANN.id, BEN.id])


def summary(company: Company, name: str, **parameters: Any) -> dict[str, Any]:
    found: dict[str, Any] = company.json(f"/reports/tickets/{name}", **DAYS | parameters)
    return found


def test_each_agent_has_a_row(three_days: Company) -> None:
    rows = summary(three_days, "agents")
    assert list(rows) == BOTH
    assert rows[BEN.id] == {
        "name": BEN.name,
        "first_response_time": {"count": 1, "hours": 0.5},  # A
        "next_response_time": {"count": 0, "hours": None},
        "resolution_time": {"count": 3, "hours": 33.5},  # B 24, C 28.5, F 48
        "reopened_tickets": {"reopened_tickets": 0},
        "messages": {"messages": 1, "notes": 0},
        "ratings": {"bad": 2, "good": 1},  # B and C; F
        "backlog": {"open": 0, "pending": 0},
    }
    assert rows[ANN.id]["resolution_time"] == {"count": 1, "hours": 2}
    assert rows[ANN.id]["reopened_tickets"] == {"reopened_tickets": 1}


def test_each_group_and_each_tag_has_a_row(three_days: Company) -> None:
    rows = summary(three_days, "groups")
    assert [(key, row["name"], row["new_tickets"]) for key, row in rows.items()] == [
        ("0", "All operators", {"new_tickets": 2}),
        ("1", "Sales", {"new_tickets": 2}),
        ("2", "Support", {"new_tickets": 2}),
    ]
    assert rows["0"]["backlog"] == {"open": 1, "pending": 0}  # D
    assert summary(three_days, "groups", date_from="2014-01-10", date_to="2014-01-10")["2"]["backlog"] == {"open": 0, "pending": 1}  # F
    assert [(key, row["new_tickets"]) for key, row in summary(three_days, "tags").items()] == [("vip", {"new_tickets": 2})]
    assert "name" not in summary(three_days, "tags")["vip"]


FILTERS = [
    {},
    {"group": "2"},
    {"tag[]": "vip"},
    {"agent": BEN.id},
    {"definition": "every"},
    {"definition": "open", "agent": ANN.id, "tag[]": "vip"},
]


@pytest.mark.parametrize("more", FILTERS)
@pytest.mark.parametrize("days", [DAYS, {"date_from": "2014-01-12", "date_to": "2014-01-12", "timezone": "Asia/Kathmandu"}])
@pytest.mark.parametrize("name", OF)
def test_each_number_is_that_of_its_report(three_days: Company, name: str, days: dict[str, str], more: dict[str, str]) -> None:
    ask = days | more
    rows = summary(three_days, name, **ask)
    own = more.get(FILTER[name])
    assert set(rows) <= ({own} if own else {"vip", "0", "1", "2", *BOTH})
    there = set()
    for key in ("vip", "0", "1", "2", *BOTH):
        if (name == "groups") != key.isdigit() or (name == "tags") != (key == "vip") or own not in {None, key}:
            continue
        reports = [report for report in OF[name] if report != "new_tickets" or "agent" not in more]  # which nobody is credited with
        asked = {report: one(three_days, report, ask | {FILTER[name]: key}) for report in reports}
        asked["backlog"] = last(three_days, ask | {FILTER[name]: key})
        if any(value for row in asked.values() for value in row.values()):
            there.add(key)
            assert {report: row for report, row in rows[key].items() if report != "name"} == asked
    assert set(rows) == there


def one(company: Company, report: str, ask: dict[str, str]) -> dict[str, Any]:
    """A report's row over the whole range."""
    (row,) = company.json(f"/reports/tickets/{report}", **ask | {"group_by": "year"}).values()
    return {name: value for name, value in row.items() if name not in {"begin", "end"}}


def last(company: Company, ask: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = list(company.json("/reports/tickets/backlog", **ask | {"group_by": "day"}).values())[-1]
    return row


@pytest.mark.parametrize("name", OF)
def test_each_number_opens(three_days: Company, name: str) -> None:
    for row in summary(three_days, name, explain="1", definition="every").values():
        for report in (*OF[name], "backlog"):
            shown = row[report]
            opened = three_days.get(shown.pop("tickets")).json()
            count = shown["count"] if report in {"first_response_time", "next_response_time", "resolution_time"} else shown.pop("count")
            assert (opened["report"], opened["values"], opened["count"]) == (report, shown, count)
            assert len(opened["tickets"]) == opened["total"] == count


def test_without_a_row_all_of_the_range_is_opened_and_the_first_report_unless_told_otherwise(three_days: Company) -> None:
    opened = summary(three_days, "groups/tickets")
    assert (opened["report"], opened["row"], opened["count"]) == ("new_tickets", None, 5)
    opened = summary(three_days, "agents/tickets", row=BEN.id)
    assert (opened["report"], opened["row"], opened["count"]) == ("first_response_time", BEN.id, 1)


def test_a_number_is_opened_into_a_file(three_days: Company) -> None:
    answer = three_days.get("/reports/tickets/agents/tickets", params=DAYS | {"row": BEN.id, "of": "ratings", "format": "csv"})
    assert [row["id"] for row in csv.DictReader(io.StringIO(answer.text))] == ["BBBBB", "CCCCC", "FFFFF"]


def test_summaries_are_tables_too(three_days: Company) -> None:
    answer = three_days.get("/reports/tickets/groups", params=DAYS | {"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="groups-2014-01-10-2014-01-12.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["row"], row["name"], row["resolution_time.count"], row["backlog.open"]) for row in rows] == [
        ("0", "All operators", "1", "1"),
        ("1", "Sales", "2", "0"),
        ("2", "Support", "2", "0"),
    ]
    empty = three_days.get("/reports/tickets/groups", params=DAYS | {"format": "csv", "group": "9"}).text
    assert empty == answer.text.partition("\r\n")[0] + "\r\n"
    explained = three_days.get("/reports/tickets/tags", params=DAYS | {"format": "csv", "tag[]": "none", "explain": "1"}).text
    assert explained.startswith("row,new_tickets.new_tickets,new_tickets.count,new_tickets.tickets,first_response_time.count,")


def test_odd_names_are_rows_and_open(company: Company) -> None:
    tags = ("=1+1", "a&b=c", "g:1", "ż", "t:", "100%", '"', "\U0001f389", "\U0010ffff")
    company.created("AAAAA", "2014-01-10T08:00:00Z", tags=tags)
    company.created("BBBBB", "2014-01-10T08:00:00Z", tags=tags[:2], groups=(SALES,))
    rows = summary(company, "tags", explain="1")
    assert list(rows) == sorted(tags)
    for tag, row in rows.items():
        opened = company.get(row["new_tickets"]["tickets"]).json()
        assert row["new_tickets"]["new_tickets"] == opened["total"] == 1 + (tag in tags[:2]), tag
    assert "\r\n'=1+1,2," in company.get("/reports/tickets/tags", params=DAYS | {"format": "csv"}).text


def test_many_rows(company: Company) -> None:
    for number in range(60):
        company.created(f"T{number:04}", "2014-01-10T08:00:00Z", tags=(f"a{number:02}", f"b{number:02}"))
    assert {key: row["new_tickets"]["new_tickets"] for key, row in summary(company, "tags").items()} == {
        f"{letter}{number:02}": 1 for letter in "ab" for number in range(60)
    }
    lines = company.get("/reports/tickets/tags", params=DAYS | {"format": "csv"}).text.split("\r\n")
    assert [line.partition(",")[0] for line in lines[1:4]] == ["a00", "a01", "a02"]


@pytest.mark.parametrize(
    ("zone", "days", "instants"),
    [
        (
            "America/St_Johns",  # where clocks changed at 00:01
            ("2010-11-06", "2010-11-07"),
            ("2010-11-07T02:29:59Z", "2010-11-07T02:30:30Z", "2010-11-07T02:31:00Z", "2010-11-07T03:29:59Z"),
        ),
        (
            "Africa/Monrovia",  # which was 44½ minutes behind
            ("1971-12-30", "1971-12-31"),
            ("1971-12-30T00:44:29Z", "1971-12-30T00:44:30Z", "1971-12-31T00:44:29Z", "1971-12-31T00:44:30Z"),
        ),
    ],
)
def test_borders_that_no_slot_has(found_live: Callable[..., Company], zone: str, days: tuple[str, str], instants: tuple[str, ...]) -> None:
    company = found_live(zone=zone)
    for number, at in enumerate(instants):
        company.created(f"T{number:04}", at, tags=("vip",))
        company.solved(f"T{number:04}", at)
    counts = []
    for day in days:
        ask = {"date_from": day, "date_to": day}
        (expected,) = company.json("/reports/tickets/new_tickets", **ask, group_by="year").values()
        counts.append(expected["new_tickets"])
        for name in OF:
            assert [row["resolution_time"]["count"] for row in summary(company, name, **ask).values()] == [counts[-1]], (name, day)
    assert min(counts) > 0


def test_a_definition_is_told(three_days: Company) -> None:
    assert three_days.get("/reports/tickets/agents", params={"definition": "first"}).headers["deskline-definition"] == "first"


def test_working_time_that_is_not_counted_yet(found_live: Callable[..., Company]) -> None:
    """Hours that were just changed hold at once, whether the server has measured anew or not."""
    company = found_live()
    live_three_days(company)
    assert company.put("/working_hours", json={"timezone": "UTC", "days": {"friday": "09:00-17:00"}, "holidays": []}).status_code == 200
    assert summary(company, "agents", definition="business")[ANN.id]["resolution_time"] == {"count": 1, "hours": 1}  # A, from 9 to 10


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("agents/tickets?row=ann@example.com&of=new_tickets", "of: 'new_tickets' is not one of them; accepted: first_response_time"),
        ("agents/tickets?of=ratings&row=nobody", "row: 'nobody' is no row of this report; accepted is one of its keys"),
        ("agents/tickets?of=backlog&row=nobody", "row: 'nobody' is no row of this report; accepted is one of its keys"),
        ("agents/tickets?of=ratings&row=ann@example.com&agent=ben@example.com", "row: 'ann@example.com' is no row of this report"),
        ("groups/tickets?of=ratings&row=sales", "row: 'sales' is no id of a group; accepted is a key of the report"),
        ("groups/tickets?of=ratings&row=7", "row: '7' is no row of this report"),
        ("tags?definition=mine", "definition: 'mine'"),
        ("tags?timezone=Mars", "timezone: 'Mars'"),
        ("groups?format=xml", "format: 'xml'"),
    ],
)
def test_what_is_refused(three_days: Company, path: str, problem: str) -> None:
    (refused,) = three_days.refused(f"/reports/tickets/{path}")
    assert refused.startswith(problem), refused


def test_there_is_nothing(company: Company) -> None:
    assert [summary(company, name) for name in OF] == [{}, {}, {}]
    assert company.json("/reports/tickets/agents", date_from="9998-01-01", date_to="9998-12-31") == {}


def test_groups_are_in_the_order_of_their_numbers(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z", groups=(SUPPORT, SALES), tags=("b", "a"))
    assert list(summary(company, "groups")) == ["1", "2"]
    assert list(summary(company, "tags")) == ["a", "b"]
