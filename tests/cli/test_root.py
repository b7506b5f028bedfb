import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import deskline as package
from deskline.cli import endings
from deskline.cli.endings import Ending
from deskline.cli.root import COMMANDS, load
from deskline.errors import (
    DataError,
    DesklineError,
    DurabilityLostError,
    NotFoundError,
    QueryTooLongError,
    SettingsError,
    StorageFullError,
)
from tests.cli.commands import deskline, program
from tests.rounds import times


def commands() -> Iterator[tuple[str, Any]]:
    for name in COMMANDS:
        command = load(name)
        below = getattr(command, "commands", None)
        yield name, command
        for second, each in (below or {}).items():
            yield f"{name} {second}", each


def leaves() -> list[str]:
    return [path for path, command in commands() if not getattr(command, "commands", None)]


def test_the_list_of_commands_names_them_all_and_the_exit_codes() -> None:
    ended = deskline("--help")
    assert (ended.code, ended.err) == (0, "")
    for name, mounted in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(mounted.summary)}$", ended.out, re.MULTILINE)
    for ending in Ending:
        assert re.search(rf"^ +{ending.value}  {re.escape(ending.meaning)}$", ended.out, re.MULTILINE)


def test_without_a_command_the_list_is_shown_and_nothing_is_done() -> None:
    ended = deskline()
    assert ended.code == Ending.USAGE
    assert "Commands:" in ended.out + ended.err


def test_the_version_is_told() -> None:
    assert deskline("--version").out == f"deskline {package.__version__}\n"


@pytest.mark.parametrize("path", [path for path, _ in commands()])
def test_a_command_says_what_it_does_and_what_each_option_means(path: str) -> None:
    command = dict(commands())[path]
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", ""), parameter.name
    ended = deskline(*path.split(), "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: deskline {path} ")


@pytest.mark.parametrize("path", leaves())
def test_a_command_shows_an_example_of_itself(path: str) -> None:
    examples = re.split(r"^ +Examples?:\n", deskline(*path.split(), "--help").out, maxsplit=1, flags=re.MULTILINE)
    assert len(examples) == 2
    assert f"deskline {path}" in examples[1]


@pytest.mark.parametrize("path", leaves())
def test_a_command_knows_where_the_data_is_by_the_same_option(path: str) -> None:
    names = [name for parameter in dict(commands())[path].params for name in parameter.opts]
    # A copy has two places; a measurement is made where nothing is; what assistants use asks a server by its address.
    assert "--data" in names or {"--from", "--to"} <= set(names) or path == "bench" or "--folder" in names


def test_a_command_that_is_not_there_is_refused_with_a_suggestion() -> None:
    ended = deskline("serv")
    assert ended.code == Ending.USAGE
    assert "No such command 'serv'. Did you mean 'serve'?" in ended.err


def test_an_option_that_is_not_there_is_refused() -> None:
    ended = deskline("check", "--fast")
    assert ended.code == Ending.USAGE
    assert "No such option: --fast" in ended.err


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (NotFoundError("ticket", "X"), Ending.REFUSED),
        (DataError("The file is torn."), Ending.REFUSED),
        (SettingsError("No such setting."), Ending.USAGE),
        (QueryTooLongError("Too long."), Ending.UNAVAILABLE),
        (StorageFullError("Full."), Ending.STORAGE),
        (DurabilityLostError("Lost."), Ending.STORAGE),
        (PermissionError(13, "Permission denied", "data"), Ending.REFUSED),
        (KeyboardInterrupt(), Ending.INTERRUPTED),
    ],
    ids=repr,
)
def test_an_error_is_one_sentence_and_one_code(error: BaseException, ending: Ending, capsys: pytest.CaptureFixture[str]) -> None:
    assert endings.ended(lambda: raised(error)) == ending
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"Error: .+\.\n", err)


def raised(error: BaseException) -> int:
    raise error


def test_every_problem_of_the_settings_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert endings.ended(lambda: raised(SettingsError("One.\nTwo."))) == Ending.USAGE
    assert capsys.readouterr().err == "Error: One.\nError: Two.\n"


def test_an_error_nobody_expected_is_reported_without_a_traceback_on_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["deskline", "key", "add", "--key", "secret-secret"])
    assert endings.ended(lambda: 1 // 0) == Ending.UNEXPECTED
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err
    (report,) = tmp_path.glob("deskline-*.log")
    assert str(report) in err
    assert "Traceback" in report.read_text()
    assert "secret-secret" not in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), SettingsError("No such setting.")], ids=repr)
def test_tracebacks_are_shown_when_they_are_asked_for(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("DESKLINE_DEBUG", "1")
    endings.ended(lambda: raised(error))
    assert "Traceback" in capsys.readouterr().err


def test_every_error_of_ours_has_a_code() -> None:
    def below(kind: type[DesklineError]) -> Iterator[type[DesklineError]]:
        yield kind
        for each in kind.__subclasses__():
            yield from below(each)

    for kind in below(DesklineError):
        code = next(code for known, code in endings._CODES if issubclass(kind, known))
        assert code not in {Ending.DONE, Ending.FINDINGS, Ending.UNEXPECTED}


def test_it_runs_as_a_program_and_as_a_module() -> None:
    assert program("--version").out == f"deskline {package.__version__}\n"
    script = Path(sys.executable).parent / "deskline"
    assert subprocess.run([script, "--version"], capture_output=True, text=True, check=True).stdout == program("--version").out


def test_the_list_comes_without_loading_any_command() -> None:
    code = "import sys; from deskline.cli import main; main(['--help']); print([m for m in sys.modules if m in %r])"
    heavy = ["apsw", "granian", "rich", "structlog", "uvloop", "asyncio", *(f"deskline.cli.{c.module}" for c in COMMANDS.values())]
    ended = subprocess.run([sys.executable, "-c", code % heavy], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_the_list_comes_at_once() -> None:
    def seconds() -> float:
        started = time.perf_counter()
        assert program("--help").code == 0
        return time.perf_counter() - started

    assert min(seconds() for _ in range(times(quick=5, long=20))) < 0.4
