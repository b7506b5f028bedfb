"""`as_of` of GET /tickets and GET /tickets/<ID>: tickets as they were at an instant."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from deskline.actions import tickets
from deskline.domain.events import AnyEvent, Created, Messaged, Person, Requester, Source, StatusChanged, Touched
from deskline.domain.tickets import Changes
from deskline.storage.database import Writer
from tests.serving import serving
from tests.web.v2 import curls
from tests.web.v2.companies import ANN, BEN, SALES, SUPPORT, Company, Registry, instant

EIGHT, NINE, TEN, ELEVEN, TWELVE = (f"2024-03-09T{hour:02}:00:00Z" for hour in range(8, 13))
ACCEPTED = "an instant such as 2026-03-01T09:00:00Z, 2026-03-01T09:00:00.250+01:00 or 2026-03-01T09:00"


def test_a_ticket_is_shown_as_it_was_at_every_step(company: Company) -> None:
    steps: list[tuple[str, Callable[[str], None]]] = [
        (EIGHT, lambda at: company.created("AAAAA", at, tags=("late",))),
        (NINE, lambda at: company.replied("AAAAA", at)),
        (TEN, lambda at: company.tagged("AAAAA", at, "late", "vip")),
        ("2024-03-09T10:30:00Z", lambda at: company.changed("AAAAA", at, subject="Another subject")),
        (ELEVEN, lambda at: company.solved("AAAAA", at)),
        (TWELVE, lambda at: company.rated("AAAAA", at, "good")),
    ]
    shown = []
    for at, step in steps:
        step(at)
        shown.append(company.get("/tickets/AAAAA").content)
    assert len(set(shown)) == len(steps)
    for (at, _), expected in zip(steps, shown, strict=True):
        for until in (at, at.replace(":00Z", ":00.001Z"), at.replace(":00Z", ":59.999Z")):
            answer = company.get("/tickets/AAAAA", params={"as_of": until})
            assert (answer.status_code, answer.content) == (200, expected), until
            assert company.json("/tickets", as_of=until)["tickets"] == [json.loads(expected)]
    assert company.get("/tickets/aaaaa?as_of=" + NINE).content == shown[1]


def test_before_its_creation_there_was_no_ticket(company: Company) -> None:
    company.created("AAAAA", NINE)
    answer = company.get("/tickets/AAAAA?as_of=2024-03-09T08:59:59.999Z")
    assert answer.status_code == 404
    assert answer.json()["message"] == "There was no ticket 'AAAAA' here at that instant: it was created later."
    assert company.get("/tickets/BBBBB?as_of=" + NINE).json()["message"] == "There is no ticket 'BBBBB' here."
    assert company.json("/tickets", as_of="2024-03-09T08:59:59.999Z") == {"pages": 0, "total": 0, "tickets": []}


def test_a_ticket_of_another_company_never_was(found_live: Callable[..., Company]) -> None:
    one, other = found_live(), found_live()
    other.created("AAAAA", EIGHT)
    assert one.get(f"/tickets/AAAAA?as_of={NINE}").json()["message"] == "There is no ticket 'AAAAA' here."
    assert one.ids(as_of=NINE) == []


def test_every_filter_asks_for_the_state_of_then(company: Company) -> None:
    company.created("AAAAA", EIGHT, tags=("late",), groups=(SALES,))
    company.created("BBBBB", NINE)
    company.changed("AAAAA", TEN, status="solved", by=BEN)
    company.tagged("AAAAA", TEN, "vip")
    company.past(TEN, lambda tx: _regroup(tx, "AAAAA"))
    then = [
        {"status": "open"},
        {"assigned": "0"},
        {"tag[]": "late"},
        {"tagged": "1"},
        {"group": str(SALES)},
        {"requester[mail]": "mary@client.example"},
        {"source": "mail"},
        {"date_from": "2024-03-09", "date_to": "2024-03-09"},
    ]
    for filters in then:
        assert "AAAAA" in company.ids(as_of=NINE, **filters), filters
    for filters in ({"status": "solved"}, {"assigned": "1"}, {"assignee": BEN.id}, {"tag[]": "vip"}, {"group": str(SUPPORT)}):
        assert company.ids(as_of=NINE, **filters) == [], filters
        assert company.ids(as_of=TEN, **filters) == ["AAAAA"], filters
    assert company.ids(as_of=TEN, status="open") == ["BBBBB"]


def test_words_are_those_said_by_then(company: Company) -> None:
    company.created("AAAAA", EIGHT, subject="My boots", text="Where are they?")
    company.replied("AAAAA", TEN, text="A parcel was lost.")
    company.replied("AAAAA", TEN, text="Third time this year!", private=True)
    company.changed("AAAAA", ELEVEN, subject="My shoes")
    company.tagged("AAAAA", TWELVE, "vip")
    found = {
        words: [bool(company.ids(as_of=at, query=words)) for at in (EIGHT, TEN, ELEVEN, TWELVE)]
        for words in ("where", "boots", "parcel lo", '"was lost"', '"lost third"', "year", "shoes", "vip", "shoes boots", "!")
    }
    assert found == {
        "where": [True, True, True, True],
        "boots": [True, True, False, False],
        "parcel lo": [False, True, True, True],
        '"was lost"': [False, True, True, True],
        '"lost third"': [False] * 4,
        "year": [False, True, True, True],
        "shoes": [False, False, True, True],
        "vip": [False, False, False, True],
        "shoes boots": [False] * 4,
        "!": [False] * 4,
    }


async def _regroup(tx: Writer, ticket_id: str) -> None:
    await tickets.change(tx, ticket_id, Changes(groups=await tickets.ticket_groups(tx, (SUPPORT,), may_make=True)), ANN)


def test_the_order_is_that_of_the_last_message_of_then(company: Company) -> None:
    company.created("AAAAA", EIGHT)
    company.created("BBBBB", NINE)
    company.replied("AAAAA", TEN)
    assert company.ids() == ["AAAAA", "BBBBB"]
    assert company.ids(as_of=NINE) == ["BBBBB", "AAAAA"]
    assert company.ids(as_of=NINE, order="asc") == ["AAAAA", "BBBBB"]
    assert company.ids(as_of=TEN) == ["AAAAA", "BBBBB"]


def test_pages_and_their_total(company: Company) -> None:
    for number in range(60):
        company.created(f"T{number:04}", f"2024-03-09T08:{number:02}:00Z")
    for number in range(0, 60, 7):
        company.replied(f"T{number:04}", TEN)
    expected = [f"T{number:04}" for number in reversed(range(52))]
    at = "2024-03-09T08:51:00Z"
    pages = [company.json("/tickets", as_of=at, page=page) for page in (1, 2, 3, 4)]
    assert [(page["pages"], page["total"]) for page in pages] == [(3, 52)] * 4
    assert [ticket["id"] for page in pages for ticket in page["tickets"]] == expected
    assert [len(page["tickets"]) for page in pages] == [25, 25, 2, 0]


def test_imported_tickets_are_as_their_events_say(company: Company) -> None:
    mary = Person("mary@x.example", "Mary", "client")
    company.told(
        "OLD01",
        Created(
            at=instant("2019-03-11T10:00:00Z"),
            requester=Requester(mary.id, mary.name),
            source=Source("mail"),
            subject="Shoes",
            groups=(),
            tags=("shoes",),
        ),
        Messaged(at=instant("2019-03-11T10:00:00Z"), author=mary, text="Hi"),
        StatusChanged(at=instant("2019-03-12T10:00:00Z"), previous="open", current="solved", by=ANN),
        Touched(at=instant("2019-03-14T10:00:00Z")),
    )
    assert company.ids(as_of="2019-03-11T10:00:00Z", status="open") == ["OLD01"]
    assert company.ids(as_of="2019-03-13T10:00:00Z", status="solved", **{"tag[]": "shoes"}) == ["OLD01"]
    assert company.json("/tickets/OLD01", as_of="2019-03-13T10:00:00Z")["modified"] == "2019-03-12T10:00:00Z"
    assert company.json("/tickets/OLD01", as_of="2019-03-14T10:00:00Z")["modified"] == "2019-03-14T10:00:00Z"


# How an instant may be written


@pytest.mark.parametrize(
    "spelled",
    [
        "2024-03-09T09:00:00Z",
        "2024-03-09t09:00:00z",
        "2024-03-09 09:00:00Z",
        "2024-03-09T09:00Z",
        "2024-03-09T09:00:00.0Z",
        "2024-03-09T09:00:00.000999999Z",
        "2024-03-09T10:00:00%2B01:00",
        "2024-03-09T10:00:00+01:00",  # the plus sign means a blank in a query
        "2024-03-09T10:00:00%2B0100",
        "2024-03-09T10:00:00%2B01",
        "2024-03-09T04:00-05:00",
        "%202024-03-09T09:00:00Z%20",
        "2024-03-09T09:00:00",
        "2024-03-09T10:00:00&timezone=Europe/Warsaw",
        "2024-03-09T14:30&timezone=Asia/Kolkata",
        "2024-03-09T09:00:00Z&timezone=Asia/Kolkata",
    ],
)
def test_one_instant_in_many_spellings(found_live: Callable[..., Company], spelled: str) -> None:
    company = found_live()
    company.created("AAAAA", NINE)
    company.replied("AAAAA", "2024-03-09T09:00:00.001Z")
    for path in ("/tickets/AAAAA", "/tickets"):
        answer = company.get(f"{path}?as_of={spelled}")
        assert answer.status_code == 200, answer.text
        ticket = answer.json() if path != "/tickets" else answer.json()["tickets"][0]
        assert len(ticket["events"]) == 1


def test_without_an_offset_it_is_the_accounts_zone_and_a_day_is_its_midnight(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Europe/Warsaw")
    company.created("AAAAA", "2024-03-08T23:00:00Z")
    assert company.ids(as_of="2024-03-09") == ["AAAAA"]
    assert company.ids(as_of="2024-03-09T00:00") == ["AAAAA"]
    assert company.ids(as_of="2024-03-08T23:59:59.999") == []
    assert company.ids(as_of="2024-03-09", timezone="UTC") == ["AAAAA"]
    assert company.ids(as_of="2024-03-09", timezone="Asia/Tokyo") == []


def test_what_clocks_showed_twice_or_never(company: Company) -> None:
    path = "/tickets?timezone=Europe/Warsaw&as_of="
    (twice,) = company.refused(path + "2023-10-29T02:30")
    assert twice == (
        "as_of: the clocks of Europe/Warsaw showed '2023-10-29T02:30' twice;"
        " accepted: one of the two, 2023-10-29T00:30:00Z or 2023-10-29T01:30:00Z"
    )
    assert company.refused(path + "2023-03-26T02:30") == [
        "as_of: the clocks of Europe/Warsaw never showed '2023-03-26T02:30'; accepted: an instant that they did show, or one with Z"
    ]
    assert company.get(path + "2023-10-29T03:00").status_code == 200
    assert company.get(path + "2023-03-26T03:00").status_code == 200
    skipped = company.refused("/tickets?timezone=Pacific/Apia&as_of=2011-12-30")
    assert skipped[0].startswith("as_of: the clocks of Pacific/Apia never showed '2011-12-30'; ")


@pytest.mark.parametrize(
    "wrong",
    [
        "yesterday",
        "1709974800",
        "1709974800000",
        "2024-03-09T",
        "2024-03-09T09",
        "2024-03-09T09Z",
        "2024-02-30T09:00:00Z",
        "2024-03-09T24:00:00Z",
        "2024-03-09T23:59:60Z",
        "2024-03-09T09:00:00.Z",
        "2024-03-09T09:00:00,5Z",
        "2024-03-09T09:00:00%2B24:00",
        "2024-03-09T09:00:00%2B01:60",
        "2024-03-09T09:00:00 UTC",
        "20240309T090000Z",
        "24-03-09T09:00:00Z",
        "1969-12-31T23:59:59Z",
        "2024-03-0%D9%A9T09:00:00Z",
        "2024-03-09T09:00:00Z%0A2024",
        "2024-W10-6",
    ],
)
@pytest.mark.parametrize("path", ["/tickets", "/tickets/AAAAA"])
def test_what_is_no_instant(company: Company, path: str, wrong: str) -> None:
    problems = company.refused(f"{path}?as_of={wrong}")
    assert len(problems) == 1
    assert problems[0].startswith("as_of: '")
    assert problems[0].endswith(f"' is not such an instant; accepted: {ACCEPTED}")


@pytest.mark.parametrize("path", ["/tickets", "/tickets/AAAAA"])
def test_the_future_is_not_known(company: Company, path: str) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds").replace("+00:00", "Z")
    problems = company.refused(f"{path}?as_of={ahead}")
    assert problems[0].startswith(f"as_of: '{ahead}' is in the future; accepted: an instant up to now, ")
    assert company.refused(f"{path}?as_of=9999-12-31")[0].startswith("as_of: '9999-12-31' is in the future; ")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Africa/Monrovia", "Etc/GMT+12", "UTC"])
def test_the_beginning_of_time(company: Company, zone: str) -> None:
    company.created("AAAAA", NINE)
    assert company.ids(as_of="1970-01-01", timezone=zone) == []
    assert company.ids(as_of="1970-01-01T00:00:00+23:59", timezone=zone) == []
    assert company.get("/tickets/AAAAA", params={"as_of": "1970-01-01", "timezone": zone}).status_code == 404


def test_problems_are_named_together(company: Company) -> None:
    fields = [problem.partition(":")[0] for problem in company.refused("/tickets?as_of=x&status=y&page=0&timezone=z")]
    assert sorted(fields) == ["as_of", "page", "status", "timezone"]
    assert [problem.partition(":")[0] for problem in company.refused("/tickets/A?as_of=x&timezone=z")] == ["timezone", "as_of"]
    assert company.refused(f"/tickets?as_of={NINE}&as_of={TEN}") == ["as_of: 2 values; accepted: one text"]


def test_an_empty_one_is_none(company: Company) -> None:
    company.created("AAAAA", NINE)
    assert company.get("/tickets/AAAAA?as_of=").content == company.get("/tickets/AAAAA").content
    assert company.ids(as_of="") == ["AAAAA"]


# As everywhere


@pytest.mark.parametrize("path", ["/tickets", "/tickets/AAAAA"])
def test_head_etag_and_jsonp(company: Company, path: str) -> None:
    company.created("AAAAA", NINE)
    company.replied("AAAAA", ELEVEN)
    target = f"{path}?as_of={TEN}"
    got, headed = company.get(target), company.request("HEAD", target)
    assert (headed.status_code, headed.content, headed.headers["etag"]) == (200, b"", got.headers["etag"])
    assert company.get(target, headers={"If-None-Match": got.headers["etag"]}).status_code == 304
    company.replied("AAAAA", TWELVE)
    assert company.get(target, headers={"If-None-Match": got.headers["etag"]}).status_code == 304
    assert company.get(path, headers={"If-None-Match": got.headers["etag"]}).status_code == 200
    assert company.get(f"{target}&callback=f").content.endswith(b"f(" + got.content + b");")


def test_in_the_form_of_the_documentation(documented: Company) -> None:
    documented.created("AAAAA", NINE)
    before = documented.get("/tickets/AAAAA").json()
    documented.replied("AAAAA", ELEVEN)
    assert before["modified"] == instant(NINE) // 1000
    assert documented.get(f"/tickets/AAAAA?as_of={TEN}").json() == before
    assert documented.get(f"/tickets?as_of={TEN}").json()["tickets"] == [before]


def test_what_takes_longer_than_its_budget_is_refused_with_what_to_narrow(tmp_path: Path) -> None:
    mary = Person("mary@x.example", "Mary", "client")
    born = Created(at=instant(NINE), requester=Requester(mary.id), source=Source("mail"), subject="Shoes", groups=())
    talk: list[AnyEvent] = [Messaged(at=instant(NINE) + number, author=mary, text="Hello?") for number in range(60)]
    other: list[AnyEvent] = [msgspec.structs.replace(born, requester=Requester("bob@x.example")), *talk]
    registry = Registry(tmp_path)
    with serving(tmp_path, query_seconds="0.1") as server, httpx.Client() as client:
        company = Company(registry, client, server)
        company.told_many([[born, *talk, Messaged(at=instant(ELEVEN), author=mary, text="Hello?")]] * 1_500 + [other])
        answer = company.get(f"/tickets?as_of={TEN}")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert answer.json()["message"].endswith("how many tickets changed since: ask for one requester's, or for a later instant.")
        assert company.json("/tickets", as_of=ELEVEN)["total"] == 1_501
        assert company.json("/tickets", as_of=TEN, **{"requester[mail]": "bob@x.example"})["total"] == 1
    registry.close()


def test_the_examples_of_the_documentation(found_live: Callable[..., Company], tmp_path: Path) -> None:
    section = Path("docs/api.md").read_text().partition("### As of an instant")[2].partition("\n### ")[0]
    examples = re.findall(r"^curl .*?[^\\]$", section.partition("```sh")[2].partition("```")[0], re.MULTILINE | re.DOTALL)
    company = found_live(owner=Person(curls.LOGIN, "John Doe"))
    company.created("5FUED", "2026-02-27T09:00:00Z")
    for number in range(26):
        company.created(f"T{number:04}", "2026-02-28T09:00:00Z")
    company.solved("5FUED", "2026-03-01T09:00:00.001Z")
    status, body = zip(*(curls.translate(spoken(each, company), company.server, tmp_path) for each in examples), strict=True)
    assert status == (200, 200)
    one, page = map(json.loads, body)
    assert (one["id"], one["status"]) == ("5FUED", "open")
    assert (page["total"], [ticket["id"] for ticket in page["tickets"]]) == (27, ["T0000", "5FUED"])


def spoken(example: str, company: Company) -> str:
    return example.replace("https://api.example.com", curls.HOST).replace("API_KEY", company.key)
