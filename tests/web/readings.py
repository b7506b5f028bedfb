"""Which parameters handlers read, noted while they read them: with the very bounds and words that they accept."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from deskline.web.openapi import kinds
from deskline.web.openapi.kinds import Schema
from deskline.web.params import Params

_ACCESSORS: Final[dict[str, Callable[..., Schema]]] = {
    "text": lambda limit, required: kinds.text(limit),
    "texts": kinds.texts,
    "whole": lambda low, high, default: kinds.whole(low, high),
    "wholes": kinds.wholes,
    "choice": lambda options, default: kinds.choice(options),
    "flag": kinds.flag,
    "day": kinds.day,
    "zone": kinds.zone,
    "fields": kinds.fields,
}


Readings = dict[str, Schema]
"""What was read, by its name as errors speak of it; of what was read several times, as it was at first."""


@contextmanager
def noted(patch: pytest.MonkeyPatch) -> Iterator[Readings]:
    """Note what is read of any parameters in this process."""
    readings: Readings = {}
    with patch.context() as patched:
        for name in _ACCESSORS:
            patched.setattr(Params, name, _noting(readings, name, getattr(Params, name)))
        yield readings


def _noting(readings: Readings, accessor: str, original: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(original)

    def read(self: Params, name: str, *args: Any, **options: Any) -> Any:
        bound = signature.bind(self, name, *args, **options)
        bound.apply_defaults()
        given = {key: value for key, value in bound.arguments.items() if key not in {"self", "name"}}
        readings.setdefault(self._spoken(name), _ACCESSORS[accessor](**given))
        return original(self, name, *args, **options)

    return read
