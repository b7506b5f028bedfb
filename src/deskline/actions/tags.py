"""Tags that the account has: made and deleted by hand. Those that somebody puts on a ticket become known by that."""

from deskline.actions.groups import check_group
from deskline.domain.people import Tag
from deskline.errors import ConflictError, InvalidError, NotFoundError
from deskline.storage import people
from deskline.storage.database import Writer


async def create(tx: Writer, name: str, author: str, group: int) -> Tag:
    """Make a tag of a group. Raises InvalidError for an unknown author or group, ConflictError where the account has the tag."""
    agent = await people.find_agent(tx, author)
    if agent is None:
        raise InvalidError(f"author: there is no agent {author!r} in this account; accepted: a login that GET /agents lists")
    await check_group(tx, group, "group")
    if await people.find_tag(tx, name) is not None:
        raise ConflictError(f"There is a tag {name!r} already.")
    await people.save_tag(tx, name, agent.login, group)
    tag = await people.find_tag(tx, name)
    assert tag is not None
    return tag


async def delete(tx: Writer, name: str, group: int | None) -> None:
    """Delete a tag from those that the account has; tickets keep it, and put on another it is known again.

    Raises NotFoundError, also where it is not one of a `group` that was named.
    """
    tag = await people.find_tag(tx, name)
    if tag is not None and group is not None and tag.group != group:
        raise NotFoundError("tag", name)
    if not await people.delete_tag(tx, name):
        raise NotFoundError("tag", name)
