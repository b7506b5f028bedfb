"""Webhooks are made, changed, switched off and on, and made to tell again what they told, by owners and administrators."""

import secrets
from typing import Final, NoReturn

import msgspec

from deskline.actions.permissions import MANAGERS, require
from deskline.domain.jobs import WEBHOOK, Job
from deskline.domain.people import Principal
from deskline.domain.webhooks import (
    OLD_SECRET,
    SECRET_BYTES,
    Delivery,
    Payload,
    Webhook,
    check_event_type,
    check_url,
    spell_secret,
)
from deskline.errors import ConflictError, NotFoundError
from deskline.storage import jobs, tickets
from deskline.storage import webhooks as stored
from deskline.storage.database import Reader, Writer

MOST: Final = 50  # of an account
_WHAT: Final = "Webhooks are seen and changed"


class WebhookChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks to be changed; a field that is None stays as it is."""

    url: str | None = None
    event_type: str | None = None
    enabled: bool | None = None


def check_may_manage(by: Principal | None) -> None:
    """Make sure that somebody may see and change webhooks; None is the operator. Raises ForbiddenError."""
    if by is not None:
        require(by, *MANAGERS, what=_WHAT)


async def create(tx: Writer, url: str, event_type: str, payload: Payload = "v2", by: Principal | None = None) -> Webhook:
    """Make a webhook, which is told of what happens from now on.

    Raises ForbiddenError, InvalidError for a URL or an event that is none, ConflictError where there are too many.
    """
    check_may_manage(by)
    check_url(url)
    check_event_type(event_type)
    if len(await stored.list_all(tx)) >= MOST:
        raise ConflictError(f"This account has {MOST} webhooks, as many as there may be; delete some that nobody uses.")
    webhook = Webhook(
        account_id=tx.account_id,
        id=secrets.token_hex(16),
        event_type=event_type,
        url=url,
        payload=payload,
        token=secrets.token_hex(16),
        secret=spell_secret(secrets.token_bytes(SECRET_BYTES)),
        created_at=tx.now,
        after=await tickets.position(tx),
    )
    await stored.add(tx, webhook)
    await jobs.add(tx, Job(account_id=tx.account_id, id=webhook.id, kind=WEBHOOK))
    return webhook


async def change(tx: Writer, webhook_id: str, changes: WebhookChanges, by: Principal | None = None) -> Webhook:
    """Change a webhook, or switch it off or on. One that is switched on is told of what happens from then on.

    Raises ForbiddenError, NotFoundError, InvalidError.
    """
    webhook = await get(tx, webhook_id, by)
    changed = webhook
    if changes.url is not None:
        changed = msgspec.structs.replace(changed, url=check_url(changes.url), failures=0, rests_until=0)
    if changes.event_type is not None:
        changed = msgspec.structs.replace(changed, event_type=check_event_type(changes.event_type))
    if changes.enabled is False and webhook.disabled_at is None:
        changed = msgspec.structs.replace(changed, disabled_at=tx.now, disabled_reason="switched off")
    if changes.enabled and webhook.disabled_at is not None:
        after = await tickets.position(tx)
        changed = msgspec.structs.replace(changed, disabled_at=None, disabled_reason="", after=after, failures=0, rests_until=0)
    if changed != webhook:
        await stored.save(tx, changed)
    return changed


async def rotate_secret(tx: Writer, webhook_id: str, by: Principal | None = None) -> Webhook:
    """Give a webhook a new secret; for a day messages are signed with the former one too. One of v2, which signs nothing, a new token.

    Raises ForbiddenError, NotFoundError.
    """
    webhook = await get(tx, webhook_id, by)
    if webhook.payload == "v2":
        changed = msgspec.structs.replace(webhook, token=secrets.token_hex(16))
    else:
        secret = spell_secret(secrets.token_bytes(SECRET_BYTES))
        changed = msgspec.structs.replace(webhook, secret=secret, former_secret=webhook.secret, former_until=tx.now + OLD_SECRET)
    await stored.save(tx, changed)
    return changed


async def delete(tx: Writer, webhook_id: str, by: Principal | None = None) -> None:
    """Delete a webhook, with its log. Raises ForbiddenError, NotFoundError."""
    await stored.delete(tx, (await get(tx, webhook_id, by)).id)


async def replay(tx: Writer, webhook_id: str, message: str, by: Principal | None = None) -> Delivery:
    """Have a message sent again, under its name, however it went before.

    Raises ForbiddenError, NotFoundError, ConflictError for a webhook that is off.
    """
    webhook = await _get_on(tx, webhook_id, by)
    delivery = await _get_delivery(tx, webhook, message)
    again = msgspec.structs.replace(delivery, state="waiting", attempts=0, first_at=tx.now, next_at=tx.now)
    await stored.save_deliveries(tx, webhook.id, [again])
    return again


async def replay_failed(tx: Writer, webhook_id: str, by: Principal | None = None) -> int:
    """Have every message sent again that was given up and is in the log still. Answers how many. Raises as `replay`."""
    return await stored.replay_failed(tx, (await _get_on(tx, webhook_id, by)).id)


async def _get_on(tx: Reader, webhook_id: str, by: Principal | None) -> Webhook:
    webhook = await get(tx, webhook_id, by)
    if webhook.disabled_at is not None:
        raise ConflictError(f"The webhook {webhook.id} is switched off: nothing is sent to it. Switch it on first (enabled=1).")
    return webhook


async def get(tx: Reader, webhook_id: str, by: Principal | None = None) -> Webhook:
    """Get a webhook; letter case makes no difference. Raises ForbiddenError, NotFoundError."""
    check_may_manage(by)
    webhook = await stored.find(tx, webhook_id.lower())
    if webhook is None:
        raise NotFoundError("webhook", webhook_id)
    return webhook


async def _get_delivery(tx: Reader, webhook: Webhook, message: str) -> Delivery:
    number = message.lower().removeprefix(f"msg_{webhook.id}_")
    if not (number.isascii() and number.isdigit() and len(number) <= 12):
        _unknown(message)
    return await stored.find_delivery(tx, webhook.id, int(number)) or _unknown(message)


def _unknown(message: str) -> NoReturn:
    raise NotFoundError("delivery", message)
