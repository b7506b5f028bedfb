"""The documentation as one HTML page, made of the OpenAPI document: no script, nothing from elsewhere, so it works offline.

Whatever it shows is escaped text; between backticks it is code.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

_HOST: Final = "https://api.example.com"
_CODE: Final = re.compile(r"`([^`]+)`")
_STYLE: Final = files("deskline.web.openapi").joinpath("page.css").read_text("utf-8")
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy that a browser is to hold the page to: nothing is loaded, nothing runs, and only our own style applies."""

Json = dict[str, Any]


def show_page(document: Json) -> str:
    """Write the page."""
    chapters = list(_chapters(document))
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(document['info']['title'])} API</title><style>{_STYLE}</style></head><body>",
            f"<nav><h2>{escape(document['info']['title'])} API</h2>{''.join(_contents(*chapter) for chapter in chapters)}",
            '<h3><a href="#schemas">Schemas</a></h3></nav><main>',
            _beginning(document),
            *(_chapter(document, tag, operations) for tag, operations in chapters),
            _schemas(document["components"]["schemas"]),
            "</main></body></html>",
        )
    )


def _chapters(document: Json) -> Iterator[tuple[str, list[tuple[str, str, Json]]]]:
    for tag in document["tags"]:
        found = [
            (method.upper(), path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if operation["tags"] == [tag["name"]]
        ]
        if found:
            yield tag["name"], found


def _contents(tag: str, operations: list[tuple[str, str, Json]]) -> str:
    lines = "".join(
        f'<li><a href="#{operation["operationId"]}"><b class="{method.lower()}">{method}</b> {escape(path)}</a></li>'
        for method, path, operation in operations
    )
    return f'<h3><a href="#{_anchor(tag)}">{escape(tag)}</a></h3><ul>{lines}</ul>'


def _beginning(document: Json) -> str:
    schemes = document["components"]["securitySchemes"]
    ways = "".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{_prose(scheme.get('description', ''))}</dd>" for name, scheme in schemes.items()
    )
    return (
        f"<h1>{escape(document['info']['title'])} API</h1><p>{_prose(document['info']['description'])}</p>"
        f'<p>Version {escape(document["info"]["version"])}. For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"<h2>Signing in</h2><dl>{ways}</dl>"
    )


def _chapter(document: Json, tag: str, operations: list[tuple[str, str, Json]]) -> str:
    return f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>' + "".join(_operation(document, *each) for each in operations)


def _operation(document: Json, method: str, path: str, operation: Json) -> str:
    parameters = [_resolved(document, each) for each in operation.get("parameters", ())]
    own = [each for each in parameters if each["name"] not in {"X-API-Version", "If-None-Match", "callback"}]
    body = operation.get("requestBody", {}).get("content", {})
    form = body.get("application/x-www-form-urlencoded") or next(iter(body.values()), None)
    parts = [
        f'<section id="{operation["operationId"]}"><h3><b class="{method.lower()}">{method}</b> <code>{escape(path)}</code></h3>',
        f"<p><strong>{_prose(operation['summary'])}.</strong> {_prose(operation.get('description', ''))}</p>",
        "<p>Deprecated: it will go.</p>" if operation.get("deprecated") else "",
        f'<p class="scope">{_needed(operation)}</p>',
        _table("Parameters", (_row(each, each["schema"]) for each in own)),
        _table("Body, as JSON or as a form" if len(body) > 1 else "Body", _fields(form["schema"])) if form else "",
        f"<pre>{escape(_curl(method, path, own, body))}</pre>",
        _answers(document, operation),
        "</section>",
    ]
    return "".join(parts)


def _needed(operation: Json) -> str:
    if not operation["security"]:
        return "No sign-in."
    scopes = dict.fromkeys(scope for way in operation["security"] for scopes in way.values() for scope in scopes)
    return f"Scope: {', '.join(f'<code>{escape(scope)}</code>' for scope in scopes)}" if scopes else "Needs a sign-in, and no scope."


