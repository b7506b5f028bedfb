"""The endpoints under /webhooks: the original's three, and what is ours: changes, secrets, the log and sending again."""

from typing import Any, Final

from deskline.actions import webhooks as act
from deskline.actions.webhooks import WebhookChanges
from deskline.domain.webhooks import LONGEST_URL, PAYLOADS, STATES, Webhook, message_id
from deskline.storage import webhooks as stored
from deskline.storage.webhooks import Logged, number_of
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2.wire import instant

DELETED: Final = {"result": "Push notification removed successfully"}
LOG_PAGE: Final = 100
LONGEST_NAME: Final = 100
DATA_TYPES: Final = ("ticket",)
HIGHEST_NUMBER: Final = 2**40 - 1


async def list_webhooks(request: Request) -> Answer:
    """GET /webhooks → `{"events":[…]}`: the account's webhooks."""
    act.check_may_manage(request.principal)
    async with request.services.database.read(request.principal.account_id) as tx:
        return json_answer({"events": [show(webhook) for webhook in await stored.list_all(tx)]})


async def create_webhook(request: Request) -> Answer:
    """POST /webhooks → `{"events":[…]}` with the new webhook, and its `secret` where messages are signed."""
    params = await request.form()
    url = params.text("url", required=True, limit=LONGEST_URL)
    event_type = params.text("event_type", required=True, limit=LONGEST_NAME)
    payload = params.choice("payload", PAYLOADS, "v2")
    types = params.texts("data_types", limit=LONGEST_NAME, count=10)
    if any(each not in DATA_TYPES for each in types):
        params.refuse("data_types", "only tickets are told of here", ", ".join(DATA_TYPES))
    params.check()
    async with request.services.database.write(request.principal.account_id) as tx:
        webhook = await act.create(tx, url, event_type, payload, request.principal)
    return json_answer({"events": [_with_secret(webhook)]})


async def change_webhook(request: Request) -> Answer:
    """PUT /webhooks/<id> → the webhook with another URL or event, switched off or on."""
    params = await request.form()
    changes = WebhookChanges(
        url=params.text("url", limit=LONGEST_URL),
        event_type=params.text("event_type", limit=LONGEST_NAME),
        enabled=params.flag("enabled"),
    )
    if changes == WebhookChanges() and not params.refused:
        params.refuse("url, event_type, enabled", "nothing to change", "at least one of them")
    params.check()
    async with request.services.database.write(request.principal.account_id) as tx:
        return json_answer(show(await act.change(tx, _id(request), changes, request.principal)))


async def delete_webhook(request: Request) -> Answer:
    """DELETE /webhooks/<id> → that it is gone."""
    async with request.services.database.write(request.principal.account_id) as tx:
        await act.delete(tx, _id(request), request.principal)
    return json_answer(DELETED)


async def rotate_secret(request: Request) -> Answer:
    """POST /webhooks/<id>/rotate_secret → the webhook with its new `secret`; the former one signs too for a day."""
    async with request.services.database.write(request.principal.account_id) as tx:
        return json_answer(_with_secret(await act.rotate_secret(tx, _id(request), request.principal)))


async def list_deliveries(request: Request) -> Answer:
    """GET /webhooks/<id>/deliveries[?state=][&before=] → `{"deliveries":[…]}`: a hundred, of the newest events first."""
    params = request.query
    state = params.choice("state", STATES)
    before = params.whole("before", 0, HIGHEST_NUMBER)
    params.check()
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        webhook = await act.get(tx, _id(request), request.principal)
        log = await stored.list_log(tx, webhook.id, state or "", before, LOG_PAGE)
    return json_answer({"deliveries": [show_delivery(webhook.id, logged) for logged in log]})


async def replay_delivery(request: Request) -> Answer:
    """POST /webhooks/<id>/deliveries/<delivery>/replay → `{"replayed":1}`: the message is sent again, under its name."""
    async with request.services.database.write(request.principal.account_id) as tx:
        await act.replay(tx, _id(request), request.route_values["delivery_id"], request.principal)
    return json_answer({"replayed": 1})


async def replay_failed(request: Request) -> Answer:
    """POST /webhooks/<id>/replay → `{"replayed":N}`: everything that was given up is sent again."""
    async with request.services.database.write(request.principal.account_id) as tx:
        return json_answer({"replayed": await act.replay_failed(tx, _id(request), request.principal)})


def show(webhook: Webhook) -> dict[str, Any]:
    """Spell a webhook as the original did; what is ours stands there only where it says something."""
    shown: dict[str, Any] = {
        "licence": webhook.account_id,
        "event_type": webhook.event_type,
        "data_types": list(DATA_TYPES),
        "url": webhook.url,
        "verified": webhook.accepted_at is not None,
        "token": webhook.token,
        "id": webhook.id,
    }
    if webhook.payload != "v2":
        shown["payload"] = webhook.payload
    if webhook.disabled_at is not None:
        shown |= {"enabled": False, "disabled_at": instant(webhook.disabled_at), "disabled_reason": webhook.disabled_reason}
    return shown


def show_delivery(webhook_id: str, logged: Logged) -> dict[str, Any]:
    """Spell a line of the log."""
    delivery = logged.delivery
    return {
        "id": message_id(webhook_id, number_of(delivery.event_key)),
        "number": number_of(delivery.event_key),
        "event_type": delivery.event_type,
        "ticket_id": logged.ticket_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "failure": delivery.failure or None,
        "first_at": instant(delivery.first_at),
        "last_at": None if delivery.last_at is None else instant(delivery.last_at),
        "next_at": None if delivery.next_at is None else instant(delivery.next_at),
    }


def _with_secret(webhook: Webhook) -> dict[str, Any]:
    return show(webhook) | ({"secret": webhook.secret} if webhook.payload == "standard" else {})


def _id(request: Request) -> str:
    return request.route_values["webhook_id"]
