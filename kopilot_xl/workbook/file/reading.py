"""The values and formulas of a workbook file's sheets; calamine reads the values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from io import BytesIO
from itertools import chain

from python_calamine import CalamineWorkbook

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import cell_address, quote_sheet
from kopilot_xl.workbook.book import ErrorValue, Value, counted_from_1904
from kopilot_xl.workbook.file.ooxml import markup, special_values, worksheet
from kopilot_xl.workbook.file.parts import Sheet, Structure
from kopilot_xl.workbook.file.reader_input import reader_input
from kopilot_xl.workbook.moments import to_second

MAX_CELLS = 30_000_000
"""How many cells the values of a sheet may span: one stray value far away would cost all memory."""

MAX_SPARSE = 5_200_000
"""How many cells they may span if nearly all of these are blank: more than `MAX_BLANKS` for each that is not."""

MAX_BLANKS = 100
"""How many cells a sheet's values may span for each cell it has, if they span more than `MAX_SPARSE`."""

LARGE = 8_000_000
"""How many bytes of XML a sheet has that are not kept once its values and formulas are read."""

_Read = int | float | str | bool | time | date | datetime | timedelta
_DAY = timedelta(days=1)
_MOMENTS = frozenset({datetime, timedelta})


class SheetReader:
    """The XML, values and formulas of a workbook's sheets, as they were when it was opened; each is read once."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._package = structure.package
        self._xml_of: dict[str, bytes] = {}
        self._values_of: dict[str, list[list[Value]]] = {}
        self._formulas_of: dict[str, Sequence[worksheet.Formula]] = {}

    def xml(self, sheet: Sheet) -> bytes:
        """Return the XML of a sheet.

        Raises:
            BookError: its part is missing or damaged.
        """
        if sheet.part not in self._xml_of:
            self._xml_of[sheet.part] = self._package.read(sheet.part)
        return self._xml_of[sheet.part]

    def value(self, sheet: Sheet, row: int, column: int) -> Value:
        """Return the value of a cell, by row and column counted from 1.

        Raises:
            BookError: the sheet cannot be read.
        """
        values = self.values(sheet)
        if row <= len(values) and column <= len(values[row - 1]):
            return values[row - 1][column - 1]
        return None

    def values(self, sheet: Sheet) -> list[list[Value]]:
        """Return a sheet's values from A1 on, row by row; rows may differ in length.

        Raises:
            BookError: the sheet cannot be read.
        """
        if sheet.part not in self._values_of:
            values = self._parsed(sheet)
            if self._structure.date1904:
                values = counted_from_1904(values)
            for (row, column), value in self._misread(sheet).items():
                if row <= len(values) and column <= len(values[row - 1]):
                    values[row - 1] = [*values[row - 1][: column - 1], value, *values[row - 1][column:]]
            self._values_of[sheet.part] = values
            if len(self.xml(sheet)) > LARGE:
                self.formulas(sheet)
                del self._xml_of[sheet.part]
        return self._values_of[sheet.part]

    def formulas(self, sheet: Sheet) -> Sequence[worksheet.Formula]:
        """Return the formulas of a sheet, row by row.

        Raises:
            BookError: the sheet cannot be read.
        """
        if sheet.part not in self._formulas_of:
            xml = self.xml(sheet)
            self._formulas_of[sheet.part] = self._package.explain(sheet.part, lambda: list(worksheet.formulas(xml)))
        return self._formulas_of[sheet.part]

    def formulas_mentioning(self, words: Sequence[str], exclude: Callable[[Sheet, int, int], bool]) -> list[str]:
        """Return the addresses of the formula cells that mention one of the words, without regard to case.

        They come in the order of the sheets. `exclude` says of a sheet, row and column that its formula is not asked
        for.

        Raises:
            BookError: a sheet cannot be read.
        """
        wanted = [word.casefold() for word in words if word]
        if not wanted:
            return []
        known: dict[str, bool] = {}  # many cells share one text, which may be long
        found = []
        for sheet in self._structure.sheets.values():
            for row, column, text in self.formulas(sheet):
                if exclude(sheet, row, column):
                    continue
                if text not in known:
                    folded = text.casefold()
                    known[text] = any(word in folded for word in wanted)
                if known[text]:
                    found.append(f"{quote_sheet(sheet.name)}!{cell_address(row, column)}")
        return found

    def _parsed(self, sheet: Sheet) -> list[list[Value]]:
        """Return a sheet's values as calamine reads them."""
        self.check_extent(sheet)
        try:
            reader, index_of = self._calamine
            read = reader.get_sheet_by_index(index_of[sheet.part]).to_python(skip_empty_area=False)
        except BaseException as error:
            self._refuse_unreadable(error, f" (sheet {sheet.name})")
            raise
        return _plain(read)

    def _misread(self, sheet: Sheet) -> dict[tuple[int, int], Value]:
        """Return, by row and column, the values that calamine takes for others: errors and the like."""
        xml = self.xml(sheet)
        codes = self._package.explain(
            sheet.part, lambda: special_values.error_values(xml) | special_values.not_numbers(xml)
        )
        texts = self._package.explain(sheet.part, lambda: special_values.wrapped_values(xml))
        return {**texts, **{cell: ErrorValue(code) for cell, code in codes.items()}}

    @cached_property
    def _calamine(self) -> tuple[CalamineWorkbook, dict[str, int]]:
        """The reader of values, and the index at which it knows each part."""
        sheets = [sheet for sheet in self._structure.sheets.values() if self._package.has(sheet.part)]
        try:
            reader = CalamineWorkbook.from_filelike(BytesIO(reader_input(self._structure, sheets, self.xml)))
        except BaseException as error:
            self._refuse_unreadable(error, "")
            raise
        return reader, {sheet.part: index for index, sheet in enumerate(sheets)}

    def _refuse_unreadable(self, error: BaseException, where: str) -> None:
        """Turn what calamine says into a message; an interruption stays what it is."""
        # calamine's panics are not an Exception, as KeyboardInterrupt and SystemExit are not.
        if not isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            if isinstance(error, BookError):
                raise error
            raise BookError(
                t(
                    "{path} cannot be read{where}: {error}. Open it in Excel, save it, and try again.",
                    path=self._package.path,
                    where=where,
                    error=markup.shortened(str(error)).rstrip(". "),
                )
            ) from error

    def check_extent(self, sheet: Sheet) -> None:
        """Make sure that a sheet's values lie so close together that reading what is between them is possible.

        Raises:
            BookError: they do not.
        """
        xml = markup.as_utf8(self.xml(sheet))
        if worksheet.is_compact(xml):
            return
        most = min(MAX_CELLS, max(MAX_SPARSE, MAX_BLANKS * worksheet.cell_count(xml)))
        if worksheet.greatest_extent(xml, most) <= most:
            return
        far, extent = self._package.explain(sheet.part, lambda: worksheet.farthest_value(xml))
        if extent > most:
            raise BookError(
                t(
                    "{path} cannot be read: {sheet}!{far} has a value far away from all others. Delete "
                    "it in Excel, save, and try again.",
                    path=self._package.path,
                    sheet=markup.shortened(sheet.name),
                    far=far,
                )
            )


def _plain(read: list[list[_Read]]) -> list[list[Value]]:
    """Return what calamine read as the values of a book."""
    kinds = set(map(type, chain.from_iterable(read)))
    if kinds & _MOMENTS:
        # Few rows have a time of day; a sheet may have a million.
        read = [row if _MOMENTS.isdisjoint(map(type, row)) else [_plain_value(value) for value in row] for row in read]  # type: ignore[misc]
    if str not in kinds:
        return read  # type: ignore[return-value]
    # A sheet may have a million rows that are blank but for their formats: they are one and the same list.
    blank: dict[int, list[Value]] = {}
    for number, row in enumerate(read):
        if "" in row:
            if row.count("") == len(row):
                read[number] = blank.setdefault(len(row), [None] * len(row))  # type: ignore[assignment]
            else:
                read[number] = [None if value == "" else value for value in row]  # type: ignore[misc]
    return read  # type: ignore[return-value]


def _plain_value(value: _Read) -> Value:
    if isinstance(value, datetime):
        value = to_second(value)
        return value.date() if value.time() == time() else value
    if isinstance(value, timedelta):  # a duration is the number of days the cell holds
        return value / _DAY
    return value
