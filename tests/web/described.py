"""Answers held against the description of the API: what a route answers, its description says, and no field more.

Every answer that a `Company` of the tests gets goes through `hold`, so a field, a status or a media type that nobody described fails the
test that first sees it.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import httpx
import jsonschema_rs

from deskline.errors import MethodError, NotFoundError
from deskline.web.oauth.descriptions import OAUTH
from deskline.web.oauth.routes import oauth_routes
from deskline.web.openapi.document import describe
from deskline.web.openapi.server import SERVER
from deskline.web.routes import Route, Routes
from deskline.web.v2.descriptions import CHAPTERS
from deskline.web.v2.descriptions.ticket_shapes import AS_DOCUMENTED
from deskline.web.v2.public_form import PublicForm
from deskline.web.v2.routes import ROUTES

ROOM: Final = "src/deskline/web/v2/descriptions/"


@cache
def table() -> tuple[Route, ...]:
    """The routes of all that a `Company` asks."""
    credentials: Any = SimpleNamespace(sign_in=None)  # no route is run
    return (*ROUTES, *oauth_routes(credentials, lambda _: ""), *PublicForm(lambda _: "", per_minute=0).routes())


@cache
def document(*, as_documented: bool = False) -> dict[str, Any]:
    """The description of all these routes, as a server with such settings has it."""
    return describe(table(), (*CHAPTERS, OAUTH, SERVER), changed=AS_DOCUMENTED if as_documented else None)


@cache
def _routes() -> Routes:
    return Routes(table())


@cache
def _components(*, as_documented: bool) -> dict[str, Any]:
    return {"schemas": {name: strict(schema) for name, schema in document(as_documented=as_documented)["components"]["schemas"].items()}}


def strict(schema: Any) -> Any:
    """Let every object have the fields that are described, and no others."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {name: strict(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        shut["additionalProperties"] = False
    return shut


@cache
def _check_of(method: str, path: str, status: str, *, as_documented: bool) -> jsonschema_rs.Validator | None:
    responses = document(as_documented=as_documented)["paths"][path][method.lower()]["responses"]
    said = responses[status]
    if "$ref" in said:
        said = document()["components"]["responses"][said["$ref"].rpartition("/")[2]]
    shape = said.get("content", {}).get("application/json")
    if shape is None:
        return None
    whole = strict(shape["schema"]) | {"components": _components(as_documented=as_documented)}
    return jsonschema_rs.validator_for(whole)


def hold(method: str, path: bytes, answer: httpx.Response, *, as_documented: bool) -> None:
    """Fail where an answer is not as the description of its route says. What no route or no description is there for is let through."""
    try:
        route, _ = _routes().match(method, path.partition(b"?")[0])
    except (NotFoundError, MethodError):
        return
    said = document()["paths"].get(route.path, {}).get(route.method.lower())
    if said is None:
        return  # `test_descriptions.py` says so
    status, key = str(answer.status_code), f"{route.method} {route.path}"
    assert status in said["responses"], f"{key} answered {status}: say when, in `errors` of {key!r} in {ROOM}"
    if not answer.content:
        return
    if answer.status_code == 200 and "*/*" in said["responses"]["200"]["content"]:
        return  # a file, of whatever type it is
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "application/json":
        check = _check_of(route.method, route.path, status, as_documented=as_documented)
        assert check is not None, f"{key} answered {status} with JSON: describe it in `answer` of {key!r} in {ROOM}"
        problems = [f"at /{'/'.join(map(str, error.instance_path))}: {error.message}" for error in check.iter_errors(answer.json())]
        assert not problems, f"{key} answered {status} with what its description in {ROOM} does not say:\n" + "\n".join(problems)
    elif answer.status_code == 200:
        assert kind in said["responses"]["200"]["content"], f"{key} answered {kind}: say so in `files` of {key!r} in {ROOM}"
