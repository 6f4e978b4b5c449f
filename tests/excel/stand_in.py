"""An engine for xlwings that stands in for Excel: an openpyxl workbook that reads what is typed as Excel does.

It notes every step, counts the calls that move cells, and fails at a step if asked to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import xlwings as xw
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.filters import AutoFilter
from xlwings import base_classes

from kopilot_xl.workbook.live import book_map
from kopilot_xl.workbook.live.patches import HEADING, MACRO

_NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?(e[+-]?\d+)?%?", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")


class ComError(Exception):
    """What pywin32 raises: its name, its number, and Excel's own words."""

    def __init__(self, hresult: int, text: str = "", scode: int | None = None) -> None:
        super().__init__(hresult, "Exception occurred.", (0, "Microsoft Excel", text, "", 0, scode), None)
        self.hresult = hresult


ComError.__name__ = "com_error"
BUSY = -2147418111


@dataclass
class StandIn:
    """The state of the program: what it is set to, what happened, and what shall fail."""

    path: Path
    steps: list[tuple[str, str]] = field(default_factory=list)
    fails: Callable[[int, str, str], Exception | None] = lambda number, kind, what: None
    settings: dict[str, Any] = field(
        default_factory=lambda: {
            "screen_updating": True,
            "enable_events": True,
            "calculation": "automatic",
            "status_bar": False,
        }
    )
    protected: set[str] = field(default_factory=set)
    filtered: set[str] = field(default_factory=set)
    """the sheets with a filter on; the rows it hides are hidden"""
    has_macros: bool = True
    app: type[App] | None = None
    read_only: bool = False
    signatures: int = 0
    selected: tuple[str, str] = ("Clients", "A2")
    macros: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    startup: str = ""
    name: str = ""
    address: str = ""
    """where the workbook says it is, if that is not its path"""

    def __post_init__(self) -> None:
        self.workbook: Any = openpyxl.load_workbook(self.path, keep_vba=True)
        if self.workbook.vba_archive is not None:
            # Only read from: else it would write its end when it is thrown away, after what it writes to.
            archive: Any = self.workbook.vba_archive
            archive._didModify = False
        self.name = self.name or self.path.name
        self.engine = xw.Engine(impl=Engine(self))

    @cached_property
    def shown(self) -> Any:
        """The workbook with what its formulas showed when it was opened."""
        return openpyxl.load_workbook(self.path, data_only=True)

    @property
    def book(self) -> xw.Book:
        return xw.Book(impl=Book(self))

    @property
    def transfers(self) -> list[tuple[str, str]]:
        """The calls that moved cells between Python and the program."""
        return [each for each in self.steps if each[0] in {"read", "write", "formulas"}]

    def step(self, kind: str, what: str) -> None:
        self.steps.append((kind, what))
        error = self.fails(len(self.steps), kind, what)
        if error is not None:
            raise error

    def inside(self, kind: str, what: str) -> None:
        """Note a step of a macro: it may fail, but moves nothing between programs."""
        self.step(f"{kind} inside", what)

    def save_copy(self, path: str) -> None:
        self.step("copy", path)
        self.save(Path(path))

    def save(self, path: Path) -> Path:
        self.workbook.calculation.fullCalcOnLoad = False
        self.workbook.save(path)
        return path


def typed(text: str) -> Any:
    """Return what a cell holds once a text was typed into it."""
    if text.startswith("'"):
        return text[1:]
    if text.casefold() in {"true", "false"}:
        return text.casefold() == "true"
    if _NUMBER.fullmatch(text):
        number = float(text.rstrip("%").replace(",", ""))
        return number / 100 if text.endswith("%") else number
    if match := _DATE.fullmatch(text):
        first, second, third = map(int, match.groups())
        try:
            return datetime(first, second, third) if first > 31 else datetime(third, second, first)
        except ValueError:
            return text
    return text


