"""The name of this server in the protocol, its issuer, and where its endpoints are (RFC 8414)."""

from typing import Any

from deskline.domain.scopes import SCOPES
from deskline.web.requests import Request

ENDPOINTS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
}
_SECRETS = ["client_secret_basic", "client_secret_post", "none"]


def issuer(request: Request) -> str:
    """Tell the server's own address as whoever asks knows it."""
    forwarded = request.headers.get(b"x-forwarded-proto", b"").strip().lower()
    scheme = "https" if b"https" in (request.scheme.encode(), forwarded) else "http"
    return f"{scheme}://{request.host}"


def show_metadata(request: Request, *, implicit: bool) -> dict[str, Any]:
    """Say what the server can do, for programs."""
    own = issuer(request)
    return {
        "issuer": own,
        **{name: own + path for name, path in ENDPOINTS.items()},
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code", "token"] if implicit else ["code"],
        "response_modes_supported": ["query", "fragment"] if implicit else ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", *(["implicit"] if implicit else [])],
        "token_endpoint_auth_methods_supported": _SECRETS,
        "revocation_endpoint_auth_methods_supported": _SECRETS,
        "introspection_endpoint_auth_methods_supported": _SECRETS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
