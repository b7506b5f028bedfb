"""GET /tickets/<ID>"""

import json

from deskline.domain.events import (
    Assigned,
    Attachment,
    Created,
    FollowUpSent,
    Messaged,
    Noted,
    Person,
    Rated,
    RatingOffered,
    Requester,
    Source,
    StatusChanged,
    TicketGroup,
    Unassigned,
)
from tests.web.v2.companies import Company, instant

JANE = Person("jane@co.example", "Jane")
MARY = Person("mary@x.example", "Mary", "client")
GENERAL = TicketGroup(0, "General", inherited=True)

# A life as they were captured in 2019, with names and times of our own.
LIFE = (
    Created(
        at=instant("2019-03-11T10:00:00Z"),
        requester=Requester("mary@x.example", "Mary", "America/Santiago", "203.0.113.7"),
        source=Source("chat-window", "https://co.example/p"),
        subject="My new shoes",
        groups=(GENERAL,),
        tags=("shoes",),
    ),
    Messaged(at=instant("2019-03-11T10:00:00Z"), author=MARY, text="Hi", source=Source("chat-window", "https://co.example/p")),
    Messaged(at=instant("2019-03-11T11:00:00Z"), author=JANE, text="Hello", source=Source("lc2")),
    Assigned(at=instant("2019-03-11T11:00:00Z"), to=JANE, by=JANE),
    StatusChanged(at=instant("2019-03-11T11:00:00Z"), previous="open", current="solved", by=JANE),
    RatingOffered(at=instant("2019-03-12T11:00:10Z")),
    Rated(at=instant("2019-03-12T12:00:00Z"), rate="good", by=MARY),
)
SHOWN = (
    '{"assignee":{"id":"jane@co.example","name":"Jane"},"events":['
    '{"author":{"id":"mary@x.example","name":"Mary","type":"client"},"date":"2019-03-11T10:00:00Z","is_private":false,"message":"Hi",'
    '"type":"message","source":{"type":"chat-window","url":"https://co.example/p"}},'
    '{"author":{"id":"jane@co.example","name":"Jane","type":"agent"},"date":"2019-03-11T11:00:00Z","is_private":false,"message":"Hello",'
    '"type":"message","source":{"type":"lc2"}},'
    '{"date":"2019-03-11T11:00:00Z","to":{"id":"jane@co.example","name":"Jane"},"type":"assignee_changed",'
    '"author":{"id":"jane@co.example","name":"Jane"}},'
    '{"date":"2019-03-11T11:00:00Z","current":"solved","previous":"open","type":"status_changed",'
    '"author":{"id":"jane@co.example","name":"Jane"}},'
    '{"date":"2019-03-12T11:00:10Z","type":"rating_offer_sent"},'
    '{"date":"2019-03-12T12:00:00Z","current":"good","type":"rated","author":{"id":"mary@x.example","name":"Mary","type":"client"}}],'
    '"id":"5FUED","requester":{"mail":"mary@x.example","name":"Mary","utc_offset":"America/Santiago","ip":"203.0.113.7"},'
    '"groups":[{"id":0,"name":"General","inherited":true}],"status":"solved","subject":"My new shoes",'
    '"modified":"2019-03-12T12:00:00Z","source":{"type":"chat-window","url":"https://co.example/p"},'
    '"opened":[{"from":"2019-03-11T10:00:00Z","to":"2019-03-11T11:00:00Z"}],"resolutionDate":"2019-03-11T11:00:00Z",'
    '"firstResponse":{"agent":"jane@co.example","date":"2019-03-11T11:00:00Z"},"ccs":[],"tags":["shoes"],"rate":"rated_good",'
    '"date":"2019-03-11T10:00:00Z","currentGroup":{"id":0,"name":"General","inherited":true}}'
)


def test_it_works(company: Company) -> None:
    company.told("5FUED", *LIFE)
    answer = company.get("/tickets/5FUED")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.text == SHOWN


