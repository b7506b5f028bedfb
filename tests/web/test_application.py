import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from deskline.errors import SignInError
from deskline.web.requests import Message, Request
from deskline.web.responses import Answer, json_answer
from deskline.web.routes import Route
from deskline.web.server import Application
from tests.web.builders import SIGNED_IN, Sent, a_scope


async def authenticate(request: Request) -> str:
    if b"authorization" not in request.headers:
        raise SignInError("no")
    assert request.route is not None
    return f"john for {request.route.scope}"


async def told(request: Request) -> Answer:
    return json_answer({"by": request.principal, "values": request.route_values, "services": request.services})


async def fail(_: Request) -> Answer:
    raise RuntimeError("secret detail")


NAMED = (b"x-request-id", b"mine")
ROUTES = (
    Route("GET", "/tickets/{ticket_id}", told, scope="tickets_read"),
    Route("GET", "/fail", fail),
    Route("GET", "/healthz", told, public=True),
)


def answered(application: Application, scope: Message) -> tuple[int, Any]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(application(scope, Sent(), send))
    start, body = sent
    return start["status"], json.loads(body["body"])


def test_a_handler_finds_everything_at_the_request() -> None:
    application = Application(ROUTES, authenticate, services="the database")
    scope = a_scope("GET", b"/tickets/5FUED", headers=[SIGNED_IN])
    assert answered(application, scope) == (
        200,
        {"by": "john for tickets_read", "values": {"ticket_id": "5FUED"}, "services": "the database"},
    )
    assert (application.begun, application.in_flight) == (1, 0)


def test_a_public_route_asks_nobody() -> None:
    assert answered(Application(ROUTES, authenticate), a_scope("GET", b"/healthz")) == (200, {"by": None, "values": {}, "services": None})
    assert answered(Application(ROUTES, authenticate), a_scope("GET", b"/fail"))[0] == 401


def test_a_fault_is_in_the_log_under_the_name_that_the_client_was_told() -> None:
    with capture_logs() as lines:
        status, body = answered(Application(ROUTES, authenticate), a_scope("GET", b"/fail", query=b"secret=1", headers=[SIGNED_IN]))
    assert status == 500
    (line,) = lines
    assert line["log_level"] == "error"
    assert line["path"] == "/fail"
    assert line["request_id"] in body["error"]


def test_what_a_client_did_wrong_is_not_in_the_log() -> None:
    with capture_logs() as lines:
        assert answered(Application(ROUTES, authenticate), a_scope("GET", b"/nothing"))[0] == 404
        assert answered(Application(ROUTES, authenticate), a_scope("GET", b"/fail"))[0] == 401
    assert lines == []


def test_requests_can_be_logged_without_their_queries() -> None:
    application = Application(ROUTES, authenticate, log_access=True)
    with capture_logs() as lines:
        answered(
            application, a_scope("GET", b"/tickets/\xff\n", query=b"requester[mail]=mary@x.com", headers=[SIGNED_IN, NAMED], peer="::1")
        )
    (line,) = lines
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/tickets/\\xff\\n",
        "status": 404,
        "bytes": 79,
        "peer": "::1",
        "request_id": "mine",
    }


def test_only_http_is_spoken() -> None:
    with pytest.raises(RuntimeError, match="websocket is not spoken here"):
        asyncio.run(Application(ROUTES, authenticate)({"type": "websocket"}, Sent(), Sent()))  # type: ignore[arg-type]
