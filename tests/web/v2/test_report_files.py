"""format=csv and format=json: every report, and the tickets behind it, as files of any length."""

import csv
import io
from typing import Any

import pytest

from tests.web.v2.companies import BEN, Company
from tests.web.v2.three_days import DAYS

REPORTS = (
    *("new_tickets", "first_response_time", "solved_tickets", "resolution_time", "ticket_sources", "ratings"),
    *("backlog", "reopened_tickets", "next_response_time", "messages"),
)
DAY = {"date_from": "2014-01-12", "date_to": "2014-01-12"}


def table(company: Company, path: str, **parameters: Any) -> list[list[str]]:
    """Read a file of CSV as any program would."""
    answer = company.get(path, params=DAYS | parameters | {"format": "csv"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.content.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(answer.text, newline="")))


def cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    "more", [{}, DAY, {"group_by": "month"}, {"explain": "1"}, {"percentiles": "1", "explain": "1", "group_by": "year"}]
)
@pytest.mark.parametrize("report", REPORTS)
def test_a_file_says_what_the_answer_says(three_days: Company, report: str, more: dict[str, str]) -> None:
    path = f"/reports/tickets/{report}"
    answer = three_days.json(path, **DAYS | more)
    rows = table(three_days, path, **more)
    assert rows[0] == ["row", *next(iter(answer.values()))]
    assert [row[0] for row in rows[1:]] == list(answer)
    assert [row[1:] for row in rows[1:]] == [[cell(value) for value in row.values()] for row in answer.values()]
    assert three_days.json(path, **DAYS | more, format="json") == answer
    if "explain" in more:
        assert three_days.json(rows[1][rows[0].index("tickets")])["count"] == int(rows[1][rows[0].index("count")])


@pytest.mark.parametrize("report", [*REPORTS, "ratings/ranking"])
def test_a_file_of_tickets_has_all_that_the_pages_have(three_days: Company, report: str) -> None:
    path = f"/reports/tickets/{report}/tickets"
    page = three_days.json(path, **DAYS)
    file = three_days.json(path, **DAYS, format="json")
    assert file == {name: value for name, value in page.items() if name not in {"page", "pages"}}
    names, *rows = table(three_days, path)
    assert len(rows) == page["total"] == len(page["tickets"])
    for row, part in zip(rows, page["tickets"], strict=True):
        told = dict(zip(names, row, strict=True))
        assert told["instants"] == "; ".join(" ".join(each.values()) for each in part.pop("instants"))
        assert told["excluded"] == " ".join(f"{each['from']}/{each['to']}" for each in part.pop("excluded", ()))
        assert {name: told[name] for name in part} == {name: cell(value) for name, value in part.items()}


def test_a_row_of_hours_is_opened_into_a_file(three_days: Company) -> None:
    rows = table(three_days, "/reports/tickets/resolution_time/tickets", **DAY, row="16:00", definition="open")
    assert [(row[0], row[2], row[3]) for row in rows[1:]] == [("CCCCC", "2014-01-12T16:30:00Z", BEN.id)]
    excluded = rows[0].index("excluded")
    assert rows[1][excluded - 3 : excluded + 1] == ["99000", "3600", "1", "2014-01-12T12:00:00Z/2014-01-12T13:00:00Z"]


def test_the_ranking_is_a_table_too(three_days: Company) -> None:
    path = "/reports/tickets/ratings/ranking"
    ranking = three_days.json(path, **DAYS, explain="1")["ranking"]
    rows = table(three_days, path, explain="1")
    assert rows == [list(ranking[0]), *([cell(value) for value in place.values()] for place in ranking)]
    assert table(three_days, path, tag="none") == [["good", "bad", "total", "score", "name"]]
    assert three_days.json(path, **DAYS, format="json") == three_days.json(path, **DAYS)


def test_there_is_no_limit_of_rows(three_days: Company) -> None:
    """Twenty years of hours are more than an answer may have; a file has them all, as five answers of four years have them."""
    path, zone = "/reports/tickets/new_tickets", "Australia/Lord_Howe"
    ask = {"group_by": "hour", "timezone": zone}
    refused = three_days.get(path, params=ask | {"date_from": "2005-01-01", "date_to": "2024-12-31"})
    assert refused.status_code == 400
    assert "format=csv" in refused.json()["message"]
    rows = table(three_days, path, **ask | {"date_from": "2005-01-01", "date_to": "2024-12-31"})
    expected = [["row", "new_tickets"]]
    for year in range(2005, 2025, 4):
        answer = three_days.json(path, **ask, date_from=f"{year}-01-01", date_to=f"{year + 3}-12-31")
        expected += [[key, str(row["new_tickets"])] for key, row in answer.items()]
    assert rows == expected
    assert sum(int(count) for _, count in rows[1:]) == 5


def test_a_file_is_named(three_days: Company) -> None:
    head = three_days.get("/reports/tickets/resolution_time", params=DAYS | {"format": "csv", "definition": "open"}).headers
    assert head["content-disposition"] == 'attachment; filename="resolution_time-2014-01-10-2014-01-12.csv"'
    assert head["deskline-definition"] == "open"
    head = three_days.get("/reports/tickets/resolution_time/tickets", params=DAYS | {"format": "json"}).headers
    assert head["content-disposition"] == 'attachment; filename="resolution_time-tickets-2014-01-10-2014-01-12.json"'
    assert head["content-type"] == "application/json; charset=utf-8"
    assert head["deskline-definition"] == "livechat"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_is_a_formula(company: Company, start: str) -> None:
    subject = f'{start}1+HYPERLINK("https://e.example","x"),"\n2'
    company.created("AAAAA", "2014-01-10T08:00:00Z", subject=subject)
    told = dict(zip(*table(company, "/reports/tickets/new_tickets/tickets"), strict=True))
    assert told["subject"] == f"'{subject}"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"format": "xml"}, "format: 'xml'"),
        ({"format": "csv", "page": "2"}, "page: is given together with format; accepted: one of the two: a file has all pages"),
        ({"format": "csv", "row": "2014-01-13"}, "row: '2014-01-13' is no row of this range"),
    ],
)
def test_what_is_refused_has_its_status(three_days: Company, more: dict[str, str], problem: str) -> None:
    answer = three_days.get("/reports/tickets/ratings/tickets", params=DAYS | more)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(problem), answer.text


def test_a_file_is_no_script(three_days: Company) -> None:
    answer = three_days.get("/reports/tickets/ratings", params=DAYS | {"format": "csv", "callback": "show"})
    assert answer.status_code == 400
    assert "callback: is given together with format; accepted: one of the two: a file is no script" in answer.text


def test_files_of_nothing(company: Company) -> None:
    assert table(company, "/reports/tickets/new_tickets/tickets")[1:] == []
    file = company.json("/reports/tickets/new_tickets/tickets", **DAYS, format="json")
    assert (file["total"], file["tickets"]) == (0, [])


@pytest.mark.parametrize("form", ["csv", "json"])
def test_links_that_are_too_long_are_refused_before_the_file_begins(company: Company, form: str) -> None:
    """The first years of this range would do: 1970 to 1979 by hour are fewer rows than all decades after it."""
    tags = [f"{number}{'x' * 90}" for number in range(10)]
    asked = {"date_from": "1979-12-01", "date_to": "1999-12-31", "group_by": "hour", "explain": "1", "tag[]": tags, "format": form}
    answer = company.get("/reports/tickets/new_tickets", params=asked)
    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith("explain: the links of ")
