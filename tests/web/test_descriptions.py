"""The description of the API and the code say the same: routes, scopes, parameters with their bounds, examples.

What answers look like is held against it in every test that asks a `Company` (see `described.py`).
"""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from deskline.actions import accounts
from deskline.app import compose
from deskline.config import Settings
from deskline.domain.canned_responses import CannedResponse
from deskline.domain.custom_fields import CustomField
from deskline.domain.people import Agent, Group
from deskline.storage import canned_responses, custom_fields, people
from deskline.web.oauth.descriptions import OAUTH
from deskline.web.openapi.document import describe, json_example, path_of
from deskline.web.openapi.operations import Operation, Parameter
from deskline.web.openapi.server import SERVER
from deskline.web.routes import Route, Routes
from deskline.web.server import Application
from deskline.web.v2.descriptions import CHAPTERS
from tests.desks import KEY, OWNER, a_desk, add_ticket
from tests.web.described import ROOM, document, hold, strict
from tests.web.readings import Readings, noted

OPERATIONS: Final = {key: operation for chapter in (*CHAPTERS, OAUTH, SERVER) for key, operation in chapter.operations.items()}
PATHS: Final = {name: parameter for chapter in CHAPTERS for name, parameter in chapter.paths.items()}
BEN: Final = "ben@example.com"  # whom routes are asked about: the owner's own key must go on working
HOW: Final = f"""
An entry is a line in `operations` of a chapter in {ROOM} (the noun's file; a new chapter is named in __init__.py):

    "GET /things/{{thing_id}}": Operation(
        summary="Read a thing",                       # a sentence without its end
        tag=TAG,
        parameters=(Parameter("status", choice(STATUSES), "Those of one status.", "open"),),  # kinds are named as accessors of Params
        answer=ref("Thing"),                          # the schema of the answer, here one of `schemas` of the chapter
        errors={{409: "The thing is closed."}},         # beyond those that all routes like it have
        example={{"id": 1, "name": "A thing"}},
        is_ours=True,                                 # not in the original API
    ),

A write has `body=Body((Parameter("name", text(NAME_LIMIT), "Its name.", "Sales", required=True),))` instead of parameters; lists are
named as forms write them, "tag[]", and nested fields "requester[mail]". A new name in paths has a line in `paths` of the chapter.
"""


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Route]:
    """All routes of the application, by method and path."""
    data = tmp_path_factory.mktemp("composed")

    async def composed() -> Application:
        async with a_desk(data) as database:
            return compose(Settings(data=data), database)

    return {f"{route.method} {route.path}": route for route in _routes_of(asyncio.run(composed())._routes)}


def _routes_of(table: Routes) -> Iterator[Route]:
    places = [table._root]
    while places:
        place = places.pop()
        yield from (route for method, (route, _) in place.routes.items() if method == route.method)
        places += [*place.below.values(), *([place.named] if place.named else [])]


@pytest.fixture(scope="module")
def whole(routes: dict[str, Route]) -> dict[str, Any]:
    return json.loads(json.dumps(describe(routes.values(), (*CHAPTERS, OAUTH, SERVER))))  # type: ignore[no-any-return]


def operations_of(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


# The document as a document


def test_it_fits_the_official_schema_of_openapi_3_1(whole: dict[str, Any]) -> None:
    assert OPENAPI_31["$id"] == "https://spec.openapis.org/oas/3.1/schema/2022-10-07"
    assert [str(error) for error in jsonschema_rs.validator_for(OPENAPI_31).iter_errors(whole)] == []


def test_every_schema_in_it_is_one(whole: dict[str, Any]) -> None:
    for schema in schemas_in(whole):
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema)


def schemas_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("schema"), dict):
            yield value["schema"]
        yield from value.get("schemas", {}).values() if isinstance(value.get("schemas"), dict) else ()
        for each in value.values():
            yield from schemas_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from schemas_in(each)


def test_every_reference_leads_somewhere_and_nothing_is_left_over(whole: dict[str, Any]) -> None:
    referred = set(re.findall(r'"\$ref": "#/components/([^"]+)"', json.dumps(whole)))
    there = {f"{kind}/{name}" for kind in ("schemas", "parameters", "responses", "headers") for name in whole["components"][kind]}
    assert referred == there


