"""People at work on a database, and a journal of what they were told: each write acknowledged must be there afterwards. No faults."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import uvloop

from deskline.actions import tickets as actions
from deskline.domain.timelines import fold
from deskline.errors import ConflictError, DesklineError
from deskline.storage import tickets
from deskline.storage.sqlite import SqliteDatabase
from deskline.web.v2.wire import show_ticket
from tests.desks import written
from tests.storage.builders import AGENTS, OURS, Clock, do, id_of, random_command, random_new_ticket
from tests.storage.wholeness import contradictions, read_timelines

WRITERS = 8
SHORT_LOG = 40  # pages: the log is brought into the file often, so that faults meet that too
DEEDS = 12  # of each writer, where nothing stops it


@dataclass
class Journal:
    """What writers were told: for each ticket the length of its timeline and how it was shown. And which they never heard of again."""

    acknowledged: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    in_doubt: set[str] = field(default_factory=set)

    def missing(self, path: Path) -> Iterator[str]:
        """List what the database at `path` lacks of what was acknowledged, and what it has that nobody wrote."""
        with closing(apsw.Connection(str(path))) as connection:
            timelines = read_timelines(connection, OURS)
        for ticket_id, (length, shown) in self.acknowledged.items():
            events = timelines.get(ticket_id, ())
            if len(events) < length:
                yield f"{ticket_id} has {len(events)} events, of which {length} were acknowledged"
            elif show_ticket(fold(ticket_id, events[:length]), events[:length]) != shown:
                yield f"{ticket_id} is another than was acknowledged"
            elif len(events) > length and ticket_id not in self.in_doubt:
                yield f"{ticket_id} has events that nobody wrote"
        unknown = timelines.keys() - self.acknowledged.keys() - self.in_doubt
        if unknown:
            yield f"there are tickets that nobody created: {unknown}"

    def wrong(self, path: Path) -> list[str]:
        """List everything that is wrong with the database at `path`."""
        try:
            return [*contradictions(path), *self.missing(path)]
        except apsw.Error as error:
            return [f"the file cannot be read: {error}"]


@dataclass
class Writers:
    """Writers that go on until an error stops them, each with tickets of its own."""

    database: SqliteDatabase
    journal: Journal
    chance: random.Random
    errors: list[DesklineError] = field(default_factory=list)

    async def work(self, rounds: int, writers: int = WRITERS) -> None:
        """Have some writers do so many things each."""
        await asyncio.gather(*(self._writer(random.Random(self.chance.random()), rounds) for _ in range(writers)))

    async def _writer(self, chance: random.Random, rounds: int) -> None:
        mine: list[str] = []
        try:
            for _ in range(rounds):
                if not mine or chance.random() < 0.4:
                    mine.append(await self._create(chance))
                else:
                    await self._change(chance, chance.choice(mine))
        except DesklineError as error:
            self.errors.append(error)

    async def _create(self, chance: random.Random) -> str:
        ticket_id = ""
        try:
            async with self.database.write(OURS) as tx:
                shown = await written(tx, await actions.create(tx, random_new_ticket(chance), chance.choice(AGENTS)))
                ticket_id = id_of(shown)
                length = len((await tickets.get_life_aside(tx, ticket_id)).events)
        except DesklineError:
            self.journal.in_doubt.add(ticket_id)
            raise
        self.journal.acknowledged[ticket_id] = (length, shown)
        return ticket_id

    async def _change(self, chance: random.Random, ticket_id: str) -> None:
        command, by = random_command(chance), chance.choice(AGENTS)
        try:
            async with self.database.write(OURS) as tx:
                shown = await do(tx, ticket_id, command, by)
                length = len((await tickets.get_life_aside(tx, ticket_id)).events)
        except ConflictError:
            return
        except DesklineError:
            self.journal.in_doubt.add(ticket_id)
            raise
        self.journal.acknowledged[ticket_id] = (length, shown)


def work_on(path: Path, disk: str, journal: Journal, chance: random.Random) -> SqliteDatabase:
    """Open a database on a disk, have writers work on it until they are done or stopped, and close it. Answers it, closed."""

    async def work() -> SqliteDatabase:
        database = SqliteDatabase(path, show=show_ticket, clock=Clock(), vfs=disk, checkpoint_pages=SHORT_LOG)
        await Writers(database, journal, chance).work(DEEDS)
        with suppress(apsw.Error):  # a disk that is off cannot bring the log into the file any more
            await database.close()
        return database

    return uvloop.run(work())
