"""Words, tables, JSON and progress on a terminal. Answers go to stdout; what is said beside them goes to stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import typer

Progress = Callable[[int, int], None]


def show_json(value: object) -> None:
    """Write a value as JSON, a person may read it too."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows under their heads, in columns."""
    table = [tuple(heads), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def warn(text: str) -> None:
    """Say what somebody should know and need not do."""
    typer.echo(f"Warning: {text}", err=True)


def instant(at: int | None) -> str | None:
    """Spell an instant in milliseconds UTC; None stays None."""
    return None if at is None else datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show how far something is, on a terminal; elsewhere nothing is shown. Gives a function to call with (done, in all)."""
    if not sys.stderr.isatty():
        yield lambda done, in_all: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, in_all: bar.update(task, completed=done, total=in_all)
