"""POST /tickets/new: the ticket form on a company's own pages, which nobody signs in for.

Pages of other sites may read the answers (CORS, without credentials): there is nothing in them but what the page knows. Which pages may
send is checked against the account's list for each request, by the Origin that browsers do not let pages forge. Programs can; limits are
for those.
"""

import secrets
from typing import Final

import structlog

from deskline.actions import ticket_forms as actions
from deskline.domain.ticket_forms import HONEYPOT
from deskline.domain.tickets import NO_SUBJECT
from deskline.errors import DesklineError, InvalidError, RefusedError, TooManyError, UnavailableError
from deskline.storage.repeats import written
from deskline.web.buckets import Buckets, Level
from deskline.web.limits import WINDOW_SECONDS, Address, network_of
from deskline.web.requests import Request
from deskline.web.responses import TEXT, Answer, Header, error_answer, json_answer
from deskline.web.routes import Route
from deskline.web.v2 import asks, asks_forms

PATH: Final = "/tickets/new"
BODY_BYTES: Final = 262_144
INCORRECT: Final = "incorrect requester structure"  # the original's word
_ID_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_FOR_PAGES: Final[tuple[Header, ...]] = ((b"access-control-allow-origin", b"*"),)
_PREFLIGHT: Final[tuple[Header, ...]] = (
    *_FOR_PAGES,
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"content-type, x-api-version"),
    (b"access-control-max-age", b"7200"),
)
_log = structlog.get_logger("deskline.forms")


class PublicForm:
    """Takes the form. `per_minute` is how many tickets one address may send a minute, in each process (0: any number)."""

    def __init__(self, address_of: Address, *, per_minute: int) -> None:
        self._address_of = address_of
        self._addresses = Buckets(per_minute, WINDOW_SECONDS) if per_minute else None
        self._accounts: dict[int, Buckets] = {}

    def routes(self) -> tuple[Route, ...]:
        """List the routes; they are under /v2 as well."""
        return (
            Route("POST", PATH, self.send, has_own_sign_in=True, from_pages=True),
            Route("OPTIONS", PATH, self.preflight, has_own_sign_in=True, from_pages=True),
        )

    async def preflight(self, _: Request) -> Answer:
        """OPTIONS /tickets/new → that pages may ask; which may send is found out when one does."""
        return Answer(b"", content_type=TEXT, headers=_PREFLIGHT)

    async def send(self, request: Request) -> Answer:
        """POST /tickets/new → `{"id":…}` of the new ticket, or what was wrong; the page can read either."""
        try:
            answer = json_answer({"id": await self._sent(request)})
        except (RefusedError, UnavailableError) as error:
            answer = _refused(error)
        answer.headers = (*answer.headers, *_FOR_PAGES)
        return answer

    async def _sent(self, request: Request) -> str:
        self._take_address(request)
        request.narrow(BODY_BYTES)
        origin = request.headers.get(b"origin")
        where = None if origin is None else origin.decode("latin-1")
        form = await request.form()
        is_machine = bool(form.text(HONEYPOT, limit=asks.URL_LIMIT))
        ask = asks_forms.read_form(form)
        database = request.services.database
        async with database.read(ask.account_id) as tx:
            per_minute = (await actions.find_open(tx, where)).per_minute
        self._take_account(ask.account_id, per_minute)
        if is_machine:  # it is told what it hopes for, so that it does not try another way
            _log.info("a ticket form was filled in by a machine", account=ask.account_id, request_id=request.request_id)
            return "".join(secrets.choice(_ID_LETTERS) for _ in range(5))
        opening = await written(
            database,
            ask.account_id,
            lambda tx: actions.send(tx, where, ask.requester, ask.text, ask.subject or NO_SUBJECT, ask.url, ask.group),
        )
        return opening.id

    def _take_address(self, request: Request) -> None:
        """Count a request for its address, before anything is read. Raises TooManyError."""
        place = network_of(self._address_of(request))
        if self._addresses is not None and place:
            is_taken, level = self._addresses.take(place)
            if not is_taken:
                raise _too_many("your address", self._addresses.size, level)

    def _take_account(self, account_id: int, per_minute: int) -> None:
        """Count a ticket for the account. Raises TooManyError."""
        buckets = self._accounts.get(account_id)
        if buckets is None or buckets.size != per_minute:
            buckets = self._accounts[account_id] = Buckets(per_minute, WINDOW_SECONDS)
        is_taken, level = buckets.take(account_id)
        if not is_taken:
            raise _too_many("this form", per_minute, level)


def _too_many(whose: str, size: int, level: Level) -> TooManyError:
    return TooManyError(
        f"Too many tickets from {whose}: {size:,} a minute are accepted; wait {level.next_seconds} s.",
        retry_after_seconds=level.next_seconds,
    )


def _refused(error: DesklineError) -> Answer:
    """Spell a refusal as the original did: what is wrong with the requester stands under a name of its own."""
    if not isinstance(error, InvalidError):
        return error_answer(error)
    of_requester = [problem for problem in error.problems if problem.startswith("requester")]
    others: list[object] = [problem for problem in error.problems if not problem.startswith("requester")]
    if of_requester:
        others.insert(0, {INCORRECT: of_requester})
    return json_answer({"errors": others, "message": error.problems[0]}, 400)
