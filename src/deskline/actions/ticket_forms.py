"""Visitors of a company's pages open tickets, without signing in, where the account lets its form be sent from there."""

from deskline.actions import tickets
from deskline.domain.events import Person, Requester, Source
from deskline.domain.ticket_forms import TicketForm
from deskline.domain.tickets import NewTicket
from deskline.errors import ForbiddenError
from deskline.storage import ticket_forms as stored
from deskline.storage.database import Reader, Writer
from deskline.storage.tickets import Opening

REFUSED = (
    "This page may not send tickets here: no account of this licence_id takes its form from there. Whoever looks after the account lists "
    "the pages that may, as in https://www.example.com (PUT /ticket_form, or deskline form set)."
)


async def find_open(tx: Reader, origin: str | None) -> TicketForm:
    """Find the form of an account, if it is taken from an origin.

    Raises ForbiddenError, the same for an account that there is not, one without a form, and another site: a stranger learns nothing.
    """
    form = await stored.find(tx)
    if form is None or not form.takes(origin):
        raise ForbiddenError(REFUSED)
    return form


async def send(tx: Writer, origin: str | None, requester: Requester, text: str, subject: str, url: str, group: int | None) -> Opening:
    """Open a ticket as a visitor. Raises ForbiddenError, also where the form was switched off meanwhile, InvalidError for an unknown group.

    No group is made, as it is for an agent who names one: strangers do not change an account.
    """
    await find_open(tx, origin)
    new = NewTicket(
        requester=requester,
        text=text,
        subject=subject,
        source=Source("chat-window", url),
        groups=await tickets.ticket_groups(tx, () if group is None else (group,), may_make=False),
    )
    return await tickets.create(tx, new, Person(requester.mail, requester.name, "client"))
