"""A small application on the real server, as a program of its own: what the edge does is tested on it from outside.

Options come as one JSON object on the command line: those of Serving, `plain`, `proxies`, `self_signed` (a folder), `in_flight`,
`body` (BodyLimits). It prints its URL when it listens.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from deskline.errors import ConflictError, SignInError
from deskline.web.certificates import self_signed
from deskline.web.deprecations import Deprecated
from deskline.web.requests import BodyLimits, Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Route
from deskline.web.server import Application, Bounds
from deskline.web.serving import Serving, serve
from deskline.web.streams import Stream
from deskline.web.transport import Transport

PAGE = {"id": "5FUED", "text": "line\u2028end", "names": ["Ó"]}
GOOD = "Basic am9objprZXk="  # john:key
NEWS = "https://example.com/news"
GOING = Deprecated(datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), NEWS, sunset=datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC))
STAYING = Deprecated(datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), NEWS)


async def authenticate(request: Request) -> str:
    if request.headers.get(b"authorization") != GOOD.encode():
        raise SignInError("no")
    return "john"


async def page(_: Request) -> Answer:
    return json_answer(PAGE)


async def echo(request: Request) -> Answer:
    params = await request.form()
    return json_answer({"message": params.text("message"), "tags": params.texts("tag"), "by": request.principal})


async def size(request: Request) -> Answer:
    return json_answer({"bytes": len(await request.body())})


async def conflict(_: Request) -> Answer:
    raise ConflictError("It is closed.")


async def fail(_: Request) -> Answer:
    raise RuntimeError("secret detail")


async def inject(request: Request) -> Answer:
    value = request.query.text("value") or ""
    return Answer(b"{}", headers=[(b"x-value", value.encode())])


async def wait(request: Request) -> Answer:
    await asyncio.sleep((request.query.whole("ms", 0, 60_000) or 0) / 1_000)
    return json_answer({"waited": True})


async def work(request: Request) -> Answer:
    """Keep the event loop busy, as a request does that is answered inline."""
    end = time.perf_counter() + (request.query.whole("us", 0, 60_000_000) or 0) / 1_000_000
    while time.perf_counter() < end:
        pass
    return json_answer({"worked": True})


made = {"open": 0, "pieces": 0}


async def stream(request: Request) -> Answer:
    """So many pieces of 64 kB; the one numbered `fails` cannot be made, and `wait` is how long each takes, in ms."""
    count, fails = request.query.whole("count", 0, 1_000_000) or 0, request.query.whole("fails", 0, 1_000_000)
    wait = request.query.whole("wait", 0, 60_000) or 0

    async def pieces() -> AsyncGenerator[bytes, None]:
        made["open"] += 1
        try:
            for number in range(count):
                if number == fails:
                    raise ConflictError("It cannot be made.")
                await asyncio.sleep(wait / 1_000)
                made["pieces"] += 1
                yield b"%08d" % number * 8_192
        finally:
            made["open"] -= 1

    return Stream(pieces(), content_type=b"text/csv; charset=utf-8", headers=[(b"x-what", b"pieces")])


async def made_so_far(_: Request) -> Answer:
    return json_answer(made)


async def health(_: Request) -> Answer:
    return json_answer({"ok": True})


def application(options: dict[str, Any]) -> Application:
    built: list[Application] = []

    async def metrics(_: Request) -> Answer:
        return await built[0].metrics.answer()

    routes = [
        Route("GET", "/tickets", page, scope="tickets_read"),
        Route("POST", "/tickets", echo, scope="tickets_write"),
        Route("GET", "/tickets/{ticket_id}", page, scope="tickets_read"),
        Route("PUT", "/size", size),
        Route("POST", "/secret", page, answers_secret=True),
        Route("GET", "/conflict", conflict),
        Route("GET", "/old", page, deprecated=GOING),
        Route("POST", "/old", conflict, deprecated=STAYING),
        Route("GET", "/fail", fail),
        Route("GET", "/inject", inject),
        Route("GET", "/wait", wait),
        Route("GET", "/work", work),
        Route("GET", "/stream", stream),
        Route("GET", "/made", made_so_far),
        Route("GET", "/healthz", health, public=True),
        Route("GET", "/metrics", metrics, public=True),
    ]
    bounds = Bounds(
        in_flight=options.pop("in_flight", 1_000),
        wait_seconds=options.pop("wait_seconds", 0.2),
        piece_seconds=options.pop("piece_seconds", 30.0),
        body=BodyLimits(**options.pop("body", {})),
    )
    transport = Transport(allow_plain_http=options.pop("plain", False), trusted_proxies=options.pop("proxies", ()))
    built.append(Application(routes, authenticate, transport=transport, bounds=bounds))
    return built[0]


async def main() -> int:
    options = json.loads(sys.argv[1])
    served = application(options)
    folder = options.pop("self_signed", None)
    if folder:
        options["certificate"], options["key"] = self_signed(Path(folder), "localhost")
    all_answered = await serve(served, Serving(**options), ready=lambda url: print(url, flush=True))
    return 0 if all_answered else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
