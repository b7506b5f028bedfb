"""Tells webhooks what happened: reads the timeline behind each one's cursor, sends, and notes how that went. Each webhook is a job.

The cursor and the outcomes are written in one transaction, after the sending: who dies between the two has somebody else send again, under
the same name. A receiver that fails is asked less and less, one message at a time, and what it was not told stays in the timeline.
"""

import asyncio
import random
from typing import Final, NamedTuple

import msgspec

from deskline.domain import webhooks as domain
from deskline.domain.events import AnyEvent
from deskline.domain.jobs import DAY, Job
from deskline.domain.timelines import fold
from deskline.domain.webhooks import Delivery, Outcome, Webhook
from deskline.jobs.kinds import Step
from deskline.jobs.runner import Finding
from deskline.jobs.sending import Sender
from deskline.storage import webhooks as stored
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database, Reader, Show, Writer

AT_ONCE: Final = 8  # messages to one receiver
LOOKED_AT: Final = 200  # events of a step, most of which nobody may want
MOST_WEBHOOKS: Final = 256  # that one process tells at a time: those whose receivers hang take a place for 15 seconds, before they rest
LOOK_SECONDS: Final = 0.3  # from one look for something to tell to the next
KEPT: Final = 1_000  # deliveries that are over, of a webhook
KEPT_MS: Final = 30 * DAY
FINDING: Final = Finding(stored.list_due, LOOK_SECONDS, MOST_WEBHOOKS, woken=True)


class _Piece(NamedTuple):
    """What a step tells: `deliveries` with their bodies (None where the ticket is gone), up to the cursor `after`."""

    deliveries: list[tuple[Delivery, bytes | None]]
    after: int
    has_more: bool


class Telling:
    """The work of a webhook's job, by a sender."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._chance = random.Random()  # noqa: S311 - no secret: so that what failed together does not come back together

    async def work(self, database: Database, job: Job) -> Step:
        """Tell a webhook the next few things that it was not told yet."""
        async with database.read(job.account_id, snapshot=True) as tx:
            webhook = await stored.find(tx, job.id)
            if webhook is None or webhook.disabled_at is not None or webhook.rests_until > wall_clock():
                return Step("", is_over=True)
            piece = await _read_piece(tx, webhook, database.show)
        outcomes = await asyncio.gather(*(self._tell(webhook, delivery, content) for delivery, content in piece.deliveries))
        now = wall_clock()
        told = [
            domain.attempted(delivery, outcome, now, self._chance)
            for (delivery, _), outcome in zip(piece.deliveries, outcomes, strict=True)
        ]
        changed = domain.after_attempts(webhook, [each for each in outcomes if each.failure != domain.GONE], now)
        changed = msgspec.structs.replace(changed, after=piece.after)
        is_over = not piece.has_more or changed.rests_until > now or changed.disabled_at is not None

        async def write(tx: Writer) -> None:
            await stored.save_deliveries(tx, webhook.id, told)
            await stored.save_progress(tx, changed)
            if changed.failures >= domain.LENIENT:
                await stored.give_up(tx, webhook.id, now - domain.GIVEN_UP_AFTER)
            if is_over:
                await stored.prune(tx, webhook.id, now - KEPT_MS, KEPT)

        return Step("" if is_over else str(stored.number_of(piece.after)), is_over=is_over, write=write)

    async def _tell(self, webhook: Webhook, delivery: Delivery, content: bytes | None) -> Outcome:
        if content is None:
            return Outcome(failure=domain.GONE)
        now = wall_clock()
        name = domain.message_id(webhook.id, stored.number_of(delivery.event_key))
        return await self._sender.post(webhook.url, domain.headers(webhook, name, content, now), content, now=now)


async def _read_piece(tx: Reader, webhook: Webhook, show: Show) -> _Piece:
    """Read what a webhook is told next: what is to be sent again first, then what is new."""
    now = wall_clock()
    room = 1 if webhook.failures >= domain.LENIENT else AT_ONCE
    deliveries = await stored.list_waiting(tx, webhook.id, now, room)
    has_more = len(deliveries) == room
    after = webhook.after
    if not has_more:
        events = await stored.list_events(tx, webhook.after, LOOKED_AT)
        has_more = len(events) == LOOKED_AT
        for told in events:
            kind = _wanted(webhook, told.event, told.seq)
            if kind is not None:
                if len(deliveries) == room:
                    has_more = True
                    break
                deliveries.append(
                    Delivery(event_key=told.event_key, event_type=kind, ticket_key=told.ticket_key, seq=told.seq, first_at=now)
                )
            after = told.event_key
    return _Piece([(each, await _content(tx, webhook, each, show)) for each in deliveries], after, has_more)


def _wanted(webhook: Webhook, event: AnyEvent, seq: int) -> str | None:
    """Name an event as the webhook is told of it; None for what it is not told: another kind, and the past that an import brought."""
    kind = domain.event_type(event, seq)
    if kind is None or event.at < webhook.created_at or webhook.event_type not in (kind, domain.EVERYTHING):
        return None
    return kind


async def _content(tx: Reader, webhook: Webhook, delivery: Delivery, show: Show) -> bytes | None:
    """Make the body of a message, from the timeline up to its event: the same however often it is sent. None where the ticket is gone."""
    ticket_id = await stored.find_ticket_id(tx, delivery.ticket_key)
    events = await stored.list_known(tx, delivery.ticket_key, domain.known_until(delivery.event_type, delivery.seq))
    if ticket_id is None or not events:
        return None
    return domain.body(webhook, delivery.event_type, events[min(delivery.seq, len(events) - 1)].at, show(fold(ticket_id, events), events))
