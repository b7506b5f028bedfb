"""Webhooks: what there is to be told of, how a message is made and signed, and when it is sent again. Pure; nothing is sent here."""

import base64
import hashlib
import hmac
import random
from datetime import UTC, datetime
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from deskline.domain.events import AnyEvent, Messaged, Noted, Touched
from deskline.errors import InvalidError, shortened

Payload = Literal["v2", "standard"]
PAYLOADS: Final[tuple[Payload, ...]] = ("v2", "standard")
State = Literal["waiting", "delivered", "failed"]
STATES: Final[tuple[State, ...]] = ("waiting", "delivered", "failed")

SECOND: Final = 1_000
HOUR: Final = 3_600 * SECOND
# Seconds from each attempt to the next: the schedule that Standard Webhooks gives as an example, 75 hours, 35 minutes and 5 seconds in all.
PAUSES: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
GIVEN_UP_AFTER: Final = sum(PAUSES) * SECOND
SPREAD: Final = 0.1  # by which share a pause is longer at most, so that what failed together does not come back together
LONGEST_RETRY_AFTER: Final = 24 * HOUR
LENIENT: Final = 3  # attempts in a row that fail until a receiver counts as down
LONGEST_REST: Final = 300 * SECOND  # from one attempt to the next at a receiver that is down
OLD_SECRET: Final = 24 * HOUR  # for which messages are signed with the former secret too
SECRET_BYTES: Final = 32
LONGEST_URL: Final = 2_000
EVERYTHING: Final = "*"
GONE: Final = "gone"  # why a message is not sent whose ticket there is no more

_NAMES: Final = {"created": "ticket_created", "messaged": "ticket_message_added"}
NOTE_ADDED: Final = "ticket_note_added"
_UNTOLD: Final = (Noted, Touched)  # only imported histories have them, and they tell of no change


def _tag(kind: type) -> str:
    return str(kind.__struct_config__.tag)  # type: ignore[attr-defined]


def _name(tag: str) -> str:
    return _NAMES.get(tag, f"ticket_{tag}")


EVENT_TYPES: Final = (*dict.fromkeys(_name(_tag(kind)) for kind in get_args(AnyEvent) if kind not in _UNTOLD), NOTE_ADDED)
"""What a webhook can be told of: every kind of event that is a change has its own."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook of an account. Instants are milliseconds UTC.

    `after` is its cursor: the key of the last event that was looked at. `failures` are the attempts that failed in a row, and `rests_until`
    is when a receiver that counts as down is tried again. `former_secret` signs too until `former_until`.
    """

    account_id: int
    id: str
    event_type: str
    url: str
    payload: Payload = "v2"
    token: str
    secret: str
    former_secret: str = ""
    former_until: int = 0
    created_at: int
    accepted_at: int | None = None
    disabled_at: int | None = None
    disabled_reason: str = ""
    after: int
    failures: int = 0
    rests_until: int = 0


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a webhook is told of, and how that went so far. `next_at` is None once it is over, `status` where nobody answered."""

    event_key: int
    event_type: str
    ticket_key: int
    seq: int
    state: State = "waiting"
    attempts: int = 0
    first_at: int
    last_at: int | None = None
    next_at: int | None = None
    status: int | None = None
    failure: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """How an attempt went: the `status` that was answered, or why there is none, and how long the receiver asked to be left alone."""

    status: int | None = None
    failure: str = ""
    retry_after: int | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status <= 299


def event_type(event: AnyEvent, seq: int) -> str | None:
    """Name what an event is to a webhook; None for what nobody is told of. The opening message is part of the ticket's creation."""
    if isinstance(event, Messaged):
        return None if seq <= 1 else NOTE_ADDED if event.private else _NAMES["messaged"]
    return None if isinstance(event, _UNTOLD) else _name(_tag(type(event)))


def known_until(kind: str, seq: int) -> int:
    """Tell how many events of the timeline a message shows: up to the one it is about, and of a new ticket the opening message too."""
    return 2 if kind == "ticket_created" else seq + 1


def message_id(webhook_id: str, number: int) -> str:
    """Name a message: the same however often it is sent."""
    return f"msg_{webhook_id}_{number}"


