"""Typed reading of parameters, whatever their encoding was. Problems are collected and raised together.

Which parameters a route has is the routes' business; how bytes become nested values is `nesting.py`'s.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar, overload
from zoneinfo import ZoneInfo

import msgspec

from deskline.errors import InvalidError
from deskline.web.nesting import MAX_NAME_BYTES, Scalar, Value, Values

MAX_TEXT = 10_000
_SHOWN = 60
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_ZONE = re.compile(r"(?!posix/|right/)[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
# Files beside the zones that name no place: what they say depends on the machine.
_NO_ZONES = frozenset({"localtime", "posixrules", "posix", "right", "Factory"})
_FLAGS = {"0": False, "1": True, "false": False, "true": True}
_zones: dict[str, ZoneInfo] = {}
Option = TypeVar("Option", bound=str)


class Params:
    """The parameters of a request. Each accessor returns a usable value or notes a problem; `check` raises them all.

    Absent, empty, `null` and `[]` are the same: absent. After a problem an accessor returns what absence would give.
    """

    __slots__ = ("_json_texts", "_prefix", "_problems", "_values")

    def __init__(self, values: Values, *, prefix: str = "", problems: list[str] | None = None, json_texts: bool = False) -> None:
        """Take nested values; `json_texts` reads a text such as `["q", "r"]` as a list (a Ruby array in a query)."""
        self._values = values
        self._prefix = prefix
        self._problems = [] if problems is None else problems
        self._json_texts = json_texts

    def check(self) -> None:
        """Raise one InvalidError with every problem noted so far, here and in the parameters nested here."""
        if self._problems:
            raise InvalidError(self._problems)

    @property
    def refused(self) -> bool:
        """Say whether a problem was noted so far."""
        return bool(self._problems)

    def refuse(self, name: str, wrong: str, accepted: str) -> None:
        """Note a problem: `"<name>: <wrong>; accepted: <accepted>"`."""
        self._problems.append(f"{self._spoken(name)}: {wrong}; accepted: {accepted}")

    def given(self, name: str) -> bool:
        """Say whether the parameter was sent at all, even empty or `null`."""
        return name in self._values

    def is_null(self, name: str) -> bool:
        """Say whether the parameter was sent as JSON `null`."""
        return name in self._values and self._values[name] is None

    def is_empty_list(self, name: str) -> bool:
        """Say whether the parameter was sent as JSON `[]`."""
        return self._values.get(name) == []

    def is_mapping(self, name: str) -> bool:
        """Say whether the parameter was sent with fields."""
        return isinstance(self._values.get(name), dict)

    @overload
    def text(self, name: str, *, required: Literal[True], limit: int = MAX_TEXT) -> str: ...
    @overload
    def text(self, name: str, *, required: bool = False, limit: int = MAX_TEXT) -> str | None: ...
    def text(self, name: str, *, required: bool = False, limit: int = MAX_TEXT) -> str | None:
        """Return a text of at most `limit` characters, None if absent; `""` where it is required and wrong."""
        plain = self._values.get(name)
        if type(plain) is str and 0 < len(plain) <= limit and "\0" not in plain:
            return plain  # what nearly every text is; all that follows would say the same
        value = self._scalar(name, "one text")
        if isinstance(value, bool):
            self.refuse(name, f"{shown(value)} is not a text", "a text")
        elif value is not None:
            text = _text(value)
            if self._is_text(name, text, limit):
                return text
        elif required and not self._has(name):
            self.refuse(name, "is missing", f"a text of at most {limit:,} characters")
        return "" if required else None

    def texts(self, name: str, *, limit: int = MAX_TEXT, count: int = 1_000) -> list[str]:
        """Return a list of texts from a scalar, a list, numbered fields or a JSON list; empty ones are dropped."""
        texts: list[str] = []
        for item in self._items(self._values.get(name)):
            if isinstance(item, dict | bool):
                self.refuse(name, f"{shown(item)} is not a text", "a text, or a list of texts")
                return []
            text = _text(item)
            if not self._is_text(name, text, limit):
                return []
            texts.append(text)
        if len(texts) > count:
            self.refuse(name, f"{len(texts):,} values", f"at most {count:,} values")
            return []
        return texts

    @overload
    def whole(self, name: str, low: int, high: int, default: int) -> int: ...
    @overload
    def whole(self, name: str, low: int, high: int, default: None = None) -> int | None: ...
    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int | None:
        """Return a whole number from `low` to `high`, `default` if absent."""
        value = self._scalar(name, "one whole number")
        if value is None:
            return default
        number = _whole(value)
        if number is not None and low <= number <= high:
            return number
        wrong = "is not a whole number" if number is None else "is out of range"
        self.refuse(name, f"{shown(value)} {wrong}", f"a whole number from {low} to {high}")
        return default

    def wholes(self, name: str, low: int, high: int, *, count: int = 1_000) -> list[int]:
        """Return a list of whole numbers from `low` to `high`, given as a scalar or in any form of a list."""
        numbers: list[int] = []
        for item in self._items(self._values.get(name)):
            number = None if isinstance(item, dict) else _whole(item)
            if number is None or not low <= number <= high:
                self.refuse(name, f"{shown(item)} is no such number", f"whole numbers from {low} to {high}")
                return []
            numbers.append(number)
        if len(numbers) > count:
            self.refuse(name, f"{len(numbers):,} values", f"at most {count:,} values")
            return []
        return numbers

    @overload
    def choice(self, name: str, options: Sequence[Option], default: Option) -> Option: ...
    @overload
    def choice(self, name: str, options: Sequence[Option], default: None = None) -> Option | None: ...
    def choice(self, name: str, options: Sequence[Option], default: Option | None = None) -> Option | None:
        """Return one of `options`, `default` if absent."""
        value = self._scalar(name, "one value")
        if value is None:
            return default
        for option in options:
            if option == value:
                return option
        self.refuse(name, f"{shown(value)} is not one of them", ", ".join(options))
        return default

    def flag(self, name: str) -> bool | None:
        """Return a truth value given as 0, 1, true or false; None if absent."""
        value = self._scalar(name, "one of 0, 1, true, false")
        if value is None or isinstance(value, bool):
            return value
        flag = _FLAGS.get(str(value))
        if flag is None:
            self.refuse(name, f"{shown(value)} is not a truth value", "0, 1, true, false")
        return flag

    def day(self, name: str) -> dt.date | None:
        """Return a date given as YYYY-MM-DD, from 1970 to 9999; None if absent."""
        value = self._scalar(name, "one date as YYYY-MM-DD")
        if value is None:
            return None
        day = _day(value)
        if day is None:
            self.refuse(name, f"{shown(value)} is not such a date", "YYYY-MM-DD, from 1970-01-01 to 9999-12-31")
        return day

    def zone(self, name: str) -> ZoneInfo | None:
        """Return a time zone given by its IANA name; None if absent."""
        value = self._scalar(name, "one time zone")
        if value is None:
            return None
        zone = find_zone(value) if isinstance(value, str) else None
        if zone is None:
            self.refuse(name, f"{shown(value)} is not a known time zone", "an IANA name such as Europe/Warsaw or UTC")
        return zone

    def mapping(self, name: str) -> "Params":
        """Return the parameters nested under a name (`requester[mail]`), which note their problems here."""
        value = self._values.get(name)
        values = value if isinstance(value, dict) else {}
        if not values and value not in (None, "", [], {}):
            self.refuse(name, f"{shown(value)} has no fields", f"fields, as in {self._spoken(name)}[…]")
        return Params(values, prefix=self._spoken(name), problems=self._problems, json_texts=self._json_texts)

    def fields(self, name: str, *, count: int) -> dict[str, Scalar]:
        """Return what is nested under a name by keys that are data (`custom_fields[size]=5`): one value for each, None for an empty one."""
        found: dict[str, Scalar] = {}
        if name not in self._values:
            return found
        nested = self.mapping(name)
        if len(nested.names) > count:
            self.refuse(name, f"{len(nested.names):,} values", f"at most {count:,} values")
            return found
        for key in nested.names:
            if len(key) > MAX_NAME_BYTES or not key.isprintable():
                self.refuse(name, f"{shown(key)} is no key", f"printable keys of at most {MAX_NAME_BYTES} characters")
            else:
                found[key] = nested._scalar(key, "one value")  # noqa: SLF001 - it is one of us
        return found

    @property
    def names(self) -> list[str]:
        """The names that were sent."""
        return list(self._values)

    def _spoken(self, name: str) -> str:
        return f"{self._prefix}[{name}]" if self._prefix else name

    def _has(self, name: str) -> bool:
        return self._values.get(name) not in (None, "", [], {})

    def _scalar(self, name: str, accepted: str) -> Scalar:
        """The one value of a name, None if absent; a list of one is that one."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, list | dict):
            items = list(self._items(value))
            first = items[0] if items else None
            if len(items) > 1 or isinstance(first, dict):
                self.refuse(name, f"{len(items)} values" if len(items) > 1 else shown(first), accepted)
                return None
            return first
        return value

    def _items(self, value: Value) -> "Iterable[Scalar | dict[str, Value]]":
        """The values in a scalar, a list of any depth or fields numbered beyond 20, without the empty ones."""
        if isinstance(value, str) and self._json_texts and value.startswith("["):
            value = _json_list(value)
        if isinstance(value, dict) and value and all(key.isascii() and key.isdigit() for key in value):
            value = [value[key] for key in sorted(value, key=lambda key: (len(key), key))]
        if isinstance(value, list):
            for item in value:
                yield from self._items(item)
        elif value is not None and value not in ("", {}):
            yield value

    def _is_text(self, name: str, text: str, limit: int) -> bool:
        if len(text) > limit:
            self.refuse(name, f"{len(text):,} characters", f"at most {limit:,} characters")
        elif "\0" in text:
            self.refuse(name, "a NUL character", "text without NUL")
        else:
            return True
        return False


