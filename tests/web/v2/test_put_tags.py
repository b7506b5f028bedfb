"""PUT /tickets/<ID>/tags"""

import pytest

from tests.web.v2.companies import Company

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def tagged(company: Company) -> Company:
    """A company with one ticket, AAAAA, that is tagged `old`."""
    company.created("AAAAA", "2024-03-09T08:00:00Z", tags=("old",))
    return company


def test_it_works(tagged: Company) -> None:
    before = tagged.json("/tickets/AAAAA")
    answer = tagged.put("/tickets/AAAAA/tags", data={"tag[]": ["sales", "support", "feedback"]})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    after = answer.json()
    assert after == {**before, "tags": ["sales", "support", "feedback"], "modified": after["modified"]}
    assert after["modified"] > before["modified"]
    assert tagged.get("/tickets/AAAAA").text == answer.text
    assert tagged.ids(tag="support") == ["AAAAA"]
    assert tagged.ids(tag="old") == []


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        ("tag[]=a+b&tag[]=c", ["a b", "c"]),
        ("tag%5B0%5D=a+b&tag%5B1%5D=c", ["a b", "c"]),
        ("tag=a%20b&tag=c", ["a b", "c"]),
        ("tag=c", ["c"]),
        ("tag[]=zażółć", ["zażółć"]),
        ('{"tag":["a b","c"]}', ["a b", "c"]),
        ('{"tag":"c"}', ["c"]),
        ('{"tag[]":["a b","c"]}', ["a b", "c"]),
        ('{"tag":[1,2]}', ["1", "2"]),
        ("tag[]=+x+&tag[]=&tag[]=%20&tag[]=y&tag[]=x", ["x", "y"]),  # trimmed, without empty ones, each once, in order
        ('{"tag":["b","a","b"," a "]}', ["b", "a"]),
    ],
)
def test_every_spelling(tagged: Company, body: str, tags: list[str]) -> None:
    kind = "application/json" if body.startswith("{") else FORM
    answer = tagged.put("/tickets/AAAAA/tags", content=body, headers={"Content-Type": kind})
    assert answer.json()["tags"] == tags


@pytest.mark.parametrize("body", ["", "0=sale", "tag[]=", "tag=", '{"tag":[]}', "{}", '{"tag":null}', '{"tags":["sale"]}', "[]"])
def test_without_a_tag_the_list_is_cleared(tagged: Company, body: str) -> None:
    kind = "application/json" if body.startswith(("{", "[")) else FORM
    answer = tagged.put("/tickets/AAAAA/tags", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["tags"]) == (200, [])
    assert tagged.ids(tag="old") == []


def test_json_in_an_empty_body_is_no_json_to_complain_about(tagged: Company) -> None:
    answer = tagged.put("/tickets/AAAAA/tags", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["tags"]) == (200, [])


def test_a_post_does_the_same(tagged: Company) -> None:
    """One of the documentation's samples says PUT above and sends POST."""
    answer = tagged.post("/tickets/AAAAA/tags", json={"tag": ["sales"]})
    assert (answer.status_code, answer.json()["tags"]) == (200, ["sales"])


def test_the_same_tags_again_change_nothing(tagged: Company) -> None:
    first = tagged.put("/tickets/AAAAA/tags", json={"tag": ["old"]}).json()
    assert first["modified"] == "2024-03-09T08:00:00Z"


def test_no_event_is_shown_and_the_order_of_lists_stays(tagged: Company) -> None:
    tagged.created("BBBBB", "2024-03-09T09:00:00Z")
    assert len(tagged.put("/tickets/AAAAA/tags", json={"tag": "new"}).json()["events"]) == 1
    assert tagged.ids() == ["BBBBB", "AAAAA"]


def test_new_tags_are_known_from_then_on(tagged: Company) -> None:
    tagged.request("PUT", "/tickets/AAAAA/tags", json={"tag": ["new"]}, ben=True)
    assert [(tag["name"], tag["author"]) for tag in tagged.json("/tags")] == [("new", "ben@example.com"), ("old", "ann@example.com")]


def test_a_hundred_tags_of_a_hundred_letters(tagged: Company) -> None:
    tags = [f"{number:0100}" for number in range(100)]
    assert tagged.put("/tickets/AAAAA/tags", json={"tag": tags}).json()["tags"] == tags
    assert tagged.put("/tickets/AAAAA/tags", data={f"tag[{number}]": tag for number, tag in enumerate(tags)}).json()["tags"] == tags


# Refusals


def refused(company: Company, **body: object) -> list[str]:
    problems = company.refused("/tickets/AAAAA/tags", method="PUT", json=body)
    assert company.json("/tickets/AAAAA")["tags"] == ["old"]
    return problems


def test_a_tag_too_many(tagged: Company) -> None:
    assert refused(tagged, tag=[str(number) for number in range(101)]) == ["tag: 101 values; accepted: at most 100 values"]


def test_a_tag_too_long(tagged: Company) -> None:
    assert refused(tagged, tag=["x" * 101]) == ["tag: 101 characters; accepted: at most 100 characters"]


def test_tags_that_are_no_texts(tagged: Company) -> None:
    assert refused(tagged, tag=[{"name": "x"}]) == ["tag: an object is not a text; accepted: a text, or a list of texts"]
    assert refused(tagged, tag=[True]) == ["tag: true is not a text; accepted: a text, or a list of texts"]


def test_unknown_id(tagged: Company) -> None:
    answer = tagged.put("/tickets/ZZZZZ/tags", json={"tag": ["orphan"]})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no ticket 'ZZZZZ' here.", "message": "There is no ticket 'ZZZZZ' here."}
    assert "orphan" not in [tag["name"] for tag in tagged.json("/tags")]
