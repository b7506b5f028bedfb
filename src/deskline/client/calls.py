"""Calls as values: what is sent for each of them, and how what comes back is read. Nothing here sends anything."""

import json
import re
import ssl
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast
from urllib.parse import parse_qs, quote, urlsplit

import deskline
from deskline.client.errors import ClientError, UnreadableAnswerError, error_of
from deskline.client.shapes import Changed, ChangePage, File, Json, Opened, Ticket, TicketPage

Answered = TypeVar("Answered")
Pairs = tuple[tuple[str, str], ...]
WAIT_SECONDS = 20  # for the next change, in one call
USER_AGENT = f"deskline-client/{deskline.__version__}"


@dataclass(frozen=True)
class Call(Generic[Answered]):
    """A request. The same value may be sent again and again: a POST carries a key by which the server knows it."""

    method: str
    path: str
    query: Pairs = ()
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None  # a file, in the place of a body

    @property
    def may_be_repeated(self) -> bool:
        """Whether sending it twice does the same as sending it once. A file that was sent twice waits twice, and does nothing."""
        if "Idempotency-Key" in self.headers or self.content is not None:
            return True
        return self.method in ("GET", "PUT") and not _SECRET.fullmatch(f"{self.method} {self.path}")


@dataclass(frozen=True)
class Received:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def read(self) -> Any:
        """Read the JSON of an answer. Raises ApiError where it says no, UnreadableAnswerError where it is none of this API."""
        try:
            value = json.loads(self.content)
        except ValueError:
            value = None
        if self.status == 200 and value is not None:
            return value
        if self.status < 400 or not isinstance(value, dict):
            raise UnreadableAnswerError(f"{self.status}: the answer is not one of this API; is the address right?")
        problems = value.get("errors") or [value.get("error") or value.get("message") or "no reason was given"]
        raise error_of(self.status, [str(problem) for problem in problems], self.headers.get("x-request-id", ""))

    def read_file(self) -> bytes:
        """Read the bytes of a file. Raises as `read`."""
        if self.status != 200:
            self.read()
        return self.content

    @property
    def next_cursor(self) -> str | None:
        """Where a list goes on, None at its end."""
        for link in self.headers.get("link", "").split(", <"):
            target, _, rel = link.partition(">")
            if 'rel="next"' in rel:
                return parse_qs(urlsplit(target.lstrip("<")).query)["cursor"][0]
        return None


def get(path: str, **parameters: object) -> Call[Any]:
    """Read something."""
    return Call("GET", path, tuple(_pairs(parameters)))


def write(method: str, path: str, body: Mapping[str, object], *, if_match: str | None = None, key: str | None = None) -> Call[Any]:
    """Write something, once however often it is sent: with a key of its own, unless one is given.

    A PUT would do the same twice, but where it is conditional its repetition would not match any more; what a DELETE has deleted would not
    be found. What answers with a secret takes no key, and is sent once.
    """
    headers = {} if if_match is None else {"If-Match": if_match}
    if key is None and not _SECRET.fullmatch(f"{method} {path}") and (method != "PUT" or if_match is not None):
        key = str(uuid.uuid4())
    if key:
        headers["Idempotency-Key"] = key
    return Call(method, path, (), {name: value for name, value in body.items() if value is not None}, headers)


_SECRET = re.compile(r"POST (/v2)?/(webhooks|apps|personal_tokens)/?|(POST|PUT) .*/(rotate_secret|reset_api_key)/?")


def path_of(*parts: object) -> str:
    """Put a path together, with each part quoted. Raises ClientError for a part that no path can have."""
    for part in parts:
        if str(part) in ("", ".", ".."):
            raise ClientError(f"{str(part)!r} is no id and no name of anything.")
    return "".join(f"/{quote(str(part), safe='@')}" for part in parts)


def _pairs(parameters: Mapping[str, object]) -> Any:
    """Spell parameters as a query; `requester` is `requester[mail]`, lists repeat their name, mappings name each key, None is left out."""
    for name, value in parameters.items():
        if name in _LISTS and value is not None:
            for each in [value] if isinstance(value, str | int) else cast(Sequence[object], value):
                yield f"{_LISTS[name]}[]", str(each)
        elif isinstance(value, Mapping):
            yield from _pairs({f"{name}[{key}]": each for key, each in value.items()})
        elif value is not None:
            yield _NAMES.get(name, name), str(int(value)) if isinstance(value, bool) else str(value)


_LISTS = {"tags": "tag", "groups": "group", "agents": "agent"}
_NAMES = {"requester": "requester[mail]"}


def trusted(verify: bool | str) -> ssl.SSLContext | bool:
    """Say which certificates are trusted: the system's, or one in a file."""
    return ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify


# What there is to call


def request(
    method: str, path: str, body: Json | None, if_match: str | None, key: str | None, parameters: Mapping[str, object]
) -> Call[Any]:
    """Any operation."""
    called = get(path, **parameters)
    if method == "GET":
        return called
    written = write(method, path, body or {}, if_match=if_match, key=key)
    return Call(method, path, called.query, written.body, written.headers)


