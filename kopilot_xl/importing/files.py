"""From paths to tables of cells: what a file is, its content says, whatever its ending."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from kopilot_xl.errors import BookError
from kopilot_xl.importing.csv_dialect import cell, rows_of, unwrapped
from kopilot_xl.importing.encodings import decoded
from kopilot_xl.importing.grid import RawTable
from kopilot_xl.importing.parquet import parquet_columns, text_of
from kopilot_xl.importing.safe_input import check_archive, checked_excel
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.book import ErrorValue, Value, counted_from_1904
from kopilot_xl.workbook.file import windows
from kopilot_xl.workbook.opening import open_book

ENDINGS = (
    ".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".parquet", ".htm",
    ".html",
)  # fmt: skip
"""What is taken from a folder; a file that is named itself may have any ending."""

_OFFICE_OLD = b"\xd0\xcf\x11\xe0"
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", marked("a PDF document: export the data as CSV or .xlsx instead")),
    (b"\x1f\x8b", marked("a gzip archive: unpack it first")),
    (b"7z\xbc\xaf", marked("an archive: unpack it first")),
    (b"Rar!", marked("an archive: unpack it first")),
    (b"\x89PNG", marked("a picture: export the data as CSV or .xlsx instead")),
    (b"\xff\xd8\xff", marked("a picture: export the data as CSV or .xlsx instead")),
    (b"SQLite format 3", marked("a database: export the table as CSV")),
)
_PERIOD_MARKS = ("EXTF", "DTVF")

Known = Callable[[Sequence[Value]], int]
_FROM_1904 = re.compile(rb"<(?:[\w.-]+:)?workbookPr[^<>]*\sdate1904\s*=\s*[\"'](?:1|true|on)[\"']")


def expanded(paths: Iterable[str | PathLike[str]]) -> list[tuple[Path, str | None]]:
    """Return the files behind paths, folders, patterns and `File.xlsx#Sheet`, with the sheet that is asked for.

    Raises:
        BookError: there is no such file, or a folder has nothing that can be read.
    """
    found: list[tuple[Path, str | None]] = []
    for each in paths:
        text = fspath(each)
        path = Path(text)
        sheet: str | None = None
        if not path.exists() and "#" in text:
            head, _, sheet = text.rpartition("#")
            path = Path(head)
        if path.is_dir():
            inside = sorted(
                one
                for one in path.iterdir()
                if one.is_file() and one.suffix.lower() in ENDINGS and one.name[0] not in ".~"
            )
            if not inside:
                raise BookError(
                    t(
                        "{path} is a folder without a file that can be read (one of {endings}).",
                        path=path,
                        endings=", ".join(ENDINGS),
                    )
                )
            found += [(one, sheet) for one in inside]
        elif path.exists():
            found.append((path, sheet))
        elif matches := _matches(text):
            found += [(one, None) for one in matches]
        else:
            raise BookError(t("There is no file {path}. Check its name and folder.", path=path))
    return found


def _matches(pattern: str) -> list[Path]:
    if not any(each in pattern for each in "*?["):
        return []
    from glob import glob

    return sorted(Path(each) for each in glob(pattern) if Path(each).is_file())


def tables_of(path: Path, known: Known, encoding: str | None = None) -> list[RawTable]:
    """Return every table of cells that a file has.

    Args:
        path: the file.
        known: tells how many headings of a row are known.
        encoding: of a text file, where the user tells it.

    Raises:
        BookError: it cannot be read, or holds no cells.
    """
    data = bytes_of(path)
    if not data.strip():
        raise BookError(t("{path} is empty. Export it again, with a row of headings.", path=path))
    for magic, what in _REFUSED:
        if data.startswith(magic):
            raise BookError(t("{path} is {what}.", path=path, what=t(what)))
    if data.startswith((b"PK\x03\x04", _OFFICE_OLD)):
        found = _workbook(path, data, known)
    elif data.startswith(b"PAR1"):
        found = [_parquet(path, data)]
    else:
        found = _text(path, data, known, encoding)
    full = [each for each in found if any(says(value) for row in each.rows for value in row)]
    if not full:
        raise BookError(t("{path} is empty. Export it again, with a row of headings.", path=path))
    return full


def bytes_of(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        BookError: it cannot be read.
    """
    try:
        return windows.read_bytes(path)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> BookError:
    """Return what to raise where a file cannot be opened."""
    return BookError(
        t("{path} cannot be read: {reason}. Close it elsewhere, or copy it.", path=path, reason=error.strerror or error)
    )


def says(value: Value) -> bool:
    """Tell whether a cell says anything; a stray delimiter does not."""
    return any(map(str.isalnum, value)) if isinstance(value, str) else value is not None


# text


