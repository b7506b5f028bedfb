"""Fill an account with sample tickets: one batch is one transaction, made by worker processes while the one before is written.

Unlike other actions this one opens its transactions itself, since a million tickets are no one's single transaction. What the tickets
are is decided in the domain.
"""

import asyncio
import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import msgspec

from deskline.actions.tickets import GENERAL
from deskline.domain.events import TicketGroup
from deskline.domain.people import EVERYBODY, Group
from deskline.domain.sample_lives import Company
from deskline.domain.samples import BATCH, TAGS, Samples, sample_batch, sample_ids
from deskline.storage import people, tickets
from deskline.storage.database import Database, Reader, Show, Writer
from deskline.storage.tickets import Record, record

FEW_BATCHES = 5  # starting a worker process takes as long as making about so many
MOST_WORKERS = 4  # beyond these the one writer is the bottleneck
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Record]).decode


async def add_groups(tx: Writer, company: Company) -> None:
    """Make sure that the account has the company's groups."""
    for group in company.groups:
        if group.id != EVERYBODY:
            await people.add_group(tx, Group(group.id, group.name))


async def settle(tx: Writer, company: Company, *, sign_in: bool) -> Company:
    """Make sure that the account knows the company's groups, agents and tags. Answers the company as the account calls it.

    `sign_in` says whether agents that are new here may sign in, once they have a key.
    """
    await add_groups(tx, company)
    for agent in company.agents:
        await people.add_agent(tx, msgspec.structs.replace(agent, signs_in=sign_in))
    await people.add_tags(tx, TAGS, company.agents[0].login)
    return await _as_known(tx, company)


async def _as_known(tx: Reader, company: Company) -> Company:
    """Call agents and groups what the account calls them: it may have had some of these already."""
    agents = {agent.login.lower(): agent for agent in await people.list_agents(tx)}
    groups = {group.id: group.name for group in await people.list_groups(tx)} | {EVERYBODY: GENERAL}
    return msgspec.structs.replace(
        company,
        agents=tuple(agents[agent.login.lower()] for agent in company.agents),
        groups=tuple(TicketGroup(group.id, groups[group.id], group.inherited) for group in company.groups),
    )


async def fill(database: Database, account_id: int, samples: Samples, show: Show, progress: Callable[[int, int], None]) -> None:
    """Add the sample tickets to an account, under ids that are free there; `progress` is told how many of how many are in.

    `show` must be a function of a module, since worker processes look it up by its name. What was added stays when this is stopped.
    """
    loop = asyncio.get_running_loop()
    waiting: deque[asyncio.Future[bytes]] = deque()
    ids = sample_ids(samples.seed)
    with _workers(samples) as (executor, ahead):
        for number in range(samples.batches):
            while len(waiting) < ahead and number + len(waiting) < samples.batches:
                async with database.read(account_id) as tx:
                    free = await _free_ids(tx, ids)
                waiting.append(loop.run_in_executor(executor, make_batch, samples, number + len(waiting), free, show))
            records = _decode(await waiting.popleft())
            async with database.write(account_id) as tx:
                await tickets.add_records(tx, records)
            progress(number * BATCH + len(records), samples.count)


async def _free_ids(tx: Reader, ids: Iterator[str]) -> list[str]:
    """Take the ids of a batch, passing over those that the account has already."""
    free: list[str] = []
    while len(free) < BATCH:
        ticket_id = next(ids)
        if not await tickets.exists(tx, ticket_id):
            free.append(ticket_id)
    return free


def make_batch(samples: Samples, number: int, ids: list[str], show: Show) -> bytes:
    """Make a batch of tickets and everything that is stored of them, as bytes. Runs in a worker process."""
    return _encode([record(ticket, events, show) for ticket, events in sample_batch(samples, number, ids)])


@contextmanager
def _workers(samples: Samples) -> Iterator[tuple[Executor, int]]:
    """Start who makes the batches, and say how many of them to have under way."""
    workers = min(MOST_WORKERS, max(1, (os.cpu_count() or 1) - 1))
    executor: Executor
    if samples.batches <= FEW_BATCHES:
        executor = ThreadPoolExecutor(1, "deskline-samples")
    else:
        executor = ProcessPoolExecutor(workers, get_context("spawn"), _begin_worker)
    try:
        yield executor, workers + 2
    finally:
        executor.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    """Leave Ctrl+C to the main process, which ends its workers; and collect no garbage, of which batches make none (measured: 20 %)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
