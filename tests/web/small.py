"""A small application on the real server, as a program of its own: what the edge does is tested on it from outside.

Options come as one JSON object on the command line: those of Serving, `plain`, `proxies`, `self_signed` (a folder), `in_flight`,
`body` (BodyLimits). It prints its URL when it listens.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from deskline.errors import ConflictError, SignInError
from deskline.web.certificates import self_signed
from deskline.web.requests import BodyLimits, Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Route
from deskline.web.server import Application, Bounds
from deskline.web.serving import Serving, serve
from deskline.web.transport import Transport

PAGE = {"id": "5FUED", "text": "line\u2028end", "names": ["Ó"]}
GOOD = "Basic am9objprZXk="  # john:key


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


async def health(_: Request) -> Answer:
    return json_answer({"ok": True})


def application(options: dict[str, Any]) -> Application:
    made: list[Application] = []

    async def metrics(_: Request) -> Answer:
        return await made[0].metrics.answer()

    routes = [
        Route("GET", "/tickets", page, scope="tickets_read"),
        Route("POST", "/tickets", echo, scope="tickets_write"),
        Route("GET", "/tickets/{ticket_id}", page, scope="tickets_read"),
        Route("PUT", "/size", size),
        Route("GET", "/conflict", conflict),
        Route("GET", "/fail", fail),
        Route("GET", "/inject", inject),
        Route("GET", "/wait", wait),
        Route("GET", "/work", work),
        Route("GET", "/healthz", health, public=True),
        Route("GET", "/metrics", metrics, public=True),
    ]
    bounds = Bounds(
        in_flight=options.pop("in_flight", 1_000),
        wait_seconds=options.pop("wait_seconds", 0.2),
        body=BodyLimits(**options.pop("body", {})),
    )
    transport = Transport(allow_plain_http=options.pop("plain", False), trusted_proxies=options.pop("proxies", ()))
    made.append(Application(routes, authenticate, transport=transport, bounds=bounds))
    return made[0]


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
