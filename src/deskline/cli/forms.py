"""Commands for the public ticket form."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import show_json
from deskline.errors import InvalidError

if TYPE_CHECKING:
    from deskline.config import Settings
    from deskline.domain.ticket_forms import TicketForm

form = typer.Typer(
    help="Show and set from which pages visitors may send tickets without signing in.",
    callback=lambda: None,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)


@form.command("show")
def show(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show whether an account takes the ticket form, and from where.

    \b
    Example:
      deskline form show --data ./data
    """
    account_id, found = asyncio.run(_find(settings_of(data, config), account))
    if as_json:
        show_json(_shown(account_id, found))
    elif found is None:
        typer.echo(f"Account {account_id} takes no ticket form. See: deskline form set --help")
    else:
        typer.echo(f"Account {account_id} (licence_id {account_id}) takes {found.per_minute:,} tickets a minute by the form, sent from:")
        for origin in found.origins:
            typer.echo(f"  {'any page' if origin == '*' else origin}")
        if found.without_origin:
            typer.echo("  programs that name no origin")


@form.command("set")
def set_form(
    origin: Annotated[
        list[str] | None,
        typer.Option("--origin", metavar="ORIGIN", help="Whose pages may: https://www.example.com, or * for all; can be repeated."),
    ] = None,
    without_origin: Annotated[bool, typer.Option("--without-origin", help="Let programs send it that name no origin, too.")] = False,
    per_minute: Annotated[
        int | None,
        typer.Option("--per-minute", metavar="NUMBER", help="How many tickets a minute each process takes.", show_default=False),
    ] = None,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Switch the ticket form on, in the place of how it was set before. A server that runs follows at once.

    \b
    Example:
      deskline form set --data ./data --origin https://www.example.com --origin https://shop.example.com
    """
    account_id = asyncio.run(_set(settings_of(data, config), account, _read(origin or [], per_minute, without_origin=without_origin)))
    typer.echo(f"Account {account_id} takes the ticket form, as licence_id {account_id}. See: deskline form show")


@form.command("off")
def off(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None) -> None:
    """Switch the ticket form off.

    \b
    Example:
      deskline form off --data ./data
    """
    account_id, was_on = asyncio.run(_remove(settings_of(data, config), account))
    typer.echo(f"Account {account_id} takes no ticket form any more." if was_on else f"Account {account_id} took no ticket form.")


def _read(origins: list[str], per_minute: int | None, *, without_origin: bool) -> "TicketForm":
    """Read a form as the options say it. Raises InvalidError with every problem."""
    from deskline.domain.hours_texts import Problem
    from deskline.domain.ticket_forms import DEFAULT_PER_MINUTE, MOST_PER_MINUTE, TicketForm, read_origins

    found, problems = read_origins(origins)
    number = DEFAULT_PER_MINUTE if per_minute is None else per_minute
    if not 1 <= number <= MOST_PER_MINUTE:
        problems.append(Problem("per_minute", f"{number} is not accepted", f"a whole number from 1 to {MOST_PER_MINUTE}"))
    if problems:
        raise InvalidError([str(problem) for problem in problems])
    return TicketForm(origins=found, without_origin=without_origin, per_minute=number)


def _shown(account_id: int, found: "TicketForm | None") -> dict[str, Any]:
    import msgspec

    return {"account": account_id, "enabled": found is not None, **(msgspec.to_builtins(found) if found else {})}


async def _find(settings: "Settings", wanted: str | None) -> "tuple[int, TicketForm | None]":
    from deskline.cli.desks import get_account, opened
    from deskline.storage import ticket_forms

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.read(account.id) as tx:
            return account.id, await ticket_forms.find(tx)


async def _set(settings: "Settings", wanted: str | None, read: "TicketForm") -> int:
    from deskline.cli.desks import get_account, opened
    from deskline.storage import ticket_forms

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            await ticket_forms.save(tx, read)
        return account.id


async def _remove(settings: "Settings", wanted: str | None) -> tuple[int, bool]:
    from deskline.cli.desks import get_account, opened
    from deskline.storage import ticket_forms

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            return account.id, await ticket_forms.delete(tx)
