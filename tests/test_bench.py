import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from bench import before, samples
from bench.__main__ import measure
from bench.results import Failure, Results, Row, Table, Target, a_page
from bench.scale import TINY
from bench.trial import Trial
from deskline.cli.bench.load import Ask, LoadError, Plan, drive, percentile


def test_it_works(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "place").mkdir()
    kept: list[int] = []
    results = measure(TINY, tmp_path / "place", told.append, lambda so_far: kept.append(len(so_far.tables)))
    assert results.failures == [], told
    shared = [
        "One ticket",
        "Lists, nothing changes",
        "Reports, three years by day",
        "Reports, thirty days",
        "Reports by one filter, three years by day",
        "Reports by one filter, thirty days",
        "Reports by tag, group and agent together, three years by day",
        "Reports by hour of the week, and with percentiles, three years",
        "Reports by definition, three years by day",
        "Reports by definition, thirty days",
        "The tickets behind a number",
        "The loop",
        "Lists by two filters",
        "Lists, last page",
        "Searches",
        "Lists by cursor",
        "Lists, a change a second",
        "Lists, just after a new ticket",
        "Lists, just after a reply",
        "A new ticket",
        "Memory and disk",
        "Reports against a tenth of the tickets, thirty days",
        "Reports against a tenth of the tickets, three years by day",
        "A new ticket, against the program before",
    ]
    on_a_file = ["Start, idle memory and disk" if title == "Memory and disk" else title for title in shared]
    assert [table.title for table in results.tables] == [
        *on_a_file[:-4],
        "Listeners",
        on_a_file[-4],
        "The edge",
        *on_a_file[-3:],
        *(f"PostgreSQL: {title}" for title in shared if title != "Lists, a change a second"),
        "History",
        "The bare engine",
    ]
    assert all(row.numbers for table in results.tables for row in table.rows)
    assert kept == list(range(1, len(results.tables) + 1))
    first = a_page(tmp_path / "results")
    results.write(first)
    assert a_page(tmp_path / "results").name[:-4] == first.name[:-4]
    assert a_page(tmp_path / "results") != first
    assert first.read_text("utf-8").count("\n## ") == len(results.tables) + 1
    assert msgspec.json.decode(first.with_suffix(".json").read_bytes(), type=Results) == results


def test_made_tickets_are_kept_for_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", str(tmp_path / "kept"))
    first = samples.filled(tmp_path / "first", 20)
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    second = samples.filled(tmp_path / "second", 20)
    assert (second.key, {path.name for path in (tmp_path / "kept").iterdir()}) == (first.key, kept)
    assert samples.look(second).tickets == samples.look(first).tickets != {}
    other = samples.filled(tmp_path / "other", 21)
    assert (len(samples.look(other).tickets), len(kept)) == (21, 1)


def test_a_part_that_fails_is_noted_and_the_next_begins() -> None:
    told: list[str] = []
    kept: list[str] = []
    trial = Trial(Results({"date": "today"}, [], [], {}), told.append, lambda so_far: kept.append(so_far.show()))
    table = Table("One", "How.", [Row("GET /x", {"ratio": 0.5})])

    def half() -> Iterator[Table]:
        yield table
        raise LoadError("the server closed a connection")

    assert not trial.on("PostgreSQL").part("Half", half)
    assert trial.part("Whole", lambda: table)
    assert [each.title for each in trial.results.tables] == ["PostgreSQL: One", "One"]
    assert trial.results.failures == [Failure("PostgreSQL: Half", "LoadError: the server closed a connection")]
    assert set(trial.results.seconds) == {"PostgreSQL: Half", "Whole"}
    assert "- FAILED: PostgreSQL: Half: LoadError: the server closed a connection" in kept[-1]
    assert any(text.startswith("FAILED: PostgreSQL: Half\nTraceback") for text in told)


def test_the_program_before_is_a_commit_or_a_folder(tmp_path: Path) -> None:
    modules = before.source(tmp_path, {})
    assert (modules / "deskline" / "__init__.py").is_file()
    assert before.source(tmp_path, {"BEFORE": str(modules)}) == modules
    assert before.source(tmp_path, {"BEFORE": str(modules.parent)}) == modules
    with pytest.raises(LoadError, match="no commit 'elsewhere'"):
        before.source(tmp_path, {"BEFORE": "elsewhere"})


def test_a_missed_target_is_named() -> None:
    row = Row("GET /x", {"ratio": 0.5, "p99 ms": 3.0}, (Target(number="ratio", at_least=0.6), Target(number="p99 ms", below=10)))
    results = Results({"date": "today"}, [Table("One", "How.", [row])])
    assert row.judgement() == "MISS: ratio ≥ 0.6; pass: p99 ms < 10"
    assert results.misses() == ["One, GET /x: 0.5, not ratio ≥ 0.6"]
    assert "1 of 2 targets are met." in results.show()


@pytest.mark.parametrize(("share", "expected"), [(50, 50), (95, 95), (99, 99)])
def test_a_percentile_is_a_value_that_was_measured(share: int, expected: int) -> None:
    assert percentile(range(1, 101), share) == expected
    assert percentile([7.0], share) == 7.0


@contextmanager
def a_server(answer: bytes) -> Iterator[int]:
    """Answer the same to whatever comes on one connection, in pieces of seven bytes."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while connection.recv(65_536):
                for start in range(0, len(answer), 7):
                    connection.sendall(answer[start : start + 7])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def a_plan(port: int, expected: bytes = b"here") -> Plan:
    return Plan(port=port, asks=[Ask(b"GET / HTTP/1.1\r\n\r\n", expected)], connections=1, seconds=30, count=20, sampled=4)


def test_the_load_program_counts_answers_that_come_in_pieces() -> None:
    with a_server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nit is here") as port:
        outcome = drive(a_plan(port))
    assert (outcome.requests, outcome.asked, outcome.looked_at) == (20, 20, 5)
    assert len(outcome.in_order()) == 20


def test_the_load_program_counts_refusals_as_no_requests() -> None:
    with a_server(b"HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nother") as port, pytest.raises(LoadError, match="failed"):
        drive(msgspec.structs.replace(a_plan(port), seconds=0.1))


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nhere", "not 200"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother", "does not hold"),
    ],
)
def test_the_load_program_complains_of_wrong_answers(answer: bytes, complaint: str | None) -> None:
    with a_server(answer) as port:
        if complaint is None:
            assert drive(a_plan(port)).complaints == []
        else:
            with pytest.raises(LoadError, match=complaint):
                drive(a_plan(port))