def test_nobody_assigned_and_nothing_done_leaves_keys_out(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    ticket = company.json("/tickets/AAAAA")
    assert ticket == {
        "events": [
            {
                "author": {"id": "mary@client.example", "name": "Mary", "type": "client"},
                "date": "2024-03-09T08:00:00Z",
                "is_private": False,
                "message": "My order is late.",
                "type": "message",
                "source": {"type": "mail"},
            }
        ],
        "id": "AAAAA",
        "requester": {"mail": "mary@client.example", "name": "Mary"},
        "groups": [{"id": 0, "name": "General", "inherited": True}],
        "status": "open",
        "subject": "(no subject)",
        "modified": "2024-03-09T08:00:00Z",
        "source": {"type": "mail"},
        "opened": [{"from": "2024-03-09T08:00:00Z"}],
        "firstResponse": {},
        "ccs": [],
        "tags": [],
        "rate": "not_rated",
        "date": "2024-03-09T08:00:00Z",
        "currentGroup": {"id": 0, "name": "General", "inherited": True},
    }


def test_every_kind_of_event_of_the_original_is_shown(company: Company) -> None:
    at = instant("2019-03-11T10:00:00Z")
    company.told(
        "AAAAA",
        *LIFE[:2],
        Messaged(
            at=at + 1_000,
            author=JANE,
            text="See the picture",
            private=True,
            source=Source("mail"),
            attachments=(Attachment("cdn.example/1.png", "1.png", "image/png", "binary", 640, 480),),
        ),
        StatusChanged(at=at + 2_000, previous="open", current="pending", by=JANE),
        FollowUpSent(at=at + 3_000),
        StatusChanged(at=at + 4_000, previous="pending", current="solved"),
        Assigned(at=at + 5_000, to=JANE),
        Unassigned(at=at + 6_000, by=JANE),
        Noted(at=at + 7_000, shown={"type": "subject_changed", "current": "Shoes"}),
    )
    ticket = company.json("/tickets/AAAAA")
    assert "assignee" not in ticket
    assert ticket["firstResponse"] == {}  # a private note is no response
    assert ticket["events"][1:] == [
        {
            "author": {"id": "jane@co.example", "name": "Jane", "type": "agent"},
            "date": "2019-03-11T10:00:01Z",
            "is_private": True,
            "message": "See the picture",
            "type": "message",
            "source": {"type": "mail"},
            "attachments": [
                {
                    "url": "cdn.example/1.png",
                    "name": "1.png",
                    "content_type": "image/png",
                    "content_encoding": "binary",
                    "width": 640,
                    "height": 480,
                }
            ],
        },
        {
            "date": "2019-03-11T10:00:02Z",
            "current": "pending",
            "previous": "open",
            "type": "status_changed",
            "author": {"id": "jane@co.example", "name": "Jane"},
        },
        {"date": "2019-03-11T10:00:03Z", "type": "follow_up_sent"},
        {"date": "2019-03-11T10:00:04Z", "current": "solved", "previous": "pending", "type": "status_changed"},
        {"date": "2019-03-11T10:00:05Z", "to": {"id": "jane@co.example", "name": "Jane"}, "type": "assignee_changed"},
        {
            "date": "2019-03-11T10:00:06Z",
            "type": "assignee_removed",
            "author": {"id": "jane@co.example", "name": "Jane", "type": "agent"},
        },
        {"type": "subject_changed", "current": "Shoes", "date": "2019-03-11T10:00:07Z"},
    ]


def test_a_spam_ticket_shows_no_resolution(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.solved("AAAAA", "2024-03-09T09:00:00Z")
    company.changed("AAAAA", "2024-03-09T10:00:00Z", status="spam")
    assert "resolutionDate" not in company.json("/tickets/AAAAA")


def test_letters_beyond_ascii_come_as_they_are(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z", text='Zażółć „gęślą” \u2028 😀 \x07 \\ / " <b>')
    answer = company.get("/tickets/AAAAA")
    assert '"Zażółć „gęślą” \u2028 😀 \\u0007 \\\\ / \\" <b>"' in answer.text
    assert json.loads(answer.content)["events"][0]["message"] == 'Zażółć „gęślą” \u2028 😀 \x07 \\ / " <b>'


def test_an_id_in_small_letters_is_the_same_id(company: Company) -> None:
    company.created("5FUED", "2024-03-09T08:00:00Z")
    assert company.json("/tickets/5fued")["id"] == "5FUED"


def test_unknown_id(company: Company) -> None:
    answer = company.get("/tickets/ZZZZZ")
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no ticket 'ZZZZZ' here.", "message": "There is no ticket 'ZZZZZ' here."}


def test_letter_case_of_the_id_does_not_matter_and_an_imported_lower_one_is_found(company: Company) -> None:
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    company.created("lower", "2024-03-09T08:00:00Z")
    assert company.json("/tickets/aaaaa")["id"] == "AAAAA"
    assert company.json("/tickets/lower")["id"] == "lower"
    assert company.put("/tickets/lower/tags", data={"tag[]": ["sales"]}).json()["tags"] == ["sales"]
