"""Commands that look after the data: check, backup, restore. The work is done in `actions.checks` and `storage.backups`."""

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskline.cli.endings import Ending
from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import progress, show_json
from deskline.errors import SettingsError

if TYPE_CHECKING:
    from deskline.actions.checks import Findings
    from deskline.config import Settings
    from deskline.domain.people import Account
    from deskline.storage.database import Database

    Checked = tuple[Account, Findings, dict[str, int] | None]

ForceOption = Annotated[bool, typer.Option("--force", help="Do it although there is one already.")]
BUDGET_SECONDS = 86_400.0  # a check takes as long as it takes


RepairOption = Annotated[bool, typer.Option("--repair", help="First write anew what differs, while no other write of the account goes on.")]


def check(
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    repair: RepairOption = False,
    as_json: JsonOption = False,
) -> None:
    """Prove that everything stored follows from the timelines, and that the file is sound. A server may run meanwhile.

    Ends with 3 where something differs; the first 100 differences of each account are listed. With --repair, what is derived is put right
    first (roll-ups, facts, groups, tags, tickets as lists and answers have them, words to search), and said; timelines are never changed.

    \b
    Examples:
      deskline check --data ./data
      deskline check --data ./data --repair
    """
    damages, found = asyncio.run(_check(settings_of(data, config), account, repair=repair))
    if as_json:
        show_json({"damages": damages, "accounts": [_shown(*checked) for checked in found]})
    else:
        _say(damages, found)
    if damages or any(findings.differences for _, findings, _ in found):
        raise typer.Exit(Ending.FINDINGS)


async def _check(settings: "Settings", wanted: str | None, *, repair: bool) -> "tuple[list[str], list[Checked]]":
    import msgspec

    from deskline.actions import checks
    from deskline.cli.desks import get_account, list_accounts, opened
    from deskline.storage.database import SERVER

    async with opened(msgspec.structs.replace(settings, query_seconds=BUDGET_SECONDS)) as database:
        accounts = await list_accounts(database) if wanted is None else [await get_account(database, wanted)]
        async with database.analyse(SERVER) as server:
            damages = await checks.check_server(server)
        found: list[Checked] = []
        for account in accounts:
            repaired = await _repair(database, account) if repair else None
            with progress(f"Checking account {account.id}") as tell:
                async with database.analyse(account.id) as tx:
                    found.append((account, await checks.check_account(tx, database.show, tell), repaired))
    return damages, found


async def _repair(database: "Database", account: "Account") -> dict[str, int]:
    """Put right what differs in an account; answers how many rows, by what they are."""
    from deskline.actions import checks
    from deskline.actions.repairs import Repairs

    with progress(f"Repairing account {account.id}") as tell:
        async with database.write(account.id) as tx:
            repairs = Repairs(tx)
            await checks.check_account(tx, database.show, tell, repairs)
    return dict(repairs.done)


def _say(damages: list[str], found: "list[Checked]") -> None:
    for damage in damages:
        typer.echo(f"The database file: {damage}")
    for account, findings, repaired in found:
        if repaired is not None:
            what = ", ".join(f"{count:,} of {noun}" for noun, count in repaired.items())
            typer.echo(f"Account {account.id} ({account.name}): {'written anew: ' + what if what else 'there was nothing to write anew'}.")
        verdict = f"{findings.differences:,} differences" if findings.differences else "everything follows from the timelines"
        typer.echo(f"Account {account.id} ({account.name}): {findings.tickets:,} tickets, {findings.events:,} events: {verdict}.")
        for one in findings.first:
            place = f"ticket {one.ticket}, {one.field}" if one.ticket else one.field
            typer.echo(f"  {place}: stored is {one.stored}; expected is {one.expected}")
        if findings.differences > len(findings.first):
            typer.echo(f"  … and {findings.differences - len(findings.first):,} more")


def _shown(account: "Account", findings: "Findings", repaired: dict[str, int] | None) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "tickets": findings.tickets,
        "events": findings.events,
        "differences": findings.differences,
        "first": findings.first,
    } | ({} if repaired is None else {"repaired": repaired})


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    data: DataOption = None,
    config: ConfigOption = None,
    force: ForceOption = False,
) -> None:
    """Copy the database into one file while it is used. The copy is proved sound and on the disk before it gets its name.

    It holds the tickets and the hashes of the keys; keep it as safe as the data folder.

    \b
    Example:
      deskline backup --data ./data backups/monday.db
    """
    from deskline.storage import backups, schema

    settings = _of_a_file(settings_of(data, config))
    schema.check(settings.database_path)
    with progress("Copying") as tell:
        backups.back_up(settings.database_path, file, replace=force, progress=tell)
    typer.echo(f"{file} is a sound copy of {settings.database_path}, {file.stat().st_size:,} bytes.")
    if settings.attachments_path.is_dir() and not settings.s3_bucket:
        typer.echo(f"The files beside messages are no part of it; copy their folder too, now or later: {settings.attachments_path}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    data: DataOption = None,
    config: ConfigOption = None,
    force: ForceOption = False,
) -> None:
    """Put a backup in the database's place, after it was proved sound. The server must not run.

    With --force the database that is there already is kept beside it, under another name.

    \b
    Example:
      deskline restore --data ./data backups/monday.db
    """
    from deskline.storage import backups, schema
    from deskline.storage.upgrades import NEWEST

    settings = _of_a_file(settings_of(data, config))
    with progress("Copying") as tell:
        aside = backups.restore(file, settings.database_path, replace=force, progress=tell)
    typer.echo(f"{settings.database_path} is a sound copy of {file}.")
    if aside is not None:
        typer.echo(f"What was there before is {aside}.")
    if (version := schema.find_version(settings.database_path)) < NEWEST:
        typer.echo(f"It has schema {version}. Next: deskline upgrade --data {shlex.quote(str(settings.data))}")


def _of_a_file(settings: "Settings") -> "Settings":
    """Refuse what can be done to a database file only. Raises SettingsError."""
    if settings.database is not None:
        raise SettingsError(f"This is for the database file of a data folder; for {settings.place} there are pg_dump and pg_restore.")
    return settings
