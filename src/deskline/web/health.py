"""The probes: whether the process lives, whether it can serve, and its numbers for Prometheus. They carry no account's data."""

from collections.abc import Awaitable, Callable

from deskline.storage import people, versions
from deskline.storage.database import SERVER
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Route


def health_routes(metrics: Callable[[], Awaitable[Answer]]) -> tuple[Route, ...]:
    """List the routes of the probes; `metrics` answers a scrape."""
    return (
        Route("GET", "/healthz", healthz, public=True),
        Route("GET", "/readyz", readyz, public=True),
        Route("GET", "/metrics", _scraped(metrics), public=True),
    )


async def healthz(request: Request) -> Answer:
    """GET /healthz → 200 while the process answers at all."""
    return json_answer({"status": "ok"})


async def readyz(request: Request) -> Answer:
    """GET /readyz → 200 while the database can be read and has this program's schema; else what a write would get."""
    async with request.services.database.read(SERVER) as tx:
        await versions.confirm(tx)
        await people.find_key(tx, b"")  # as whoever signs in does; a list of accounts would ask every machine of a cluster
    return json_answer({"status": "ready"})


def _scraped(metrics: Callable[[], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Answer]]:
    async def handler(request: Request) -> Answer:
        """GET /metrics → Prometheus' text format."""
        return await metrics()

    return handler
