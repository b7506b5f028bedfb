"""Report answers as the LiveChat REST API v2.0 spells them. What is counted, and how it is rounded, is decided in the domain."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from deskline.domain.reports import Backlog, Count, Durations, Messages, Ranked, Ratings, Slot, Sources, Values
from deskline.domain.spreads import Spread

Json = dict[str, Any]


def show_rows(rows: Iterable[tuple[Slot, Values]], show: Callable[[Any], Json]) -> Json:
    """Spell a report: one entry a slot, in order; rows longer than a day begin with their first and last day in the range."""
    shown: Json = {}
    for slot, values in rows:
        row = show(values)
        if slot.begin is not None and slot.last is not None:
            row = {"begin": slot.begin.isoformat(), "end": slot.last.isoformat(), **row}
        shown[slot.key] = row
    return shown


def add_spreads(shown: Json, spreads: Iterable[Spread]) -> Json:
    """Add the median and the 90th percentile to each row, beside the mean."""
    for row, spread in zip(shown.values(), spreads, strict=True):
        row["median_hours"] = spread.median_hours
        row["p90_hours"] = spread.p90_hours
    return shown


def show_explained(rows: Sequence[tuple[Slot, Values]], show: Callable[[Any], Json], link: Callable[[str], str]) -> Json:
    """Spell a report with how many tickets each row is of, and where to read which."""
    shown = show_rows(rows, show)
    for slot, values in rows:
        row = shown[slot.key]
        row.setdefault("count", values.facts)
        row["tickets"] = link(slot.key)
    return shown


def show_new_tickets(count: Count) -> Json:
    """Spell a row of new_tickets."""
    return {"new_tickets": count.tickets}


def show_solved_tickets(count: Count) -> Json:
    """Spell a row of solved_tickets."""
    return {"solved_tickets": count.tickets}


def show_durations(durations: Durations) -> Json:
    """Spell a row of first_response_time or resolution_time."""
    return {"count": durations.count, "hours": durations.hours}


def show_sources(sources: Sources) -> Json:
    """Spell a row of ticket_sources."""
    return {
        "tickets_from_chat_window": sources.chat_window,
        "tickets_from_mail": sources.mail,
        "tickets_from_chat": sources.chat,
    }


def show_ratings(ratings: Ratings) -> Json:
    """Spell a row of ratings."""
    return {"bad": ratings.bad, "good": ratings.good}


def show_reopened_tickets(count: Count) -> Json:
    """Spell a row of reopened_tickets."""
    return {"reopened_tickets": count.tickets}


def show_messages(messages: Messages) -> Json:
    """Spell a row of messages."""
    return {"messages": messages.messages, "notes": messages.notes}


def show_backlog(backlog: Backlog) -> Json:
    """Spell a row of backlog."""
    return {"open": backlog.open, "pending": backlog.pending}


def show_ranking(ranking: Iterable[Ranked], link: Callable[[str], str] | None = None) -> Json:
    """Spell the ranking: a list, not keyed; explained where there are links."""
    shown = [
        {"good": place.good, "bad": place.bad, "total": place.total, "score": _number(place.score), "name": place.name} for place in ranking
    ]
    if link is not None:
        shown = [place | {"count": place["total"], "tickets": link(str(place["name"]))} for place in shown]
    return {"ranking": shown}


def _number(value: float) -> int | float:
    """Spell a number as JavaScript prints it: a single bad rating scores `0`, never `0.0`."""
    return int(value) if value.is_integer() else value


SHOW: Final[Mapping[str, Callable[[Any], Json]]] = {
    "new_tickets": show_new_tickets,
    "first_response_time": show_durations,
    "next_response_time": show_durations,
    "solved_tickets": show_solved_tickets,
    "resolution_time": show_durations,
    "reopened_tickets": show_reopened_tickets,
    "messages": show_messages,
    "ticket_sources": show_sources,
    "ratings": show_ratings,
    "ratings/ranking": show_ratings,
    "backlog": show_backlog,
}
"""How a row of each report is spelled, by its name."""


def show_summary(row: Mapping[str, Values], link: Callable[[str], str] | None) -> Json:
    """Spell a row of a summary: the row that each report would have; explained where `link` names the link of a report."""
    shown: Json = {}
    for name, values in row.items():
        shown[name] = SHOW[name](values)
        if link is not None:
            shown[name].setdefault("count", values.facts)
            shown[name]["tickets"] = link(name)
    return shown
