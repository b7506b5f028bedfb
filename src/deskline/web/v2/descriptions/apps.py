"""The routes of apps, described."""

from typing import Final

from deskline.actions.apps import LONGEST_NAME
from deskline.domain.apps import LONGEST_ADDRESS, MOST_ADDRESSES
from deskline.domain.scopes import LONGEST_SCOPE, MOST, SCOPES
from deskline.web.openapi.kinds import Schema, choice, count, flag, listed, record, ref, string, text, texts, word, yes_or_no
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter

TAG: Final = "Apps"
_KEY_ONLY: Final = "Opened by an API key only."
_SHOWN: Final[dict[str, Schema]] = {
    "client_id": string(),
    "name": string(),
    "redirect_uris": listed(string()),
    "scopes": listed(word(*SCOPES), "What it may ask for at most."),
    "public": yes_or_no("Whether it has no secret."),
    "pkce": word("required", "optional"),
    "created_at": string(),
}
_EXAMPLE: Final = {
    "client_id": "1-3f2a90c15b7d4e8890aa12cd",
    "name": "Shop connector",
    "redirect_uris": ["https://shop.example/callback"],
    "scopes": ["tickets_read", "tickets_write"],
    "public": False,
    "pkce": "required",
    "created_at": "2026-03-01T09:00:00Z",
}

APPS: Final = Chapter(
    operations={
        "GET /apps": Operation(summary="List apps", says=_KEY_ONLY, tag=TAG, answer=listed(ref("App")), example=[_EXAMPLE], is_ours=True),
        "POST /apps": Operation(
            summary="Register an app",
            says=f"An owner or an administrator may. {_KEY_ONLY}",
            tag=TAG,
            body=Body(
                (
                    Parameter("name", text(LONGEST_NAME), "Its name, as agents are asked.", "Shop connector", required=True),
                    Parameter(
                        "redirect_uris[]",
                        texts(LONGEST_ADDRESS, MOST_ADDRESSES),
                        "Where answers may go, to the letter.",
                        ["https://shop.example/callback"],
                        required=True,
                    ),
                    Parameter("scopes[]", texts(LONGEST_SCOPE, MOST), "What it may ask for.", ["tickets_read"], required=True),
                    Parameter("public", flag(), "Whether it can keep no secret: in a browser, on a phone.", False),
                    Parameter("pkce", choice(("required", "optional")), "Optional for old apps with a secret.", "required"),
                )
            ),
            answer=ref("NewApp"),
            errors={409: "There are as many apps as may be."},
            example=_EXAMPLE | {"client_secret": "desk-s1-yQ3mVjM0m0tWxZ0J6o7n9D2o1m4Hq8f1c5s9b3e7a2k"},
            is_ours=True,
        ),
        "DELETE /apps/{client_id}": Operation(
            summary="Remove an app with all its tokens",
            says=f"An owner or an administrator may. {_KEY_ONLY}",
            tag=TAG,
            answer=record({"ok": yes_or_no()}),
            example={"ok": True},
            is_ours=True,
        ),
        "DELETE /apps/{client_id}/tokens": Operation(
            summary="Take back what one gave an app",
            says=_KEY_ONLY,
            tag=TAG,
            answer=record({"revoked": count("How many tokens died.")}),
            example={"revoked": 2},
            is_ours=True,
        ),
    },
    schemas={
        "App": record(_SHOWN),
        "NewApp": record(_SHOWN, {"client_secret": string("Shown this once. A public app has none.")}),
    },
    paths={"client_id": Parameter("client_id", string(), "The client id of an app.", "1-3f2a90c15b7d4e8890aa12cd")},
)
