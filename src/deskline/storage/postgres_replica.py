"""A stand-by of a PostgreSQL database from which reports are read. When it is used, and when not, is decided in `replicas.py`."""

from deskline.errors import DatabaseAwayError, SettingsError
from deskline.storage.postgres import PostgresDatabase
from deskline.storage.postgres_address import read_address
from deskline.storage.postgres_reads import PostgresAnalysis
from deskline.storage.postgres_servers import entered
from deskline.storage.queries import queries

_Q = queries("transactions")


class ReplicaAnalysis(PostgresAnalysis):
    """A transaction that reads much of a replica, one state, which was the database's so many seconds ago; None: nobody knows."""

    age_seconds: float | None = None

    async def _enter(self) -> None:
        await super()._enter()
        self.age_seconds = await self._connection.fetchval(_Q["find_age"].postgres, timeout=self._left())

    async def __aenter__(self) -> "ReplicaAnalysis":
        await super().__aenter__()
        return self


class PostgresReplica:
    """A replica, with connections and a memory of its own: what is remembered of an older state stays apart from the database's."""

    def __init__(self, copy: PostgresDatabase, most_seconds: float) -> None:
        self._copy = copy
        self.most_seconds = most_seconds

    def analyse(self, account_id: int) -> ReplicaAnalysis:
        """Read much, one state, within the budget. Raises CollisionError where the replay needs what is read."""
        return ReplicaAnalysis(self._copy, account_id)

    async def close(self) -> None:
        """Let the connections go."""
        await self._copy.close()


async def add_replica(database: PostgresDatabase, dsn: str, most_seconds: float) -> None:
    """Have reports read on a stand-by. One that is away at the moment is found later.

    Raises SettingsError where the stand-by lets nobody in, or copies another database.
    """
    copy = PostgresDatabase(read_address(dsn, is_standby=True), database.show, database.clock, database.budget_seconds)
    database.replica = PostgresReplica(copy, most_seconds)
    try:
        theirs = await entered(copy.servers)
    except DatabaseAwayError:
        return
    ours = await database.servers.connect()
    try:
        systems = {await each.fetchval(_Q["find_system"].postgres) for each in (ours, theirs)}
    finally:
        await ours.close()
        await theirs.close()
    if len(systems) > 1:
        raise SettingsError(f"replica: the server at {copy.servers.address.places} is no copy of the database's server.")
