"""`definition` of the reports, and what is behind their numbers: GET /reports/tickets/<report>/tickets, and `explain`."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.v2.companies import BEN, Company
from tests.web.v2.three_days import DAYS

REPORTS = (
    *("new_tickets", "first_response_time", "solved_tickets", "resolution_time", "ticket_sources"),
    *("ratings", "ratings/ranking"),
)
DEFINITIONS = ("livechat", "every", "first", "open", "business")
ACCEPTED = "livechat, every, first, open, business"
DEFINED = ("first_response_time", "solved_tickets", "resolution_time")
NONE = {"count": 0, "hours": None}


def path_of(report: str) -> str:
    return f"/reports/tickets/{report}"


def rows(company: Company, report: str, **parameters: Any) -> list[Any]:
    return list(company.json(path_of(report), **DAYS | parameters).values())


def test_each_definition_of_the_time_to_solve(three_days: Company) -> None:
    # A: 2 h. B: 24 h. C: solved on the 12th after 24 h, opened at 13:00, solved again at 16:30. F: pending is never open; 48 h.
    livechat = [{"count": 1, "hours": 2}, {"count": 1, "hours": 24}, {"count": 2, "hours": 38.25}]
    assert rows(three_days, "resolution_time") == rows(three_days, "resolution_time", definition="livechat") == livechat
    # C twice: 24 h, and 3.5 h since it was opened again; F: 48 h.
    assert rows(three_days, "resolution_time", definition="every")[2] == {"count": 3, "hours": 25.17}
    assert rows(three_days, "resolution_time", definition="first")[2] == {"count": 2, "hours": 36}
    # C was open for 24 h and 3.5 h, and not for the hour between.
    assert rows(three_days, "resolution_time", agent=BEN.id, group="2", tag="vip", definition="open")[2] == {"count": 1, "hours": 27.5}
    assert rows(three_days, "resolution_time", definition="business") == livechat  # nobody said when work is done
    assert rows(three_days, "solved_tickets", definition="every") == [{"solved_tickets": count} for count in (1, 1, 3)]
    assert rows(three_days, "solved_tickets", definition="open") == [{"solved_tickets": count} for count in (1, 1, 2)]


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("behind", ["", "/tickets"])
def test_an_unknown_definition_is_refused_by_every_report(company: Company, report: str, behind: str) -> None:
    answer = company.get(path_of(report) + behind, params={"definition": "Every"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [f"definition: 'Every' is not one of them; accepted: {ACCEPTED}"]


@pytest.mark.parametrize("report", REPORTS)
def test_what_was_used_is_in_the_headers(company: Company, report: str) -> None:
    for behind in ("", "/tickets"):
        for definition in DEFINITIONS:
            expected = definition if report in DEFINED else None
            assert company.get(path_of(report) + behind, params={"definition": definition}).headers.get("deskline-definition") == expected
        assert company.get(path_of(report) + behind).headers.get("deskline-definition") == ("livechat" if report in DEFINED else None)


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("prefix", ["", "/v2"])
def test_every_row_opens_into_what_it_shows(three_days: Company, report: str, prefix: str) -> None:
    questions: list[dict[str, str]] = [{}, {"tag": "vip"}, {"group[]": "2"}, {"group_by": "month"}, {"timezone": "Asia/Kathmandu"}]
    for question in questions:
        for definition in DEFINITIONS:
            asked = DAYS | question | {"definition": definition}
            plain = three_days.json(prefix + path_of(report), **asked)
            explained = three_days.json(prefix + path_of(report), **asked, explain="1")
            for key, row, shown in pairs(plain, explained):
                link = shown.pop("tickets")
                assert link.startswith(prefix + path_of(report) + "/tickets?")
                opened = three_days.get(link).json()
                assert opened["row"] == key
                assert opened["count"] == opened["total"] == len(opened["tickets"]) == shown["count"]
                assert shown == row | {"count": shown["count"]}
                assert opened["values"].items() <= row.items()
                if "hours" in row:
                    assert opened["hours"] == row["hours"]
                if "seconds" in opened:
                    assert opened["seconds"] == sum(part["seconds"] for part in opened["tickets"])


def pairs(plain: Any, explained: Any) -> list[tuple[str, Any, Any]]:
    """Rows with their keys, plain and explained."""
    if "ranking" not in plain:
        return [(key, row, explained[key]) for key, row in plain.items()]
    return [(row["name"], row, other) for row, other in zip(plain["ranking"], explained["ranking"], strict=True)]


def test_a_row_is_told_ticket_by_ticket(company: Company) -> None:
    company.created("AAAAA", "2014-01-12T08:00:00Z", subject="Late again")
    company.changed("AAAAA", "2014-01-12T09:00:00Z", status="pending")
    company.changed("AAAAA", "2014-01-12T11:00:00Z", status="open")
    company.solved("AAAAA", "2014-01-12T11:30:00Z", by=BEN)
    answer = company.get(path_of("resolution_time") + "/tickets", params=DAYS | {"row": "2014-01-12", "definition": "open"})
    assert answer.json() == {
        "report": "resolution_time",
        "definition": "open",
        "row": "2014-01-12",
        "values": {"count": 1, "hours": 1.5},
        "count": 1,
        "seconds": 5_400,
        "hours": 1.5,
        "page": 1,
        "pages": 1,
        "total": 1,
        "tickets": [
            {
                "id": "AAAAA",
                "subject": "Late again",
                "at": "2014-01-12T11:30:00Z",
                "agent": BEN.id,
                "from": "2014-01-12T08:00:00Z",
                "to": "2014-01-12T11:30:00Z",
                "seconds": 5_400,
                "excluded_seconds": 7_200,
                "excluded_count": 1,
                "excluded": [{"from": "2014-01-12T09:00:00Z", "to": "2014-01-12T11:00:00Z"}],
                "instants": [
                    {"at": "2014-01-12T08:00:00Z", "what": "created"},
                    {"at": "2014-01-12T09:00:00Z", "what": "pending", "agent": "ann@example.com"},
                    {"at": "2014-01-12T11:00:00Z", "what": "open", "agent": "ann@example.com"},
                    {"at": "2014-01-12T11:30:00Z", "what": "solved", "agent": BEN.id},
                ],
                "instant_count": 4,
            }
        ],
    }


def test_without_a_row_it_is_the_whole_range(three_days: Company) -> None:
    opened = three_days.json(path_of("resolution_time") + "/tickets", **DAYS)
    assert (opened["row"], [part["id"] for part in opened["tickets"]]) == (None, ["AAAAA", "BBBBB", "FFFFF", "CCCCC"])
    assert opened["seconds"] == sum(part["seconds"] for part in opened["tickets"]) == 102.5 * 3_600
    assert opened["hours"] == 25.63  # 25.625, rounded half up
    everybody = three_days.json(path_of("ratings/ranking") + "/tickets", **DAYS)
    assert [(part["id"], part["rate"], part["agent"]) for part in everybody["tickets"]] == [
        ("AAAAA", "good", "ann@example.com"),
        ("BBBBB", "bad", "ben@example.com"),
        ("CCCCC", "bad", "ben@example.com"),
        ("FFFFF", "good", "ben@example.com"),
    ]
    assert three_days.json(path_of("ratings/ranking") + "/tickets", **DAYS, row="ann@example.com")["values"] == {"bad": 0, "good": 1}


@pytest.mark.parametrize(
    ("report", "row", "accepted"),
    [
        ("new_tickets", "2014-01-13", "is no row of this range; accepted are its keys, from '2014-01-10' to '2014-01-12'"),
        ("resolution_time", "10", "is no row of this range; accepted are its keys, from '2014-01-10' to '2014-01-12'"),
        ("ratings/ranking", "ANN@example.com", "is nobody in this ranking; accepted is the login of an agent who is, its `name`"),
    ],
)
def test_an_unknown_row_is_refused(three_days: Company, report: str, row: str, accepted: str) -> None:
    answer = three_days.get(path_of(report) + "/tickets", params=DAYS | {"row": row})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [f"row: '{row}' {accepted}"]


@pytest.mark.parametrize("row", ["02:00", "03:00"])
def test_an_hour_that_the_clocks_skip_is_a_row_of_nothing(company: Company, row: str) -> None:
    """In Warsaw 2:00 to 3:00 is missing on that day; the ticket is of 3:30."""
    company.created("AAAAA", "2014-03-30T01:30:00Z")
    asked = {"date_from": "2014-03-30", "date_to": "2014-03-30", "timezone": "Europe/Warsaw", "row": row}
    opened = company.json(path_of("new_tickets") + "/tickets", **asked)
    assert (opened["count"], [part["id"] for part in opened["tickets"]]) == ((0, []) if row == "02:00" else (1, ["AAAAA"]))


def test_long_lives_are_cut_short_and_say_so(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    for minute in range(60):
        company.changed("AAAAA", f"2014-01-10T09:{minute:02}:00Z", status="pending")
        company.changed("AAAAA", f"2014-01-10T09:{minute:02}:40Z", status="open")
    company.solved("AAAAA", "2014-01-10T10:00:00Z", by=BEN)
    (part,) = company.json(path_of("solved_tickets") + "/tickets", **DAYS, definition="open")["tickets"]
    assert (len(part["excluded"]), part["excluded_count"], part["excluded_seconds"]) == (50, 60, 60 * 40)
    assert (len(part["instants"]), part["instant_count"]) == (100, 122)
    assert part["seconds"] == 2 * 3_600 - 60 * 40


def test_what_is_wrong_is_said_all_at_once(company: Company) -> None:
    answer = company.get(path_of("ratings") + "/tickets?page=0&date_from=yesterday&definition=all&explain=maybe&timezone=Nowhere")
    assert answer.status_code == 400
    assert [each.partition(":")[0] for each in answer.json()["errors"]] == ["page", "timezone", "date_from", "definition", "explain"]


def test_many_tickets_come_in_pages(company: Company) -> None:
    for number in range(53):
        company.created(f"{number:05}", f"2014-01-10T08:00:{number % 7:02}Z")
    first = company.json(path_of("new_tickets") + "/tickets", **DAYS, row="2014-01-10")
    assert (first["page"], first["pages"], first["total"], first["count"]) == (1, 3, 53, 53)
    pages = [company.json(path_of("new_tickets") + "/tickets", **DAYS, row="2014-01-10", page=page)["tickets"] for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [25, 25, 3, 0]
    found = [part["id"] for page in pages for part in page]
    assert found == sorted((f"{number:05}" for number in range(53)), key=lambda ticket_id: (int(ticket_id) % 7, ticket_id))


def test_a_link_says_what_the_question_left_open(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z", tags=("a b",))
    asked = "date_to=2014-01-09&tag%5B%5D=a+b&agent=zoë&callback=show&explain=true&_=17"
    answer = company.get(f"/v2{path_of('solved_tickets')}?{asked}")
    link = answer.text.partition('"tickets":"')[2].partition('"')[0]
    parts = urlsplit(link)
    assert parts.path == "/v2/reports/tickets/solved_tickets/tickets"
    assert parse_qs(parts.query) == {
        "tag[]": ["a b"],
        "agent": ["zoë"],
        "date_from": ["2014-01-09"],
        "date_to": ["2014-01-09"],
        "group_by": ["hour"],
        "row": ["00:00"],
    }
    assert company.get(link).json()["total"] == 0


def test_links_are_bounded(company: Company) -> None:
    answer = company.get(
        path_of("new_tickets"), params={"date_from": "1970-01-01", "date_to": "2200-12-31", "group_by": "day", "explain": "1"}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        "explain: the links of 84,371 rows are too long; accepted is a shorter range, a longer group_by or fewer filters"
    ]


def test_the_links_of_an_account_that_is_older_than_dates_open(found_live: Callable[..., Company]) -> None:
    """West of Greenwich the first instant is of a day that cannot be asked for."""
    company = found_live(zone="America/New_York")
    company.created("AAAAA", "1970-01-01T00:00:00Z")
    rows = company.json("/reports/tickets/new_tickets", date_to="1970-12-31", group_by="year", explain="1")
    assert [(key, row["new_tickets"]) for key, row in rows.items()] == [("1969", 1), ("1970", 0)]
    assert [company.get(row["tickets"]).json()["count"] for row in rows.values()] == [1, 0]
