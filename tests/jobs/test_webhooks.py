"""Webhooks are told of every change, at least once, signed, for three days; who does not listen slows nobody. On both engines."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, get_args

import msgspec
import pytest

from deskline.actions import tickets
from deskline.actions import webhooks as act
from deskline.actions.webhooks import WebhookChanges
from deskline.domain import webhooks as domain
from deskline.domain.addresses import read_networks
from deskline.domain.custom_fields import Setting
from deskline.domain.events import AnyEvent, Created, Messaged, Noted, Touched
from deskline.domain.jobs import WEBHOOK
from deskline.domain.tickets import Changes
from deskline.domain.webhooks import Delivery, Outcome, Webhook
from deskline.errors import InvalidError
from deskline.jobs import webhooks as jobs
from deskline.jobs.kinds import Kind
from deskline.jobs.runner import Runner
from deskline.jobs.sending import Sender
from deskline.storage import webhooks as stored
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database
from deskline.storage.webhooks import Logged
from tests.desks import written
from tests.jobs.receivers import OK, Got, Receiver, answer, receiving
from tests.storage.builders import ADA, OURS, THEIRS, a_message, a_new_ticket, id_of

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 20


@asynccontextmanager
async def telling(database: Database, *, seconds: float = 5.0, lease_seconds: float = 2.0) -> AsyncIterator[Runner]:
    """Have webhooks told as long as the block lasts."""
    sender = Sender(read_networks(["127.0.0.0/8"]), seconds=seconds)
    runner = Runner(database, {WEBHOOK: Kind(jobs.Telling(sender).work)}, lease_seconds=lease_seconds, finding=jobs.FINDING)
    runner.start()
    try:
        yield runner
    finally:
        await runner.close()
        sender.close()


async def made(database: Database, receiver: Receiver, event_type: str = "*", account_id: int = OURS, **options: Any) -> Webhook:
    async with database.write(account_id) as tx:
        return await act.create(tx, receiver.url, event_type, **options)


async def a_ticket(database: Database, account_id: int = OURS) -> str:
    async with database.write(account_id) as tx:
        return id_of(await written(tx, await tickets.create(tx, a_new_ticket(), ADA)))


async def reply(database: Database, ticket_id: str, **options: Any) -> None:
    async with database.write(OURS) as tx:
        await tickets.reply(tx, ticket_id, a_message(**options), ADA)


async def find(database: Database, webhook: Webhook) -> Webhook:
    async with database.read(webhook.account_id) as tx:
        return await act.get(tx, webhook.id)


async def log(database: Database, webhook: Webhook, count: int, state: str = "") -> Sequence[Logged]:
    """Wait until so many deliveries in a state are logged."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:  # what is waited for is in a database
            async with database.read(webhook.account_id) as tx:
                found = await stored.list_log(tx, webhook.id, state, None, 2_000)
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def due_now(database: Database, webhook: Webhook) -> None:
    """Have what waits be due now, as if its pause were over."""
    async with database.write(OURS) as tx:
        await tx.run(
            "UPDATE webhook_delivery SET next_at = 1 WHERE account_id = $1 AND webhook_id = $2 AND next_at IS NOT NULL", webhook.id
        )
        await tx.run("UPDATE webhook SET rests_until = 0 WHERE account_id = $1 AND webhook_id = $2", webhook.id)


