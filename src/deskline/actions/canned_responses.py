"""Canned responses are made, changed and deleted, by who belongs to their group, or made them, or looks after the account."""

import secrets

import msgspec

from deskline.actions.groups import check_group
from deskline.actions.permissions import MANAGERS
from deskline.domain.canned_responses import MOST, CannedResponse
from deskline.domain.people import EVERYBODY, HIGHEST_ID, Principal
from deskline.errors import ConflictError, ForbiddenError, NotFoundError
from deskline.storage import canned_responses as stored
from deskline.storage import people
from deskline.storage.database import Reader, Writer


class ResponseChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be changed; a field that is UNSET stays as it is."""

    text: str | msgspec.UnsetType = msgspec.UNSET
    tags: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    group: int | msgspec.UnsetType = msgspec.UNSET


async def create(tx: Writer, text: str, tags: tuple[str, ...], group: int, by: Principal) -> CannedResponse:
    """Make a response. Raises InvalidError for an unknown group, ForbiddenError for who is not in it, ConflictError for one too many.

    Its id is one by chance: one that ran on would be given again once the last response is deleted, to somebody who still means that.
    """
    await check_group(tx, group, "group")
    await _check_may_write(tx, by, group, "")
    if await stored.count_responses(tx) >= MOST:
        raise ConflictError(f"This account has {MOST:,} canned responses, as many as there may be; delete some that nobody uses.")
    while True:
        response_id = 1 + secrets.randbelow(HIGHEST_ID)
        response = CannedResponse(id=response_id, text=text, tags=tags, group=group, created_at=tx.now, created_by=by.login)
        if await stored.add_response(tx, response):
            return response


async def change(tx: Writer, response_id: int, changes: ResponseChanges, by: Principal) -> CannedResponse:
    """Change a response. Raises NotFoundError, InvalidError, ForbiddenError."""
    response = await get(tx, response_id)
    await _check_may_write(tx, by, response.group, response.created_by)
    if not isinstance(changes.group, msgspec.UnsetType):
        await check_group(tx, changes.group, "group")
        await _check_may_write(tx, by, changes.group, "")
    named = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
    changed = msgspec.structs.replace(response, **named)
    if changed == response:
        return response
    changed = msgspec.structs.replace(changed, modified_at=tx.now, modified_by=by.login)
    await stored.save_response(tx, changed)
    return changed


async def delete(tx: Writer, response_id: int, by: Principal) -> None:
    """Delete a response. Raises NotFoundError, ForbiddenError."""
    response = await get(tx, response_id)
    await _check_may_write(tx, by, response.group, response.created_by)
    await stored.delete_response(tx, response_id)


async def get(tx: Reader, response_id: int) -> CannedResponse:
    """Get a response. Raises NotFoundError."""
    response = await stored.find_response(tx, response_id)
    if response is None:
        raise NotFoundError("canned response", str(response_id))
    return response


async def _check_may_write(tx: Reader, by: Principal, group: int, author: str) -> None:
    if by.permission in MANAGERS or group == EVERYBODY or by.login == author:
        return
    agent = await people.find_agent(tx, by.login)
    if agent is None or group not in agent.groups:
        raise ForbiddenError(
            f"Canned responses of group {group} are written by who is in it, by their author, or by an owner or an administrator of the "
            f"account; {by.login} is none of these."
        )