def _table(title: str, rows: Iterable[str]) -> str:
    lines = "".join(rows)
    return f"<h4>{title}</h4><table>{lines}</table>" if lines else ""


def _fields(schema: Json) -> Iterator[str]:
    for name, each in schema.get("properties", {}).items():
        yield _row({"name": name, "required": name in schema.get("required", ()), "description": each.get("description")}, each)


def _row(parameter: Json, schema: Json) -> str:
    marks = [*(["required"] if parameter.get("required") else []), *(["in the path"] if parameter.get("in") == "path" else [])]
    mark = f" <em>{', '.join(marks)}</em>" if marks else ""
    says = _prose(parameter.get("description") or "")
    return f"<tr><th><code>{escape(parameter['name'])}</code>{mark}</th><td>{says}</td><td>{_kind(schema)}</td></tr>"


def _kind(schema: Json) -> str:
    """Say in a few words what a schema takes, with links to those that have names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    if "enum" in schema:
        return " ".join(f"<code>{escape(str(option))}</code>" for option in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_kind, schema["anyOf"])))
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return f"{_kind(schema | {'type': kind[0]})} or null"
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"by key: {_kind(schema['additionalProperties'])}"
    if kind == "object" and schema.get("properties"):
        return f"<ul>{''.join(f'<li><code>{escape(name)}</code>: {_kind(each)}</li>' for name, each in schema['properties'].items())}</ul>"
    return escape(str(schema.get("format", kind))) + _bounds(schema)


def _bounds(schema: Json) -> str:
    if "maximum" in schema:
        return f", {schema['minimum']:,} to {schema['maximum']:,}"
    return f", at most {schema['maxLength']:,} characters" if "maxLength" in schema else ""


def _curl(method: str, path: str, parameters: list[Json], body: Json) -> str:
    """Write a line that can be pasted, with one parameter beside those that it needs."""
    for each in parameters:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each["example"]))
    query = [(each["name"], each["example"]) for each in parameters if each["in"] == "query" and each.get("example") not in (None, "")][:1]
    target = f"{_HOST}{path}" + (f"?{urlencode(query, doseq=True, safe='[]')}" if query else "")
    line = f'curl "{target}"' + ("" if method == "GET" else f" -X {method}") + " -u LOGIN:API_KEY"
    example = body.get("application/json", {}).get("example")
    if example is None:
        return line
    text = json.dumps(example, ensure_ascii=False).replace("'", "'\\''")
    return f"{line} \\\n  -H Content-Type:application/json -d '{text}'"


def _answers(document: Json, operation: Json) -> str:
    rows, example = [], None
    for status, said in operation["responses"].items():
        answer = _resolved(document, said)
        content = answer.get("content", {})
        kinds = ", ".join(_kind(each["schema"]) if kind == "application/json" else escape(kind) for kind, each in content.items())
        rows.append(f"<tr><th>{status}</th><td>{_prose(answer['description'])}</td><td>{kinds}</td></tr>")
        example = example or content.get("application/json", {}).get("example")
    shown = "" if example is None else f"<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"
    return f"<details><summary>Answers</summary><table>{''.join(rows)}</table>{shown}</details>"


def _schemas(schemas: Json) -> str:
    return '<h2 id="schemas">Schemas</h2>' + "".join(_schema(name, schema) for name, schema in schemas.items())


def _schema(name: str, schema: Json) -> str:
    says = f"<p>{_prose(schema['description'])}</p>" if "description" in schema else ""
    shown = f"<table>{''.join(_fields(schema))}</table>" if schema.get("properties") else f"<p>{_kind(schema)}</p>"
    return f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>{says}{shown}</section>'


def _resolved(document: Json, value: Json) -> Json:
    """Follow a reference to the components."""
    if "$ref" not in value:
        return value
    kind, name = value["$ref"].split("/")[2:]
    found: Json = document["components"][kind][name]
    return found


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def _anchor(tag: str) -> str:
    return "chapter-" + re.sub(r"\W+", "-", tag.lower())
