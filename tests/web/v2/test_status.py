"""GET /status and GET /status/<group>"""

import pytest

from tests.web.v2.companies import SUPPORT, Company


def test_it_works(company: Company) -> None:
    answer = company.get("/status")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.text == '{"status":"offline"}'


def test_one_agent_who_takes_chats_is_enough(company: Company) -> None:
    company.hired("zoe@example.com", status="accepting chats", groups=(SUPPORT,))
    for path in ("/status", "/status/", "/status/0", "/status?group=0", "/status?group=", "/status/2", "/status?group=2"):
        assert company.json(path) == {"status": "online"}, path
    for path in ("/status/1", "/status?group=1"):
        assert company.json(path) == {"status": "offline"}, path


@pytest.mark.parametrize("path", ["/status/7", "/status?group=7"])
def test_unknown_group(company: Company, path: str) -> None:
    answer = company.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no group '7' here.", "message": "There is no group '7' here."}


def test_a_group_that_is_no_id(company: Company) -> None:
    assert company.refused("/status?group=sales") == ["group: 'sales' is not a whole number; accepted: a whole number from 0 to 2147483647"]
