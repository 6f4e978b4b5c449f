"""The settings and the block Sources that a workbook of an earlier version lacks, added below those it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kopilot_xl.errors import MissingError
from kopilot_xl.workbook.addresses import Area, column_letters, quote_sheet, split_address, split_reference
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.grafting import Graft, add_row, last_row, widen
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import settings, source_block, sources

_ABOVE = 3
"""How many rows of the block are above its cells: the title, what it is for, the headings."""


def add_settings(
    old: FileBook, graft: Graft, parts: dict[str, str], source_parts: dict[str, str]
) -> Iterator[settings.Setting]:
    """Add the named cells that Settings lacks below those it has, and yield them."""
    here, missing = None, []
    for setting in settings.ALL:
        try:
            sheet = split_reference(old.cell_address(setting.name))[0]
            here = here or sheet
        except MissingError:
            missing.append(setting)
    part = parts.get((here or "").casefold())
    if here is None or part is None:
        return  # the whole sheet was added
    rows = _rows_of_settings(graft.source)
    lending = source_parts[settings.SHEET.casefold()]
    for at, setting in enumerate(missing, max(last_row(graft, part), _end_of_block(old)) + 1):
        add_row(graft, part, at, lending, rows[setting.name])
        graft.set_name(setting.name, f"{quote_sheet(here)}!$C${at}")
        yield setting


def _end_of_block(old: FileBook) -> int:
    """The last row of the block Sources, whose rows may be blank; 0 where there is none."""
    try:
        first = Area.parse(split_reference(old.cell_address(source_block.NAME))[1])
    except MissingError:
        return 0
    return first.top + source_block.ROWS - 1


def _rows_of_settings(source: Package) -> dict[str, int]:
    """The row of each setting in the template."""
    book = open_book(source.path)
    addresses = {setting.name: book.cell_address(setting.name) for setting in settings.ALL}
    return {name: split_address(split_reference(at)[1])[0] for name, at in addresses.items()}


def add_source_block(old: FileBook, graft: Graft, parts: dict[str, str], source_parts: dict[str, str]) -> bool:
    """Add the block Sources below the settings, filled with what the workbook remembers; False where it has one.

    A workbook without Settings gets the whole sheet instead, and the block with it.
    """
    here = None
    for name in (*(setting.name for setting in settings.ALL), source_block.NAME):
        try:
            here = split_reference(old.cell_address(name))[0]
        except MissingError:
            continue
        if name == source_block.NAME:
            return False
    part = parts.get((here or "").casefold())
    if here is None or part is None:
        return False
    template = open_book(graft.source.path)
    first = Area.parse(split_reference(template.cell_address(source_block.NAME))[1])
    memory = sources.read(old)
    remembered = [source_block.cells_of(source) for source in memory.sources.values()] if memory else []
    at = last_row(graft, part) + 2
    lending = source_parts[settings.SHEET.casefold()]
    top = first.top - _ABOVE
    for row in range(top, first.top + source_block.ROWS):
        index = row - first.top
        held = remembered[index] if 0 <= index < len(remembered) else []
        texts = {
            first.left + column: value.isoformat(" ") if isinstance(value, datetime) else value
            for column, value in enumerate(held)
            if isinstance(value, str | int | float | datetime)
        }
        add_row(graft, part, at + row - top, lending, row, texts)
    widen(graft, part, lending)
    quoted = quote_sheet(here)
    start, end = at + _ABOVE, at + _ABOVE + source_block.ROWS - 1
    left, right = column_letters(first.left), column_letters(first.left + len(source_block.HEADINGS) - 1)
    graft.set_name(source_block.NAME, f"{quoted}!${left}${start}:${right}${end}")
    return True
