"""Single tags of a ticket, which the original does not have: /tickets/<ID>/tags/<tag>. The whole list is in `tickets`."""

from collections.abc import Awaitable, Callable

from deskline.actions import ticket_tags as actions
from deskline.domain.events import Person
from deskline.errors import InvalidError
from deskline.storage.database import Writer
from deskline.storage.repeats import written
from deskline.web.requests import Request
from deskline.web.responses import Answer
from deskline.web.v2.asks import TAG_LIMIT
from deskline.web.v2.wire import as_documented


async def add_tag(request: Request) -> Answer:
    """PUT /tickets/<ID>/tags/<tag>, POST likewise → the ticket with one more tag; nothing changes where it has that."""
    return await _done(request, actions.add)


async def remove_tag(request: Request) -> Answer:
    """DELETE /tickets/<ID>/tags/<tag> → the ticket without a tag; nothing changes where it has none such."""
    return await _done(request, actions.remove)


async def _done(request: Request, action: Callable[[Writer, str, str, Person], Awaitable[bytes]]) -> Answer:
    ticket_id, tag, by = request.route_values["ticket_id"], _read_tag(request), request.principal.person
    shown = await written(request.services.database, request.principal.account_id, lambda tx: action(tx, ticket_id, tag, by))
    return Answer(as_documented(shown) if request.services.as_documented else shown)


def _read_tag(request: Request) -> str:
    """Read the tag of the path, as one of a list is read. Raises InvalidError."""
    tag = request.route_values["tag"].strip()
    if not tag:
        raise InvalidError("tag: is blank; accepted: a text")
    if len(tag) > TAG_LIMIT:
        raise InvalidError(f"tag: {len(tag)} characters; accepted: at most {TAG_LIMIT}")
    return tag