class Engine:
    name = "stand_in"
    type = "desktop"

    def __init__(self, excel: StandIn) -> None:
        self.excel = excel

    @property
    def apps(self) -> Apps:
        return Apps(self.excel)

    @staticmethod
    def prepare_xl_data_element(value: Any, options: Any) -> Any:
        return "" if value is None else value

    @staticmethod
    def clean_value_data(data: Any, dates: Any, empty: Any, numbers: Any, err_to_str: bool) -> Any:
        def clean(value: Any) -> Any:
            if value in ("", None):
                return empty
            if isinstance(value, str) and value.startswith("#"):
                return value if err_to_str else None
            return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

        return [[clean(value) for value in row] for row in data]


class Apps(base_classes.Apps):
    def __init__(self, excel: StandIn) -> None:
        self.excel = excel

    def keys(self) -> list[int]:
        return [1]

    def __iter__(self) -> Iterator[App]:
        yield App(self.excel)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, pid: int) -> App:
        return App(self.excel)


def _setting(name: str) -> property:
    def get(self: Any) -> Any:
        return self.excel.settings[name]

    def put(self: Any, value: Any) -> None:
        self.excel.step("set", f"{name}={value}")
        self.excel.settings[name] = value

    return property(get, put)


class App(base_classes.App):
    screen_updating = _setting("screen_updating")
    enable_events = _setting("enable_events")
    calculation = _setting("calculation")
    status_bar = _setting("status_bar")

    def __init__(self, excel: StandIn) -> None:
        self.excel = excel

    @property
    def engine(self) -> Any:
        return self.excel.engine.impl

    @property
    def pid(self) -> int:
        return 1

    @property
    def books(self) -> Any:
        return Books(self.excel)

    @property
    def startup_path(self) -> str:
        return self.excel.startup

    @property
    def selection(self) -> Range:
        sheet, address = self.excel.selected
        left, top, right, bottom = range_boundaries(address)
        return Range(Sheet(self.excel, sheet), top or 1, left or 1, bottom or 1_048_576, right or 16_384)

    def run(self, macro: str, args: tuple[Any, ...]) -> Any:
        known: dict[str, Callable[..., Any]] = {MACRO: self._write, book_map.MACRO: self._map}
        work = known.get(macro.rpartition("!")[2])
        if work is None:
            self.excel.macros.append((macro, args))
            return None
        book = self.excel.name.replace("'", "''")
        if not self.excel.has_macros or macro != f"'{book}'!{macro.rpartition('!')[2]}":
            raise ComError(-2147352567, f"Cannot run the macro {macro}.", -2146827284)
        return work(*args)

    def _map(self) -> list[list[Any]]:
        """What the workbook's own macro tells, in one call; KopilotMap is held to this in tests/workbook."""
        self.excel.step("map", "everything")
        rows: list[list[Any]] = []
        for sheet in Sheets(self.excel):
            rows.append(["sheet", sheet.name, "", sheet.used_range.address, sheet.api.ProtectContents, False])
            rows += [
                ["table", table.name, sheet.name, table.range.address, table.show_headers, table.show_totals]
                for table in sheet.tables
            ]
        names = self.excel.workbook.defined_names.values()
        return rows + [["name", name.name, "", f"={name.attr_text}", False, False] for name in names]

    def _write(self, plan: list[list[Any]]) -> int:
        """What the workbook's own macro does, in one call; KopilotWrite is held to this in tests/workbook."""
        assert len({len(row) for row in plan}) == 1
        self.excel.step("write", "everything")
        written = at = 0
        while at < len(plan):
            sheet, top, left, height, width, formulas = plan[at][:HEADING]
            rows = [row[:width] for row in plan[at + 1 : at + 1 + height]]
            try:
                self.excel.inside("write", f"{sheet}!{top}:{left}")
                cells = Sheet(self.excel, sheet).range((top, left), (top + height - 1, left + width - 1))
                cells.put(rows, formulas, hidden_too=True)
            except ComError:
                break
            written, at = written + 1, at + 1 + height
        return written


