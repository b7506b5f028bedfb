"""GET /tickets by cursor, and the Link header of lists"""

import base64
import re
from typing import Any
from urllib.parse import urljoin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.cursors import Cursor
from deskline.domain.searches import Page, TicketFilter
from deskline.web.responses import Answer, _checked
from deskline.web.v2.cursors import CURSOR_LIMIT, read_cursor, show_cursor
from deskline.web.v2.links import LONGEST, links, page_links
from tests.web.v2.companies import Company


def filled(company: Company, count: int) -> list[str]:
    """Make so many tickets, one a minute; the newest first."""
    ids = [f"T{number:04}" for number in range(count)]
    for number, ticket_id in enumerate(ids):
        company.created(ticket_id, f"2024-03-09T{8 + number // 60:02}:{number % 60:02}:00Z")
    return ids[::-1]


def rels(answer: Any) -> dict[str, str]:
    """The relations of an answer's Link header, and the references."""
    return {rel: reference for reference, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers.get("link", ""))}


def follow(company: Company, path: str, rel: str) -> list[Any]:
    """Take an answer and all that its links of a relation lead to."""
    answers = [company.get(path)]
    while rel in rels(answers[-1]):
        path = urljoin(path, rels(answers[-1])[rel])
        answers.append(company.get(path))
    return answers


def ids_of(answer: Any) -> list[str]:
    """The tickets of an answer."""
    assert answer.status_code == 200, answer.text
    return [ticket["id"] for ticket in answer.json()["tickets"]]


def test_it_works(company: Company) -> None:
    ids = filled(company, 60)
    answers = follow(company, "/tickets?cursor=start", "next")
    assert [ids_of(answer) for answer in answers] == [ids[:25], ids[25:50], ids[50:]]
    assert [{key: value for key, value in answer.json().items() if key != "tickets"} for answer in answers] == [
        {"pages": 3, "total": 60}
    ] * 3
    assert [sorted(rels(answer)) for answer in answers] == [["first", "next"], ["first", "next", "prev"], ["first", "prev"]]
    assert {rels(answer)["first"] for answer in answers} == {"?cursor=start"}


def test_back_again(company: Company) -> None:
    ids = filled(company, 30)
    second = urljoin("/tickets", rels(company.get("/tickets?cursor=start"))["next"])
    first = urljoin("/tickets", rels(company.get(second))["prev"])
    assert ids_of(company.get(first)) == ids[:25]
    assert sorted(rels(company.get(first))) == ["first", "next"]


def test_filters_and_order_go_along(company: Company) -> None:
    ids = filled(company, 60)
    for ticket_id in ids[::2]:
        company.tagged(ticket_id, "2024-03-09T20:00:00Z", "a&b <c>, é")
    answers = follow(company, "/tickets?tag[]=a%26b%20%3Cc%3E,+é&order=asc&cursor=start", "next")
    assert [ticket_id for answer in answers for ticket_id in ids_of(answer)] == ids[::2][::-1]
    assert {answer.json()["total"] for answer in answers} == {30}


def test_what_moves_meanwhile_is_met_once(company: Company) -> None:
    for order in ("asc", "desc"):
        ids = filled(company, 30) if order == "asc" else company_ids(company)
        answer = company.get(f"/tickets?order={order}&cursor=start")
        met = ids_of(answer)
        company.replied(met[0], f"2024-03-10T0{len(order)}:00:00Z")
        answer = company.get(urljoin("/tickets", rels(answer)["next"]))
        assert sorted(met + ids_of(answer)) == sorted(ids)


def company_ids(company: Company) -> list[str]:
    """All tickets, newest first."""
    return [ticket_id for answer in follow(company, "/tickets", "next") for ticket_id in ids_of(answer)]


def test_a_cursor_that_is_none(company: Company) -> None:
    accepted = "accepted: start, or one that the Link header of such a list has told"
    assert company.refused("/tickets?cursor=nonsense") == [f"cursor: 'nonsense' is not one; {accepted}"]
    assert company.refused("/tickets?cursor=a%0d%0ab") == [f"cursor: 'a\\r\\nb' is not one; {accepted}"]
    long = "A" * (CURSOR_LIMIT + 1)
    assert company.refused(f"/tickets?cursor={long}") == ["cursor: 3,001 characters; accepted: at most 3,000 characters"]


