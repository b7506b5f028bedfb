"""Reports, and the tickets behind their rows, as files: CSV or JSON, of any length, streamed while one state of the database is read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from deskline.domain.openings import Opened, Part
from deskline.domain.reports import Report, group_of, how_many_rows, pieces
from deskline.domain.rollups import WEEK
from deskline.storage.database import Reader
from deskline.web.requests import Request
from deskline.web.responses import JSON, Answer, Header
from deskline.web.streams import Stream
from deskline.web.tables import CSV, Cell, csv_rows
from deskline.web.v2.asks import Format, ReportAsk, RowAsk
from deskline.web.v2.report_ranges import Days, definition_header, settle_range
from deskline.web.v2.row_links import link_of
from deskline.web.v2.wire_openings import PART_CELLS, part_cells, show_opened, show_part
from deskline.web.v2.wire_reports import Json

_TYPES: Final[Mapping[Format, bytes]] = {"csv": CSV, "json": JSON}
_encode = msgspec.json.Encoder().encode

Tabulate = Callable[[Reader, Request, Days, ReportAsk], Awaitable[Callable[[], Json]]]
"""Reads the rows of some days; what it gives makes their JSON, by their keys, and may take a while."""

SpellRows = Callable[[Json, date, Days], bytes]
"""Spells the rows of a piece that begins on a day, of a file of so many days."""

Walked = tuple[Opened, Json, AsyncIterator[tuple[Part, ...]]]
"""A row that was counted, as the report shows it, and all of its parts."""

Walk = Callable[[Reader], Awaitable[Walked]]


async def rows_file(request: Request, report: Report, ask: ReportAsk, tabulate: Tabulate) -> Stream:
    """Answer with all rows of a report, however many there are."""
    days = await _settled(request, ask)
    group_by = group_of(*days, ask.group_by)
    if ask.explain:  # links that are too long are refused before the file begins
        first, last = max(pieces(*days, group_by), key=lambda piece: how_many_rows(piece[0], piece[1], group_by))
        link_of(request, first, last, group_by, WEEK if group_by == "weekday_hour" else how_many_rows(first, last, group_by))
    ask = msgspec.structs.replace(ask, group_by=group_by)
    spell = _spell_csv_rows if ask.format == "csv" else _spell_json_rows
    return _stream(_rows(request, days, ask, tabulate, spell), report, ask, days)


async def parts_file(request: Request, report: Report, ask: ReportAsk, row: RowAsk, walk: Walk) -> Stream:
    """Answer with all that a row of a report is made of."""
    days = await _settled(request, ask)
    make = _parts_as_csv(request, walk) if ask.format == "csv" else _parts_as_json(request, report, ask, row, walk)
    return _stream(make, report, ask, days, "tickets")


def list_file(name: str, days: Days, columns: Sequence[str], rows: Sequence[Json]) -> Answer:
    """Answer with a short table as CSV."""
    table = csv_rows([columns, *([row[column] for column in columns] for row in rows)])
    return Answer(table, content_type=CSV, headers=[_name_of(name, days, "csv")])


async def _settled(request: Request, ask: ReportAsk) -> Days:
    async with request.services.database.read(request.principal.account_id) as tx:
        return await settle_range(tx, request, ask)


def _stream(made: AsyncGenerator[bytes, None], report: Report, ask: ReportAsk, days: Days, of: str = "") -> Stream:
    assert ask.format is not None  # whoever asks for a file says which
    headers = [_name_of(report.name, days, ask.format, of), *definition_header(report, ask.definition)]
    return Stream(made, content_type=_TYPES[ask.format], headers=headers)


def _name_of(name: str, days: Days, ending: Format, of: str = "") -> Header:
    parts = (name.replace("/", "-"), of, *(day.isoformat() for day in days))
    return b"content-disposition", f'attachment; filename="{"-".join(part for part in parts if part)}.{ending}"'.encode()


async def _rows(request: Request, days: Days, ask: ReportAsk, tabulate: Tabulate, spell: SpellRows) -> AsyncGenerator[bytes, None]:
    async with request.services.database.export(request.principal.account_id) as tx:
        assert ask.group_by is not None  # it was settled with the days
        for piece in pieces(*days, ask.group_by):
            shown = await tabulate(tx, request, piece, ask)
            yield await asyncio.to_thread(_spelled, spell, shown, piece, days)
    if ask.format == "json":
        yield b"}"


def _spelled(spell: SpellRows, shown: Callable[[], Json], piece: Days, days: Days) -> bytes:
    return spell(shown(), piece[0], days)


def _spell_json_rows(rows: Json, first: date, days: Days) -> bytes:
    return (b"{" if first == days[0] else b",") + _encode(rows)[1:-1]


def _spell_csv_rows(rows: Json, first: date, days: Days) -> bytes:
    head = [["row", *next(iter(rows.values()))]] if first == days[0] else []
    return csv_rows([*head, *([key, *row.values()] for key, row in rows.items())])


async def _parts_as_json(request: Request, report: Report, ask: ReportAsk, row: RowAsk, walk: Walk) -> AsyncGenerator[bytes, None]:
    async with request.services.database.export(request.principal.account_id) as tx:
        opened, values, all_parts = await walk(tx)
        shown = show_opened(report, ask.definition, row, opened, values)
        del shown["page"], shown["pages"]
        before = _encode(shown).removesuffix(b"]}")
        async for parts in all_parts:
            yield before + (await asyncio.to_thread(_spell_json_parts, parts))
            before = b","
        yield (b"" if before == b"," else before) + b"]}"


def _spell_json_parts(parts: Sequence[Part]) -> bytes:
    return _encode([show_part(part) for part in parts])[1:-1]


async def _parts_as_csv(request: Request, walk: Walk) -> AsyncGenerator[bytes, None]:
    async with request.services.database.export(request.principal.account_id) as tx:
        _, _, all_parts = await walk(tx)
        yield csv_rows([PART_CELLS])
        async for parts in all_parts:
            yield await asyncio.to_thread(_spell_csv_parts, parts)


def _spell_csv_parts(parts: Sequence[Part]) -> bytes:
    rows: list[list[Cell]] = [part_cells(part) for part in parts]
    return csv_rows(rows)
