"""Keys: what is stored opens nothing, a wrong sign-in tells nothing, and a revoked key is dead at once."""

import hashlib
import http.client
import json
import statistics
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from deskline.actions import accounts
from deskline.domain.people import Agent
from tests.faults.programs import KEY, OWNER, Program, basic, run, serving
from tests.storage.builders import OURS, open_sqlite

REVOKED_SECONDS = 1.0
PROBES = 200
OF_THIS_ANSWER = {"date", "x-request-id"}
MOST_DIFFERENT = 2.0  # medians of two refusals; what a look-up more or a slow hash would make is a multiple of that


class Door:
    """Asks for a list of tickets with some credentials, over one connection."""

    def __init__(self, program: Program) -> None:
        self._connection = http.client.HTTPConnection(program.host, program.port, timeout=30)

    def try_(self, login: str, key: str) -> tuple[int, dict[str, str], bytes]:
        """Knock. Answers status, headers and body."""
        name, _, value = basic(login, key).decode().strip().partition(": ")
        self._connection.request("GET", "/tickets?page=1", headers={name: value})
        answer = self._connection.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in OF_THIS_ANSWER}
        return answer.status, headers, answer.read()

    def opens(self, login: str, key: str) -> bool:
        """Whether the credentials are good."""
        return self.try_(login, key)[0] == 200


@contextmanager
def a_door(data: Path) -> Iterator[Door]:
    with serving(data, log=data / "server.log") as program:
        door = Door(program)
        yield door
        door._connection.close()
        assert program.terminate() == 0


def new_key(data: Path) -> tuple[str, str]:
    """Have a key made for the owner. Answers its id and the secret."""
    shown = json.loads(run("key", "add", "--data", str(data), "--login", OWNER, "--json"))
    return shown["key_id"], shown["key"]


def revoke(data: Path, key_id: str) -> None:
    run("key", "revoke", "--data", str(data), key_id)


def test_nothing_on_the_disk_opens_the_door(data: Path) -> None:
    _, made = new_key(data)
    secrets = (KEY, made)
    with a_door(data) as door:
        for key in secrets:
            assert door.opens(OWNER, key)
            assert not door.opens(OWNER, key[:-1])
        left = {path.name: path.read_bytes() for path in data.iterdir()}
        assert {"deskline.db", "deskline.db-wal", "server.log"} <= left.keys()
        for key in secrets:
            assert len(bytes.fromhex(key)) >= 16
            credentials = f"{OWNER}:{key}".encode()
            spellings = (key.encode(), key.upper().encode(), key.encode("utf-16-le"), bytes.fromhex(key), b64encode(key.encode()))
            for spelling in (*spellings, b64encode(credentials)):
                assert [name for name, content in left.items() if spelling in content] == []
            stored = hashlib.sha256(key.encode()).digest()
            assert stored in left["deskline.db"] + left["deskline.db-wal"], "the hash is what is stored"
            assert not door.opens(OWNER, stored.hex())
            assert not door.opens(OWNER, b64encode(stored).decode())


async def add_ben_and_a_revoked_key(data: Path) -> str:
    """Add another agent, and a key of the owner's that does not work any more. Answers the key."""
    database = open_sqlite(data)
    async with database.write(OURS) as tx:
        await accounts.add_agent(tx, Agent(login="ben@example.com", name="Ben"))
        key = await accounts.add_key(tx, OWNER)
        await accounts.revoke_key(tx, key.id)
    await database.close()
    return key.secret


def test_a_wrong_sign_in_tells_nothing(data: Path) -> None:
    """Unknown login, wrong key, somebody else's key and a revoked one: the same answer, and as soon."""
    revoked = uvloop.run(add_ben_and_a_revoked_key(data))
    wrong = {
        "an unknown login": ("nobody@example.com", "f" * 32),
        "a wrong key": (OWNER, "e" * 32),
        "a revoked key": (OWNER, revoked),
        "the key of somebody else": ("ben@example.com", KEY),
        "an unknown login with a good key": ("nobody@example.com", KEY),
    }
    with a_door(data) as door:
        assert door.opens(OWNER, KEY)
        answers = {why: door.try_(*credentials) for why, credentials in wrong.items()}
        first = answers["an unknown login"]
        assert first[0] == 401
        assert {why: answer for why, answer in answers.items() if answer != first} == {}
        seconds: dict[str, list[float]] = {why: [] for why in wrong}
        for _ in range(PROBES):  # in turn, so that a busy machine slows all of them alike
            for why, credentials in wrong.items():
                before = time.perf_counter()
                door.try_(*credentials)
                seconds[why].append(time.perf_counter() - before)
    medians = {why: statistics.median(each) for why, each in seconds.items()}
    assert max(medians.values()) < MOST_DIFFERENT * min(medians.values()), medians


def test_a_key_revoked_by_another_process_is_dead_within_a_second(data: Path) -> None:
    key_id, key = new_key(data)
    with a_door(data) as door:
        assert door.opens(OWNER, key)
        revoke(data, key_id)
        revoked_at = time.monotonic()
        while door.opens(OWNER, key):
            assert time.monotonic() - revoked_at < REVOKED_SECONDS
        assert door.opens(OWNER, KEY)
