"""An independent recount: tickets as the wire shows them in, a report's whole answer out, by naive loops over timelines.

It is what the server's reports are proved against, so it shares nothing with the program: no import of it, no slot borders, no sums in
SQL. Each step quotes the rule of the page on reports that it follows. Not for anything that must be fast.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

REPORTS = (
    "new_tickets",
    "first_response_time",
    "solved_tickets",
    "resolution_time",
    "ticket_sources",
    "ratings",
    "ratings/ranking",
)
SOURCE_COLUMNS = {"chat-window": "tickets_from_chat_window", "mail": "tickets_from_mail", "lc2": "tickets_from_chat"}


@dataclass(frozen=True)
class Counted:
    """One thing to count: when it was, who is credited, how long it took, what tells it apart (a channel, good or bad), whose it is."""

    at: datetime
    agent: str | None = None
    seconds: int = 0
    label: str = ""
    ticket: str = ""


Hours = Mapping[int | None, Json]
"""Working hours as the API shows them, of groups by their number and of the account under None."""
NO_HOURS: Hours = {}


def recount(
    report: str, tickets: Sequence[Json], query: Mapping[str, Any], *, account_zone: str, now: str, hours: Hours = NO_HOURS
) -> Json:
    """Answer a report as the server must.

    `tickets` are all tickets of the account in the wire's shape with ISO dates; `query` may have `date_from`, `date_to` (`YYYY-MM-DD`),
    `timezone`, `group_by`, `group` and `agent` (one or a list), `tags` (a list) and `definition`; `now` is an ISO instant. Only for valid
    queries.
    """
    query, zone, first, last = understood(report, tickets, query, account_zone, now)
    things = everything_counted(report, tickets, query, zone, first, last, hours)
    if report == "ratings/ranking":
        return {"ranking": ranking(things)}
    return rows(report, things, first, last, zone, query.get("group_by"))


def recount_row(
    report: str,
    tickets: Sequence[Json],
    query: Mapping[str, Any],
    key: str | None,
    *,
    account_zone: str,
    now: str,
    hours: Hours = NO_HOURS,
) -> list[Counted]:
    """List what a row of a report must be made of, and with None for its key all of the range; by time."""
    query, zone, first, last = understood(report, tickets, query, account_zone, now)
    things = sorted(everything_counted(report, tickets, query, zone, first, last, hours), key=lambda thing: thing.at)
    if report == "ratings/ranking":  # “one row per agent”; a rating for nobody is “in `ratings`, not in the ranking”
        return [thing for thing in things if thing.agent is not None and key in {None, thing.agent}]
    if report == "ticket_sources":  # “other sources are in no column”
        things = [thing for thing in things if thing.label in SOURCE_COLUMNS]
    by = query.get("group_by") or ("hour" if first == last else "day")
    return [thing for thing in things if key is None or key_of(thing.at.astimezone(zone), by, one_day=first == last) == key]


def understood(
    report: str, tickets: Sequence[Json], query: Mapping[str, Any], account_zone: str, now: str
) -> tuple[Mapping[str, Any], ZoneInfo, date, date]:
    """Read a question: what of it counts, its zone, its first and its last day."""
    if report not in REPORTS:
        raise ValueError(f"no such report: {report}")
    query = {name: value for name, value in query.items() if value not in (None, "", [])}
    if report == "ratings/ranking":
        # “The ranking ignores `timezone`, `group_by` and `agent`”
        query = {name: value for name, value in query.items() if name not in {"timezone", "group_by", "agent"}}
    zone = ZoneInfo(query.get("timezone", account_zone))  # “IANA names per request, the account's by default”
    return query, zone, *days_asked_for(query, tickets, zone, instant(now))


def everything_counted(
    report: str, tickets: Sequence[Json], query: Mapping[str, Any], zone: ZoneInfo, first: date, last: date, hours: Hours
) -> list[Counted]:
    """List all that a report counts in its range."""
    return [
        replace(thing, ticket=ticket.get("id", ""))
        for ticket in tickets
        if is_counted(ticket, query)
        for thing in things_to_count(report, ticket, query.get("definition", "livechat"), hours_of(ticket, hours))
        if is_credited(report, thing, query) and first <= thing.at.astimezone(zone).date() <= last
    ]


# Which tickets, which instants, who is credited.


def is_counted(ticket: Json, query: Mapping[str, Any]) -> bool:
    """Apply the rules on whole tickets."""
    # “Tickets that are `spam` now, or merged into another, are in no report” (the wire does not show merging yet)
    if ticket["status"] == "spam":
        return False
    # “`group` matches any of the ticket's groups”, “as they are now”
    wanted = query["group"] if isinstance(query.get("group"), list) else [query["group"]] if "group" in query else None
    if wanted is not None and not {int(group) for group in wanted} & {group_id(group) for group in ticket["groups"]}:
        return False
    # “several tags in a filter: tickets with ANY of them”; “names compare exactly”
    return "tags" not in query or any(tag in ticket["tags"] for tag in query["tags"])


def things_to_count(report: str, ticket: Json, definition: str, hours: Json | None) -> list[Counted]:
    """List what a report counts of a ticket: one thing or none, and by the definition `every` as many as there were solves."""
    if report in {"new_tickets", "ticket_sources"}:
        return [creation(ticket)]
    if report in {"first_response_time", "solved_tickets", "resolution_time"}:
        found = first_response(ticket) if report == "first_response_time" else SOLVES[definition](ticket)
        # “as `livechat`, but only the account's working hours count, for first response too”
        return [
            replace(thing, seconds=worked(hours, instant(ticket["date"]), thing.at)) if definition == "business" else thing
            for thing in found
        ]
    return last_rating(ticket)


def is_credited(report: str, thing: Counted, query: Mapping[str, Any]) -> bool:
    """Apply the agent filter."""
    if report in {"new_tickets", "ticket_sources"}:
        return True  # “not accepted (ignored)”
    if "agent" not in query:
        return True
    # a list, as of tags: “any of them”
    return thing.agent == query["agent"] or (isinstance(query["agent"], list) and thing.agent in query["agent"])


def creation(ticket: Json) -> Counted:
    """new_tickets, ticket_sources: "one fact per ticket, at creation"."""
    return Counted(instant(ticket["date"]), label=ticket["source"]["type"])


def first_response(ticket: Json) -> list[Counted]:
    """first_response_time: "the first public agent message after the opening one", "seconds since creation"."""
    answers = public_agent_messages(ticket["events"])
    if not answers:
        return []
    at = instant(answers[0]["date"])
    return [Counted(at, agent=answers[0]["author"]["id"], seconds=seconds_since_creation(ticket, at))]


def last_solve(ticket: Json) -> list[Counted]:
    """solved_tickets, resolution_time: "its **last** change to `solved`", "seconds from creation to that instant, calendar time"."""
    position = last_position(ticket["events"], is_solve)
    if position is None:
        return []
    event = ticket["events"][position]
    at = instant(event["date"])
    # “who solved it; an automatic solve counts for the assignee of that moment, without one for nobody”
    agent = solver(event) or assignee_before(ticket, position)
    return [Counted(at, agent=agent, seconds=seconds_since_creation(ticket, at))]


def first_solve(ticket: Json) -> list[Counted]:
    """By the definition `first`: "the first solve only"."""
    return every_solve(ticket)[:1]


def every_solve(ticket: Json) -> list[Counted]:
    """By the definition `every`: "each solve counts at its own instant, since the creation or the moment it last left `solved`"."""
    found: list[Counted] = []
    is_solved, since = False, instant(ticket["date"])
    for position, event in enumerate(ticket["events"]):
        if event["type"] != "status_changed":
            continue
        at = instant(event["date"])
        if event["current"] == "solved" and not is_solved:
            agent = solver(event) or assignee_before(ticket, position)
            found.append(Counted(at, agent=agent, seconds=(at - since) // timedelta(seconds=1)))
        elif event["current"] != "solved" and is_solved:
            since = at
        is_solved = event["current"] == "solved"
    return found


def last_solve_open(ticket: Json) -> list[Counted]:
    """By the definition `open`: "the last solve; time only while the status was `open`"."""
    solves = last_solve(ticket)
    return [replace(solve, seconds=seconds_open(ticket, solve.at)) for solve in solves]


def seconds_open(ticket: Json, until: datetime) -> int:
    """Add up how long a ticket was open, which it is from its creation on."""
    status, since, seconds = "open", instant(ticket["date"]), 0
    for event in ticket["events"]:
        if event["type"] == "status_changed" and instant(event["date"]) <= until:
            at = instant(event["date"])
            seconds += (at - since) // timedelta(seconds=1) if status == "open" else 0
            status, since = event["current"], at
    return seconds


def last_rating(ticket: Json) -> list[Counted]:
    """ratings, ranking: "ticket that is rated now", at "its last `rated` event, even one that repeats the value"."""
    position = last_position(ticket["events"], is_rating)
    if position is None:
        return []
    event = ticket["events"][position]
    return [Counted(instant(event["date"]), agent=credited_for_rating(ticket, position), label=event["current"])]


def credited_for_rating(ticket: Json, position: int) -> str | None:
    """Say who a rating is for: all that counts is what had happened before it ("frozen at that moment")."""
    before = ticket["events"][:position]
    # “the author of the last solve before the rating (also when reopened since)”
    solved = last_position(before, is_solve)
    if solved is not None and (by_hand := solver(before[solved])):
        return by_hand
    # “where that was automatic or there was none, the last public replier”
    replies = public_agent_messages(before)
    if replies:
        return str(replies[-1]["author"]["id"])
    # “else the assignee, else nobody”
    return assignee_before(ticket, position)


def public_agent_messages(events: Sequence[Json]) -> list[Json]:
    """List the answers among events that begin with the ticket's first."""
    messages = [event for event in events if event["type"] == "message"]
    # “the opening one … is never a response, whoever wrote it”; “private notes, automatic mail and messages by rules are no response”
    return [event for event in messages[1:] if event.get("author", {}).get("type") == "agent" and not event.get("is_private", False)]