def test_operations_have_names_of_their_own(whole: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations_of(whole)]
    assert len(set(names)) == len(names)


# The document and the route table


def test_every_route_is_described(routes: dict[str, Route]) -> None:
    missing = sorted(set(routes) - set(OPERATIONS))
    assert missing == [], f"These routes have no description: {', '.join(missing)}.\n{HOW}"


def test_nothing_else_is_described(routes: dict[str, Route]) -> None:
    assert sorted(set(OPERATIONS) - set(routes)) == [], f"There are no such routes; take their entries out of {ROOM}"


def test_every_name_in_a_path_is_described(routes: dict[str, Route], whole: dict[str, Any]) -> None:
    for key, operation in operations_of(whole):
        named = [each["name"] for each in operation["parameters"] if each.get("in") == "path"]
        assert named == re.findall(r"{(\w+)}", key), f"{key} has a name in its path that is in `paths` of no chapter.\n{HOW}"


def test_every_scope_is_said(routes: dict[str, Route], whole: dict[str, Any]) -> None:
    for key, operation in operations_of(whole):
        route = routes[key]
        said = [scope for way in operation["security"] for scopes in way.values() for scope in scopes]
        if not route.has_own_sign_in:  # as an app, by a token, by nothing at all: each says it for itself
            assert bool(operation["security"]) is not route.public, key
        assert set(said) == {route.scope} - {""}, key
    schemes = whole["components"]["securitySchemes"]
    for scope in {route.scope for route in routes.values()} - {""}:
        assert any(f"`{scope}`" in scheme["description"] for scheme in schemes.values()), scope


# Examples


