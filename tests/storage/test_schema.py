from contextlib import closing
from pathlib import Path

import apsw
import pytest

from deskline.errors import SchemaError
from deskline.storage import schema
from deskline.storage.upgrades import NEWEST


def test_a_database_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deskline.db"
    schema.create(path)
    schema.check(path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with pytest.raises(SchemaError, match="already"):
        schema.create(path)


def test_a_folder_without_a_database_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=f"deskline init --data {tmp_path}"):
        schema.check(tmp_path / "deskline.db")


@pytest.mark.parametrize("content", [b"no database " * 1000, b"SQLite format 3\0" + b"\7" * 5000])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deskline.db"
    path.write_bytes(content)
    with pytest.raises(SchemaError, match="not a database of Deskline, or is damaged"):
        schema.check(path)


@pytest.mark.parametrize(
    ("pragma", "words"), [("application_id = 7", "another program"), (f"user_version = {NEWEST + 1}", "newer Deskline")]
)
def test_a_database_of_somebody_else_is_refused(tmp_path: Path, pragma: str, words: str) -> None:
    path = tmp_path / "deskline.db"
    schema.create(path)
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(SchemaError, match=words):
        schema.check(path)
