"""Schemas of parameters and answers. Those of parameters are named as the accessors of `Params`, and take what those take.

JSON Schema 2020-12 as OpenAPI 3.1 has it. What any route is like is said where its operation is described.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from deskline.web.params import MAX_TEXT

Schema = dict[str, Any]

# What a parameter may be


def text(limit: int = MAX_TEXT) -> Schema:
    """A text, as `Params.text` reads it."""
    return {"type": "string", "maxLength": limit}


def texts(limit: int = MAX_TEXT, count: int = 1_000) -> Schema:
    """A list of texts, as `Params.texts` reads it."""
    return {"type": "array", "items": text(limit), "maxItems": count}


def whole(low: int, high: int) -> Schema:
    """A whole number, as `Params.whole` reads it."""
    return {"type": "integer", "minimum": low, "maximum": high}


def wholes(low: int, high: int, count: int = 1_000) -> Schema:
    """A list of whole numbers, as `Params.wholes` reads it."""
    return {"type": "array", "items": whole(low, high), "maxItems": count}


def choice(options: Sequence[str]) -> Schema:
    """One of some words, as `Params.choice` reads it."""
    return {"type": "string", "enum": list(options)}


def flag() -> Schema:
    """Yes or no, as `Params.flag` reads it: `1` and `0` are taken too."""
    return {"type": "boolean"}


def day() -> Schema:
    """A date, as `Params.day` reads it."""
    return {"type": "string", "format": "date"}


def zone() -> Schema:
    """A time zone by its IANA name, as `Params.zone` reads it."""
    return {"type": "string", "examples": ["Europe/Warsaw"]}


def fields(count: int) -> Schema:
    """Values by keys that are data, as `Params.fields` reads them."""
    return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}, "maxProperties": count}


# What an answer holds


def ref(name: str) -> Schema:
    """A schema of the components, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(fields: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, says: str = "") -> Schema:
    """An object with fields that are always there, and some that may be."""
    described: Schema = {"type": "object", "properties": {**fields, **(optional or {})}}
    if says:
        described["description"] = says
    return described | ({"required": list(fields)} if fields else {})


def listed(items: Schema, says: str = "") -> Schema:
    """A list."""
    return {"type": "array", "items": items} | ({"description": says} if says else {})


def keyed(values: Schema, says: str = "") -> Schema:
    """An object whose keys are data."""
    return {"type": "object", "additionalProperties": values} | ({"description": says} if says else {})


def nullable(schema: Schema) -> Schema:
    """Whatever a schema says, or `null`."""
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def string(says: str = "") -> Schema:
    """Some text."""
    return {"type": "string"} | ({"description": says} if says else {})


def word(*options: str | bool) -> Schema:
    """One of some words, or the one value that there is."""
    return {"const": options[0]} if len(options) == 1 else {"type": "string", "enum": list(options)}


def count(says: str = "") -> Schema:
    """How many."""
    return {"type": "integer", "minimum": 0} | ({"description": says} if says else {})


def yes_or_no(says: str = "") -> Schema:
    """A truth value."""
    return {"type": "boolean"} | ({"description": says} if says else {})


def number(says: str = "") -> Schema:
    """A number."""
    return {"type": "number"} | ({"description": says} if says else {})
