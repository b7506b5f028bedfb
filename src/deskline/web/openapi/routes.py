"""Where the description is served: /openapi.json and /docs. Both are public, since they say nothing of any account, and made once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from deskline.web.openapi.document import describe
from deskline.web.openapi.kinds import Schema
from deskline.web.openapi.operations import Chapter
from deskline.web.openapi.server import SERVER
from deskline.web.requests import Request
from deskline.web.responses import Answer
from deskline.web.routes import Route

HTML: Final = b"text/html; charset=utf-8"


def description_routes(
    routes: Iterable[Route], chapters: Sequence[Chapter], *, changed: Mapping[str, Schema] | None = None
) -> tuple[Route, ...]:
    """List the routes that describe `routes` and themselves; `changed` are schemas that this server's settings make different."""

    def described() -> dict[str, Any]:
        return describe((*routes, *ours), (*chapters, SERVER), changed=changed)

    @cache
    def document() -> bytes:
        return msgspec.json.encode(described())

    @cache
    def page() -> Answer:
        from deskline.web.openapi.pages import POLICY, show_page  # here, since few servers are ever asked

        headers = ((b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer"))
        return Answer(show_page(described()).encode(), content_type=HTML, headers=headers)

    async def openapi(request: Request) -> Answer:
        """GET /openapi.json → the OpenAPI 3.1 document of this server."""
        return Answer(document())

    async def docs(request: Request) -> Answer:
        """GET /docs → the same as a page to read."""
        return page()

    ours = (Route("GET", "/openapi.json", openapi, public=True), Route("GET", "/docs", docs, public=True))
    return ours