@pytest.mark.parametrize("name", [name for chapter in CHAPTERS for name in chapter.messages])
def test_messages_are_what_they_are_examples_of(name: str, whole: dict[str, Any]) -> None:
    said = whole["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    shared = {"components": {"schemas": {name: strict(schema) for name, schema in document()["components"]["schemas"].items()}}}
    jsonschema_rs.validator_for(strict(said["schema"]) | shared).validate(said["example"])


def test_every_refusal_has_an_example(whole: dict[str, Any]) -> None:
    for status, response in whole["components"]["responses"].items():
        for content in response.get("content", {}).values():
            assert content["example"]["message"], status


@pytest.mark.parametrize("key", OPERATIONS)
def test_examples_are_what_they_are_examples_of(key: str) -> None:
    operation = OPERATIONS[key]
    shared = {"components": {"schemas": {name: strict(schema) for name, schema in document()["components"]["schemas"].items()}}}
    if operation.example is not None:
        assert operation.answer is not None
        jsonschema_rs.validator_for(strict(operation.answer) | shared).validate(operation.example)
    for parameter in parameters_of(operation):
        jsonschema_rs.validator_for(parameter.schema | shared).validate(parameter.example)
        assert parameter.says.endswith((".", "`)")), f"{parameter.name} of {key}: {parameter.says!r} is not a sentence"


def parameters_of(operation: Operation) -> tuple[Parameter, ...]:
    return (*operation.parameters, *operation.headers_sent, *(operation.body.fields if operation.body else ()))


# Parameters: what handlers read


Read = tuple[Readings, set[str]]
"""What a route reads, and what of it is missed where nothing is sent."""


@pytest.fixture(scope="module")
def read(routes: dict[str, Route], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Read]:
    """What each route reads, when it is sent nothing and when it is sent everything that its description has."""
    data = tmp_path_factory.mktemp("read")
    return asyncio.run(_read_all(data, routes))


async def _read_all(data: Path, routes: dict[str, Route]) -> dict[str, Read]:
    found: dict[str, Read] = {}
    async with a_desk(data) as database:
        async with database.write(1) as tx:
            await people.add_group(tx, Group(1, "Sales"))
            await accounts.add_agent(tx, Agent(login=BEN, name="Ben"))
            await canned_responses.add_response(tx, CannedResponse(id=int(PATHS["response_id"].example), text="Hello", tags=()))
            await custom_fields.save_field(tx, CustomField(key=PATHS["field_key"].example, name="Area", type="choice", choices=("Orders",)))
            ticket = json.loads(await add_ticket(tx))["id"]
        names = {name: parameter.example for name, parameter in PATHS.items()} | {"ticket_id": ticket, "login": BEN, "group_id": "1"}
        transport = httpx.ASGITransport(compose(Settings(data=data), database))
        async with httpx.AsyncClient(transport=transport, base_url="https://desk.example", auth=(OWNER.id, KEY)) as client:
            # Last what takes our own key away.
            for key, route in sorted(routes.items(), key=lambda each: ("reset_api_key" in each[0], each[1].method == "DELETE")):
                if key not in OPERATIONS:
                    continue
                with noted(pytest.MonkeyPatch()) as readings:
                    answers = [await client.request(**each) for each in _requests(route, OPERATIONS[key], route.path.format(**names))]
                unheard = {429, 500, 503} | ({401, 403} if route.scope else set())
                assert not {answer.status_code for answer in answers} & unheard, f"{key}: {[answer.text for answer in answers]}"
                found[key] = readings, set(re.findall(r'"([^"]+): is missing', answers[0].text))
    return found


def _requests(route: Route, operation: Operation, path: str) -> Iterator[dict[str, Any]]:
    """Ask without anything, with every parameter, and with a JSON body of every field."""
    query = {each.name: each.example for each in operation.parameters}
    yield {"method": route.method, "url": path}
    yield {"method": route.method, "url": path, "params": query}
    if operation.body is not None and operation.body.fields:
        yield {"method": route.method, "url": path, "json": json_example(operation.body.fields)}


def said_of(operation: Operation) -> dict[str, Parameter]:
    """The parameters of a description by the names that errors have for them: `tag` for `tag[]`."""
    fields = (*operation.parameters, *(operation.body.fields if operation.body else ()))
    return {spoken(each.name): each for each in fields}


def spoken(name: str) -> str:
    first, *inner = path_of(name)
    return first + "".join(f"[{each}]" for each in inner)


@pytest.mark.parametrize("key", OPERATIONS)
def test_parameters_are_those_that_the_handler_reads(read: dict[str, Read], key: str) -> None:
    (readings, missed), said = read[key], said_of(OPERATIONS[key])
    names = set(readings) - {"callback"}
    assert sorted(names - set(said)) == [], f"{key} reads what its description in {ROOM} does not say: add a Parameter to it.\n{HOW}"
    assert sorted(set(said) - names) == [], f"{key} does not read what its description in {ROOM} says: take it out there."
    for name in names:
        for word, bound in readings[name].items():
            if word != "examples":
                assert said[name].schema.get(word) == bound, f"{key} reads {name!r} as {readings[name]}; say the same in {ROOM}"
    assert {name for name, each in said.items() if each.required} == missed, f"{key}: say `required` of what must be there"


# That tests notice


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "said"),
    [
        ("GET", "/status", 200, {"status": "away"}, "at /status: "),
        ("GET", "/v2/Status/", 200, {"status": "online", "since": 1}, "'since'"),
        ("GET", "/tickets", 200, {"pages": 0, "total": 0}, '"tickets" is a required property'),
        ("GET", "/tickets", 400, {"error": "no"}, '"errors" is a required property'),
        ("GET", "/tickets", 418, {}, "GET /tickets answered 418: say when, in `errors`"),
    ],
)
def test_an_answer_that_is_not_described_is_noticed(method: str, path: str, status: int, body: Any, said: str) -> None:
    answer = httpx.Response(status, json=body)
    with pytest.raises(AssertionError, match=re.escape(said)):
        hold(method, f"{path}?page=1".encode(), answer, as_documented=False)


def test_a_media_type_that_is_not_described_is_noticed() -> None:
    answer = httpx.Response(200, content=b"a", headers={"content-type": "text/csv; charset=utf-8"})
    hold("GET", b"/reports/tickets/ratings", answer, as_documented=False)
    with pytest.raises(AssertionError, match="answered text/csv"):
        hold("GET", b"/tickets", answer, as_documented=False)
