"""GET /reports/tickets/first_response_time"""

from typing import Any

from deskline.domain.events import Created, Messaged, Source
from tests.web.v2.companies import ANN, BEN, MARY, Company, instant
from tests.web.v2.three_days import DAYS

PATH = "/reports/tickets/first_response_time"
NONE = {"count": 0, "hours": None}


def rows(company: Company, **parameters: Any) -> list[Any]:
    return list(company.json(PATH, **DAYS | parameters).values())


def test_it_works(three_days: Company) -> None:
    answer = three_days.get(PATH, params=DAYS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    # A: 0.5 h. B and C: (1.5 h + 0.8 h) / 2. Nothing on the 12th: a note is no response.
    assert answer.text == (
        '{"2014-01-10":{"count":1,"hours":0.5},"2014-01-11":{"count":2,"hours":1.15},"2014-01-12":{"count":0,"hours":null}}'
    )


def test_hours_of_one_day(three_days: Company) -> None:
    found = three_days.json(PATH, date_from="2014-01-11", date_to="2014-01-11")
    assert {hour: row for hour, row in found.items() if row != NONE} == {
        "01:00": {"count": 1, "hours": 1.5},
        "12:00": {"count": 1, "hours": 0.8},
    }


def test_agent_is_who_responded(three_days: Company) -> None:
    assert rows(three_days, agent="ben@example.com") == [{"count": 1, "hours": 0.5}, NONE, NONE]
    assert rows(three_days, agent="ann@example.com") == [NONE, {"count": 2, "hours": 1.15}, NONE]
    assert rows(three_days, agent="zoe@example.com") == rows(three_days, agent="ANN@example.com") == [NONE, NONE, NONE]


def test_group_and_tag(three_days: Company) -> None:
    assert rows(three_days, group="1") == [NONE, {"count": 2, "hours": 1.15}, NONE]
    assert rows(three_days, group="2") == [NONE, {"count": 1, "hours": 0.8}, NONE]
    assert rows(three_days, tag="vip") == [{"count": 1, "hours": 0.5}, {"count": 1, "hours": 0.8}, NONE]
    assert rows(three_days, tag="vip", group="0", agent="ben@example.com") == [{"count": 1, "hours": 0.5}, NONE, NONE]


def test_only_the_first_counts(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.replied("AAAAA", "2014-01-10T09:00:00Z", by=BEN)
    company.replied("AAAAA", "2014-01-11T09:00:00Z", by=ANN)
    assert rows(company) == [{"count": 1, "hours": 1}, NONE, NONE]


def test_an_opening_message_of_an_agent_is_no_response(company: Company) -> None:
    at = instant("2014-01-10T08:00:00Z")
    company.told(
        "AAAAA",
        Created(at=at, requester=MARY, source=Source("agent-app-manual"), subject="?", groups=()),
        Messaged(at=at, author=ANN, text="Mary called: her order is late."),
        Messaged(at=at, author=BEN, text="It left on Monday."),
    )
    assert rows(company) == [{"count": 1, "hours": 0}, NONE, NONE]
    assert rows(company, agent=BEN.id)[0] == {"count": 1, "hours": 0}


def test_seconds_are_those_of_the_wire_and_hundredths_are_rounded_half_up(company: Company) -> None:
    # 08:00:00.9 to 08:00:18.1 is 18 whole seconds on the wire: half a hundredth of an hour, which is rounded up.
    company.created("AAAAA", "2014-01-10T08:00:00.900Z")
    company.replied("AAAAA", "2014-01-10T08:00:18.100Z")
    # 17 seconds are less than half.
    company.created("BBBBB", "2014-01-11T08:00:00Z")
    company.replied("BBBBB", "2014-01-11T08:00:17.999Z")
    # 49 min 48 s, as the documentation explains 0.83.
    company.created("CCCCC", "2014-01-12T08:00:00Z")
    company.replied("CCCCC", "2014-01-12T08:49:48Z")
    assert [row["hours"] for row in rows(company)] == [0.01, 0, 0.83]
