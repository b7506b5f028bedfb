"""Put right what a check finds: derived rows are written anew from the timelines, in the transaction that the check reads."""

from collections import Counter
from collections.abc import Collection, Iterable

from deskline.actions.recounts import cells_of
from deskline.storage import repairs as stored
from deskline.storage.checks import NOUNS, Noun
from deskline.storage.database import Row, Writer
from deskline.storage.rollups import add_cells, delete_cells
from deskline.storage.tickets import Record


class Repairs:
    """What is to be written, gathered by a check, and how much was: `done` counts rows by what they are."""

    def __init__(self, tx: Writer) -> None:
        self.tx = tx
        self.done: Counter[str] = Counter()
        self._rows: list[tuple[int, Record]] = []
        self._surplus: dict[Noun, list[Row]] = {noun: [] for noun in NOUNS}
        self._missing: dict[Noun, list[Row]] = {noun: [] for noun in NOUNS}

    def save(self, key: int, made: Record) -> None:
        """Have a ticket's row written as it must be."""
        self._rows.append((key, made))
        self.done["tickets"] += 1

    def replace(self, noun: Noun, surplus: Collection[Row], missing: Collection[Row]) -> None:
        """Have rows of groups, tags or facts deleted, and others added."""
        self._surplus[noun] += surplus
        self._missing[noun] += missing
        if changed := max(len(surplus), len(missing)):
            self.done[noun] += changed

    def index(self, key: int, made: Record, *, is_new: bool) -> None:
        """Have a ticket's words written, of which the search index has others, or where it `is_new` none."""
        self.tx.index(key, made.findable, new=is_new)
        self.done["search"] += 1

    async def write(self) -> None:
        """Write what was gathered."""
        await stored.save_rows(self.tx, self._rows)
        self._rows.clear()
        for noun in NOUNS:
            await stored.delete_derived(self.tx, noun, self._surplus[noun])
            await stored.add_derived(self.tx, noun, self._missing[noun])
            self._surplus[noun].clear()
            self._missing[noun].clear()

    async def empty(self, scopes: Collection[str]) -> None:
        """Empty the roll-ups of some scopes, to have them summed anew."""
        await delete_cells(self.tx, scopes)
        self.done["roll-ups"] += len(scopes)

    async def sum_anew(self, scopes: Collection[str], records: Iterable[Record]) -> None:
        """Add what some tickets put into the roll-ups of those scopes."""
        cells = {place: sums for place, sums in cells_of(records).items() if place[0] in scopes}
        await add_cells(self.tx, (cells,))
