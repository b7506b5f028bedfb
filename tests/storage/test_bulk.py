"""One change of many tickets: how much of it is one transaction, and what is told where one fails."""

from collections.abc import Sequence
from typing import Any

import pytest

from deskline.actions import bulk as actions
from deskline.domain.people import Principal
from deskline.errors import DatabaseAwayError
from deskline.storage.database import Database, Writer
from deskline.web.v2 import bulk
from deskline.web.v2.asks import ChangeAsk
from tests.storage.builders import ADA, OURS, a_ticket

pytestmark = pytest.mark.anyio
BY = Principal(OURS, ADA.id, ADA.name, "owner", "UTC", "key")


async def test_a_piece_that_fails_in_the_midst(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written stays and is told, what was not is told too; sent again, the rest is done."""
    ids = [await a_ticket(database) for _ in range(5)]
    pieces: list[Sequence[str]] = []
    change = actions.change

    async def breaking(tx: Writer, piece: Sequence[str], *others: Any) -> list[actions.Outcome]:
        pieces.append(piece)
        outcomes = await change(tx, piece, *others)
        if len(pieces) == 2:
            raise DatabaseAwayError("The database is away.")
        return outcomes

    monkeypatch.setattr(bulk, "PIECE", 2)
    monkeypatch.setattr(actions, "change", breaking)
    ask = ChangeAsk(status="spam")
    outcomes = [bulk._shown(outcome) for outcome in await bulk._change_all(database, OURS, ids, ask, BY)]
    assert [(each["status"], each["changed"]) for each in outcomes] == [(200, True)] * 2 + [(503, False)] * 3
    assert [each.get("error") for each in outcomes] == [None, None, "The database is away.", "The database is away.", bulk.NOT_TRIED]
    assert pieces == [ids[:2], ids[2:4]]
    again = await bulk._change_all(database, OURS, ids, ask, BY)
    assert [outcome.changed for outcome in again] == [False, False, True, True, True]


async def test_the_first_piece_that_fails_is_the_request(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaking(*_: Any) -> list[actions.Outcome]:
        raise DatabaseAwayError("The database is away.")

    monkeypatch.setattr(actions, "change", breaking)
    with pytest.raises(DatabaseAwayError):
        await bulk._change_all(database, OURS, [await a_ticket(database)], ChangeAsk(status="spam"), BY)
