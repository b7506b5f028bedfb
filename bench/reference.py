"""The bare reference, a process of its own: Starlette on Granian, answering from memory the same bytes that Deskline answers.

The same server, loop and number of workers as Deskline's; no authentication, no database, no headers but a type and a length. What it
answers comes in a file. Nothing is measured here.
"""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

JSON = "application/json; charset=utf-8"


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer: tickets by id, pages of lists by query string, and one ticket for every ticket sent."""

    tickets: dict[str, bytes]
    pages: dict[bytes, bytes]
    created: bytes


def application(contents: Contents) -> Starlette:
    """Make the application: three routes, each a look-up and an answer."""
    tickets, pages, created = contents.tickets, contents.pages, contents.created

    async def get_ticket(request: Request) -> Response:
        return Response(tickets[request.path_params["ticket_id"]], media_type=JSON)

    async def list_tickets(request: Request) -> Response:
        return Response(pages[request.scope["query_string"]], media_type=JSON)

    async def create_ticket(request: Request) -> Response:
        await request.body()
        return Response(created, media_type=JSON)

    return Starlette(
        routes=[
            Route("/tickets", list_tickets, methods=["GET"]),
            Route("/tickets", create_ticket, methods=["POST"]),
            Route("/tickets/{ticket_id}", get_ticket, methods=["GET"]),
            Route("/readyz", lambda _: Response(b"ok"), methods=["GET"]),
        ]
    )


async def serve(served: Starlette, port: int) -> None:
    """Serve until SIGTERM."""
    server = Server(
        served,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


def main() -> None:
    """Read the contents from the file named first, serve them on the port named second."""
    contents = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Contents)
    uvloop.run(serve(application(contents), int(sys.argv[2])))


if __name__ == "__main__":
    main()