def ticket_page(**filters: object) -> Call[TicketPage]:
    """A page of tickets."""
    return get("/tickets", **filters)


def ticket(ticket_id: str, as_of: str | None) -> Call[Ticket]:
    """A ticket."""
    return get(path_of("tickets", ticket_id), as_of=as_of)


def create_ticket(message: str, requester: str, **fields: Any) -> Call[Ticket]:
    """A new ticket."""
    body = {
        "message": message,
        "requester": {"mail": requester} | ({"name": fields["name"]} if fields["name"] is not None else {}),
        "subject": fields["subject"],
        "assignee": None if fields["assignee"] is None else {"id": fields["assignee"]},
        "group": _listed(fields["groups"]),
        "source": None if fields["source"] is None else {"type": fields["source"], "url": fields["url"]},
        "ccs": _listed(fields["ccs"]),
        "attachments": _listed(fields["attachments"]),
        "custom_fields": _keyed(fields["custom_fields"]),
    }
    return write("POST", "/tickets", body, key=fields["key"])


def change_ticket(ticket_id: str, if_match: str | None, **fields: Any) -> Call[Ticket]:
    """A changed ticket."""
    return write("PUT", path_of("tickets", ticket_id), _changes(**fields), if_match=if_match)


def change_tickets(ids: Sequence[str], **fields: Any) -> Call[dict[str, list[Changed]]]:
    """What came of one change of many tickets."""
    return write("PUT", "/tickets", {"ids": list(ids)} | _changes(**fields))


def _changes(**fields: Any) -> dict[str, object]:
    requester = fields["requester"]
    return {
        "status": fields["status"],
        "subject": fields["subject"],
        "assignee": None if fields["assignee"] is None else {"id": fields["assignee"]},
        "group": _listed(fields["groups"]),
        "requester": None if requester is None else {"mail": requester} | ({"name": fields["name"]} if fields["name"] is not None else {}),
        "ccs": None if fields["ccs"] is None else list(fields["ccs"]) or "none",
        "add_tags": _listed(fields["add_tags"]),
        "remove_tags": _listed(fields["remove_tags"]),
        "custom_fields": _keyed(fields["custom_fields"]),
        "until": fields["until"],
    }


def _keyed(values: Mapping[str, object] | None) -> dict[str, object] | None:
    return None if values is None else dict(values)


def _listed(values: Sequence[object] | None) -> list[object] | None:
    return None if values is None else list(values)


def reply(ticket_id: str, message: str, **fields: Any) -> Call[Ticket]:
    """A ticket with one more message."""
    body = {
        "message": message,
        "is_private": fields["is_private"] or None,
        "author": {"type": fields["author"]},
        "status": fields["status"],
        "until": fields["until"],
        "attachments": _listed(fields["attachments"]),
    }
    return write("POST", path_of("tickets", ticket_id, "messages"), body, key=fields["key"], if_match=fields["if_match"])


def move(ticket_id: str, verb: str, key: str | None = None, **body: object) -> Call[Ticket]:
    """A ticket after something that is done to it as a whole: restore, merge, unmerge, split."""
    return write("POST", path_of("tickets", ticket_id, verb), body, key=key)


def trash(ticket_id: str) -> Call[Ticket]:
    """A ticket in the trash."""
    return write("DELETE", path_of("tickets", ticket_id), {})


def changes(since: str, limit: int, wait: int | None) -> Call[ChangePage]:
    """A page of changes."""
    return get("/changes", since=since, limit=limit, wait=wait)


def upload(name: str, content: bytes, content_type: str) -> Call[File]:
    """A file that was sent."""
    return Call("POST", "/attachments", (("name", name),), None, {"Content-Type": content_type}, content)


def download(file: str) -> Call[bytes]:
    """A file's bytes, by its id or by the address that stands beside a message."""
    found = _FILE.search(file)
    return get(path_of("attachments", found[1] if found else file))


_FILE = re.compile(r"/attachments/([0-9a-f]{32})(?:/|$)")


def set_tags(ticket_id: str, tags: Sequence[str], if_match: str | None) -> Call[Ticket]:
    """A ticket with other tags."""
    return write("PUT", path_of("tickets", ticket_id, "tags"), {"tag": list(tags)}, if_match=if_match)


def rate(ticket_id: str, value: str) -> Call[Ticket]:
    """A rated ticket."""
    return write("PUT", path_of("tickets", ticket_id, "rating"), {"rate": value})


def report(name: str, **parameters: object) -> Call[Json]:
    """A report, or a summary."""
    return get(_report(name), **parameters)


def opened(name: str, **parameters: object) -> Call[Opened]:
    """A page of the tickets behind a number."""
    return get(f"{_report(name)}/tickets", **parameters)


def _report(name: str) -> str:
    return path_of("reports", "tickets", *name.split("/"))
