"""Webhooks in the database, their cursors over the timeline, and the log of what they were told. What is sent when is not known here."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from deskline.domain.events import AnyEvent
from deskline.domain.webhooks import Delivery, Webhook
from deskline.storage.database import Reader, Row, Writer
from deskline.storage.dialects import KEY_BITS
from deskline.storage.jobs import Due
from deskline.storage.queries import queries

_Q = queries("webhooks")
_decode = msgspec.json.Decoder(AnyEvent).decode
_NUMBER: Final = (1 << KEY_BITS) - 1


class Told(NamedTuple):
    """An event of the timeline as a webhook meets it."""

    event_key: int
    ticket_key: int
    seq: int
    event: AnyEvent


class Logged(NamedTuple):
    """A delivery and the id of its ticket; None where the ticket is gone."""

    delivery: Delivery
    ticket_id: str | None


def number_of(event_key: int) -> int:
    """Tell an event's number in its account."""
    return event_key & _NUMBER


async def list_due(tx: Reader, now: int, limit: int) -> list[Due]:
    """List the jobs of webhooks that have something to tell, whosever they are; `tx` is one of the server."""
    return [Due(*row) for row in await tx.rows(_Q["list_due"], now, limit)]


async def add(tx: Writer, webhook: Webhook) -> None:
    """Add a webhook."""
    values = (webhook.event_type, webhook.url, webhook.payload, webhook.token, webhook.secret, webhook.created_at, webhook.after)
    await tx.run(_Q["add_webhook"], webhook.id, *values)


async def list_all(tx: Reader) -> list[Webhook]:
    """List the account's webhooks, the oldest first."""
    return [_webhook(tx.account_id, row) for row in await tx.rows(_Q["list_webhooks"])]


async def find(tx: Reader, webhook_id: str) -> Webhook | None:
    """Find a webhook."""
    row = await tx.row(_Q["find_webhook"], webhook_id)
    return None if row is None else _webhook(tx.account_id, row)


async def save(tx: Writer, webhook: Webhook) -> None:
    """Save what somebody changed of a webhook."""
    secrets = (webhook.token, webhook.secret, webhook.former_secret, webhook.former_until)
    standing = (webhook.disabled_at, webhook.disabled_reason, webhook.after, webhook.failures, webhook.rests_until)
    await tx.run(_Q["save_webhook"], webhook.id, webhook.event_type, webhook.url, *secrets, *standing)


async def save_progress(tx: Writer, webhook: Webhook) -> None:
    """Save what followed from attempts, and nothing that somebody may have changed meanwhile."""
    await tx.run(_Q["save_progress"], webhook.id, webhook.after, webhook.failures, webhook.rests_until, webhook.accepted_at)
    if webhook.disabled_at is not None:
        await tx.run(_Q["disable_webhook"], webhook.id, webhook.disabled_at, webhook.disabled_reason)


async def delete(tx: Writer, webhook_id: str) -> None:
    """Delete a webhook with its log and its job."""
    for name in ("delete_deliveries", "delete_job", "delete_webhook"):
        await tx.run(_Q[name], webhook_id)


async def list_events(tx: Reader, after: int, limit: int) -> list[Told]:
    """List the account's events behind a cursor, in the order of their commits."""
    rows = await tx.rows(_Q["list_events"], after, limit)
    return [Told(event_key, ticket_key, seq, _decode(event)) for event_key, ticket_key, seq, _, event in rows]


async def find_instant(tx: Reader, event_key: int) -> int | None:
    """Find when an event happened."""
    row = await tx.row(_Q["find_instant"], event_key)
    return None if row is None else row[0]


async def find_ticket_id(tx: Reader, ticket_key: int) -> str | None:
    """Find the id of a ticket."""
    row = await tx.row(_Q["find_ticket"], ticket_key)
    return None if row is None else row[0]


async def list_known(tx: Reader, ticket_key: int, count: int) -> list[AnyEvent]:
    """List the first events of a ticket's timeline."""
    return [_decode(row[0]) for row in await tx.rows(_Q["list_known"], ticket_key, count)]


async def list_waiting(tx: Reader, webhook_id: str, now: int, limit: int) -> list[Delivery]:
    """List deliveries that are to be sent by now, the longest due first."""
    return [_delivery(row) for row in await tx.rows(_Q["list_waiting"], webhook_id, now, limit)]


async def find_delivery(tx: Reader, webhook_id: str, number: int) -> Delivery | None:
    """Find the delivery of the account's event of a number."""
    row = await tx.row(_Q["find_delivery"], webhook_id, (tx.account_id << KEY_BITS) + number)
    return None if row is None else _delivery(row)


async def save_deliveries(tx: Writer, webhook_id: str, deliveries: Sequence[Delivery]) -> None:
    """Save deliveries as they stand."""
    await tx.run_many(_Q["save_delivery"], [(webhook_id, *msgspec.structs.astuple(each)) for each in deliveries])


async def list_log(tx: Reader, webhook_id: str, state: str, before: int | None, limit: int) -> list[Logged]:
    """List deliveries in a state (empty for any) about events before one of a number, the newest event first."""
    end = (tx.account_id << KEY_BITS) + before if before is not None else (tx.account_id + 1) << KEY_BITS
    rows = await tx.rows(_Q["list_log"], webhook_id, state, end, limit)
    return [Logged(_delivery(row[:-1]), row[-1]) for row in rows]


async def replay_failed(tx: Writer, webhook_id: str) -> int:
    """Have everything that was given up sent again from now on. Answers how much that is."""
    return await tx.run(_Q["replay_failed"], webhook_id, tx.now)


async def give_up(tx: Writer, webhook_id: str, until: int) -> None:
    """Give up what has waited since an instant or longer."""
    await tx.run(_Q["give_up"], webhook_id, until)


async def prune(tx: Writer, webhook_id: str, before: int, kept: int) -> None:
    """Delete what was over before an instant, or before the last that are kept (and those that were over in the same instant as these)."""
    row = await tx.row(_Q["find_end"], webhook_id, kept - 1)
    await tx.run(_Q["prune"], webhook_id, before if row is None else max(before, row[0]))


def _webhook(account_id: int, row: Row) -> Webhook:
    names = Webhook.__struct_fields__[1:]
    return Webhook(account_id=account_id, **dict(zip(names, row, strict=True)))


def _delivery(row: Row) -> Delivery:
    return Delivery(**dict(zip(Delivery.__struct_fields__, row, strict=True)))
