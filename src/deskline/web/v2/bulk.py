"""One change of many tickets at once: each is told its own result. What a change may be is that of one ticket."""

from collections.abc import Sequence
from typing import Any, Final

from deskline.actions import bulk as actions
from deskline.actions.bulk import Outcome
from deskline.domain.people import Principal
from deskline.errors import DesklineError, InvalidError, RefusedError
from deskline.storage.database import Database, Writer
from deskline.storage.repeats import written
from deskline.web.params import Params
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer, status_of
from deskline.web.v2 import asks
from deskline.web.v2.asks import ChangeAsk
from deskline.web.v2.tickets import changes_of

MOST_IDS: Final = 1_000
IDS_LIMIT: Final = 40_000  # letters of a text with several ids
PIECE: Final = 25  # tickets of a transaction: others wait some 10 ms
NOT_TRIED: Final = "Not tried, as the change of tickets before this one failed; send the rest again."


async def change_tickets(request: Request) -> Answer:
    """PUT /tickets → `{"results":[{"id":…,"status":200,"changed":true},…]}`: one change of up to 1,000 tickets, a result for each."""
    form = await request.form()
    ids = read_ids(form)
    ask = asks.read_change(form, request.principal.zone, request.services.clock())
    outcomes = await _change_all(request.services.database, request.principal.account_id, ids, ask, request.principal)
    return json_answer({"results": [_shown(outcome) for outcome in outcomes]})


def read_ids(params: Params) -> tuple[str, ...]:
    """Read which tickets are meant, each once: a list, or a text with commas. Whoever reads the rest raises what is wrong here."""
    texts = params.texts("ids", limit=IDS_LIMIT, count=MOST_IDS)
    ids = tuple(dict.fromkeys(ticket_id for text in texts for part in text.split(",") if (ticket_id := part.strip())))
    if len(ids) > MOST_IDS:
        params.refuse("ids", f"{len(ids):,} tickets", f"at most {MOST_IDS:,} tickets")
    elif not ids and not params.refused:
        params.refuse("ids", "is missing", f"the ids of up to {MOST_IDS:,} tickets")
    return ids


async def _change_all(database: Database, account_id: int, ids: Sequence[str], ask: ChangeAsk, by: Principal) -> list[Outcome]:
    """Change tickets a piece a transaction; where one fails, those before it stay changed, and the rest is not tried."""
    outcomes: list[Outcome] = []
    for first in range(0, len(ids), PIECE):
        piece = ids[first : first + PIECE]

        async def work(tx: Writer, piece: Sequence[str] = piece) -> list[Outcome]:
            return await actions.change(tx, piece, await changes_of(tx, ask, by), by.person)

        try:
            outcomes += await written(database, account_id, work)
        except DesklineError as error:
            if not first:
                raise
            rest = ids[first + PIECE :]
            return [*outcomes, *(Outcome(each, error=error) for each in piece), *(Outcome(each, error=_NotTriedError()) for each in rest)]
    return outcomes


class _NotTriedError(RefusedError):
    def __init__(self) -> None:
        super().__init__(NOT_TRIED)


def _shown(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    if error is None:
        return {"id": outcome.id, "status": 200, "changed": outcome.changed}
    status = 503 if isinstance(error, _NotTriedError) else status_of(error)
    text = error.problems[0] if isinstance(error, InvalidError) else str(error)
    return {"id": outcome.id, "status": status, "changed": False, "error": text}