class Books(base_classes.Books):
    def __init__(self, excel: StandIn) -> None:
        self.excel = excel

    def __call__(self, name: str) -> Any:
        if name != self.excel.name:
            raise KeyError(name)
        return Book(self.excel)

    def open(self, *args: Any, **options: Any) -> Any:
        return Book(self.excel)

    def __iter__(self) -> Iterator[Any]:
        yield Book(self.excel)

    def __len__(self) -> int:
        return 1

    @property
    def active(self) -> Any:
        return Book(self.excel)


class Book(base_classes.Book):
    def __init__(self, excel: StandIn) -> None:
        self.excel = excel

    @property
    def api(self) -> Any:
        return SimpleNamespace(
            ReadOnly=self.excel.read_only,
            Date1904=self.excel.workbook.epoch == CALENDAR_MAC_1904,
            Signatures=SimpleNamespace(Count=self.excel.signatures),
            SaveCopyAs=self.excel.save_copy,
        )

    @property
    def name(self) -> str:
        return self.excel.name

    @property
    def app(self) -> App:
        return (self.excel.app or App)(self.excel)

    @property
    def sheets(self) -> Any:
        return Sheets(self.excel)

    @property
    def names(self) -> Any:
        return Names(self.excel)

    @property
    def fullname(self) -> str:
        return self.excel.address or str(self.excel.path)

    def save(self, *args: Any, **options: Any) -> None:
        raise AssertionError("nobody asked to save")


class Sheets(base_classes.Sheets):
    def __init__(self, excel: StandIn) -> None:
        self.excel = excel

    def __iter__(self) -> Iterator[Any]:
        return (Sheet(self.excel, each.title) for each in self.excel.workbook.worksheets)

    def __len__(self) -> int:
        return len(self.excel.workbook.worksheets)

    def __call__(self, name: str | int) -> Any:
        if isinstance(name, int):
            name = self.excel.workbook.worksheets[name - 1].title
        if name not in self.excel.workbook.sheetnames:
            raise KeyError(name)
        return Sheet(self.excel, str(name))


class Sheet(base_classes.Sheet):
    def __init__(self, excel: StandIn, name: str) -> None:
        self.excel = excel
        self.grid: Any = excel.workbook[name]

    @property
    def api(self) -> Any:
        return SimpleNamespace(ProtectContents=self.name in self.excel.protected, ProtectionMode=False)

    @property  # type: ignore[misc]  # nothing sets it here
    def name(self) -> str:
        return str(self.grid.title)

    @property
    def book(self) -> Book:
        return Book(self.excel)

    @property
    def index(self) -> int:
        return int(self.excel.workbook.worksheets.index(self.grid)) + 1

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, str):
            left, top, right, bottom = range_boundaries(arg1)
            return Range(self, top or 1, left or 1, bottom or 1_048_576, right or 16_384)
        first = (arg1.row, arg1.column) if hasattr(arg1, "row") else arg1
        last = arg2 if arg2 is not None else arg1
        if hasattr(last, "row"):
            last = (last.row + last.shape[0] - 1, last.column + last.shape[1] - 1)
        return Range(self, first[0], first[1], last[0], last[1])

    @property
    def used_range(self) -> Range:
        return Range(self, 1, 1, self.grid.max_row, self.grid.max_column)

    @property
    def tables(self) -> Any:
        return Tables(self)


class Tables(base_classes.Tables):
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def __call__(self, name: str) -> Any:
        return Table(self.sheet, self.sheet.grid.tables[name])

    def __iter__(self) -> Iterator[Any]:
        return (Table(self.sheet, each) for each in self.sheet.grid.tables.values())

    def __len__(self) -> int:
        return len(self.sheet.grid.tables)


