"""The account of the demo: made once in a data folder, found again at the next start. The command itself is in `samples`."""

from calendar import isleap
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from shutil import rmtree
from zoneinfo import ZoneInfo

import msgspec

from deskline.actions import accounts, samples
from deskline.config import DATABASE, Settings
from deskline.domain.calendar import day_end, day_start, local_day
from deskline.domain.sample_lives import Company
from deskline.domain.samples import COMPANY, Samples, sample_tickets
from deskline.errors import ConflictError
from deskline.storage import locks, schema
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket

LAST_DAY = date(2026, 6, 30)  # fixed, so that the same command gives the same tickets on any day
YEARS = 2
TICKETS = 2_000
SEED = 1
ACCOUNT = "Larkfield Cycles"
# The demo's own note in its data folder. It holds the key in the open: everything that the key opens is made up.
FILE = "demo.json"
MAKING = "demo.making"  # the folder inside the data folder in which the database comes to be


class Demo(msgspec.Struct, frozen=True):
    """What somebody needs to know to look around. `ticket` is the id of one with a full life, the days are those of its tickets."""

    account: str
    tickets: int
    first_day: date
    last_day: date
    login: str
    key: str
    ticket: str

    def curls(self, url: str, *, is_self_signed: bool = False) -> list[str]:
        """Write command lines that ask for a list, a ticket and a report."""
        curl = f"curl {'--insecure ' if is_self_signed else ''}-u {self.login}:{self.key} -H X-API-Version:2"
        half_a_year = f"date_from={self.last_day - timedelta(days=180)}&date_to={self.last_day}&group_by=month"
        targets = ("/tickets?status=open&tag=delivery", f"/tickets/{self.ticket}", f"/reports/tickets/first_response_time?{half_a_year}")
        return [f'{curl} "{url}{target}"' for target in targets]


def find(settings: Settings) -> Demo | None:
    """Find the demo of the data folder. Raises ConflictError where somebody else's data is in it."""
    if not settings.database_path.exists():
        return None
    file = settings.data / FILE
    if not file.is_file():
        raise ConflictError(f"The database in {settings.data} is none of a demo and stays as it is; choose another folder with --data.")
    return msgspec.json.decode(file.read_bytes(), type=Demo)


async def make(settings: Settings, last_day: date, progress: Callable[[int, int], None]) -> Demo:
    """Make the demo in the data folder, whole or not at all. Raises DatabaseBusyError where somebody else is at it."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locks.hold(settings.data):
        making = settings.data / MAKING
        if making.exists():
            rmtree(making)  # an earlier start was stopped half-way
        demo = await _make_in(making, an_order(COMPANY, last_day), progress)
        _write_note(settings.data / FILE, demo)
        (making / DATABASE).rename(settings.database_path)
        making.rmdir()
    return demo


def an_order(company: Company, last_day: date, *, first_day: date | None = None, count: int = TICKETS, seed: int = SEED) -> Samples:
    """Order tickets of a range of days in the company's zone, by default the years that end with the last day."""
    zone = ZoneInfo(company.zone)
    first_day = first_day or years_before(last_day, YEARS)
    return Samples(seed, count, day_start(first_day, zone), day_end(last_day, zone), company)


def years_before(last_day: date, years: int) -> date:
    """Find the first day of the years that end with a day."""
    year = last_day.year - years
    is_gone = (last_day.month, last_day.day) == (2, 29) and not isleap(year)
    return (date(year, 2, 28) if is_gone else last_day.replace(year=year)) + timedelta(days=1)


async def _make_in(folder: Path, order: Samples, progress: Callable[[int, int], None]) -> Demo:
    path = folder / DATABASE
    schema.create(path)
    # The account is as old as its tickets.
    database = SqliteDatabase(path, show=show_ticket, clock=lambda: order.start_at)
    owner = order.company.agents[0]
    try:
        async with database.write(1) as tx:
            await samples.add_groups(tx, order.company)
            key = await accounts.init_account(tx, ACCOUNT, order.company.zone, owner)
            await samples.settle(tx, order.company, sign_in=True)
        await samples.fill(database, 1, order, show_ticket, progress)
    finally:
        await database.close()
    zone = ZoneInfo(order.company.zone)
    days = (local_day(order.start_at, zone), local_day(order.end_at - 1, zone))
    return Demo(ACCOUNT, order.count, *days, login=owner.login, key=key.secret, ticket=_showpiece(order))


def _showpiece(order: Samples) -> str:
    """Choose the last ticket that was rated: its life has everything."""
    return [ticket.id for ticket, _ in sample_tickets(order) if ticket.rating is not None][-1]


def _write_note(file: Path, demo: Demo) -> None:
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(demo), indent=2) + b"\n")
