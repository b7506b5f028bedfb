"""Ids in paths that are numbers: one spelling of each, the one that answers have, on every route that takes one."""

from urllib.parse import unquote

import pytest

from deskline.domain.people import HIGHEST_ID, id_of
from deskline.errors import shortened
from tests.web.v2.companies import Company

ROUTES = [
    *((method, "/groups", "group") for method in ("GET", "PUT", "DELETE")),
    *((method, "/working_hours", "group") for method in ("GET", "PUT", "DELETE")),
    *((method, "/canned_responses", "canned response") for method in ("GET", "PUT", "DELETE")),
    ("GET", "/status", "group"),
]
NO_IDS = ["x", "-1", "+1", "01", "00", "1.0", "1e0", "1_0", "0x1", "%D9%A1", "%C2%B2", str(HIGHEST_ID + 1), str(2**53)]
NO_IDS.append("9" * 5_000)  # int() itself refuses it


@pytest.mark.parametrize(("method", "path", "noun"), ROUTES)
def test_what_can_be_no_id_is_not_there(company: Company, method: str, path: str, noun: str) -> None:
    for text in NO_IDS:
        answer = company.request(method, f"{path}/{text}", json={"name": 5 * ["x"]} if method == "PUT" else None)
        assert (answer.status_code, answer.json()["error"]) == (404, f"There is no {noun} '{shortened(unquote(text))}' here."), text


def test_the_highest_id_of_a_group_is_one(company: Company) -> None:
    asked = {"message": "Hi", "requester": {"mail": "mary@example.com"}, "group": [HIGHEST_ID]}
    assert company.request("POST", "/tickets", json=asked).status_code == 200
    assert company.json(f"/groups/{HIGHEST_ID}")["name"] == f"Group {HIGHEST_ID}"
    assert company.json(f"/status/{HIGHEST_ID}") == {"status": "offline"}
    assert company.json(f"/working_hours/{HIGHEST_ID}") == {"group": HIGHEST_ID, "hours": None}


@pytest.mark.parametrize("text", ["0", "7", "10", str(HIGHEST_ID)])
def test_an_id_is_read_as_it_is_spelled(text: str) -> None:
    assert id_of(text) == int(text)


@pytest.mark.parametrize("text", ["", " ", "1 ", "1\n", *(unquote(text) for text in NO_IDS)])
def test_nothing_else_is_an_id(text: str) -> None:
    assert id_of(text) is None