async def test_it_works_in_the_form_of_v2(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        await a_ticket(database)
        webhook = await made(database, receiver, "ticket_created")
        started = asyncio.get_running_loop().time()
        ticket_id = await a_ticket(database)
        (got,) = await receiver.until(1)
        assert asyncio.get_running_loop().time() - started < 5, "far less than a second where the machine has nothing else to do"
        said = got.json()
        assert {name: said[name] for name in ("event_type", "token", "license_id")} == {
            "event_type": "ticket_created",
            "token": webhook.token,
            "license_id": str(OURS),
        }
        assert list(said) == ["event_type", "token", "license_id", "ticket"]
        ticket: Any = said["ticket"]
        assert (ticket["id"], ticket["events"][0]["message"], ticket["requester"]["mail"]) == (
            ticket_id,
            "My order is late.",
            "ann@client.example",
        )
        assert "webhook-signature" not in got.headers
        (logged,) = await log(database, webhook, 1, "delivered")
        assert (logged.ticket_id, logged.delivery.status, logged.delivery.attempts) == (ticket_id, 200, 1)
        assert got.name == domain.message_id(webhook.id, stored.number_of(logged.delivery.event_key))
        assert (await find(database, webhook)).accepted_at is not None


async def test_it_works_in_the_standard_form(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        webhook = await made(database, receiver, payload="standard")
        ticket_id = await a_ticket(database)
        await reply(database, ticket_id)
        await reply(database, ticket_id, private=True)
        async with database.write(OURS) as tx:
            await tickets.change(tx, ticket_id, Changes(status="solved"), ADA)
        await receiver.until(5)
        by_type = {str(got.json()["type"]): got for got in receiver.got}
        assert {"ticket.created", "ticket.message_added", "ticket.note_added", "ticket.status_changed"} <= set(by_type)
        for got in receiver.got:
            holds(got, webhook.secret)
        data: Any = by_type["ticket.message_added"].json()["data"]
        assert (data["ticket"]["status"], len(data["ticket"]["events"])) == ("open", 2), "the ticket as it was right after the event"
        data = by_type["ticket.status_changed"].json()["data"]
        assert (data["ticket"]["status"], data["license_id"]) == ("solved", str(OURS))


def holds(got: Got, secret: str) -> None:
    """Verify a message as the specification says, with none of our code."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.content
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert expected in got.headers["webhook-signature"].split(" ")
    assert abs(int(got.headers["webhook-timestamp"]) - wall_clock() / 1000) < 300
    assert "." not in got.name


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of the specification's libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    content = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert domain.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", content) == expected


async def test_a_ticket_that_is_merged_split_or_in_the_trash_is_told_of_too(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        webhook = await made(database, receiver, payload="standard")
        one, other = await a_ticket(database), await a_ticket(database)
        async with database.write(OURS) as tx:
            await tickets.merge(tx, one, other, ADA)
            await tickets.unmerge(tx, one, ADA)
            await tickets.split(tx, one, 1, None, ADA)
            await tickets.trash(tx, one, ADA)
        kinds = ["merged", "absorbed", "unmerged", "released", "split", "split_from", "trashed"]
        expected = sorted(["ticket.created"] * 3 + [f"ticket.{kind}" for kind in kinds])
        await receiver.until(len(expected))
        assert sorted(str(got.json()["type"]) for got in receiver.got) == expected
        for logged in await log(database, webhook, len(expected), "delivered"):
            assert logged.ticket_id is not None


async def test_each_custom_field_that_changes_is_told_with_the_values_of_then(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        await made(database, receiver, "ticket_custom_field_changed", payload="standard")
        ticket_id = await a_ticket(database)
        for value in ("Orders", "Returns"):
            async with database.write(OURS) as tx:
                await tickets.change(tx, ticket_id, Changes(custom_fields=(Setting("area", "Area", value),)), ADA)
        said: list[Any] = [got.json() for got in await receiver.until(2)]
        told = sorted((each["data"]["ticket"] for each in said), key=lambda ticket: len(ticket["events"]))
        assert [ticket["custom_fields"] for ticket in told] == [{"area": "Orders"}, {"area": "Returns"}]
        assert told[1]["events"][-1]["previous"] == "Orders"


async def test_a_secret_that_was_rotated_signs_for_a_day_more(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        old = await made(database, receiver, payload="standard")
        async with database.write(OURS) as tx:
            new = await act.rotate_secret(tx, old.id)
        await a_ticket(database)
        (got,) = await receiver.until(1)
        holds(got, old.secret)
        holds(got, new.secret)
    later = domain.headers(new, "msg_1", b"", new.former_until)["webhook-signature"]
    assert " " not in later


async def test_one_that_fails_is_told_again_under_the_same_name_and_with_the_same_words(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        receiver.answers = lambda _: answer(500)
        webhook = await made(database, receiver, "ticket_created")
        ticket_id = await a_ticket(database)
        (logged,) = await log(database, webhook, 1, "waiting")
        assert (logged.delivery.status, logged.delivery.failure) == (500, "status")
        assert logged.delivery.last_at is not None
        assert logged.delivery.next_at is not None
        assert 5_000 <= logged.delivery.next_at - logged.delivery.last_at <= 5_500
        await reply(database, ticket_id)
        receiver.answers = lambda _: OK
        await due_now(database, webhook)
        await log(database, webhook, 1, "delivered")
        first, second = receiver.got
        assert (first.name, first.content) == (second.name, second.content)


async def test_one_that_wants_to_be_left_alone_is(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        receiver.answers = lambda _: answer(429, "Retry-After: 3600")
        webhook = await made(database, receiver, "ticket_created")
        before = wall_clock()
        await a_ticket(database)
        (logged,) = await log(database, webhook, 1, "waiting")
        assert (logged.delivery.next_at or 0) >= before + 3_600_000
        assert (await find(database, webhook)).rests_until >= before + 3_600_000
        await a_ticket(database)
        await asyncio.sleep(3 * jobs.LOOK_SECONDS)  # what must not come has no event to wait for
        assert len(receiver.got) == 1


async def test_one_that_is_gone_is_disabled_and_can_be_switched_on(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        receiver.answers = lambda _: answer(410)
        webhook = await made(database, receiver, "ticket_created")
        await a_ticket(database)
        await log(database, webhook, 1)
        found = await find(database, webhook)
        assert found.disabled_at is not None
        assert found.disabled_reason == "the receiver answered 410 Gone"
        receiver.answers = lambda _: OK
        await a_ticket(database)
        async with database.write(OURS) as tx:
            await act.change(tx, webhook.id, WebhookChanges(enabled=True))
        ticket_id = await a_ticket(database)
        await receiver.until(2)
        ticket: Any = receiver.got[1].json()["ticket"]
        assert ticket["id"] == ticket_id, "what happened while it was off is not told"


async def test_one_that_hangs_slows_nobody_and_is_asked_by_one_message_at_a_time(database: Database) -> None:
    async with receiving() as dead, receiving() as well, telling(database, seconds=0.5):
        dead.answers = lambda _: None
        down = await made(database, dead, "ticket_created")
        await made(database, well, "ticket_created")
        for _ in range(30):
            await a_ticket(database)
        await well.until(30)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (found := await find(database, down)).failures < domain.LENIENT:  # noqa: ASYNC110 - what is waited for is in a database
                await asyncio.sleep(0.02)
        assert dead.most_at_once <= jobs.AT_ONCE
        rests = found.rests_until - wall_clock()
        assert 0 < rests <= domain.LONGEST_REST
        count = len(dead.got)
        dead.answers = lambda _: OK
        await due_now(database, down)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len({got.name for got in dead.got}) < 30:
                await due_now(database, down)
                await asyncio.sleep(0.1)
        assert len(dead.got) > count
        assert len({got.name for got in well.got}) == len(well.got) == 30


async def test_another_account_hears_nothing(database: Database) -> None:
    async with receiving() as ours, receiving() as theirs, telling(database):
        await made(database, ours)
        await made(database, theirs, account_id=THEIRS)
        await a_ticket(database)
        await a_ticket(database, THEIRS)
        await ours.until(1)
        await theirs.until(1)
    assert {str(got.json()["license_id"]) for got in ours.got} == {str(OURS)}
    assert {str(got.json()["license_id"]) for got in theirs.got} == {str(THEIRS)}


async def test_the_past_that_an_import_brings_is_not_told(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        webhook = await made(database, receiver, "ticket_created")
        async with database.write(OURS) as tx:
            await tx.run("UPDATE webhook SET created_at = $2 WHERE account_id = $1", wall_clock() + 60_000)
        await a_ticket(database)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await find(database, webhook)).after == webhook.after:  # noqa: ASYNC110 - what is waited for is in a database
                await asyncio.sleep(0.02)
    assert receiver.got == []


async def test_what_was_told_can_be_told_again(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        webhook = await made(database, receiver, "ticket_created")
        await a_ticket(database)
        await log(database, webhook, 1, "delivered")
        async with database.write(OURS) as tx:
            await act.replay(tx, webhook.id, receiver.got[0].name)
        first, second = await receiver.until(2)
        assert (first.name, first.content) == (second.name, second.content)


async def test_everything_that_was_given_up_can_be_told_again(database: Database) -> None:
    async with receiving() as receiver, telling(database):
        receiver.answers = lambda _: answer(500)
        webhook = await made(database, receiver, "ticket_created")
        await a_ticket(database)
        await log(database, webhook, 1, "waiting")
        async with database.write(OURS) as tx:
            await tx.run("UPDATE webhook_delivery SET first_at = 1, next_at = 1 WHERE account_id = $1")
        await log(database, webhook, 1, "failed")
        receiver.answers = lambda _: OK
        async with database.write(OURS) as tx:
            assert await act.replay_failed(tx, webhook.id) == 1
        await log(database, webhook, 1, "delivered")


async def test_two_processes_tell_each_thing_once(database: Database) -> None:
    async with receiving() as receiver, telling(database), telling(database), telling(database):
        await made(database, receiver, "ticket_created")
        for _ in range(40):
            await a_ticket(database)
        await receiver.until(40)
        await asyncio.sleep(2 * jobs.LOOK_SECONDS)  # what must not come has no event to wait for
    assert len(receiver.got) == len({got.name for got in receiver.got}) == 40


async def test_the_log_is_bounded(database: Database) -> None:
    async with receiving() as receiver:
        webhook = await made(database, receiver)
        old = wall_clock() - 40 * 86_400_000
        async with database.write(OURS) as tx:
            over = [
                Delivery(event_key=n, event_type="x", ticket_key=1, seq=0, state="failed", first_at=1, last_at=wall_clock() - n)
                for n in range(1_500)
            ]
            await stored.save_deliveries(tx, webhook.id, [*over, msgspec.structs.replace(over[0], event_key=9_999, last_at=old)])
            await stored.prune(tx, webhook.id, wall_clock() - jobs.KEPT_MS, jobs.KEPT)
        assert len(await log(database, webhook, 1)) == jobs.KEPT


# What is decided without a database


def waiting(**changes: Any) -> Delivery:
    return Delivery(event_key=1, event_type="ticket_created", ticket_key=1, seq=0, first_at=0, **changes)


def test_it_is_tried_for_75_hours() -> None:
    chance, delivery, now = random.Random(1), waiting(), 0
    tries = [0]
    while (delivery := domain.attempted(delivery, Outcome(500, "status"), now, chance)).next_at is not None:
        assert delivery.state == "waiting"
        now = delivery.next_at
        tries.append(now)
    assert delivery.state == "failed"
    assert 75 * 3_600_000 <= now <= 84 * 3_600_000
    assert len(tries) == 10
    pauses = [after - before for before, after in itertools.pairwise(tries)]
    assert pauses == sorted(pauses)


def test_jitter_parts_what_failed_together() -> None:
    chance = random.Random(2)
    at = {domain.attempted(waiting(attempts=5), Outcome(500, "status"), 0, chance).next_at for _ in range(50)}
    assert len(at) == 50


def test_a_receiver_cannot_ask_to_be_left_alone_for_ever() -> None:
    tried = domain.attempted(waiting(), Outcome(429, "status", 10**12), 0, random.Random(3))
    assert tried.next_at == domain.LONGEST_RETRY_AFTER


def test_a_message_whose_ticket_is_gone_is_over() -> None:
    assert domain.attempted(waiting(), Outcome(failure=domain.GONE), 0, random.Random(4)).state == "failed"


def test_every_kind_of_event_has_a_type_of_its_own() -> None:
    told = [kind for kind in get_args(AnyEvent) if kind not in (Noted, Touched)]
    assert len(domain.EVENT_TYPES) == len(set(domain.EVENT_TYPES)) == len(told) + 1
    assert Created in told
    note = Messaged(at=1, author=ADA, text="", private=True)
    assert [domain.event_type(note, seq) for seq in (1, 2)] == [None, "ticket_note_added"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://",
        "https:///path",
        "https://user:word@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com/\r\nX: y",
        "https://example.com/a b",
        "https://exämple.com/",
        "https://example.com\\@10.0.0.1/",
        "https://example.com/" + "x" * 2_000,
        "//example.com/",
        "https://[::1",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(InvalidError, match="url: "):
        domain.check_url(url)
