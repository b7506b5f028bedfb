"""Backups under load and their return. "Row for row" is meant: every table is compared, the search index's own ones included."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import msgspec
import pytest

from deskline.actions import checks, tickets
from deskline.domain.events import Source
from deskline.domain.tickets import NewMessage
from deskline.errors import ConflictError, DatabaseBusyError, DataError, SchemaError, StorageFullError
from deskline.storage import backups, locks
from deskline.storage.database import SERVER
from deskline.storage.upgrades import NEWEST
from tests.desks import OWNER, a_desk, add_ticket

WRITERS = 8

Rows = dict[str, list[tuple[object, ...]]]


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(apsw.Connection(str(path))) as connection:
        return connection.execute(statement).fetchall()


def rows(path: Path) -> Rows:
    """All rows of all tables but the virtual one, whose rows are in its shadows."""
    names = query(path, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'search' ORDER BY name")
    return {str(name): query(path, f"SELECT * FROM {name} ORDER BY 1, 2") for (name,) in names}


def fill(folder: Path, count: int) -> Path:
    """Make a desk with some tickets; answers the path of its database."""

    async def filled() -> None:
        async with a_desk(folder) as database, database.write(1) as tx:
            for number in range(count):
                await add_ticket(tx, f"Parcel {number} " + "is late, " * 40)

    asyncio.run(filled())
    return folder / "deskline.db"


def differences(folder: Path) -> int:
    async def checked() -> int:
        async with a_desk(folder) as database:
            async with database.analyse(SERVER) as tx:
                assert await checks.check_server(tx) == []
            async with database.analyse(1) as tx:
                return (await checks.check_account(tx, database.show)).differences

    return asyncio.run(checked())


class Load:
    """Writers in a thread, a program's worth of them: each makes a ticket, then writes a message to it, and so on."""

    def __init__(self, folder: Path) -> None:
        self.answered = 0
        self._told = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(folder)))

    async def _run(self, folder: Path) -> None:
        async with a_desk(folder) as database:

            async def write() -> None:
                while not self._over:
                    async with database.write(1) as tx:
                        made = await add_ticket(tx)
                    self._tell()
                    async with database.write(1) as tx:
                        ticket_id = msgspec.json.decode(made)["id"]
                        await tickets.reply(tx, ticket_id, NewMessage(text="It comes.", source=Source("lc2")), OWNER)
                    self._tell()

            await asyncio.gather(*(write() for _ in range(WRITERS)))

    def _tell(self) -> None:
        with self._told:
            self.answered += 1
            self._told.notify_all()

    def go_on(self, writes: int) -> None:
        """Return when so many more writes were answered."""
        with self._told:
            until = self.answered + writes
            assert self._told.wait_for(lambda: self.answered >= until, timeout=60)

    def __enter__(self) -> "Load":
        self._thread.start()
        self.go_on(2 * WRITERS)
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()


def test_it_works(tmp_path: Path) -> None:
    database = fill(tmp_path / "desk", 50)
    backup = tmp_path / "backup.db"
    seen: list[tuple[int, int]] = []
    backups.back_up(database, backup, progress=lambda done, pages: seen.append((done, pages)))
    assert rows(backup) == rows(database)
    assert len(rows(backup)["ticket"]) == 50
    assert [seen[-1]] == [(pages, pages) for (pages,) in query(backup, "PRAGMA page_count")]
    assert backup.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.db", "desk"]

    restored = tmp_path / "new" / "folder" / "deskline.db"
    assert backups.restore(backup, restored) is None
    assert sorted(path.name for path in restored.parent.iterdir()) == ["deskline.db", locks.FILE]
    assert restored.stat().st_mode & 0o777 == 0o600
    assert rows(restored) == rows(database)
    assert differences(restored.parent) == 0


def test_a_backup_under_load_is_the_database_of_one_moment_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "PAGES_PER_STEP", 20)
    database = fill(tmp_path / "desk", 300)
    backup = tmp_path / "backup.db"
    pages: list[int] = []

    with Load(tmp_path / "desk") as load:

        def progress(done: int, _: int) -> None:
            # The copy goes on only after writers have: if it held them up, or they made it start over, it would never end.
            pages.append(done)
            load.go_on(WRITERS)

        answered_before = load.answered
        backups.back_up(database, backup, progress=progress)
        answered_during = load.answered - answered_before

    assert len(pages) > 5
    assert pages == sorted(pages)
    assert answered_during >= WRITERS * len(pages)

    whole, copied = rows(database), rows(backup)
    events = copied["ticket_event"]
    assert events == whole["ticket_event"][: len(events)], "not a prefix of what was written"
    assert len(events) < len(whole["ticket_event"])
    # What was answered before the copy began is in it, as it would have been after a power cut in that moment.
    assert len(events) >= 2 * 300 + 3 * answered_before // 2 - 3 * WRITERS
    for table in ("account", "agent", "api_key", "account_group"):
        assert copied[table] == whole[table]

    restored = tmp_path / "restored" / "deskline.db"
    backups.restore(backup, restored)
    assert rows(restored) == copied
    assert differences(restored.parent) == 0, "rows do not follow from the timelines of the same moment"


