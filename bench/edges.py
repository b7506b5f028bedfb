"""What the edge of the API costs: sign-in, scopes, limits and the request's name together, against the same route without any of them.

Measured within this process, on the application itself and without sockets, as CPU: what HTTP costs is the same with them and without.
`python -m bench.edges` makes some tickets and measures only this.
"""

import base64
import gc
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvloop

from bench import samples
from bench.results import Row, Table, Target
from bench.samples import LOGIN, Folder, Sample
from deskline import app
from deskline.actions import personal_tokens
from deskline.config import Settings
from deskline.domain.people import Principal
from deskline.storage.blobs import FolderBlobs
from deskline.storage.database import Database
from deskline.web.auth import Credentials
from deskline.web.limits import Limits
from deskline.web.metrics import Metrics
from deskline.web.requests import BodyLimits, Message, Request
from deskline.web.responses import finish
from deskline.web.routes import Routes
from deskline.web.server import Application
from deskline.web.services import Services
from deskline.web.transport import Transport
from deskline.web.uploads import Uploads
from deskline.web.v2.routes import ROUTES
from deskline.web.watches import Watches

TARGET: Final = Target(number="the edge µs", below=60)
ROUNDS: Final = 15
ACCOUNT: Final = 1
Asgi = Callable[[Message, Any, Any], Awaitable[None]]


def measure(folder: Folder, sample: Sample, requests: int) -> Table:
    """GET /tickets/<ID> with a key, with a token of one scope, and with a key that is looked up each time."""
    return uvloop.run(_measure(folder, next(iter(sample.tickets)), requests))


async def _measure(folder: Folder, ticket_id: str, requests: int) -> Table:
    database = await app.open_database(Settings(data=folder.path))
    try:
        async with database.write(ACCOUNT) as tx:
            token = await personal_tokens.create(tx, LOGIN, ["tickets_read"], label="bench")
        cases = (
            ("a key, signed in within the last half second", folder.key, False),
            ("a token of one scope, likewise", token.secret, False),
            ("a key that is looked up each time", folder.key, True),
        )
        rows = [await _case(database, ticket_id, *case, requests) for case in cases]
    finally:
        await database.close()
    note = (
        f"GET /tickets/{ticket_id} of the application without sockets, {requests:,} requests in each of {ROUNDS} rounds, in turns with the "
        "route's handler and its answer alone; CPU of the process, medians of the rounds. *the edge* is the difference: all that surrounds "
        "the handler, sign-in, scopes, limits and the request's name among it."
    )
    return Table("The edge", note, rows)


async def _case(database: Database, ticket_id: str, what: str, secret: str, is_forgotten: bool, requests: int) -> Row:
    credentials = Credentials(database)
    authorization = b"Basic " + base64.b64encode(f"{LOGIN}:{secret}".encode())
    scope = _scope(ticket_id, authorization)

    async def authenticate(request: Request) -> Any:
        if is_forgotten:
            credentials._found.clear()  # noqa: SLF001 - what half a second does
        return await credentials.authenticate(request)

    transport = Transport()
    limits = Limits(authenticate, transport.client_of, requests=10**9, failures=60)
    uploads = Uploads(FolderBlobs(Path("never")), 1)
    services = Services(database, database.clock, Watches(database, Metrics()), credentials.authenticate, uploads)  # type: ignore[attr-defined]
    whole = Application(ROUTES, limits.authenticate, services=services, transport=transport, metrics=Metrics())
    await _spent(whole, scope, 1)
    alone = _without(services, await _principal(credentials, scope))
    pairs = [(await _spent(whole, scope, requests), await _spent(alone, scope, requests)) for _ in range(ROUNDS)]
    numbers = {
        "with µs": median(each for each, _ in pairs),
        "without µs": median(each for _, each in pairs),
        "the edge µs": median(each - other for each, other in pairs),
    }
    return Row(what, numbers, (TARGET,))


async def _principal(credentials: Credentials, scope: Message) -> Principal:
    request = Request(scope, _receive, BodyLimits())
    request.route, _ = Routes(ROUTES).match("GET", request.path)
    return await credentials.authenticate(request)


def _without(services: Services, principal: Principal) -> Asgi:
    """The route and nothing around it: its handler, and its answer made ready."""
    routes, limits = Routes(ROUTES), BodyLimits()

    async def answer(scope: Message, receive: Any, send: Any) -> None:
        request = Request(scope, receive, limits, services)
        request.route, request.route_values = routes.match(request.method, request.path)
        request.principal = principal
        status, headers, body = finish(request, await request.route.handler(request))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def _spent(application: Asgi, scope: Message, requests: int) -> float:
    """Ask so many times; the CPU of each, in µs."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if "status" in message:
            statuses.append(message["status"])

    gc.collect()
    started = time.process_time()
    for _ in range(requests):
        await application(dict(scope), _receive, send)
    spent = time.process_time() - started
    assert set(statuses) == {200}
    return spent / requests * 1e6


async def _receive() -> Message:
    raise AssertionError("a GET has no body")


def _scope(ticket_id: str, authorization: bytes) -> Message:
    headers = [(b"host", b"127.0.0.1"), (b"authorization", authorization), (b"x-api-version", b"2"), (b"accept", b"*/*")]
    path = f"/tickets/{ticket_id}".encode()
    return {
        "type": "http",
        "method": "GET",
        "raw_path": path,
        "query_string": b"",
        "headers": headers,
        "scheme": "https",
        "client": ("192.0.2.1", 50_000),
    }


def main() -> None:
    """Measure with a hundred tickets, and print it."""
    with tempfile.TemporaryDirectory() as place:
        folder = samples.filled(Path(place) / "data", 100)
        print(measure(folder, samples.look(folder), 2_000).show())


if __name__ == "__main__":
    main()
