"""GET /reports/tickets/solved_tickets"""

from typing import Any

from tests.web.v2.companies import Company
from tests.web.v2.three_days import DAYS

PATH = "/reports/tickets/solved_tickets"


def counts(company: Company, **parameters: Any) -> list[int]:
    return [row["solved_tickets"] for row in company.json(PATH, **DAYS | parameters).values()]


def test_it_works(three_days: Company) -> None:
    answer = three_days.get(PATH, params=DAYS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    # A; B; C (its last solve only) and F.
    assert answer.text == '{"2014-01-10":{"solved_tickets":1},"2014-01-11":{"solved_tickets":1},"2014-01-12":{"solved_tickets":2}}'


def test_hours_of_one_day(three_days: Company) -> None:
    found = three_days.json(PATH, date_from="2014-01-12", date_to="2014-01-12")
    assert {hour: row["solved_tickets"] for hour, row in found.items() if row["solved_tickets"]} == {"08:00": 1, "16:00": 1}


def test_agent_is_who_solved_or_had_it_when_it_solved_itself(three_days: Company) -> None:
    assert counts(three_days, agent="ann@example.com") == [1, 0, 0]  # A; C was solved again, by Ben
    assert counts(three_days, agent="ben@example.com") == [0, 1, 2]  # B; C, F
    assert counts(three_days, agent="zoe@example.com") == [0, 0, 0]


def test_group_and_tag(three_days: Company) -> None:
    assert counts(three_days, group="2") == [0, 0, 2]  # C, F
    assert counts(three_days, tag="vip") == [1, 0, 1]  # A, C
    assert counts(three_days, group="1", tag="vip", agent="ben@example.com") == [0, 0, 1]


def test_a_ticket_that_was_opened_again_still_counts(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.solved("AAAAA", "2014-01-10T09:00:00Z")
    company.changed("AAAAA", "2014-01-11T09:00:00Z", status="open")
    assert counts(company) == [1, 0, 0]
    company.solved("AAAAA", "2014-01-12T09:00:00Z")
    assert counts(company) == [0, 0, 1]


def test_a_later_assignee_gets_nothing(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.solved("AAAAA", "2014-01-10T09:00:00Z")
    company.put("/tickets/AAAAA", json={"assignee": "ben@example.com"})
    assert counts(company, agent="ann@example.com") == [1, 0, 0]
    assert counts(company, agent="ben@example.com") == [0, 0, 0]
