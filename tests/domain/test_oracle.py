"""The recount itself, on timelines short enough to count by hand."""

from typing import Any

import pytest

from tests.domain.oracle import Json, recount

JANE = {"id": "jane@co.com", "name": "Jane"}
BO = {"id": "bo@co.com", "name": "Bo"}
MARY = {"id": "mary@x.com", "name": "Mary", "type": "client"}
CREATED = "2019-03-11T10:00:00Z"
DAY = {"date_from": "2019-03-11", "date_to": "2019-03-12"}


def a_ticket(*events: Json, **overrides: Any) -> Json:
    ticket = {
        "id": "5FUED",
        "date": CREATED,
        "status": "solved",
        "source": {"type": "chat-window", "url": "https://co.com/p"},
        "groups": [{"id": 0, "name": "General", "inherited": True}],
        "tags": [],
        "events": [message(CREATED, MARY), *events],
    }
    return ticket | overrides


def message(at: str, author: Json, *, private: bool = False) -> Json:
    author = {"type": "agent"} | author
    return {"type": "message", "date": at, "author": author, "is_private": private, "message": "Hi", "source": {"type": "lc2"}}


def assigned(at: str, to: Json) -> Json:
    return {"type": "assignee_changed", "date": at, "to": to, "author": to}


def unassigned(at: str) -> Json:
    return {"type": "assignee_removed", "date": at, "author": JANE | {"type": "agent"}}


def solved(at: str, by: Json | None) -> Json:
    event = {"type": "status_changed", "date": at, "previous": "open", "current": "solved"}
    return event if by is None else event | {"author": by}


def rated(at: str, current: str) -> Json:
    return {"type": "rated", "date": at, "current": current, "author": MARY}


def ask(report: str, *tickets: Json, **query: Any) -> Json:
    return recount(report, tickets, query, account_zone="Europe/Warsaw", now="2019-03-20T12:00:00Z")


def credited(report: str, ticket: Json) -> set[str]:
    """Who a ticket's one fact is credited to, among our agents."""
    rows = {agent: ask(report, ticket, **DAY, agent=agent) for agent in (JANE["id"], BO["id"])}
    counters = {"solved_tickets": ("solved_tickets",), "ratings": ("bad", "good")}.get(report, ("count",))
    return {agent for agent, answer in rows.items() if any(row[name] for row in answer.values() for name in counters)}


def test_the_documented_ticket_is_in_every_report() -> None:
    answered = "2019-03-11T11:00:00Z"
    ticket = a_ticket(message(answered, JANE), assigned(answered, JANE), solved(answered, JANE), rated("2019-03-12T12:00:00Z", "good"))
    nothing = {"count": 0, "hours": None}
    assert ask("new_tickets", ticket, **DAY) == {"2019-03-11": {"new_tickets": 1}, "2019-03-12": {"new_tickets": 0}}
    assert ask("first_response_time", ticket, **DAY) == {"2019-03-11": {"count": 1, "hours": 1}, "2019-03-12": nothing}
    assert ask("solved_tickets", ticket, **DAY) == {"2019-03-11": {"solved_tickets": 1}, "2019-03-12": {"solved_tickets": 0}}
    assert ask("resolution_time", ticket, **DAY) == {"2019-03-11": {"count": 1, "hours": 1}, "2019-03-12": nothing}
    assert ask("ticket_sources", ticket, **DAY)["2019-03-11"] == {
        "tickets_from_chat_window": 1,
        "tickets_from_mail": 0,
        "tickets_from_chat": 0,
    }
    assert ask("ratings", ticket, **DAY) == {"2019-03-11": {"bad": 0, "good": 0}, "2019-03-12": {"bad": 0, "good": 1}}
    assert ask("ratings/ranking", ticket, **DAY) == {
        "ranking": [{"good": 1, "bad": 0, "total": 1, "score": 0.12141668993819896, "name": "jane@co.com"}]
    }


def test_the_opening_message_private_notes_and_clients_are_no_response() -> None:
    later = "2019-03-11T12:00:00Z"
    ticket = a_ticket(message(later, JANE, private=True), message(later, MARY))
    ticket["events"][0]["author"] = JANE | {"type": "agent"}
    assert credited("first_response_time", ticket) == set()
    ticket["events"].append(message(later, BO))
    assert credited("first_response_time", ticket) == {BO["id"]}


def test_a_response_in_the_same_second_takes_no_time() -> None:
    assert ask("first_response_time", a_ticket(message(CREATED, JANE)), **DAY)["2019-03-11"] == {"count": 1, "hours": 0}


def test_the_last_solve_counts() -> None:
    ticket = a_ticket(solved("2019-03-11T11:00:00Z", JANE), solved("2019-03-12T10:00:00Z", BO))
    assert ask("resolution_time", ticket, **DAY) == {"2019-03-11": {"count": 0, "hours": None}, "2019-03-12": {"count": 1, "hours": 24}}
    assert credited("solved_tickets", ticket) == {BO["id"]}


