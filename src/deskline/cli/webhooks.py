"""Commands for webhooks. The rules about them are in `actions.webhooks`; whoever runs these is the operator, and may do all of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import instant, show_json, show_table
from deskline.errors import InvalidError

if TYPE_CHECKING:
    from deskline.config import Settings
    from deskline.domain.webhooks import Webhook
    from deskline.storage.database import Writer
    from deskline.storage.webhooks import Logged

Value = TypeVar("Value")
WebhookArgument = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id, as deskline webhook list shows it.")]
HEADS = ("id", "event_type", "payload", "url", "state", "failures", "reason")
LOG_HEADS = ("id", "event_type", "ticket", "state", "attempts", "status", "failure", "last_at", "next_at")

webhooks = typer.Typer(
    help="Add, list and change webhooks, see what they were told, and tell it again.",
    callback=lambda: None,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)


@webhooks.command("add")
def add_webhook(
    url: Annotated[str, typer.Option("--url", metavar="URL", help="The http or https address that messages are sent to.")],
    event: Annotated[str, typer.Option("--event", metavar="TYPE", help="What it is told of, as in ticket_created; * is everything.")] = "*",
    payload: Annotated[
        str, typer.Option("--payload", metavar="FORM", help="The form of its messages: standard, which are signed, or v2.")
    ] = "standard",
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a webhook. What its messages are verified with is shown: a secret in the standard form, a token in that of v2.

    \b
    Example:
      deskline webhook add --data ./data --url https://example.com/hooks --event ticket_created
    """
    from deskline.actions import webhooks as act
    from deskline.domain.webhooks import PAYLOADS

    form = next((each for each in PAYLOADS if each == payload), None)
    if form is None:
        raise InvalidError(f"payload: {payload!r} is not accepted; accepted: {', '.join(PAYLOADS)}")
    made = _written(settings_of(data, config), account, lambda tx: act.create(tx, url, event, form))
    _say(made, as_json=as_json)