class Table(base_classes.Table):
    def __init__(self, sheet: Sheet, table: Any) -> None:
        self.sheet, self.of = sheet, table

    @property  # type: ignore[misc]  # nothing sets it here
    def name(self) -> str:
        return str(self.of.displayName)

    @property
    def parent(self) -> Sheet:
        return self.sheet

    @property
    def range(self) -> Range:
        return self.sheet.range(self.of.ref)

    @property  # type: ignore[misc]  # nothing sets it here
    def show_headers(self) -> bool:
        return bool(self.of.headerRowCount != 0)

    @property
    def show_totals(self) -> bool:
        return bool(self.of.totalsRowCount)

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        cells = self.range
        if self.show_totals and not value:
            self.totals = [
                self.sheet.grid.cell(cells.bottom, column).value for column in range(cells.column, cells.right + 1)
            ]
            for column in range(cells.column, cells.right + 1):
                self.sheet.grid.cell(cells.bottom, column).value = None
            self.of.totalsRowCount = None
            self.of.ref = Range(self.sheet, cells.row, cells.column, cells.bottom - 1, cells.right).address
        elif value and not self.show_totals:
            self.of.totalsRowCount = 1
            self.of.ref = Range(self.sheet, cells.row, cells.column, cells.bottom + 1, cells.right).address
            for column, total in zip(range(cells.column, cells.right + 1), self.totals, strict=True):
                self.sheet.grid.cell(cells.bottom + 1, column).value = total

    @property
    def show_autofilter(self) -> bool:
        return self.of.autoFilter is not None

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        cells = self.range
        if not value:
            self.sheet.excel.filtered.discard(self.sheet.name)
            for row in range(cells.row, cells.bottom + 1):
                self.sheet.grid.row_dimensions[row].hidden = False
        self.of.autoFilter = AutoFilter(ref=cells.address) if value else None

    def resize(self, cells: Any) -> None:
        before, after = self.range, cells.impl
        self.sheet.excel.step("resize", f"{self.name} {after.address}")
        self.of.ref = after.address
        if self.of.autoFilter is not None:
            self.of.autoFilter.ref = after.address
        calculated = {
            column: str(self.sheet.grid.cell(before.row + 1, column).value)
            for column in _numbers(before.column, before.right)
            if str(self.sheet.grid.cell(before.row + 1, column).value).startswith("=")
        }
        for row in _numbers(before.bottom + 1, after.bottom):
            for column, formula in calculated.items():
                text = re.sub(rf"(?<=[A-Z]){before.row + 1}\b", str(row), formula)
                self.sheet.grid.cell(row, column).value = text


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of numbers."""
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in run]
        yield found[0], found[-1]


def _numbers(first: int, last: int) -> Sequence[int]:
    return range(first, last + 1)


class Range(base_classes.Range):
    def __init__(self, sheet: Sheet, top: int, left: int, bottom: int, right: int) -> None:
        self.on, self.first_row, self.first_column, self.bottom, self.right = sheet, top, left, bottom, right
        self.excel = sheet.excel
        self.options: dict[str, Any] = {}

    @property
    def sheet(self) -> Sheet:
        return self.on

    @property
    def row(self) -> int:
        return self.first_row

    @property
    def column(self) -> int:
        return self.first_column

    @property
    def shape(self) -> tuple[int, int]:
        return self.bottom - self.row + 1, self.right - self.column + 1

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def address(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}:{get_column_letter(self.right)}{self.bottom}"

    @property
    def api(self) -> RangeApi:
        return RangeApi(self)

    def _is_hidden(self, row: int) -> bool:
        return row in self.sheet.grid.row_dimensions and bool(self.sheet.grid.row_dimensions[row].hidden)

    def _is_column_hidden(self, column: int) -> bool:
        letter = get_column_letter(column)
        return letter in self.sheet.grid.column_dimensions and bool(self.sheet.grid.column_dimensions[letter].hidden)

    def _reached(self) -> Iterator[Range]:
        """The parts an edit reaches: on a filtered sheet what is seen, unless nothing is."""
        seen = [row for row in range(self.row, self.bottom + 1) if not self._is_hidden(row)]
        columns = [column for column in range(self.column, self.right + 1) if not self._is_column_hidden(column)]
        if self.sheet.name not in self.excel.filtered or not seen or not columns:
            yield self
            return
        for top, bottom in _runs(seen):
            for left, right in _runs(columns):
                yield Range(self.sheet, top, left, bottom, right)

    def _cells(self) -> Iterator[Any]:
        for row in self.sheet.grid.iter_rows(self.row, self.bottom, self.column, self.right):
            yield from row

    def __call__(self, arg1: Any, arg2: Any = None) -> Range:
        top, left = self.row + arg1 - 1, self.column + arg2 - 1
        return Range(self.sheet, top, left, top, left)

    @property
    def raw_value(self) -> Any:
        self.excel.step("read", f"{self.sheet.name}!{self.address}")
        rows = [
            tuple(self._shown(row, column) for column in range(self.column, self.right + 1))
            for row in range(self.row, self.bottom + 1)
        ]
        return rows[0][0] if self.shape == (1, 1) else tuple(rows)

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self.excel.step("write", f"{self.sheet.name}!{self.address}")
        rows = data if isinstance(data, (list, tuple)) else [[data]]
        self.put(rows, formulas=False)

    def put(self, rows: Any, formulas: bool, hidden_too: bool = False) -> None:
        if self.sheet.name in self.excel.protected:
            raise ComError(-2147352567, "The cell is on a protected sheet.", -2146827284)
        assert self.shape == (len(rows), len(rows[0]))
        for part in [self] if hidden_too else self._reached():
            for top, row in zip(range(part.row, part.bottom + 1), rows, strict=False):
                for left, value in zip(range(part.column, part.right + 1), row, strict=False):
                    if formulas:
                        self.sheet.grid.cell(top, left).value = value
                    else:
                        self._type(top, left, value)

    def _shown(self, row: int, column: int) -> Any:
        cell = self.sheet.grid._cells.get((row, column))  # asking for it by name would make it
        if cell is None or not str(cell.value).startswith("="):
            return None if cell is None else cell.value
        return self.excel.shown[self.sheet.name].cell(row, column).value

    def _type(self, row: int, column: int, value: Any) -> None:
        cell = self.sheet.grid.cell(row, column)
        if isinstance(cell, MergedCell):
            return
        assert not isinstance(value, str) or not value.startswith(("=", "+", "@")), f"{value} became a formula"
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.replace(tzinfo=None)
        style = copy(cell._style)
        cell.value = (typed(value) if value else None) if isinstance(value, str) else value
        cell._style = style
        if isinstance(cell.value, (date, datetime)) and cell.number_format == "General":
            cell.number_format = "yyyy-mm-dd"
        if isinstance(cell.value, str) and cell.value.startswith("="):
            cell.data_type = "s"

    @property
    def formula(self) -> Any:
        self.excel.step("formulas", f"{self.sheet.name}!{self.address}")
        rows = tuple(
            tuple("" if cell.value is None else str(cell.value) for cell in row)
            for row in self.sheet.grid.iter_rows(self.row, self.bottom, self.column, self.right)
        )
        return rows[0][0] if self.shape == (1, 1) else rows

    @formula.setter
    def formula(self, texts: Any) -> None:
        self.excel.step("write", f"{self.sheet.name}!{self.address} formulas")
        self.put([[texts]] if isinstance(texts, str) else texts, formulas=True)

    def clear_contents(self) -> None:
        self.excel.step("clear", f"{self.sheet.name}!{self.address}")
        for part in self._reached():
            for cell in part._cells():
                cell.value = None

    def autofill(self, destination: Any, type_: str) -> None:
        destination = getattr(destination, "impl", destination)
        self.excel.step("autofill", f"{self.sheet.name}!{destination.address}")
        assert type_ == "fill_formats"
        for column in range(self.column, self.right + 1):
            style = self.sheet.grid.cell(self.row, column)._style
            for row in range(self.row, destination.bottom + 1):
                self.sheet.grid.cell(row, column)._style = copy(style)

    @property  # type: ignore[misc]  # nothing sets it here
    def row_height(self) -> float | None:
        dimensions = self.sheet.grid.row_dimensions
        last = min(self.bottom, self.sheet.grid.max_row + 1)
        heights = {0.0 if dimensions[row].hidden else 15.0 for row in range(self.row, last + 1)}
        return heights.pop() if len(heights) == 1 else None

    @property  # type: ignore[misc]  # nothing sets it here
    def column_width(self) -> float | None:
        widths = {
            0.0 if self._is_column_hidden(column) else 10.0 + column % 2
            for column in range(self.column, self.right + 1)
        }
        return widths.pop() if len(widths) == 1 else None


@dataclass
class RangeApi:
    """Excel's own range."""

    cells: Range

    @property
    def HasFormula(self) -> bool | None:  # noqa: N802  # as Excel calls it
        """Whether all cells hold a formula, or none; None where some do."""
        formulas = {str(cell.value).startswith("=") for cell in self.cells._cells()}
        return formulas.pop() if len(formulas) == 1 else None

    @property
    def EntireRow(self) -> EntireRow:  # noqa: N802  # as Excel calls it
        """Its rows from end to end."""
        return EntireRow(self.cells.sheet, self.cells.row, self.cells.bottom)

    @property
    def EntireColumn(self) -> EntireColumn:  # noqa: N802  # as Excel calls it
        """Its columns from end to end."""
        return EntireColumn(self.cells, self.cells.column, self.cells.right)


