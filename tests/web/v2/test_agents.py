"""GET /agents and GET /agents/<login>"""

import pytest

from tests.web.v2.companies import SALES, SUPPORT, Company

ANN = {"name": "Ann Owner", "permission": "owner", "avatar": "", "login": "ann@example.com", "status": "offline"}
BEN = {"name": "Ben Agent", "permission": "normal", "avatar": "", "login": "ben@example.com", "status": "offline"}


def test_it_works(company: Company) -> None:
    answer = company.get("/agents")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json() == [ANN, BEN]


@pytest.mark.parametrize("status", ["accepting chats", "not accepting chats", "offline"])
def test_status(company: Company, status: str) -> None:
    company.hired("zoe@example.com", status=status)
    logins = [agent["login"] for agent in company.json("/agents", status=status)]
    assert logins == (["ann@example.com", "ben@example.com", "zoe@example.com"] if status == "offline" else ["zoe@example.com"])


def test_a_status_that_is_none(company: Company) -> None:
    assert company.refused("/agents?status=away") == [
        "status: 'away' is not one of them; accepted: accepting chats, not accepting chats, offline"
    ]


def test_one_agent(company: Company) -> None:
    company.hired(
        "zoe@example.com",
        name="Zoë",
        permission="administrator",
        status="accepting chats",
        job_title="Support Agent",
        groups=(SALES, SUPPORT),
    )
    assert company.json("/agents/zoe@example.com") == {
        "login": "zoe@example.com",
        "name": "Zoë",
        "login_status": "accepting chats",
        "permission": "administrator",
        "daily_summary": 0,
        "job_title": "Support Agent",
        "avatar": "",
        "notifications": {"new_visitor": 0, "returning_visitor": 0, "queued_visitor": 0, "visitor_is_typing": 0, "new_goal": 0},
        "max_chats_count": 0,
        "groups": [{"id": 1, "name": "Sales"}, {"id": 2, "name": "Support"}],
        "status": "accepting chats",
        "last_logout": 0,
    }


@pytest.mark.parametrize("login", ["ben@example.com", "ben%40example.com", "BEN@Example.com", "ben@example.com/"])
def test_a_login_in_the_path_however_it_is_written(company: Company, login: str) -> None:
    assert company.json(f"/agents/{login}")["login"] == "ben@example.com"


def test_a_plus_in_a_login_is_a_plus(company: Company) -> None:
    company.hired("zoe+desk@example.com")
    assert company.json("/agents/zoe+desk@example.com")["login"] == "zoe+desk@example.com"
    assert company.json("/agents/zoe%2Bdesk%40example.com")["login"] == "zoe+desk@example.com"


def test_nobody_sees_a_key(company: Company) -> None:
    assert company.key not in company.get("/agents/ann@example.com").text


def test_unknown_login(company: Company) -> None:
    answer = company.get("/agents/zoe@example.com")
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no agent 'zoe@example.com' here.", "message": "There is no agent 'zoe@example.com' here."}
