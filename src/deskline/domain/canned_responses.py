"""Canned responses: texts that agents answer with."""

from typing import Final

import msgspec

from deskline.domain.people import EVERYBODY

MOST: Final = 10_000
"""How many an account may have: they are listed whole."""


class CannedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A text of a group, under the short names in `tags`. Instants are milliseconds UTC, `modified_at` None until it is changed."""

    id: int
    text: str
    tags: tuple[str, ...]
    group: int = EVERYBODY
    created_at: int = 0
    created_by: str = ""
    modified_at: int | None = None
    modified_by: str | None = None
