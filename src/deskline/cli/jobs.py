"""Commands for jobs: what servers do by themselves. Who does them, and when, is in `jobs`."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deskline.cli.options import AccountOption, ConfigOption, DataOption, JsonOption, settings_of
from deskline.cli.terminal import instant, show_json, show_table
from deskline.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from deskline.config import Settings
    from deskline.domain.jobs import Job

jobs = typer.Typer(
    help="List what servers do by themselves, and have it done now.",
    callback=lambda: None,
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)
HEADS = ("account", "job", "state", "due_at", "worker", "ended_at", "result", "error")


@jobs.command("list")
def list_jobs(account: AccountOption = None, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the jobs of all accounts, or of one: how each stands, when it is due, and how its last run ended.

    \b
    Example:
      deskline jobs list --data ./data
    """
    found = asyncio.run(_list(settings_of(data, config), account))
    if as_json:
        show_json([_shown(job) for job in found])
    else:
        show_table(HEADS, [tuple("" if value is None else str(value) for value in map(_shown(job).get, HEADS)) for job in found])


@jobs.command("run")
def run(
    job: Annotated[str, typer.Argument(metavar="JOB", help="The job, as deskline jobs list names it.")],
    account: AccountOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Have a job done now, by a server that runs or the next that starts; one that was given up is tried again.

    \b
    Example:
      deskline jobs run check --data ./data
    """
    account_id = asyncio.run(_request(settings_of(data, config), account, job))
    typer.echo(f"Job {job} of account {account_id} is due now; a server does it within seconds. See: deskline jobs list")


async def _list(settings: "Settings", wanted: str | None) -> "list[Job]":
    from deskline.cli.desks import get_account, list_accounts, opened
    from deskline.storage import jobs as stored

    async with opened(settings) as database:
        accounts = await list_accounts(database) if wanted is None else [await get_account(database, wanted)]
        found = []
        for account in accounts:
            async with database.read(account.id) as tx:
                found += await stored.list_jobs(tx)
        return found


async def _request(settings: "Settings", wanted: str | None, job_id: str) -> int:
    """Make a job due. Raises NotFoundError, ConflictError while it is worked on."""
    from deskline.cli.desks import get_account, opened
    from deskline.storage import jobs as stored

    async with opened(settings) as database:
        account = await get_account(database, wanted)
        async with database.write(account.id) as tx:
            if await stored.request(tx, job_id):
                return account.id
            found = await stored.find(tx, job_id)
            if found is None:
                known = ", ".join(job.id for job in await stored.list_jobs(tx)) or "none"
                raise NotFoundError("job", f"{job_id} (account {account.id} has: {known})")
            raise ConflictError(f"Job {job_id} of account {account.id} is worked on already, by {found.worker}.")


def _shown(job: "Job") -> dict[str, Any]:
    return {
        "account": job.account_id,
        "job": job.id,
        "state": job.state,
        "due_at": instant(job.due_at),
        "worker": job.worker,
        "attempts": job.attempts,
        "place": job.place,
        "started_at": instant(job.started_at),
        "ended_at": instant(job.ended_at),
        "result": job.result,
        "error": job.error,
    }
