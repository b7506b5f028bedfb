"""The primary is killed under load and its synchronous stand-by promoted: nothing that was acknowledged is lost, and writing goes on."""

import random
from pathlib import Path

import pytest

from deskline.storage.postgres_servers import CONNECT_SECONDS, LONG_SECONDS
from tests import rounds
from tests.cli.commands import done
from tests.clusters import a_cluster
from tests.faults.journals import WHO, writing
from tests.pairs import a_proxy, a_spare, follow, wait_for_each_commit
from tests.serving import serving

RUNS = rounds.times(quick=1, long=20)
WRITES_AGAIN = 10.0  # seconds after a promotion
ANSWERED = LONG_SECONDS + CONNECT_SECONDS + 1.5  # the longest any request may take, on a busy machine


def test_no_acknowledged_write_is_lost_by_a_promotion(tmp_path: Path, chance: random.Random, capsys: pytest.CaptureFixture[str]) -> None:
    with a_cluster() as one, a_spare() as other:
        hosts = [str(one.folder), str(other.folder)]
        chance.shuffle(hosts)
        dsn = f"postgresql://postgres@/postgres?host={','.join(hosts)}&target_session_attrs=read-write"
        done("init", "--database", dsn, *WHO)
        with serving(tmp_path, database=dsn) as server, writing(server) as journal:
            slowest = 0.0
            for run in range(RUNS):
                primary, standby = (one, other) if run % 2 == 0 else (other, one)
                with a_proxy(primary) as way:
                    follow(standby, primary, by=way)
                    wait_for_each_commit(primary, standby)
                    journal.wait_for_more(chance.randrange(20, 200))
                    way.freeze()  # what the stand-by has not got by now it never will: who is told otherwise has been told too early
                    journal.stop.wait(chance.uniform(0, 0.3))
                    primary.kill()
                journal.wait_for_a_refusal()
                standby.promote()
                slowest = max(slowest, journal.wait_for_more(1, WRITES_AGAIN))
            journal.wait_for_more(20)
            lost = journal.lost()
        with capsys.disabled():
            print(
                f"\nR2: {RUNS} runs, {len(journal.acknowledged)} writes acknowledged, {len(lost)} lost, {len(journal.refused)} refused; "
                f"written again at most {slowest:.1f} s after a promotion; slowest answer {journal.slowest:.1f} s"
            )
        assert lost == []
        assert journal.slowest < ANSWERED
        file = tmp_path / "settings.toml"
        file.write_text(f'database = "{dsn}"\n')
        assert done("check", "--config", file, "--json").json["accounts"][0]["differences"] == 0
