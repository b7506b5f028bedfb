"""The OpenAPI document: the routes that there are, and what their descriptions say of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from deskline.domain.scopes import SCOPES
from deskline.web.idempotency import LONGEST_KEY
from deskline.web.openapi import kinds
from deskline.web.openapi.kinds import Schema
from deskline.web.openapi.operations import FORM_TYPE, JSON_TYPE, Body, Chapter, Message, Operation, Parameter
from deskline.web.responses import CALLBACK_LIMIT, SIGN_IN_TEXT, UNEXPECTED_TEXT
from deskline.web.routes import Route

OPENAPI: Final = "3.1.1"
SIGNED_IN: Final = "key"
LET_IN: Final = "app"
OF_APPS: Final = "client"
_FLOW: Final = {"authorizationUrl": "/authorize", "tokenUrl": "/token", "refreshUrl": "/token"}
_ABOUT: Final = (
    "The ticket side of the LiveChat REST API v2.0, and what Deskline adds to it. Every path is also there under `/v2`. Parameters come in "
    "the query, or in the body as JSON or as a form; `tag`, `tag[]` and `tag[0]` are one parameter; empty values count as absent, unknown "
    "ones are ignored. Success is always 200."
)
_ERRORS: Final[Mapping[int, str]] = {
    304: "The answer has the entity tag that `If-None-Match` names; there is no body.",
    400: "A parameter is wrong or missing: every wrong one is named, with what is accepted.",
    401: "No, unknown or revoked credentials.",
    403: "Known, but not allowed: by permission, by scope, by the transport, or from a page of another site.",
    404: "There is no such object in this account.",
    408: "The body did not come in time.",
    409: "A request with the same `Idempotency-Key` is being worked on; repeat it after `Retry-After`.",
    412: "It is not as `If-Match` says: somebody has changed it. Read it again.",
    413: "The body is too large, or there are more than 1,000 parameters.",
    414: "The address is longer than 65,534 bytes; there is no body.",
    422: "The `Idempotency-Key` stands for another request.",
    429: "Too many requests with this key, or failed sign-ins from this address; come back after `Retry-After`.",
    431: "The headers and the address are too long together; there is no body.",
    500: "A mistake of the server, with a name to look for in its log.",
    503: "Try again later, as `Retry-After` says: overloaded, stopping, a query beyond its budget, or the database is away.",
    507: "The disk is full: nothing was stored, reading goes on.",
}
_HEADERS: Final[Mapping[str, str]] = {
    "X-Request-Id": "The request's name in the log of the server: that which it was sent with, or one of its own.",
    "RateLimit-Policy": 'How many requests a minute one key may send: `"requests";q=60000;w=60`.',
    "RateLimit": 'How many are left, and in how many seconds all are back: `"requests";r=59999;t=1`.',
    "Retry-After": "After how many seconds to ask again.",
    "WWW-Authenticate": "How to sign in, and which scope is missing (RFC 6750).",
}
_HEADERS_OF: Final[Mapping[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    403: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After", "RateLimit-Policy", "RateLimit"),
    503: ("Retry-After",),
}
_EXAMPLES: Final[Mapping[int, str]] = {
    401: SIGN_IN_TEXT,
    403: "This token does not have the scope 'tickets_write', which this request needs.",
    404: "There is no ticket '5FUED' here.",
    408: "The body did not come in time; accepted: all of it in 10 seconds, at 1,000 bytes a second or more.",
    409: "Idempotency-Key: a request with this key is being worked on; repeat yours in a moment to get its answer.",
    412: "If-Match: this is not as you saw it last, somebody has changed it since, and nothing was changed now.",
    413: "The body is too large; accepted: at most 1,000,000 bytes.",
    422: "This Idempotency-Key stands for another request.",
    429: "Too many requests: 60,000 a minute are accepted with one key; wait a second.",
    500: UNEXPECTED_TEXT.format("1c0e4a7be5d2"),
    503: "The server has more work than it can do; please try again in a moment.",
    507: "The disk is full; nothing was changed.",
}
_A_PROBLEM: Final = "status: 'closed' is not accepted; accepted: open, pending, solved, spam"
_WITHOUT_BODY: Final = frozenset({304, 414, 431})
_OF_ALL: Final = (400, 413, 414, 431, 500, 503)
_OF_OAUTH: Final = {
    "error": kinds.string("Of OAuth only: the protocol's word."),
    "error_description": kinds.string("Of OAuth only: a sentence for the developer of an app."),
}
_SHARED: Final[dict[str, Schema]] = {
    "Problems": kinds.record(
        {
            "errors": kinds.listed(kinds.string(), "One for each parameter that is wrong: `<name>: <why>; accepted: <what>`."),
            "message": kinds.string("The first of them."),
        },
        _OF_OAUTH,
        says="Why a request is wrong.",
    ),
    "Error": kinds.record(
        {"error": kinds.string("What was wrong, and what to do."), "message": kinds.string("The same.")},
        {"error_description": _OF_OAUTH["error_description"]},
        says="Why it was refused.",
    ),
}
_VERSION: Final = Parameter(
    "X-API-Version", kinds.string(), "Version of the API. Without it, and for anything but 1, it is 2; 1 is refused.", "2"
)
_KNOWN: Final = Parameter("If-None-Match", kinds.string(), "An `ETag` of an earlier answer: while it holds, the answer is 304.", 'W/"2-x"')
_CALLBACK: Final = Parameter(
    "callback", kinds.text(CALLBACK_LIMIT), "The name of a function to call with the answer (JSONP): letters, digits, `_ $ . [ ]`.", "show"
)


_REPEATED: Final = Parameter(
    "Idempotency-Key",
    kinds.text(LONGEST_KEY),
    "A new one for each request, such as a UUID: for 24 hours each repetition of the request is answered as the first, and nothing is done "
    "twice. With quotes or without.",
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
)
_MATCHED: Final = Parameter(
    "If-Match",
    kinds.string(),
    "The `ETag` of the same path read by GET (or of the ticket above it): nothing is changed if somebody has changed it since.",
    "*",
)


def describe(routes: Iterable[Route], chapters: Sequence[Chapter], *, changed: Mapping[str, Schema] | None = None) -> dict[str, Any]:
    """Describe the routes. `changed` are schemas that this server's settings make different. A route without a description is left out."""
    operations = {key: operation for chapter in chapters for key, operation in chapter.operations.items()}
    names = {name: parameter for chapter in chapters for name, parameter in chapter.paths.items()}
    schemas = {name: schema for chapter in chapters for name, schema in chapter.schemas.items()}
    paths: dict[str, Any] = {}
    scopes: set[str] = set()
    for route in routes:
        operation = operations.get(f"{route.method} {route.path}")
        if operation is None:
            continue
        scopes |= {route.scope} - {""}
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, operation, names)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Deskline",
            "version": version("deskline"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}, {"url": "/v2", "description": "The same, as clients of the original write it."}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations.values())],
        "paths": paths,
        "webhooks": {name: _message(message) for chapter in chapters for name, message in chapter.messages.items()},
        "components": {
            "schemas": dict(sorted((_SHARED | schemas | dict(changed or {})).items())),
            "parameters": {
                "version": _parameter(_VERSION, "header"),
                "known": _parameter(_KNOWN, "header"),
                "repeated": _parameter(_REPEATED, "header"),
                "matched": _parameter(_MATCHED, "header"),
                "callback": _parameter(_CALLBACK, "query"),
            },
            "headers": {name: {"description": says, "schema": kinds.string()} for name, says in _HEADERS.items()},
            "responses": {str(status): _refusal(status, says) for status, says in _ERRORS.items()},
            "securitySchemes": {
                SIGNED_IN: {
                    "type": "http",
                    "scheme": "basic",
                    "description": "User: the agent's login, or the account's number. Password: the API key, which opens all that the "
                    "agent's permission allows, or a personal access token, which opens what its "
                    "scopes name. Scopes: " + ", ".join(f"`{scope}`" for scope in sorted(scopes)) + ".",
                },
                OF_APPS: {
                    "type": "http",
                    "scheme": "basic",
                    "description": "User: the app's `client_id`. Password: its secret. A public app has none, and is named in the body.",
                },
                LET_IN: {
                    "type": "oauth2",
                    "description": "A Bearer token that an agent gave an app: it opens what its scopes name, and nothing else.",
                    "flows": {"authorizationCode": _FLOW | {"scopes": {scope: SCOPES[scope] for scope in SCOPES if scope in scopes}}},
                },
            },
        },
    }


