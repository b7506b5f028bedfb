"""The curl lines of the original's documentation, pasted as they stand with the host changed, and the answers it prints beside them."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from deskline.domain.events import AnyEvent, Assigned, Created, Messaged, Person, Rate, Rated, Requester, Source, StatusChanged, TicketGroup
from tests.web.v2 import curls
from tests.web.v2.companies import Company, instant
from tests.web.v2.curls import SAMPLES

Found = Callable[..., Company]
JOHN: Final = Person(curls.LOGIN, "John Doe")
JANE: Final = Person("jane.doe@mycompany.com", "Jane Doe")
JENNY: Final = Person("jenny.doe@mycompany.com", "Jenny Doe")
MARY: Final = Requester("mary.brown@email.com", "Mary Brown")
MARY_HERSELF: Final = Person("mary.brown@email.com", "Mary Brown", "client")
ISO: Final = "%FT%TZ"


def johns(found: Found, **settings: Any) -> Company:
    """Found the company of the documentation: John owns it, Jane and Jenny work there, there are three groups."""
    company = found(owner=JOHN, staffed=False, **settings)
    for number, name in enumerate(("Invoicing", "Sales", "Technical Support"), 1):
        company.divided(number, name)
    company.hired(JANE.id, name=JANE.name, groups=(1,))
    company.hired(JENNY.id, name=JENNY.name, permission="administrator", groups=(2,))
    return company


def complain(company: Company) -> None:
    """Let Mary's complaint about her shoes have had the life that the documentation shows."""
    text = "Hello,\n\nIt seems that my new shoes are broken. What can we do about this?"
    company.created("5FUED", at(1384554260), by=JOHN, requester=MARY, text=text, source=Source("mail"), subject="My new shoes are broken")
    company.changed("5FUED", at(1384554270), by=JOHN, assignee=JANE)
    note = "Jane, could you please find a moment to handle this customer's complaint?"
    company.replied("5FUED", at(1384554322), by=JOHN, text=note, private=True)
    company.tagged("5FUED", at(1384790802), "sales", "support", "feedback")


def at(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(ISO)


# Every line, pasted


@pytest.fixture(scope="module")
def pasted(found_live: Found) -> Company:
    """John's company with the very key of the documentation, and Mary's complaint."""
    company = johns(found_live, key=curls.KEY)
    complain(company)
    return company


@pytest.mark.parametrize("way", curls.WAYS)
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("signed", ["by key", "by token"])
def test_a_line_as_it_stands(pasted: Company, tmp_path: Path, name: str, way: str, signed: str) -> None:
    sample = SAMPLES[name] if signed == "by key" else curls.with_personal_token(SAMPLES[name])
    status, body = curls.WAYS[way](sample, pasted.server, tmp_path)
    assert status == 200, body
    if name == "agents, JSONP":
        assert body.startswith(b"/**/ typeof example === 'function' && example([")
        return
    answer = json.loads(body)
    if name == "list of tickets":
        assert "5FUED" in [ticket["id"] for ticket in answer["tickets"]]
    elif name.startswith("new ticket"):
        assert answer["subject"] == "I have a problem"
        assert answer["requester"] == {"mail": "mary.brown@email.com", "name": "Mary Brown"}
        assert answer["events"][0]["message"] == "Hi,I have a problem with my shoes. Could you please advise?"
        assert pasted.json(f"/tickets/{answer['id']}") == answer
    elif name.startswith("tags"):
        assert (answer["id"], answer["tags"]) == ("5FUED", ["sales", "support", "feedback"])


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if " -d " not in sample])
def test_with_and_without_curl_the_answer_is_the_same(pasted: Company, tmp_path: Path, name: str) -> None:
    assert len({way(SAMPLES[name], pasted.server, tmp_path) for way in curls.WAYS.values()}) == 1


