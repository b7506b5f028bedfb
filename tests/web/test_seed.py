"""What was described of the original's tickets and reports in Swagger 2.0 is a subset of what is described here.

The facts stand here. Where the file that they were taken from lies beside the project, they are compared with it.
"""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.web.described import document
from tests.web.test_descriptions import spoken

FILE: Final = Path(__file__).parents[3] / "shared" / "seed" / "livechat-tickets.swagger.yaml"
DAYS: Final = {"query date_from", "query date_to"}
SEED: Final[dict[str, set[str]]] = {
    "GET /tickets": {"query date_from", "query status"},
    "POST /tickets": {"formData message", "formData requester[mail]", "formData requester[name]", "formData subject"},
    "GET /tickets/5FUED": set(),
    "PUT /tickets/5FUED/tags": {"formData tag[]"},
    "GET /reports/tickets/new_tickets": DAYS | {"query group_by"},
    "GET /reports/tickets/first_response_time": DAYS | {"query agent"},
    "GET /reports/tickets/solved_tickets": DAYS,
    "GET /reports/tickets/resolution_time": DAYS,
    "GET /reports/tickets/ticket_sources": DAYS,
    "GET /reports/tickets/ratings": DAYS | {"query group", "query group_by"},
    "GET /reports/tickets/ratings/ranking": set(),
}
"""The eleven operations with their parameters; each has the header X-API-Version too, and the one answer 200."""


def ours(method: str, path: str) -> dict[str, Any]:
    """Find our operation at a path of theirs: a name in a path of ours stands for its example."""
    for template, methods in document()["paths"].items():
        operation = methods.get(method.lower())
        if operation is not None:
            examples = {each["name"]: each["example"] for each in operation["parameters"] if each.get("in") == "path"}
            if template.format(**examples) == path:
                return operation  # type: ignore[no-any-return]
    raise AssertionError(f"{method} {path} is not described")


def taken(operation: dict[str, Any]) -> dict[str, bool]:
    """The parameters of an operation of ours as Swagger 2.0 places them, and whether each is required. `tag` and `tag[]` are one."""
    shared = document()["components"]["parameters"]
    found = {}
    for each in operation["parameters"]:
        parameter = shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        found[f"{parameter['in']} {spoken(parameter['name'])}"] = parameter.get("required", False)
    form = operation.get("requestBody", {"content": {}})["content"].get("application/x-www-form-urlencoded", {"schema": {"properties": {}}})
    for name in form["schema"]["properties"]:
        found[f"formData {spoken(name)}"] = name in form["schema"].get("required", ())
    return found


@pytest.mark.parametrize("key", SEED)
def test_an_operation_of_the_original_is_one_of_ours(key: str) -> None:
    method, path = key.split()
    operation = ours(method, path)
    theirs = {f"{place} {spoken(name)}" for place, name in (each.split() for each in {*SEED[key], "header X-API-Version"})}
    accepted = taken(operation)
    assert theirs <= set(accepted), "each of their parameters is one of ours"
    required = {name for name, is_required in accepted.items() if is_required}
    assert required <= theirs | {"path ticket_id"}, "and what ours cannot do without is among them"
    assert "application/json" in operation["responses"]["200"]["content"]


@pytest.mark.skipif(not FILE.exists(), reason="the file lies beside the project's own checkout only")
def test_the_facts_are_those_of_the_file() -> None:
    found: dict[str, set[str]] = {}
    path = place = key = ""
    for line in FILE.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"  (/\S+):", line):
            path = match[1]
        elif match := re.fullmatch(r"    (get|put|post|delete):", line):
            key = f"{match[1].upper()} {path}"
            found[key] = set()
        elif match := re.fullmatch(r"      - in: (\w+)", line):
            place = match[1]
        elif match := re.fullmatch(r"        name: (\S+)", line):
            found[key].add(f"{place} {match[1]}")
    assert found == {name: parameters | {"header X-API-Version"} for name, parameters in SEED.items()}