def _security(route: Route) -> list[dict[str, list[str]]]:
    return [{SIGNED_IN: [route.scope]}, {LET_IN: [route.scope]}] if route.scope else [{SIGNED_IN: []}]


def operation_id(route: Route) -> str:
    """Name the operation of a route for programs that make clients of the document: `get_tickets_ticket_id`."""
    return re.sub(r"\W+", "_", f"{route.method} {route.path}".lower()).strip("_")


def _operation(route: Route, operation: Operation, names: Mapping[str, Parameter]) -> dict[str, Any]:
    in_path = re.findall(r"{(\w+)}", route.path)
    described: dict[str, Any] = {"operationId": operation_id(route), "summary": operation.summary, "tags": [operation.tag]}
    says = " ".join(filter(None, (operation.says, "Not in the original API." if operation.is_ours and not route.public else "")))
    if says:
        described["description"] = says
    described["parameters"] = [
        *(_parameter(names[name], "path") for name in in_path if name in names),
        *(_parameter(each, "query") for each in operation.parameters),
        *(_parameter(each, "header") for each in operation.headers_sent),
        *([] if route.public else [{"$ref": "#/components/parameters/version"}]),
        *([{"$ref": f"#/components/parameters/{name}"} for name in (*_of_reading(route, operation), *_of_writing(route))]),
    ]
    if operation.body is not None:
        described["requestBody"] = _body(operation.body)
    described["responses"] = _responses(route, operation, bool(in_path))
    if route.deprecated is not None:
        described["deprecated"] = True
    described["security"] = list(operation.security) if route.public or route.has_own_sign_in else _security(route)
    return described