def _text(path: Path, data: bytes, known: Known, wanted: str | None) -> list[RawTable]:
    text, encoding, codings = decoded(data, path, wanted)
    text = text.removeprefix("\ufeff")
    head = text.lstrip()[:3000].lower()
    if head.startswith(("<!doctype html", "<html", "<table", "<head", "<body", "<meta", "<style")) or (
        head.startswith("<?xml") and "<html" in head
    ):
        return _web_page(path, text)
    if head.startswith("<?xml"):
        if "office:spreadsheet" in head:
            return _xml_spreadsheet(path, data)
        raise BookError(t("{path} is XML, not a table: export it as CSV or .xlsx.", path=path))
    if head.startswith(("{\\rtf", "{\n", '{"', "[{", "[\n")):
        raise BookError(t("{path} is not CSV: export it as CSV or .xlsx.", path=path))
    rows, delimiter, notes = rows_of(text, path, known, path.suffix.lower())
    return [
        RawTable(
            path, "CSV", rows, encoding=encoding, codings=codings, delimiter=delimiter, period=_period(rows),
            notes=notes,
        )
    ]  # fmt: skip


def _period(rows: Sequence[Sequence[Value]]) -> tuple[date, date] | None:
    """The period that the first line of a DATEV file tells: two days among its fields, from and to."""
    first = rows[0] if rows else []
    if len(first) < 16 or str(first[0]).strip('"') not in _PERIOD_MARKS:
        return None
    days = []
    for value in first[14:16]:
        text = str(value)
        if not re.fullmatch(r"(?:19|20)\d{6}", text):
            return None
        with suppress(ValueError):
            days.append(date(int(text[:4]), int(text[4:6]), int(text[6:])))
    return (days[0], days[1]) if len(days) == 2 else None


def _web_page(path: Path, text: str) -> list[RawTable]:
    from kopilot_xl.importing.web_tables import tables

    found = [
        RawTable(
            path,
            t("web page") if number == 0 else t("web page, table {number}", number=number + 1),
            rows,
            name="" if number == 0 else f"table {number + 1}",
        )
        for number, rows in enumerate(tables(text))
    ]
    if not found:
        raise BookError(t("{path} is a web page without a table: export the data as CSV or .xlsx.", path=path))
    return found


def _xml_spreadsheet(path: Path, data: bytes) -> list[RawTable]:
    from kopilot_xl.importing.web_tables import spreadsheet_2003

    return [
        RawTable(path, t("Excel XML, sheet {name}", name=name), rows, name=name)
        for name, rows in spreadsheet_2003(data, path)
    ]


# workbooks


def _workbook(path: Path, data: bytes, known: Known) -> list[RawTable]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    if data.startswith(b"PK"):
        _check_archive(path, data)
    xlsx = data.startswith(b"PK") and b"xl/workbook.xml" in data and b"mimetypeapplication/vnd.oasis" not in data[:200]
    given = checked_excel(path) if xlsx else data
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(given), load_tables=xlsx)
    except PasswordError as error:
        raise BookError(t("{path} has a password: save it without one, or export it as CSV.", path=path)) from error
    except (CalamineError, ValueError, OSError) as error:
        if "password" in str(error).lower() or b"EncryptedPackage".decode().encode("utf-16-le") in data:
            raise BookError(t("{path} has a password: save it without one, or export it as CSV.", path=path)) from error
        if data.startswith(b"PK") and b"mimetype" not in data[:200]:
            return _sheets_by_themselves(path)
        raise BookError(
            t("{path} is not a workbook that can be read: save it again as .xlsx, or export it as CSV.", path=path)
        ) from error
    lost = _lost_results(data) if xlsx else {}
    from_1904 = xlsx and _counts_from_1904(data)
    found = []
    for number, sheet in enumerate(book.sheets_metadata):
        if sheet.typ is not SheetTypeEnum.WorkSheet:
            continue
        try:
            rows: Any = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
        except (CalamineError, ValueError, OSError):
            if not xlsx:
                continue
            return _sheets_by_themselves(path)
        if xlsx and not any(rows):  # it may be written in a way that the reader does not see
            with suppress(BookError):
                rows = open_book(path).sheet_values(sheet.name)
        cells = [[cell_value(each) for each in row] for row in rows]
        if from_1904:
            cells = counted_from_1904(cells)
        notes: tuple[str, ...] = ()
        if inner := unwrapped(cells, known):
            again, _, notes = rows_of("\n".join(inner), path, known)
            cells = again
        hidden = sheet.visible is not SheetVisibleEnum.Visible
        found.append(
            RawTable(
                path, t("Excel, sheet {name}", name=sheet.name), cells, name=sheet.name, hidden=hidden, notes=notes,
                lost=lost.get(number, frozenset()),
            )
        )  # fmt: skip
    return [*_own_tables(path, book, found), *found] if xlsx else found


def _sheets_by_themselves(path: Path) -> list[RawTable]:
    """Read a workbook that Excel opens and the reader of values gives up on, sheet by sheet.

    Raises:
        BookError: a sheet of it cannot be read.
    """
    book = open_book(path)
    found = []
    for name in book.sheet_names:
        cells = [[cell_value(each) for each in row] for row in book.sheet_values(name)]
        found.append(RawTable(path, t("Excel, sheet {name}", name=name), cells, name=name))
    return found


