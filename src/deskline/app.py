"""The program put together: settings → database → web application → server. Every part is made here and nowhere else."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from deskline.config import Settings
from deskline.domain.addresses import read_networks
from deskline.domain.jobs import ANSWERS, CHECK, FOLLOW_UP, HOURS, SNOOZE, UNASSIGN, UPLOADS, WEBHOOK
from deskline.errors import ConflictError, DatabaseAwayError, DurabilityLostError, SettingsError
from deskline.jobs import checks, follow_ups, kept_answers, snoozes, unassigning, uploads, webhooks, working_hours
from deskline.jobs.kinds import Kind
from deskline.jobs.metrics import JobMetrics
from deskline.jobs.runner import Runner
from deskline.jobs.sending import Sender
from deskline.storage import locks, schema
from deskline.storage.blobs import Blobs, FolderBlobs
from deskline.storage.clocks import wall_clock
from deskline.storage.database import Database
from deskline.storage.sqlite import SqliteDatabase
from deskline.storage.sqlite_commit import CHECKPOINT_PAGES
from deskline.web.auth import Credentials
from deskline.web.certificates import self_signed
from deskline.web.health import health_routes
from deskline.web.limits import Limits
from deskline.web.listening import listen_together
from deskline.web.metrics import Metrics, WriteMetrics
from deskline.web.oauth.descriptions import OAUTH
from deskline.web.oauth.routes import oauth_routes
from deskline.web.openapi.routes import description_routes
from deskline.web.requests import BodyLimits
from deskline.web.server import Application, Bounds
from deskline.web.services import Services
from deskline.web.serving import Serving, url_of
from deskline.web.serving import serve as serve_application
from deskline.web.siblings import Siblings
from deskline.web.transport import Transport
from deskline.web.uploads import Uploads
from deskline.web.v2.descriptions import CHAPTERS
from deskline.web.v2.descriptions.ticket_shapes import AS_DOCUMENTED
from deskline.web.v2.public_form import PublicForm
from deskline.web.v2.routes import ROUTES
from deskline.web.v2.wire import show_ticket
from deskline.web.watches import Watches
from deskline.web.workers import Work, Worker, Workers

if TYPE_CHECKING:
    from deskline.storage.postgres_clusters import Spread

DONE, FAILED = 0, 1
CHECK_SHARE = 0.05  # of one core, at most, for the self-check
ANSWERS_SHARE = 0.5  # and for removing old answers
ANSWERS_SECONDS = 6 * 3_600.0
UPLOADS_SHARE = 0.5  # and for removing files that no message has named
UPLOADS_SECONDS = 6 * 3_600.0
UNASSIGN_SHARE = 0.5  # and for taking tickets from agents who were deleted
HOURS_SHARE = 0.5  # and for what was counted under hours that were changed: reports are slower until that is done
_log = structlog.get_logger("deskline")


async def make_database(settings: Settings) -> "Spread | None":
    """Make the database of the settings where there is none yet. Answers how the tables are spread, where it is a cluster's.

    Raises SchemaError, DatabaseAwayError.
    """
    if settings.database is not None:
        from deskline.storage import postgres_clusters, postgres_schema

        with suppress(ConflictError):  # it is there already
            await postgres_schema.create(settings.database)
        return await postgres_clusters.spread_if_cluster(settings.database)
    if not settings.database_path.exists():
        schema.create(settings.database_path)
    return None


async def open_database(settings: Settings, *, checkpoint_pages: int = CHECKPOINT_PAGES, unfinished: bool = False) -> Database:
    """Open the database of the settings, also one whose upgrade has not ended if it is opened for that (`unfinished`).

    Raises SchemaError with what to do, DatabaseAwayError.
    """
    if settings.database is not None:
        return await _open_postgres(settings.database, settings.query_seconds, unfinished=unfinished)
    schema.check(settings.database_path, unfinished=unfinished)
    database = SqliteDatabase(
        settings.database_path,
        show=show_ticket,
        budget_seconds=settings.query_seconds,
        cache_kib=settings.cache_mib * 1024,
        checkpoint_pages=checkpoint_pages,
    )
    try:
        schema.check(settings.database_path, unfinished=unfinished)  # again: from here on nobody can upgrade it, since we have it open
    except BaseException:
        await database.close()
        raise
    return database


async def _open_postgres(dsn: str, budget_seconds: float, *, unfinished: bool) -> Database:
    from deskline.storage import postgres, postgres_schema  # here, since the driver is slow to load and few need it

    database = await postgres.open_postgres(dsn, show=show_ticket, budget_seconds=budget_seconds)
    try:
        await postgres_schema.check(database, unfinished=unfinished)
    except BaseException:
        await database.close()
        raise
    return database


def compose(
    settings: Settings,
    database: Database,
    runner: Runner | None = None,
    *,
    metrics: Metrics | None = None,
    siblings: Siblings | None = None,
    blobs: Blobs | None = None,
) -> Application:
    """Make the web application over an open database, with the numbers of the jobs that its process does, and of its siblings."""
    metrics = metrics or Metrics()
    metrics.registry.register(WriteMetrics(database.commits))
    if runner is not None:
        metrics.registry.register(JobMetrics(runner))
    as_documented = settings.wire_profile == "docs"
    credentials, watches = Credentials(database), Watches(database, metrics)
    transport = Transport(allow_plain_http=settings.tls == "none", trusted_proxies=settings.trusted_proxies)
    limits = Limits(
        credentials.authenticate,
        transport.client_of,
        requests=settings.requests_per_minute,
        failures=settings.failed_sign_ins_per_minute,
    )
    sent = Uploads(blobs or open_blobs(settings), settings.attachment_bytes, settings.attachment_types)
    routes = (
        *ROUTES,
        *oauth_routes(credentials, transport.client_of, failures=settings.failed_sign_ins_per_minute, implicit=settings.oauth_implicit),
        *PublicForm(transport.client_of, per_minute=settings.forms_per_minute).routes(),
        *health_routes(siblings.answer if siblings else metrics.answer),
    )
    return Application(
        (*routes, *description_routes(routes, (*CHAPTERS, OAUTH), changed=AS_DOCUMENTED if as_documented else None)),
        limits.authenticate,
        services=Services(database, wall_clock, watches, credentials.authenticate, sent, as_documented=as_documented),
        watches=watches,
        transport=transport,
        bounds=Bounds(in_flight=settings.max_in_flight, body=BodyLimits(size=settings.max_body_bytes, seconds=settings.body_seconds)),
        log_access=settings.access_log,
        metrics=metrics,
    )


def serve_with_workers(settings: Settings, announce: Callable[[str], None], work: Work) -> int:
    """Serve with several processes until a signal; `announce` gets the URL once all of them serve. Answers the exit code.

    `work` is what each of them does: `serve`, in an event loop of its own. Must be called where no thread and no event loop runs.

    Raises SettingsError.
    """
    if settings.database is None:
        raise SettingsError(
            f"workers: {settings.workers} processes cannot share the database file: one process commits the writes of all requests to it. "
            "Accepted: 1, or a PostgreSQL database (--database, or DESKLINE_DATABASE_URL)."
        )
    serving = _serving(settings)
    listeners = listen_together(serving.host, serving.port, serving.backlog, settings.workers)
    workers = Workers(listeners, work, grace_seconds=settings.grace_seconds)
    return workers.run(lambda: announce(url_of(serving, listeners[0])))


async def serve(settings: Settings, announce: Callable[[str], None], worker: Worker | None = None) -> int:
    """Serve until a signal, or as a worker until its parent says so; `announce` gets the URL once connections are accepted.

    Answers the exit code: 1 where requests were unanswered when the time of grace was over.

    Raises SchemaError, SettingsError, DatabaseBusyError where another server has the data folder, and at the end DurabilityLostError
    where a write could not be made durable.
    """
    if settings.database is None:
        schema.check(settings.database_path)
    with locks.hold(settings.data) if settings.database is None else nullcontext():
        database = await _open_patiently(settings)
        stop = asyncio.Event()
        _collect_seldom()
        watch = asyncio.create_task(_stop_when_durability_is_lost(database, settings.place, stop))
        blobs = open_blobs(settings)
        runner = Runner(database, _kinds(settings, blobs), lease_seconds=settings.lease_seconds)
        sender = Sender(read_networks(settings.webhook_networks))
        kinds = {WEBHOOK: Kind(webhooks.Telling(sender).work)}
        telling = Runner(database, kinds, lease_seconds=settings.lease_seconds, finding=webhooks.FINDING)
        metrics = Metrics()
        siblings = Siblings(worker, metrics.registry) if worker else None
        application = compose(settings, database, runner, metrics=metrics, siblings=siblings, blobs=blobs)
        try:
            await _check_connections(database, settings, worker)
            runner.start()
            telling.start()
            async with siblings.listening() if siblings else nullcontext():
                finished = await serve_application(
                    application,
                    _serving(settings),
                    ready=announce,
                    stop=stop,
                    listener=worker.listener if worker else None,
                    orders=worker.orders if worker else None,
                )
        finally:
            watch.cancel()
            await asyncio.gather(runner.close(), telling.close())
            sender.close()
            blobs.close()
            await database.close()
    if isinstance(database, SqliteDatabase) and database.commits.failed.is_set():
        raise DurabilityLostError(f"A write to {database.path} could not be made durable, and nothing was acknowledged after it.")
    return DONE if finished else FAILED


async def _check_connections(database: Database, settings: Settings, worker: Worker | None) -> None:
    """Make sure that the database lets as many connections in as all workers may open. Raises SettingsError."""
    if worker is None:
        return
    from deskline.storage import postgres

    assert isinstance(database, postgres.PostgresDatabase)
    room, each = await postgres.count_connections(database), postgres.READERS + postgres.WRITERS + postgres.ANALYSTS
    if settings.workers * each > room:
        raise SettingsError(
            f"workers: {settings.workers} processes open up to {settings.workers * each} connections ({each} each), and PostgreSQL lets "
            f"{room} in here; accepted: up to {room // each} workers, or a higher max_connections (and limit of the role and the database)."
        )


def open_blobs(settings: Settings) -> Blobs:
    """Open where the bytes of attachments are kept; nothing is made before the first of them comes."""
    if settings.s3_bucket:
        from deskline.storage.s3 import S3Blobs  # here, since few need it
        from deskline.storage.s3_signatures import Credentials as S3Credentials

        credentials = S3Credentials(settings.s3_key, settings.s3_secret, settings.s3_region)
        return S3Blobs(settings.s3_endpoint, settings.s3_bucket, credentials, settings.attachments_path)
    return FolderBlobs(settings.attachments_path)


def _kinds(settings: Settings, blobs: Blobs) -> dict[str, Kind]:
    """List the kinds of jobs there are."""
    every = settings.check_hours * 3_600 or None
    return {
        ANSWERS: Kind(kept_answers.work, every_seconds=ANSWERS_SECONDS, share=ANSWERS_SHARE),
        CHECK: Kind(checks.work, every_seconds=every, share=CHECK_SHARE),
        FOLLOW_UP: Kind(follow_ups.work),
        HOURS: Kind(working_hours.work, share=HOURS_SHARE),
        SNOOZE: Kind(snoozes.work),
        UPLOADS: Kind(uploads.Removing(blobs).work, every_seconds=UPLOADS_SECONDS, share=UPLOADS_SHARE),
        UNASSIGN: Kind(unassigning.work, share=UNASSIGN_SHARE),
    }


async def _open_patiently(settings: Settings) -> Database:
    """Open the database, and wait for it a while: a machine that starts may start its database later. Raises as `open_database`."""
    now = asyncio.get_running_loop().time
    end, waits = now() + settings.start_seconds, False
    while True:
        try:
            return await _open_with_replica(settings)
        except DatabaseAwayError as error:
            if now() >= end:
                raise DatabaseAwayError(f"The database {settings.place} cannot be reached; waited {settings.start_seconds:g} s.") from error
            if not waits:
                _log.warning(
                    "the database cannot be reached; waiting for it",
                    database=settings.place,
                    seconds=settings.start_seconds,
                    reason=str(error.__cause__ or "no answer"),
                )
            waits = True
            await asyncio.sleep(0.2)


async def _open_with_replica(settings: Settings) -> Database:
    database = await open_database(settings)
    if settings.replica is not None:
        from deskline.storage.postgres import PostgresDatabase
        from deskline.storage.postgres_replica import add_replica

        assert isinstance(database, PostgresDatabase)
        try:
            await add_replica(database, settings.replica, settings.replica_age_seconds)
        except BaseException:
            await database.close()
            raise
    return database


def _collect_seldom() -> None:
    """Have the collector of cycles run after more objects than one turn of the loop makes, and pass over those there from the start.

    Requests make no cycles but where they fail. Measured: 3 to 7 % of the CPU of a new ticket.
    """
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


async def _stop_when_durability_is_lost(database: Database, place: str, stop: asyncio.Event) -> None:
    await database.wait_failed()
    _log.critical("a write could not be made durable: the server stops and acknowledges nothing more", database=place)
    stop.set()


def _serving(settings: Settings) -> Serving:
    certificate, key = _certificate(settings)
    return Serving(
        host=settings.host,
        port=settings.port,
        certificate=certificate,
        key=key,
        header_seconds=settings.header_seconds,
        grace_seconds=settings.grace_seconds,
    )


def _certificate(settings: Settings) -> tuple[Path | None, Path | None]:
    if settings.tls == "self-signed":
        return self_signed(settings.data, settings.host)
    return (settings.tls_cert, settings.tls_key) if settings.tls == "files" else (None, None)