def test_a_token_with_a_colon_in_it(found_live: Found, tmp_path: Path) -> None:
    token = "dal:A1b2-C3d4_E5f6.G7h8"
    company = johns(found_live, key=token)
    assert company.get("/tickets").status_code == 200  # base64, split at the first colon
    sample = curls.with_personal_token(SAMPLES["agents"]).replace(curls.KEY, token)
    for way in curls.WAYS.values():
        assert way(sample, company.server, tmp_path)[0] == 200


# Whole answers


def ask(company: Company, name: str) -> Any:
    """Send a line with the company's own key, and read the answer."""
    status, body = curls.translate(SAMPLES[name].replace(curls.KEY, company.key), company.server, Path())
    assert status == 200, body
    return json.loads(body)


DOCUMENTED: Final = {
    "assignee": {"id": "jane.doe@mycompany.com", "name": "Jane Doe"},
    "events": [
        {
            "author": {"id": "mary.brown@email.com", "name": "Mary Brown", "type": "client"},
            "date": 1384554260,
            "is_private": False,
            "message": "Hello,\n\nIt seems that my new shoes are broken. What can we do about this?",
            "type": "message",
            "source": {"type": "mail"},
        },
        {
            "to": {"id": "jane.doe@mycompany.com", "name": "Jane Doe"},
            "author": {"id": "john.doe@mycompany.com", "name": "John Doe"},
            "date": 1384554270,
            "type": "assignee_changed",
        },
        {
            "message": "Jane, could you please find a moment to handle this customer's complaint?",
            "is_private": True,
            "author": {"type": "agent", "id": "john.doe@mycompany.com", "name": "John Doe"},
            "date": 1384554322,
            "type": "message",
            "source": {"type": "lc2"},
        },
    ],
    "id": "5FUED",
    "requester": {"mail": "mary.brown@email.com", "name": "Mary Brown"},
    "groups": [0],
    "status": "open",
    "subject": "My new shoes are broken",
    "modified": 1384790802,
    "source": {"type": "mail"},
    "opened": [{"from": 1384554260}],
    "firstResponse": {},
    "tags": ["sales", "support", "feedback"],
}
# What answers had and the documentation never mentioned.
BESIDES: Final = {"ccs": [], "rate": "not_rated", "date": 1384554260, "currentGroup": 0}


def test_the_documented_ticket(found_documented: Found) -> None:
    company = johns(found_documented)
    complain(company)
    assert ask(company, "single ticket") == DOCUMENTED | BESIDES


def test_the_documented_list(found_documented: Found) -> None:
    company = johns(found_documented)
    for number in range(14):  # fifteen in all, and Mary's is on top
        company.created(f"T{number:04}", "2013-11-15T08:00:00Z", by=JOHN)
    company.created("SOLVD", "2013-11-16T08:00:00Z", by=JOHN)
    company.solved("SOLVD", "2013-11-16T08:00:00Z", by=JOHN)
    company.created("EARLY", "2013-11-14T23:59:59Z", by=JOHN)
    complain(company)
    answer = ask(company, "list of tickets")
    assert answer == {"pages": 1, "total": 15, "tickets": [DOCUMENTED | BESIDES, *answer["tickets"][1:]]}
    assert len(answer["tickets"]) == 15


@pytest.mark.parametrize("sample", ["tags", "tags, JSON"])
def test_the_documented_tags(found_documented: Found, sample: str) -> None:
    company = johns(found_documented)
    complain(company)
    company.tagged("5FUED", at(1384790803), "sales")
    answer = ask(company, sample)
    assert answer == DOCUMENTED | BESIDES | {"modified": answer["modified"]}