def _message(message: Message) -> dict[str, Any]:
    return {
        "post": {
            "summary": message.summary,
            "description": message.says,
            "parameters": [_parameter(each, "header") for each in message.headers],
            "requestBody": {"required": True, "content": {JSON_TYPE: {"schema": message.body, "example": message.example}}},
            "responses": {"2XX": {"description": "The message was taken. Anything else is a failure, after which it is sent again."}},
        }
    }


def _of_reading(route: Route, operation: Operation) -> list[str]:
    if route.method != "GET":
        return []
    return ["known"] if operation.answer is None or route.public else ["known", "callback"]


def _of_writing(route: Route) -> list[str]:
    if route.method == "GET" or route.public or route.has_own_sign_in:
        return []
    return [*([] if route.answers_secret or route.takes_file else ["repeated"]), *(["matched"] if route.state is not None else [])]


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": parameter.name, "in": place, "description": parameter.says, "schema": parameter.schema}
    if parameter.schema.get("type") == "object":
        shown |= {"style": "deepObject", "explode": True}
    if parameter.required or place == "path":
        shown["required"] = True
    return shown | {"example": parameter.example}


def _body(body: Body) -> dict[str, Any]:
    if body.media:
        return {"required": True, "content": {kind: {"schema": schema} for kind, schema in body.media.items()}}
    as_json: dict[str, Any] = {"schema": _as_json(body.fields)}
    as_form: dict[str, Any] = {"schema": _as_form(body.fields)}
    keyed = [field.name for field in body.fields if field.schema.get("type") == "object"]
    if keyed:  # `name[key]=value`, as all nested fields are written here
        as_form["encoding"] = {name: {"style": "deepObject", "explode": True} for name in keyed}
    given = [field for field in body.fields if field.example is not None]
    if given:
        as_json["example"] = json_example(given)
        as_form["example"] = {field.name: field.example for field in given}
    return {"required": any(field.required for field in body.fields), "content": {JSON_TYPE: as_json, FORM_TYPE: as_form}}


def _as_form(fields: Sequence[Parameter]) -> Schema:
    said = {field.name: field.schema | {"description": field.says} for field in fields}
    return kinds.record(
        {field.name: said[field.name] for field in fields if field.required},
        {field.name: said[field.name] for field in fields if not field.required},
    )


