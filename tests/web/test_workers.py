"""The parent of several processes, where the order of what happens in them decides."""

import subprocess
import sys

from tests.serving import PATIENCE_SECONDS

# The first worker ends at once after it has served; the one in its place has the parent told to stop, and only then says that it serves.
LATE_TO_SERVE = """
import os, signal, sys
from deskline.web.listening import listen_together
from deskline.web.workers import STOP, Workers

def work(worker):
    if worker.number == 2:
        worker.say_ready()
        assert worker.parent.recv(1) == STOP
        return 0
    if not os.path.exists(os.path.join(worker.folder, "again")):
        open(os.path.join(worker.folder, "again"), "x").close()
        worker.say_ready()
        assert sys.stdin.readline() == "all serve\\n"
        return 3
    os.kill(os.getppid(), signal.SIGTERM)
    assert worker.parent.recv(1) == STOP
    worker.say_ready()
    return 0

listeners = listen_together("127.0.0.1", 0, 16, 2)
sys.exit(Workers(listeners, work, grace_seconds=5).run(lambda: print("all serve", flush=True)))
"""


def test_a_worker_that_begins_to_serve_while_all_stop_is_waited_for() -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", LATE_TO_SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told == "all serve\n"
        _, log = process.communicate(told, timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, log
    assert "did not end" not in log
