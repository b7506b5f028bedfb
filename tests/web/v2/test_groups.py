"""GET /groups and GET /groups/<id>"""

import pytest

from tests.web.v2.companies import SALES, Company

EVERYBODY = {"id": 0, "name": "All operators", "language": "en", "status": "offline"}
OF_SALES = {"id": 1, "name": "Sales", "language": "en", "agents": ["ben@example.com"], "status": "offline"}
OF_SUPPORT = {"id": 2, "name": "Support", "language": "en", "agents": [], "status": "offline"}


def test_it_works(company: Company) -> None:
    answer = company.get("/groups")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json() == [EVERYBODY, OF_SALES, OF_SUPPORT]


def test_one_group(company: Company) -> None:
    assert company.json("/groups/1") == OF_SALES
    assert company.json("/groups/0") == EVERYBODY


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["not accepting chats", "accepting chats"], "accepting chats"),
        (["not accepting chats", "offline"], "not accepting chats"),
        (["offline"], "offline"),
    ],
)
def test_the_status_is_the_best_of_its_agents(company: Company, statuses: list[str], shown: str) -> None:
    for number, status in enumerate(statuses):
        company.hired(f"{number}@example.com", status=status, groups=(SALES,))
    assert [group["status"] for group in company.json("/groups")] == [shown, shown, "offline"]
    assert company.json("/groups/1")["status"] == shown


@pytest.mark.parametrize("group", ["7", "sales", "-1", "01"])
def test_unknown_id(company: Company, group: str) -> None:
    answer = company.get(f"/groups/{group}")
    assert answer.status_code == 404
    assert answer.json() == {"error": f"There is no group '{group}' here.", "message": f"There is no group '{group}' here."}
