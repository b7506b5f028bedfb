"""A stateful machine: people change a ticket, each with what was seen last and with keys that they repeat; a model says what is true."""

from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests import rounds
from tests.web.v2.companies import Company

EXAMPLES = rounds.times(quick=12, long=500)
STEPS = rounds.times(quick=20, long=50)
TAGS = st.sampled_from(["a", "b", "c", "d"])
PEOPLE = st.integers(0, 2)
KEYS = st.sampled_from(["k1", "k2", "k3"])


def test_nobody_overwrites_what_he_has_not_seen(found_live: Callable[..., Company]) -> None:
    class OfACompany(Careful):
        def __init__(self) -> None:
            super().__init__(found_live())

    run_state_machine_as_test(OfACompany, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS))


class Careful(RuleBasedStateMachine):
    """What is true of the ticket: its tags, how often it changed, what each saw last, and what each key stands for."""

    def __init__(self, company: Company) -> None:
        super().__init__()
        self.company = company
        self.tags: list[str] = []
        self.version = 0
        self.seen: dict[int, tuple[int, str]] = {}
        self.keys: dict[tuple[str, str], tuple[list[str], int, httpx.Response]] = {}

    @initialize()
    def found(self) -> None:
        self.company.created("AAAAA", "2024-03-09T08:00:00Z")
        for person in range(3):
            self.look(person)

    @rule(person=PEOPLE)
    def look(self, person: int) -> None:
        self.seen[person] = (self.version, self.company.get("/tickets/AAAAA").headers["etag"])

    @rule(tag=TAGS)
    def add(self, tag: str) -> None:
        assert self.company.put(f"/tickets/AAAAA/tags/{tag}").status_code == 200
        self.become([*self.tags, tag] if tag not in self.tags else self.tags)

    @rule(tag=TAGS)
    def remove(self, tag: str) -> None:
        assert self.company.request("DELETE", f"/tickets/AAAAA/tags/{tag}").status_code == 200
        self.become([each for each in self.tags if each != tag])

    @rule()
    def write(self) -> None:
        assert self.company.post("/tickets/AAAAA/messages", json={"message": "Hi"}).status_code == 200
        self.version += 1

    @rule(person=PEOPLE, tags=st.lists(TAGS, max_size=3, unique=True))
    def replace(self, person: int, tags: list[str]) -> None:
        """Replace all tags, if the ticket is as it was seen."""
        version, etag = self.seen[person]
        answer = self.company.put("/tickets/AAAAA/tags", json={"tag": tags}, headers={"If-Match": etag})
        assert answer.status_code == (200 if version == self.version else 412)
        if version == self.version:
            self.become(tags)

    @rule(person=PEOPLE, key=KEYS, tags=st.lists(TAGS, max_size=2, unique=True), looks=st.booleans())
    def replace_once(self, person: int, key: str, tags: list[str], looks: bool) -> None:
        """The same with a key, that may have been used: then nothing happens but the first answer, or a refusal of another request."""
        version, etag = self.seen[person]
        headers = {"Idempotency-Key": key} | ({"If-Match": etag} if looks else {})
        answer = self.company.put("/tickets/AAAAA/tags", json={"tag": tags}, headers=headers)
        self.compare(("PUT", key), tags, answer, is_stale=looks and version != self.version)

    @rule(key=KEYS, tags=st.lists(TAGS, max_size=2, unique=True))
    def replace_by_the_other_route(self, key: str, tags: list[str]) -> None:
        answer = self.company.post("/tickets/AAAAA/tags", json={"tag": tags}, headers={"Idempotency-Key": f'"{key}"'})
        self.compare(("POST", key), tags, answer, is_stale=False)

    def compare(self, key: tuple[str, str], tags: list[str], answer: httpx.Response, *, is_stale: bool) -> None:
        known = self.keys.get(key)
        if known is not None and known[0] == tags:
            assert (answer.status_code, answer.content) == (known[2].status_code, known[2].content)
        elif known is not None:
            assert answer.status_code == 422
        elif is_stale:
            assert answer.status_code == 412
        else:
            assert answer.status_code == 200
            self.become(tags)
            self.keys[key] = (tags, self.version, answer)

    def become(self, tags: list[str]) -> None:
        self.version += tags != self.tags
        self.tags = list(tags)

    @invariant()
    def it_is_as_it_should_be(self) -> None:
        shown: Any = self.company.get("/tickets/AAAAA")
        if shown.status_code == 200:  # else it is not there yet
            assert shown.json()["tags"] == self.tags
