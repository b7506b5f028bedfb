"""Requests as the LiveChat REST API v2.0 spells them, incoming: parameters in, checked values of the domain out.

Outgoing shapes are in `wire`, `wire_reports` and `wire_people`. Nothing is decided or stored here.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from deskline.domain.attachments import MOST_OF_MESSAGE
from deskline.domain.calendar import whole
from deskline.domain.cursors import Cursor
from deskline.domain.custom_fields import MOST as MOST_FIELDS
from deskline.domain.custom_fields import MOST_ASKED, CustomField, entries_of
from deskline.domain.events import RATES, STATUSES, Rate, Requester, Source, Status
from deskline.domain.people import AGENT_STATUSES, HIGHEST_ID, AgentStatus
from deskline.domain.reports import DEFINITIONS, GROUP_BYS, Definition, GroupBy, Report, ReportFilter
from deskline.domain.searches import TicketFilter, phrases_of
from deskline.domain.tickets import MOST_TAGS, NO_SUBJECT, NewMessage
from deskline.errors import InvalidError
from deskline.web.instants import read_instant
from deskline.web.nesting import Scalar
from deskline.web.params import Params, shown
from deskline.web.v2.cursors import CURSOR_LIMIT, START, read_cursor

SOURCES = ("lc2", "mail", "chat-window", "agent-app-manual", "facebook", "facebook:conversation", "facebook:post")
NEW_SOURCES = ("chat-window", "mail", "lc2")
MESSAGE_LIMIT = 1_000_000
SUBJECT_LIMIT = 1_000
NAME_LIMIT = 250
MAIL_LIMIT = 254
FILE_NAME_LIMIT = 1_000
URL_LIMIT = 2_000
QUERY_LIMIT = 1_000
TAG_LIMIT = 100
MOST_CCS = 50
MOST_AGENTS = 100
MOST_GROUPS = 100
MOST_PAGE = 2**31 - 1
HIGHEST_GROUP = HIGHEST_ID
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
FIRST_DAY = date(1970, 1, 1)  # no date of the API is earlier
NOBODY = "none"
LATEST = 253_402_300_799_999  # the last millisecond of the year 9999
_NO_FIELDS: Mapping[str, CustomField] = {}
CHANGED = "status, assignee[id], subject, group, requester[mail], ccs, add_tags, remove_tags, custom_fields, until"


Activity = tuple[int | None, int | None, tuple[tuple[int, int], ...]]
"""Instants of a list's days, milliseconds UTC: from, to, and what in between belongs to other days."""


class ListAsk(msgspec.Struct, frozen=True):
    """What GET /tickets asks for; `as_of` is an instant, None for now. `cursor` is None for pages, START for the first tickets."""

    wanted: TicketFilter
    page: int
    descending: bool
    as_of: int | None
    cursor: Cursor | Literal["start"] | None


Format = Literal["csv", "json"]
GROUP_BYS_OF_INSTANTS: tuple[GroupBy, ...] = tuple(group_by for group_by in GROUP_BYS if group_by != "weekday_hour")
FORMATS: tuple[Format, ...] = ("csv", "json")


class ReportAsk(msgspec.Struct, frozen=True):
    """What a report asks for; a date that is None was not given. `format` is that of a file, without a limit; None is the API's answer."""

    date_from: date | None
    date_to: date | None
    zone: ZoneInfo
    group_by: GroupBy | None
    wanted: ReportFilter
    definition: Definition = "livechat"
    explain: bool = False
    percentiles: bool = False
    format: Format | None = None


class RowAsk(msgspec.Struct, frozen=True):
    """Which row of a report is opened (None: all of its range), and which page of what is in it."""

    key: str | None
    page: int


class SummaryRowAsk(msgspec.Struct, frozen=True):
    """Which row of a summary is opened, and the number of which report in it."""

    row: RowAsk
    report: str


class TicketAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What POST /tickets asks for; agents and groups are still ids."""

    requester: Requester
    text: str
    subject: str
    source: Source
    groups: tuple[int, ...]
    assignee: str | None
    ccs: tuple[str, ...]
    attachments: tuple[str, ...]
    custom_fields: Mapping[str, Scalar]


class ChangeAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What PUT /tickets/<ID> asks for; what is UNSET stays, `assignee=None` is nobody."""

    status: Status | msgspec.UnsetType = msgspec.UNSET
    assignee: str | None | msgspec.UnsetType = msgspec.UNSET
    subject: str | msgspec.UnsetType = msgspec.UNSET
    groups: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET
    requester: Requester | msgspec.UnsetType = msgspec.UNSET
    ccs: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    added_tags: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, Scalar] = {}
    until: int | msgspec.UnsetType = msgspec.UNSET


def read_ticket(params: Params, account_zone: str, now: int) -> int | None:
    """Read the parameters of GET /tickets/<ID>: the instant as of which it is asked for, None for now. Raises InvalidError."""
    if not params.given("as_of"):
        return None
    as_of = read_instant(params, "as_of", params.zone("timezone") or ZoneInfo(account_zone), now)
    params.check()
    return as_of


def read_page(params: Params) -> int:
    """Read the parameters of GET /trash: the page. Raises InvalidError."""
    page = params.whole("page", 1, MOST_PAGE, 1)
    params.check()
    return page


def read_list(params: Params, account_zone: str, now: int, fields: Mapping[str, CustomField] = _NO_FIELDS) -> ListAsk:
    """Read the parameters of GET /tickets; `fields` are the custom fields of the account, where some are asked for. Raises InvalidError."""
    zone = params.zone("timezone") or ZoneInfo(account_zone)
    as_of = read_instant(params, "as_of", zone, now)
    since, until, gaps = _activity(params, zone)
    page = params.whole("page", 1, MOST_PAGE)
    order = params.choice("order", ("asc", "desc"))
    mail = params.mapping("requester").text("mail", limit=MAIL_LIMIT)
    wanted = TicketFilter(
        status=params.choice("status", STATUSES),
        assignee=params.text("assignee", limit=NAME_LIMIT),
        assigned=params.flag("assigned"),
        groups=_groups(params),
        tags=_tags(params),
        values=_values(params, fields),
        tagged=params.flag("tagged"),
        requester=mail.lower() if mail is not None else None,
        source=params.choice("source", SOURCES),
        source_id=params.text("source_id", limit=NAME_LIMIT),
        words=phrases_of(params.text("query", limit=QUERY_LIMIT) or ""),
        since=since,
        until=until,
        gaps=gaps,
    )
    cursor = _cursor(params, wanted, descending=order != "asc")
    params.check()
    return ListAsk(wanted, 1 if page is None else page, order != "asc", as_of, cursor)


def _values(params: Params, fields: Mapping[str, CustomField]) -> tuple[str, ...]:
    """Read which values of custom fields tickets are to have."""
    found, problems = entries_of(fields, params.fields("custom_fields", count=MOST_ASKED))
    for problem in problems:
        params.mapping("custom_fields").refuse(*problem)
    return found


def _cursor(params: Params, wanted: TicketFilter, *, descending: bool) -> Cursor | Literal["start"] | None:
    text = params.text("cursor", limit=CURSOR_LIMIT)
    if text is None:
        return None
    if params.given("page"):
        params.refuse("cursor", "is given together with page", "one of the two")
    elif params.given("as_of"):
        params.refuse("cursor", "is given together with as_of", "page: a list as of an instant stands still")
    elif text == START:
        return START
    elif (cursor := read_cursor(text, wanted)) is None:
        params.refuse("cursor", f"{shown(text)} is not one", f"{START}, or one that the Link header of such a list has told")
    elif cursor == "other":
        params.refuse("cursor", "is of a list with other filters", f"the same filters as before, or cursor={START}")
    elif cursor.descending != descending:
        params.refuse("cursor", "is of a list in the other order", f"the same order as before, or cursor={START}")
    else:
        return cursor
    return None


