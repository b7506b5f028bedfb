"""Work that a server does by itself: what is known of a job, and when it is tried again. Who does it, and how, is not known here."""

import random
from typing import Final

import msgspec

SECOND: Final = 1_000
DAY: Final = 86_400 * SECOND
PAUSES: Final = (10, 60, 300, 1_200, 3_600, 3_600, 7_200, 14_400)  # seconds after each failure in a row; after one more it is given up
SPREAD: Final = 0.2  # by which share a pause is longer or shorter, so that what failed together is not tried again together

HOURS: Final = "hours"  # a kind, and the one job of it that an account has once its working hours were changed
ANSWERS: Final = "answers"  # a kind, and the one job of it that every account has: answers that were kept long enough are removed
SNOOZE: Final = "snooze"  # a kind; of its jobs an account has one for each ticket that is pending until an instant
WEBHOOK: Final = "webhook"  # a kind; each webhook has one job of it, under its own id
FOLLOW_UP: Final = "follow_up"  # a kind; of its jobs an account that follows up has one for each ticket that became pending
UPLOADS: Final = "uploads"  # a kind, and the one job of it that an account has once a file was sent: those without a message are removed
UNASSIGN: Final = "unassign"  # a kind, and the one job of it that an account has once an agent was deleted
CHECK: Final = "check"  # a kind, and the one job of it that every account has


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job of an account. Instants are milliseconds UTC.

    `due_at` is when somebody is to look at it: the next run, or for one that is worked on, when its `worker` counts as lost; None for
    one that waits for nothing. `fence` grows with every claim: who holds an older number can change nothing any more. `attempts` are the
    failures in a row. `place` is how far a run has come and `result` how the last one ended, both as the job's kind writes them.
    """

    account_id: int
    id: str
    kind: str
    due_at: int | None = None
    fence: int = 0
    worker: str | None = None
    attempts: int = 0
    place: str = ""
    result: str = ""
    error: str = ""
    started_at: int | None = None
    ended_at: int | None = None

    @property
    def state(self) -> str:
        """Say in a word how it stands: running, waiting, failed (it will be tried again), given up, done."""
        if self.worker is not None:
            return "running"
        if self.error:
            return "given up" if self.due_at is None else "failed"
        return "done" if self.due_at is None else "waiting"


def next_try(attempts: int, now: int, chance: random.Random) -> int | None:
    """Tell when a job is tried again after so many failures in a row; None for never."""
    if attempts > len(PAUSES):
        return None
    return now + round(PAUSES[attempts - 1] * SECOND * chance.uniform(1 - SPREAD, 1 + SPREAD))
