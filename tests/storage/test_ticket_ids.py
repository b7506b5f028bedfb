"""Ids of new tickets: of five letters and digits, never one twice, near one another as long as they follow one another."""

import secrets

import pytest

from deskline.storage import ticket_ids
from deskline.storage.database import Database
from deskline.storage.ticket_ids import RUN, RUNS, STEP, draw_ids
from tests.storage.builders import OURS, a_ticket

pytestmark = pytest.mark.anyio


async def test_ids_of_a_run_differ_in_their_last_letters_only(database: Database) -> None:
    async with database.write(OURS) as tx:
        tx.memory.numbers[OURS] = 7 * RUN
        drawn, _ = await draw_ids(tx, RUN)
        tx.memory.numbers[OURS] = 8 * RUN
        next_run, _ = await draw_ids(tx, 1)
    assert len(set(drawn)) == RUN
    assert {(len(ticket_id), ticket_id.isalnum(), ticket_id.isupper() or ticket_id.isdigit()) for ticket_id in drawn} == {(5, True, True)}
    assert len({ticket_id[:3] for ticket_id in drawn}) == 1
    assert next_run[0][:3] != drawn[0][:3]


def test_every_run_comes_once_before_any_comes_again() -> None:
    assert len({number * STEP % RUNS for number in range(RUNS)}) == RUNS


async def test_longer_ids_come_only_where_free_ones_are_rare(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda _: 0)
    lengths = [len(await a_ticket(database)) for _ in range(4)]
    assert lengths == [5, 5, 6, 7]


async def test_it_is_said_when_no_id_is_free(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda _: 0)
    monkeypatch.setattr(ticket_ids, "TRIES", (2, 2))
    await a_ticket(database)
    with pytest.raises(RuntimeError, match="no 1 free ticket ids were found in 2 tries"):
        await a_ticket(database)