def test_a_cursor_with_what_does_not_go_with_it(company: Company) -> None:
    assert company.refused("/tickets?cursor=start&page=1") == ["cursor: is given together with page; accepted: one of the two"]
    assert company.refused("/tickets?cursor=start&as_of=2024-03-09T12:00:00Z") == [
        "cursor: is given together with as_of; accepted: page: a list as of an instant stands still"
    ]
    text = show_cursor(Cursor(forward=True, descending=True, said_at=7, ticket_id="A"), TicketFilter())
    for other in ("status=open", "tag=a", "query=word", "date_from=2024-03-09"):
        assert company.refused(f"/tickets?{other}&cursor={text}") == [
            "cursor: is of a list with other filters; accepted: the same filters as before, or cursor=start"
        ]
    assert company.refused(f"/tickets?order=asc&cursor={text}") == [
        "cursor: is of a list in the other order; accepted: the same order as before, or cursor=start"
    ]


def test_an_empty_list(company: Company) -> None:
    answer = company.get("/tickets?cursor=start")
    assert answer.text == '{"pages":0,"total":0,"tickets":[]}'
    assert rels(answer) == {"first": "?cursor=start"}


# Pages


def test_pages_are_linked(company: Company) -> None:
    filled(company, 60)
    assert rels(company.get("/tickets")) == {"first": "?page=1", "next": "?page=2", "last": "?page=3"}
    assert rels(company.get("/tickets?status=open&page=2")) == {
        "first": "?status=open&page=1",
        "prev": "?status=open&page=1",
        "next": "?status=open&page=3",
        "last": "?status=open&page=3",
    }
    assert rels(company.get("/tickets?page=3")) == {"first": "?page=1", "prev": "?page=2", "last": "?page=3"}
    assert rels(company.get("/tickets?page=9")) == {"first": "?page=1", "prev": "?page=3", "last": "?page=3"}


def test_an_empty_list_has_no_pages_to_link_to(company: Company) -> None:
    assert "link" not in company.get("/tickets").headers


def test_each_page_is_linked_from_the_one_before(company: Company) -> None:
    ids = filled(company, 60)
    assert [ticket_id for answer in follow(company, "/tickets", "next") for ticket_id in ids_of(answer)] == ids


# As texts


CURSORS = st.builds(
    Cursor,
    forward=st.booleans(),
    descending=st.booleans(),
    said_at=st.integers(-(1 << 62), 1 << 62),
    ticket_id=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=500),
    began=st.integers(0, 1 << 62),
    newest=st.integers(-(1 << 62), 1 << 62),
)


@given(cursor=CURSORS)
def test_a_cursor_is_read_as_it_was_shown(cursor: Cursor) -> None:
    text = show_cursor(cursor, TicketFilter(status="open"))
    assert read_cursor(text, TicketFilter(status="open")) == cursor
    assert read_cursor(text, TicketFilter(status="open", tags=("a",))) == "other"
    assert len(text) <= CURSOR_LIMIT
    assert text.replace("-", "").replace("_", "").isalnum()


@given(text=st.text() | st.binary().map(lambda spelled: base64.urlsafe_b64encode(spelled).decode()))
def test_any_text_is_a_cursor_or_none(text: str) -> None:
    assert isinstance(read_cursor(text, TicketFilter()), Cursor | str | None)


@pytest.mark.parametrize(
    "spelled",
    [
        [2, b"", True, True, 1, "A", 0, 0],
        [1, b"", True, True, 1, "A", 0],
        [1, True, True, 1, "A", 0, 0],
        [1, b"123456789", True, True, 1, "A", 0, 0],
        [1, b"", True, True, 1 << 63, "A", 0, 0],
        [1, b"", True, True, 1, "A" * 501, 0, 0],
        [1, b"", True, True, 1, "A\0", 0, 0],
        [1, b"", 1, True, 1, "A", 0, 0],
        {},
    ],
    ids=str,
)
def test_a_cursor_of_another_form_is_none(spelled: Any) -> None:
    assert read_cursor(base64.urlsafe_b64encode(msgspec.msgpack.encode(spelled)).decode().rstrip("="), TicketFilter()) is None


@given(query=st.binary(max_size=300))
def test_no_query_ends_a_reference_or_the_header(query: bytes) -> None:
    headers = page_links(query, 2, Page((), 100))
    _checked(headers)
    value = headers[0][1].decode("ascii")
    assert value.count("<") == value.count(">") == value.count("rel=") == 4
    assert not set(value) & set("\r\n\\")
    assert value.count(",") == 3


def test_places_are_replaced_however_they_are_spelled() -> None:
    assert links(b"page=1&%70age=2&cursor[]=x&status=open&pages=3&page", {"next": ("page", "4")}) == (
        (b"link", b'<?status=open&pages=3&page=4>; rel="next"'),
    )


def test_a_header_that_would_be_too_long_is_left_out() -> None:
    assert links(b"query=" + b"a" * LONGEST, {"next": ("page", "2")}) == ()
    assert Answer(b"", headers=()).headers == ()
