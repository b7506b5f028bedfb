"""How hard the tests try: a quick round for every change, a long one on request. No test lives here."""

import os
from typing import Final

import hypothesis
import pytest

VARIABLE: Final = "DESKLINE_TEST_ROUND"
_EXAMPLES: Final = {"quick": 50, "long": 2_000}


def name() -> str:
    """Name the round: "quick" or "long". Raises pytest.UsageError for anything else in the environment."""
    chosen = os.environ.get(VARIABLE, "quick")
    if chosen not in _EXAMPLES:
        raise pytest.UsageError(f"{VARIABLE} is {chosen!r}; it can be {' or '.join(_EXAMPLES)}")
    return chosen


def times(*, quick: int, long: int) -> int:
    """Choose how often to do something, by the round."""
    return long if name() == "long" else quick


def set_hypothesis() -> None:
    """Give Hypothesis the round's number of examples, with no deadline: the machine may be busy."""
    for each, examples in _EXAMPLES.items():
        hypothesis.settings.register_profile(
            each,
            max_examples=examples,
            deadline=None,
            print_blob=True,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        )
    hypothesis.settings.load_profile(name())
