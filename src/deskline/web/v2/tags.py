"""The endpoints under /tags: the tags that the account has. What a ticket carries is under /tickets."""

from deskline.actions import tags as actions
from deskline.actions.permissions import MANAGERS, require
from deskline.storage import people
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks, asks_people
from deskline.web.v2.wire_people import show_tag

DELETED = {"ok": True}


async def list_tags(request: Request) -> Answer:
    """GET /tags → every tag with the number of tickets that carry it, those of one group with `group`."""
    group = asks.read_group(request.query)
    async with request.services.database.analyse(request.principal.account_id) as tx:
        tags = await people.list_tags(tx, group)
    return json_answer([show_tag(tag) for tag in tags])


async def create_tag(request: Request) -> Answer:
    """POST /tags → the new tag. An owner or an administrator may."""
    require(request.principal, *MANAGERS, what="Tags are made")
    new = asks_people.read_new_tag(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        tag = await actions.create(tx, new.name, new.author or request.principal.login, new.group)
    return json_answer(show_tag(tag))


async def delete_tag(request: Request) -> Answer:
    """DELETE /tags/<tag> → that it is gone; tickets keep it. An owner or an administrator may. With `group` only as one of that group."""
    require(request.principal, *MANAGERS, what="Tags are deleted")
    group = asks.read_group(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.delete(tx, request.route_values["tag"], group)
    return json_answer(DELETED)
