"""A Kopilot workbook among the tables: its Settings and its log of actions count, as they do in a refresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from os import PathLike, fspath
from pathlib import Path

from kopilot_xl.domain.rules import DEFAULT, Rules
from kopilot_xl.importing.adopted import tables
from kopilot_xl.importing.summary import FileSummary
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import actions
from kopilot_xl.workbook.sheets.contents import Inputs
from kopilot_xl.workbook.sheets.reading import read
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.tables.table import TableRows

_WORKBOOKS = {".xlsx", ".xlsm"}

Thresholds = Rules | Mapping[str, float]
"""All thresholds, or some by their names in `Rules`, which replace those of the workbook or the defaults."""


def kopilot_book(table: str | PathLike[str], as_of: date | None, today: date) -> Inputs | None:
    """Return what is in a file if it is a Kopilot workbook, None for any other table.

    Raises:
        BookError: the workbook cannot be read.
        MissingError: a table, a column or a named cell of it is not there.
        SettingError: a setting makes no sense.
    """
    path = Path(fspath(table))
    if path.suffix.casefold() not in _WORKBOOKS or not path.is_file():
        return None
    book = open_book(path)
    if not is_kopilot_book(book) or not book.has_table(actions.TABLE.name):
        return None
    return read(book, as_of, today, tables)


def effective_rules(thresholds: Thresholds | None, book: Inputs | None) -> Rules:
    """Return the thresholds that count: those given, else those of the workbook, else the defaults.

    Raises:
        RuleError: they make no sense together.
    """
    if isinstance(thresholds, Rules):
        return thresholds
    base = book.settings.rules if book else DEFAULT
    return replace(base, **thresholds) if thresholds else base  # type: ignore[arg-type]


def summary_of(rows: TableRows, file: str) -> FileSummary:
    """Return how a table of a Kopilot workbook was read: as it is."""
    return FileSummary(file, f"Excel, table {rows.table.name}", len(rows))