@pytest.mark.parametrize("sample", ["new ticket", "new ticket, JSON"])
def test_a_new_ticket_has_the_shape_of_a_documented_one(found_documented: Found, sample: str) -> None:
    answer = ask(johns(found_documented), sample)
    now = answer["date"]
    assert re.fullmatch("[0-9A-Z]{5}", answer["id"])
    assert answer == {
        "events": [
            {
                "author": {"id": "mary.brown@email.com", "name": "Mary Brown", "type": "client"},
                "date": now,
                "is_private": False,
                "message": "Hi,I have a problem with my shoes. Could you please advise?",
                "type": "message",
                "source": {"type": "lc2"},
            }
        ],
        "id": answer["id"],
        "requester": {"mail": "mary.brown@email.com", "name": "Mary Brown"},
        "groups": [0],
        "status": "open",
        "subject": "I have a problem",
        "modified": now,
        "source": {"type": "lc2"},
        "opened": [{"from": now}],
        "firstResponse": {},
        "tags": [],
        **BESIDES,
        "date": now,
    }


def test_every_date_of_a_documented_ticket_is_in_seconds(found_documented: Found) -> None:
    company = johns(found_documented)
    lived = life("2014-01-10T08:00:00Z", responded=60, solved=120, rated=("good", "2014-01-10T09:00:00Z"), groups=(2, 0))
    company.told("AAAAA", *lived)
    ticket = company.json("/tickets/AAAAA")
    created = instant("2014-01-10T08:00:00Z") // 1000
    assert ticket["groups"] == [2, 0]
    assert ticket["currentGroup"] == 2
    assert [event["date"] - created for event in ticket["events"]] == [0, 60, 120, 3600]
    assert ticket["opened"] == [{"from": created, "to": created + 120}]
    assert ticket["resolutionDate"] == created + 120
    assert ticket["firstResponse"] == {"agent": JOHN.id, "date": created + 60}
    assert ticket["modified"] == created + 3600
    assert not re.search(r"\d{4}-\d\d-\d\d", json.dumps(ticket))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/tickets/AAAAA", {"status": "solved"}),
        ("POST", "/tickets/AAAAA/messages", {"message": "Hi"}),
        ("PUT", "/tickets/AAAAA/rating", {"rate": "good"}),
        ("PUT", "/tickets/AAAAA/tags", {"tag": ["a"]}),
    ],
)
def test_whatever_answers_a_ticket_shows_it_in_this_form(found_documented: Found, method: str, path: str, body: dict[str, object]) -> None:
    company = johns(found_documented)
    company.created("AAAAA", "2014-01-10T08:00:00Z", by=JOHN)
    answer = company.request(method, path, json=body)
    assert answer.json()["date"] == 1389340800
    assert answer.json()["groups"] == [0]
    assert answer.text == company.get("/tickets/AAAAA").text


# The reports beside their lines. What the documentation leaves out of its answers as (...) is 0 here.


def life(
    created: str,
    *,
    responded: int | None = None,
    solved: int | None = None,
    by: Person = JOHN,
    rated: tuple[Rate, str] | None = None,
    source: str = "mail",
    groups: Sequence[int] = (0,),
) -> list[AnyEvent]:
    """A ticket's timeline: answered and solved so many seconds after its creation, rated at an instant."""
    start = instant(created)
    events: list[AnyEvent] = [
        Created(
            at=start,
            requester=MARY,
            source=Source(source),
            subject="?",
            groups=tuple(TicketGroup(group, f"Group {group}") for group in groups),
        ),
        Messaged(at=start, author=MARY_HERSELF, text="?", source=Source(source)),
    ]
    if responded is not None:
        events.append(Messaged(at=start + responded * 1_000, author=by, text="!", source=Source("lc2")))
    if solved is not None:
        events.append(StatusChanged(at=start + solved * 1_000, previous="open", current="solved", by=by))
    if rated is not None:
        events.append(Rated(at=instant(rated[1]), rate=rated[0], by=MARY_HERSELF))
    return events


def days_of_january(documented: dict[int, Any], nothing: Any) -> dict[str, Any]:
    """The rows from 10 to 20 January 2014: those that are documented, else one that counts nothing."""
    return {f"2014-01-{day}": documented.get(day, nothing) for day in range(10, 21)}


