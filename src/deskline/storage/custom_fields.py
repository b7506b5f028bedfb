"""Definitions of custom fields in the database. The values that tickets have are in their timelines, and nowhere else."""

import msgspec

from deskline.domain.custom_fields import CustomField
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.queries import queries

_Q = queries("custom_fields")
_decode = msgspec.json.Decoder(tuple[str, ...]).decode


async def list_fields(tx: Reader) -> list[CustomField]:
    """List the account's fields, deleted ones too, the oldest first."""
    return [_field(row) for row in await tx.rows(_Q["list_fields"])]


async def find_field(tx: Reader, key: str) -> CustomField | None:
    """Find a field by its key, a deleted one too."""
    row = await tx.row(_Q["find_field"], key)
    return None if row is None else _field(row)


async def save_field(tx: Writer, field: CustomField) -> None:
    """Save a field, in the place of the one of its key; a key keeps its type."""
    choices = msgspec.json.encode(field.choices).decode()
    await tx.run(_Q["save_field"], field.key, field.name, field.type, choices, field.created_at, field.created_by, field.deleted_at)


def _field(row: Row) -> CustomField:
    key, name, kind, choices, created_at, created_by, deleted_at = row
    return CustomField(
        key=key,
        name=name,
        type=kind,
        choices=_decode(choices),
        created_at=created_at,
        created_by=created_by,
        deleted_at=deleted_at,
    )
