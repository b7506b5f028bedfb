"""What an app's authorization request asks (RFC 6749, 4.1.1, RFC 7636, 4.3), checked. Nobody is asked and nothing is given here."""

from typing import Final, Literal
from urllib.parse import urlencode

import msgspec

from deskline.actions.oauth import Consent
from deskline.domain import scopes as words
from deskline.domain.apps import App, is_challenge, is_registered
from deskline.errors import InvalidError
from deskline.storage.database import Database
from deskline.web.oauth.clients import LONGEST, find_app
from deskline.web.params import Params

FIELDS: Final = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that leads back to an app: what it asks, where the answer goes, and how."""

    account_id: int
    consent: Consent
    address: str
    state: str | None
    flow: Literal["code", "token"]

    def answer(self, issuer: str, **values: str) -> str:
        """Spell the address of an answer: values in its query, or its fragment for the implicit flow; `iss` says whose (RFC 9207)."""
        told = values | ({} if self.state is None else {"state": self.state}) | {"iss": issuer}
        join = "#" if self.flow == "token" else "&" if "?" in self.address else "?"
        return f"{self.address}{join}{urlencode(told)}"


class DeadEndError(Exception):
    """A request that leads back to nobody: its app or its address is not known."""

    def __init__(self, error: str, text: str) -> None:
        self.error = error
        self.text = text
        super().__init__(text)


class WrongRequestError(Exception):
    """A request whose app is told why it is refused."""

    def __init__(self, asked: Asked, error: str, text: str) -> None:
        self.asked = asked
        self.error = error
        self.text = text
        super().__init__(text)


def read_fields(params: Params) -> dict[str, str]:
    """Read the fields of a request that are there. Raises DeadEndError for what cannot be read."""
    found = {name: params.text(name, limit=LONGEST) for name in FIELDS}
    try:
        params.check()
    except InvalidError as error:  # also a parameter that comes twice (RFC 6749, 3.1)
        raise DeadEndError("invalid_request", str(error)) from None
    return {name: value for name, value in found.items() if value is not None}


async def check(database: Database, fields: dict[str, str], *, implicit: bool) -> Asked:
    """Check a request. Raises DeadEndError, and WrongRequestError for what the app may be told."""
    found = await find_app(database, fields.get("client_id", ""))
    if found is None:
        raise DeadEndError("client_id_not_found", "client_id: there is no such app here.")
    account_id, app, _ = found
    flow: Literal["code", "token"] = "token" if fields.get("response_type") == "token" else "code"
    asked = Asked(
        account_id=account_id,
        consent=Consent(app, app.scopes, fields.get("redirect_uri")),
        address=_address(app, fields.get("redirect_uri")),
        state=fields.get("state"),
        flow=flow,
    )
    _check_flow(asked, fields, implicit=implicit)
    challenge = _challenge(asked, fields)
    return msgspec.structs.replace(asked, consent=Consent(app, _scopes(asked, fields), fields.get("redirect_uri"), challenge))


def _address(app: App, wanted: str | None) -> str:
    if wanted is None:
        if len(app.redirect_uris) > 1:
            raise DeadEndError("redirect_uri_not_set", "redirect_uri: it is missing, and the app has several.")
        return app.redirect_uris[0]
    if not is_registered(wanted, app.redirect_uris):
        raise DeadEndError("invalid_redirect_uri", "redirect_uri: it is none of those that the app is registered with.")
    return wanted


def _check_flow(asked: Asked, fields: dict[str, str], *, implicit: bool) -> None:
    wanted = fields.get("response_type")
    if wanted is None:
        raise WrongRequestError(asked, "invalid_request", "response_type: it is missing; accepted: code")
    if wanted != "code" and not (wanted == "token" and implicit):
        raise WrongRequestError(asked, "unsupported_response_type", "response_type: accepted: code" + (", token" if implicit else ""))


def _challenge(asked: Asked, fields: dict[str, str]) -> str | None:
    if asked.flow == "token":
        return None
    challenge = fields.get("code_challenge")
    if challenge is None:
        if asked.consent.app.requires_pkce:
            raise WrongRequestError(asked, "invalid_request", "code_challenge: it is missing, and this app is to use PKCE (RFC 7636).")
        return None
    if fields.get("code_challenge_method", "plain") != "S256":  # RFC 7636, 4.3: plain where it is not said; RFC 9700, 2.1.1: S256
        raise WrongRequestError(asked, "invalid_request", "code_challenge_method: accepted: S256")
    if not is_challenge(challenge):
        raise WrongRequestError(asked, "invalid_request", "code_challenge: accepted: SHA-256 of the verifier in 43 letters of base64url")
    return challenge


def _scopes(asked: Asked, fields: dict[str, str]) -> frozenset[str]:
    """Read what is asked for; all that the app may ask for where it does not say, as in the original."""
    if "scope" not in fields:
        return asked.consent.app.scopes
    try:
        scopes = words.read([fields["scope"]])
    except InvalidError as error:
        raise WrongRequestError(asked, "invalid_scope", _printable(str(error))) from None
    if not scopes <= asked.consent.app.scopes:
        over = ", ".join(words.ordered(scopes - asked.consent.app.scopes))
        raise WrongRequestError(asked, "invalid_scope", f"scope: the app is not registered for {over}.")
    return scopes


def _printable(text: str) -> str:
    """Keep to what an error_description may hold (RFC 6749, 4.1.2.1)."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)
