"""A Kopilot workbook among the tables: its Settings and its log of actions count, as they do in a refresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from os import PathLike, fspath
from pathlib import Path

from kopilot_xl.domain.rules import DEFAULT, Rules
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import actions, clients, settings
from kopilot_xl.workbook.sheets.actions import ActionRows
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.sheets.settings import Settings

_WORKBOOKS = {".xlsx", ".xlsm"}

Thresholds = Rules | Mapping[str, float]
"""All thresholds, or some by their names in `Rules`, which replace those of the workbook or the defaults."""


@dataclass(frozen=True)
class KopilotBook:
    """What a Kopilot workbook says beside its clients and transactions."""

    settings: Settings
    log: ActionRows


def kopilot_book(table: str | PathLike[str], as_of: date | None, today: date) -> KopilotBook | None:
    """Return what a file says if it is a Kopilot workbook, None for any other table.

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
    chosen = settings.read(book)
    people = clients.read(clients.TABLE.of(book), as_of or chosen.as_of or today, chosen.date_order)
    log = actions.read(actions.TABLE.of(book), chosen.date_order, today, people.directory)
    return KopilotBook(chosen, log)


def effective_rules(thresholds: Thresholds | None, book: KopilotBook | None) -> Rules:
    """Return the thresholds that count: those given, else those of the workbook, else the defaults.

    Raises:
        RuleError: they make no sense together.
    """
    if isinstance(thresholds, Rules):
        return thresholds
    base = book.settings.rules if book else DEFAULT
    return replace(base, **thresholds) if thresholds else base  # type: ignore[arg-type]
