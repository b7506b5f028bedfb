"""Copy a database while it is used, and put a copy in a database's place. Nothing of the help desk is known here.

A copy is made page by page inside one reading transaction: it is the database of one moment, writers go on meanwhile, and a page that
they change does not start it over. It is checked and on the disk before it gets its name.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import apsw

from deskline.errors import DatabaseBusyError, DataError
from deskline.storage import files, locks
from deskline.storage.schema import APPLICATION_ID
from deskline.storage.sqlite_connection import OFF_LOOP_WAIT_MS, connect, translated
from deskline.storage.upgrades import refuse_newer

PAGES_PER_STEP = 1_000  # 4 MB: often enough to show progress and to be interrupted
Progress = Callable[[int, int], None]
_UNREADABLE = (apsw.NotADBError, apsw.CorruptError, apsw.CantOpenError, apsw.IOError)


def back_up(database: Path, target: Path, *, replace: bool = False, progress: Progress = lambda done, pages: None) -> None:
    """Write a copy of the database to `target`, a single file. `progress` is told (pages done, pages in all).

    Raises ConflictError where there is a file already and `replace` is not asked for, and always where the target is one of Deskline's
    own files; DataError where the copy is not sound.
    """
    files.check_target(target, database, replace=replace)
    with translated(), closing(connect(database, reading=True, wait_ms=OFF_LOOP_WAIT_MS)) as source:
        copy_of(source, database, target, replace=replace, progress=progress)


def copy_of(
    source: apsw.Connection, database: Path, target: Path, *, replace: bool = False, progress: Progress = lambda done, pages: None
) -> None:
    """The same for a database that is open already, by somebody who lets nobody else open it."""
    files.check_target(target, database, replace=replace)
    place = target.resolve()  # a link stays one
    with files.part_of(place) as part, translated():
        _copy(source, part, progress)
        _settle(part, database)
        files.check_target(target, database, replace=replace)
        files.name(part, place)


def restore(backup: Path, database: Path, *, replace: bool = False, progress: Progress = lambda done, pages: None) -> Path | None:
    """Put a copy of `backup` in the place of the database. Answers where the database before it was put, None where there was none.

    Raises DataError where the file is no sound backup, SchemaError where it is of a newer schema than this program knows, ConflictError
    where there is a database already and `replace` is not asked for, DatabaseBusyError while anybody uses it.
    """
    if not backup.is_file():
        raise DataError(f"There is no file {backup}.")
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locks.hold(database.parent):
        remedy = "choose another --data folder, or put it aside with --force"
        files.refuse_existing(database, replace=replace, kind="a database", remedy=remedy)
        with files.part_of(database) as part, translated():
            _copy_backup(backup, part, progress)
            refuse_newer(_settle(part, backup), str(backup))
            aside = _put_aside(database) if database.exists() else None
            files.name(part, database)
    return aside


def _copy(source: apsw.Connection, part: Path, progress: Progress) -> None:
    with closing(apsw.Connection(str(part))) as copy:
        copy.pragma("synchronous", "off")  # what is not finished is thrown away; what is finished is synced once
        source.execute("BEGIN")
        source.pragma("schema_version")  # the first thing read fixes the moment
        with copy.backup("main", source, "main") as pages:
            while not pages.step(PAGES_PER_STEP):
                progress(pages.page_count - pages.remaining, pages.page_count)
            progress(pages.page_count, pages.page_count)
        source.execute("ROLLBACK")


def _copy_backup(backup: Path, part: Path, progress: Progress) -> None:
    try:
        with closing(apsw.Connection(str(backup), flags=apsw.SQLITE_OPEN_READONLY)) as source:
            _copy(source, part, progress)
    except _UNREADABLE as error:
        raise DataError(f"{backup} is no backup of Deskline, or is damaged: {error}") from error


def _settle(part: Path, origin: Path) -> int:
    """Make the copy one file, prove that it is sound, and have it on the disk. Answers its schema."""
    try:
        with closing(apsw.Connection(str(part))) as copy:
            copy.pragma("journal_mode", "delete")
            application, version = copy.pragma("application_id"), copy.pragma("user_version")
            verdict = copy.pragma("integrity_check") if application == APPLICATION_ID else "ok"
    except _UNREADABLE as error:
        raise DataError(f"{origin} is damaged: {error}") from error
    if application != APPLICATION_ID:
        raise DataError(f"{origin} is not a database of Deskline.")
    if verdict != "ok":
        raise DataError(f"{origin} is damaged: {verdict}")
    files.sync(part)
    return version if isinstance(version, int) else 0


def _put_aside(database: Path) -> Path:
    """Give the present database another name in its folder. Raises DatabaseBusyError while anybody has it open."""
    try:
        with closing(apsw.Connection(str(database))) as present:
            present.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            present.pragma("journal_mode", "delete")  # takes what is in the log into the file, and succeeds only for who is alone
    except (apsw.BusyError, apsw.LockedError) as error:
        raise DatabaseBusyError(f"{database} is open in another process; let that one finish first.") from error
    except _UNREADABLE:
        pass  # a database that cannot be read is a reason to restore one; it is kept as it is, log and all
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = database.with_name(f"{database.name}.before-{moment}")
    for suffix in ("-wal", "-shm", ""):
        beside = Path(f"{database}{suffix}")
        if beside.exists():
            beside.rename(f"{aside}{suffix}")
    return aside
