"""The table of routes and how a path finds its route. Which routes there are is said where the handlers are."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from deskline.errors import MethodError, NotFoundError
from deskline.storage.database import Reader
from deskline.web.deprecations import Deprecated
from deskline.web.requests import Request
from deskline.web.responses import Answer

Handler: TypeAlias = Callable[[Request], Awaitable[Answer]]
# Finds what a GET of the object answers now, in a transaction; None where there is no such object.
State: TypeAlias = Callable[[Request, Reader], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A method and a path such as `/tickets/{ticket_id}/tags`, and who answers there.

    `scope` is the right a token needs; where none is named no token opens the route, only a key. `public` needs no sign-in, and
    `has_own_sign_in` finds out itself who sends the request: an app by its secret, an agent on a page.
    `plus_is_blank` reads `+` in the path as a blank, as the C# client writes names of tags; a login may hold a true `+`, so only some
    routes want that. `from_pages`: pages of other sites may use it, and it decides which. `deprecated` is for a route that will go.

    `state` is for routes of one object whose ETag can be a condition (If-Match). `answers_secret` is for those whose answer must not be
    kept, since it holds a new key or token: they take no Idempotency-Key. Nor does one that `takes_file`: its body is read as it comes.
    """

    method: str
    path: str
    handler: Handler
    scope: str = ""
    public: bool = False
    has_own_sign_in: bool = False
    plus_is_blank: bool = False
    deprecated: Deprecated | None = None
    state: State | None = None
    answers_secret: bool = False
    takes_file: bool = False
    from_pages: bool = False


@dataclass(slots=True)
class _Place:
    """A place in the tree of paths: what is below it, and the routes that end at it with the names in their paths."""

    below: "dict[bytes, _Place]" = field(default_factory=dict)
    named: "_Place | None" = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Routes:
    """All routes, ready to be searched.

    Letter case, slashes at the end or doubled, and a leading `/v2` make no difference. HEAD goes where GET goes.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        """Build the tree. Raises ValueError for two routes with one method and path."""
        self._root = _Place()
        for route in routes:
            self._add(route)

    def match(self, method: str, path: bytes) -> tuple[Route, dict[str, str]]:
        """Return the route of a raw path, and the decoded segments that its names stand for.

        Raises NotFoundError where no route has this path, and MethodError where one has, but not for this method.
        """
        place = self._root
        raw_values: list[bytes] = []
        is_first = True
        for segment in path.split(b"/"):
            if not segment:
                continue
            below = place.below and (place.below.get(segment) or place.below.get(unquote_to_bytes(segment).lower()))
            if below:
                place = below
            elif place.named is not None:
                place = place.named
                raw_values.append(segment)
            elif not is_first or segment not in {b"v2", b"V2"}:
                raise NotFoundError("path")
            is_first = False
        found = place.routes.get(method)
        if found is None:
            raise MethodError(method, tuple(place.routes)) if place.routes else NotFoundError("path")
        route, names = found
        return route, {name: _decode(raw, route) for name, raw in zip(names, raw_values, strict=True)} if names else {}

    def _add(self, route: Route) -> None:
        place = self._root
        segments = route.path.strip("/").split("/")
        for segment in segments:
            if segment.startswith("{"):
                place.named = place.named or _Place()
                place = place.named
            else:
                place = place.below.setdefault(segment.lower().encode(), _Place())
        if route.method in place.routes:
            raise ValueError(f"{route.method} {route.path} is there twice")
        found = route, tuple(segment.strip("{}") for segment in segments if segment.startswith("{"))
        place.routes[route.method] = found
        if route.method == "GET":
            place.routes.setdefault("HEAD", found)


def _decode(raw: bytes, route: Route) -> str:
    if route.plus_is_blank:
        raw = raw.replace(b"+", b" ")
    try:
        text = (unquote_to_bytes(raw) if b"%" in raw else raw).decode()
    except UnicodeDecodeError:
        raise NotFoundError("path") from None
    if "\0" in text:
        raise NotFoundError("path")
    return text
