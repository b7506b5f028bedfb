"""What was measured, as rows with their targets: judged, printed, and written as a page and as JSON. Nothing is measured here."""

import datetime as dt
from pathlib import Path

import msgspec


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What one number of a row must be."""

    number: str
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None
    equal: float | None = None

    def is_met(self, numbers: dict[str, float]) -> bool:
        """Tell whether the number is as it must be."""
        value = numbers[self.number]
        if self.at_least is not None and value < self.at_least:
            return False
        if self.at_most is not None and value > self.at_most:
            return False
        if self.equal is not None and value != self.equal:
            return False
        return self.below is None or value < self.below

    def show(self) -> str:
        """Spell the target."""
        words = (("≥", self.at_least), ("≤", self.at_most), ("<", self.below), ("=", self.equal))
        return " and ".join(f"{self.number} {sign} {value:g}" for sign, value in words if value is not None)


class Row(msgspec.Struct, frozen=True):
    """One thing that was measured: its numbers by name, and which of them have a target."""

    what: str
    numbers: dict[str, float]
    targets: tuple[Target, ...] = ()

    def judgement(self) -> str:
        """Say of each target whether it is met."""
        return "; ".join(f"{'pass' if target.is_met(self.numbers) else 'MISS'}: {target.show()}" for target in self.targets)


class Table(msgspec.Struct, frozen=True):
    """Rows of one kind, and in a sentence or two how they were measured."""

    title: str
    note: str
    rows: list[Row]

    def show(self) -> str:
        """Spell the table in Markdown, its columns aligned."""
        names = list(dict.fromkeys(name for row in self.rows for name in row.numbers))
        judged = any(row.targets for row in self.rows)
        cells = [["", *names, *(["target"] if judged else [])]]
        for row in self.rows:
            numbers = [_number(row.numbers[name]) if name in row.numbers else "" for name in names]
            cells.append([row.what, *numbers, *([row.judgement()] if judged else [])])
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        ruler = ["-" * width if place in (0, len(names) + 1) else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
        lines = [_line(each, widths, len(names)) for each in (cells[0], ruler, *cells[1:])]
        return f"## {self.title}\n\n{self.note}\n\n" + "\n".join(lines) + "\n"


class Failure(msgspec.Struct, frozen=True):
    """A part that did not come to its end, and why."""

    what: str
    why: str


class Results(msgspec.Struct, frozen=True):
    """Everything of one run: the machine and the amounts by name, the tables, what failed, and how many seconds each part took."""

    machine: dict[str, str]
    tables: list[Table]
    failures: list[Failure] = []
    seconds: dict[str, float] = {}

    def misses(self) -> list[str]:
        """List the targets that are not met, each with the number measured."""
        return [
            f"{table.title}, {row.what}: {_number(row.numbers[target.number])}, not {target.show()}"
            for table in self.tables
            for row in table.rows
            for target in row.targets
            if not target.is_met(row.numbers)
        ]

    def show(self) -> str:
        """Spell all of it in Markdown."""
        machine = "\n".join(f"- {name}: {value}" for name, value in self.machine.items())
        judged = sum(len(row.targets) for table in self.tables for row in table.rows)
        misses = self.misses()
        failed = [f"- FAILED: {failure.what}: {failure.why.splitlines()[0]}" for failure in self.failures]
        verdict = "\n".join([f"{judged - len(misses)} of {judged} targets are met.", *failed, *(f"- MISS: {miss}" for miss in misses)])
        took = "; ".join(f"{what} {seconds:,.0f} s" for what, seconds in self.seconds.items())
        parts = [*(table.show() for table in self.tables), *([f"## How long each part took\n\n{took}\n"] if took else [])]
        return "\n".join([f"# Benchmark of {self.machine['date']}\n", machine, "", verdict, "", *parts])

    def write(self, page: Path) -> None:
        """Write a page, and the JSON beside it."""
        page.write_text(self.show(), "utf-8")
        page.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")


def a_page(folder: Path) -> Path:
    """Find `<date>-<n>.md` with the first number that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    day = dt.datetime.now(dt.UTC).date()
    number = 1
    while (page := folder / f"{day}-{number}.md").exists():
        number += 1
    return page


def _number(value: float) -> str:
    """Show three digits that count, and no fraction of large numbers."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _line(cells: list[str], widths: list[int], numbers: int) -> str:
    aligned = [
        cell.rjust(width) if 0 < place <= numbers else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(aligned)} |"