@dataclass
class EntireRow:
    """Excel's own rows of a range."""

    sheet: Sheet
    top: int
    bottom: int

    @property
    def Hidden(self) -> bool | None:  # noqa: N802  # as Excel calls it
        """Whether all are hidden, or none; None where some are."""
        rows = self.sheet.grid.row_dimensions
        hidden = sum(bool(rows[row].hidden) for row in list(rows) if self.top <= row <= self.bottom)
        return None if 0 < hidden <= self.bottom - self.top else bool(hidden)

    @Hidden.setter
    def Hidden(self, value: bool) -> None:  # noqa: N802
        for row in range(self.top, self.bottom + 1):
            self.sheet.grid.row_dimensions[row].hidden = value


@dataclass
class EntireColumn:
    """Excel's own columns of a range."""

    cells: Range
    left: int
    right: int

    @property
    def Hidden(self) -> bool | None:  # noqa: N802  # as Excel calls it
        """Whether all are hidden, or none; None where some are."""
        known = range(self.left, min(self.right, self.cells.sheet.grid.max_column + 100) + 1)
        hidden = sum(map(self.cells._is_column_hidden, known))
        return None if 0 < hidden <= self.right - self.left else bool(hidden)


class Names(base_classes.Names):
    def __init__(self, excel: StandIn) -> None:
        self.excel = excel

    def contains(self, name: str) -> bool:
        return any(each.casefold() == name.casefold() for each in self.excel.workbook.defined_names)

    def __len__(self) -> int:
        return len(self.excel.workbook.defined_names)

    def __call__(self, name: str) -> Any:
        if not self.contains(name):
            raise KeyError(name)
        return Name(self.excel, next(each for each in self.excel.workbook.defined_names if _same(each, name)))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


class Name(base_classes.Name):
    def __init__(self, excel: StandIn, name: str) -> None:
        self.excel, self.of = excel, excel.workbook.defined_names[name]

    @property  # type: ignore[misc]  # nothing sets it here
    def refers_to(self) -> str:
        return f"={self.of.attr_text}"

    @property
    def refers_to_range(self) -> Range:
        places = list(self.of.destinations)
        if not places or "#REF!" in self.of.attr_text:
            raise ComError(-2147352567, "Application-defined or object-defined error", -2146827284)
        sheet, address = places[0]
        return Sheet(self.excel, sheet).range(address.replace("$", ""))
