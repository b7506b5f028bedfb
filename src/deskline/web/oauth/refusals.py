"""How the OAuth endpoints refuse: in the shape of RFC 6749, 5.2, with what every other error here has beside it."""

from collections.abc import Awaitable, Callable, Sequence

from deskline.errors import InvalidError, RefusedError
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


def answering(handler: Callable[[Request], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Answer]]:
    """Have a handler's refusals answered in the protocol's shape."""

    async def answered(request: Request) -> Answer:
        try:
            return await handler(request)
        except OAuthError as error:
            return refusal(error)
        except InvalidError as error:
            return refusal(OAuthError("invalid_request", str(error)))

    return answered
