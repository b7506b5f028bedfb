"""pgbench running the statements of new tickets: recorded once from Deskline, made a script of, and run with as many clients.

What each ticket has of its own (its keys, its id) the script works out as Deskline does, by looking at the last ones; everything else is
bound as it was recorded. Nothing goes over HTTP.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest import mock

import asyncpg

from deskline.actions import tickets as actions
from deskline.cli.bench.load import LoadError
from deskline.cli.bench.processes import ProgramError
from deskline.cli.bench.processes import run as run_program
from deskline.domain.events import Person, Requester, Source
from deskline.domain.tickets import NewTicket
from deskline.storage.database import Database
from deskline.storage.postgres import open_postgres
from deskline.web.v2.wire import show_ticket
from tests.clusters import programs

RATE: Final = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
COUNT: Final = re.compile(r"^number of transactions actually processed: ([0-9]+)", re.MULTILINE)
FAILED: Final = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)

MOST_EVENTS: Final = 4  # of a new ticket


class Statement(NamedTuple):
    """A statement as the driver sent it."""

    text: str
    values: tuple[Any, ...]


STATEMENTS: Final = 4  # of one ticket, see `write_script`
RECORDINGS: Final = 3  # seldom another statement comes between, which is not of every ticket


class Script(NamedTuple):
    """What pgbench is told: the file, and the values that it binds."""

    file: Path
    variables: dict[str, str]


async def record(dsn: str, account: int, text: str) -> list[Statement]:
    """Create one ticket and note what reaches the database."""
    noted: list[Statement] = []
    connect = asyncpg.connect

    async def listened(*arguments: Any, **settings: Any) -> Any:
        connection = await connect(*arguments, **settings)
        connection.add_query_logger(lambda query: noted.append(Statement(query.query, tuple(query.args))))
        return connection

    with mock.patch.object(asyncpg, "connect", listened):
        database = await open_postgres(dsn, show=show_ticket)
        await asyncio.gather(create(database, account, text))  # connects
        for _ in range(RECORDINGS):
            noted.clear()
            await create(database, account, text)
            if len(noted) == STATEMENTS:
                break
        await database.close()
    if len(noted) != STATEMENTS:
        raise LoadError(f"a ticket took {len(noted)} statements: {'; '.join(each.text[:80] for each in noted)}")
    return noted


async def create(database: Database, account: int, text: str) -> None:
    """Create a ticket."""
    async with database.write(account) as tx:
        new = NewTicket(
            requester=Requester("client@example.org", "Client"),
            text=text,
            groups=await actions.ticket_groups(tx, (0,), may_make=True),
            source=Source("lc2"),
        )
        await actions.create(tx, new, Person("bench@example.com", "Bench"))


def write_script(statements: Sequence[Statement], accounts: Sequence[int], file: Path) -> Script:
    """Make the script of the recorded statements; each client has an account of its own, or all of them the one."""
    begin, look, add, commit = statements
    (ids,) = re.findall(r'"(\w+)"', look.values[1])
    keys = Keys(account=look.values[0], ticket=_key_of(add, "ticket"), event=_key_of(add, "ticket_event"), id=ids)
    variables: dict[str, str] = {}
    first, step = accounts[0], 1 if len(accounts) > 1 else 0
    lines = [
        f"\\set account {first} + {step} * :client_id",
        "\\set letters random(0, 2147483646)",
        # A statement of its own: the id is text, and pgbench reckons in numbers only.
        # Both in one round trip, as Deskline sends them; prepared statements cannot be sent as one text.
        "\\startpipeline",
        begin.text.replace("; ", ";\n").replace(f"account_id = {keys.account}", "account_id = :account") + ";",
        "\\endpipeline",
        look.text.replace("$1", ":account::bigint").replace("$2", "('[\"' || upper(to_hex(:letters::bigint)) || '\"]')") + "\n\\gset",
        _bound(add, keys, variables) + ";",
        commit.text + ";",
    ]
    file.write_text("\n".join(lines), "utf-8")
    return Script(file, variables)


class Keys(NamedTuple):
    """What the recorded ticket had of its own."""

    account: int
    ticket: int
    event: int
    id: str


def _key_of(add: Statement, table: str) -> int:
    """Find the first value that is added to a table: the key."""
    found = re.search(rf"INSERT INTO {table} .*?unnest\(\$(\d+)", add.text, re.DOTALL)
    assert found is not None
    return int(add.values[int(found[1]) - 1][0])


def _bound(add: Statement, keys: Keys, variables: dict[str, str]) -> str:
    def parameter(found: re.Match[str]) -> str:
        number = int(found[1])
        if number == 1:
            return ":account"
        return _parameter(f"p{number}", add.values[number - 1], keys, variables)

    return re.sub(r"\$(\d+)", parameter, add.text)


def _parameter(name: str, values: Sequence[Any], keys: Keys, variables: dict[str, str]) -> str:
    own = {keys.ticket: "(:ticket_key::bigint + 1)", keys.id: "upper(to_hex(:letters::bigint))"}
    own |= {keys.event + n: f"(:event_key::bigint + {n + 1})" for n in range(MOST_EVENTS)}
    if all(value in own for value in values):
        return f"ARRAY[{', '.join(own[value] for value in values)}]"
    variables[name] = "{" + ",".join(_literals(values)) + "}"
    return f":{name}"


def _literals(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        match value:
            case None:
                yield "NULL"
            case bytes():
                yield '"\\\\x' + value.hex() + '"'
            case str():
                yield '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            case _:
                yield str(value)


def run(script: Script, dsn: str, clients: int, seconds: float) -> tuple[float, int]:
    """Run the script: transactions a second, and how many. Raises ProgramError where one failed."""
    arguments = [f"--define={name}={value}" for name, value in script.variables.items()]
    settings = [f"--client={clients}", "--jobs=1", f"--time={max(1, round(seconds))}", f"--file={script.file}"]
    said = run_program([str(programs() / "pgbench"), "--no-vacuum", "--protocol=prepared", *settings, *arguments, dsn])
    rate, count, failed = (pattern.search(said) for pattern in (RATE, COUNT, FAILED))
    if rate is None or count is None or failed is None or int(failed[1]):
        raise ProgramError(f"pgbench said:\n{said}")
    return float(rate[1]), int(count[1])
