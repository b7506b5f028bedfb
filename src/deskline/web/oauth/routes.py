"""The route table of the OAuth server. Who asks finds out each of them itself: an app has a secret, an agent a page."""

from deskline.web.auth import Credentials
from deskline.web.limits import Address
from deskline.web.oauth import tokens
from deskline.web.oauth.consents import Consents
from deskline.web.oauth.issuers import show_metadata
from deskline.web.oauth.refusals import Answering
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Handler, Route


def oauth_routes(credentials: Credentials, address_of: Address, *, failures: int = 0, implicit: bool = False) -> tuple[Route, ...]:
    """List the routes; each is there under /v2 as well, as the original's. `failures` of an address a minute may be wrong keys (0: any)."""
    consents = Consents(credentials.sign_in, address_of, failures=failures, implicit=implicit)

    answering = Answering(address_of, failures)

    async def metadata(request: Request) -> Answer:
        """GET /.well-known/oauth-authorization-server → what the server can do (RFC 8414)."""
        return json_answer(show_metadata(request, implicit=implicit))

    return (
        _route("GET", "/authorize", consents.show),
        _route("POST", "/authorize", consents.decide),
        _route("POST", "/token", answering(tokens.exchange)),
        _route("DELETE", "/token", answering(tokens.delete)),
        _route("GET", "/info", answering(tokens.info)),
        _route("POST", "/revoke", answering(tokens.revoke)),
        _route("POST", "/introspect", answering(tokens.introspect)),
        Route("GET", "/.well-known/oauth-authorization-server", metadata, public=True),
    )


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, has_own_sign_in=True)
