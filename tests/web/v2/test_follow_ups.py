"""/follow_ups"""

import pytest

from tests.web.v2.companies import Company

ON = {"enabled": True, "remind_after_hours": 72, "solve_after_hours": 96}


def test_how_it_is_set(company: Company) -> None:
    assert company.json("/follow_ups") == {"enabled": False}
    assert company.put("/follow_ups").json() == ON == company.json("/follow_ups")
    other = {"enabled": True, "remind_after_hours": 24, "solve_after_hours": 48}
    assert company.put("/follow_ups", json={"remind_after_hours": 24, "solve_after_hours": 48}).json() == other
    assert company.put("/follow_ups", data={"solve_after_hours": "48"}).json() == other | {"remind_after_hours": 72}
    assert company.request("DELETE", "/follow_ups").json() == {"enabled": False} == company.json("/follow_ups")


def test_who_may(company: Company) -> None:
    company.put("/follow_ups")
    for method in ("PUT", "DELETE"):
        refused = company.request(method, "/follow_ups", ben=True)
        assert refused.status_code == 403
        assert refused.json()["error"].startswith("Follow-ups are changed by an owner or an administrator")
    assert company.request("GET", "/follow_ups", ben=True).json() == ON


@pytest.mark.parametrize("name", ["remind_after_hours", "solve_after_hours"])
@pytest.mark.parametrize("value", [0, -1, 8_761, "soon", 1.5])
def test_what_is_refused_in_words(company: Company, name: str, value: object) -> None:
    (problem,) = company.refused("/follow_ups", method="PUT", json={name: value})
    assert problem.startswith(f"{name}: ")
    assert "a whole number from 1 to 8760" in problem
    assert company.json("/follow_ups") == {"enabled": False}


def test_a_ticket_that_is_pending_has_a_job_and_shows_nothing_of_it(company: Company) -> None:
    company.put("/follow_ups")
    ticket = company.post("/tickets", json={"message": "Hello", "requester": {"mail": "a@b.example"}}).json()
    shown = company.put(f"/tickets/{ticket['id']}", json={"status": "pending"}).json()
    assert shown["status"] == "pending"
    assert [event["type"] for event in shown["events"]] == ["message", "status_changed"]
