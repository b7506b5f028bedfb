"""How commands end: one exit code for each kind of ending, and one sentence for whoever sits there. No traceback, unless asked for."""

import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum

from deskline.config import SETTINGS
from deskline.errors import (
    DesklineError,
    DurabilityLostError,
    NotFoundError,
    OutcomeUnknownError,
    SettingsError,
    StorageFullError,
    UnavailableError,
)


class Ending(IntEnum):
    """The exit codes. The root's help lists them."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FINDINGS = 3
    UNAVAILABLE = 4
    STORAGE = 5
    UNEXPECTED = 70
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What a code says, in a few words."""
        return _MEANINGS[self]


_MEANINGS = {
    Ending.DONE: "done",
    Ending.REFUSED: "refused or failed, and why",
    Ending.USAGE: "a wrong option, argument or setting",
    Ending.FINDINGS: "done, with findings: differences, or tickets that were left out",
    Ending.UNAVAILABLE: "somebody else uses the data; try again later",
    Ending.STORAGE: "the disk is full, or cannot be relied on",
    Ending.UNEXPECTED: "an error that nobody expected; a report is written",
    Ending.INTERRUPTED: "interrupted",
}
# The first that fits: the more special errors stand before the more general ones.
_CODES: tuple[tuple[type[DesklineError], Ending], ...] = (
    (SettingsError, Ending.USAGE),
    (UnavailableError, Ending.UNAVAILABLE),
    (OutcomeUnknownError, Ending.UNAVAILABLE),
    (StorageFullError, Ending.STORAGE),
    (DurabilityLostError, Ending.STORAGE),
    (DesklineError, Ending.REFUSED),
)

_LISTED_BY = {"account": "deskline account list", "agent": "deskline agent list", "working key": "deskline key list"}


def ended(work: Callable[[], int]) -> int:
    """Do a command's work and turn however it ends into an exit code."""
    try:
        return work()
    except DesklineError as error:
        return _say(f"{error}{_advice(error)}", next(code for kind, code in _CODES if isinstance(error, kind)), error)
    except OSError as error:
        # A file that is not there, a folder that may not be written: the system's sentence says it.
        place = f"{error.filename}: " if error.filename is not None else ""
        return _say(f"{place}{error.strerror or error}.", Ending.REFUSED, error)
    except KeyboardInterrupt as error:
        return _say("Interrupted.", Ending.INTERRUPTED, error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: whoever sits there gets a sentence, we get the report
        return _say(_report(error), Ending.UNEXPECTED, error)


def _advice(error: DesklineError) -> str:
    """Say which command lists what there is, where something was not found."""
    command = _LISTED_BY.get(error.noun) if isinstance(error, NotFoundError) else None
    return f" See what there is: {command}" if command else ""


def _say(text: str, ending: Ending, error: BaseException) -> int:
    if os.environ.get(SETTINGS["debug"].variable, "0") not in {"", "0", "false", "no", "off"}:
        traceback.print_exception(error)
    for line in text.splitlines():
        sys.stderr.write(f"Error: {line}\n")
    return ending


def _report(error: Exception) -> str:
    """Write down what nobody expected, for whoever will look for the mistake; answers the sentence that says where."""
    descriptor, path = tempfile.mkstemp(prefix="deskline-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        # The command's name, and no more of its line: there may be a key in it.
        file.write(f"{datetime.now(UTC).isoformat()} {shlex.join(sys.argv[:2])}\n")
        traceback.print_exception(error, file=file)
    return f"Deskline met an error it did not expect ({type(error).__name__}: {error}); the report is in {path}."
