"""Queries, forms and JSON bodies read into one nested form, as the `qs` parser of the original does it.

Which parameters there are, and of which type, the routes say in the words of `params.py`; no name is known here.
"""

import json
import re
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import msgspec

from deskline.errors import InvalidError, TooLargeError

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"
Values: TypeAlias = "dict[str, Value]"
# While names are being placed: index or name → text, JSON value, or a further node.
_Node: TypeAlias = "dict[int | str, object]"

MAX_PAIRS = 1_000
MAX_DEPTH = 5
MAX_INDEX = 20
MAX_NAME_BYTES = 256
MAX_JSON_DEPTH = 20
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")
_UNREADABLE = re.compile(rb"[%+\[\0\x80-\xff]")
_json = msgspec.json.Decoder()


def read_pairs(raw: bytes) -> Values:
    """Read a query string or a form body: `a=1&tag[]=x&requester%5Bmail%5D=y`.

    Raises InvalidError, naming the parameter, for bytes that are not UTF-8, NUL and overlong names; TooLargeError for
    more than 1,000 pairs. `?callback=` inside counts as `&callback=`: the first PHP client appends it to every URL.
    """
    if not raw:
        return {}
    if b"?callback=" in raw:
        raw = raw.replace(b"?callback=", b"&callback=")
    if raw.count(b"&") >= MAX_PAIRS and len([pair for pair in raw.split(b"&") if pair]) > MAX_PAIRS:
        raise TooLargeError(f"More than {MAX_PAIRS:,} parameters were sent; accepted: at most {MAX_PAIRS:,}.")
    if len(raw) <= MAX_NAME_BYTES and _UNREADABLE.search(raw) is None:
        return _read_plain(raw.decode("ascii"))
    root: _Node = {}
    for pair in raw.split(b"&"):
        if pair:
            _place(root, *_read_pair(pair))
    return {str(name): _settle(value) for name, value in root.items()}


