"""The commands for jobs, and the self-check that a server does by itself."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from deskline.cli.endings import Ending
from tests.cli.commands import deskline, done, init
from tests.desks import change_rows
from tests.serving import serving

PATIENCE_SECONDS = 30


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A desk with tickets, whose check is due a day after it was made."""
    assert init(tmp_path).code == Ending.DONE
    done("generate", "--data", tmp_path, "--count", "60")
    return tmp_path


def listed(data: Path) -> dict[str, Any]:
    """The check."""
    (job,) = [job for job in done("jobs", "list", "--data", data, "--json").json if job["job"] == "check"]
    found: dict[str, Any] = job
    return found


def checked(data: Path) -> dict[str, Any]:
    """Have the check done, and give its result."""
    before = listed(data)["ended_at"]
    done("jobs", "run", "check", "--data", data)
    with serving(data) as server:
        until = time.monotonic() + PATIENCE_SECONDS
        while listed(data)["ended_at"] == before:
            assert time.monotonic() < until, listed(data)
            time.sleep(0.05)
        metrics = server.ask("GET", "/metrics").body.decode()
    assert 'deskline_jobs_total{kind="check",outcome="done"} 1.0' in metrics
    result: dict[str, Any] = json.loads(listed(data)["result"])
    return result


def test_every_account_has_a_check_that_waits(data: Path) -> None:
    job = listed(data)
    assert (job["account"], job["job"], job["state"], job["worker"]) == (1, "check", "waiting", None)
    assert done("jobs", "list", "--data", data).out.splitlines()[0].split()[:3] == ["account", "job", "state"]


def test_every_account_has_old_answers_removed(data: Path) -> None:
    jobs = done("jobs", "list", "--data", data, "--json").json
    assert [(job["account"], job["job"], job["state"]) for job in jobs] == [(1, "answers", "waiting"), (1, "check", "waiting")]


def test_a_check_that_is_asked_for_is_done_by_the_server(data: Path) -> None:
    result = checked(data)
    assert (result["tickets"], result.get("differences", 0)) == (60, 0)
    assert listed(data)["state"] == "waiting"


def test_what_a_check_finds_is_kept_logged_and_counted(data: Path) -> None:
    assert change_rows(data, "UPDATE ticket SET status = 'spam' WHERE ticket_key % 30 = 0 AND status <> 'spam'") > 0
    result = checked(data)
    assert result["differences"] > 0
    assert result["first"][0]["field"] == "status"
    assert "does not follow from the timelines" in (data / "server.log").read_text("utf-8")


def test_a_job_that_there_is_not_is_refused_with_those_there_are(data: Path) -> None:
    ended = deskline("jobs", "run", "chekc", "--data", data)
    assert ended.code == Ending.REFUSED
    assert "chekc" in ended.err
    assert "check" in ended.err.replace("chekc", "")


def test_a_job_that_is_worked_on_is_not_begun_again(data: Path) -> None:
    assert change_rows(data, "UPDATE job SET worker = 'somebody', due_at = 9000000000000 WHERE job_id = 'check'") == 1
    ended = deskline("jobs", "run", "check", "--data", data)
    assert ended.code == Ending.REFUSED
    assert "somebody" in ended.err
