"""Values of saved tickets, read with patience: both date forms, both group forms, and what PHP makes of JSON. No events, no rules.

A history that went through PHP has numbers where texts were and texts where numbers were, `[]` for an empty object, and lists whose
keys are numbers. `null` and an empty text count as absent. Everything else that is not what it should be raises InvalidError with
the name of the field.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, TypeVar

from deskline.actions.tickets import GENERAL
from deskline.domain.events import RATES, Person, Rate, Source, TicketGroup
from deskline.domain.people import EVERYBODY, HIGHEST_ID
from deskline.errors import InvalidError

Json = dict[str, Any]
Choice = TypeVar("Choice", bound=str)
KINDS = ("agent", "client")
MOST_EVENTS = 100_000  # of a ticket
TICKET_ID = re.compile(r"[0-9A-Za-z]{1,32}")
RATED: dict[str, Rate | bool] = {"not_rated": False} | {f"rated_{rate}": rate for rate in RATES}
LATEST = 253_402_300_799_999  # the last millisecond of the year 9999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_ABSENT: tuple[object, ...] = (None, "", [], {})
_DATES = "accepted: ISO 8601 such as 2019-03-12T15:40:08Z, or unix seconds, from 1970 to 9999"


def read_instant(value: object, field: str) -> int:
    """Read a date as milliseconds UTC: ISO 8601 with or without fraction and offset (without one it is UTC), or unix seconds."""
    at = find_instant(value, field)
    if at is None:
        raise InvalidError(f"{field}: missing; {_DATES}")
    return at


def find_instant(value: object, field: str) -> int | None:
    """Read a date that may be absent."""
    if value is None or value == "":
        return None
    at = _from_text(value) if isinstance(value, str) else _from_seconds(value)
    if at is None or not 0 <= at <= LATEST:
        raise InvalidError(f"{field}: {_excerpt(value)} is not a date; {_DATES}")
    return at


@lru_cache(maxsize=4_096)
def _from_text(text: str) -> int | None:
    if text[4:5] != "-" and _WHOLE.fullmatch(text):
        return int(text) * 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND


def _from_seconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LATEST:
        return None
    return int(value * 1000)


def read_text(value: object, field: str) -> str:
    """Read a text; absent ones are empty, numbers are spelled out."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if value in _ABSENT:
        return ""
    raise InvalidError(f"{field}: {_excerpt(value)} is not a text")


def read_texts(value: object, field: str) -> tuple[str, ...]:
    """Read a list of texts in its order, empty and repeated ones left out; a single text is a list of one."""
    values = [value] if isinstance(value, str) else read_list(value, field)
    return tuple(dict.fromkeys(filter(None, (read_text(each, field) for each in values))))


def read_number(value: object, field: str) -> int:
    """Read a whole number that the database can hold."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62:
        return value
    raise InvalidError(f"{field}: {_excerpt(value)} is not a whole number")


def find_number(value: object, field: str) -> int | None:
    """Read a whole number that may be absent."""
    return None if value is None or value == "" else read_number(value, field)


def read_flag(value: object, field: str) -> bool:
    """Read a truth value; absent is false."""
    if isinstance(value, bool):
        return value
    if value in _ABSENT or value in (0, "0", "false"):
        return False
    if value in (1, "1", "true"):
        return True
    raise InvalidError(f"{field}: {_excerpt(value)} is neither true nor false")


def read_object(value: object, field: str) -> Json:
    """Read an object; absent ones and `[]` are empty."""
    if isinstance(value, dict):
        return value
    if value in _ABSENT:
        return {}
    raise InvalidError(f"{field}: {_excerpt(value)} is not an object")


def read_list(value: object, field: str) -> list[object]:
    """Read a list; of an object whose keys are numbers, its values."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and all(key.isdecimal() for key in value):
        return list(value.values())
    if value in _ABSENT:
        return []
    raise InvalidError(f"{field}: {_excerpt(value)} is not a list")


def read_choice(value: object, field: str, choices: tuple[Choice, ...]) -> Choice:
    """Read one of a few texts."""
    for choice in choices:
        if value == choice:
            return choice
    raise InvalidError(f"{field}: {_excerpt(value)} is unknown; accepted: {', '.join(choices)}")


def find_person(value: object, field: str, kind: Literal["agent", "client"]) -> Person | None:
    """Read somebody who may be absent: an object, or an agent's login alone. `kind` is what those are who do not say it."""
    if value is None:
        return None
    if isinstance(value, str) and value:
        return Person(value, value, kind)
    person = value if isinstance(value, dict) else read_object(value, field)
    if not person:
        return None
    told = person.get("type")
    return Person(_part(person, field, "id"), _part(person, field, "name"), told if told in KINDS else kind)


def find_source(value: object, field: str) -> Source | None:
    """Read a source that may be absent: an object, or a type alone."""
    if value is None:
        return None
    if isinstance(value, str) and value:
        return Source(value)
    source = value if isinstance(value, dict) else read_object(value, field)
    if not source:
        return None
    return Source(_part(source, field, "type"), _part(source, field, "url"), _part(source, field, "id"))


def _part(saved: Json, field: str, name: str) -> str:
    """Read a text of an object; nothing but a look where it is one, for there are a dozen in each ticket."""
    value = saved.get(name)
    return value if isinstance(value, str) else read_text(value, f"{field}.{name}")


def read_groups(value: object, field: str, names: Mapping[int, str]) -> tuple[TicketGroup, ...]:
    """Read groups in either form: objects, or ids alone, which get the `names` that are known; an id is kept once."""
    groups = (_group(each, field, names) for each in read_list(value, field))
    return tuple({group.id: group for group in groups}.values())


def _group(value: object, field: str, names: Mapping[int, str]) -> TicketGroup:
    if not isinstance(value, dict):
        number = _group_id(value, field)
        return TicketGroup(number, names.get(number) or group_name(number))
    number = _group_id(value.get("id"), f"{field}.id")
    name = _part(value, field, "name")
    return TicketGroup(number, name or names.get(number) or group_name(number), read_flag(value.get("inherited"), f"{field}.inherited"))


def _group_id(value: object, field: str) -> int:
    """Read an id that the rest of the API takes too: a group that nobody can name again would be of no use to anybody."""
    number = read_number(value, field)
    if not 0 <= number <= HIGHEST_ID:
        raise InvalidError(f"{field}: {number} is no id of a group; accepted: a whole number from 0 to {HIGHEST_ID}")
    return number


def group_name(number: int) -> str:
    """Name a group of which only the id is known."""
    return GENERAL if number == EVERYBODY else f"Group {number}"


def _excerpt(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
