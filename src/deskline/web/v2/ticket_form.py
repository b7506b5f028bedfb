"""The endpoints under /ticket_form: whether the account takes the public form, and from which pages. The form is in `public_form`."""

from typing import Any

from deskline.actions.permissions import MANAGERS, require
from deskline.domain.ticket_forms import TicketForm
from deskline.storage import ticket_forms as stored
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks_forms

CHANGED = "The ticket form is changed"


async def get_form(request: Request) -> Answer:
    """GET /ticket_form → how the account has its form."""
    async with request.services.database.read(request.principal.account_id) as tx:
        return json_answer(_shown(request.principal.account_id, await stored.find(tx)))


async def set_form(request: Request) -> Answer:
    """PUT /ticket_form → the form as it is now, switched on. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what=CHANGED)
    form = asks_forms.read_ticket_form(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        await stored.save(tx, form)
    return json_answer(_shown(request.principal.account_id, form))


async def remove_form(request: Request) -> Answer:
    """DELETE /ticket_form → that it is switched off. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what=CHANGED)
    async with request.services.database.write(request.principal.account_id) as tx:
        await stored.delete(tx)
    return json_answer(_shown(request.principal.account_id, None))


def _shown(account_id: int, form: TicketForm | None) -> dict[str, Any]:
    if form is None:
        return {"enabled": False, "licence_id": account_id}
    return {
        "enabled": True,
        "licence_id": account_id,
        "origins": form.origins,
        "without_origin": form.without_origin,
        "per_minute": form.per_minute,
    }