def test_new_tickets(found_live: Found) -> None:
    company = johns(found_live)
    counts = {0: 5, 1: 1, 23: 21}
    company.told_many([life(f"2013-01-29T{hour:02}:{number:02}:59Z") for hour, count in counts.items() for number in range(count)])
    rows = ask(company, "new_tickets")
    assert list(rows.items()) == [(f"{hour:02}:00", {"new_tickets": counts.get(hour, 0)}) for hour in range(24)]


def test_first_response_time(found_live: Found) -> None:
    company = johns(found_live)
    of_john = [life("2014-01-10T08:00:00Z", responded=49 * 60 + 48) for _ in range(5)]  # 0.83, as the documentation explains it
    of_john.append(life("2014-01-11T08:00:00Z", responded=78 * 60))  # 1.3
    company.told_many([*of_john, life("2014-01-10T08:00:00Z", responded=60, by=JANE)])
    documented = {10: {"count": 5, "hours": 0.83}, 11: {"count": 1, "hours": 1.3}}
    assert list(ask(company, "first_response_time").items()) == list(days_of_january(documented, {"count": 0, "hours": None}).items())


def test_solved_tickets(found_live: Found) -> None:
    company = johns(found_live)
    counts = {10: 4, 11: 12, 20: 4}
    company.told_many([life(f"2014-01-{day}T08:00:00Z", solved=60) for day, count in counts.items() for _ in range(count)])
    documented = {day: {"solved_tickets": count} for day, count in counts.items()}
    assert list(ask(company, "solved_tickets").items()) == list(days_of_january(documented, {"solved_tickets": 0}).items())


def test_resolution_time(found_live: Found) -> None:
    company = johns(found_live)
    of_the_10th = [life("2014-01-09T16:00:00Z", solved=58_572) for _ in range(3)]  # 16 h 16 min 12 s: 16.27
    of_the_20th = [life("2014-01-20T08:00:00Z", solved=6_480) for _ in range(2)]  # 1 h 48 min: 1.8
    company.told_many([*of_the_10th, *of_the_20th])
    documented = {10: {"count": 3, "hours": 16.27}, 20: {"count": 2, "hours": 1.8}}
    assert list(ask(company, "resolution_time").items()) == list(days_of_january(documented, {"count": 0, "hours": None}).items())


def test_ticket_sources(found_live: Found) -> None:
    company = johns(found_live)
    columns = {10: (4, 12, 2), 11: (7, 8, 6), 20: (0, 16, 1)}
    kinds = ("chat-window", "mail", "lc2")
    names = ("tickets_from_chat_window", "tickets_from_mail", "tickets_from_chat")

    def tickets() -> Iterator[list[AnyEvent]]:
        for day, counts in columns.items():
            for source, count in zip(kinds, counts, strict=True):
                yield from (life(f"2014-01-{day}T08:00:00Z", source=source) for _ in range(count))

    company.told_many(list(tickets()))
    documented = {day: dict(zip(names, counts, strict=True)) for day, counts in columns.items()}
    assert list(ask(company, "ticket_sources").items()) == list(days_of_january(documented, dict.fromkeys(names, 0)).items())


def test_ratings(found_live: Found) -> None:
    company = johns(found_live)
    documented: dict[str, dict[str, Any]] = {
        "2012-01": {"begin": "2012-01-29", "end": "2012-01-31", "bad": 0, "good": 6},
        "2012-02": {"begin": "2012-02-01", "end": "2012-02-29", "bad": 4, "good": 38},
        "2012-03": {"begin": "2012-03-01", "end": "2012-03-31", "bad": 0, "good": 16},
        **{f"2012-{month:02}": {"begin": f"2012-{month:02}-01", "end": f"2012-{month:02}-{last}", "bad": 0, "good": 0}
           for month, last in ((4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31))},
        "2012-11": {"begin": "2012-11-01", "end": "2012-11-30", "bad": 20, "good": 49},
        "2012-12": {"begin": "2012-12-01", "end": "2012-12-31", "bad": 22, "good": 35},
        "2013-01": {"begin": "2013-01-01", "end": "2013-01-29", "bad": 18, "good": 51},
    }  # fmt: skip
    rates: tuple[Rate, Rate] = ("bad", "good")

    def tickets() -> Iterator[list[AnyEvent]]:
        for row in documented.values():
            for rate in rates:
                yield from (life("2012-01-01T08:00:00Z", rated=(rate, f"{row['end']}T23:59:59Z"), groups=(2,)) for _ in range(row[rate]))

    company.told_many([*tickets(), life("2012-01-01T08:00:00Z", rated=("bad", "2012-11-11T11:11:11Z"), groups=(1,))])
    rows = ask(company, "ratings")
    assert list(rows.items()) == list(documented.items())
    assert list(rows["2012-01"]) == ["begin", "end", "bad", "good"]