def test_a_backup_never_replaces_a_file_unasked(tmp_path: Path) -> None:
    database = fill(tmp_path / "desk", 1)
    backup = tmp_path / "backup.db"
    backup.write_text("precious")
    with pytest.raises(ConflictError, match="--force"):
        backups.back_up(database, backup)
    assert backup.read_text() == "precious"
    backups.back_up(database, backup, replace=True)
    assert rows(backup) == rows(database)


def test_a_backup_that_is_interrupted_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "PAGES_PER_STEP", 1)
    database = fill(tmp_path / "desk", 20)

    def interrupt(done: int, pages: int) -> None:
        if done > pages // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups.back_up(database, tmp_path / "backup.db", progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


def test_a_damaged_database_is_not_taken_for_a_backup(tmp_path: Path) -> None:
    database = fill(tmp_path / "desk", 300)
    damage(database)
    with pytest.raises(DataError, match="is damaged"):
        backups.back_up(database, tmp_path / "backup.db")
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


def damage(path: Path) -> None:
    """Tear a page in the middle of the file, as a dying disk would."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(bytes(range(256)) * 16)


def change(path: Path, statement: str) -> None:
    query(path, statement)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b"no database " * 1000), "no backup of Deskline"),
        (lambda path: path.write_bytes(b""), "backup.db is not a database of Deskline"),
        (lambda path: path.unlink(), "There is no file"),
        (lambda path: change(path, "PRAGMA application_id = 7"), "not a database of Deskline"),
        (lambda path: change(path, f"PRAGMA user_version = {NEWEST + 1}"), "written by a newer Deskline"),
        (damage, "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "is damaged"),
    ],
)
def test_what_is_no_sound_backup_is_refused_and_changes_nothing(tmp_path: Path, spoil: Callable[[Path], object], words: str) -> None:
    database = fill(tmp_path / "desk", 300)
    before = rows(database)
    backup = tmp_path / "backup.db"
    backups.back_up(database, backup)
    spoil(backup)
    with pytest.raises((DataError, SchemaError), match=words):
        backups.restore(backup, database, replace=True)
    assert rows(database) == before
    assert {path.name for path in database.parent.iterdir()} <= {"deskline.db", locks.FILE}


def test_a_restore_replaces_a_database_only_when_told_and_keeps_it(tmp_path: Path) -> None:
    database = fill(tmp_path / "desk", 3)
    backup = tmp_path / "backup.db"
    backups.back_up(database, backup)
    fill(tmp_path / "desk", 2)
    newer = rows(database)
    with pytest.raises(ConflictError, match="--force"):
        backups.restore(backup, database)
    assert rows(database) == newer
    aside = backups.restore(backup, database, replace=True)
    assert aside is not None
    assert rows(aside) == newer
    assert rows(database) == rows(backup)
    assert len(newer["ticket"]) == 5
    assert len(rows(database)["ticket"]) == 3


def test_a_database_that_cannot_be_read_is_put_aside_whole(tmp_path: Path) -> None:
    database = fill(tmp_path / "desk", 3)
    backup = tmp_path / "backup.db"
    backups.back_up(database, backup)
    database.write_bytes(b"ruins " * 2000)
    (tmp_path / "desk" / "deskline.db-wal").write_bytes(b"log of the ruins")
    aside = backups.restore(backup, database, replace=True)
    assert aside is not None
    assert aside.read_bytes() == b"ruins " * 2000
    assert Path(f"{aside}-wal").read_bytes() == b"log of the ruins"
    assert rows(database) == rows(backup)


def test_nothing_is_restored_under_a_server_or_another_program(tmp_path: Path) -> None:
    database = fill(tmp_path / "desk", 3)
    backup = tmp_path / "backup.db"
    backups.back_up(database, backup)
    with locks.hold(database.parent), pytest.raises(DatabaseBusyError, match="stop that one first"):
        backups.restore(backup, database, replace=True)

    async def beside() -> None:
        async with a_desk(database.parent):
            with pytest.raises(DatabaseBusyError, match="open in another process"):
                backups.restore(backup, database, replace=True)

    asyncio.run(beside())
    assert len(rows(database)["ticket"]) == 3


class FullDisk(apsw.VFS):
    """A disk on which unfinished copies find no room."""

    def __init__(self) -> None:
        super().__init__("full-disk", base="", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - apsw's name
        return FullFile("unix", name, flags)


class FullFile(apsw.VFSFile):
    """A file that cannot grow beyond a page, if it is an unfinished copy."""

    def __init__(self, base: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__(base, name, flags)
        self._unfinished = str(name.filename() if isinstance(name, apsw.URIFilename) else name).endswith(".part")

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - apsw's name
        if self._unfinished and offset > 0:
            raise apsw.FullError
        super().xWrite(data, offset)


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    database = fill(tmp_path / "desk", 20)
    disk = FullDisk()
    try:
        with pytest.raises(StorageFullError):
            backups.back_up(database, tmp_path / "backup.db")
    finally:
        disk.unregister()
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]
    backups.back_up(database, tmp_path / "backup.db")
