"""The endpoints under /tickets: read the request, have it done, show the ticket."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from deskline.actions import attachments, custom_fields
from deskline.actions import tickets as actions
from deskline.actions.permissions import may_make_groups
from deskline.domain.cursors import Slice
from deskline.domain.custom_fields import CustomField
from deskline.domain.events import Person
from deskline.domain.people import Principal
from deskline.domain.searches import Page, TicketFilter
from deskline.domain.tickets import Changes, NewTicket
from deskline.errors import NotFoundError
from deskline.storage import tickets as stored
from deskline.storage.custom_fields import list_fields
from deskline.storage.database import Reader, Writer
from deskline.storage.past import find_past_page, get_past
from deskline.storage.repeats import written
from deskline.storage.search import find_page
from deskline.storage.walks import find_slice
from deskline.web.requests import Request
from deskline.web.responses import Answer, Header
from deskline.web.v2 import asks
from deskline.web.v2.asks import ChangeAsk
from deskline.web.v2.cursors import START, show_cursor
from deskline.web.v2.links import links, page_links
from deskline.web.v2.wire import as_documented, show_page


async def list_tickets(request: Request) -> Answer:
    """GET /tickets → `{"pages":…,"total":…,"tickets":[…]}`, 25 a page or from a cursor on."""
    services, account_id = request.services, request.principal.account_id
    fields = await _fields(request) if request.query.given("custom_fields") else {}
    ask = asks.read_list(request.query, request.principal.zone, services.clock(), fields)
    if ask.cursor is not None:
        cursor = None if ask.cursor == START else ask.cursor
        found = await find_slice(services.database, account_id, ask.wanted, cursor, descending=ask.descending)
        return _listed(request, found.page, links(request.raw_query, _around(found, ask.wanted)))
    if ask.as_of is None:
        page = await find_page(services.database, account_id, ask.wanted, page=ask.page, descending=ask.descending)
    else:
        page = await find_past_page(services.database, account_id, ask.wanted, ask.as_of, page=ask.page, descending=ask.descending)
    return _listed(request, page, page_links(request.raw_query, ask.page, page))


async def _fields(request: Request) -> Mapping[str, CustomField]:
    async with request.services.database.read(request.principal.account_id) as tx:
        return {field.key: field for field in await list_fields(tx)}


def _around(found: Slice, wanted: TicketFilter) -> dict[str, tuple[str, str]]:
    cursors = {"prev": found.before, "next": found.behind}
    shown = {rel: show_cursor(cursor, wanted) for rel, cursor in cursors.items() if cursor is not None}
    return {rel: ("cursor", text) for rel, text in ({"first": START} | shown).items()}


def _listed(request: Request, page: Page, headers: Sequence[Header]) -> Answer:
    if request.services.as_documented:
        page = Page(tuple(map(as_documented, page.tickets)), page.total)
    return Answer(show_page(page), headers=headers)


async def get_ticket(request: Request) -> Answer:
    """GET /tickets/<ID> → the bare ticket."""
    services, ticket_id = request.services, request.route_values["ticket_id"]
    as_of = asks.read_ticket(request.query, request.principal.zone, services.clock()) if request.raw_query else None
    if as_of is not None:
        return _answer(request, await get_past(services.database, request.principal.account_id, ticket_id, as_of))
    async with services.database.read(request.principal.account_id) as tx:
        shown = await stored.find_shown(tx, ticket_id)
    if shown is None:
        raise NotFoundError("ticket", ticket_id)
    return _answer(request, shown)


async def find_state(request: Request, tx: Reader) -> bytes | None:
    """Find what GET /tickets/<ID> answers now."""
    shown = await stored.find_shown(tx, request.route_values["ticket_id"])
    return None if shown is None else _answer(request, shown).body


async def create_ticket(request: Request) -> Answer:
    """POST /tickets → the new ticket, with status 200 as in the original."""
    ask = asks.read_new_ticket(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        new = NewTicket(
            requester=ask.requester,
            text=ask.text,
            subject=ask.subject,
            source=ask.source,
            groups=await actions.ticket_groups(tx, ask.groups, may_make=may_make_groups(request.principal)),
            assignee=None if ask.assignee is None else await actions.find_assignee(tx, ask.assignee, "assignee[id]"),
            ccs=ask.ccs,
            attachments=await attachments.attach(tx, ask.attachments, request.principal, request.host),
            custom_fields=await custom_fields.look_up(tx, ask.custom_fields),
        )
        opening = await actions.create(tx, new, request.principal.person)
    return _answer(request, opening.shown)


async def change_ticket(request: Request) -> Answer:
    """PUT /tickets/<ID> → the ticket with another status, assignee (or none), subject, groups, requester, copies or tags."""
    ask = asks.read_change(await request.form(), request.principal.zone, request.services.clock())
    ticket_id, by = request.route_values["ticket_id"], request.principal

    async def work(tx: Writer) -> bytes:
        return await actions.change(tx, ticket_id, await changes_of(tx, ask, by), by.person)

    return await _written(request, work)


async def changes_of(tx: Writer, ask: ChangeAsk, by: Principal) -> Changes:
    """Look up the agent and the groups that a change names. Raises InvalidError."""
    assignee: Person | None | msgspec.UnsetType
    if isinstance(ask.assignee, str):
        assignee = await actions.find_assignee(tx, ask.assignee, "assignee[id]")
    else:
        assignee = ask.assignee
    return Changes(
        status=ask.status,
        assignee=assignee,
        subject=ask.subject,
        groups=msgspec.UNSET if ask.groups is msgspec.UNSET else await actions.ticket_groups(tx, ask.groups, may_make=may_make_groups(by)),
        requester=ask.requester,
        ccs=ask.ccs,
        added_tags=ask.added_tags,
        removed_tags=ask.removed_tags,
        custom_fields=await custom_fields.look_up(tx, ask.custom_fields),
        until=ask.until,
    )


async def add_message(request: Request) -> Answer:
    """POST /tickets/<ID>/messages → the ticket with one more message, public or private, by an agent or the requester."""
    form = await request.form()
    ticket_id = request.route_values["ticket_id"]
    file_ids = asks.read_attachments(form)
    ask = asks.read_message(form, request.principal.zone, request.services.clock())

    async def work(tx: Writer) -> bytes:
        files = await attachments.attach(tx, file_ids, request.principal, request.host)
        return await actions.reply(tx, ticket_id, msgspec.structs.replace(ask, attachments=files), request.principal.person)

    return await _written(request, work)


async def trash_ticket(request: Request) -> Answer:
    """DELETE /tickets/<ID> → the ticket, which is in the trash from then on."""
    ticket_id, by = request.route_values["ticket_id"], request.principal.person
    return await _written(request, lambda tx: actions.trash(tx, ticket_id, by))


async def restore_ticket(request: Request) -> Answer:
    """POST /tickets/<ID>/restore → the ticket, taken out of the trash."""
    ticket_id, by = request.route_values["ticket_id"], request.principal.person
    return await _written(request, lambda tx: actions.restore(tx, ticket_id, by))


async def merge_ticket(request: Request) -> Answer:
    """POST /tickets/<ID>/merge → the ticket that it was merged into, which tells its messages from then on."""
    form = await request.form()
    into = form.text("into", required=True, limit=asks.NAME_LIMIT)
    form.check()
    ticket_id, by = request.route_values["ticket_id"], request.principal.person
    return await _written(request, lambda tx: actions.merge(tx, ticket_id, into, by))


async def split_ticket(request: Request) -> Answer:
    """POST /tickets/<ID>/split → a new ticket that opens with a message of this one."""
    form = await request.form()
    number = form.whole("message", 1, asks.MOST_PAGE)
    subject = form.text("subject", limit=asks.SUBJECT_LIMIT)
    if number is None and not form.refused:
        form.refuse("message", "is missing", "the number of a message in the ticket's timeline, from 1")
    form.check()
    assert number is not None
    wanted, ticket_id, by = number, request.route_values["ticket_id"], request.principal.person
    return await _written(request, lambda tx: actions.split(tx, ticket_id, wanted, subject, by))


async def unmerge_ticket(request: Request) -> Answer:
    """POST /tickets/<ID>/unmerge → the ticket, which is one of its own again."""
    ticket_id, by = request.route_values["ticket_id"], request.principal.person
    return await _written(request, lambda tx: actions.unmerge(tx, ticket_id, by))


async def list_trash(request: Request) -> Answer:
    """GET /trash → the tickets that are in the trash, as GET /tickets lists the others, what came there last first."""
    page = asks.read_page(request.query)
    async with request.services.database.analyse(request.principal.account_id) as tx:
        found = await stored.find_trash(tx, page=page)
    return _listed(request, found, page_links(request.raw_query, page, found))


async def set_tags(request: Request) -> Answer:
    """PUT /tickets/<ID>/tags → the ticket with its whole list of tags replaced; none given clears them."""
    tags = asks.read_tags(await request.form())
    ticket_id, by = request.route_values["ticket_id"], request.principal.person
    return await _written(request, lambda tx: actions.retag(tx, ticket_id, tags, by))


async def set_rating(request: Request) -> Answer:
    """PUT /tickets/<ID>/rating → the ticket with the requester's rating."""
    rate = asks.read_rate(await request.form())
    ticket_id = request.route_values["ticket_id"]
    return await _written(request, lambda tx: actions.rate(tx, ticket_id, rate))


async def _written(request: Request, work: Callable[[Writer], Awaitable[bytes]]) -> Answer:
    """Do the work in one transaction; the answer leaves when it is durable."""
    return _answer(request, await written(request.services.database, request.principal.account_id, work))


def _answer(request: Request, shown: bytes) -> Answer:
    return Answer(as_documented(shown) if request.services.as_documented else shown)
