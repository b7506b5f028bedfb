"""The routes of personal access tokens, described."""

from typing import Final

from deskline.actions.personal_tokens import LONGEST_DAYS, LONGEST_LABEL
from deskline.domain.scopes import LONGEST_SCOPE, MOST, SCOPES
from deskline.web.openapi.kinds import Schema, listed, nullable, record, ref, string, text, texts, whole, word, yes_or_no
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter

TAG: Final = "Tokens"
_SHOWN: Final[dict[str, Schema]] = {
    "id": string("A public name; it says nothing of the token."),
    "login": string("Whose it is."),
    "scopes": listed(word(*SCOPES)),
    "label": string(),
    "created_at": string(),
    "expires_at": nullable(string()),
    "revoked_at": nullable(string()),
}
_EXAMPLE: Final = {
    "id": "3f2a90c1",
    "login": "jane@co.com",
    "scopes": ["tickets_read", "reports_read"],
    "label": "dashboard",
    "created_at": "2026-03-01T09:00:00Z",
    "expires_at": "2026-05-30T09:00:00Z",
    "revoked_at": None,
}

PERSONAL_TOKENS: Final = Chapter(
    operations={
        "GET /personal_tokens": Operation(
            summary="List personal access tokens",
            says="The caller's, and all of the account for an owner or an administrator. Opened by an API key only.",
            tag=TAG,
            answer=listed(ref("PersonalToken")),
            example=[_EXAMPLE],
            is_ours=True,
        ),
        "POST /personal_tokens": Operation(
            summary="Make a personal access token of the caller",
            says="Opened by an API key only.",
            tag=TAG,
            body=Body(
                (
                    Parameter(
                        "scopes[]",
                        texts(LONGEST_SCOPE, MOST),
                        "What the token may do at most.",
                        ["tickets_read", "reports_read"],
                        required=True,
                    ),
                    Parameter("label", text(LONGEST_LABEL), "What it is for.", "dashboard"),
                    Parameter("expires_in_days", whole(1, LONGEST_DAYS), "How long it works; without it until it is revoked.", 90),
                )
            ),
            answer=ref("NewPersonalToken"),
            errors={409: "The agent has as many tokens as may be."},
            example=_EXAMPLE | {"token": "desk:1-yQ3mVjM0m0tWxZ0J6o7n9D2o1m4Hq8f1c5s9b3e7a2k"},
            is_ours=True,
        ),
        "DELETE /personal_tokens/{token_id}": Operation(
            summary="Revoke a personal access token",
            says="One's own; an owner or an administrator revokes any of the account. Opened by an API key only.",
            tag=TAG,
            answer=record({"ok": yes_or_no()}),
            example={"ok": True},
            is_ours=True,
        ),
    },
    schemas={
        "PersonalToken": record(_SHOWN),
        "NewPersonalToken": record({**_SHOWN, "token": string("The password of HTTP Basic. It is shown this once.")}),
    },
    paths={"token_id": Parameter("token_id", string(), "The id of a token, as the list shows it.", "3f2a90c1")},
)
