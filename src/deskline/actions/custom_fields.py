"""Custom fields are made, changed and deleted; and what a request wants them to be is looked up. What tickets tell stays as it was."""

from collections.abc import Mapping

import msgspec

from deskline.domain.custom_fields import MOST, MOST_EVER, CustomField, FieldType, Setting, settings_of
from deskline.errors import ConflictError, InvalidError, NotFoundError
from deskline.storage import custom_fields as stored
from deskline.storage.database import Reader, Writer


class NewField(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be made: checked values."""

    key: str
    name: str
    type: FieldType
    choices: tuple[str, ...] = ()


class FieldChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be changed; a field that is UNSET stays as it is."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    choices: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


async def list_present(tx: Reader) -> list[CustomField]:
    """List the fields that tickets can have now, the oldest first."""
    return [field for field in await stored.list_fields(tx) if field.deleted_at is None]


async def get(tx: Reader, key: str) -> CustomField:
    """Get a field. Raises NotFoundError, also for one that was deleted."""
    field = await stored.find_field(tx, key)
    if field is None or field.deleted_at is not None:
        raise NotFoundError("custom field", key)
    return field


async def create(tx: Writer, new: NewField, by: str) -> CustomField:
    """Make a field, or one again that was deleted.

    Raises ConflictError for a key that is taken, or that was one of another type, and for one field too many.
    """
    fields = await stored.list_fields(tx)
    former = next((field for field in fields if field.key == new.key), None)
    if former is not None and former.deleted_at is None:
        raise ConflictError(f"This account has a custom field {new.key!r} already; change that, or choose another key.")
    if former is not None and former.type != new.type:
        raise ConflictError(
            f"The key {new.key!r} was that of a {former.type} field, and tickets may tell its values; choose another key, or that type."
        )
    if sum(field.deleted_at is None for field in fields) >= MOST:
        raise ConflictError(f"This account has {MOST} custom fields, as many as there may be; delete some that nobody uses.")
    if former is None and len(fields) >= MOST_EVER:
        raise ConflictError(f"This account has used {MOST_EVER:,} keys, as many as there may be; make a field again that was deleted.")
    field = CustomField(key=new.key, name=new.name, type=new.type, choices=new.choices, created_at=tx.now, created_by=by)
    await stored.save_field(tx, field)
    return field


async def change(tx: Writer, key: str, changes: FieldChanges) -> CustomField:
    """Change a field; tickets keep the values that they have. Raises NotFoundError."""
    field = await get(tx, key)
    named = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
    changed = msgspec.structs.replace(field, **named)
    if changed != field:
        await stored.save_field(tx, changed)
    return changed


async def delete(tx: Writer, key: str) -> None:
    """Delete a field: no ticket gets a value of it any more, and those that have one keep it until it is taken from them.

    Raises NotFoundError.
    """
    await stored.save_field(tx, msgspec.structs.replace(await get(tx, key), deleted_at=tx.now))


async def look_up(tx: Writer, asked: Mapping[str, object]) -> tuple[Setting, ...]:
    """Look up the fields that a request names, with what they are to be. Raises InvalidError, with each that cannot be."""
    if not asked:
        return ()
    fields = {field.key: field for field in await stored.list_fields(tx.committed)}
    found, problems = settings_of(fields, asked)
    if problems:  # what is wrong by what was committed may be right by what others write with us
        fields = {field.key: field for field in await stored.list_fields(tx)}
        found, problems = settings_of(fields, asked)
    if problems:
        raise InvalidError([f"custom_fields[{each.key}]: {each.wrong}; accepted: {each.accepted}" for each in problems])
    return found
