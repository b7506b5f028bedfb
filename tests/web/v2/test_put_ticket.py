"""PUT /tickets/<ID>"""

import pytest

from tests.web.v2.companies import ANN, BEN, Company

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def desk(company: Company) -> Company:
    """A company with one ticket, AAAAA, that nobody has."""
    company.created("AAAAA", "2024-03-09T08:00:00Z")
    return company


def test_it_works(desk: Company) -> None:
    before = desk.json("/tickets/AAAAA")
    answer = desk.put(
        "/tickets/AAAAA", json={"status": "pending", "assignee": {"id": "ben@example.com"}, "subject": "Late order", "group": [2, 1]}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    after = answer.json()
    now = after["modified"]
    groups = [{"id": 2, "name": "Support", "inherited": False}, {"id": 1, "name": "Sales", "inherited": False}]
    assert after == {
        **before,
        "assignee": {"id": "ben@example.com", "name": "Ben Agent"},
        "events": [
            *before["events"],
            {
                "date": now,
                "to": {"id": "ben@example.com", "name": "Ben Agent"},
                "type": "assignee_changed",
                "author": {"id": "ann@example.com", "name": "Ann Owner"},
            },
            {
                "date": now,
                "current": "pending",
                "previous": "open",
                "type": "status_changed",
                "author": {"id": "ann@example.com", "name": "Ann Owner"},
            },
        ],
        "groups": groups,
        "currentGroup": groups[0],
        "status": "pending",
        "subject": "Late order",
        "modified": now,
        "opened": [{"from": "2024-03-09T08:00:00Z", "to": now}],
    }
    assert desk.get("/tickets/AAAAA").text == answer.text
    assert desk.ids(status="pending", assignee="ben@example.com", group="2", query="late order") == ["AAAAA"]


@pytest.mark.parametrize(
    "body",
    [
        "status=pending&assignee[id]=ben%40example.com&subject=Late+order&group[]=2",
        "status=pending&assignee=ben%40example.com&subject=Late+order&group=2",
        "status=pending&assignee%5Bid%5D=ben@example.com&subject=Late%20order&group%5B0%5D=2&groups[]=1",
        '{"status":"pending","assignee":"ben@example.com","subject":"Late order","group":2}',
        '{"status":"pending","assignee":{"id":"BEN@example.com","name":"x"},"subject":"Late order","groups":["2"]}',
    ],
)
def test_every_spelling(desk: Company, body: str) -> None:
    kind = "application/json" if body.startswith("{") else FORM
    ticket = desk.put("/tickets/AAAAA", content=body, headers={"Content-Type": kind}).json()
    assert ticket["status"] == "pending"
    assert ticket["assignee"] == {"id": "ben@example.com", "name": "Ben Agent"}
    assert ticket["subject"] == "Late order"
    assert ticket["groups"] == [{"id": 2, "name": "Support", "inherited": False}]


@pytest.mark.parametrize(
    "body", ["assignee=none", "assignee[id]=none", '{"assignee":null}', '{"assignee":{"id":null}}', '{"assignee":"none"}']
)
def test_nobody(desk: Company, body: str) -> None:
    desk.changed("AAAAA", "2024-03-09T09:00:00Z", assignee=BEN)
    kind = "application/json" if body.startswith("{") else FORM
    ticket = desk.put("/tickets/AAAAA", content=body, headers={"Content-Type": kind}).json()
    assert "assignee" not in ticket
    assert ticket["events"][-1] == {
        "date": ticket["modified"],
        "type": "assignee_removed",
        "author": {"id": "ann@example.com", "name": "Ann Owner", "type": "agent"},
    }
    assert desk.ids(assigned="0") == ["AAAAA"]


def test_solved_and_given_to_nobody_in_one_breath(desk: Company) -> None:
    ticket = desk.put("/tickets/AAAAA", json={"status": "solved", "assignee": None}).json()
    assert [event["type"] for event in ticket["events"]] == ["message", "status_changed"]
    assert "assignee" not in ticket


def test_a_group_nobody_knew_is_made(desk: Company) -> None:
    ticket = desk.put("/tickets/AAAAA", json={"group": [7]}).json()
    assert ticket["groups"] == [{"id": 7, "name": "Group 7", "inherited": False}]
    assert desk.json("/groups/7")["name"] == "Group 7"


def test_subject_and_groups_leave_no_event_on_the_original_wire(desk: Company) -> None:
    ticket = desk.put("/tickets/AAAAA", json={"subject": "Other", "group": [1]}).json()
    assert [event["type"] for event in ticket["events"]] == ["message"]
    assert ticket["modified"] > "2024-03-09T08:00:00Z"


@pytest.mark.parametrize("body", [{"status": "open"}, {"subject": "(no subject)"}, {"assignee": None}])
def test_a_change_that_changes_nothing_is_no_event(desk: Company, body: dict[str, object]) -> None:
    before = desk.get("/tickets/AAAAA").text
    answer = desk.put("/tickets/AAAAA", json=body)
    assert (answer.status_code, answer.text) == (200, before)


def test_the_same_groups_again_change_nothing(desk: Company) -> None:
    desk.changed("AAAAA", "2024-03-09T09:00:00Z", subject="Other")
    desk.put("/tickets/AAAAA", json={"group": [2, 1]})
    before = desk.get("/tickets/AAAAA").text
    assert desk.put("/tickets/AAAAA", json={"group": [2, 1]}).text == before


def test_who_changes_is_who_signed_in(desk: Company) -> None:
    ticket = desk.request("PUT", "/tickets/AAAAA", json={"status": "solved"}, ben=True).json()
    assert ticket["assignee"]["id"] == BEN.id
    assert {event["author"]["id"] for event in ticket["events"][1:]} == {BEN.id}
    assert ANN.id not in str(ticket)


# Refusals


def test_another_requester(desk: Company) -> None:
    desk.changed("AAAAA", "2024-03-09T09:00:00Z", assignee=BEN)
    before = desk.json("/tickets/AAAAA")
    after = desk.put("/tickets/AAAAA", json={"requester": {"mail": "Joe@client.example", "name": "Joe"}}).json()
    assert after == {**before, "requester": {"mail": "Joe@client.example", "name": "Joe"}, "modified": after["modified"]}
    assert desk.ids(**{"requester[mail]": "joe@client.example"}) == ["AAAAA"]
    assert desk.ids(**{"requester[mail]": "mary@client.example"}) == []
    assert desk.ids(query="joe") == ["AAAAA"], "messages keep the author that they had, so the one before is found too"
    then = {"as_of": "2024-03-10T00:00:00Z"}
    assert desk.ids(**then, **{"requester[mail]": "mary@client.example"}) == ["AAAAA"]
    assert desk.ids(**then, **{"requester[mail]": "joe@client.example"}) == []
    assert desk.json("/tickets/AAAAA", **then)["requester"] == before["requester"]
    wrote = desk.post("/tickets/AAAAA/messages", json={"message": "It is me now.", "author": {"type": "client"}}).json()
    assert wrote["events"][-1]["author"] == {"id": "Joe@client.example", "name": "Joe", "type": "client"}


def test_the_same_requester_by_another_name(desk: Company) -> None:
    change = {"requester[mail]": "MARY@client.example", "requester[name]": "Mary Ann"}
    assert desk.put("/tickets/AAAAA", data=change).json()["requester"] == {"mail": "MARY@client.example", "name": "Mary Ann"}
    again = desk.put("/tickets/AAAAA", data={"requester[mail]": "mary@client.example"}).json()
    assert again["requester"] == {"mail": "mary@client.example", "name": "Mary Ann"}


def test_a_requester_without_an_address(desk: Company) -> None:
    assert refused(desk, requester={"name": "Joe"}) == [
        "requester[mail]: is missing beside the name; accepted: the address too, the same one to correct the name alone"
    ]


def test_a_requester_that_is_no_address(desk: Company) -> None:
    assert refused(desk, requester={"mail": "joe"}) == [
        "requester[mail]: 'joe' is not a mail address; accepted: an address such as john@example.com"
    ]


@pytest.mark.parametrize("nobody", ["none", [], None], ids=repr)
def test_copies(desk: Company, nobody: object) -> None:
    before = desk.json("/tickets/AAAAA")
    asked = ["joe@client.example", " zoe@client.example ", "JOE@client.example"]
    after = desk.put("/tickets/AAAAA", json={"ccs": asked}).json()
    assert after == {**before, "ccs": ["joe@client.example", "zoe@client.example"], "modified": after["modified"]}
    assert desk.ids(query="zoe") == ["AAAAA"]
    assert desk.put("/tickets/AAAAA", content="ccs=&status=open", headers={"Content-Type": FORM}).json()["ccs"] == after["ccs"]
    assert desk.put("/tickets/AAAAA", json={"ccs": nobody}).json()["ccs"] == []
    assert desk.ids(query="zoe") == []


def test_copies_for_what_is_no_address(desk: Company) -> None:
    assert refused(desk, ccs=["joe@client.example", "zoe"]) == [
        "ccs: 'zoe' is not a mail address; accepted: addresses such as john@example.com, or none"
    ]


def test_too_many_copies(desk: Company) -> None:
    assert refused(desk, ccs=[f"{number}@client.example" for number in range(51)]) == ["ccs: 51 values; accepted: at most 50 values"]


def test_tags_are_put_on_and_taken_off(desk: Company) -> None:
    desk.put("/tickets/AAAAA/tags", json={"tag": ["sales", "late"]})
    after = desk.put("/tickets/AAAAA", json={"add_tags": ["vip", "sales"], "remove_tags": ["late", "never"]}).json()
    assert after["tags"] == ["sales", "vip"]
    assert "vip" in [tag["name"] for tag in desk.json("/tags")]
    assert desk.ids(tag="vip") == ["AAAAA"]


def test_more_tags_than_a_ticket_may_have(desk: Company) -> None:
    desk.put("/tickets/AAAAA/tags", json={"tag": [f"tag {number}" for number in range(100)]})
    answer = desk.put("/tickets/AAAAA", json={"add_tags": ["one more"], "status": "solved"})
    assert (answer.status_code, answer.json()["error"]) == (409, "Ticket AAAAA would have 101 tags; at most 100 are accepted.")
    assert desk.json("/tickets/AAAAA")["status"] == "open"
    assert "one more" not in [tag["name"] for tag in desk.json("/tags")]


def test_spam_and_back(desk: Company) -> None:
    month = {"date_from": "2024-03-09", "date_to": "2024-03-09", "group_by": "day"}
    assert desk.put("/tickets/AAAAA", json={"status": "spam"}).json()["status"] == "spam"
    assert desk.json("/reports/tickets/new_tickets", **month) == {"2024-03-09": {"new_tickets": 0}}
    assert desk.put("/tickets/AAAAA", json={"status": "open"}).json()["status"] == "open"
    assert desk.json("/reports/tickets/new_tickets", **month) == {"2024-03-09": {"new_tickets": 1}}


def refused(company: Company, **body: object) -> list[str]:
    before = company.get("/tickets/AAAAA").text
    problems = company.refused("/tickets/AAAAA", method="PUT", json=body)
    assert company.get("/tickets/AAAAA").text == before
    return problems


def test_a_status_that_is_none(desk: Company) -> None:
    assert refused(desk, status="closed", subject="x") == ["status: 'closed' is not one of them; accepted: open, pending, solved, spam"]


def test_an_unknown_assignee(desk: Company) -> None:
    assert refused(desk, assignee={"id": "zoe@example.com"}, group=[9]) == [
        "assignee[id]: there is no agent 'zoe@example.com' in this account; accepted: a login that GET /agents lists"
    ]
    assert desk.get("/groups/9").status_code == 404


def test_an_assignee_without_an_id(desk: Company) -> None:
    assert refused(desk, assignee={"name": "Ben"}) == ["assignee[id]: is missing; accepted: a text of at most 250 characters"]


def test_a_group_that_is_no_id(desk: Company) -> None:
    assert refused(desk, group="sales") == ["group: 'sales' is no such number; accepted: whole numbers from 0 to 2147483647"]


@pytest.mark.parametrize("body", [{}, {"message": "Hi"}, {"status": ""}, {"status": None, "group": [], "subject": ""}, {"assignee": ""}])
def test_nothing_to_change(desk: Company, body: dict[str, object]) -> None:
    fields = "status, assignee[id], subject, group, requester[mail], ccs, add_tags, remove_tags, custom_fields, until"
    assert refused(desk, **body) == [f"{fields}: nothing to change; accepted: at least one of them"]


def test_unknown_id(desk: Company) -> None:
    answer = desk.put("/tickets/ZZZZZ", json={"status": "solved", "group": [9]})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no ticket 'ZZZZZ' here.", "message": "There is no ticket 'ZZZZZ' here."}
    assert desk.get("/groups/9").status_code == 404
