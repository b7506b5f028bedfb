"""The routes of the OAuth server, described."""

from typing import Final

from deskline.domain.scopes import LONGEST_SCOPE
from deskline.web.oauth.clients import LONGEST
from deskline.web.openapi.document import LET_IN, OF_APPS
from deskline.web.openapi.kinds import Schema, count, listed, record, string, text, yes_or_no
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter

TAG: Final = "OAuth"
_OF_APPS: Final = "For apps; docs/apps.md tells the whole story."
_REFUSED: Final = {
    400: "The request is wrong; `error` is the word of RFC 6749.",
    401: "The app or the token is not known; `error` is the word of RFC 6749 or 6750.",
}
_AS_APP: Final = ({OF_APPS: list[str]()}, dict[str, list[str]]())  # a public app has no secret
_CLIENT: Final = "1-3f2a90c15b7d4e8890aa12cd"
_ADDRESS: Final = "https://shop.example/callback"


def _text(name: str, says: str, example: str, limit: int = LONGEST) -> Parameter:
    return Parameter(name, text(limit), says, example)


_ASKED: Final = (
    _text("response_type", "`code`.", "code"),
    _text("client_id", "The app.", _CLIENT),
    _text("redirect_uri", "One of the app's; it may be left out where there is one only.", _ADDRESS),
    _text("scope", "What is asked for, parted by blanks; all that the app is registered for by default.", "tickets_read"),
    _text("state", "Comes back with the answer.", "xyz"),
    _text("code_challenge", "SHA-256 of the verifier (RFC 7636).", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    _text("code_challenge_method", "`S256`.", "S256"),
)
_BY_SECRET: Final = (
    _text("client_id", "The app, where HTTP Basic does not name it.", _CLIENT),
    _text("client_secret", "Its secret, likewise; a public app has none.", "desk-s1-yQ3mVjM0m0tWxZ0J6o7n9D2o1m4Hq8f1c5s9b3e7a2k"),
)
_TOKEN: Final = (
    _text("token", "The token.", "desk-a1-yQ3mVjM0m0tWxZ0J6o7n9D2o1m4Hq8f1c5s9b3e7a2k"),
    _text("token_type_hint", "Not needed.", "access_token"),
    *_BY_SECRET,
)
_WHOSE: Final[dict[str, Schema]] = {
    "scope": string(),
    "entity_id": string("The agent's login."),
    "license_id": count("The account."),
    "account_id": string("The same as a text."),
    "organization_id": string("The same again."),
}
_ISSUED: Final = record(
    {"access_token": string(), "expires_in": count("Seconds."), "token_type": string("`Bearer`."), **_WHOSE},
    {"refresh_token": string("For one use.")},
)
_METADATA: Final[dict[str, Schema]] = {
    "issuer": string(),
    "authorization_endpoint": string(),
    "token_endpoint": string(),
    "revocation_endpoint": string(),
    "introspection_endpoint": string(),
    **{
        name: listed(string())
        for name in (
            "scopes_supported",
            "response_types_supported",
            "response_modes_supported",
            "grant_types_supported",
            "token_endpoint_auth_methods_supported",
            "revocation_endpoint_auth_methods_supported",
            "introspection_endpoint_auth_methods_supported",
            "code_challenge_methods_supported",
        )
    },
    "authorization_response_iss_parameter_supported": yes_or_no(),
}

OAUTH: Final = Chapter(
    operations={
        "GET /authorize": Operation(
            summary="Ask an agent to let an app in",
            says=f"Where an app sends a browser. {_OF_APPS}",
            tag=TAG,
            parameters=_ASKED,
            answer=None,
            files={"text/html": string("The page.")},
            errors={303: "Back to the app, with what is wrong.", 400: "A page: the app or its address is not known."},
            pages=frozenset({303, 400}),
            is_ours=True,
        ),
        "POST /authorize": Operation(
            summary="Let an app in, or not",
            says="The form of the page.",
            tag=TAG,
            body=Body(
                (
                    *_ASKED,
                    _text("login", "The agent.", "jane@co.com"),
                    _text("key", "The agent's API key.", "0123456789abcdef0123456789abcdef"),
                    _text("decision", "`allow` or `deny`.", "allow"),
                )
            ),
            answer=None,
            files={"text/html": string("The page.")},
            errors={
                303: "Back to the app.",
                400: "A page.",
                403: "The page again: login and key are wrong.",
                429: "Too many wrong keys were sent; `Retry-After` says when to try again.",
            },
            pages=frozenset({303, 400, 403, 429}),
            is_ours=True,
        ),
        "POST /token": Operation(
            summary="Get tokens",
            says=f"For an authorization code or a refresh token. {_OF_APPS}",
            tag=TAG,
            body=Body(
                (
                    _text("grant_type", "`authorization_code` or `refresh_token`.", "authorization_code"),
                    _text("code", "The authorization code.", "desk-c1-yQ3mVjM0m0tWxZ0J6o7n9D2o1m4Hq8f1c5s9b3e7a2k"),
                    _text("redirect_uri", "As in the authorization request.", _ADDRESS),
                    _text("code_verifier", "What the challenge was made of.", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
                    _text("refresh_token", "The refresh token.", "desk-r1-yQ3mVjM0m0tWxZ0J6o7n9D2o1m4Hq8f1c5s9b3e7a2k"),
                    _text("scope", "Less than was granted, with a refresh token.", "tickets_read", LONGEST_SCOPE),
                    *_BY_SECRET,
                )
            ),
            answer=_ISSUED,
            errors=_REFUSED,
            security=_AS_APP,
        ),
        "DELETE /token": Operation(
            summary="End a token",
            says="The token is `token`, or `code`, or the Bearer token of the request.",
            tag=TAG,
            parameters=(_TOKEN[0], _text("code", "The same.", "desk-a1-yQ3mVjM0m0tWxZ0J6o7n9D2o1m4Hq8f1c5s9b3e7a2k")),
            answer=record({}),
            example={},
            errors=_REFUSED,
            security=({}, {LET_IN: []}),
        ),
        "GET /info": Operation(
            summary="Read what a token is",
            says="That of the request.",
            tag=TAG,
            answer=record(
                {"access_token": string(), "expires_in": count("Seconds."), "client_id": string(), "token_type": string(), **_WHOSE}
            ),
            errors={401: _REFUSED[401]},
            security=({LET_IN: []},),
        ),
        "POST /revoke": Operation(
            summary="End a token of the app",
            says="RFC 7009.",
            tag=TAG,
            body=Body(_TOKEN),
            answer=record({}),
            errors=_REFUSED,
            security=_AS_APP,
            is_ours=True,
        ),
        "POST /introspect": Operation(
            summary="Read what a token of the app is",
            says="RFC 7662. Of any other token only that it is not active.",
            tag=TAG,
            body=Body(_TOKEN),
            answer=record(
                {"active": yes_or_no()},
                {
                    "scope": string(),
                    "client_id": string(),
                    "username": string(),
                    "sub": string(),
                    "token_type": string(),
                    "exp": count(),
                    "iat": count(),
                    "iss": string(),
                    "license_id": count(),
                },
            ),
            example={"active": False},
            errors=_REFUSED,
            security=_AS_APP,
            is_ours=True,
        ),
        "GET /.well-known/oauth-authorization-server": Operation(
            summary="What the OAuth server can do",
            says="RFC 8414.",
            tag=TAG,
            answer=record(_METADATA),
        ),
    },
)
