"""Clients of a server whose database may go away: what each was told is written down, and held against what is there in the end."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.cli.commands import KEY, LOGIN
from tests.serving import PATIENCE_SECONDS, Server, basic

HEADERS = {**basic(LOGIN, KEY), "X-API-Version": "2", "Content-Type": "application/json"}
WHO = ("--account", "Example", "--timezone", "UTC", "--login", LOGIN, "--name", "Ann", "--key", KEY)
UNKNOWN = "Outcome unknown"
MESSAGES = 5  # of a ticket


@dataclass
class Journal:
    """What clients were told, by each of them in its own thread."""

    server: Server
    acknowledged: list[tuple[str, str]] = field(default_factory=list)  # the ticket, and the message that is in it
    refused: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    slowest: float = 0.0
    broken_is_fine: bool = False  # where what answers is killed
    stop: threading.Event = field(default_factory=threading.Event)
    clients: list[threading.Thread] = field(default_factory=list)

    def finish(self) -> None:
        """Have the clients stop, and wait until each has had its last answer."""
        self.stop.set()
        for client in self.clients:
            client.join(PATIENCE_SECONDS)
        assert not any(client.is_alive() for client in self.clients), "a request was never answered"

    def write(self, name: str) -> None:
        """Create tickets and add messages to them until told to stop."""
        connection = http.client.HTTPConnection(*self.server.address, timeout=PATIENCE_SECONDS)
        ticket_id, number = "", 0
        while not self.stop.is_set():
            number += 1
            text = f"message {number} of {name}"
            is_new = not ticket_id or number % MESSAGES == 0
            asked = {"requester": {"mail": f"{name}@client.example"}, "message": text} if is_new else {"message": text}
            status, body = self._ask(connection, "/tickets" if is_new else f"/tickets/{ticket_id}/messages", asked)
            if status in {200, 201}:
                ticket_id = body["id"]
                self.acknowledged.append((ticket_id, text))
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, target: str, asked: dict[str, Any]) -> tuple[int, Any]:
        begun = time.monotonic()
        try:
            connection.request("POST", target, json.dumps(asked).encode(), HEADERS)
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException) as error:
            if not self.broken_is_fine:
                raise
            connection.close()
            self.refused.append(repr(error))
            return 0, {}
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if answer.status == 503 and (answer.headers["Retry-After"] or body["error"].startswith(UNKNOWN)):
            self.refused.append(body["error"])
        elif answer.status not in {200, 201}:
            self.complaints.append(f"{answer.status}: {body}")
        return answer.status, body

    def wait_for_more(self, count: int, seconds: float = PATIENCE_SECONDS) -> float:
        """Wait until so many more writes are acknowledged than now. Answers how many seconds that took."""
        return self._wait(self.acknowledged, count, seconds, "no write was acknowledged")

    def wait_for_a_refusal(self) -> None:
        """Wait until somebody hears that the database is away."""
        self._wait(self.refused, 1, PATIENCE_SECONDS, "nobody was told that the database is away")

    def _wait(self, heard: list[Any], count: int, seconds: float, complaint: str) -> float:
        begun, known = time.monotonic(), len(heard)
        while len(heard) < known + count:
            assert time.monotonic() < begun + seconds, f"{complaint} within {seconds} s; the last refusals: {self.refused[-3:]}"
            self.stop.wait(0.005)
        return time.monotonic() - begun

    def lost(self) -> list[tuple[str, str]]:
        """List what was acknowledged and is not there, when all is said."""
        self.finish()
        texts: dict[str, set[str]] = {}
        for ticket_id, _ in self.acknowledged:
            if ticket_id not in texts:
                answer = self.server.ask("GET", f"/tickets/{ticket_id}", headers=HEADERS)
                assert answer.status in {200, 404}, answer
                texts[ticket_id] = {event.get("message") for event in answer.json["events"]} if answer.status == 200 else set()
        return [(ticket_id, text) for ticket_id, text in self.acknowledged if text not in texts[ticket_id]]


@contextmanager
def writing(server: Server, clients: int = 4, *, broken_is_fine: bool = False) -> Iterator[Journal]:
    """Have clients write; they stop at the end, when nothing may have happened but acknowledgements and refusals in good form."""
    journal = Journal(server, broken_is_fine=broken_is_fine)
    journal.clients = [threading.Thread(target=journal.write, args=(f"client{number}",)) for number in range(clients)]
    for client in journal.clients:
        client.start()
    try:
        yield journal
    finally:
        journal.finish()
    assert journal.complaints == []
    assert "Traceback" not in server.log.read_text()
