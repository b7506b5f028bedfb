"""Tables as CSV (RFC 4180), for programs and for spreadsheets, which must take no cell for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

CSV: Final = b"text/csv; charset=utf-8; header=present"
Cell = str | int | float | bool | None
# With one of these a spreadsheet takes the rest of a cell for a formula, which may send what is beside it to a stranger. The last four
# are the full-width forms, which some of them read likewise.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_rows(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Spell rows, each with CRLF at its end; None is empty. A text that may be taken for a formula gets an apostrophe before it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _safe(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
