"""GET /reports/tickets/ticket_sources"""

from typing import Any

from tests.web.v2.companies import Company
from tests.web.v2.three_days import DAYS

PATH = "/reports/tickets/ticket_sources"


def columns(company: Company, **parameters: Any) -> list[tuple[int, ...]]:
    """The rows as (from chat window, from mail, from chat)."""
    return [tuple(row.values()) for row in company.json(PATH, **DAYS | parameters).values()]


def test_it_works(three_days: Company) -> None:
    answer = three_days.get(PATH, params=DAYS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    # A and F by mail, B by the chat window; C in a chat; D, from facebook, is in no column.
    assert answer.text == (
        '{"2014-01-10":{"tickets_from_chat_window":1,"tickets_from_mail":2,"tickets_from_chat":0},'
        '"2014-01-11":{"tickets_from_chat_window":0,"tickets_from_mail":0,"tickets_from_chat":1},'
        '"2014-01-12":{"tickets_from_chat_window":0,"tickets_from_mail":0,"tickets_from_chat":0}}'
    )


def test_hours_of_one_day(three_days: Company) -> None:
    found = three_days.json(PATH, date_from="2014-01-10", date_to="2014-01-10")
    assert {hour: tuple(row.values()) for hour, row in found.items() if any(row.values())} == {"08:00": (0, 2, 0), "23:00": (1, 0, 0)}


def test_group_and_tag(three_days: Company) -> None:
    assert columns(three_days, group="1") == [(1, 0, 0), (0, 0, 1), (0, 0, 0)]
    assert columns(three_days, group="2") == [(0, 1, 0), (0, 0, 1), (0, 0, 0)]
    assert columns(three_days, tag="vip") == [(0, 1, 0), (0, 0, 1), (0, 0, 0)]
    assert columns(three_days, group="1", tag="vip") == [(0, 0, 0), (0, 0, 1), (0, 0, 0)]


def test_an_agent_means_nothing_here(three_days: Company) -> None:
    assert columns(three_days, agent="ben@example.com") == [(1, 2, 0), (0, 0, 1), (0, 0, 0)]
