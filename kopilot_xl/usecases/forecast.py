"""The next twelve months, of a workbook or of data outside one, with the seasonal model where its library is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING

from kopilot_xl.domain.forecast import Forecast
from kopilot_xl.domain.rules import DEFAULT, CutOffs, Rules
from kopilot_xl.domain.sales import Prepared
from kopilot_xl.usecases.calculation import Computation
from kopilot_xl.usecases.findings import findings
from kopilot_xl.usecases.inputs import Inputs, read
from kopilot_xl.usecases.seasonal_model import NOT_INSTALLED
from kopilot_xl.workbook.book import Book, TableData
from kopilot_xl.workbook.sheets import actions as actions_sheet
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets import transactions as transactions_sheet
from kopilot_xl.workbook.sheets.settings import Settings
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.problems import Problem

if TYPE_CHECKING:
    from kopilot_xl.importing.export import Choices


@dataclass(frozen=True)
class Foretold:
    """What `forecast_book` or `forecast_files` found.

    Attributes:
        as_of: the day it was looked at.
        forecast: the next twelve months.
        prepared: what is planned in each of them, and whom to call about it.
        choices: how each file was read.
        problems: every problem, with file and row.
        missing: why there is no seasonal model; blank where there is one.
    """

    as_of: date
    forecast: Forecast
    prepared: Sequence[Prepared]
    choices: Sequence[Choices]
    problems: Sequence[Problem]
    missing: str


def forecast_book(book: Book, as_of: date | None = None, *, today: date | None = None) -> Foretold:
    """Tell what to expect of the next twelve months, for a Kopilot workbook; nothing is written.

    Args:
        book: the workbook, from `open_book`.
        as_of: the day to look at it; by default its AsOf setting, or today.
        today: what counts as today.

    Raises:
        KopilotError: the book cannot be read; the text says why and what to do.
    """
    inputs = read(book, as_of, today or date.today())
    known = Computation(replace(inputs, settings=replace(inputs.settings, seasonal_model=True)))
    return _foretold(known, (), findings(known))


def forecast_files(
    clients: str | PathLike[str],
    transactions: str | PathLike[str],
    as_of: date | None = None,
    *,
    date_order: DateOrder | str | None = None,
    rules: Rules = DEFAULT,
) -> Foretold:
    """Tell what to expect of the next twelve months, for clients and transactions in files.

    Args:
        clients: CSV, Parquet or a workbook, as `exports.read_clients` takes it.
        transactions: as well.
        as_of: the day to look at it, today by default.
        date_order: how to read a text such as 03/04/2026.
        rules: the thresholds.

    Raises:
        KopilotError: a file cannot be read; the text says what to do.
        ValueError: the as-of date is out of range, or there is no such date order.
    """
    from kopilot_xl.importing import export

    day, order = as_of or date.today(), DateOrder(date_order) if date_order else None
    CutOffs.at(day, rules)
    people_export, rows_export = export.read_pair(clients, transactions, order)
    people = clients_sheet.read(people_export.rows, day, order)
    rows = transactions_sheet.read(rows_export.rows, set(people.keys), order)
    log = actions_sheet.TABLE
    known = Computation(
        Inputs(
            settings=Settings("", None, order, "", rules, seasonal_model=True),
            as_of=day,
            clients=people,
            transactions=rows,
            actions=actions_sheet.read(log.read(TableData(log.name, log.name, 1, 1, log.headers, []), ""), order),
        )
    )
    return _foretold(known, (people_export.choices, rows_export.choices), [*people.problems, *rows.problems])


def _foretold(known: Computation, choices: Sequence[Choices], problems: Sequence[Problem]) -> Foretold:
    missing = "" if known.models else NOT_INSTALLED
    return Foretold(known.inputs.as_of, known.forecast, known.prepared, choices, problems, missing)
