"""Custom fields: what an account notes of its tickets beside what every ticket has. Definitions, and what values each may have; pure.

A key has one type for good, so that whatever any timeline tells of it is of that type. How values fold is in `timelines`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

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
MOST_ASKED: Final = 10  # fields that one list is narrowed by: each is looked up of every ticket that has the first
TEXT_LIMIT: Final = 1_000
FINDABLE: Final = 400  # characters of a text that lists are narrowed by: an entry of PostgreSQL's indexes is at most 2,704 bytes
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


class Problem(NamedTuple):
    """What is wrong with what is asked of a field, and what is accepted."""

    key: str
    wrong: str
    accepted: str


class _NoValueError(ValueError):
    """It is none of the field's values."""


def settings_of(fields: Mapping[str, CustomField], asked: Mapping[str, object]) -> tuple[tuple[Setting, ...], list[Problem]]:
    """Read what fields are to be, by key: a scalar, None for no value. Answers the settings, and a problem for each that cannot be."""
    found: list[Setting] = []
    problems: list[Problem] = []
    for key, value in asked.items():
        field = fields.get(key)
        if field is None:
            problems.append(_unknown(key))
        elif value is None:
            found.append(Setting(key, field.name, None))
        elif field.deleted_at is not None:
            problems.append(Problem(key, "the field was deleted", "null, to take its value from the ticket"))
        else:
            try:
                found.append(Setting(key, field.name, _read(field, value)))
            except _NoValueError:
                problems.append(_wrong(field, value, f"{accepted(field)}, or null"))
    return tuple(found), problems


def entries_of(fields: Mapping[str, CustomField], asked: Mapping[str, object]) -> tuple[tuple[str, ...], list[Problem]]:
    """Read which values tickets are to have, by key, None for any or none; also of deleted fields, and choices that are no more.

    Answers them as `entry` writes them, and a problem for each that no ticket can be found by.
    """
    found: list[str] = []
    problems: list[Problem] = []
    for key, value in asked.items():
        field = fields.get(key)
        if field is None:
            problems.append(_unknown(key))
        elif value is not None:
            text = msgspec.structs.replace(field, type="text") if field.type == "choice" else field
            try:
                found.append(entry(key, _read(text, value, most=FINDABLE)))
            except _NoValueError:
                problems.append(_wrong(field, value, accepted(text, most=FINDABLE)))
    return tuple(found), problems


def entry(key: str, value: FieldValue) -> str:
    """Write a value as lists are narrowed by it."""
    if isinstance(value, bool):
        return f"{key}={'true' if value else 'false'}"
    return f"{key}={int(value) if isinstance(value, float) and value.is_integer() else value}"


def entries(values: Iterable[tuple[str, FieldValue]]) -> tuple[str, ...]:
    """Write the values that lists are narrowed by: all but long texts."""
    return tuple([entry(key, value) for key, value in values if not isinstance(value, str) or len(value) <= FINDABLE])


def _unknown(key: str) -> Problem:
    return Problem(key, "there is no such field in this account", "a key that GET /custom_fields lists")


def _wrong(field: CustomField, value: object, right: str) -> Problem:
    return Problem(field.key, f"{_shown(value)} is no value of this {field.type} field", right)


def accepted(field: CustomField, *, most: int = TEXT_LIMIT) -> str:
    """Say which values a field takes."""
    if field.type == "choice":
        listed = ", ".join(map(shortened, field.choices[:20]))
        return listed if len(field.choices) <= 20 else f"{listed} and {len(field.choices) - 20} more"
    return {
        "text": f"a text of at most {most:,} characters",
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


def _read(field: CustomField, value: object, *, most: int = TEXT_LIMIT) -> FieldValue:
    """Read a value of a field, as JSON or a form has it."""
    if field.type == "number":
        return _number(value)
    if field.type == "checkbox":
        return _flag(value)
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or len(text) > most or not is_value(text):
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
