"""What a call may raise. Nothing else comes out of a client, but for mistakes in the program that uses it.

ClientError
├── NotReachedError            no answer came: no connection, a broken one, or none in time
├── UnreadableAnswerError      an answer that this client cannot read: something else answers at that address
└── ApiError                   the server said no, and why
    ├── InvalidRequestError    400: parameters are wrong; `problems` names each
    ├── SignInError            401
    ├── ForbiddenError         403: by permission, scope or transport
    ├── NotFoundError          404
    ├── ConflictError          409: the state does not allow it, or the same request is being worked on; 422: the key is another request's
    ├── OutdatedError          412: the ticket was changed since it was read
    ├── TooManyRequestsError   429
    └── ServerError            5xx, after all repetitions
"""

from collections.abc import Sequence
from typing import Final


class ClientError(Exception):
    """The root."""


class NotReachedError(ClientError):
    """No answer came, after all repetitions. Whether a write was done is known only by asking."""


class UnreadableAnswerError(ClientError):
    """The answer is not one of this API."""


class ApiError(ClientError):
    """The server said no. `problems` are its sentences, `request_id` is what its log calls the request."""

    def __init__(self, status: int, problems: Sequence[str], request_id: str = "") -> None:
        super().__init__(f"{status}: {'; '.join(problems)}")
        self.status = status
        self.problems = tuple(problems)
        self.request_id = request_id


class InvalidRequestError(ApiError):
    """Parameters are wrong."""


class SignInError(ApiError):
    """The login and the key do not go together, or the key was revoked."""


class ForbiddenError(ApiError):
    """Known, but not allowed."""


class NotFoundError(ApiError):
    """There is no such object in this account."""


class ConflictError(ApiError):
    """The state does not allow it."""


class OutdatedError(ApiError):
    """It was changed since it was read."""


class TooManyRequestsError(ApiError):
    """Too many requests, after all repetitions."""


class ServerError(ApiError):
    """The server could not do it."""


_KINDS: Final[dict[int, type[ApiError]]] = {
    400: InvalidRequestError,
    401: SignInError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    412: OutdatedError,
    422: ConflictError,
    429: TooManyRequestsError,
}


def error_of(status: int, problems: Sequence[str], request_id: str = "") -> ApiError:
    """Make the error of a status."""
    return _KINDS.get(status, ServerError if status >= 500 else ApiError)(status, problems, request_id)
