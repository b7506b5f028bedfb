"""The commands that make believable tickets: `demo` and `generate`. What the tickets are is decided in the domain."""

import os
import time
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace

from deskline import app
from deskline.actions.samples import fill, settle
from deskline.cli import demos
from deskline.cli.desks import get_account, opened
from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, help_of, settings_of
from deskline.cli.terminal import progress, show_json, warn
from deskline.config import Settings, load
from deskline.domain.samples import COMPANY
from deskline.errors import ConflictError, InvalidError
from deskline.web.v2.wire import show_ticket

YEARS = range(1972, 2101)  # of the days that are accepted; the first two are room for the two years before


_MOST_DIGITS = 18


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year not in YEARS:
        raise typer.BadParameter(f"{text!r} is not accepted; accepted: a day such as 2026-06-30, from {YEARS[0]} to {YEARS[-1]}")
    return day


def _day_option(name: str, meaning: str) -> Any:
    return typer.Option(name, metavar="DAY", parser=_day, show_default=False, help=meaning)


def _count(text: str) -> int:
    return _whole(text, at_least=1)


def _seed(text: str) -> int:
    return _whole(text, at_least=0)


def _whole(text: str, at_least: int) -> int:
    if not (str(text).isascii() and str(text).isdecimal() and len(str(text)) <= _MOST_DIGITS) or int(text) < at_least:
        raise typer.BadParameter(f"{text!r} is not accepted; accepted: a whole number from {at_least}")
    return int(text)


DemoDataOption = Annotated[Path, typer.Option("--data", metavar="DIR", help="The folder that the demo is made in, or found again.")]
PortOption = Annotated[int | None, typer.Option("--port", metavar="NUMBER", help=help_of("port"), show_default=False)]
UntilOption = Annotated[date | None, _day_option("--until", f"The last day of its two years. [default: {demos.LAST_DAY}]")]
FromOption = Annotated[date | None, _day_option("--from", "The first day. [default: two years before the last]")]
ToOption = Annotated[date | None, _day_option("--to", f"The last day. [default: {demos.LAST_DAY}]")]
ServeOption = Annotated[bool, typer.Option("--serve/--no-serve", help="Serve it, or only make it.")]
CountOption = Annotated[int, typer.Option("--count", metavar="NUMBER", parser=_count, help="How many tickets.", show_default=False)]
SeedOption = Annotated[int, typer.Option("--seed", metavar="NUMBER", parser=_seed, help="Another seed gives other tickets.")]


def demo(
    data: DemoDataOption = Path("demo-data"),
    port: PortOption = None,
    until: UntilOption = None,
    serves: ServeOption = True,
    as_json: JsonOption = False,
) -> None:
    """Serve an account full of believable tickets: 5 agents, 4 groups, 2,000 tickets of two years.

    It is made once and found again at the next start. The tickets are the same on every machine and on every day; the key is not.

    \b
    Examples:
      deskline demo
      deskline demo --port 9000 --data ./another-demo
      deskline demo --until 2026-12-31 --data ./later-demo
      deskline demo --no-serve --json
    """
    import uvloop

    from deskline.cli.logs import set_up

    settings = load({"data": data, "port": port}, os.environ)
    if settings.database is not None:
        warn(f"the demo is made in {data}, which can be removed as a whole, and not in {settings.place}; that stays as it is.")
    settings = replace(settings, database=None)
    set_up(settings.log_format, settings.log_level)
    found = _find_or_make(settings, until)

    def announce(url: str) -> None:
        _introduce(found, url, settings, is_served=serves, as_json=as_json)

    if not serves:
        return announce(_future_url(settings))
    raise typer.Exit(uvloop.run(app.serve(settings, announce)))


def _find_or_make(settings: Settings, until: date | None) -> demos.Demo:
    import uvloop

    found = demos.find(settings)
    if found is None:
        with progress("Making tickets") as told:
            return uvloop.run(demos.make(settings, until or demos.LAST_DAY, told))
    if until not in {None, found.last_day}:
        raise ConflictError(f"The demo in {settings.data} ends on {found.last_day}; choose another folder for another one with --data.")
    return found


def _introduce(demo: demos.Demo, url: str, settings: Settings, *, is_served: bool, as_json: bool) -> None:
    curls = demo.curls(url, is_self_signed=settings.tls == "self-signed")
    if as_json:
        # One line, so that whoever reads knows when it is whole.
        typer.echo(msgspec.json.encode(msgspec.structs.asdict(demo) | {"url": url, "data": str(settings.data), "curl": curls}))
        return
    lines = [
        f"{demo.account}: {demo.tickets:,} tickets from {demo.first_day} to {demo.last_day}.",
        "",
        f"  URL    {url}",
        f"  login  {demo.login}",
        f"  key    {demo.key}",
        "",
        f"A list, a ticket, a report; {'paste these lines into another terminal' if is_served else 'for when it is served'}:",
        "",
        *(f"  {curl}" for curl in curls),
        "",
        f"{'Ctrl+C stops it. ' if is_served else ''}The data is in {settings.data}; remove that folder to begin anew.",
    ]
    typer.echo("\n".join(lines))


def _future_url(settings: Settings) -> str:
    """Say where the demo will be served with these settings."""
    scheme = "http" if settings.tls in {"auto", "none"} else "https"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{scheme}://{host}:{settings.port}"


def generate(
    count: CountOption,
    data: DataOption = None,
    config: ConfigOption = None,
    account: AccountOption = None,
    seed: SeedOption = 1,
    first: FromOption = None,
    last: ToOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make any number of believable tickets in an account that there is, for trials and measurements.

    Five invented agents answer them; they are added without a right to sign in. Days are those of the account's time zone. Ids that the
    account has already are passed over, so the command can be repeated.

    \b
    Examples:
      deskline generate --data ./data --count 10000
      deskline generate --data ./data --count 1000000 --from 2023-07-01 --to 2026-06-30 --seed 7
      deskline generate --data ./data --account "My Company" --count 500 --json
    """
    import uvloop

    last = last or demos.LAST_DAY
    first = first or demos.years_before(last, demos.YEARS)
    if first > last:
        raise InvalidError(f"--from: {first} is later than --to, {last}; accepted: a day up to that one")
    show_summary(uvloop.run(_generate(settings_of(data, config), account, (first, last), count=count, seed=seed)), as_json=as_json)


class Summary(msgspec.Struct, frozen=True):
    """What was made, and how fast."""

    account: str
    tickets: int
    first_day: date
    last_day: date
    seconds: float
    tickets_per_second: int


async def _generate(settings: Settings, wanted: str | None, days: tuple[date, date], *, count: int, seed: int) -> Summary:
    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            company = await settle(tx, msgspec.structs.replace(COMPANY, zone=account.zone), sign_in=False)
        order = demos.an_order(company, days[1], first_day=days[0], count=count, seed=seed)
        started = time.perf_counter()
        with progress("Making tickets") as told:
            await fill(database, account.id, order, show_ticket, told)
        seconds = time.perf_counter() - started
    return Summary(account.name, count, *days, round(seconds, 3), round(count / seconds))


def show_summary(summary: Summary, *, as_json: bool) -> None:
    """Tell what was made."""
    if as_json:
        show_json(summary)
        return
    days = f"from {summary.first_day} to {summary.last_day}"
    speed = f"{summary.seconds:,.1f} s, {summary.tickets_per_second:,} tickets/s"
    typer.echo(f"{summary.account} has {summary.tickets:,} more tickets {days} ({speed}).")