def test_an_automatic_solve_is_the_assignees_of_that_moment() -> None:
    at = "2019-03-11T12:00:00Z"
    assert credited("solved_tickets", a_ticket(assigned(at, JANE), assigned(at, BO), solved(at, None), assigned(at, JANE))) == {BO["id"]}
    assert credited("solved_tickets", a_ticket(assigned(at, JANE), unassigned(at), solved(at, None), assigned(at, BO))) == set()
    assert credited("solved_tickets", a_ticket(solved(at, None), assignee=JANE)) == {JANE["id"]}
    assert ask("solved_tickets", a_ticket(solved(at, None)), **DAY)["2019-03-11"] == {"solved_tickets": 1}


def test_a_rating_is_the_last_solvers_by_hand_else_the_repliers_else_the_assignees() -> None:
    at = "2019-03-11T12:00:00Z"
    rating = rated(at, "good")
    assert credited("ratings", a_ticket(message(at, BO), solved(at, JANE), message(at, BO), rating)) == {JANE["id"]}
    assert credited("ratings", a_ticket(solved(at, JANE), message(at, BO), solved(at, None), rating)) == {BO["id"]}
    assert credited("ratings", a_ticket(message(at, JANE), message(at, BO), rating, message(at, JANE))) == {BO["id"]}
    assert credited("ratings", a_ticket(assigned(at, JANE), rating, assigned(at, BO))) == {JANE["id"]}
    assert credited("ratings", a_ticket(message(at, JANE, private=True), rating, solved(at, BO))) == set()


def test_a_rating_for_nobody_is_in_no_ranking() -> None:
    ticket = a_ticket(rated("2019-03-11T12:00:00Z", "bad"))
    assert ask("ratings", ticket, **DAY)["2019-03-11"] == {"bad": 1, "good": 0}
    assert ask("ratings/ranking", ticket, **DAY) == {"ranking": []}


def test_the_last_rating_counts() -> None:
    ticket = a_ticket(rated("2019-03-11T12:00:00Z", "good"), rated("2019-03-12T12:00:00Z", "good"))
    assert ask("ratings", ticket, **DAY) == {"2019-03-11": {"bad": 0, "good": 0}, "2019-03-12": {"bad": 0, "good": 1}}


@pytest.mark.parametrize("report", ["new_tickets", "first_response_time", "solved_tickets", "ticket_sources", "ratings"])
def test_spam_is_nowhere(report: str) -> None:
    at = "2019-03-11T12:00:00Z"
    ticket = a_ticket(message(at, JANE), solved(at, JANE), rated(at, "good"), status="spam")
    assert not any(value for row in ask(report, ticket, **DAY).values() for value in row.values())


def test_filters_are_on_what_the_ticket_has_now() -> None:
    ticket = a_ticket(groups=[{"id": 3, "name": "Sales"}, {"id": 7, "name": "Support"}], tags=["vip", "late"])
    answers = {
        "group of it": ask("new_tickets", ticket, **DAY, group=7),
        "other group": ask("new_tickets", ticket, **DAY, group="1"),
        "any tag": ask("new_tickets", ticket, **DAY, tags=["no", "late"]),
        "no tag": ask("new_tickets", ticket, **DAY, tags=["VIP"]),
        "agent ignored": ask("new_tickets", ticket, **DAY, agent="nobody"),
    }
    counts = {name: answer["2019-03-11"]["new_tickets"] for name, answer in answers.items()}
    assert counts == {"group of it": 1, "other group": 0, "any tag": 1, "no tag": 0, "agent ignored": 1}


def test_other_sources_are_in_no_column() -> None:
    answer = ask("ticket_sources", a_ticket(source={"type": "facebook"}), **DAY)
    assert set(answer["2019-03-11"].values()) == {0}


def test_rows_follow_the_local_clock() -> None:
    ticket = a_ticket(date="2019-03-30T23:30:00Z")
    first_hours = ask("new_tickets", ticket, date_from="2019-03-31", date_to="2019-03-31")
    assert len(first_hours) == 24
    assert first_hours["00:00"] == {"new_tickets": 1}
    kolkata = ask("new_tickets", ticket, date_from="2019-03-30", date_to="2019-03-31", group_by="hour", timezone="Asia/Kolkata")
    assert len(kolkata) == 48
    assert kolkata["2019-03-31 05:00"] == {"new_tickets": 1}
    months = ask("new_tickets", ticket, date_from="2019-02-27", date_to="2019-04-01", group_by="month")
    assert months == {
        "2019-02": {"begin": "2019-02-27", "end": "2019-02-28", "new_tickets": 0},
        "2019-03": {"begin": "2019-03-01", "end": "2019-03-31", "new_tickets": 1},
        "2019-04": {"begin": "2019-04-01", "end": "2019-04-01", "new_tickets": 0},
    }


def test_the_range_begins_with_the_oldest_ticket_even_spam() -> None:
    spam = a_ticket(status="spam", date="2019-03-17T23:30:00Z")
    assert list(ask("new_tickets", spam)) == ["2019-03-18", "2019-03-19", "2019-03-20"]
    assert list(ask("new_tickets", spam, timezone="Etc/UTC", date_to="2019-03-18")) == ["2019-03-17", "2019-03-18"]
    assert next(iter(ask("new_tickets", spam, date_to="2019-03-01"))) == "00:00"
    assert len(ask("new_tickets")) == 24
    with pytest.raises(ValueError, match="not a valid query"):
        ask("new_tickets", date_from="2020-01-01")
