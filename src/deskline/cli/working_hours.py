"""Commands for working hours and holidays. How they are written is in `domain.hours_texts`."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import show_json
from deskline.errors import InvalidError

if TYPE_CHECKING:
    from deskline.config import Settings
    from deskline.domain.working_hours import WorkingHours
    from deskline.storage.working_hours import Hours

hours = typer.Typer(
    help="Show and set working hours and holidays, which reports under the definition business count.",
    callback=lambda: None,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)
GroupOption = Annotated[
    int | None, typer.Option("--group", metavar="ID", min=0, help="Of this group; without it, of the account.", show_default=False)
]


@hours.command("show")
def show(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the hours of an account and of its groups.

    \b
    Example:
      deskline hours show --data ./data
    """
    found = asyncio.run(_find(settings_of(data, config), account))
    shown = _shown(found)
    if as_json:
        show_json(shown)
        return
    if not shown:
        typer.echo("No working hours are set: every hour counts.")
    for each in shown:
        typer.echo("The account:" if each["group"] is None else f"Group {each['group']}:")
        typer.echo(f"  timezone   {each['timezone']}")
        for name, times in each["days"].items():
            typer.echo(f"  {name:<10} {', '.join(times) or '-'}")
        for number, holiday in enumerate(each["holidays"]):
            typer.echo(f"  {'' if number else 'holidays':<10} {holiday}")
    if not found.is_counted:
        typer.echo("They were changed; roll-ups follow while a server runs (deskline jobs list). Reports are right at any time.")


@hours.command("set")
def set_hours(
    day: Annotated[
        list[str], typer.Option("--day", metavar="DAYS=TIMES", help="When work is done, as in monday-friday=09:00-17:00; can be repeated.")
    ],
    holiday: Annotated[
        list[str] | None,
        typer.Option(
            "--holiday",
            metavar="DATE",
            help="A day without work, or with other times: '2026-12-24 09:00-12:00'; can be repeated.",
            show_default=False,
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Whose clocks; the account's by default.", show_default=False)
    ] = None,
    group: GroupOption = None,
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Set hours, in the place of all that were set before. Reports of the past follow at once.

    Days that are not named are not worked. Several times are parted by commas; a night is two, 22:00-24:00 and 00:00-06:00 of the next day.

    \b
    Examples:
      deskline hours set --data ./data --day monday-friday=09:00-17:00 --holiday 2026-12-25
      deskline hours set --data ./data --group 2 --timezone Asia/Tokyo \\
          --day monday-thursday=09:00-12:00,13:00-18:00 --day friday=09:00-15:00
    """
    where = asyncio.run(_set(settings_of(data, config), account, group, timezone, day, holiday or []))
    typer.echo(f"The working hours of {where} are set. See: deskline hours show")


@hours.command("clear")
def clear(group: GroupOption = None, account: AccountOption = None, data: DataOption = None, config: ConfigOption = None) -> None:
    """Clear the hours of a group, which then works when the account does, or of the account.

    \b
    Example:
      deskline hours clear --data ./data --group 2
    """
    had_some, where = asyncio.run(_clear(settings_of(data, config), account, group))
    typer.echo(f"The working hours of {where} are cleared." if had_some else f"There were no working hours of {where}.")


def _shown(found: "Hours") -> list[dict[str, Any]]:
    from deskline.domain.hours_texts import spell
    from deskline.domain.working_hours import ACCOUNT_ITSELF

    by_group = found.calendars.by_group
    return [{"group": None if group == ACCOUNT_ITSELF else group, **spell(by_group[group])} for group in sorted(by_group)]


async def _find(settings: "Settings", wanted: str | None) -> "Hours":
    from deskline.cli.desks import get_account, opened
    from deskline.storage import working_hours

    async with opened(settings) as database, database.read((await get_account(database, wanted)).id, snapshot=True) as tx:
        return await working_hours.find(tx)


async def _set(settings: "Settings", wanted: str | None, group: int | None, zone: str | None, days: list[str], holidays: list[str]) -> str:
    from deskline.actions import working_hours as act
    from deskline.actions.accounts import checked_zone
    from deskline.cli.desks import get_account, opened
    from deskline.domain.working_hours import ACCOUNT_ITSELF

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        read = _read(account.zone if zone is None else checked_zone(zone), days, holidays)
        async with database.write(account.id) as tx:
            await act.set_hours(tx, ACCOUNT_ITSELF if group is None else group, read)
    return _named(account.id, group)


async def _clear(settings: "Settings", wanted: str | None, group: int | None) -> tuple[bool, str]:
    from deskline.actions import working_hours as act
    from deskline.cli.desks import get_account, opened
    from deskline.domain.working_hours import ACCOUNT_ITSELF

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            return await act.clear_hours(tx, ACCOUNT_ITSELF if group is None else group), _named(account.id, group)


def _named(account_id: int, group: int | None) -> str:
    return f"account {account_id}" if group is None else f"group {group} of account {account_id}"


def _read(zone: str, days: list[str], holidays: list[str]) -> "WorkingHours":
    """Read hours as the options say them. Raises InvalidError with every problem."""
    from deskline.domain.hours_texts import parse

    read, problems = parse(zone, _by_name(days), holidays)
    if problems:
        raise InvalidError([str(problem) for problem in problems])
    return read


def _by_name(days: list[str]) -> dict[str, list[str]]:
    """Spread `monday-friday=…` over the weekdays that it names."""
    from deskline.domain.calendar import WEEKDAYS

    found: dict[str, list[str]] = {}
    for text in days:
        named, equals, times = text.partition("=")
        first, _, last = named.strip().lower().partition("-")
        if not equals:
            raise InvalidError(f"days: {json.dumps(text)} says no times; accepted: weekdays and times such as monday-friday=09:00-17:00")
        if last and (first not in WEEKDAYS or last not in WEEKDAYS or WEEKDAYS.index(first) > WEEKDAYS.index(last)):
            raise InvalidError(f"days: {json.dumps(named)} are no weekdays in their order; accepted: such as monday-friday")
        for name in WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1] if last else [first]:
            found.setdefault(name, []).append(times)
    return found
