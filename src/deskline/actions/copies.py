"""Copy a database into an empty one and prove that it is the same. How rows are read and written is in `storage.copies`."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from deskline.actions import checks
from deskline.domain.people import Account
from deskline.storage import copies, people
from deskline.storage.copies import Target
from deskline.storage.database import SERVER, Database

Progress = Callable[[str, int, int], None]  # what is done, how much of it, how much there is


class CopiedAccount(NamedTuple):
    """An account that was copied, and how much is in it."""

    id: int
    name: str
    tickets: int
    events: int


class Copied:
    """What has come of it. With `differences` the copy is not whole; `findings` are what a check finds in it, and so in the source."""

    def __init__(self) -> None:
        self.rows = 0  # that were written, those that were there from an earlier attempt not among them
        self.seconds = 0.0
        self.accounts: list[CopiedAccount] = []
        self.differences: list[str] = []
        self.findings: list[str] = []


async def copy_database(source: Database, target: Target, progress: Progress = lambda what, done, in_all: None) -> Copied:
    """Copy what the target does not have yet, compare all of it, and have it checked. Where nothing differs, the target is finished.

    Raises DataError for what cannot be copied, DatabaseAwayError, StorageFullError; the same again goes on.
    """
    copied = Copied()
    accounts = await _list_accounts(source)
    before = await copies.positions(source, accounts)
    in_all = await _count_rows(source, accounts)
    copied.rows -= await _count_rows(target.database, accounts)
    with _counted("Copying", in_all, progress) as tell:
        started = time.monotonic()
        for account in accounts:
            await copies.copy_account(source, target, account.id, tell)
        copied.seconds = time.monotonic() - started
    copied.rows += await _count_rows(target.database, accounts)
    await target.settle()
    with _counted("Comparing", in_all, progress) as tell:
        for account in accounts:
            copied.differences += await _differences(source, target.database, account.id, tell)
    if not copied.differences:
        await _check(source, target.database, accounts, copied, progress)
    if await _list_accounts(source) != accounts or await copies.positions(source, accounts) != before:
        copied.differences.append("The source was written to meanwhile; stop whatever works on it.")
    if not copied.differences:
        await target.finish()
    return copied


async def _differences(source: Database, copy: Database, account_id: int, tell: Callable[[int], None]) -> list[str]:
    found = await copies.differences(source, copy, account_id, tell)
    rows, there = await copies.count_rows(source, account_id), await copies.count_rows(copy, account_id)
    if rows != there and not found:  # rows that no walk of the keys comes by
        found.append(f"account {account_id}: {rows:,} rows in the source, {there:,} in the copy")
    return found


async def _check(source: Database, copy: Database, accounts: Sequence[Account], copied: Copied, progress: Progress) -> None:
    if await _list_accounts(copy) != accounts:
        copied.differences.append("The copy has other accounts than the source.")
    for name, database in (("source", source), ("copy", copy)):
        async with database.analyse(SERVER) as server:
            copied.findings += [f"the {name}: {damage}" for damage in await checks.check_server(server)]
    for account in accounts:
        async with copy.analyse(account.id) as tx:
            found = await checks.check_account(tx, copy.show, partial(progress, f"Checking account {account.id}"))
        copied.accounts.append(CopiedAccount(account.id, account.name, found.tickets, found.events))
        copied.findings += [f"ticket {one.ticket}, {one.field}: stored is {one.stored}; expected is {one.expected}" for one in found.first]


async def _list_accounts(database: Database) -> list[Account]:
    async with database.read(SERVER) as server:
        return await people.list_accounts(server)


async def _count_rows(database: Database, accounts: Sequence[Account]) -> int:
    return sum([await copies.count_rows(database, account.id) for account in accounts])


@contextmanager
def _counted(what: str, in_all: int, progress: Progress) -> Iterator[Callable[[int], None]]:
    done = 0

    def tell(rows: int) -> None:
        nonlocal done
        done += rows
        progress(what, done, in_all)

    yield tell
