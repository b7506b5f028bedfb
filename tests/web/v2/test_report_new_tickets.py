"""GET /reports/tickets/new_tickets"""

from typing import Any

from tests.web.v2.companies import Company
from tests.web.v2.three_days import DAYS

PATH = "/reports/tickets/new_tickets"


def counts(company: Company, **parameters: Any) -> list[int]:
    return [row["new_tickets"] for row in company.json(PATH, **DAYS | parameters).values()]


def test_it_works(three_days: Company) -> None:
    answer = three_days.get(PATH, params=DAYS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    # A, B and F; C; D. E is spam.
    assert answer.text == '{"2014-01-10":{"new_tickets":3},"2014-01-11":{"new_tickets":1},"2014-01-12":{"new_tickets":1}}'


def test_hours_of_one_day(three_days: Company) -> None:
    rows = three_days.json(PATH, date_from="2014-01-10", date_to="2014-01-10")
    assert list(rows) == [f"{hour:02}:00" for hour in range(24)]
    assert {hour: row["new_tickets"] for hour, row in rows.items() if row["new_tickets"]} == {"08:00": 2, "23:00": 1}


def test_group(three_days: Company) -> None:
    assert counts(three_days, group="1") == [1, 1, 0]  # B, C
    assert counts(three_days, group="2") == [1, 1, 0]  # F, C
    assert counts(three_days, group="0") == [1, 0, 1]  # A, D
    assert counts(three_days, **{"group[]": ["1", "2"]}) == [2, 1, 0]  # C once
    assert counts(three_days, group="77") == [0, 0, 0]


def test_tag(three_days: Company) -> None:
    assert counts(three_days, tag="vip") == counts(three_days, **{"tag[]": "vip"}) == counts(three_days, **{"tag[0]": "vip"}) == [1, 1, 0]
    assert counts(three_days, **{"tag[]": ["vip", "other"]}) == [1, 1, 0]
    assert counts(three_days, tag="VIP") == counts(three_days, tag="other") == [0, 0, 0]


def test_group_and_tag(three_days: Company) -> None:
    assert counts(three_days, group="1", tag="vip") == [0, 1, 0]  # C


def test_an_agent_means_nothing_here(three_days: Company) -> None:
    assert counts(three_days, agent="ben@example.com") == [3, 1, 1]


def test_tagging_today_moves_what_was_counted_yesterday(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    assert counts(company, tag="late") == [0, 0, 0]
    company.put("/tickets/AAAAA/tags", json={"tag": ["late"]})
    company.put("/tickets/AAAAA", json={"group": [2]})
    assert counts(company, tag="late", group="2") == [1, 0, 0]


def test_spam_is_in_no_report_until_it_is_spam_no_more(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.put("/tickets/AAAAA", json={"status": "spam"})
    assert counts(company) == [0, 0, 0]
    company.put("/tickets/AAAAA", json={"status": "open"})
    assert counts(company) == [1, 0, 0]
