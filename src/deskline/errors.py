"""Every error Deskline raises on purpose, drawn as one tree. No HTTP numbers, no texts of the wire: the web layer has one table for those.

DesklineError
├── RefusedError                 the caller asked for something that cannot be done; nothing was changed
│   ├── InvalidError             one or more parameters are wrong, each named
│   ├── NotFoundError            there is no such object in this account
│   │   └── NotYetError          there is now, but there was not at the instant asked about
│   ├── ConflictError            the object's state does not allow it
│   │   └── InFlightError        the same request is being worked on
│   ├── StaleError               the object is not as the caller last saw it
│   ├── ReusedKeyError           a key that stands for another request
│   ├── SignInError              unknown login, wrong or revoked key
│   │   └── InvalidTokenError    unknown, revoked or expired token of an app
│   ├── ForbiddenError           known, but not allowed
│   │   └── ScopeError           the token does not say that it may do this
│   ├── UnsupportedVersionError  another version of the API was asked for
│   ├── MethodError              the path exists, the method is not offered on it
│   ├── TooLargeError            a body or a structure beyond its bound
│   ├── TooManyError             the caller asks, or fails to sign in, too often
│   └── TooSlowError             the client did not send its request in time
├── UnavailableError             try again later; nothing was changed
│   ├── DatabaseBusyError        another process holds the database
│   ├── DatabaseAwayError        the database server cannot be reached
│   ├── OutdatedError            a newer program has upgraded the database beneath this one
│   ├── CollisionError           two writes met; this one was undone and may be done again at once
│   ├── QueryTooLongError        a query ran longer than its budget
│   └── StoppingError            the server is shutting down
├── OutcomeUnknownError          the connection was lost during a commit: it may or may not have been done
├── LostLeaseError               a job is somebody else's by now; what was being done was undone
├── StorageFullError             the disk is full; nothing was changed
├── DurabilityLostError          a write may not have reached the disk: the server must stop
├── SchemaError                  the database's schema is not one that this program can use
├── DataError                    stored rows contradict the timelines
└── SettingsError                a setting is unknown or wrong
"""

from collections.abc import Sequence

_QUOTED = 60


class DesklineError(Exception):
    """The root: whatever Deskline raises on purpose. `str()` of it is a sentence for the person who caused it."""


class RefusedError(DesklineError):
    """The caller asked for something that cannot be done; nothing was changed."""


class InvalidError(RefusedError):
    """One or more parameters are wrong. `problems` holds one `"<field>: <why and what is accepted>"` each."""

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("; ".join(self.problems))


class NotFoundError(RefusedError):
    """There is no such object in this account. The text is the same for an object of another account."""

    def __init__(self, noun: str, key: str = "") -> None:
        self.noun = noun
        self.key = key
        super().__init__(f"There is no {noun} {shortened(key)!r} here." if key else f"There is no such {noun} here.")


class NotYetError(NotFoundError):
    """There is such an object, but there was not at the instant asked about."""

    def __init__(self, noun: str, key: str) -> None:
        super().__init__(noun, key)
        self.args = (f"There was no {noun} {shortened(key)!r} here at that instant: it was created later.",)


class ConflictError(RefusedError):
    """The object's state does not allow what was asked."""


class InFlightError(ConflictError):
    """The same request is being worked on: its answer can be had when that is done."""

    retry_after_seconds = 1


class StaleError(RefusedError):
    """The object is not as the caller last saw it: what was asked for might undo what somebody else did."""


class ReusedKeyError(RefusedError):
    """The request's key stands for another request."""


class SignInError(RefusedError):
    """Unknown login, wrong or revoked key: never says which."""


class InvalidTokenError(SignInError):
    """Unknown, revoked or expired token of an app: never says which."""


class ForbiddenError(RefusedError):
    """The caller is known, or the transport is, but this is not allowed."""


class ScopeError(ForbiddenError):
    """The token does not have the scope that this needs. `scope` is empty where no token will do."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(
            f"This token does not have the scope {scope!r}, which this request needs."
            if scope
            else "No token opens this, whatever its scopes; sign in with an API key."
        )


class UnsupportedVersionError(RefusedError):
    """Another version of the API was asked for."""


class MethodError(RefusedError):
    """The path exists, the method is not offered on it. `allowed` lists those that are."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(f"{shortened(method)} is not offered here; accepted: {', '.join(self.allowed)}.")


class TooLargeError(RefusedError):
    """A body, or a structure in it, is beyond its bound."""


class TooManyError(RefusedError):
    """The caller asks, or fails to sign in, too often. `retry_after_seconds` says when to come back."""

    def __init__(self, text: str, retry_after_seconds: int = 1) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(text)


class TooSlowError(RefusedError):
    """The client did not send its request in time."""


class UnavailableError(DesklineError):
    """Try again later; nothing was changed. `retry_after_seconds` says when."""

    retry_after_seconds = 1


class DatabaseBusyError(UnavailableError):
    """Another process holds the database for writing."""


class DatabaseAwayError(UnavailableError):
    """The database server cannot be reached, is starting or stopping, or does not take writes."""


class OutdatedError(UnavailableError):
    """A newer program has upgraded the database beneath this one, which must not write any more: it is to be replaced."""

    retry_after_seconds = 10


class CollisionError(UnavailableError):
    """Two writes met, and this one was undone: the same work may be tried again at once."""

    retry_after_seconds = 0


class QueryTooLongError(UnavailableError):
    """A query ran longer than its budget and was stopped."""


class StoppingError(UnavailableError):
    """The server is shutting down and takes no new work."""


class OutcomeUnknownError(DesklineError):
    """Whether a write was committed is not known: the connection was lost, or the wait for a second copy was given up, in between."""


class LostLeaseError(DesklineError):
    """A job was claimed by somebody else in the meantime: what was being done for it was undone, and is the other's to do."""


class StorageFullError(DesklineError):
    """The disk is full; nothing was changed, and reading goes on."""


class DurabilityLostError(DesklineError):
    """A write may not have reached the disk. Nothing is acknowledged after this: the server must stop."""


class SchemaError(DesklineError):
    """The database's schema is missing, newer than this program, or not one it can use."""


class DataError(DesklineError):
    """Stored rows contradict the timelines, or a file to be read is not what it should be."""


class SettingsError(DesklineError):
    """A setting is unknown or its value is wrong. The text names it and what is accepted."""


def shortened(text: str) -> str:
    """Shorten what an error quotes of a request: its sender knows the rest."""
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "…"
