"""If-Match: a change of a ticket is made only if nobody has changed it since it was read."""

import re
from typing import Any
from uuid import uuid4

import pytest

from deskline.web.v2.routes import ROUTES
from tests.web.v2.companies import Company

WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PUT", "/tickets/AAAAA", {"status": "pending"}),
    ("PUT", "/tickets/AAAAA/tags", {"tag": ["a", "b"]}),
    ("POST", "/tickets/AAAAA/tags", {"tag": ["a", "b"]}),
    ("PUT", "/tickets/AAAAA/rating", {"rate": "good"}),
    ("POST", "/tickets/AAAAA/messages", {"message": "It is on its way."}),
)
every_write = pytest.mark.parametrize(("method", "path", "body"), WRITES)


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with one ticket, AAAAA."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    return company


def tag_of(desk: Company, path: str = "/tickets/AAAAA") -> str:
    return desk.get(path).headers["etag"]


OBJECTS = ("/tickets/{ticket_id}", "/groups/{group_id}", "/canned_responses/{response_id}", "/custom_fields/{field_key}")


def test_all_writes_of_these_objects_have_it() -> None:
    assert [route.path for route in ROUTES if (route.state is not None) != route.path.startswith(OBJECTS)] == []


@pytest.mark.parametrize(
    ("path", "new", "change"),
    [
        ("/groups", {"name": "New", "agents": ["ann@example.com"]}, {"agents": ["ann@example.com", "ben@example.com"]}),
        ("/canned_responses", {"text": "Hello"}, {"text": "Hello!"}),
        ("/custom_fields", {"key": "area", "name": "Area", "type": "choice", "choices": ["a"]}, {"choices": ["a", "b"]}),
    ],
)
def test_other_objects_have_it_too(company: Company, path: str, new: dict[str, Any], change: dict[str, Any]) -> None:
    made = company.post(path, json=new).json()
    path += f"/{made.get('id', made.get('key'))}"
    tag = tag_of(company, path)
    assert not tag.startswith("W/")
    assert company.put(path, json=change, headers={"If-Match": tag}).status_code == 200
    for method in ("PUT", "DELETE"):
        stale = company.request(method, path, json=change, headers={"If-Match": tag})
        assert stale.status_code == 412
        assert f"GET {path} again" in stale.json()["error"]
    assert company.request("DELETE", path, headers={"If-Match": tag_of(company, path)}).status_code == 200
    assert company.request("DELETE", path, headers={"If-Match": tag}).status_code == 404


def test_a_ticket_has_a_strong_tag(desk: Company) -> None:
    assert re.fullmatch(r'"[0-9a-f]+-[A-Za-z0-9+/]{27}"', tag_of(desk))
    assert tag_of(desk, "/v2/TICKETS/aaaaa") == tag_of(desk)
    assert tag_of(desk, "/tickets/AAAAA?callback=f").startswith('W/"')


@every_write
def test_it_works(desk: Company, method: str, path: str, body: Any) -> None:
    answer = desk.request(method, path, json=body, headers={"If-Match": tag_of(desk)})
    assert answer.status_code == 200
    assert desk.get("/tickets/AAAAA").content == answer.content


@every_write
def test_somebody_was_there_before(desk: Company, method: str, path: str, body: Any) -> None:
    stale = tag_of(desk)
    changed = desk.post("/tickets/AAAAA/messages", json={"message": "Me first."}).content
    answer = desk.request(method, path, json=body, headers={"If-Match": stale})
    text = (
        "If-Match: this is not as you saw it last, somebody has changed it since, and nothing was changed now. GET /tickets/AAAAA again, "
        f"look at what is there, and repeat your change with the ETag of that answer: now it is {tag_of(desk)}"
    )
    assert (answer.status_code, answer.json()) == (412, {"error": text, "message": text})
    assert desk.get("/tickets/AAAAA").content == changed
    assert desk.request(method, path, json=body, headers={"If-Match": tag_of(desk)}).status_code == 200


def test_one_of_several_and_any(desk: Company) -> None:
    for wanted in (f'"x", {tag_of(desk)}', f'{tag_of(desk)} ,"y"', "*"):
        assert desk.put("/tickets/AAAAA/tags", headers={"If-Match": wanted}).status_code == 200, wanted


@pytest.mark.parametrize("wanted", ['"x"', "", "x", 'W/"x"', '"*"', ","])
def test_a_tag_of_nothing(desk: Company, wanted: str) -> None:
    assert desk.put("/tickets/AAAAA/tags", headers={"If-Match": wanted}).status_code == 412


def test_a_weak_tag_never_matches(desk: Company) -> None:
    answer = desk.put("/tickets/AAAAA/tags", headers={"If-Match": f"W/{tag_of(desk)}"})
    assert answer.status_code == 412
    assert answer.json()["error"].startswith("If-Match: the ETag is right, but something between")


def test_a_ticket_that_is_not_there(desk: Company) -> None:
    for wanted in ('"x"', "*"):
        assert desk.put("/tickets/ZZZZZ/tags", headers={"If-Match": wanted}).status_code == 404


def test_the_parameters_come_first(desk: Company) -> None:
    assert desk.refused("/tickets/AAAAA", method="PUT", json={"status": "x"}, headers={"If-Match": '"x"'})[0].startswith("status:")


def test_what_has_no_tag(desk: Company) -> None:
    problem = (
        "If-Match: is not offered here; accepted on changes of one ticket, group, canned response or custom field, with the ETag that GET "
        "answers for it"
    )
    body = {"message": "Hi", "requester": {"mail": "mary@client.example"}}
    assert desk.refused("/tickets", method="POST", json=body, headers={"If-Match": "*"}) == [problem]
    assert desk.ids() == ["AAAAA"]


def test_a_repetition_is_not_stale_by_its_own_doing(desk: Company) -> None:
    headers = {"If-Match": tag_of(desk), "Idempotency-Key": str(uuid4())}
    first = desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers=headers)
    again = desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers=headers)
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)


def test_what_was_stale_may_be_put_right_under_its_key(desk: Company) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    assert desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers={"If-Match": '"x"'} | key).status_code == 412
    assert desk.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers={"If-Match": tag_of(desk)} | key).status_code == 200


def test_the_form_of_the_documentation_has_its_own_tags(documented: Company) -> None:
    documented.created("AAAAA", "2024-03-09T08:00:00Z")
    assert documented.put("/tickets/AAAAA/tags", json={"tag": "a"}, headers={"If-Match": tag_of(documented)}).status_code == 200
