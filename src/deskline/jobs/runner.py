"""Does the jobs that are due, in every process that serves: looks what there is, claims, works piece by piece, renews its claims.

Nothing is agreed on between processes but in the database. A claim is lost where a process does not renew it in time: it died, it was
stopped, it cannot reach the database. Somebody else goes on from the last piece that was written, and the fence keeps the first from
writing any more (`storage.jobs`).
"""

import asyncio
import os
import random
import secrets
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec
import structlog

from deskline.domain.jobs import PAUSES, SECOND, Job, next_try
from deskline.errors import DesklineError, LostLeaseError, UnavailableError
from deskline.jobs.kinds import Kind, Step
from deskline.storage import jobs as stored
from deskline.storage.clocks import wall_clock
from deskline.storage.database import SERVER, Database, Reader, Writer
from deskline.storage.jobs import Due
from deskline.storage.repeats import written

MOST_AT_ONCE: Final = 2  # jobs of one process, where nothing else is said
LOOKED_AT: Final = 50  # due jobs that one look finds
LONGEST_LOOK_SECONDS: Final = 5.0  # from one look for due jobs to the next, at most
LONGEST_PAUSE_SECONDS: Final = 10.0
RENEWALS: Final = 4  # of a claim, in the time that it lasts
LEAVING_SECONDS: Final = 3.0  # for giving claims up at the end
_log = structlog.get_logger("deskline.jobs")


class Finding(NamedTuple):
    """How a runner comes by its jobs: what lists those to be done, how often at least it is asked, and how many may be worked on at once.

    Jobs that are `woken` wait for something to do and not for a time: `list_due` knows which have it.
    """

    list_due: Callable[[Reader, int, int], Awaitable[list[Due]]] = stored.list_due
    look_seconds: float = LONGEST_LOOK_SECONDS
    most_at_once: int = MOST_AT_ONCE
    woken: bool = False


class _Run:
    """A job that is worked on here: as it was claimed, and then as it stands after each step that was written."""

    def __init__(self, job: Job) -> None:
        self.job = job


