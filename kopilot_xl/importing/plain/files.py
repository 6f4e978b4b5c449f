"""Export files read into grids of cells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kopilot_xl.errors import BookError
from kopilot_xl.importing.csv_dialect import records
from kopilot_xl.importing.parquet import parquet_columns, text_of
from kopilot_xl.importing.plain.csv_dialect import _text_of, cell
from kopilot_xl.importing.plain.grid import _SAVE_AS, PARQUET_FILES, TEXT_FILES, WORKBOOKS, _Grid, _unreadable
from kopilot_xl.importing.plain.headings import Wanted
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.tables.table import Table, same_name


def _grid(path: Path, wanted: Wanted) -> _Grid:
    suffix = path.suffix.lower()
    if path.is_dir():
        raise BookError(t("{path} is a folder: name a file in it.", path=path))
    if not path.exists():
        raise BookError(t("There is no file {path}. Check its name and folder.", path=path))
    if suffix in WORKBOOKS:
        return _workbook(path, wanted.table)
    if suffix in PARQUET_FILES:
        return _parquet(path)
    if suffix in TEXT_FILES:
        return _text_file(path, wanted)
    readable = ", ".join((*TEXT_FILES, *PARQUET_FILES, *WORKBOOKS))
    if suffix in _SAVE_AS:
        raise BookError(t("{path} is {save_as}.", path=path, save_as=_SAVE_AS[suffix]))
    raise BookError(
        t("{path} has an ending that is not known: what can be read is {readable}.", path=path, readable=readable)
    )


def _workbook(path: Path, table: Table) -> _Grid:
    """The table of our own name, else the first table, else the first sheet."""
    from kopilot_xl.workbook.opening import open_book

    book = open_book(path)
    names = {same_name(each): each for each in book.table_names}
    name = names.get(same_name(table.name)) or next(iter(names.values()), None)
    if name is None:
        sheet = book.sheet_names[0]
        return _Grid(path, f"Excel, sheet {sheet}", book.sheet_values(sheet))
    data = book.table(name)
    rows = [list(data.headers), *data.rows]
    return _Grid(path, f"Excel, table {name}", rows, top=data.header_row, left=data.first_column)


def _parquet(path: Path) -> _Grid:
    names, values = parquet_columns(path, _bytes(path))
    columns = [_plain_column(each) for each in values]
    return _Grid(path, "Parquet", [names, *map(list, zip(*columns, strict=True))])


def _plain_column(values: Sequence[Any]) -> list[Value]:
    """A column's values as those of a cell: what no cell holds becomes its text."""
    values = [text_of(each) if isinstance(each, bytes) else each for each in values]  # as some programs write texts
    plain = (str, float, int, bool, date, datetime)
    return [each if each is None or isinstance(each, plain) else str(each) for each in values]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _text_file(path: Path, wanted: Wanted) -> _Grid:
    text, encoding, delimiter = _text_of(path, _bytes(path), wanted)
    rows, remarks = records(path, text, delimiter, cell)
    return _Grid(
        path, "CSV", rows, encoding=encoding, delimiter=delimiter if max(map(len, rows), default=0) > 1 else None,
        remarks=remarks,
    )  # fmt: skip
