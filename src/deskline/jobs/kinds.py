"""What kinds of jobs there are is put together in `app`; this is what each has to be."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

from deskline.domain.jobs import Job
from deskline.storage.database import Database, Writer


class Step(NamedTuple):
    """A piece of a run that is done: what it writes, and how far the run has come.

    `write` is done in one transaction with the note of the `place`, or of the `result` where the run `is_over`: both or neither.
    `findings` is how much was found that somebody should look at.
    """

    place: str
    is_over: bool = False
    result: str = ""
    findings: int = 0
    write: Callable[[Writer], Awaitable[None]] | None = None


# A piece of work of a job, from its place on: it reads, takes seconds at most, and leaves the loop free. It may be done again from the same
# place where the process died before its step was written.
Work: TypeAlias = Callable[[Database, Job], Awaitable[Step]]


class Kind(NamedTuple):
    """A kind of jobs. `every_seconds` is how long after the end of a run the next one is due, None for never.

    `share` is how much of the time its work may take; the rest is paused.
    """

    work: Work
    every_seconds: float | None = None
    share: float = 1.0
