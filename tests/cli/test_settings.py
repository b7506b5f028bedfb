from pathlib import Path

import pytest

from deskline.cli.endings import Ending
from deskline.config import SETTINGS
from tests.cli.commands import deskline, done


def test_every_setting_is_shown_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deskline.toml").write_text("port = 9000\n")
    monkeypatch.setenv("DESKLINE_LOG_LEVEL", "debug")
    rows = done("settings", "--data", tmp_path, "--json").json
    assert [row["name"] for row in rows] == list(SETTINGS)
    shown = {row["name"]: (row["value"], row["from"]) for row in rows}
    assert shown["data"] == (str(tmp_path), "--data")
    assert shown["port"] == ("9000", f"{tmp_path}/deskline.toml")
    assert shown["log_level"] == ("debug", "DESKLINE_LOG_LEVEL")
    assert shown["host"] == ("127.0.0.1", "default")


def test_people_get_a_table() -> None:
    lines = done("settings").out.splitlines()
    assert lines[0].split() == ["setting", "value", "from"]
    assert len(lines) == len(SETTINGS) + 1


def test_a_file_that_is_named_must_be_there() -> None:
    ended = deskline("settings", "--config", "missing.toml")
    assert ended.code == Ending.USAGE
    assert ended.err == "Error: The file of settings missing.toml cannot be read: No such file or directory.\n"
