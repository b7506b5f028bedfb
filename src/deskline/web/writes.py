"""Writes with a condition: an Idempotency-Key (do it once), an If-Match (do it if nobody was there before), or both.

The handler finds a database in which everything that it writes is one transaction. The conditions are looked at when it begins to write,
in that transaction, and the answer is kept at its end; so nothing can come in between, in whatever process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from deskline.errors import ConflictError, InFlightError, InvalidError, NotFoundError, RefusedError, ReusedKeyError, StaleError
from deskline.storage.database import Writer
from deskline.storage.joined import JoinedDatabase
from deskline.storage.repeats import written
from deskline.web import etags, idempotency
from deskline.web.idempotency import Repetition, read_repetition
from deskline.web.requests import Request
from deskline.web.responses import Answer, error_answer

READS: Final = frozenset({"GET", "HEAD"})
_IN_FLIGHT_TEXT: Final = "Idempotency-Key: a request with this key is being worked on; repeat yours in a moment to get its answer."
_NO_STATE_TEXT: Final = (
    "If-Match: is not offered here; accepted on changes of one ticket, group, canned response or custom field, with the ETag that GET "
    "answers for it"
)
# Refusals that are kept: they were decided by what was there, and might be decided otherwise later. All others may be put right.
_DECIDED: Final = (NotFoundError, ConflictError)


class _RepeatedError(Exception):
    """The request was done before. Its answer is carried through the handler that has begun to do it again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def is_conditional(request: Request) -> bool:
    """Say whether a request is a write with a condition."""
    headers = request.headers
    return (idempotency.HEADER in headers or etags.MATCH in headers) and request.method not in READS


class ConditionalWrites:
    """Has writes with a condition done. Knows which keys are being worked on in this process."""

    def __init__(self) -> None:
        self._in_flight: set[tuple[int, str, str]] = set()

    async def answer(self, request: Request) -> Answer:
        """Have a request done by its route's handler, or find that it was done.

        Raises StaleError, ReusedKeyError, InFlightError, InvalidError for a condition that cannot be read, and what the handler raises.
        """
        assert request.route is not None
        if etags.MATCH in request.headers and request.route.state is None:
            raise InvalidError(_NO_STATE_TEXT)
        repetition = await read_repetition(request)
        if repetition is None:
            return await _done(request, None)
        with self._alone(repetition):
            return await _done(request, repetition)

    @contextmanager
    def _alone(self, repetition: Repetition) -> Iterator[None]:
        """Refuse a second request with a key while there is a first. Another process waits for its transaction instead."""
        if repetition.place in self._in_flight:
            raise InFlightError(_IN_FLIGHT_TEXT)
        self._in_flight.add(repetition.place)
        try:
            yield
        finally:
            self._in_flight.remove(repetition.place)


async def _done(request: Request, repetition: Repetition | None) -> Answer:
    services = request.services

    async def work(tx: Writer) -> Answer | RefusedError:
        joined = JoinedDatabase(services.database, tx, lambda tx: _check(request, repetition, tx))
        request.services = msgspec.structs.replace(services, database=joined)
        try:
            return await _answered(request, repetition, tx, joined)
        except _RepeatedError as repeated:
            return repeated.answer
        except (StaleError, ReusedKeyError) as refusal:
            return refusal
        finally:
            request.services = services

    # The transaction is left in order, also where nothing was done: what was found in it may be part of the same commit, and nobody is
    # told of it before that is durable.
    done = await written(services.database, request.principal.account_id, work)
    if isinstance(done, RefusedError):
        raise done
    return done


async def _answered(request: Request, repetition: Repetition | None, tx: Writer, joined: JoinedDatabase) -> Answer:
    """Run the handler and keep its answer. Raises what the handler raises unless that is kept, and _RepeatedError."""
    assert request.route is not None
    try:
        answer = await request.route.handler(request)
    except RefusedError as error:
        if repetition is None:
            raise
        if not joined.has_begun:  # refused by what it has read: that may be what the first request has done
            await _check_repetition(repetition, tx)
        if not isinstance(error, _DECIDED):
            raise
        answer = error_answer(error)
    else:
        if repetition is not None and not joined.has_begun:
            await _check_repetition(repetition, tx)
    if repetition is not None:
        await repetition.keep(tx, answer)
    return answer


async def _check(request: Request, repetition: Repetition | None, tx: Writer) -> None:
    """Look at the conditions before anything is written. A repetition's answer comes first: its own change has made the ETag old."""
    if repetition is not None:
        await _check_repetition(repetition, tx)
    wanted = request.headers.get(etags.MATCH)
    if wanted is not None:
        await _check_state(request, wanted, tx)


async def _check_repetition(repetition: Repetition, tx: Writer) -> None:
    answer = await repetition.find_answer(tx)
    if answer is not None:
        raise _RepeatedError(answer)


async def _check_state(request: Request, wanted: bytes, tx: Writer) -> None:
    """Compare what is there with what the client has seen; where nothing is there, the handler says so better."""
    assert request.route is not None
    assert request.route.state is not None
    state = await request.route.state(request, tx)
    if state is not None:
        noun, value = request.route.path.split("/")[1], next(iter(request.route_values.values()))
        etags.check_match(state, wanted, f"/{noun}/{value}")