def assignee_before(ticket: Json, position: int) -> str | None:
    """Follow the assignments up to an event. A ticket whose timeline has none was born with the assignee it has."""
    changes = [event for event in ticket["events"] if event["type"] in {"assignee_changed", "assignee_removed"}]
    assignee = None if changes else ticket.get("assignee", {}).get("id")
    for event in ticket["events"][:position]:
        if event["type"] == "assignee_changed":
            assignee = event["to"]["id"]
        elif event["type"] == "assignee_removed":
            assignee = None
    return assignee


def is_solve(event: Json) -> bool:
    """Say whether an event is a change to `solved`."""
    return bool(event["type"] == "status_changed" and event["current"] == "solved")


def is_rating(event: Json) -> bool:
    """Say whether an event is a rating."""
    return bool(event["type"] == "rated")


def solver(event: Json) -> str | None:
    """Tell who solved by hand: a change of status without author is automatic. Its author has no `type` on the wire, and is an agent."""
    author = event.get("author")
    return str(author["id"]) if author and author.get("type", "agent") == "agent" else None


def last_position(events: Sequence[Json], wanted: Callable[[Json], bool]) -> int | None:
    """Find the last event that is wanted."""
    positions = [position for position, event in enumerate(events) if wanted(event)]
    return positions[-1] if positions else None


