"""How the OAuth endpoints refuse: in the shape of RFC 6749, 5.2, with what every other error here has beside it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from deskline.errors import InvalidError, RefusedError, TooManyError, UnavailableError
from deskline.web.buckets import Buckets
from deskline.web.limits import WINDOW_SECONDS, Address, network_of
from deskline.web.requests import Request
from deskline.web.responses import Answer, Header, json_answer


class OAuthError(RefusedError):
    """What a client of the protocol is told: a word of the protocol, and a sentence for its developer."""

    def __init__(self, error: str, text: str, *, status: int = 400, headers: Sequence[Header] = ()) -> None:
        self.error = error
        self.text = text
        self.status = status
        self.headers = headers
        super().__init__(f"{error}: {text}")


def refusal(error: OAuthError) -> Answer:
    """Answer with an error: `error` is the protocol's word; `errors` and `message` are what other clients of this server read."""
    shown: dict[str, object] = {"error": error.error, "error_description": error.text, "message": error.text}
    if error.status == 400:
        shown["errors"] = [error.text]
    answer = json_answer(shown, error.status)
    answer.headers = error.headers
    return answer


Handle: TypeAlias = Callable[[Request], Awaitable[Answer]]


class Answering:
    """Has refusals answered in the protocol's shape, and counts them: so many a minute from one address (0: any number), then it waits.

    What is asked counts as refused until it is not, so that many at a time are not too many.
    """

    def __init__(self, address_of: Address, failures: int) -> None:
        self._address_of = address_of
        self._failures = Buckets(failures, WINDOW_SECONDS) if failures else None

    def __call__(self, handler: Handle) -> Handle:
        """Make a handler that answers so of one that raises."""

        async def answered(request: Request) -> Answer:
            place = self._take(request)
            try:
                answer = await handler(request)
            except OAuthError as error:
                return refusal(error)
            except InvalidError as error:
                return refusal(OAuthError("invalid_request", str(error)))
            except UnavailableError:
                self._give_back(place)
                raise
            self._give_back(place)
            return answer

        return answered

    def _give_back(self, place: str) -> None:
        if self._failures is not None and place:
            self._failures.give_back(place)

    def _take(self, request: Request) -> str:
        """Count a request of an address. Raises TooManyError."""
        place = network_of(self._address_of(request))
        if self._failures is not None and place:
            is_taken, level = self._failures.take(place)
            if not is_taken:
                raise TooManyError(
                    f"Too many requests from your address were refused: {self._failures.size:,} a minute are accepted; wait "
                    f"{level.next_seconds} s and check what the app sends.",
                    level.next_seconds,
                )
        return place
