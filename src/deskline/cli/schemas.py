"""The command that makes the tables, and spreads them over a cluster. The work is done in `storage.postgres_clusters` and `app`."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deskline.cli.options import ConfigOption, DatabaseOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import show_json, warn
from deskline.errors import SettingsError

if TYPE_CHECKING:
    from deskline.config import Settings
    from deskline.storage.postgres_clusters import Spread

CitusOption = Annotated[bool, typer.Option("--citus", help="Spread the tables over the machines that this Citus coordinator knows.")]
PrintOption = Annotated[bool, typer.Option("--print", help="Print the SQL and touch nothing.")]


def schema(
    citus: CitusOption = False,
    prints: PrintOption = False,
    database: DatabaseOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the tables where there are none, without an account; with --citus, spread them over a cluster.

    Tables that are there, or spread, are left as they are, so the command can be repeated, and goes on where it was stopped. Let no
    server run on the database meanwhile. `deskline init` does the same on a database that has the extension.

    \b
    Examples:
      deskline schema --citus --database postgresql://deskline@coordinator/deskline
      deskline schema --print --citus
    """
    settings = settings_of(data, config, database)
    if prints:
        typer.echo(_texts(is_postgres=citus or settings.database is not None, citus=citus), nl=False)
        return
    if citus and settings.database is None:
        raise SettingsError("--citus is for a PostgreSQL database; name it with --database or DESKLINE_DATABASE_URL.")
    spread = asyncio.run(_make(settings, citus=citus))
    if spread is None:
        typer.echo(f"The tables are in {settings.place}.")
    elif as_json:
        tables = [{"name": name, "place": place, "is_new": is_new} for name, place, is_new in spread.tables]
        show_json({"machines": spread.machines, "tables": tables})
    else:
        _say(spread)


def _texts(*, is_postgres: bool, citus: bool) -> str:
    """Put together what is run on an empty database."""
    from deskline.storage import postgres_clusters
    from deskline.storage.queries import script

    if not is_postgres:
        return script("schema.sqlite.sql")
    from deskline.storage.postgres_schema import script_of_all

    spreading = "".join(f"{statement};\n" for statement in postgres_clusters.statements()) if citus else ""
    return script_of_all() + (f"\n-- On a Citus coordinator.\n{spreading}" if spreading else "")


async def _make(settings: "Settings", *, citus: bool) -> "Spread | None":
    from deskline.app import make_database
    from deskline.storage import postgres_clusters

    spread = await make_database(settings)
    if citus and spread is None and settings.database is not None:
        spread = await postgres_clusters.make_cluster(settings.database)
    return spread


def _say(spread: "Spread") -> None:
    for name, place, is_new in spread.tables:
        typer.echo(f"{name}: {place}{'' if is_new else ', as it was'}")
    if spread.machines < 2:
        warn(
            "all rows are on one machine. Name the others with: SELECT citus_add_node('…', 5432); "
            "then: SELECT citus_rebalance_start(); both are run on the coordinator."
        )
    else:
        typer.echo(f"Rows are kept on {spread.machines} machines, each account on one of them.")