def read_report(params: Params, account_zone: str, report: Report) -> ReportAsk:
    """Read the parameters of a report. Raises InvalidError."""
    zone = params.zone("timezone") or ZoneInfo(account_zone)
    date_from, date_to = _period(params)
    ask = ReportAsk(
        date_from,
        date_to,
        zone,
        params.choice("group_by", GROUP_BYS_OF_INSTANTS if report.of_instants else GROUP_BYS),
        ReportFilter(agents=_agents(params) if report.by_agent else (), groups=_groups(params), tags=_tags(params)),
        params.choice("definition", DEFINITIONS, "livechat"),
        params.flag("explain") or False,
        params.flag("percentiles") or False,
        _format(params),
    )
    params.check()
    return ask


def read_ranking(params: Params, zone: ZoneInfo) -> ReportAsk:
    """Read the ranking, which is narrowed by days, groups and tags only. Raises InvalidError."""
    date_from, date_to = _period(params)
    wanted = ReportFilter(groups=_groups(params), tags=_tags(params))
    definition = params.choice("definition", DEFINITIONS, "livechat")  # it makes no difference, but an unknown one is a mistake
    explain = params.flag("explain") or False
    ask = ReportAsk(date_from, date_to, zone, None, wanted, definition, explain, format=_format(params))
    params.check()
    return ask


def read_row(params: Params) -> RowAsk:
    """Read which row is opened. Whoever reads the report's own parameters next raises InvalidError for these too."""
    key = params.text("row", limit=NAME_LIMIT)
    page = params.whole("page", 1, MOST_PAGE)
    if page is not None and params.given("format"):
        params.refuse("page", "is given together with format", "one of the two: a file has all pages")
    return RowAsk(key, 1 if page is None else page)


def read_summary_row(params: Params, reports: tuple[str, ...]) -> SummaryRowAsk:
    """Read which number of a summary is opened: that of the first report unless told otherwise. Raises InvalidError."""
    ask = SummaryRowAsk(read_row(params), params.choice("of", reports, reports[0]))
    params.check()
    return ask


def read_new_ticket(params: Params) -> TicketAsk:
    """Read POST /tickets. Raises InvalidError."""
    requester, source = params.mapping("requester"), params.mapping("source")
    channel = source.choice("type", NEW_SOURCES) or "lc2"
    url = source.text("url", limit=URL_LIMIT) or ""
    ask = TicketAsk(
        text=_message(params),
        requester=Requester(mail=read_mail(requester), name=requester.text("name", limit=NAME_LIMIT) or ""),
        subject=params.text("subject", limit=SUBJECT_LIMIT) or NO_SUBJECT,
        # The original keeps the page only of tickets that came from its chat window.
        source=Source(channel, url if channel == "chat-window" else ""),
        groups=_groups(params),
        assignee=params.mapping("assignee").text("id", limit=NAME_LIMIT),
        ccs=_ccs(params) or (),
        attachments=read_attachments(params),
        custom_fields=params.fields("custom_fields", count=MOST_FIELDS),
    )
    params.check()
    return ask


