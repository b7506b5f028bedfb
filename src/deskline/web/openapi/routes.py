"""Where the description is served: /openapi.json. It is public, since it says nothing of any account, and made once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import msgspec

from deskline.web.openapi.document import describe
from deskline.web.openapi.kinds import Schema
from deskline.web.openapi.operations import Chapter
from deskline.web.openapi.server import SERVER
from deskline.web.requests import Request
from deskline.web.responses import Answer
from deskline.web.routes import Route


def description_routes(
    routes: Iterable[Route], chapters: Sequence[Chapter], *, changed: Mapping[str, Schema] | None = None
) -> tuple[Route, ...]:
    """List the routes that describe `routes` and themselves; `changed` are schemas that this server's settings make different."""

    @cache
    def document() -> bytes:
        return msgspec.json.encode(describe((*routes, *ours), (*chapters, SERVER), changed=changed))

    async def openapi(request: Request) -> Answer:
        """GET /openapi.json → the OpenAPI 3.1 document of this server."""
        return Answer(document())

    ours = (Route("GET", "/openapi.json", openapi, public=True),)
    return ours
