"""GET /reports/tickets/backlog, reopened_tickets, next_response_time and messages, worked out by hand."""

from typing import Any

import pytest

from tests.web.v2.companies import BEN, SUPPORT, Company
from tests.web.v2.three_days import DAYS


def rows(company: Company, report: str, **parameters: Any) -> list[Any]:
    return list(company.json(f"/reports/tickets/{report}", **DAYS | parameters).values())


def backlog(company: Company, **parameters: Any) -> list[tuple[Any, Any]]:
    return [(row["open"], row["pending"]) for row in rows(company, "backlog", **parameters)]


def test_the_backlog_is_what_was_there_at_the_end_of_each_day(three_days: Company) -> None:
    # The 10th: B open, F pending, A solved. The 11th: B solved before midnight, C open, F pending. The 12th: D only.
    assert backlog(three_days) == [(1, 1), (1, 1), (1, 0)]
    assert backlog(three_days, group=str(SUPPORT)) == [(0, 1), (1, 1), (0, 0)]  # F; C and F; none
    assert backlog(three_days, agent=BEN.id) == [(0, 1), (0, 1), (0, 0)]  # F, from when it was his
    assert backlog(three_days, agent="ann@example.com") == [(0, 0), (1, 0), (0, 0)]  # C, which she had since her answer
    assert backlog(three_days, tag="vip", group="2") == [(0, 0), (1, 0), (0, 0)]
    assert backlog(three_days, group_by="month") == [(1, 0)]


def test_the_backlog_hour_by_hour(three_days: Company) -> None:
    found = backlog(three_days, date_from="2014-01-12")
    # F pending until 8:10, C open until 12:00 and from 13:00 to 16:30, D open from 10:00.
    assert found[7:18] == [(1, 1), (1, 0), (1, 0), (2, 0), (2, 0), (1, 0), (2, 0), (2, 0), (2, 0), (1, 0), (1, 0)]


