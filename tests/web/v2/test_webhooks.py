"""/webhooks: who may do what, in which shape, and what is refused. How messages are sent is tried with the job."""

import re
from pathlib import Path
from typing import Any

import pytest

from deskline.domain import webhooks as domain
from tests.web.v2.companies import Company

URL = "https://example.com/hooks"


def made(company: Company, **fields: Any) -> dict[str, Any]:
    answer = company.post("/webhooks", json={"url": URL, "event_type": "ticket_created"} | fields)
    assert answer.status_code == 200, answer.text
    (webhook,) = answer.json()["events"]
    return dict(webhook)


def test_it_works(company: Company) -> None:
    webhook = made(company, data_types=["ticket"])
    assert list(webhook) == ["licence", "event_type", "data_types", "url", "verified", "token", "id"]
    assert re.fullmatch("[0-9a-f]{32}", webhook["id"])
    assert re.fullmatch("[0-9a-f]{32}", webhook["token"])
    assert {name: webhook[name] for name in ("licence", "event_type", "data_types", "url", "verified")} == {
        "licence": company.id,
        "event_type": "ticket_created",
        "data_types": ["ticket"],
        "url": URL,
        "verified": False,
    }
    assert company.json("/webhooks") == {"events": [webhook]}
    gone = company.request("DELETE", f"/webhooks/{webhook['id']}")
    assert (gone.status_code, gone.json()) == (200, {"result": "Push notification removed successfully"})
    assert company.json("/webhooks") == {"events": []}
    assert company.request("DELETE", f"/webhooks/{webhook['id']}").status_code == 404


def test_a_form_works_as_well(company: Company) -> None:
    answer = company.post("/webhooks", data={"url": URL, "event_type": "*", "data_types[]": "ticket"})
    assert answer.json()["events"][0]["event_type"] == "*"


def test_a_secret_is_shown_once_and_can_be_replaced(company: Company) -> None:
    webhook = made(company, payload="standard")
    secret = webhook.pop("secret")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert webhook["payload"] == "standard"
    assert company.json("/webhooks") == {"events": [webhook]}
    new = company.post(f"/webhooks/{webhook['id']}/rotate_secret").json()
    assert new["secret"] != secret
    v2 = made(company)
    assert company.post(f"/webhooks/{v2['id']}/rotate_secret").json()["token"] != v2["token"]


def test_it_is_changed_and_switched(company: Company) -> None:
    webhook = made(company)
    path = f"/webhooks/{webhook['id']}"
    assert company.put(path, json={"event_type": "ticket_rated"}).json() == webhook | {"event_type": "ticket_rated"}
    off = company.put(path, json={"enabled": False}).json()
    assert (off["enabled"], off["disabled_reason"]) == (False, "switched off")
    assert "enabled" not in company.put(path, json={"enabled": True}).json()


def test_the_log_is_empty_at_first(company: Company) -> None:
    path = f"/webhooks/{made(company)['id']}"
    assert company.json(f"{path}/deliveries") == {"deliveries": []}
    assert company.json(f"{path}/deliveries", state="failed", before=7) == {"deliveries": []}
    assert company.post(f"{path}/replay").json() == {"replayed": 0}
    for name in ("msg_1", f"msg_{path.rpartition('/')[2]}_1", "9" * 30):
        assert company.post(f"{path}/deliveries/{name}/replay").status_code == 404


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"url": "ftp://example.com"}, "url: 'ftp://example.com' is not accepted; accepted: an http or https URL"),
        ({"url": "https://u:p@example.com/"}, "url: "),
        ({"event_type": "chat_started"}, "event_type: 'chat_started' is not accepted; accepted: ticket_created, "),
        ({"payload": "xml"}, "payload: "),
        ({"data_types": ["chat"]}, "data_types: only tickets are told of here"),
        ({"url": ""}, "url: "),
    ],
)
def test_what_is_refused_says_why(company: Company, fields: dict[str, Any], problem: str) -> None:
    (said, *_) = company.refused("/webhooks", method="POST", json={"url": URL, "event_type": "ticket_created"} | fields)
    assert said.startswith(problem)
    assert company.json("/webhooks") == {"events": []}


def test_nothing_to_change(company: Company) -> None:
    path = f"/webhooks/{made(company)['id']}"
    assert company.refused(path, method="PUT", json={}) == ["url, event_type, enabled: nothing to change; accepted: at least one of them"]


def test_others_than_owners_and_administrators_see_nothing(company: Company) -> None:
    path = f"/webhooks/{made(company)['id']}"
    asked = [
        company.get("/webhooks", ben=True),
        company.post("/webhooks", ben=True, json={"url": URL, "event_type": "*"}),
        company.put(path, ben=True, json={"enabled": False}),
        company.request("DELETE", path, ben=True),
        company.post(f"{path}/rotate_secret", ben=True),
        company.get(f"{path}/deliveries", ben=True),
        company.post(f"{path}/replay", ben=True),
        company.post(f"{path}/deliveries/1/replay", ben=True),
    ]
    assert {answer.status_code for answer in asked} == {403}
    assert asked[0].json()["error"].startswith("Webhooks are seen and changed by an owner or an administrator of the account; ben@")


def test_there_is_an_end(company: Company) -> None:
    for _ in range(50):
        made(company)
    answer = company.post("/webhooks", json={"url": URL, "event_type": "*"})
    assert (answer.status_code, "50 webhooks" in answer.json()["error"]) == (409, True)


# What docs/webhooks.md says


PAGE = Path("docs/webhooks.md").read_text()


def test_the_page_names_every_event_type() -> None:
    named = re.findall(r"^\| `(ticket_\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(named) == sorted(domain.EVENT_TYPES)


def test_the_code_of_the_page_verifies_what_is_sent() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    room: dict[str, Any] = {}
    exec(code, room)
    is_genuine = room["is_genuine"]
    secret = domain.spell_secret(b"0" * 32)
    webhook = domain.Webhook(
        account_id=1, id="a", event_type="*", url=URL, payload="standard", token="", secret=secret, created_at=1, after=1
    )
    now = round(room["time"].time() * 1000)
    headers = domain.headers(webhook, "msg_a_1", b"{}", now)
    assert is_genuine(secret, headers, b"{}")
    assert not is_genuine(secret, headers, b"{ }")
    assert not is_genuine(domain.spell_secret(b"1" * 32), headers, b"{}")
    assert not is_genuine(secret, headers | {"webhook-id": "msg_a_2"}, b"{}")
    assert not is_genuine(secret, domain.headers(webhook, "msg_a_1", b"{}", now - 600_000), b"{}")
