"""The endpoints under /attachments: files are sent here, and read by who may read tickets. The message that names one is in `tickets`."""

from typing import Final

from deskline.actions import attachments as actions
from deskline.web.downloads import inert_headers
from deskline.web.requests import Request
from deskline.web.responses import Answer, json_answer
from deskline.web.streams import Stream
from deskline.web.v2 import asks
from deskline.web.v2.wire import show_file

DELETED: Final = {"result": "Attachment removed successfully"}


async def send_attachment(request: Request) -> Answer:
    """POST /attachments → the file that was sent, with the id by which a message names it."""
    database, uploads = request.services.database, request.services.uploads
    name = asks.read_file_name(request.query)
    content_type = uploads.read_type(request.headers.get(b"content-type", b"").decode("latin-1"))
    with uploads.one():
        file = await actions.upload(database, uploads.blobs, request.principal, name, content_type, request.pieces(uploads.limits))
    return json_answer(show_file(file, request.host))


async def get_attachment(request: Request) -> Answer:
    """GET /attachments/<id> or /attachments/<id>/<name> → the file, to be saved."""
    services = request.services
    account_id = request.principal.account_id
    async with services.database.read(account_id) as tx:
        file = await actions.get(tx, _id(request), request.principal)
    return Stream(
        services.uploads.blobs.read(account_id, file.id),
        content_type=file.content_type.encode("ascii"),
        headers=inert_headers(file.name),
        size=file.size,
        tag=f'"{file.sha256}"'.encode(),
    )


async def delete_attachment(request: Request) -> Answer:
    """DELETE /attachments/<id> → that a file which no message has named is gone."""
    async with request.services.database.write(request.principal.account_id) as tx:
        await actions.drop(tx, _id(request), request.principal)
    return json_answer(DELETED)


def _id(request: Request) -> str:
    return request.route_values["attachment_id"].lower()