def shown(value: object) -> str:
    """Return a value as a problem quotes it: shortened, control characters escaped."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    kept = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:_SHOWN])
    return f"'{kept}…'" if len(text) > _SHOWN else f"'{kept}'"


def find_zone(name: str) -> ZoneInfo | None:
    """Find a time zone by its IANA name: never a path, never a file of this machine that is no zone."""
    zone = _zones.get(name)
    if zone is None and name not in _NO_ZONES and len(name) <= _SHOWN and _ZONE.fullmatch(name):
        try:
            zone = ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # unknown; not a zone file; a folder such as `America`
            return None
        _zones[name] = zone
    return zone


def _text(value: str | float | None) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _whole(value: Scalar) -> int | None:
    if isinstance(value, str):
        text = value.strip()
        return int(text) if _WHOLE.fullmatch(text) else None
    if isinstance(value, bool) or value is None:
        return None
    return int(value) if value == value // 1 else None


def _day(value: Scalar) -> dt.date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
        return None
    try:
        day = dt.date.fromisoformat(value.strip())
    except ValueError:
        return None
    return day if day.year >= 1970 else None


def _json_list(text: str) -> Value:
    try:
        return [*msgspec.json.decode(text, type=list[str | float])]
    except (msgspec.DecodeError, RecursionError):
        return text
