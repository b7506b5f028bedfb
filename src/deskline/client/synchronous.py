"""The client that waits. `AsyncClient` has the same methods."""

import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import httpx

from deskline.client import calls
from deskline.client.calls import Call, Received
from deskline.client.errors import ClientError, NotReachedError
from deskline.client.retries import Retries
from deskline.client.shapes import Change, Changed, CountedTicket, File, Json, Opened, Ticket, TicketPage, Value

Answered = TypeVar("Answered")


class Client:
    """Talks to one server as one agent. Close it, or use it in a `with`.

    `timeout` is how many seconds one attempt may take to connect, to send or to receive something. Calls are repeated as `retries` says
    where no answer came or the server asks for it; a write is done once all the same. Every call raises ClientError.
    """

    def __init__(
        self,
        url: str,
        login: str,
        key: str,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        verify: bool | str = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the address of the server, a login (or the account's number), and an API key or personal access token.

        `verify` may name a file with the certificate of a server that signed its own.
        """
        self._retries = retries or Retries()
        self._http = httpx.Client(
            base_url=url,
            auth=(login, key),
            timeout=timeout,
            transport=transport,
            verify=calls.trusted(verify),
            headers={"X-API-Version": "2", "User-Agent": calls.USER_AGENT},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    # Tickets

    def tickets(
        self,
        *,
        status: str | None = None,
        query: str | None = None,
        tags: Sequence[str] | None = None,
        groups: Sequence[int] | None = None,
        assignee: str | None = None,
        assigned: bool | None = None,
        requester: str | None = None,
        custom_fields: Mapping[str, Value] | None = None,
        source: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        timezone: str | None = None,
        order: str | None = None,
    ) -> Iterator[Ticket]:
        """Walk through all tickets that match, none of them twice, asking for more as they are taken."""
        filters: dict[str, object] = {
            "status": status,
            "query": query,
            "tags": tags,
            "groups": groups,
            "assignee": assignee,
            "assigned": assigned,
        }
        filters |= {
            "requester": requester,
            "custom_fields": custom_fields,
            "source": source,
            "date_from": date_from,
            "date_to": date_to,
            "timezone": timezone,
            "order": order,
        }
        cursor: str | None = "start"
        while cursor is not None:
            received = self._send(calls.ticket_page(**filters, cursor=cursor))
            page: TicketPage = received.read()
            yield from page["tickets"]
            cursor = received.next_cursor

    def ticket_page(self, page: int = 1, **filters: object) -> TicketPage:
        """Read a page of 25, with the total. Filters are those of `tickets`, and `as_of`, `tagged`, `source_id`."""
        return self._call(calls.ticket_page(page=page, **filters))

    def ticket(self, ticket_id: str, *, as_of: str | None = None) -> Ticket:
        """Read a ticket, as it is or as it was at an instant."""
        return self._call(calls.ticket(ticket_id, as_of))

    def ticket_with_etag(self, ticket_id: str) -> tuple[Ticket, str]:
        """Read a ticket with its entity tag, which `if_match` takes."""
        received = self._send(calls.ticket(ticket_id, None))
        return received.read(), received.headers.get("etag", "")

    def create_ticket(
        self,
        message: str,
        requester: str,
        *,
        name: str | None = None,
        subject: str | None = None,
        assignee: str | None = None,
        groups: Sequence[int] | None = None,
        source: str | None = None,
        url: str | None = None,
        ccs: Sequence[str] | None = None,
        attachments: Sequence[str] | None = None,
        custom_fields: Mapping[str, Value] | None = None,
        key: str | None = None,
    ) -> Ticket:
        """Create a ticket for a requester's address. `key` is an Idempotency-Key of your own, to repeat the call after a crash."""
        fields: dict[str, Any] = {
            "name": name,
            "subject": subject,
            "assignee": assignee,
            "groups": groups,
            "source": source,
            "url": url,
            "key": key,
        }
        fields |= {"ccs": ccs, "attachments": attachments, "custom_fields": custom_fields}
        return self._call(calls.create_ticket(message, requester, **fields))

    def change_ticket(
        self,
        ticket_id: str,
        *,
        status: str | None = None,
        subject: str | None = None,
        assignee: str | None = None,
        groups: Sequence[int] | None = None,
        requester: str | None = None,
        name: str | None = None,
        ccs: Sequence[str] | None = None,
        add_tags: Sequence[str] | None = None,
        remove_tags: Sequence[str] | None = None,
        custom_fields: Mapping[str, Value | None] | None = None,
        until: str | None = None,
        if_match: str | None = None,
    ) -> Ticket:
        """Change what is given; `assignee="none"` is nobody, `ccs=[]` too, and None takes the value of a custom field away.

        With `if_match` only while the ticket has that entity tag.
        """
        fields: dict[str, Any] = {
            "status": status,
            "subject": subject,
            "assignee": assignee,
            "groups": groups,
            "requester": requester,
            "name": name,
        }
        fields |= {"ccs": ccs, "add_tags": add_tags, "remove_tags": remove_tags, "custom_fields": custom_fields, "until": until}
        return self._call(calls.change_ticket(ticket_id, if_match, **fields))

    def change_tickets(
        self,
        ids: Sequence[str],
        *,
        status: str | None = None,
        subject: str | None = None,
        assignee: str | None = None,
        groups: Sequence[int] | None = None,
        requester: str | None = None,
        name: str | None = None,
        ccs: Sequence[str] | None = None,
        add_tags: Sequence[str] | None = None,
        remove_tags: Sequence[str] | None = None,
        custom_fields: Mapping[str, Value | None] | None = None,
        until: str | None = None,
    ) -> list[Changed]:
        """Change up to 1,000 tickets alike; there is a result for each."""
        fields: dict[str, Any] = {
            "status": status,
            "subject": subject,
            "assignee": assignee,
            "groups": groups,
            "requester": requester,
            "name": name,
        }
        fields |= {"ccs": ccs, "add_tags": add_tags, "remove_tags": remove_tags, "custom_fields": custom_fields, "until": until}
        return (self._call(calls.change_tickets(ids, **fields)))["results"]

    def reply(
        self,
        ticket_id: str,
        message: str,
        *,
        is_private: bool = False,
        author: str = "agent",
        status: str | None = None,
        until: str | None = None,
        attachments: Sequence[str] | None = None,
        if_match: str | None = None,
        key: str | None = None,
    ) -> Ticket:
        """Add a message: a private note with `is_private`, the requester's with `author="client"`. `attachments` are ids of `upload`."""
        fields: dict[str, Any] = {"is_private": is_private, "author": author, "status": status, "until": until, "attachments": attachments}
        return self._call(calls.reply(ticket_id, message, **fields, if_match=if_match, key=key))

    def trash(self, ticket_id: str) -> Ticket:
        """Put a ticket into the trash."""
        return self._call(calls.trash(ticket_id))

    def restore(self, ticket_id: str) -> Ticket:
        """Take a ticket out of the trash."""
        return self._call(calls.move(ticket_id, "restore"))

    def merge(self, ticket_id: str, into: str) -> Ticket:
        """Have another ticket tell the messages of one; answers the other."""
        return self._call(calls.move(ticket_id, "merge", into=into))

    def unmerge(self, ticket_id: str) -> Ticket:
        """Make a merged ticket one of its own again."""
        return self._call(calls.move(ticket_id, "unmerge"))

    def split(self, ticket_id: str, message: int, *, subject: str | None = None, key: str | None = None) -> Ticket:
        """Open another ticket with a message of one, by its number from 1; answers the new one."""
        return self._call(calls.move(ticket_id, "split", key, message=message, subject=subject))

    def set_tags(self, ticket_id: str, tags: Sequence[str], *, if_match: str | None = None) -> Ticket:
        """Replace the whole list of tags."""
        return self._call(calls.set_tags(ticket_id, tags, if_match))

    def rate(self, ticket_id: str, value: str) -> Ticket:
        """Rate a ticket `good` or `bad`, as its requester."""
        return self._call(calls.rate(ticket_id, value))

    # Files

    def upload(self, name: str, content: bytes, content_type: str = "application/octet-stream") -> File:
        """Send a file, for a message to name by its `id`; one that none names is removed in a day."""
        return self._call(calls.upload(name, content, content_type))

    def download(self, file: str) -> bytes:
        """Read a file, by its id or by the `url` that stands beside a message."""
        return (self._send(calls.download(file))).read_file()

    # What happens

    def changes(self, since: str = "0", *, follow: bool = False, limit: int = 100) -> Iterator[Change]:
        """Walk through all that happened to tickets, in the order of commits; with `follow` for ever, waiting for more.

        `since` is the `id` of the last change that was seen, `0` or `now`: whoever goes on from there misses nothing.
        """
        while True:
            page = self._call(calls.changes(since, limit, calls.WAIT_SECONDS if follow else None))
            yield from page["changes"]
            if not follow and not page["more"]:
                return
            since = page["next"]

    # Reports

    def report(self, name: str, **parameters: object) -> Json:
        """Read a report (`resolution_time`) or a summary (`agents`): its rows by their keys.

        Parameters are those of the API: `date_from`, `date_to`, `timezone`, `group_by`, `definition`, `explain`, `percentiles`; `tags`,
        `groups` and `agents` are lists.
        """
        return self._call(calls.report(name, **parameters))

    def opened(self, name: str, *, row: str | None = None, page: int = 1, **parameters: object) -> Opened:
        """Read a page of the tickets behind a number, with the number; `row` is the key of a row, None for all of the range."""
        return self._call(calls.opened(name, row=row, page=page, **parameters))

    def counted_tickets(self, name: str, *, row: str | None = None, **parameters: object) -> Iterator[CountedTicket]:
        """Walk through all tickets behind a number."""
        page = pages = 1
        while page <= pages:
            opened = self.opened(name, row=row, page=page, **parameters)
            yield from opened["tickets"]
            page, pages = page + 1, opened.get("pages", 1)

    # People

    def agents(self, *, status: str | None = None) -> list[Json]:
        """List agents."""
        return self._call(calls.get("/agents", status=status))

    def agent(self, login: str) -> Json:
        """Read an agent."""
        return self._call(calls.get(calls.path_of("agents", login)))

    def groups(self) -> list[Json]:
        """List groups."""
        return self._call(calls.get("/groups"))

    def tags(self, *, group: int | None = None) -> list[Json]:
        """List tags."""
        return self._call(calls.get("/tags", group=group))

    def custom_fields(self) -> list[Json]:
        """List the custom fields that tickets can have."""
        return self._call(calls.get("/custom_fields"))

    # Everything else

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        if_match: str | None = None,
        key: str | None = None,
        **parameters: object,
    ) -> Any:
        """Call any operation of `/openapi.json`, and read its JSON.

        A POST or a DELETE gets an Idempotency-Key by itself, but what answers with a secret is sent once. `key=""` sends none either.
        """
        return self._call(calls.request(method, path, body, if_match, key, parameters))

    def _call(self, call: Call[Answered]) -> Answered:
        return cast("Answered", self._send(call).read())

    def _send(self, call: Call[Any]) -> Received:
        """Send a call, again where that may help. Raises NotReachedError."""
        options: dict[str, Any] = {"params": call.query, "json": call.body, "content": call.content, "headers": dict(call.headers)}
        repetition = 0
        while True:
            received: Received | None = None
            try:
                answer = self._http.request(call.method, call.path, **options)
                received = Received(answer.status_code, answer.headers, answer.content)
            except UnicodeEncodeError as error:
                raise ClientError(f"{call.method} {call.path}: a text holds half a character, which cannot be sent ({error})") from error
            except httpx.TransportError as error:
                failure: httpx.TransportError | None = error
            else:
                failure = None
            status, headers = (None, {}) if received is None else (received.status, received.headers)
            wait = self._retries.wait(repetition, status, headers) if call.may_be_repeated else None
            if wait is None and received is not None:
                return received
            if wait is None:
                raise NotReachedError(f"{call.method} {call.path}: no answer came ({failure!r})") from failure
            time.sleep(wait)
            repetition += 1
