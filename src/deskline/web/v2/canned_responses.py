"""The endpoints under /canned_responses."""

from deskline.actions import canned_responses as actions
from deskline.domain.people import EVERYBODY
from deskline.storage import canned_responses as stored
from deskline.storage.database import Reader
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.v2 import asks, asks_people
from deskline.web.v2.path_ids import read_id
from deskline.web.v2.wire_people import show_canned_response

DELETED = {"result": "Canned response removed successfully"}


async def list_canned_responses(request: Request) -> Answer:
    """GET /canned_responses → those of a group, everybody's (0) where none is named."""
    group = asks.read_group(request.query) or EVERYBODY
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        responses = await stored.list_responses(tx)
    return json_answer([show_canned_response(response) for response in responses if response.group == group])


async def get_canned_response(request: Request) -> Answer:
    """GET /canned_responses/<id> → the canned response."""
    async with request.services.database.read(request.principal.account_id, snapshot=True) as tx:
        return json_answer(show_canned_response(await actions.get(tx, _id(request))))


async def find_state(request: Request, tx: Reader) -> bytes | None:
    """Find what GET /canned_responses/<id> answers now."""
    response = await stored.find_response(tx, _id(request))
    return None if response is None else json_answer(show_canned_response(response)).body


async def create_canned_response(request: Request) -> Answer:
    """POST /canned_responses → the new canned response."""
    new = asks_people.read_new_response(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        return json_answer(show_canned_response(await actions.create(tx, new.text, new.tags, new.group, request.principal)))


async def change_canned_response(request: Request) -> Answer:
    """PUT /canned_responses/<id> → the canned response with another text, other tags or another group."""
    response_id = _id(request)
    async with request.services.database.read(request.principal.account_id) as tx:
        await actions.get(tx, response_id)  # one that is not there is that, whatever the body says
    changes = asks_people.read_response_change(await request.form())
    async with request.services.database.write(request.principal.account_id) as tx:
        return json_answer(show_canned_response(await actions.change(tx, response_id, changes, request.principal)))


async def delete_canned_response(request: Request) -> Answer:
    """DELETE /canned_responses/<id> → that it is gone."""
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.delete(tx, _id(request), request.principal)
    return json_answer(DELETED)


def _id(request: Request) -> int:
    return read_id(request, "response_id", "canned response")
