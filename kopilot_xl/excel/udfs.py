"""What worksheet functions ask Python for. `snapshot` answers for a whole workbook at once, without reading it.

A Kopilot workbook calls `snapshot` alone, and its own functions look up in the answer. The other functions are for
workbooks that import this module through the xlwings add-in: ACTIVITY_SEGMENT needs nothing but its arguments; the
look-ups answer from the table `snapshot` returned, or else from what the last refresh stored in the calling workbook.

Values come as Excel hands them over and are understood here: numbers for ids, dates or serial numbers or texts for
dates, error values. What a cell shall show as an error is answered as its text, `#N/A` or `#VALUE!`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

import xlwings as xw

from kopilot_xl.domain.forecasting import YEAR
from kopilot_xl.domain.ids import client_key
from kopilot_xl.domain.rules import CutOffs
from kopilot_xl.domain.segments import BARS
from kopilot_xl.errors import KopilotError, MissingError
from kopilot_xl.texts import marked, t
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.inputs import read
from kopilot_xl.workbook.book import BelowCell, Book, ErrorValue, TableData, Value
from kopilot_xl.workbook.live.excel_values import cell_value
from kopilot_xl.workbook.sheets import actions as log
from kopilot_xl.workbook.sheets import clients as people
from kopilot_xl.workbook.sheets import settings as choices
from kopilot_xl.workbook.sheets import snapshot as stored
from kopilot_xl.workbook.sheets import transactions as invoices
from kopilot_xl.workbook.sheets.data_mark import data_mark
from kopilot_xl.workbook.tables.parsing import UnreadableError, is_blank, read_date
from kopilot_xl.workbook.tables.problems import Code

NOT_AVAILABLE, NO_VALUE = "#N/A", "#VALUE!"
"""What is answered for an unknown client, and for a date that is none."""

_BOOK = marked("This workbook")
_MISSING = -2147352572
"""How Excel hands over an argument that was left out, where it is not replaced on the way."""
_CATEGORY = "Kopilot XL"
_AS_OF = t("The day to look at it; left out or blank: today.")
_STORED_DAY = t("The day to look at it; left out: the day of the table. No other day is available.")
_TABLE = t("What the function snapshot returned. Left out: what the last refresh stored in this workbook.")


@xw.func(category=_CATEGORY, call_in_wizard=False)
@xw.arg("clients", convert="raw", doc=t("The table Clients with its headers."))
@xw.arg("transactions", convert="raw", doc=t("The table Transactions with its headers."))
@xw.arg("actions", convert="raw", doc=t("The table Actions with its headers."))
@xw.arg("settings", convert="raw", doc=t("Two columns: the names of the settings, and their values."))
@xw.arg("as_of", convert="raw", doc=t("The day to look at the portfolio; blank: the setting AsOf, or today."))
@xw.arg("layout", convert="raw", doc=t("The format of the answer; left out: that of version 0.1."))
def snapshot(
    clients: Any, transactions: Any, actions: Any, settings: Any, as_of: Any = None, layout: Any = None
) -> list[Any]:
    """Tell where every client stands: the summary, then a row per client, as the sheet _Segments holds them.

    Args:
        clients: the table Clients as rows of cells, its header row first.
        transactions: the table Transactions, likewise.
        actions: the table Actions, likewise.
        settings: rows of a setting's defined name and its value.
        as_of: the day, as a date, a serial number or a text; blank for the setting AsOf, or today.
        layout: the format that the workbook's macros read; those of version 0.1 do not say it.

    Returns:
        What `kopilot_xl.workbook.sheets.snapshot.rows` returns, six columns. Where the data cannot be used at all, two
        rows and columns instead: `Error` and the reason.
    """
    now = datetime.now()
    try:
        book = _Handed(
            {people.TABLE.name: clients, invoices.TABLE.name: transactions, log.TABLE.name: actions}, settings
        )
        day = read_date(_scalar(as_of), choices.read(cast("Book", book)).date_order)
        result = calculate(read(cast("Book", book), day, now.date()), ahead=False)
        mark = data_mark(result.inputs)
        return stored.rows(result.summary, result.clients, result.as_of, now, None, layout=_layout(layout), data=mark)
    except UnreadableError as reason:
        return _refusal(t("The as-of date: {reason}", reason=reason))
    except KopilotError as reason:
        return _refusal(str(reason))


def _layout(given: Any) -> int:
    """Return the format asked for: the newest known one for that of a later version, which its macros then refuse."""
    asked = _present(given)
    return min(int(asked), stored.FORMAT) if isinstance(asked, (int, float)) else stored.FORMATS[0]


def _refusal(reason: str) -> list[Any]:
    return [[stored.REFUSED, reason], [None, None]]


class _Handed:
    """The part of a `Book` that reading needs, over arrays that Excel handed over."""

    name = t(_BOOK)

    def __init__(self, tables: Mapping[str, Any], settings: Any) -> None:
        self._tables = tables
        self._settings = {
            str(row[0]).strip().casefold(): cell_value(row[1]) for row in _rows(settings) if len(row) > 1 and row[0]
        }

    def table(self, name: str) -> TableData:
        """Return a table that was handed over; its rows count as those of a sheet of its name, from row 1 on."""
        rows = [[cell_value(cell) for cell in row] for row in _rows(self._tables[name])]
        headers = ["" if header is None else str(header) for header in rows[0]] if rows else []
        return TableData(name, name, 1, 1, headers, rows[1:])

    def has_sheet(self, name: str) -> bool:
        """Return True: only a Kopilot workbook hands its tables over."""
        return True

    def sheet_values(self, name: str) -> Sequence[Sequence[Value]]:
        """Return nothing: only tables are handed over."""
        return []

    def below(self, name: str) -> Sequence[Sequence[BelowCell]]:
        """Return nothing: only tables are handed over."""
        return []

    def grow(self, name: str, rows: int) -> None:
        """Never called, for there is nothing below."""

    def beside(self, name: str) -> Sequence[Sequence[Value]]:
        """Return nothing: only tables are handed over."""
        return []

    def cell(self, name: str) -> Value:
        """Return a setting.

        Raises:
            MissingError: it was not handed over.
        """
        key = name.casefold()
        if key not in self._settings:
            raise MissingError(
                t(
                    "{book} has no cell named {name}: select the cell on the sheet {sheet} and type "
                    "{name} into the Name Box in Excel.",
                    book=self.name,
                    name=name,
                    sheet=choices.SHEET,
                )
            )
        return self._settings[key]

    def cell_address(self, name: str) -> str:
        """Return what to call a setting's cell by in messages.

        Raises:
            MissingError: it was not handed over.
        """
        self.cell(name)
        return f"{choices.SHEET}!{name}"


@xw.func(category=_CATEGORY)
@xw.arg("created_on", convert="raw", doc=t("When the client was created, a cell or a range; blank if unknown."))
@xw.arg("last_invoice", convert="raw", doc=t("The date of its last invoice; blank if it was never invoiced."))
@xw.arg("next_planned", convert="raw", doc=t("The date of the next planned revenue; blank if nothing is planned."))
@xw.arg("as_of", convert="raw", doc=_AS_OF)
def ACTIVITY_SEGMENT(created_on: Any, last_invoice: Any, next_planned: Any, as_of: Any = None) -> Any:  # noqa: N802 - as Excel shows it
    """Tell the segment of a client by three dates, with the default thresholds; a range gives an array of its shape.

    Args:
        created_on: when the client was created; blank if unknown.
        last_invoice: the date of its last invoice; one after the day counts as planned.
        next_planned: the date of the next planned revenue; it counts within 12 months after the day.
        as_of: the day; today if it is left out.

    Returns:
        The segment's name; blank where all three are blank or it is not yet a client; `#VALUE!` for what is no
        date, or for ranges of different shapes.
    """
    try:
        cut = CutOffs.at(read_date(_scalar(as_of)) or date.today())
    except ValueError:  # an unreadable date is one too
        return NO_VALUE
    given = (created_on, last_invoice, next_planned)
    if not any(map(_is_array, given)):
        return _placed([cell_value(_present(argument)) for argument in given], cut)
    grids = [_rows(argument) if _is_array(argument) else None for argument in given]
    shapes = {(len(grid), len(grid[0]) if grid else 0) for grid in grids if grid is not None}
    if len(shapes) > 1:
        return NO_VALUE
    height, width = shapes.pop()
    filled = [
        [[cell_value(_present(one))] * width] * height
        if grid is None
        else [[cell_value(cell) for cell in row] for row in grid]
        for grid, one in zip(grids, given, strict=True)
    ]
    return [[_placed(cells, cut) for cells in zip(*rows, strict=True)] for rows in zip(*filled, strict=True)]


def _placed(dates: Sequence[Value], cut: CutOffs) -> str:
    if all(map(is_blank, dates)):
        return ""
    try:
        created, last, planned = map(read_date, dates)
    except UnreadableError:
        return NO_VALUE
    coming = any(day is not None and cut.is_coming(day) for day in (last, planned))
    segment = cut.segment_of(created, last if last and last <= cut.as_of else None, coming)
    return segment.value if segment else ""


# looking up in a snapshot


@xw.func(category=_CATEGORY)
@xw.arg("client", convert="raw", doc=t("The client's id, or a range of ids."))
@xw.arg("as_of", convert="raw", doc=_STORED_DAY)
@xw.arg("table", convert="raw", doc=_TABLE)
def SEGMENT(client: Any, as_of: Any = None, table: Any = None) -> Any:  # noqa: N802 - as Excel shows it
    """Tell the segment of a client by its id; a range of ids gives an array of its shape.

    Args:
        client: the id or ids.
        as_of: the day; another one than the table's is not available.
        table: what `snapshot` returned; by default what the last refresh stored in the calling workbook.

    Returns:
        The segment's name; blank for a blank id or one not yet a client, `#N/A` for an unknown one or where there
        is no such table, `#VALUE!` for what is not a date.
    """
    return _looked_up(client, "Segment", as_of, table)


@xw.func(category=_CATEGORY)
@xw.arg("client", convert="raw", doc=t("The client's id, or a range of ids."))
@xw.arg("as_of", convert="raw", doc=_STORED_DAY)
@xw.arg("table", convert="raw", doc=_TABLE)
def NEXT_ACTION(client: Any, as_of: Any = None, table: Any = None) -> Any:  # noqa: N802 - as Excel shows it
    """Tell what to do about a client, or the plan that is already there; arguments and errors as SEGMENT."""
    return _looked_up(client, "Next action", as_of, table)


@xw.func(category=_CATEGORY)
@xw.arg("client", convert="raw", doc=t("The client's id, or a range of ids."))
@xw.arg("as_of", convert="raw", doc=_STORED_DAY)
@xw.arg("table", convert="raw", doc=_TABLE)
def LEAVES_ON(client: Any, as_of: Any = None, table: Any = None) -> Any:  # noqa: N802 - as Excel shows it
    """Tell the day a client leaves the portfolio if nothing happens; arguments and errors as SEGMENT."""
    return _looked_up(client, "Leaves on", as_of, table)


@xw.func(category=_CATEGORY)
@xw.arg("as_of", convert="raw", doc=_STORED_DAY)
@xw.arg("table", convert="raw", doc=_TABLE)
def PORTFOLIO_SHAPE(as_of: Any = None, table: Any = None) -> Any:  # noqa: N802 - as Excel shows it
    """Tell the shape of the portfolio; arguments and errors as SEGMENT."""
    try:
        return _Lookup(table, as_of).rows[stored.SHAPE_ROW - 1][1]
    except _UnavailableError as error:
        return error.shown


@xw.func(category=_CATEGORY)
@xw.arg("as_of", convert="raw", doc=_STORED_DAY)
@xw.arg("table", convert="raw", doc=_TABLE)
def SEGMENT_COUNTS(as_of: Any = None, table: Any = None) -> Any:  # noqa: N802 - as Excel shows it
    """Tell the histogram: seven rows of a segment and its number of clients; arguments and errors as SEGMENT."""
    try:
        rows = _Lookup(table, as_of).rows
    except _UnavailableError as error:
        return error.shown
    return [list(row[:2]) for row in rows[stored.COUNTS_ROW - 1 : stored.COUNTS_ROW - 1 + len(BARS)]]


@xw.func(category=_CATEGORY)
@xw.arg("month", convert="raw", doc=t("Any day of the month, one of the next twelve, or a range of days."))
@xw.arg("table", convert="raw", doc=t("What the last refresh stored in _Segments. Left out: that of this workbook."))
def FORECAST_REVENUE(month: Any, table: Any = None) -> Any:  # noqa: N802 - as Excel shows it
    """Tell what the last refresh expects of a month, as its sheet Forecast; a range gives an array of its shape.

    Args:
        month: any day of the month, or days.
        table: what the last refresh stored in _Segments; by default that of the calling workbook.

    Returns:
        The amount; blank for a blank day, `#N/A` for another month than the next twelve or where there is no
        forecast, `#VALUE!` for what is not a date.
    """
    days = _rows(month) if _is_array(month) else [[_present(month)]]
    try:
        expected = _Lookup(table, None).months
    except _UnavailableError:
        expected = {}
    answers = [[_expected(cell_value(cell), expected) for cell in row] for row in days]
    return answers if _is_array(month) else answers[0][0]


def _expected(day: Value, expected: Mapping[date, Value]) -> Value:
    if isinstance(day, ErrorValue):
        return day.code
    try:
        asked = read_date(day)
    except UnreadableError:
        return NO_VALUE
    return "" if asked is None else expected.get(asked.replace(day=1), NOT_AVAILABLE)


class _UnavailableError(Exception):
    """There is no answer. `shown` is what the cell shows instead."""

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown


class _Lookup:
    """A snapshot to look up in.

    Raises:
        _UnavailableError: there is none, or none of the day asked for.
    """

    def __init__(self, table: Any, as_of: Any) -> None:
        given = _present(table)
        self.rows = [[cell_value(cell) for cell in row] for row in _rows(_last_refresh() if given is None else given)]
        if len(self.rows) < stored.CLIENTS_ROW or not stored.is_known(self.rows):
            raise _UnavailableError(NOT_AVAILABLE)
        try:
            asked, day = read_date(_scalar(as_of)), read_date(self.rows[stored.AS_OF_ROW - 1][1])
        except UnreadableError:
            raise _UnavailableError(NO_VALUE) from None
        if asked is not None and asked != day:
            raise _UnavailableError(NOT_AVAILABLE)

    @property
    def months(self) -> dict[date, Value]:
        """What is expected of each of the next twelve months, by its first day."""
        rows = self.rows[stored.REFRESHED_ROW - 1 : stored.REFRESHED_ROW - 1 + YEAR]
        found: dict[date, Value] = {}
        for row in rows:
            try:
                day = read_date(row[stored.MONTH_COLUMN - 1])
            except (UnreadableError, IndexError):
                continue
            if day is not None:
                found[day] = row[stored.EXPECTED_COLUMN - 1]
        return found

    def column(self, header: str) -> dict[str | None, Value]:
        """Return a column of the clients by their keys."""
        index = stored.COLUMNS.index(header)
        return {client_key(row[0]): row[index] for row in self.rows[stored.FIRST_CLIENT_ROW - 1 :]}


def _last_refresh() -> Any:
    """Read what the last refresh stored in the calling workbook."""
    try:
        sheet = xw.Book.caller().sheets[stored.SHEET]
        return cast("Any", sheet.used_range).raw_value
    except Exception:  # whatever hinders it, there is nothing to look up in
        raise _UnavailableError(NOT_AVAILABLE) from None


def _looked_up(client: Any, header: str, as_of: Any, table: Any) -> Any:
    ids = _rows(client) if _is_array(client) else [[_present(client)]]
    try:
        known: dict[str | None, Value] | None = _Lookup(table, as_of).column(header)
        missing = NOT_AVAILABLE
    except _UnavailableError as error:
        known, missing = None, error.shown
    answers = [[_answer(cell_value(cell), known, missing) for cell in row] for row in ids]
    return answers if _is_array(client) else answers[0][0]


def _answer(client: Value, known: Mapping[str | None, Value] | None, missing: str) -> Value:
    if isinstance(client, ErrorValue):
        return client.code
    key = client_key(client)
    if key is None:
        return ""
    if known is None or key not in known:
        return missing
    value = known[key]
    return "" if value is None else value


# what Excel hands over


def _present(given: Any) -> Any:
    """Return an argument, None for one that was left out."""
    return None if isinstance(given, int) and given == _MISSING else given


def _is_array(given: Any) -> bool:
    return isinstance(given, (list, tuple))


def _rows(given: Any) -> Sequence[Sequence[Any]]:
    """Return an array as rows, whatever its shape: a range's, a single row, a single cell, nothing."""
    if not _is_array(given):
        return [] if _present(given) is None else [[given]]
    return cast("Sequence[Sequence[Any]]", given if not given or _is_array(given[0]) else [given])


def _scalar(given: Any) -> Value:
    """Return the value of a single cell or argument.

    Raises:
        UnreadableError: there are several.
    """
    cells: Iterable[Any] = [cell for row in _rows(given) for cell in row]
    values = [cell_value(cell) for cell in cells]
    if len(values) > 1:
        raise UnreadableError(t("several cells were given where one date belongs"), Code.UNREADABLE_DATE)
    return values[0] if values else None
