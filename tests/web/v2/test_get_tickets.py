"""GET /tickets"""

from collections.abc import Callable
from typing import Any

import pytest

from deskline.domain.events import Person, Requester, Source
from tests.web.v2.companies import ANN, BEN, SALES, SUPPORT, Company

NOON = "2024-03-09T12:00:00Z"


def test_it_works(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z", subject="First")
    company.created("BBBBB", "2024-03-09T09:00:00Z", subject="Second")
    company.tagged("AAAAA", "2024-03-09T10:00:00Z", "sales")
    answer = company.get("/tickets")
    first, second = company.get("/tickets/AAAAA").text, company.get("/tickets/BBBBB").text
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.text == f'{{"pages":1,"total":2,"tickets":[{second},{first}]}}'


def test_no_tickets(company: Company) -> None:
    assert company.get("/tickets").text == '{"pages":0,"total":0,"tickets":[]}'


# Order


def test_the_last_message_decides_the_order_and_nothing_else_does(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.created("BBBBB", "2024-03-09T09:00:00Z")
    company.created("CCCCC", "2024-03-09T10:00:00Z")
    company.replied("AAAAA", "2024-03-09T11:00:00Z")
    company.solved("BBBBB", "2024-03-09T12:00:00Z")
    company.rated("BBBBB", "2024-03-09T13:00:00Z", "good")
    company.tagged("BBBBB", "2024-03-09T14:00:00Z", "sales")
    assert company.ids() == ["AAAAA", "CCCCC", "BBBBB"]
    assert company.ids(order="desc") == ["AAAAA", "CCCCC", "BBBBB"]
    assert company.ids(order="asc") == ["BBBBB", "CCCCC", "AAAAA"]


def test_a_private_note_is_a_message(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.created("BBBBB", "2024-03-09T09:00:00Z")
    company.replied("AAAAA", "2024-03-09T10:00:00Z", private=True)
    assert company.ids() == ["AAAAA", "BBBBB"]


def test_ties_are_broken_by_id_and_asc_is_desc_reversed(company: Company) -> None:
    for ticket_id in ("BBBBB", "AAAAA", "CCCCC"):
        company.created(ticket_id, NOON)
    assert company.ids(order="desc") == ["CCCCC", "BBBBB", "AAAAA"]
    assert company.ids(order="asc") == ["AAAAA", "BBBBB", "CCCCC"]


def test_order_that_is_none(company: Company) -> None:
    assert company.refused("/tickets?order=up") == ["order: 'up' is not one of them; accepted: asc, desc"]


# Pages


@pytest.fixture
def many(company: Company) -> Company:
    """Fifty-one tickets, a minute apart: two whole pages and one ticket."""
    for number in range(51):
        company.created(f"T{number:04}", f"2024-03-09T08:{number:02}:00Z")
    return company


def test_pages_of_25(many: Company) -> None:
    pages = [many.json("/tickets", page=page, order="asc") for page in (1, 2, 3)]
    assert [(page["pages"], page["total"], len(page["tickets"])) for page in pages] == [(3, 51, 25), (3, 51, 25), (3, 51, 1)]
    assert [ticket["id"] for page in pages for ticket in page["tickets"]] == [f"T{number:04}" for number in range(51)]


def test_beyond_the_last_page_there_is_nothing_but_the_true_counts(many: Company) -> None:
    assert many.get("/tickets?page=4").text == '{"pages":3,"total":51,"tickets":[]}'
    assert many.get("/tickets?page=2147483647").text == '{"pages":3,"total":51,"tickets":[]}'


def test_deep_pages_and_first_pages_fit_together(many: Company) -> None:
    assert many.ids(page=1, order="desc")[:2] == ["T0050", "T0049"]
    assert many.ids(page=3, order="desc") == ["T0000"]


def test_exactly_one_page(company: Company) -> None:
    for number in range(25):
        company.created(f"T{number:04}", NOON)
    assert company.json("/tickets")["pages"] == 1


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "2147483648", "%D9%A1"])
def test_page_that_is_none(company: Company, page: str) -> None:
    (problem,) = company.refused(f"/tickets?page={page}")
    assert problem.startswith("page: ")
    assert problem.endswith("accepted: a whole number from 1 to 2147483647")


# Filters


def test_status(company: Company) -> None:
    for ticket_id, status in (("OOOOO", "open"), ("PPPPP", "pending"), ("SSSSS", "solved"), ("XXXXX", "spam")):
        company.created(ticket_id, NOON)
        company.changed(ticket_id, NOON, status=status)
    for status, ticket_id in (("open", "OOOOO"), ("pending", "PPPPP"), ("solved", "SSSSS"), ("spam", "XXXXX")):
        assert company.ids(status=status) == [ticket_id]
    assert company.json("/tickets")["total"] == 4  # spam included


def test_status_that_is_none(company: Company) -> None:
    assert company.refused("/tickets?status=closed") == ["status: 'closed' is not one of them; accepted: open, pending, solved, spam"]


def test_assignee_and_assigned(company: Company) -> None:
    for ticket_id, assignee in (("AAAAA", ANN), ("BBBBB", BEN), ("NNNNN", None)):
        company.created(ticket_id, NOON, assignee=assignee)
    assert company.ids(assignee="ben@example.com") == ["BBBBB"]
    assert company.ids(assignee="nobody@example.com") == []
    assert company.ids(assigned="0") == ["NNNNN"]
    assert company.ids(assigned="1") == ["BBBBB", "AAAAA"]
    assert company.ids(assigned="true") == ["BBBBB", "AAAAA"]
    assert company.ids(assigned="0", assignee="ben@example.com") == []


def test_assigned_that_is_no_truth_value(company: Company) -> None:
    assert company.refused("/tickets?assigned=yes") == ["assigned: 'yes' is not a truth value; accepted: 0, 1, true, false"]


def test_group(company: Company) -> None:
    company.created("GGGGG", NOON)
    company.created("SSSSS", NOON, groups=(SALES,))
    company.created("BBBBB", NOON, groups=(SALES, SUPPORT))
    assert company.ids(group="1") == ["SSSSS", "BBBBB"]
    assert company.ids(group="2") == ["BBBBB"]
    assert company.ids(group="0") == ["GGGGG"]
    assert company.ids(group="77") == []
    assert company.ids(**{"group[]": ["0", "2"]}) == ["GGGGG", "BBBBB"]


def test_group_that_is_no_number(company: Company) -> None:
    assert company.refused("/tickets?group=sales") == ["group: 'sales' is no such number; accepted: whole numbers from 0 to 2147483647"]


@pytest.mark.parametrize(
    "query",
    [
        "tag=a",
        "tag[]=a",
        "tag%5B%5D=a",
        "tag[0]=a",
        "tag%5B0%5D=a",
        "tag[][0]=a",
        "tag%5B%5D%5B0%5D=a",
        "%20tag=a",
        "tag[30]=a",
        "tag=a&tag=unknown",
        "tag[]=a&tag[]=unknown",
        "tag[0]=a&tag[1]=unknown",
        "tag[]=unknown&tag%5B1%5D=a",
        'tag=["a","unknown"]',
        "tag=%5B%22a%22%2C+%22unknown%22%5D",
    ],
)
def test_tag_in_every_spelling(company: Company, query: str) -> None:
    company.created("AAAAA", NOON, tags=("a", "b c"))
    company.created("BBBBB", NOON, tags=("b c",))
    company.created("NNNNN", NOON)
    answer = company.get(f"/tickets?{query}").json()
    assert (answer["total"], [ticket["id"] for ticket in answer["tickets"]]) == (1, ["AAAAA"])


def test_several_tags_find_tickets_with_any_of_them(company: Company) -> None:
    company.created("AAAAA", NOON, tags=("a", "b c"))
    company.created("BBBBB", NOON, tags=("b c",))
    company.created("CCCCC", NOON, tags=("c",))
    answer = company.json("/tickets", **{"tag[]": ["a", "c"]})
    assert (answer["total"], [ticket["id"] for ticket in answer["tickets"]]) == (2, ["CCCCC", "AAAAA"])
    assert company.ids(tag="b c", group="0", status="open") == ["BBBBB", "AAAAA"]


def test_tags_compare_exactly(company: Company) -> None:
    company.created("AAAAA", NOON, tags=("Sales",))
    assert company.ids(tag="sales") == []
    assert company.ids(tag=" Sales ") == ["AAAAA"]


def test_tagged(company: Company) -> None:
    company.created("AAAAA", NOON, tags=("a",))
    company.created("BBBBB", NOON, tags=("b", "c"))
    company.created("NNNNN", NOON)
    assert company.ids(tagged="1") == ["BBBBB", "AAAAA"]
    assert company.ids(tagged="0") == ["NNNNN"]
    assert company.ids(tagged="1", tag="b") == ["BBBBB"]
    assert company.ids(tagged="0", tag="b") == []
    company.tagged("AAAAA", "2024-03-09T13:00:00Z")
    assert company.ids(tagged="0") == ["NNNNN", "AAAAA"]
    company.tagged("NNNNN", "2024-03-09T13:00:00Z", "d")
    assert company.ids(tagged="1", order="asc") == ["BBBBB", "NNNNN"]


def test_tagged_that_is_no_truth_value(company: Company) -> None:
    assert company.refused("/tickets?tagged=sales") == ["tagged: 'sales' is not a truth value; accepted: 0, 1, true, false"]


def test_requester(company: Company) -> None:
    company.created("AAAAA", NOON, requester=Requester("Mary.Brown@Email.com", "Mary"))
    company.created("BBBBB", NOON, requester=Requester("bob@email.com", "Bob"))
    assert company.ids(**{"requester[mail]": "mary.brown@email.com"}) == ["AAAAA"]
    assert company.ids(**{"requester[mail]": "MARY.BROWN@EMAIL.COM"}) == ["AAAAA"]
    assert company.ids(**{"requester[mail]": "mary"}) == []


def test_requester_without_a_field(company: Company) -> None:
    assert company.refused("/tickets?requester=mary@email.com") == [
        "requester: 'mary@email.com' has no fields; accepted: fields, as in requester[…]"
    ]


@pytest.mark.parametrize("source", ["lc2", "mail", "facebook", "agent-app-manual", "chat-window", "facebook:conversation", "facebook:post"])
def test_source(company: Company, source: str) -> None:
    company.created("AAAAA", NOON, source=Source(source))
    company.created("BBBBB", NOON, source=Source("mail" if source == "lc2" else "lc2"))
    assert company.ids(source=source) == ["AAAAA"]


def test_source_that_is_none(company: Company) -> None:
    (problem,) = company.refused("/tickets?source=fax")
    assert problem == (
        "source: 'fax' is not one of them; accepted: "
        "lc2, mail, chat-window, agent-app-manual, facebook, facebook:conversation, facebook:post"
    )


def test_source_id(company: Company) -> None:
    company.created("AAAAA", NOON, source=Source("lc2", id="K600PKZON8"))
    company.created("BBBBB", NOON, source=Source("lc2", id="OSLO0PEX1A"))
    assert company.ids(source_id="K600PKZON8") == ["AAAAA"]


FINDABLE: dict[str, dict[str, Any]] = {
    "AAAAA": {"subject": "Broken shoes", "text": "The left one is torn."},
    "BBBBB": {"text": "Where are my shoes, and the 2nd parcel?", "requester": Requester("zoe@clients.example", "Zoë Żółw")},
    "CCCCC": {"text": "Hello", "source": Source("chat-window", "https://shop.example/returns")},
    "DDDDD": {"text": "Hello", "assignee": Person("jane.doe@example.com", "Jane")},
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("shoes", ["BBBBB", "AAAAA"]),
        ("SHOES torn", ["AAAAA"]),  # in subject and message: all words, wherever they are
        ("shoes hello", []),
        ("zoe@clients.example", ["BBBBB"]),
        ("żółw", ["BBBBB"]),
        ("zoe", ["BBBBB"]),
        ("returns", ["CCCCC"]),
        ("https://shop.example/returns", ["CCCCC"]),
        ("jane.doe@example.com", ["DDDDD"]),
        ("Jane", ["DDDDD"]),
        ("sho", ["CCCCC", "BBBBB", "AAAAA"]),  # the last word may go on
        ("sho torn", []),  # the others are whole words
        ('"sho"', []),
        ("hoes", []),  # words, not letters
        ('"left one"', ["AAAAA"]),
        ('"one left"', []),
        ('hello "one left', []),  # a quote that nobody closes ends with the text
        ('"Hello" "', ["DDDDD", "CCCCC"]),
        ('shoes"', ["BBBBB", "AAAAA"]),
        ("2nd parcel?", ["BBBBB"]),
        ('"left" OR NOT (torn*', []),  # no operators: OR and NOT are words like others
        ("-- ' ; *", []),  # no word at all finds nothing
        ("\U0001f600", []),
        ("shoes !", ["BBBBB", "AAAAA"]),
    ],
)
def test_query(company: Company, query: str, found: list[str]) -> None:
    for ticket_id, overrides in FINDABLE.items():
        company.created(ticket_id, NOON, **overrides)
    answer = company.json("/tickets", query=query)
    assert (answer["total"], [ticket["id"] for ticket in answer["tickets"]]) == (len(found), found)