def body(webhook: Webhook, kind: str, at: int, ticket: bytes) -> bytes:
    """Make the body of a message in the webhook's form. `ticket` is JSON, as the ticket was right after the event."""
    if webhook.payload == "v2":
        return msgspec.json.encode(
            {"event_type": kind, "token": webhook.token, "license_id": str(webhook.account_id), "ticket": msgspec.Raw(ticket)}
        )
    data = {"license_id": str(webhook.account_id), "ticket": msgspec.Raw(ticket)}
    return msgspec.json.encode({"type": kind.replace("_", ".", 1), "timestamp": _instant(at), "data": data})


def headers(webhook: Webhook, message: str, content: bytes, now: int) -> dict[str, str]:
    """List the headers of a message that is sent now: its name, and in the standard form its signatures."""
    named = {"content-type": "application/json", "webhook-id": message}
    if webhook.payload == "v2":
        return named
    secrets = [webhook.secret, *([webhook.former_secret] if webhook.former_secret and now < webhook.former_until else [])]
    at = str(now // SECOND)
    signatures = " ".join(signature(secret, message, at, content) for secret in secrets)
    return named | {"webhook-timestamp": at, "webhook-signature": signatures}


def signature(secret: str, message: str, at: str, content: bytes) -> str:
    """Sign a message as Standard Webhooks 1.0.0 says: HMAC-SHA256 over its name, its second and its body, parted by full stops."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, f"{message}.{at}.".encode() + content, hashlib.sha256)).decode()


def spell_secret(random_bytes: bytes) -> str:
    """Spell a secret as receivers' libraries take it."""
    return "whsec_" + base64.b64encode(random_bytes).decode()


def attempted(delivery: Delivery, outcome: Outcome, now: int, chance: random.Random) -> Delivery:
    """Tell how a delivery stands after an attempt: over, or to be sent again, not before the receiver wants it."""
    tried = msgspec.structs.replace(
        delivery, attempts=delivery.attempts + 1, last_at=now, status=outcome.status, failure=outcome.failure, next_at=None
    )
    if outcome.is_accepted:
        return msgspec.structs.replace(tried, state="delivered", failure="")
    if outcome.failure == GONE or tried.attempts > len(PAUSES) or now - tried.first_at >= GIVEN_UP_AFTER:
        return msgspec.structs.replace(tried, state="failed")
    pause = round(PAUSES[tried.attempts - 1] * SECOND * chance.uniform(1, 1 + SPREAD))
    asked = min(outcome.retry_after or 0, LONGEST_RETRY_AFTER)
    return msgspec.structs.replace(tried, next_at=now + max(pause, asked))


def after_attempts(webhook: Webhook, outcomes: list[Outcome], now: int) -> Webhook:
    """Tell how a webhook stands after attempts: in use, resting since its receiver is down or wants it, or disabled by a 410."""
    if not outcomes:
        return webhook
    accepted = any(outcome.is_accepted for outcome in outcomes)
    failures = 0 if accepted else webhook.failures + len(outcomes)
    rest = min(LONGEST_REST, 5 * SECOND << min(failures - LENIENT, 10)) if failures >= LENIENT else 0
    asked = min(max((each.retry_after or 0 for each in outcomes), default=0), LONGEST_RETRY_AFTER)
    changed = msgspec.structs.replace(webhook, failures=failures, rests_until=now + max(rest, asked) if rest or asked else 0)
    if accepted:
        changed = msgspec.structs.replace(changed, accepted_at=webhook.accepted_at or now)
    if any(outcome.status == 410 for outcome in outcomes):
        changed = msgspec.structs.replace(changed, disabled_at=now, disabled_reason="the receiver answered 410 Gone")
    return changed


def check_url(url: str) -> str:
    """Make sure that messages can be sent to a URL. Where its host is, is found out when they are. Raises InvalidError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    wrong = (
        len(url) > LONGEST_URL
        or not url.isascii()
        or any(sign <= " " or sign in "\x7f\\" for sign in url)
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or "@" in parts.netloc
        or "#" in url
        or port == 0
    )
    if wrong:
        raise InvalidError(
            f"url: {shortened(url)!r} is not accepted; accepted: an http or https URL of at most {LONGEST_URL} ASCII characters, without "
            "user, password, blanks or fragment"
        )
    return url


def check_event_type(kind: str) -> str:
    """Make sure that there is something of this name to be told of. Raises InvalidError."""
    if kind != EVERYTHING and kind not in EVENT_TYPES:
        raise InvalidError(
            f"event_type: {shortened(kind)!r} is not accepted; accepted: {', '.join(EVENT_TYPES)}, or {EVERYTHING} for all of them"
        )
    return kind


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
