"""Canned responses in the database."""

import msgspec

from deskline.domain.canned_responses import CannedResponse
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.queries import queries

_Q = queries("canned_responses")
_decode = msgspec.json.Decoder(tuple[str, ...]).decode


async def list_responses(tx: Reader) -> list[CannedResponse]:
    """List the account's responses, the oldest first."""
    return [_response(row) for row in await tx.rows(_Q["list_responses"])]


async def find_response(tx: Reader, response_id: int) -> CannedResponse | None:
    """Find a response by its id."""
    row = await tx.row(_Q["find_response"], response_id)
    return None if row is None else _response(row)


async def count_responses(tx: Reader) -> int:
    """Count the account's responses."""
    row = await tx.row(_Q["count_responses"])
    assert row is not None
    count: int = row[0]
    return count


async def add_response(tx: Writer, response: CannedResponse) -> bool:
    """Add a response; False where its id is there already."""
    values = (response.id, response.group, response.text, _tags(response), response.created_at, response.created_by)
    return await tx.run(_Q["add_response"], *values) > 0


async def save_response(tx: Writer, response: CannedResponse) -> None:
    """Save a response in the place of the one of its id."""
    values = (response.id, response.group, response.text, _tags(response), response.modified_at, response.modified_by)
    await tx.run(_Q["save_response"], *values)


async def delete_response(tx: Writer, response_id: int) -> bool:
    """Delete a response; False where there is none."""
    return await tx.run(_Q["delete_response"], response_id) > 0


async def release_responses(tx: Writer, group: int) -> None:
    """Give everybody the responses of a group that is gone."""
    await tx.run(_Q["release_responses"], group)


def _tags(response: CannedResponse) -> str:
    return msgspec.json.encode(response.tags).decode()


def _response(row: Row) -> CannedResponse:
    response_id, group, text, tags, created_at, created_by, modified_at, modified_by = row
    return CannedResponse(
        id=response_id,
        group=group,
        text=text,
        tags=_decode(tags),
        created_at=created_at,
        created_by=created_by,
        modified_at=modified_at,
        modified_by=modified_by,
    )