@webhooks.command("list")
def list_webhooks(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the webhooks of an account: what each is told of, whether it is on, and how many attempts failed in a row.

    \b
    Example:
      deskline webhook list --data ./data
    """
    found = [_shown(webhook) for webhook in asyncio.run(_list(settings_of(data, config), account))]
    if as_json:
        show_json(found)
    else:
        show_table(HEADS, [[str(webhook[head]) for head in HEADS] for webhook in found])


@webhooks.command("enable")
def enable(webhook_id: WebhookArgument, account: AccountOption = None, data: DataOption = None, config: ConfigOption = None) -> None:
    """Switch a webhook on: it is told of what happens from now on.

    \b
    Example:
      deskline webhook enable --data ./data 4f1c9a0be2d84e7da4a1d7c05b3f9e62
    """
    _switch(settings_of(data, config), account, webhook_id, on=True)
    typer.echo(f"Webhook {webhook_id} is on.")


@webhooks.command("disable")
def disable(webhook_id: WebhookArgument, account: AccountOption = None, data: DataOption = None, config: ConfigOption = None) -> None:
    """Switch a webhook off: nothing is sent to it until it is switched on.

    \b
    Example:
      deskline webhook disable --data ./data 4f1c9a0be2d84e7da4a1d7c05b3f9e62
    """
    _switch(settings_of(data, config), account, webhook_id, on=False)
    typer.echo(f"Webhook {webhook_id} is off.")


@webhooks.command("delete")
def delete(webhook_id: WebhookArgument, account: AccountOption = None, data: DataOption = None, config: ConfigOption = None) -> None:
    """Delete a webhook, with its log.

    \b
    Example:
      deskline webhook delete --data ./data 4f1c9a0be2d84e7da4a1d7c05b3f9e62
    """
    from deskline.actions import webhooks as act

    _written(settings_of(data, config), account, lambda tx: act.delete(tx, webhook_id))
    typer.echo(f"Webhook {webhook_id} is deleted.")


@webhooks.command("rotate")
def rotate(
    webhook_id: WebhookArgument,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a webhook a new secret, and show it; for 24 hours messages are signed with the former one too. One of v2 gets a new token.

    \b
    Example:
      deskline webhook rotate --data ./data 4f1c9a0be2d84e7da4a1d7c05b3f9e62
    """
    from deskline.actions import webhooks as act

    _say(_written(settings_of(data, config), account, lambda tx: act.rotate_secret(tx, webhook_id)), as_json=as_json)


@webhooks.command("log")
def show_log(
    webhook_id: WebhookArgument,
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="Only what stands like this: waiting, delivered or failed.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="How many at most.")] = 50,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what a webhook was told, the newest events first: how often it was tried, and how that ended.

    \b
    Example:
      deskline webhook log --data ./data 4f1c9a0be2d84e7da4a1d7c05b3f9e62 --state failed
    """
    from deskline.domain.webhooks import STATES

    if state and state not in STATES:
        raise InvalidError(f"state: {state!r} is not accepted; accepted: {', '.join(STATES)}")
    webhook, found = asyncio.run(_log(settings_of(data, config), account, webhook_id, state, limit))
    lines = [_line(webhook, logged) for logged in found]
    if as_json:
        show_json(lines)
    else:
        show_table(LOG_HEADS, [["" if line[head] is None else str(line[head]) for head in LOG_HEADS] for line in lines])


@webhooks.command("replay")
def replay(
    webhook_id: WebhookArgument,
    message: Annotated[
        str | None, typer.Argument(metavar="[MESSAGE]", help="The message's id, as deskline webhook log shows it.", show_default=False)
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that were given up and are in the log still.")] = False,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Have a message sent again, or all that were given up, by a server that runs or the next that starts.

    \b
    Example:
      deskline webhook replay --data ./data 4f1c9a0be2d84e7da4a1d7c05b3f9e62 --failed
    """
    from deskline.actions import webhooks as act

    if failed == (message is not None):
        raise InvalidError("replay: accepted: the id of a message, or --failed")

    async def again(tx: "Writer") -> int:
        if message is None:
            return await act.replay_failed(tx, webhook_id)
        await act.replay(tx, webhook_id, message)
        return 1

    count = _written(settings_of(data, config), account, again)
    typer.echo(f"{count} to be sent again. See: deskline webhook log {webhook_id}")


def _written(settings: "Settings", wanted: str | None, work: "Callable[[Writer], Awaitable[Value]]") -> Value:
    """Do some work in a transaction of the account that is wanted."""

    async def write() -> Value:
        from deskline.cli.desks import get_account, opened

        async with opened(settings) as database:
            account = await get_account(database, wanted)
            async with database.write(account.id) as tx:
                return await work(tx)

    return asyncio.run(write())


def _switch(settings: "Settings", wanted: str | None, webhook_id: str, *, on: bool) -> None:
    from deskline.actions import webhooks as act

    _written(settings, wanted, lambda tx: act.change(tx, webhook_id, act.WebhookChanges(enabled=on)))


async def _list(settings: "Settings", wanted: str | None) -> "list[Webhook]":
    from deskline.cli.desks import get_account, opened
    from deskline.storage import webhooks as stored

    async with opened(settings) as database, database.read((await get_account(database, wanted)).id) as tx:
        return await stored.list_all(tx)


async def _log(settings: "Settings", wanted: str | None, webhook_id: str, state: str, limit: int) -> "tuple[Webhook, list[Logged]]":
    from deskline.actions import webhooks as act
    from deskline.cli.desks import get_account, opened
    from deskline.storage import webhooks as stored

    async with opened(settings) as database, database.read((await get_account(database, wanted)).id, snapshot=True) as tx:
        webhook = await act.get(tx, webhook_id)
        return webhook, await stored.list_log(tx, webhook.id, state, None, limit)


def _say(webhook: "Webhook", *, as_json: bool) -> None:
    """Show a webhook with what its messages are verified with."""
    verified_with = {"secret": webhook.secret} if webhook.payload == "standard" else {"token": webhook.token}
    if as_json:
        show_json(_shown(webhook) | verified_with)
        return
    typer.echo(f"Webhook: {webhook.id}")
    for name, value in verified_with.items():
        typer.echo(f"{name.capitalize() + ':':<8} {value}")


def _shown(webhook: "Webhook") -> dict[str, object]:
    return {
        "id": webhook.id,
        "event_type": webhook.event_type,
        "payload": webhook.payload,
        "url": webhook.url,
        "state": "on" if webhook.disabled_at is None else "off",
        "failures": webhook.failures,
        "reason": webhook.disabled_reason,
        "created_at": instant(webhook.created_at),
    }


def _line(webhook: "Webhook", logged: "Logged") -> dict[str, object]:
    from deskline.domain.webhooks import message_id
    from deskline.storage.webhooks import number_of

    delivery = logged.delivery
    return {
        "id": message_id(webhook.id, number_of(delivery.event_key)),
        "event_type": delivery.event_type,
        "ticket": logged.ticket_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "failure": delivery.failure or None,
        "last_at": instant(delivery.last_at),
        "next_at": instant(delivery.next_at),
    }