def _check_archive(path: Path, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise BookError(t("{path} is a damaged workbook or archive: export it again.", path=path)) from error
    if not any(each.startswith("xl/") or each == "content.xml" for each in names):
        raise BookError(t("{path} is an archive or another document, not a workbook: unpack it first.", path=path))
    check_archive(path, data)


def _counts_from_1904(data: bytes) -> bool:
    """Tell whether a workbook counts days from 1904, as those of older Macs do."""
    with suppress(Exception), zipfile.ZipFile(io.BytesIO(data)) as archive:  # a damaged one is refused elsewhere
        return _FROM_1904.search(archive.read("xl/workbook.xml")) is not None
    return False


def _own_tables(path: Path, book: Any, sheets: Sequence[RawTable]) -> list[RawTable]:
    """The tables that a workbook's author made, where they stand on their sheets."""
    found = []
    by_name = {each.name: each for each in sheets}
    for name in book.table_names or ():
        with suppress(Exception):  # a table whose sheet is no worksheet
            table = book.get_table_by_name(name)
            sheet = by_name.get(table.sheet)
            if sheet is None:
                continue
            (top, left), (bottom, right) = table.start, table.end
            rows = [list(row[left : right + 1]) for row in sheet.rows[max(top - 1, 0) : bottom + 1]]
            lost = frozenset((row - top + 1, column - left) for row, column in sheet.lost)
            found.append(
                RawTable(
                    path,
                    t("Excel, table {name}", name=name),
                    rows,
                    name=name,
                    top=max(top, 1),
                    left=left + 1,
                    hidden=sheet.hidden,
                    own=True,
                    lost=lost,
                )
            )
    return found


def cell_value(value: Any) -> Value:
    """What calamine tells of a cell, as ours."""
    if isinstance(value, ErrorValue):
        value = str(value)
    if isinstance(value, str):
        plain = value.strip()
        return None if not plain or plain.casefold() in ("null", "na", "n/a", "none", "#n/a") else plain
    if isinstance(value, datetime):
        return value.date() if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0) else value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value if isinstance(value, float | bool | date) else (None if value is None else str(value))


_FORMULA_CELL = re.compile(
    rb"<(?:\w++:)?c\b([^<>]*+)>\s*+<(?:\w++:)?f\b[^<>]*+(?:(?<=/)>|>[^<]*+</(?:\w++:)?f>)\s*+"
    rb"(?:<(?:\w++:)?v\s*+/>|<(?:\w++:)?v></(?:\w++:)?v>)?\s*+</(?:\w++:)?c>"
)
_REFERENCE = re.compile(rb'\br="([A-Z]+)(\d+)"')


def _lost_results(data: bytes) -> dict[int, frozenset[tuple[int, int]]]:
    """The cells of each sheet, by its number, whose formula has no stored result."""
    found: dict[int, frozenset[tuple[int, int]]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for number, part in enumerate(_sheet_parts(archive)):
            if part is None:
                continue
            text = archive.read(part)
            if b"<f" not in text and b":f>" not in text:
                continue
            cells = set()
            for match in _FORMULA_CELL.finditer(text):
                if b't="str"' in match[1]:
                    continue
                if place := _REFERENCE.search(match[1]):
                    column = 0
                    for letter in place[1]:
                        column = column * 26 + letter - 64
                    cells.add((int(place[2]) - 1, column - 1))
            if cells:
                found[number] = frozenset(cells)
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> list[str | None]:
    """The part of each sheet, in the order of the tabs."""
    try:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return []
    targets = {}
    for element in re.findall(r"<(?:\w++:)?+Relationship\b[^<>]*+>", relations):
        name, target = re.search(r'\bId="([^"]*)"', element), re.search(r'\bTarget="([^"]*)"', element)
        if name and target:
            targets[name[1]] = target[1].lstrip("/") if target[1].startswith("/") else "xl/" + target[1]
    names = set(archive.namelist())
    parts: list[str | None] = []
    for element in re.findall(r"<(?:\w++:)?+sheet\b[^<>]*+>", book):
        link = re.search(r'\b\w+:id="([^"]*)"', element)
        part = targets.get(link[1]) if link else None
        parts.append(part if part in names else None)
    return parts


# Parquet


def _parquet(path: Path, data: bytes) -> RawTable:
    names, values = parquet_columns(path, data)
    columns = [_plain_column(each) for each in values]
    rows = [names, *map(list, zip(*columns, strict=True))]
    return RawTable(path, "Parquet", rows)


def _plain_column(values: Sequence[Any]) -> list[Value]:
    """A column's values as those of a cell: what no cell holds becomes its text."""
    values = [text_of(each) if isinstance(each, bytes) else each for each in values]  # as some programs write texts
    plain = (float, int, bool, date, datetime)
    return [each if isinstance(each, plain) else None if each is None else cell(str(each)) for each in values]