def read_change(params: Params, account_zone: str, now: int) -> ChangeAsk:
    """Read PUT /tickets/<ID>. Raises InvalidError, also where there is nothing to change."""
    asked: dict[str, object] = {
        "status": params.choice("status", STATUSES),
        "subject": params.text("subject", limit=SUBJECT_LIMIT),
        "groups": _groups(params) or None,
        "requester": _requester(params),
        "ccs": _ccs(params),
        "added_tags": _tags(params, "add_tags") or None,
        "removed_tags": _tags(params, "remove_tags") or None,
        "custom_fields": params.fields("custom_fields", count=MOST_FIELDS) or None,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    until = _until(params, account_zone, now)
    if until is not None:
        given |= {"status": "pending", "until": until}
    assignee = _assignee(params)
    if assignee is not msgspec.UNSET:
        given["assignee"] = assignee
    params.check()
    if not given:
        raise InvalidError(f"{CHANGED}: nothing to change; accepted: at least one of them")
    return ChangeAsk(**given)  # type: ignore[arg-type]


def read_message(params: Params, account_zone: str, now: int) -> NewMessage:
    """Read POST /tickets/<ID>/messages. Raises InvalidError."""
    author = params.mapping("author").choice("type", ("agent", "client"), "agent")
    private = params.flag("is_private") or False
    if private and author == "client":
        params.refuse("is_private", "only agents write private notes", "0 for a message of the requester")
    channel = params.mapping("source").choice("type", NEW_SOURCES) or ("lc2" if author == "agent" else "mail")
    status = params.choice("status", STATUSES)
    if status is not None and author == "client":
        params.refuse("status", "only agents' messages bring one", "no status: a message of the requester reopens the ticket")
    until = _until(params, account_zone, now)
    if until is not None and author == "client":
        params.refuse("until", "only agents' messages bring one", "no instant: a message of the requester reopens the ticket")
    ask = NewMessage(
        text=_message(params),
        by_client=author == "client",
        private=private,
        source=Source(channel),
        status="pending" if until is not None else msgspec.UNSET if status is None else status,
        until=msgspec.UNSET if until is None else until,
    )
    params.check()
    return ask


def read_attachments(params: Params) -> tuple[str, ...]:
    """Read which files a message names: their ids. Whoever reads the message next raises InvalidError for these too."""
    ids = params.texts("attachments", limit=NAME_LIMIT, count=MOST_OF_MESSAGE)
    if len(set(ids)) < len(ids):
        params.refuse("attachments", "name a file twice", "each id once")
    return tuple(ids)


def read_file_name(params: Params) -> str:
    """Read POST /attachments but for the file. Raises InvalidError."""
    name = params.text("name", required=True, limit=FILE_NAME_LIMIT)
    params.check()
    return name


def read_rate(params: Params) -> Rate:
    """Read PUT /tickets/<ID>/rating. Raises InvalidError."""
    rate = params.choice("rate", RATES)
    params.check()
    if rate is None:
        raise InvalidError(f"rate: is missing; accepted: {', '.join(RATES)}")
    return rate


def read_tags(params: Params) -> tuple[str, ...]:
    """Read PUT /tickets/<ID>/tags: the whole new list; without the parameter it is empty. Raises InvalidError."""
    tags = _tags(params)
    params.check()
    return tags


def read_agent_status(params: Params) -> AgentStatus | None:
    """Read GET /agents. Raises InvalidError."""
    status = params.choice("status", AGENT_STATUSES)
    params.check()
    return status


def read_group(params: Params) -> int | None:
    """Read the `group` of GET /tags and GET /status. Raises InvalidError."""
    group = params.whole("group", 0, HIGHEST_GROUP)
    params.check()
    return group


def _period(params: Params) -> tuple[date | None, date | None]:
    date_from, date_to = params.day("date_from"), params.day("date_to")
    if date_from is not None and date_to is not None and date_from > date_to:
        params.refuse("date_from", f"{date_from} is later than date_to, {date_to}", "a day up to date_to")
    return date_from, date_to


def _format(params: Params) -> Format | None:
    chosen = params.choice("format", FORMATS)
    if chosen is not None and params.given("callback"):
        params.refuse("callback", "is given together with format", "one of the two: a file is no script")
    return chosen


def _activity(params: Params, zone: ZoneInfo) -> Activity:
    """Read the days of a list."""
    date_from, date_to = _period(params)
    return (None, None, ()) if (date_from is None and date_to is None) or params.refused else _instants(date_from, date_to, zone)


@lru_cache(maxsize=1_000)
def _instants(date_from: date | None, date_to: date | None, zone: ZoneInfo) -> Activity:
    spans = whole(date_from or FIRST_DAY, date_to or date.max, zone)
    if not spans:  # a day that the zone skipped: nothing was ever active on it
        return 0, 0, ()
    gaps = tuple((before[2], after[1]) for before, after in pairwise(spans))
    return None if date_from is None else spans[0][1], None if date_to is None else spans[-1][2], gaps


def _groups(params: Params) -> tuple[int, ...]:
    """Read `group`, and `groups` as answers spell it; ids come as numbers or text, one or a list."""
    ids = params.wholes("group", 0, HIGHEST_GROUP, count=MOST_GROUPS) or params.wholes("groups", 0, HIGHEST_GROUP, count=MOST_GROUPS)
    return tuple(dict.fromkeys(ids))


def _agents(params: Params) -> tuple[str, ...]:
    """Read a list of logins, which compare exactly; repeated ones are kept once, in order."""
    return tuple(dict.fromkeys(params.texts("agent", limit=NAME_LIMIT, count=MOST_AGENTS)))


def _tags(params: Params, name: str = "tag") -> tuple[str, ...]:
    """Read a list of tags: trimmed, empty ones dropped, repeated ones kept once, in order."""
    tags = params.texts(name, limit=TAG_LIMIT, count=MOST_TAGS)
    return tuple(dict.fromkeys(tag for tag in map(str.strip, tags) if tag))


def _message(params: Params) -> str:
    text = params.text("message", required=True, limit=MESSAGE_LIMIT)
    if text and not text.strip():
        params.refuse("message", "is blank", "a text")
    return text


def read_mail(requester: Params) -> str:
    """Read the address of a requester, which is required."""
    mail = requester.text("mail", required=True, limit=MAIL_LIMIT).strip()
    if mail and not _MAIL.fullmatch(mail):
        requester.refuse("mail", f"{shown(mail)} is not a mail address", "an address such as john@example.com")
    return mail


def _until(params: Params, account_zone: str, now: int) -> int | None:
    """Read until when a ticket is to be pending, which needs no other word for it."""
    if not params.given("until"):
        return None
    until = read_instant(params, "until", params.zone("timezone") or ZoneInfo(account_zone), LATEST)
    if until is not None and until <= now:
        params.refuse("until", f"{shown(params.text('until'))} has passed", "an instant in the future")
    if until is not None and params.given("status") and params.text("status") != "pending":
        params.refuse("until", f"is given together with the status {shown(params.text('status'))}", "status=pending, or no status")
    return until


def _requester(params: Params) -> Requester | None:
    """Read whose the ticket is to be; a name alone is refused, as an address says who somebody is."""
    if not params.given("requester") or params.is_null("requester"):
        return None
    requester = params.mapping("requester")
    mail, name = requester.text("mail", limit=MAIL_LIMIT), requester.text("name", limit=NAME_LIMIT)
    if mail is None:
        if name is not None:
            requester.refuse("mail", "is missing beside the name", "the address too, the same one to correct the name alone")
        return None
    return Requester(read_mail(requester), name or "")


def _ccs(params: Params) -> tuple[str, ...] | None:
    """Read who gets copies: addresses, each once whatever its letter case; nobody for JSON `[]` or `null`, or the word `none`.

    None where it was not given.
    """
    if params.is_null("ccs") or params.is_empty_list("ccs"):
        return ()
    texts = [text.strip() for text in params.texts("ccs", limit=MAIL_LIMIT, count=MOST_CCS)]
    if texts == [NOBODY]:
        return ()
    found: dict[str, str] = {}
    for text in texts:
        if not _MAIL.fullmatch(text):
            params.refuse("ccs", f"{shown(text)} is not a mail address", "addresses such as john@example.com, or none")
            return None
        found.setdefault(text.lower(), text)
    return tuple(found.values()) or None


def _assignee(params: Params) -> str | None | msgspec.UnsetType:
    """Read who is to be assigned: a login in `assignee[id]` or `assignee`; nobody for JSON `null` or the word `none`."""
    if not params.given("assignee"):
        return msgspec.UNSET
    if params.is_null("assignee"):
        return None
    if params.is_mapping("assignee"):
        nested = params.mapping("assignee")
        login = None if nested.is_null("id") else nested.text("id", required=True, limit=NAME_LIMIT)
    else:
        login = params.text("assignee", limit=NAME_LIMIT)
        if login is None:
            return msgspec.UNSET
    return None if login is None or login == NOBODY else login
