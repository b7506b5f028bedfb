"""A client of the API: `Client`, and `AsyncClient` with the same methods. It knows nothing of the server but its public API.

    with Client("https://desk.example.com", "ann@example.com", "<API key>") as desk:
        for ticket in desk.tickets(status="open", tags=["sales"]):
            desk.reply(ticket["id"], "We are looking into it.")

It needs httpx: `pip install "deskline[client]"`.
"""

from deskline.client.asynchronous import AsyncClient
from deskline.client.errors import (
    ApiError,
    ClientError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    NotReachedError,
    OutdatedError,
    ServerError,
    SignInError,
    TooManyRequestsError,
    UnreadableAnswerError,
)
from deskline.client.retries import Retries
from deskline.client.shapes import Change, Changed, CountedTicket, Event, File, Opened, Ticket, TicketPage
from deskline.client.synchronous import Client

__all__ = [
    "ApiError",
    "AsyncClient",
    "Change",
    "Changed",
    "Client",
    "ClientError",
    "ConflictError",
    "CountedTicket",
    "Event",
    "File",
    "ForbiddenError",
    "InvalidRequestError",
    "NotFoundError",
    "NotReachedError",
    "Opened",
    "OutdatedError",
    "Retries",
    "ServerError",
    "SignInError",
    "Ticket",
    "TicketPage",
    "TooManyRequestsError",
    "UnreadableAnswerError",
]
