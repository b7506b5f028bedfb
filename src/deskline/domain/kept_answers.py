"""Answers that are kept for requests that may be sent again: for how long, and who gets one. Pure; no wire, no SQL."""

from typing import Final

from deskline.errors import ReusedKeyError

KEPT_MS: Final = 24 * 3_600 * 1_000  # how long a key stands for its request, from the answer on


def check_repetition(kept: bytes, fingerprint: bytes) -> None:
    """Make sure that a request is the one that its key stands for, by the fingerprints of both. Raises ReusedKeyError."""
    if fingerprint != kept:
        raise ReusedKeyError(
            "Idempotency-Key: this key stands for another request to this route in the last 24 hours; "
            "repeat that one as it was, or send this one with a new key."
        )