def group_id(group: Json | int) -> int:
    """Read a group in both forms of the wire."""
    return int(group["id"]) if isinstance(group, dict) else group


def instant(text: str) -> datetime:
    """Read an instant as the wire shows it, in whole seconds: 2019-03-12T15:40:08Z."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def seconds_since_creation(ticket: Json, at: datetime) -> int:
    """Count whole seconds between the instants that the wire shows."""
    return (at - instant(ticket["date"])) // timedelta(seconds=1)


SOLVES: Mapping[str, Callable[[Json], list[Counted]]] = {
    "livechat": last_solve,
    "every": every_solve,
    "first": first_solve,
    "open": last_solve_open,
    "business": last_solve,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hours_of(ticket: Json, hours: Hours) -> Json | None:
    """Choose whose hours count for a ticket: of "its group with the lowest number that has some", else the account's."""
    groups = [group_id(group) for group in ticket["groups"]]
    return hours[min(own)] if (own := [group for group in groups if group in hours]) else hours.get(None)


def worked(hours: Json | None, start: datetime, end: datetime) -> int:
    """Count the seconds whose wall clock shows a time that is worked, by halving until a stretch is of one day and one offset."""
    if hours is None or start >= end:
        return max(0, (end - start) // timedelta(seconds=1))
    first, last = (at.astimezone(ZoneInfo(hours["timezone"])) for at in (start, end - timedelta(seconds=1)))
    if first.date() == last.date() and first.utcoffset() == last.utcoffset() and end - start <= timedelta(days=1):
        begin, until = (at.hour * 3600 + at.minute * 60 + at.second for at in (first, last))
        return sum(max(0, min(until + 1, stop) - max(begin, begun)) for begun, stop in times_of(hours, first.date()))
    middle = start + (end - start) // timedelta(seconds=2) * timedelta(seconds=1)
    return worked(hours, start, middle) + worked(hours, middle, end)


def times_of(hours: Json, day: date) -> list[tuple[int, int]]:
    """Read when work is done on a day, in seconds: its weekday's times, or those behind a holiday's date."""
    holiday = next((text for text in hours["holidays"] if text.startswith(day.isoformat())), None)
    texts = hours["days"].get(WEEKDAYS[day.weekday()], []) if holiday is None else [t for t in holiday[11:].replace(",", " ").split() if t]
    found = []
    for text in texts:
        borders = [border.split(":") for border in text.split("-")]
        found.append((int(borders[0][0]) * 3600 + int(borders[0][1]) * 60, int(borders[1][0]) * 3600 + int(borders[1][1]) * 60))
    return found


# The range and its rows.


def days_asked_for(query: Mapping[str, Any], tickets: Sequence[Json], zone: ZoneInfo, now: datetime) -> tuple[date, date]:
    """Find the first and the last day of the range."""
    today = now.astimezone(zone).date()
    last = date.fromisoformat(query["date_to"]) if "date_to" in query else today
    if "date_from" in query:
        first = date.fromisoformat(query["date_from"])
    else:
        # “Without `date_from` the range starts at the day of the oldest ticket of any status, filters ignored, in the request's zone”
        oldest = min((instant(ticket["date"]) for ticket in tickets), default=now)
        # “where `date_to` is earlier, it is that one day”
        first = min(oldest.astimezone(zone).date(), last)
    if first > last:
        raise ValueError(f"not a valid query: {first} is later than {last}")
    return first, last


def rows(report: str, things: Sequence[Counted], first: date, last: date, zone: ZoneInfo, group_by: str | None) -> Json:
    """Make "a row per slot of the range, zeros included"."""
    one_day = first == last
    by = group_by or ("hour" if one_day else "day")  # “default hour if one day else day”
    things_of_row: dict[str, list[Counted]] = {}
    for thing in things:
        things_of_row.setdefault(key_of(thing.at.astimezone(zone), by, one_day=one_day), []).append(thing)
    if by == "weekday_hour":  # “168 rows from Monday 0:00 on, whatever the range”
        week = every_day(date(2024, 1, 1), date(2024, 1, 7))  # from a Monday
        keys = [key_of(datetime(*day.timetuple()[:3], hour), by, one_day=False) for day in week for hour in range(24)]  # noqa: DTZ001
        return {key: values(report, things_of_row.get(key, [])) for key in keys}
    answer: Json = {}
    for day in every_day(first, last):
        for key in keys_of_day(day, by, one_day=one_day):
            if key not in answer:  # it is, where by more than a day
                begin_and_end = begin_and_end_of(key, by, first, last) if by not in {"hour", "day"} else {}
                answer[key] = begin_and_end | values(report, things_of_row.pop(key, []))
    if things_of_row:
        raise AssertionError(f"counted in no row: {things_of_row}")
    return answer


def every_day(first: date, last: date) -> list[date]:
    """List the days of the range."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def keys_of_day(day: date, by: str, *, one_day: bool) -> list[str]:
    """Name the rows that a day belongs to: its month or the like, itself, or 24 hours."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  (a wall clock)
    return [key_of(midnight.replace(hour=hour), by, one_day=one_day) for hour in range(24 if by == "hour" else 1)]


def key_of(wall_clock: datetime, by: str, *, one_day: bool) -> str:
    """Name the row of a local time.

    Going by the wall clock alone is what makes "the repeated hour of autumn added up under its label and the missing hour of spring 0".
    """
    if by == "weekday_hour":
        return f"{wall_clock:%A %H:00}".lower()
    if by == "week":
        return f"{wall_clock:%G-W%V}"  # as ISO 8601 counts weeks
    if by == "quarter":
        return f"{wall_clock:%Y}-Q{1 + (wall_clock.month - 1) // 3}"
    if by in {"month", "year"}:
        return wall_clock.strftime("%Y-%m" if by == "month" else "%Y")
    if by == "day":
        return f"{wall_clock:%Y-%m-%d}"
    return f"{wall_clock:%H:00}" if one_day else f"{wall_clock:%Y-%m-%d %H:00}"


def begin_and_end_of(key: str, by: str, first: date, last: date) -> Json:
    """Tell a row's first and last day, "clipped to the range"."""
    days = [day for day in every_day(first, last) if keys_of_day(day, by, one_day=False) == [key]]
    return {"begin": days[0].isoformat(), "end": days[-1].isoformat()}


def values(report: str, things: Sequence[Counted]) -> Json:
    """Compute a row of the things in it."""
    if report in {"new_tickets", "solved_tickets"}:
        return {report: len(things)}
    if report == "ticket_sources":
        # “chat-window, mail, lc2 (chat); other sources are in no column”
        return {column: sum(thing.label == source for thing in things) for source, column in SOURCE_COLUMNS.items()}
    if report == "ratings":
        return {rate: sum(thing.label == rate for thing in things) for rate in ("bad", "good")}
    return {"count": len(things), "hours": mean_hours([thing.seconds for thing in things])}


def mean_hours(seconds: Sequence[int]) -> int | float | None:
    """Compute "mean of seconds / 3600, rounded half up to two decimals; `null` when `count` is 0"."""
    if not seconds:
        return None
    with localcontext(prec=60):
        mean = Decimal(sum(seconds)) / len(seconds) / 3600
        rounded = mean.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    # “as JavaScript prints them: 16.27, 1.3, 2 (never 2.0)”
    return int(rounded) if rounded == int(rounded) else float(rounded)


def ranking(things: Sequence[Counted]) -> list[Json]:
    """Rank: "one row per agent"; a rating for nobody is "in `ratings`, not in the ranking"."""
    table: list[Json] = []
    for name in {thing.agent for thing in things if thing.agent is not None}:
        good = sum(thing.agent == name and thing.label == "good" for thing in things)
        bad = sum(thing.agent == name and thing.label == "bad" for thing in things)
        table.append({"good": good, "bad": bad, "total": good + bad, "score": score(good, bad), "name": name})
    # “sorted by score descending”; “equal scores are ordered by name”
    table.sort(key=lambda row: row["name"])
    table.sort(key=lambda row: row["score"], reverse=True)
    return table


def score(good: int, bad: int) -> float:
    """Compute "n = good+bad, p = good/n, Z = 2.69, z = Z²/(4n)", "(p + 2z - Z·sqrt((z/n + p(1-p))/n)) / (1 + 4z)"."""
    big_z = 2.69
    n = good + bad
    p = good / n
    z = big_z**2 / (4 * n)
    return (p + 2 * z - big_z * sqrt((z / n + p * (1 - p)) / n)) / (1 + 4 * z)
