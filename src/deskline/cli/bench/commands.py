"""The command `bench`. What is asked for is in `mixes`, how it goes in `rounds`, where in `places`, what comes of it in `capacities`."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from deskline.cli.endings import Ending
from deskline.cli.options import JsonOption
from deskline.cli.terminal import show_json
from deskline.errors import SettingsError

MOST_TICKETS: Final = 10_000_000
MOST_CONNECTIONS: Final = 512
MOST_SECONDS: Final = 3_600
LEAST_SECONDS: Final = 2
LEAST_TICKETS: Final = 100


def bench(
    tickets: Annotated[
        int, typer.Option("--tickets", metavar="NUMBER", min=LEAST_TICKETS, max=MOST_TICKETS, help="How many tickets the account has.")
    ] = 100_000,
    seconds: Annotated[
        int,
        typer.Option("--seconds", metavar="NUMBER", min=LEAST_SECONDS, max=MOST_SECONDS, help="For how long requests are sent, in all."),
    ] = 30,
    connections: Annotated[
        int, typer.Option("--connections", metavar="NUMBER", min=1, max=MOST_CONNECTIONS, help="How many clients ask at a time.")
    ] = 16,
    seed: Annotated[int, typer.Option("--seed", metavar="NUMBER", min=0, help="Another seed: other tickets and requests.")] = 1,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="DIR", help="Where the temporary folder is made: on the disk to be measured. [default: the system's place]"
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="URL", help="A PostgreSQL database that holds nothing; without it, a file is measured."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure what this machine carries: fill an account with invented tickets, serve it, send a mix of requests, count.

    Nothing that is there is touched: all happens in a new folder, or in a schema of its own in an empty database, on an address
    of this machine only. At the end, after Ctrl+C too, folder, schema and server are gone. Linux only. Settings are the defaults.

    Of 100 requests 40 read one ticket, 16 list by one filter, 10 by two, 8 search, 5 are reports over 30 days, 1 over three years,
    8 are new tickets and 12 replies. First each kind is sent alone, for half of the time. Requests come from this machine
    too, which costs it something: it carries more than is said. Answers are looked at; ends with 3 where one was wrong.

    \b
    Examples:
      deskline bench
      deskline bench --tickets 1000000 --seconds 120 --connections 64 --folder /var/tmp
      deskline bench --database postgresql://deskline@db.example.com/empty --json
    """
    from deskline.cli.bench.places import a_place
    from deskline.cli.bench.processes import ended_by_signals
    from deskline.cli.bench.rounds import Order, measure

    if not sys.platform.startswith("linux"):
        raise SettingsError("deskline bench needs Linux, which says how much CPU and memory a program uses.")
    _check(folder, database)
    is_terminal = sys.stderr.isatty()

    def tell(text: str) -> None:
        if is_terminal:
            typer.echo(text, err=True)

    try:
        with ended_by_signals(), a_place(folder, database, tickets) as place:
            found = measure(place, Order(tickets, seconds, connections, seed), tell, shows_progress=is_terminal)
    except KeyboardInterrupt:
        typer.echo("Interrupted: what was made is removed, what was started has ended.", err=True)
        raise
    if as_json:
        import msgspec

        show_json(msgspec.structs.asdict(found) | {"agents": found.agents})
    else:
        typer.echo(found.show())
    if found.wrong:
        raise typer.Exit(Ending.FINDINGS)


def _check(folder: Path | None, database: str | None) -> None:
    from deskline.config import show
    from deskline.storage.postgres_address import AddressError, read_address

    if folder is not None and not folder.is_dir():
        raise SettingsError(f"--folder: there is no folder {folder}.")
    if database is not None:
        try:
            read_address(database)
        except AddressError as error:
            raise SettingsError(f"--database: {show(database)!r} is not accepted: {error}.") from None