def test_the_backlog_of_what_is_to_come_is_unknown(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    today = max(company.json("/reports/tickets/backlog", date_from="2014-01-10"))
    found = company.json("/reports/tickets/backlog", date_from=today, date_to="9998-12-31", group_by="year")
    assert next(iter(found.values())) == {"begin": today, "end": f"{today[:4]}-12-31", "open": 1, "pending": 0}
    assert {(row["open"], row["pending"]) for row in list(found.values())[1:]} == {(None, None)}
    opened = company.json("/reports/tickets/backlog/tickets", date_from=today, date_to="9998-12-31", group_by="year", row="9000")
    assert (opened["values"], opened["total"], opened["tickets"]) == ({"open": None, "pending": None}, 0, [])


def test_spam_was_never_in_the_backlog(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    assert backlog(company) == [(1, 0)] * 3
    company.changed("AAAAA", "2014-01-11T08:00:00Z", status="spam")
    assert backlog(company) == [(0, 0)] * 3
    company.changed("AAAAA", "2014-01-12T08:00:00Z", status="open")
    assert backlog(company) == [(1, 0), (0, 0), (1, 0)]  # while it was spam, it waited for nobody


def test_the_tickets_behind_a_backlog(three_days: Company) -> None:
    explained = three_days.json("/reports/tickets/backlog", **DAYS, explain="1")
    assert [row["count"] for row in explained.values()] == [2, 2, 1]
    opened = three_days.get(explained["2014-01-11"]["tickets"]).json()
    assert (opened["values"], opened["count"], opened["total"]) == ({"open": 1, "pending": 1}, 2, 2)
    assert [(part["id"], part["status"], part["at"], part["until"], part["agent"]) for part in opened["tickets"]] == [
        ("FFFFF", "pending", "2014-01-10T09:00:00Z", "2014-01-12T08:10:00Z", BEN.id),
        ("CCCCC", "open", "2014-01-11T12:48:00Z", "2014-01-12T12:00:00Z", "ann@example.com"),
    ]
    last = three_days.json("/reports/tickets/backlog/tickets", **DAYS)
    assert [(part["id"], part["until"]) for part in last["tickets"]] == [("DDDDD", None)]


def test_a_ticket_that_was_solved_and_opened_again_counts_for_who_had_solved_it(three_days: Company) -> None:
    counted = [row["reopened_tickets"] for row in rows(three_days, "reopened_tickets")]
    assert counted == [0, 0, 1]  # C, by Mary's message on the 12th at 13:00; E is spam
    assert rows(three_days, "reopened_tickets", agent="ann@example.com")[2] == {"reopened_tickets": 1}
    assert rows(three_days, "reopened_tickets", agent=BEN.id)[2] == {"reopened_tickets": 0}
    opened = three_days.json("/reports/tickets/reopened_tickets/tickets", **DAYS, row="2014-01-12")
    assert [(part["id"], part["at"], part["agent"]) for part in opened["tickets"]] == [("CCCCC", "2014-01-12T13:00:00Z", "ann@example.com")]


def test_every_reopening_counts(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    for day in ("10", "11"):
        company.solved("AAAAA", f"2014-01-{day}T09:00:00Z", by=BEN)
        company.changed("AAAAA", f"2014-01-{day}T10:00:00Z", status="pending")
    company.solved("AAAAA", "2014-01-12T09:00:00Z")
    company.changed("AAAAA", "2014-01-12T10:00:00Z", status="spam")
    company.changed("AAAAA", "2014-01-12T11:00:00Z", status="open")
    counted = [row["reopened_tickets"] for row in rows(company, "reopened_tickets", agent=BEN.id)]
    assert counted == [1, 1, 0]  # what became spam and open again was not opened again by anybody's need


def test_the_time_to_a_later_answer_is_since_the_first_message_that_waited(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.replied("AAAAA", "2014-01-10T08:30:00Z", by_client=True)  # before the first answer, which answers it too
    company.replied("AAAAA", "2014-01-10T09:00:00Z")
    company.replied("AAAAA", "2014-01-10T10:00:00Z", by_client=True)
    company.replied("AAAAA", "2014-01-10T11:00:00Z", by_client=True)
    company.replied("AAAAA", "2014-01-10T11:30:00Z", by=BEN, private=True)  # a note answers nobody
    company.replied("AAAAA", "2014-01-10T12:30:00Z", by=BEN)
    company.replied("AAAAA", "2014-01-10T13:00:00Z")  # nobody waited for it
    company.replied("AAAAA", "2014-01-11T22:00:00Z", by_client=True)
    company.replied("AAAAA", "2014-01-12T04:00:00Z")
    assert rows(company, "next_response_time") == [{"count": 1, "hours": 2.5}, {"count": 0, "hours": None}, {"count": 1, "hours": 6}]
    assert rows(company, "next_response_time", agent=BEN.id)[2] == {"count": 0, "hours": None}
    assert rows(company, "first_response_time")[0] == {"count": 1, "hours": 1}
    opened = company.json("/reports/tickets/next_response_time/tickets", **DAYS, row="2014-01-10")
    assert [(part["from"], part["to"], part["seconds"], part["agent"]) for part in opened["tickets"]] == [
        ("2014-01-10T10:00:00Z", "2014-01-10T12:30:00Z", 9_000, BEN.id)
    ]
    assert (
        company.get("/reports/tickets/next_response_time", params={"definition": "business"}).headers["deskline-definition"] == "business"
    )


def test_messages_of_agents_and_notes_apart(three_days: Company) -> None:
    assert rows(three_days, "messages") == [{"messages": 1, "notes": 0}, {"messages": 2, "notes": 0}, {"messages": 0, "notes": 1}]
    assert rows(three_days, "messages", agent=BEN.id) == [{"messages": 1, "notes": 0}] + [{"messages": 0, "notes": 0}] * 2
    assert rows(three_days, "messages", agent=[BEN.id, "ann@example.com"], tag="vip")[1] == {"messages": 1, "notes": 0}
    opened = three_days.json("/reports/tickets/messages/tickets", **DAYS)
    assert sorted(part["id"] for part in opened["tickets"]) == ["AAAAA", "BBBBB", "CCCCC", "DDDDD"]


@pytest.mark.parametrize("report", ["backlog", "reopened_tickets", "next_response_time", "messages"])
def test_wrong_questions_are_refused_by_name(company: Company, report: str) -> None:
    for name, value in (
        ("definition", "best"),
        ("timezone", "Mars/Base"),
        ("date_from", "2014-13-01"),
        ("group_by", "decade"),
        ("group", "x"),
    ):
        for behind in ("", "/tickets"):
            assert company.refused(f"/reports/tickets/{report}{behind}", params={name: value})[0].startswith(f"{name}: ")
    assert company.refused(f"/reports/tickets/{report}/tickets", params=DAYS | {"row": "2014-01-13"})[0].startswith(
        "row: '2014-01-13' is no row"
    )


def test_medians_and_percentiles_beside_the_mean(company: Company) -> None:
    """Eleven tickets: eight solved on the 10th after 1 to 8 hours, three on the 11th after 1 to 3."""
    for number in range(1, 12):
        day, hour = ("10", number) if number < 9 else ("11", number - 8)
        company.created(f"AAA{number:02}", f"2014-01-{day}T00:00:00Z", tags=("vip",) if number % 2 else ())
        company.solved(f"AAA{number:02}", f"2014-01-{day}T{hour:02}:00:00Z")
    found = rows(company, "resolution_time", percentiles="1")
    # Of 1 to 8 the middle two are 4 and 5, and 8 is the smallest that nine of ten do not exceed (7.2 of them, so all 8).
    assert found[0] == {"count": 8, "hours": 4.5, "median_hours": 4.5, "p90_hours": 8}
    assert found[1] == {"count": 3, "hours": 2, "median_hours": 2, "p90_hours": 3}
    assert found[2] == {"count": 0, "hours": None, "median_hours": None, "p90_hours": None}
    assert rows(company, "resolution_time", percentiles="1", group_by="month", tag="vip")[0] == {
        "begin": "2014-01-10",
        "end": "2014-01-12",
        "count": 6,
        "hours": 3.33,  # 1, 1, 3, 3, 5, 7
        "median_hours": 3,
        "p90_hours": 7,
    }
    assert "median_hours" not in rows(company, "resolution_time", percentiles="0")[0]
    assert "median_hours" not in rows(company, "solved_tickets", percentiles="1")[0]  # it measures nothing
    assert rows(company, "first_response_time", percentiles="true", explain="1")[0].keys() == {
        *("count", "hours", "median_hours", "p90_hours", "tickets")
    }
    assert company.refused("/reports/tickets/resolution_time", params={"percentiles": "some"})[0].startswith("percentiles: ")


def test_medians_go_by_the_definition(three_days: Company) -> None:
    # C: 28.5 h in all, of which it was open for 24 and 3.5; F: 48 h, never open.
    assert rows(three_days, "resolution_time", percentiles="1")[2] == {"count": 2, "hours": 38.25, "median_hours": 38.25, "p90_hours": 48}
    assert rows(three_days, "resolution_time", percentiles="1", definition="open", tag="vip")[2]["median_hours"] == 27.5
    assert rows(three_days, "resolution_time", percentiles="1", definition="every")[2]["p90_hours"] == 48


def heat(company: Company, report: str, **parameters: Any) -> dict[str, Any]:
    """The rows of a heat map in which there is something."""
    found = company.json(f"/reports/tickets/{report}", **DAYS | {"group_by": "weekday_hour"} | parameters)
    assert len(found) == 7 * 24
    return {key: row for key, row in found.items() if any(row.values())}


def test_a_heat_map_is_of_the_hours_of_the_week(three_days: Company) -> None:
    # The 10th was a Friday. E is spam.
    created = {"friday 08:00": 2, "friday 23:00": 1, "saturday 12:00": 1, "sunday 10:00": 1}
    assert heat(three_days, "new_tickets") == {key: {"new_tickets": count} for key, count in created.items()}
    assert heat(three_days, "new_tickets", date_from="2013-12-01", date_to="2014-02-28") == heat(three_days, "new_tickets")
    in_kathmandu = heat(three_days, "new_tickets", timezone="Asia/Kathmandu", tag="vip")  # 5:45 ahead
    assert in_kathmandu == {"friday 13:00": {"new_tickets": 1}, "saturday 17:00": {"new_tickets": 1}}
    assert heat(three_days, "resolution_time", agent=BEN.id, definition="open") == {
        "saturday 23:00": {"count": 1, "hours": 24},  # B
        "sunday 08:00": {"count": 1, "hours": 0.83},  # F, pending since 9:00
        "sunday 16:00": {"count": 1, "hours": 27.5},  # C, not from 12:00 to 13:00
    }


def test_an_hour_of_the_week_is_opened_into_its_tickets_of_all_weeks(company: Company) -> None:
    for week in range(60):
        company.created(f"W{week:04}", f"{'2014-01-06' if week % 2 else '2014-01-13'}T{9 + week // 50:02}:{week % 50:02}:00Z")
    ask = {"date_from": "2013-01-01", "date_to": "2014-12-31", "group_by": "weekday_hour"}
    row = company.json("/reports/tickets/new_tickets", **ask, explain="1")["monday 09:00"]
    assert row["new_tickets"] == row["count"] == 50
    pages = [company.get(f"{row['tickets']}&page={page}").json() for page in (1, 2, 3)]
    assert [(page["total"], page["pages"], len(page["tickets"])) for page in pages] == [(50, 2, 25), (50, 2, 25), (50, 2, 0)]
    instants = [part["at"] for page in pages for part in page["tickets"]]
    earlier, later = range(1, 50, 2), range(0, 50, 2)
    expected = [("2014-01-06", minute) for minute in earlier] + [("2014-01-13", minute) for minute in later]
    assert instants == [f"{day}T09:{minute:02}:00Z" for day, minute in expected]
    assert company.json("/reports/tickets/new_tickets/tickets", **ask, row="monday 09:00", format="json")["total"] == 50


def test_a_backlog_has_no_heat_map(three_days: Company) -> None:
    for path in ("backlog", "backlog/tickets"):
        (problem,) = three_days.refused(f"/reports/tickets/{path}?group_by=weekday_hour")
        assert problem == "group_by: 'weekday_hour' is not one of them; accepted: hour, day, week, month, quarter, year"