def test_query_finds_what_was_written_or_changed_later(company: Company) -> None:
    company.created("AAAAA", NOON)
    company.replied("AAAAA", NOON, text="It is a secret.", private=True)
    company.changed("AAAAA", NOON, subject="Umbrella", assignee=BEN)
    assert company.ids(query="secret") == company.ids(query="umbrella") == company.ids(query="ben@example.com") == ["AAAAA"]


def test_filters_together(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z", tags=("vip",), groups=(SALES,), assignee=BEN, subject="Broken shoes")
    company.created("BBBBB", "2024-03-10T08:00:00Z", tags=("vip",), groups=(SALES,), assignee=BEN, subject="Broken hat")
    wanted = {
        "status": "open",
        "tag[]": "vip",
        "group": "1",
        "assignee": "ben@example.com",
        "assigned": "1",
        "tagged": "1",
        "requester[mail]": "mary@client.example",
        "source": "mail",
        "query": "broken",
    }
    assert company.ids(**wanted) == ["BBBBB", "AAAAA"]
    assert company.ids(**wanted, date_to="2024-03-09") == ["AAAAA"]


# Dates


def test_dates_select_any_activity_not_only_the_creation(company: Company) -> None:
    company.created("AAAAA", "2024-03-01T08:00:00Z")
    company.replied("AAAAA", "2024-03-05T08:00:00Z")
    company.solved("AAAAA", "2024-03-09T08:00:00Z")
    totals = [company.json("/tickets", date_from=day, date_to=day)["total"] for day in (f"2024-03-{number:02}" for number in range(1, 11))]
    assert totals == [1, 0, 0, 0, 1, 0, 0, 0, 1, 0]
    assert company.ids(date_from="2024-03-06") == ["AAAAA"]
    assert company.ids(date_to="2024-03-02") == ["AAAAA"]
    assert company.ids(date_from="2024-03-10") == []
    assert company.ids(date_to="2024-02-29") == []


def test_tagging_is_no_activity(company: Company) -> None:
    company.created("AAAAA", "2024-03-01T08:00:00Z")
    company.tagged("AAAAA", "2024-03-05T08:00:00Z", "sales")
    assert company.ids(date_from="2024-03-05") == []


def test_days_are_the_accounts_own(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Europe/Warsaw")
    company.created("AAAAA", "2024-03-09T22:59:59Z")  # 23:59:59 on the 9th in Warsaw
    company.created("BBBBB", "2024-03-09T23:00:00Z")  # midnight: the 10th
    assert company.ids(date_to="2024-03-09") == ["AAAAA"]
    assert company.ids(date_from="2024-03-10") == ["BBBBB"]
    assert company.ids(date_from="2024-03-09", date_to="2024-03-09") == ["AAAAA"]
    assert company.ids(date_from="2024-03-10", date_to="2024-03-10") == ["BBBBB"]


def test_days_of_another_zone_when_asked_for(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Europe/Warsaw")
    company.created("AAAAA", "2024-03-09T18:29:59Z")  # 23:59:59 on the 9th in Calcutta
    company.created("BBBBB", "2024-03-09T18:30:00Z")
    assert company.ids(date_to="2024-03-09", timezone="Asia/Kolkata") == ["AAAAA"]
    assert company.ids(date_from="2024-03-10", timezone="Asia/Kolkata") == ["BBBBB"]
    assert company.ids(date_from="2024-03-10") == []


def test_the_day_on_which_clocks_change_has_23_hours(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Europe/Warsaw")
    company.created("AAAAA", "2024-03-31T21:59:59Z")  # summer time since 01:00 UTC, so the day ends at 22:00 UTC
    company.created("BBBBB", "2024-03-31T22:00:00Z")
    assert company.ids(date_from="2024-03-31", date_to="2024-03-31") == ["AAAAA"]


def test_a_day_that_begins_again(found_live: Callable[..., Company]) -> None:
    # In St. John's the clocks went back from 00:01 on the 7th to 23:01 on the 6th.
    company = found_live(zone="America/St_Johns")
    company.created("AAAAA", "2010-11-07T02:30:20Z")  # 00:00:20 on the 7th
    company.created("BBBBB", "2010-11-07T02:31:20Z")  # 23:01:20 on the 6th, an hour that comes again
    assert company.ids(date_from="2010-11-06", date_to="2010-11-06") == company.ids(date_to="2010-11-06") == ["BBBBB"]
    assert company.ids(date_from="2010-11-07", date_to="2010-11-07") == company.ids(date_from="2010-11-07") == ["AAAAA"]


def test_a_day_that_never_was(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Pacific/Apia")
    company.created("AAAAA", "2011-12-30T09:59:59Z")
    company.created("BBBBB", "2011-12-30T10:00:00Z")
    assert company.ids(date_from="2011-12-30", date_to="2011-12-30") == []
    assert company.ids(date_from="2011-12-31", date_to="2011-12-31") == ["BBBBB"]


def test_only_the_spanning_tickets_without_activity_are_left_out(company: Company) -> None:
    company.created("AAAAA", "2024-03-01T08:00:00Z")
    company.replied("AAAAA", "2024-03-31T08:00:00Z")
    company.created("BBBBB", "2024-03-01T08:00:00Z")
    company.replied("BBBBB", "2024-03-15T08:00:00Z")
    company.replied("BBBBB", "2024-03-31T08:00:00Z")
    assert company.ids(date_from="2024-03-10", date_to="2024-03-20") == ["BBBBB"]


@pytest.mark.parametrize("name", ["date_from", "date_to"])
@pytest.mark.parametrize("value", ["15-11-2013", "2013-02-29", "yesterday", "2013-11-15T00:00:00Z", "1969-12-31", "10000-01-01", "%7B%7D"])
def test_date_that_is_none(company: Company, name: str, value: str) -> None:
    (problem,) = company.refused(f"/tickets?{name}={value}")
    assert problem.startswith(f"{name}: ")
    assert problem.endswith("is not such a date; accepted: YYYY-MM-DD, from 1970-01-01 to 9999-12-31")


def test_dates_in_the_wrong_order(company: Company) -> None:
    assert company.refused("/tickets?date_from=2024-03-10&date_to=2024-03-09") == [
        "date_from: 2024-03-10 is later than date_to, 2024-03-09; accepted: a day up to date_to"
    ]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "..%2F..%2Fetc%2Fpasswd", "localtime", "America"])
def test_zone_that_is_none(company: Company, zone: str) -> None:
    (problem,) = company.refused(f"/tickets?timezone={zone}")
    assert problem.startswith("timezone: ")
    assert problem.endswith("is not a known time zone; accepted: an IANA name such as Europe/Warsaw or UTC")


# Whatever else is sent


def test_empty_and_unknown_parameters_are_ignored(company: Company) -> None:
    company.created("AAAAA", NOON)
    documented = "date_from= date_to= page= assigned= order= status= assignee= query= requester[mail]= group= source= tag= tagged="
    answer = company.get("/tickets?" + "&".join((*documented.split(), "tag[]=", "timezone=", "search=", "agent[]=a%40b", "has_goal=1", "")))
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == 1


def test_every_problem_is_named_at_once(company: Company) -> None:
    problems = company.refused("/tickets?status=closed&page=0&order=up&date_from=x&group=y")
    assert sorted(problem.partition(":")[0] for problem in problems) == ["date_from", "group", "order", "page", "status"]


def test_two_values_where_one_is_meant(company: Company) -> None:
    assert company.refused("/tickets?status=open&status=spam") == ["status: 2 values; accepted: one value"]


def test_bytes_that_are_no_utf_8(company: Company) -> None:
    assert company.refused("/tickets?query=%ff") == ["query: not valid UTF-8; accepted: text in UTF-8"]