def read_json(raw: bytes) -> Values:
    """Read a JSON body, whose top level must be an object; an empty body is an empty object, and so is `[]`, as PHP spells one.

    Names with brackets (`"tag[]"`) are placed as in a form. Raises InvalidError for anything else than such an object,
    and for more than 20 levels of nesting.
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf").strip()
    if not raw:
        return {}
    try:
        value = _json.decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise _not_json(raw, error) from None
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise InvalidError('body: the JSON is not an object; accepted: an object, such as {"message":"Hello"}')
    if raw.count(b"{") + raw.count(b"[") > MAX_JSON_DEPTH and _is_deeper(value, MAX_JSON_DEPTH):
        raise _too_deep()
    return _place_names(value) if any("[" in name for name in value) else value


def _read_plain(text: str) -> Values:
    """Read pairs that need no decoding and no nesting: nearly every query is of this kind."""
    values: Values = {}
    repeated: list[tuple[str, str]] = []
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name in values:
            repeated.append((name, value))
        elif pair:
            values[name] = value
    for name, value in repeated:
        first = values[name]
        values[name] = [*first, value] if isinstance(first, list) else [first, value]
    return values


def _read_pair(pair: bytes) -> tuple[str, str]:
    cut = pair.find(b"]=") + 1 or pair.find(b"=")
    raw_name, raw_value = (pair, b"") if cut < 0 else (pair[:cut], pair[cut + 1 :])
    try:
        name = _decode(raw_name).strip()
    except UnicodeDecodeError:
        raise InvalidError(f"{_spoken(raw_name)}: the name is not valid UTF-8; accepted: UTF-8") from None
    if len(raw_name) > 3 * MAX_NAME_BYTES or len(name) > MAX_NAME_BYTES:
        raise InvalidError(f"{_spoken(raw_name)}: the name is too long; accepted: at most {MAX_NAME_BYTES} characters")
    try:
        value = _decode(raw_value)
    except UnicodeDecodeError:
        raise InvalidError(f"{_spoken(raw_name)}: not valid UTF-8; accepted: text in UTF-8") from None
    if "\0" in name or "\0" in value:
        raise InvalidError(f"{_spoken(raw_name)}: a NUL character; accepted: text without NUL")
    return name, value


def _decode(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode()


def _spoken(raw_name: bytes) -> str:
    name = unquote_to_bytes(raw_name[:60].replace(b"+", b" ")).decode("utf-8", "backslashreplace").strip()
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return text + ("…" if len(raw_name) > 60 else "")


def _place(root: _Node, name: str, value: object) -> None:
    """Put a value where its name says: `a[b][0]` is a path, `a[]` appends, depths beyond 5 stay one literal name."""
    bracket = name.find("[")
    segments = _SEGMENT.findall(name, bracket) if bracket >= 0 else ()
    if not segments:
        _add(root, name, value)
        return
    if len(segments) > MAX_DEPTH:
        segments = [*segments[:MAX_DEPTH], "".join(f"[{segment}]" for segment in segments[MAX_DEPTH:])]
    path = [name[:bracket], *segments] if bracket else segments
    node = root
    for position, segment in enumerate(path[:-1]):
        key = _key(node, segment) if position else segment
        node = _child(node, key)
    _add(node, _key(node, path[-1]) if len(path) > 1 else path[-1], value)


def _key(node: _Node, segment: str) -> int | str:
    """The key a bracket names: nothing is the next free index, digits up to 20 an index, all else a name."""
    if not segment:
        last = next(reversed(node), -1)
        free = last + 1 if isinstance(last, int) else len(node)
        while free in node:
            free += 1
        return free
    if len(segment) <= 2 and segment.isascii() and segment.isdigit() and int(segment) <= MAX_INDEX:
        return int(segment)
    return segment


def _add(node: _Node, key: int | str, value: object) -> None:
    """Set a value; where one is already, the two become a list, and in a list the second goes to its end."""
    if key not in node:
        node[key] = value
    elif isinstance(key, int):
        node[_key(node, "")] = value
    else:
        values = _child(node, key)
        values[_key(values, "")] = value


def _child(node: _Node, key: int | str) -> _Node:
    """The node under a key; a value that stands there becomes its first."""
    child = node.get(key)
    if isinstance(child, dict):
        return child
    new: _Node = {} if child is None else {0: child}
    node[key] = new
    return new


def _settle(value: object) -> Value:
    """Turn nodes whose keys are all indices into lists, in the order of the indices."""
    if not isinstance(value, dict):
        return value  # type: ignore[return-value]  # a leaf is what the parser put there: text, or a JSON value
    if value and all(isinstance(key, int) for key in value):
        return [_settle(value[key]) for key in sorted(value)]
    return {str(key): _settle(child) for key, child in value.items()}


def _place_names(value: dict[str, object]) -> Values:
    root: _Node = {}
    for name, child in value.items():
        if len(name) > MAX_NAME_BYTES:
            raise InvalidError(f"{name[:60]}…: the name is too long; accepted: at most {MAX_NAME_BYTES} characters")
        _place(root, name, child)
    return {str(name): _settle(child) for name, child in root.items()}


def _is_deeper(value: object, levels: int) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels <= 1 or _is_deeper(child, levels - 1) for child in children if isinstance(child, dict | list))


def _not_json(raw: bytes, error: Exception) -> InvalidError:
    """The refusal of what is not JSON: names the parameter where the trouble is one text that is no Unicode."""
    try:
        value = json.loads(raw.decode("utf-8", "surrogateescape"))
        broken = [name for name in value if not _is_unicode(name) or not _is_unicode(value[name])]
        name = broken[0].encode("ascii", "backslashreplace").decode()[:60]
    except (ValueError, RecursionError, TypeError, IndexError):
        why = "not valid UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).rstrip(".")
        return InvalidError(f"body: not valid JSON ({why}); accepted: a JSON object in UTF-8")
    return InvalidError(f"{name}: not valid Unicode; accepted: text in UTF-8, without lone surrogates")


def _is_unicode(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_deep() -> InvalidError:
    return InvalidError(f"body: the JSON is nested too deeply; accepted: at most {MAX_JSON_DEPTH} levels")
