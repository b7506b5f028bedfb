"""The endpoints under /custom_fields."""

from deskline.actions import custom_fields as actions
from deskline.actions.permissions import MANAGERS, require
from deskline.domain.custom_fields import CustomField
from deskline.errors import NotFoundError
from deskline.storage.database import Reader
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks_custom_fields as asks
from deskline.web.v2.wire import Json

DELETED = {"result": "custom field removed successfully"}


async def list_custom_fields(request: Request) -> Answer:
    """GET /custom_fields → every field that tickets can have, the oldest first."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        return json_answer([show_custom_field(field) for field in await actions.list_present(tx)])


async def get_custom_field(request: Request) -> Answer:
    """GET /custom_fields/<key> → the field."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        return json_answer(show_custom_field(await actions.get(tx, _key(request))))


async def find_state(request: Request, tx: Reader) -> bytes | None:
    """Find what GET /custom_fields/<key> answers now."""
    try:
        return json_answer(show_custom_field(await actions.get(tx, _key(request)))).body
    except NotFoundError:
        return None


async def create_custom_field(request: Request) -> Answer:
    """POST /custom_fields → the new field. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Custom fields are made")
    new = asks.read_new_field(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        return json_answer(show_custom_field(await actions.create(tx, new, request.principal.login)))


async def change_custom_field(request: Request) -> Answer:
    """PUT /custom_fields/<key> → the field with another name or other choices. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Custom fields are changed")
    key = _key(request)
    async with request.services.database.read(request.principal.account_id) as tx:
        field = await actions.get(tx, key)  # one that is not there is that, whatever the body says
    changes = asks.read_field_change(await request.form(), field)
    async with request.services.database.write(request.principal.account_id) as tx:
        return json_answer(show_custom_field(await actions.change(tx, key, changes)))


async def delete_custom_field(request: Request) -> Answer:
    """DELETE /custom_fields/<key> → that it is gone; tickets keep its values. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Custom fields are deleted")
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.delete(tx, _key(request))
    return json_answer(DELETED)


def _key(request: Request) -> str:
    return request.route_values["field_key"].lower()  # paths ignore case, and keys have none


def show_custom_field(field: CustomField) -> Json:
    """Spell a field."""
    shown: Json = {"key": field.key, "name": field.name, "type": field.type}
    if field.type == "choice":
        shown["choices"] = field.choices
    return shown | {"creation_date": field.created_at // 1000, "created_by": field.created_by}
