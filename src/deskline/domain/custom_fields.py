"""Custom fields: what an account notes of its tickets beside what every ticket has. Definitions, and what values each may have; pure.

A key has one type for good, so that whatever any timeline tells of it is of that type. How values fold is in `timelines`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from deskline.domain.events import CustomFieldChanged, FieldValue, Person
from deskline.errors import shortened

FieldType = Literal["text", "number", "date", "checkbox", "choice"]
TYPES: Final[tuple[FieldType, ...]] = ("text", "number", "date", "checkbox", "choice")
MOST: Final = 100
"""How many fields an account may have at a time."""
MOST_EVER: Final = 1_000
"""How many keys it may have used, those of deleted fields too: tickets may tell of all of them."""
KEY: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
KEY_LIMIT: Final = 50
MOST_CHOICES: Final = 200
TEXT_LIMIT: Final = 1_000
HIGHEST: Final = 10**15  # of numbers: each whole one up to it is exact in every client
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]{1,15})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


class CustomField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of an account. `choices` are of the type `choice` alone. Instants are milliseconds UTC."""

    key: str
    name: str
    type: FieldType
    choices: tuple[str, ...] = ()
    created_at: int = 0
    created_by: str = ""
    deleted_at: int | None = None


class Setting(msgspec.Struct, frozen=True):
    """What a field of a ticket is to be, None for no value; `name` is what the field is called."""

    key: str
    name: str
    value: FieldValue | None


class _NoValueError(ValueError):
    """It is none of the field's values."""


def settings_of(fields: Mapping[str, CustomField], asked: Mapping[str, object]) -> tuple[tuple[Setting, ...], list[str]]:
    """Read what fields are to be, by key: a scalar, None for no value. Answers the settings, and a problem for each that cannot be."""
    found: list[Setting] = []
    problems: list[str] = []
    for key, value in asked.items():
        field = fields.get(key)
        spoken = f"custom_fields[{shortened(key)}]"
        if field is None:
            problems.append(f"{spoken}: there is no such field in this account; accepted: a key that GET /custom_fields lists")
        elif value is None:
            found.append(Setting(key, field.name, None))
        elif field.deleted_at is not None:
            problems.append(f"{spoken}: the field was deleted; accepted: null, to take its value from the ticket")
        else:
            try:
                found.append(Setting(key, field.name, _read(field, value)))
            except _NoValueError:
                problems.append(f"{spoken}: {_shown(value)} is no value of this {field.type} field; accepted: {accepted(field)}, or null")
    return tuple(found), problems


def accepted(field: CustomField) -> str:
    """Say which values a field takes."""
    if field.type == "choice":
        listed = ", ".join(map(shortened, field.choices[:20]))
        return listed if len(field.choices) <= 20 else f"{listed} and {len(field.choices) - 20} more"
    return {
        "text": f"a text of at most {TEXT_LIMIT:,} characters",
        "number": f"a number such as 12 or 12.5, from -{HIGHEST:,} to {HIGHEST:,}",
        "date": "a day, YYYY-MM-DD",
        "checkbox": "true, false, 1, 0",
    }[field.type]


def changed(present: Sequence[tuple[str, FieldValue]], wanted: Iterable[Setting], by: Person, at: int) -> list[CustomFieldChanged]:
    """Tell what changes, an event for each field whose value is another."""
    values = dict(present)
    return [
        CustomFieldChanged(at=at, key=each.key, name=each.name, previous=previous, current=each.value, by=by)
        for each in wanted
        if not is_same(previous := values.get(each.key), each.value)
    ]


def is_same(one: FieldValue | None, other: FieldValue | None) -> bool:
    """Say whether two values are the same; 1 is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_value(value: object) -> bool:
    """Say whether a value is one that some field might have: what an imported history tells is of no field's type for certain."""
    if isinstance(value, str):
        return len(value) <= TEXT_LIMIT and "\0" not in value
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= HIGHEST)


def is_key(key: str) -> bool:
    """Say whether a field can have this key."""
    return len(key) <= KEY_LIMIT and KEY.fullmatch(key) is not None


def _read(field: CustomField, value: object) -> FieldValue:
    """Read a value of a field, as JSON or a form has it."""
    if field.type == "number":
        return _number(value)
    if field.type == "checkbox":
        return _flag(value)
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not is_value(text):
        raise _NoValueError
    if (field.type == "choice" and text not in field.choices) or (field.type == "date" and not _is_day(text)):
        raise _NoValueError
    return text


def _number(value: object) -> int | float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not is_value(value):
        raise _NoValueError
    return int(value) if value == int(value) else value


def _flag(value: object) -> bool:
    flag = value if isinstance(value, bool) else _FLAGS.get(str(value))
    if flag is None:
        raise _NoValueError
    return flag


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(shortened(str(value)))
