"""The next twelve months, of a workbook or of data outside one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.domain.forecasting import Forecast
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.rules import DEFAULT, CutOffs, Rules
from kopilot_xl.domain.sales import Prepared
from kopilot_xl.errors import UsageError
from kopilot_xl.texts import t
from kopilot_xl.texts.languages import spoken
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.inputs import read
from kopilot_xl.workbook.book import Book, TableData
from kopilot_xl.workbook.opening import as_book
from kopilot_xl.workbook.sheets import actions as actions_sheet
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets import transactions as transactions_sheet
from kopilot_xl.workbook.sheets.contents import Inputs, Result
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.sheets.settings import Settings, language
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.problems import Problem
from kopilot_xl.workbook.tables.table import TableRows

if TYPE_CHECKING:
    from kopilot_xl.importing.summary import FileSummary

_TABLES = {".csv", ".parquet", ".tsv", ".txt"}
"""The endings of files that are never workbooks."""


@dataclass(frozen=True)
class Foretold:
    """What `forecast_book` or `forecast_files` found.

    Attributes:
        as_of: the day it was looked at.
        forecast: the next twelve months.
        prepared: what is planned in each of them, and whom to call about it.
        clients: every client as of the day.
        choices: how each file was read.
        problems: every problem, with file and row.
    """

    as_of: date
    forecast: Forecast
    prepared: Sequence[Prepared]
    clients: Sequence[Client]
    choices: Sequence[FileSummary]
    problems: Sequence[Problem]


def forecast(
    clients: Book | str | PathLike[str],
    transactions: str | PathLike[str] | None = None,
    as_of: date | None = None,
    *,
    date_order: DateOrder | str | None = None,
    actions: str | PathLike[str] | None = None,
    rules: Rules | Mapping[str, float] | None = None,
) -> Foretold:
    """Return what to expect of the next twelve months, for a Kopilot workbook or for data outside one.

    Args:
        clients: a Kopilot workbook, as its path or what `open_book` returned; or, with `transactions`, a list of
            clients: CSV, Parquet or Excel.
        transactions: the clients' invoices, of the same kinds; None for a workbook, which has its own.
        as_of: the day to look at it; by default the workbook's AsOf setting, or today.
        date_order: how to read a text such as 03/04/2026, `DMY` or `MDY`; a workbook has its own, on Settings.
        actions: an action log, with the columns of the Actions sheet; a workbook has its own.
        rules: the thresholds, all or some by name; a workbook has its own, on Settings.

    Raises:
        BookError: a file cannot be read.
        MissingError: a sheet, table or column is not there.
        SettingError: a setting of the workbook makes no sense.
        UsageError: the arguments do not fit together.
        ValueError: the as-of date is out of range, or there is no such date order.
    """
    if transactions is not None:
        if not isinstance(clients, str | PathLike):
            raise UsageError(t("a workbook has its own."), "transactions")
        if Path(clients).suffix.casefold() in _TABLES or not _is_one_book(clients, transactions):
            return forecast_files(clients, transactions, as_of, date_order=date_order, actions=actions, rules=rules)
    if isinstance(clients, str | PathLike) and Path(clients).suffix.casefold() in _TABLES:
        raise UsageError(t("name the file of invoices too, or a Kopilot workbook alone."), "clients")
    if date_order:
        raise UsageError(t("a workbook has its own, on Settings."), "date_order")
    if actions is not None:
        raise UsageError(t("a workbook has its own, on Actions."), "actions")
    if rules:
        raise UsageError(t("a workbook has its own, on Settings."), "rules")
    return forecast_book(as_book(clients), as_of)


def _is_one_book(clients: str | PathLike[str], transactions: str | PathLike[str]) -> bool:
    """Whether clients and transactions are those of one Kopilot workbook."""
    one, other = Path(clients), Path(transactions)
    if one.suffix.casefold() not in (".xlsx", ".xlsm") or not one.is_file() or not other.is_file():
        return False
    return one.samefile(other) and is_kopilot_book(as_book(one))


def forecast_book(book: Book, as_of: date | None = None, *, today: date | None = None) -> Foretold:
    """Tell what to expect of the next twelve months, for a Kopilot workbook; nothing is written.

    Args:
        book: the workbook, its path or what `open_book` returned.
        as_of: the day to look at it; by default its AsOf setting, or today.
        today: what counts as today.

    Raises:
        KopilotError: the book cannot be read; the text says why and what to do.
    """
    book = as_book(book)
    with spoken(language(book)):
        result = calculate(read(book, as_of, today or date.today()))
    return _foretold(result, (), result.problems)


def forecast_files(
    clients: str | PathLike[str],
    transactions: str | PathLike[str],
    as_of: date | None = None,
    *,
    date_order: DateOrder | str | None = None,
    actions: str | PathLike[str] | None = None,
    rules: Rules | Mapping[str, float] | None = None,
) -> Foretold:
    """Tell what to expect of the next twelve months, for clients and transactions in files.

    Args:
        clients: a list of clients, as for `new`.
        transactions: their invoices.
        as_of: the day to look at it, today by default.
        date_order: how to read a text such as 03/04/2026.
        actions: an action log, with the columns of the Actions sheet: CSV, Parquet or a workbook.
        rules: the thresholds, all or some by name.

    Raises:
        KopilotError: a file cannot be read; the text says what to do.
        ValueError: the as-of date is out of range, or there is no such date order.
    """
    from kopilot_xl.importing.choices import ImportChoices
    from kopilot_xl.importing.output import read_pair

    today = date.today()
    day, order = as_of or today, DateOrder(date_order) if date_order else None
    thresholds = rules if isinstance(rules, Rules) else replace(DEFAULT, **(rules or {}))  # type: ignore[arg-type]
    CutOffs.at(day, thresholds)
    pair = read_pair(clients, transactions, ImportChoices(order, accept=True))
    people = clients_sheet.read(pair.clients.rows, day, order)
    rows = transactions_sheet.read(pair.transactions.rows, set(people.keys), order)
    result = calculate(
        Inputs(
            settings=Settings("", None, order, "", thresholds),
            as_of=day,
            clients=people,
            transactions=rows,
            actions=actions_sheet.read(_log(actions, order), order, today, people.directory),
        )
    )
    return _foretold(result, pair.summaries, [*people.problems, *rows.problems])


def _log(path: str | PathLike[str] | None, order: DateOrder | None) -> TableRows:
    """The rows of an action log in a file; none without one."""
    from kopilot_xl.importing.action_log import read_action_log

    if path is not None:
        return read_action_log(path, order).rows
    log = actions_sheet.TABLE
    return log.read(TableData(log.name, log.name, 1, 1, log.headers, []), "")


def _foretold(result: Result, choices: Sequence[FileSummary], problems: Sequence[Problem]) -> Foretold:
    assert result.forecast  # noqa: S101 - it was asked for
    return Foretold(result.as_of, result.forecast, result.months, result.clients, choices, problems)