class Runner:
    """Does jobs until it is closed. `done` counts runs by (kind, how they ended), `findings` by kind."""

    def __init__(
        self,
        database: Database,
        kinds: Mapping[str, Kind],
        *,
        lease_seconds: float,
        finding: Finding = Finding(),  # noqa: B008 - it is frozen
    ) -> None:
        self.done: Counter[tuple[str, str]] = Counter()
        self.findings: Counter[str] = Counter()
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._database = database
        self._kinds = kinds
        self._lease_seconds = lease_seconds
        self._finding = finding
        self._look_seconds = min(finding.look_seconds, lease_seconds / RENEWALS)
        self._chance = random.Random()  # noqa: S311 - no secret: so that processes do not look at the same moment
        self._working: dict[asyncio.Task[None], _Run] = {}
        self._some_ended = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @property
    def running(self) -> int:
        """How many jobs are worked on here."""
        return len(self._working)

    def start(self) -> None:
        """Begin to look for jobs, in the running loop."""
        self._looking = asyncio.get_running_loop().create_task(self._look_on())

    async def close(self) -> None:
        """Stop working and give up what was claimed, so that others can go on at once."""
        if self._looking is None:
            return
        self._looking.cancel()
        await asyncio.wait([self._looking])
        claimed = dict(self._working)
        for task in claimed:
            task.cancel()
        if claimed:
            await asyncio.wait(claimed)
        with suppress(TimeoutError):  # then it counts as lost when its lease ends
            async with asyncio.timeout(LEAVING_SECONDS):
                await asyncio.gather(*(self._release(run.job) for run in claimed.values()))

    async def _look_on(self) -> None:
        while True:
            try:
                await self._look()
            except UnavailableError as error:
                _log.info("jobs cannot be looked for now", reason=str(error))
            except Exception:  # noqa: BLE001 - whatever it was, the next look may go well
                _log.exception("looking for jobs failed")
            self._some_ended.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds * self._chance.uniform(0.5, 1.0)):
                    await self._some_ended.wait()

    async def _look(self) -> None:
        """Claim what is due, as much as may be worked on at once."""
        if len(self._working) >= self._finding.most_at_once:
            return
        async with self._database.read(SERVER) as tx:
            found = await self._finding.list_due(tx, wall_clock(), LOOKED_AT)
        known = [due for due in found if due.kind in self._kinds]
        self._chance.shuffle(known)  # other processes see the same
        for due in known:
            if len(self._working) >= self._finding.most_at_once:
                return
            job = await self._claim(due)
            if job is not None:
                run = _Run(job)
                task = asyncio.get_running_loop().create_task(self._do(run))
                self._working[task] = run
                task.add_done_callback(self._ended)

    async def _claim(self, due: Due) -> Job | None:
        async def claim(tx: Writer) -> Job | None:
            return await stored.claim(tx, due, self.worker, self._until(tx), woken=self._finding.woken)

        return await written(self._database, due.account_id, claim)

    def _until(self, tx: Writer) -> int:
        return tx.now + round(self._lease_seconds * SECOND)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._working[task]
        self._some_ended.set()

    async def _do(self, run: _Run) -> None:
        """Work on a claimed job until its run is over, has failed, or is somebody else's."""
        kind = run.job.kind
        log = _log.bind(account=run.job.account_id, job=run.job.id, worker=self.worker)
        if run.job.attempts > len(PAUSES):
            await self._fail(run.job, DesklineError("every process that worked on it was lost"))
            return
        log.debug("a job begins", fence=run.job.fence, place=run.job.place)
        work, renewing = (asyncio.create_task(doing) for doing in (self._work(run), self._renew(run.job)))
        try:
            await asyncio.wait((work, renewing), return_when=asyncio.FIRST_COMPLETED)
            await (work if work.done() else renewing)
        except LostLeaseError:
            self.done[kind, "lost"] += 1
            log.warning("a job is somebody else's by now; what was not written yet is left to it")
        except Exception as error:
            if not isinstance(error, DesklineError):
                log.exception("a job failed")
            await self._fail(run.job, error)
        else:
            self.done[kind, "done"] += 1
        finally:
            for task in (work, renewing):
                task.cancel()
            await asyncio.wait((work, renewing))

    async def _work(self, run: _Run) -> None:
        kind = self._kinds[run.job.kind]
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            step = await kind.work(self._database, run.job)
            await written(self._database, run.job.account_id, lambda tx, step=step: self._write(tx, run.job, kind, step))  # type: ignore[misc]
            self.findings[run.job.kind] += step.findings
            if step.is_over:
                return
            run.job = msgspec.structs.replace(run.job, place=step.place, attempts=0)
            took = loop.time() - started
            await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, took * (1 / kind.share - 1)))

    async def _write(self, tx: Writer, job: Job, kind: Kind, step: Step) -> None:
        """Write a step and where it leads, if the job is still ours."""
        if step.is_over:
            due_at = None if kind.every_seconds is None else tx.now + round(kind.every_seconds * SECOND)
            await stored.end(tx, job, step.result, due_at)
        else:
            await stored.advance(tx, job, step.place, self._until(tx))
        if step.write is not None:
            await step.write(tx)

    async def _renew(self, job: Job) -> None:
        """Renew the claim of a job. Raises LostLeaseError."""
        while True:
            await asyncio.sleep(self._lease_seconds / RENEWALS)
            with suppress(UnavailableError):  # tried again soon; if it lasts, the claim is lost, which is found out then
                await written(self._database, job.account_id, lambda tx: stored.hold(tx, job, self._until(tx)))

    async def _fail(self, job: Job, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        due_at = next_try(job.attempts + 1, wall_clock(), self._chance)
        _log.warning("a job failed", account=job.account_id, job=job.id, reason=reason, given_up=due_at is None)
        self.done[job.kind, "failed" if due_at is not None else "given up"] += 1
        with suppress(DesklineError):  # lost, or the database is away: its lease ends by itself
            await written(self._database, job.account_id, lambda tx: stored.fail(tx, job, reason, due_at))

    async def _release(self, job: Job) -> None:
        with suppress(DesklineError):
            await written(self._database, job.account_id, lambda tx: stored.release(tx, job))
