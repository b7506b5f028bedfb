"""The parts of a run, one after the other: one that fails is noted with its reason, and the next begins. Nothing is measured here."""

import time
import traceback
from collections.abc import Callable, Iterable
from typing import Protocol, Self

from bench.results import Failure, Results, Table


class Told(Protocol):
    """Who is told what is being done, and each table."""

    def __call__(self, text: str, /) -> object:
        """Take a text."""


class Trial:
    """Everything of one run so far. `keep` is called after each table and each failure, so that a run that is killed has left them."""

    def __init__(self, results: Results, tell: Told, keep: Callable[[Results], object] = lambda results: None, prefix: str = "") -> None:
        self.results, self.tell, self.keep, self.prefix = results, tell, keep, prefix

    def on(self, engine: str) -> Self:
        """The same run, with an engine's name before each title."""
        return type(self)(self.results, self.tell, self.keep, f"{engine}: ")

    def part(self, what: str, measure: Callable[[], Table | Iterable[Table] | None]) -> bool:
        """Take a part's tables; tell whether it went to its end. One may be made of others."""
        self.tell(f"{self.prefix}{what} …")
        started = time.monotonic()
        try:
            found = measure()
            for table in (found,) if isinstance(found, Table) else found or ():
                self.results.tables.append(Table(f"{self.prefix}{table.title}", table.note, table.rows))
                self.tell(self.results.tables[-1].show())
                self.keep(self.results)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other parts are worth having
            self.results.failures.append(Failure(f"{self.prefix}{what}", f"{type(error).__name__}: {error}"[:2_000]))
            self.tell(f"FAILED: {self.prefix}{what}\n{traceback.format_exc()}")
            self.keep(self.results)
            return False
        finally:
            self.results.seconds[f"{self.prefix}{what}"] = round(time.monotonic() - started, 1)
        return True