def test_ranking(found_live: Found) -> None:
    company = johns(found_live)
    documented = [
        {"good": 2502, "bad": 426, "total": 2928, "score": 0.8361489669658251, "name": "john.doe@mycompany.com"},
        {"good": 2164, "bad": 443, "total": 2607, "score": 0.8094273999034496, "name": "jane.doe@mycompany.com"},
        {"good": 1070, "bad": 215, "total": 1285, "score": 0.8029689181922964, "name": "jenny.doe@mycompany.com"},
    ]
    day = "2014-01-10T08:00:00Z"
    timelines: list[list[AnyEvent]] = []
    for person, good, bad in ((JANE, 2164, 443), (JENNY, 1070, 215), (JOHN, 2502, 426)):
        given: list[AnyEvent] = [Assigned(at=instant(day), to=person, by=person)]
        good_one, bad_one = life(day, rated=("good", day)), life(day, rated=("bad", day))
        timelines += [good_one[:2] + given + good_one[2:]] * good + [bad_one[:2] + given + bad_one[2:]] * bad
    company.told_many(timelines)
    assert ask(company, "ranking") == {"ranking": documented}


def test_the_documented_agents(found_live: Found) -> None:
    company = johns(found_live)
    john, *_ = [agent for agent in ask(company, "agents") if agent["login"] == JOHN.id]
    assert john == {
        "name": "John Doe",
        "permission": "owner",
        "avatar": "",  # nobody has a picture here
        "login": "john.doe@mycompany.com",
        "status": "offline",
    }
    keys = "login name login_status permission daily_summary job_title avatar notifications max_chats_count groups status last_logout"
    assert list(ask(company, "one agent")) == keys.split()


def test_the_documented_groups(found_live: Found) -> None:
    company = johns(found_live)
    company.hired("jim.doe@mycompany.com", status="not accepting chats", groups=(2,))
    assert ask(company, "groups") == [
        {"id": 0, "name": "All operators", "language": "en", "status": "not accepting chats"},
        {"id": 1, "name": "Invoicing", "language": "en", "agents": ["jane.doe@mycompany.com"], "status": "offline"},
        {
            "id": 2,
            "name": "Sales",
            "language": "en",
            "agents": ["jenny.doe@mycompany.com", "jim.doe@mycompany.com"],
            "status": "not accepting chats",
        },
        {"id": 3, "name": "Technical Support", "language": "en", "agents": [], "status": "offline"},
    ]
    assert ask(company, "one group") == ask(company, "groups")[2]


def test_the_documented_status(found_live: Found) -> None:
    company = johns(found_live)
    assert ask(company, "status") == {"status": "offline"}
    company.hired("jim.doe@mycompany.com", status="accepting chats", groups=(1,))
    assert ask(company, "status") == {"status": "online"}


def test_the_documented_tags_of_an_account(found_live: Found) -> None:
    company = johns(found_live)
    complain(company)
    assert company.json("/tags")[0] == {
        "name": "feedback",
        "author": "john.doe@mycompany.com",
        "creation_date": 1384790802,
        "count": {"inChats": 0, "inTickets": 1},
        "group": 0,
    }
