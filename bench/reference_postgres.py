"""The bare reference on PostgreSQL, a process of its own: Starlette on Granian, one point read by asyncpg for each request.

The same server, loop, driver and number of connections as Deskline's; no authentication, no headers but a type and a length. Connections
are taken from a list and put back, which is the least that can be done: the driver's own pool costs more. Nothing is measured here.
"""

import asyncio
import sys

import asyncpg
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.reference import JSON, serve
from deskline.storage.postgres import READERS
from deskline.storage.postgres_servers import SETTINGS

STATEMENT = "SELECT shown FROM ticket WHERE account_id = $1 AND ticket_id = $2"


def application(connections: "asyncio.LifoQueue[asyncpg.Connection[asyncpg.Record]]", account: int) -> Starlette:
    """Make the application: one route."""

    async def get_ticket(request: Request) -> Response:
        connection = await connections.get()
        try:
            shown = await connection.fetchval(STATEMENT, account, request.path_params["ticket_id"])
        finally:
            connections.put_nowait(connection)
        return Response(shown, media_type=JSON)

    return Starlette(
        routes=[
            Route("/tickets/{ticket_id}", get_ticket, methods=["GET"]),
            Route("/readyz", lambda _: Response(b"ok"), methods=["GET"]),
        ]
    )


async def main() -> None:
    """Serve one account of the database named first on the port named third."""
    dsn, account, port = sys.argv[1:]
    connections: asyncio.LifoQueue[asyncpg.Connection[asyncpg.Record]] = asyncio.LifoQueue()
    for _ in range(READERS):
        connections.put_nowait(await asyncpg.connect(dsn, server_settings=SETTINGS))
    await serve(application(connections, int(account)), int(port))


if __name__ == "__main__":
    uvloop.run(main())