def _as_json(fields: Sequence[Parameter]) -> Schema:
    """Nest fields: `requester[mail]` is `mail` within `requester`, `tag[]` is the list `tag`."""
    root: Schema = {"type": "object", "properties": {}}
    for field in fields:
        *outer, name = path_of(field.name)
        place = root
        for each in outer:
            if field.required and each not in place.setdefault("required", []):
                place["required"].append(each)
            place = place["properties"].setdefault(each, {"type": "object", "properties": {}})
        place["properties"][name] = field.schema | {"description": field.says}
        if field.required:
            place.setdefault("required", []).append(name)
        if field.json is not None:
            first = path_of(field.name)[0]
            root["properties"][first] = {"anyOf": [root["properties"][first], field.json]}
    return root


def json_example(fields: Iterable[Parameter]) -> dict[str, Any]:
    """Put the examples of fields into a JSON body."""
    body: dict[str, Any] = {}
    for field in fields:
        *outer, name = path_of(field.name)
        place = body
        for each in outer:
            place = place.setdefault(each, {})
        place[name] = field.example
    return body


def path_of(name: str) -> list[str]:
    """Take `requester[mail]` apart into `requester` and `mail`; `tag[]` is `tag`."""
    return [part for part in name.replace("]", "").split("[") if part]


def _responses(route: Route, operation: Operation, has_name: bool) -> dict[str, Any]:
    statuses = list(_OF_ALL) if not route.public else [403, 500, 503]
    if route.method == "GET":
        statuses += [304]
    if not route.public:
        statuses += [401, 403, 429]
    if has_name:
        statuses += [404]
    if route.method != "GET":
        statuses += [408, 507]
    for name in _of_writing(route):
        statuses += {"repeated": [409, 422], "matched": [412]}[name]
    found = {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}
    found |= {
        status: _page(status, says) if status in operation.pages else _refusal(status, says, operation.problems)
        for status, says in operation.errors.items()
    }
    return {"200": _success(route, operation)} | {str(status): found[status] for status in sorted(found)}


def _success(route: Route, operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.answer is not None:
        content[JSON_TYPE] = {"schema": operation.answer}
        if operation.example is not None:
            content[JSON_TYPE]["example"] = operation.example
        if "callback" in _of_reading(route, operation):
            content["text/javascript"] = {"schema": kinds.string("The same as an argument of the function that `callback` names.")}
    content |= {kind: {"schema": schema} for kind, schema in operation.files.items()}
    shown: dict[str, Any] = {"description": "Done.", "content": content}
    headers = ({"ETag": "What `If-None-Match` takes."} if route.method == "GET" else {}) | dict(operation.headers)
    limited = () if route.public or route.has_own_sign_in else ("RateLimit-Policy", "RateLimit")
    shown["headers"] = _named("X-Request-Id", *limited)
    shown["headers"] |= {name: {"description": says, "schema": kinds.string()} for name, says in headers.items()}
    return shown


def _named(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _page(status: int, says: str) -> dict[str, Any]:
    """Describe a refusal for people, before which the server itself may refuse; where it sends them back, there is nothing to read."""
    if status == 303:
        return {"description": says, "headers": {"Location": {"description": "Where the browser goes.", "schema": kinds.string()}}}
    refused = _refusal(status, says)
    return refused | {"content": {"text/html": {"schema": kinds.string("The page.")}} | refused["content"]}


def _refusal(status: int, says: str, problems: str = "Problems") -> dict[str, Any]:
    if status in _WITHOUT_BODY:
        return {"description": says}
    shown: dict[str, Any] = {"schema": kinds.ref(problems if status == 400 else "Error")}
    if status == 400 and problems == "Problems":
        shown["example"] = {"errors": [_A_PROBLEM], "message": _A_PROBLEM}
    elif status in _EXAMPLES:
        shown["example"] = {"error": _EXAMPLES[status], "message": _EXAMPLES[status]}
    return {"description": says, "headers": _named("X-Request-Id", *_HEADERS_OF.get(status, ())), "content": {JSON_TYPE: shown}}
