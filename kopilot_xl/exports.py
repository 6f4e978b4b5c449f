"""Tables outside a Kopilot workbook: exports of accounting software, and what was decided in reading them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any
from uuid import UUID

from kopilot_xl.book import ErrorValue, TableData, Value
from kopilot_xl.book.addresses import column_letters
from kopilot_xl.domain import words
from kopilot_xl.domain.ids import client_key
from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.sheets import actions, clients, transactions
from kopilot_xl.sheets.table import Column, Format, Table, TableRows, same_name
from kopilot_xl.sheets.values import DateOrder, UnreadableError, is_blank, read_amount, read_date, shown

TEXT_FILES = (".csv", ".txt", ".tsv")
PARQUET_FILES = (".parquet",)
WORKBOOKS = (".xlsx", ".xlsm")

_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}
_SIGNS = {",": "comma", ".": "point"}
_SAMPLE_ROWS = 200
_SAMPLE_BYTES = 1 << 20
_HEADER_WITHIN = 60
"""A header row is looked for in this many rows."""
_SHOWN_HEADINGS = 12
_SHOWN_ROWS = 5
_TOTAL = re.compile(
    r"(?:grand |sub)?total\b|(?:gesamt|end)?summe\b|gesamt\b|sum\b|somme\b|totaux\b|totaal\b|totale?n?\b", re.IGNORECASE
)
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How some programs keep Excel from reading an id as a number: ="007"."""
_IN_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_CURRENCY_WORD = re.compile(r"\b(?:in )?(?:EUR|USD|GBP|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|JPY|INR|ZAR)\b")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?;?,?\s*', re.IGNORECASE)

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive: give it the ending .xlsx, or unpack it first"),
    (b"PAR1", "a Parquet file: give it the ending .parquet"),
    (b"\xd0\xcf\x11\xe0", "an old or protected Office file: save it as .xlsx, without a password, or as CSV"),
    (b"%PDF", "a PDF document: export the data as CSV or .xlsx instead"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
)
_SAVE_AS: dict[str, str] = {
    ".xls": "an old Excel workbook: save it as .xlsx",
    ".xlsb": "a binary Excel workbook: save it as .xlsx",
    ".ods": "an OpenDocument spreadsheet: save it as .xlsx or CSV",
    ".numbers": "a Numbers spreadsheet: export it as .xlsx or CSV",
    ".pdf": "a PDF document: export the data as CSV or .xlsx instead",
    ".zip": "an archive: unpack it first",
    ".gz": "an archive: unpack it first",
}

CLIENT_NAME = Column(clients.NAME.header, also=clients.NAME.also)
"""The clients' names in an export of transactions."""


@dataclass(frozen=True)
class Choices:
    """How an export was read, to be told to the one who gave it.

    Attributes:
        file: the file's name.
        form: what it is, as in `CSV` or `Excel, table Invoices`.
        rows: how many rows of data it has.
        encoding: of a text file.
        delimiter: of a text file.
        decimal: the decimal sign of amounts written as text, None where there are none.
        columns: which heading was taken for which column.
        ignored: the headings that were not taken.
        remarks: what else is worth knowing, a sentence each.
    """

    file: str
    form: str
    rows: int
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    remarks: Sequence[str] = ()

    @property
    def title(self) -> str:
        """The file and what it is, in a line."""
        told = [self.form]
        if self.encoding:
            told.append(self.encoding)
        if self.delimiter:
            told.append(f"{_DELIMITERS.get(self.delimiter, self.delimiter)} between the columns")
        if self.decimal:
            told.append(f"decimal {_SIGNS[self.decimal]}")
        return f"{self.file}: {', '.join(told)}; {words.count(self.rows, 'row')}"

    @property
    def lines(self) -> list[str]:
        """What was taken for what, what was not taken, and the remarks."""
        taken = [name if name == heading else f"{name} from {heading}" for name, heading in self.columns.items()]
        told = [f"Columns: {', '.join(taken)}"]
        if self.ignored:
            told.append(f"Not taken: {', '.join(self.ignored)}")
        return [*told, *self.remarks]


@dataclass(frozen=True)
class Export:
    """A table read from a file: `data` has the sheet's own headings for the columns that were taken."""

    table: Table
    data: TableData
    choices: Choices

    @property
    def rows(self) -> TableRows:
        """The rows that are not blank, to be read as those of a sheet."""
        return TableRows(self.table, self.data)


@dataclass(frozen=True)
class _Grid:
    """The cells of a file as they stand; `top` and `left` are the sheet row and column of the first."""

    path: Path
    form: str
    rows: Sequence[Sequence[Value]]
    top: int = 1
    left: int = 1
    encoding: str | None = None
    delimiter: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """The columns looked for: a header row is the first with all of `best`, else with one of each of `needs`."""

    table: Table
    columns: tuple[Column, ...]
    best: tuple[Column, ...]
    needs: tuple[tuple[Column, ...], ...]

    def find(self, rows: Sequence[Sequence[Value]]) -> tuple[int, dict[Column, int]] | None:
        """Return the header row and where each column stands in it, None where there is no such row."""
        head = [_match(row, self.columns) for row in rows[:_HEADER_WITHIN]]
        for at, found in enumerate(head):
            if all(each in found for each in self.best):
                return at, found
        for at, found in enumerate(head):
            if all(any(each in found for each in choice) for choice in self.needs):
                return at, found
        return None


CLIENTS = Wanted(
    table=clients.TABLE,
    columns=tuple(each for each in clients.TABLE.columns if not each.written),
    best=(clients.CLIENT_ID, clients.NAME),
    needs=((clients.CLIENT_ID, clients.NAME),),
)
TRANSACTIONS = Wanted(
    table=transactions.TABLE,
    columns=(*transactions.TABLE.columns, CLIENT_NAME),
    best=(transactions.CLIENT_ID, transactions.ISSUE_DATE),
    needs=((transactions.ISSUE_DATE,), (transactions.CLIENT_ID, CLIENT_NAME)),
)

_ACTIONS = Wanted(
    table=actions.TABLE,
    columns=tuple(each for each in actions.TABLE.columns if not each.written),
    best=tuple(each for each in actions.TABLE.columns if each.required),
    needs=((actions.RECORDED_ON,), (actions.CLIENT_ID,), (actions.ACTION,)),
)


@dataclass(frozen=True)
class _Found:
    """A grid whose header row is known. `taken` tells where each column stands, from 0."""

    grid: _Grid
    wanted: Wanted
    header: int
    taken: Mapping[Column, int]

    @property
    def headings(self) -> list[str]:
        return [_text(each) for each in self.grid.rows[self.header]]

    def column(self, column: Column) -> list[Value]:
        """The values of a column below the header, none where it is missing."""
        at = self.taken.get(column)
        rows = self.grid.rows[self.header + 1 :]
        return [] if at is None else [row[at] for row in rows if at < len(row)]

    def has(self, column: Column) -> bool:
        """Whether a column is there and holds anything."""
        return column in self.taken and (
            len(self.grid.rows) == self.header + 1 or any(not is_blank(each) for each in self.column(column))
        )

    def also(self, column: Column, like: Column, remark: str) -> _Found:
        """Take one column for another as well, and say so."""
        grid = replace(self.grid, remarks=(*self.grid.remarks, remark))
        return replace(self, grid=grid, taken={**self.taken, column: self.taken[like]})


def read_clients(path: str | PathLike[str], date_order: DateOrder | None = None) -> Export:
    """Read a list of clients from CSV, Parquet or a workbook.

    A list without ids has its names for ids, one without names its ids for names.

    Raises:
        BookError: there is no such file, or it is not what its ending says.
        MissingError: no heading in it is known as a client's id or name.
    """
    return _export(_named(_look(path, CLIENTS)), date_order)


def read_pair(
    client_file: str | PathLike[str], transaction_file: str | PathLike[str], date_order: DateOrder | None = None
) -> tuple[Export, Export]:
    """Read a list of clients and one of their transactions.

    Transactions name their client by its id; by its name only where the list of clients has no ids.

    Raises:
        BookError: as `read_clients`.
        MissingError: as `read_clients`; or the transactions have no issue date, or do not tell their client.
    """
    people, rows = _look(client_file, CLIENTS), _look(transaction_file, TRANSACTIONS)
    return _export(_named(people), date_order), _export(_of_clients(rows, people), date_order)


def read_transactions(path: str | PathLike[str], date_order: DateOrder | None = None) -> Export:
    """Read a list of transactions whose clients are told by their ids.

    Raises:
        BookError: as `read_clients`.
        MissingError: as `read_clients`; or it has no issue date or no client ids.
    """
    rows = _look(path, TRANSACTIONS)
    if transactions.CLIENT_ID not in rows.taken:
        raise no_heading(str(rows.grid.path), transactions.CLIENT_ID, rows.headings)
    return _export(rows, date_order)


def read_actions(path: str | PathLike[str], date_order: DateOrder | None = None) -> Export:
    """Read an action log, with the columns of the Actions sheet.

    Raises:
        BookError: as `read_clients`.
        MissingError: it does not tell the client, the action or when it was recorded.
    """
    return _export(_look(path, _ACTIONS), date_order)


def _named(people: _Found) -> _Found:
    """Have the one column of a list of clients stand for the other where that is missing."""
    if not people.has(clients.CLIENT_ID) and people.has(clients.NAME):
        return people.also(clients.CLIENT_ID, clients.NAME, "There are no client ids: the names serve as ids.")
    if clients.NAME not in people.taken:
        return people.also(clients.NAME, clients.CLIENT_ID, "There are no names: the ids serve as names.")
    return people


def _of_clients(rows: _Found, people: _Found) -> _Found:
    """Settle which column of the transactions tells the client."""
    by_id, by_name = rows.has(transactions.CLIENT_ID), rows.has(CLIENT_NAME)
    if people.has(clients.CLIENT_ID):
        if by_id:
            return rows
        if by_name:
            heading = rows.headings[rows.taken[CLIENT_NAME]]
            ids = {client_key(each) for each in people.column(clients.CLIENT_ID)}
            told = {key for each in rows.column(CLIENT_NAME) if (key := client_key(each))}
            if 2 * len(told & ids) >= len(told):
                return rows.also(transactions.CLIENT_ID, CLIENT_NAME, f"The column {heading} holds the client ids.")
            own = people.headings[people.taken[clients.CLIENT_ID]]
            raise MissingError(
                f"{rows.grid.path} has no client ids, only {heading}, while {people.grid.path} has them in {own}. "
                f"Export the transactions with {own}, or take {own} out of {people.grid.path.name}: "
                "then the names serve as ids."
            )
    elif by_name:
        return rows.also(transactions.CLIENT_ID, CLIENT_NAME, "The clients are told by their names.")
    return rows if transactions.CLIENT_ID in rows.taken else rows.also(transactions.CLIENT_ID, CLIENT_NAME, "")


# from files to cells


def _look(path: str | PathLike[str], wanted: Wanted) -> _Found:
    """Read a file's cells and find the header row.

    Raises:
        BookError: it cannot be read.
        MissingError: there is no such row.
    """
    grid = _grid(Path(path), wanted)
    if not any(_word(each) for row in grid.rows for each in row):
        raise BookError(f"{grid.path} is empty. Export it again, with a row of headings.")
    found = wanted.find(grid.rows)
    if found is None:
        raise _no_header(grid, wanted)
    return _Found(grid, wanted, *found)


def _word(value: Value) -> bool:
    """Whether a cell says anything; a stray delimiter does not."""
    return any(map(str.isalnum, value)) if isinstance(value, str) else value is not None


def _no_header(grid: _Grid, wanted: Wanted, place: str = "") -> MissingError:
    fullest = max(grid.rows[:_HEADER_WITHIN], key=lambda row: sum(isinstance(each, str) and bool(each) for each in row))
    found = _match(fullest, wanted.columns)
    headings = _some([_text(each) for each in fullest if not is_blank(each)]) or "none"
    lacking = next(choice for choice in wanted.needs if not any(each in found for each in choice))
    known = " or ".join(dict.fromkeys(each.header for each in lacking))
    return MissingError(
        f"{place or grid.path} has no column that is known as {known} (its columns: {headings}). "
        f"{_accepted(lacking[0])}"
    )


def no_heading(place: str, column: Column, headings: Sequence[str]) -> MissingError:
    """Return what to raise where no heading is known as a column."""
    return MissingError(
        f"{place} has no column that is known as {column.header} (its columns: {_some(headings)}). {_accepted(column)}"
    )


def _accepted(column: Column) -> str:
    return f"Give the column one of these headings: {_some([column.header, *column.also])}."


def _some(texts: Sequence[str]) -> str:
    """The first of some texts, so that a message stays a line."""
    more = len(texts) - _SHOWN_HEADINGS
    return ", ".join(texts[:_SHOWN_HEADINGS]) + (f" and {more} more" if more > 0 else "")


def _grid(path: Path, wanted: Wanted) -> _Grid:
    suffix = path.suffix.lower()
    if path.is_dir():
        raise BookError(f"{path} is a folder: name a file in it.")
    if not path.exists():
        raise BookError(f"There is no file {path}. Check its name and folder.")
    if suffix in WORKBOOKS:
        return _workbook(path, wanted.table)
    if suffix in PARQUET_FILES:
        return _parquet(path)
    if suffix in TEXT_FILES:
        return _text_file(path, wanted)
    readable = ", ".join((*TEXT_FILES, *PARQUET_FILES, *WORKBOOKS))
    if suffix in _SAVE_AS:
        raise BookError(f"{path} is {_SAVE_AS[suffix]}.")
    raise BookError(f"{path} has an ending that is not known: what can be read is {readable}.")


def _workbook(path: Path, table: Table) -> _Grid:
    """The table of our own name, else the first table, else the first sheet."""
    from kopilot_xl.book import open_book

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
    import polars

    try:
        frame = polars.read_parquet(io.BytesIO(_bytes(path)))
    except polars.exceptions.PolarsError as error:
        raise BookError(f"{path} is no Parquet file that can be read: write it again.") from error
    columns = [_plain_column(each) for each in frame.get_columns()]
    return _Grid(path, "Parquet", [list(frame.columns), *map(list, zip(*columns, strict=True))])


def _plain_column(series: Any) -> list[Value]:
    """A column's values as those of a cell: what no cell holds becomes its text."""
    import polars

    if series.dtype.is_decimal():
        return [None if each is None else float(each) for each in series]
    if series.dtype.is_float():  # pandas writes a number that is not there as one that is none
        series = series.fill_nan(None)
    if series.dtype == polars.Binary:  # as some programs write texts
        return [None if each is None else text_of(each) for each in series]
    plain = (str, float, int, bool, date, datetime)
    return [each if each is None or isinstance(each, plain) else str(each) for each in series.to_list()]


def text_of(data: bytes) -> str:
    """Return bytes as the text they are; sixteen others as a UUID, which Parquet keeps so; any others as digits."""
    with suppress(UnicodeDecodeError):
        text = data.decode()
        if text.isprintable():
            return text
    return str(UUID(bytes=data)) if len(data) == 16 else data.hex()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> BookError:
    return BookError(f"{path} cannot be read: {error.strerror or error}. Close it elsewhere, or copy it.")


def _text_file(path: Path, wanted: Wanted) -> _Grid:
    text, encoding, delimiter = _text_of(path, _bytes(path), wanted)
    rows, remarks = _records(path, text, delimiter)
    return _Grid(
        path, "CSV", rows, encoding=encoding, delimiter=delimiter if max(map(len, rows), default=0) > 1 else None,
        remarks=remarks,
    )  # fmt: skip


def _text_of(path: Path, data: bytes, wanted: Wanted) -> tuple[str, str, str]:
    """The text of a file, its encoding and its delimiter."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise BookError(f"{path} is not CSV but {what}.")
    text, encoding = _decoded(path, data)
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html", "<?xml", "<table")):
        raise BookError(f"{path} is not CSV but a web page or XML: open it in Excel and save it as CSV.")
    first, _, rest = text.partition("\n")
    told = _SEPARATOR_LINE.fullmatch(first)
    if told:
        text = "\n" + rest  # the line still counts, as it does in an editor
    return text, encoding, told[1] if told else _delimiter(text, path, wanted)


@dataclass(frozen=True)
class Sample:
    """What the beginning of a text file tells.

    Attributes:
        encoding: as in `UTF-8`.
        delimiter: between the columns.
        above: how many lines stand above the first row of data.
        headings: of the columns, left to right.
        taken: where each column that is known stands, from 0.
        decimal: the decimal sign of its amounts, None where they do not tell.
        remarks: what was assumed, a sentence each.
    """

    encoding: str
    delimiter: str
    above: int
    headings: Sequence[str]
    taken: Mapping[Column, int]
    decimal: str | None
    remarks: Sequence[str]


def sample(path: Path, wanted: Wanted) -> Sample:
    """Look at the beginning of a text file of any size.

    Raises:
        BookError: it cannot be read, is empty or is no text.
        MissingError: no heading that is needed is there.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) == _SAMPLE_BYTES:
        data = data[: data.rfind(b"\n") + 1 + (data[:2] == b"\xff\xfe")] or data
    text, encoding, delimiter = _text_of(path, data, wanted)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[Value]] = []
    lines = []
    try:
        for row in reader:
            rows.append(list(map(_cell, row)))
            lines.append(reader.line_num)
    except csv.Error:
        pass  # the rows so far still tell
    grid = _Grid(path, "CSV", rows)
    if not any(_word(each) for row in rows for each in row):
        raise BookError(f"{path} is empty. Export it again, with a row of headings.")
    found = wanted.find(rows)
    if found is None:
        raise _no_header(grid, wanted)
    header, taken = found
    values = _Found(grid, wanted, header, taken).column(transactions.AMOUNT)
    decimal, remarks = _decimal(values, delimiter)
    headings = [_text(each) for each in rows[header]]
    return Sample(encoding, delimiter, lines[header], headings, taken, decimal, remarks)


def known_headings(headings: Sequence[str], wanted: Wanted, place: str) -> dict[Column, str]:
    """Return which of some headings is taken for which column.

    Raises:
        MissingError: none is known as a column that is needed; `place` is what has the headings.
    """
    found = wanted.find([headings])
    if found is None:
        raise _no_header(_Grid(Path(place), "", [list(headings)]), wanted, place)
    return {column: headings[at] for column, at in found[1].items()}


def _decoded(path: Path, data: bytes) -> tuple[str, str]:
    for mark, codec, name in (
        (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
        (b"\xff\xfe", "utf-16-le", "UTF-16"),
        (b"\xfe\xff", "utf-16-be", "UTF-16"),
    ):
        if data.startswith(mark):
            candidates = [(data[len(mark) :], codec, name)]
            break
    else:
        candidates = [(data, "utf-8", "UTF-8"), (data, "cp1252", "Windows-1252")]
    for raw, codec, name in candidates:
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text, name
        break
    raise BookError(f"{path} is no text that can be read. Export it as CSV in UTF-8, or as .xlsx.")


def _delimiter(text: str, path: Path, wanted: Wanted) -> str:
    """The delimiter that shows the headings looked for; among several, or none, the most even columns."""
    default = "\t" if path.suffix.lower() == ".tsv" else ","

    def score(delimiter: str) -> tuple[bool, bool, float, int, bool]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        sample = []
        try:
            for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False):
                sample.append(row)
        except csv.Error:
            pass  # the sample so far still tells
        widths = Counter(len(row) for row in sample if any(each.strip() for each in row))
        width, times = widths.most_common(1)[0] if widths else (0, 0)
        return (
            wanted.find(sample) is not None,
            width > 1,
            times / max(widths.total(), 1),
            width,
            delimiter == default,
        )

    return max(_DELIMITERS, key=score)


def _records(path: Path, text: str, delimiter: str) -> tuple[list[list[Value]], tuple[str, ...]]:
    """The rows of a text file, blank ones too, so that a row's number is what Excel would show."""
    try:
        return [list(map(_cell, row)) for row in _parsed(text, delimiter, strict=True)], ()
    except csv.Error as error:
        if "unexpected end" in str(error):
            line = _open_quote(text, delimiter)
            raise BookError(
                f'{path} has a quotation mark (") that is never closed{line}. Close or remove it, or export again.'
            ) from error
    try:
        rows = [list(map(_cell, row)) for row in _parsed(text, delimiter, strict=False)]
    except csv.Error as error:
        raise BookError(f"{path} is no CSV that can be read ({error}). Export it again, or as .xlsx.") from error
    return rows, ("Some quotation marks stand inside a text without being doubled: they were taken as they stand.",)


def _parsed(text: str, delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _open_quote(text: str, delimiter: str) -> str:
    """Where the last record begins, which swallowed the rest of the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    try:
        before = 0
        for _ in reader:
            begins, before = before + 1, reader.line_num
    except csv.Error:
        return ""
    return f", in the record that begins in line {begins}"


def _cell(text: str) -> Value:
    plain = text.strip()
    if plain.startswith('="') and (match := _AS_TEXT.fullmatch(plain)):
        plain = match[1].replace('""', '"')
    return plain or None


# from headings to columns


def _text(value: Value) -> str:
    return " ".join(shown(value).split())


@lru_cache(maxsize=4096)
def _fold(heading: str) -> str:
    """What a heading is compared by: case, accents, blanks and punctuation do not count."""
    plain = unicodedata.normalize("NFKD", heading.replace("#", " no ")).casefold()
    return "".join(each for each in plain if each.isalnum())


def _folds(heading: str) -> tuple[str, str]:
    """A heading's own fold, and the one without a unit such as `(EUR)`."""
    return _fold(heading), _fold(_CURRENCY_WORD.sub("", _IN_BRACKETS.sub("", heading)))


def _match(row: Sequence[Value], columns: Sequence[Column]) -> dict[Column, int]:
    """Which cell of a header row is taken for which column: its own heading first, then the others it goes by."""
    places: dict[str, int] = {}
    loose: dict[str, int] = {}
    for at, value in enumerate(row):
        if isinstance(value, str) and value.strip():
            own, without_unit = _folds(value)
            places.setdefault(own, at)
            loose.setdefault(without_unit, at)
    found: dict[Column, int] = {}
    for column, spellings in [(each, (each.header,)) for each in columns] + [(each, each.also) for each in columns]:
        if column not in found:
            place = _first([_fold(each) for each in spellings], places, loose, set(found.values()))
            if place is not None:
                found[column] = place
    return {each: found[each] for each in columns if each in found}


def _first(names: Sequence[str], places: dict[str, int], loose: dict[str, int], used: set[int]) -> int | None:
    for known in (places, loose):
        for name in names:
            at = known.get(name)
            if at is not None and at not in used:
                return at
    return None


# from cells to values


def _export(found: _Found, order: DateOrder | None) -> Export:
    """Return the table with true dates and amounts where a text leaves no doubt."""
    grid, table = found.grid, found.wanted.table
    remarks = [each for each in grid.remarks if each]
    taken = {each: found.taken[each] for each in table.columns if each in found.taken}
    body, more = _without_totals(found, taken)
    remarks += more
    wide = [at for at, row in enumerate(body) if any(not is_blank(each) for each in row[len(found.headings) :])]
    if wide:
        first = grid.top + found.header + 1
        remarks.append(
            f"Cells beyond the last heading were not taken, in {_numbered([first + at for at in wide])}: "
            "an amount with a decimal comma may stand there without quotation marks."
        )
    decimal = None
    columns: dict[Column, list[Value]] = {}
    for column, at in taken.items():
        values = [row[at] if at < len(row) else None for row in body]
        if column.format is Format.AMOUNT:
            decimal, said = _decimal(values, grid.delimiter)
            remarks += said
            values = _converted(values, lambda value, sign=decimal: read_amount(value, sign))  # type: ignore[misc]
        elif column.format is Format.DATE and column is not actions.RECORDED_ON:  # of which the time of day counts
            said = _doubtful(column, values, order)
            remarks += said
            values = _converted(values, lambda value: _day(value, order))
        else:
            values = [str(each) if isinstance(each, ErrorValue) else each for each in values]
        columns[column] = values
    headers, rows = _laid_out(columns, taken, found.headings, len(body))
    data = TableData(
        name=table.name,
        sheet=grid.path.name,
        header_row=grid.top + found.header,
        first_column=grid.left,
        headers=headers,
        rows=rows,
    )
    choices = Choices(
        file=grid.path.name,
        form=grid.form,
        rows=len(TableRows(table, data)),
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        decimal=decimal,
        columns={each.header: found.headings[at] for each, at in taken.items()},
        ignored=_ignored(found, set(taken.values()), body),
        remarks=remarks,
    )
    return Export(table, data, choices)


def _laid_out(
    columns: Mapping[Column, list[Value]], taken: Mapping[Column, int], headings: Sequence[str], height: int
) -> tuple[list[str], list[Sequence[Value]]]:
    """Our own headings and the values where the file has them, so that problems name the right cell.

    A column that is not taken is blank. One that is taken twice, as id and as name, stands at the end as well.
    """
    headers = [""] * len(headings)
    table: list[list[Value]] = [[None] * height] * len(headings)
    for column, at in taken.items():
        if headers[at]:
            headers.append(column.header)
            table.append(columns[column])
        else:
            headers[at], table[at] = column.header, columns[column]
    return headers, list(zip(*table, strict=True))


def _ignored(found: _Found, used: set[int], body: Sequence[Sequence[Value]]) -> list[str]:
    ignored = []
    for at, heading in enumerate(found.headings):
        if at in used:
            continue
        if heading:
            ignored.append(heading)
        elif any(at < len(row) and not is_blank(row[at]) for row in body):
            ignored.append(f"column {column_letters(found.grid.left + at)}, which has no heading")
    return ignored


def _without_totals(found: _Found, taken: Mapping[Column, int]) -> tuple[list[Sequence[Value]], list[str]]:
    """The rows below the header but for totals and closing remarks at their end."""
    body = list(found.grid.rows[found.header + 1 :])
    first = found.grid.top + found.header + 1
    left_out = []
    while body:
        row = body[-1]
        filled = [each for each in row if not is_blank(each)]
        if filled and not _is_closing(row, filled, taken):
            break
        if filled:
            left_out.append(first + len(body) - 1)
        body.pop()
    if not left_out:
        return body, []
    left_out.reverse()
    return body, [f"Left out at the end, as totals or remarks: {_numbered(left_out)}."]


def _is_closing(row: Sequence[Value], filled: Sequence[Value], taken: Mapping[Column, int]) -> bool:
    def value(column: Column) -> Value:
        at = taken.get(column)
        return row[at] if at is not None and at < len(row) else None

    dated = transactions.ISSUE_DATE in taken
    if dated:
        try:
            if read_date(value(transactions.ISSUE_DATE), DateOrder.DMY) is not None:
                return False
        except UnreadableError:
            pass
    if any(isinstance(each, str) and _TOTAL.match(each.strip()) for each in filled):
        return dated or len(filled) <= 2
    ids = [value(each) for each in (transactions.CLIENT_ID, clients.CLIENT_ID) if each in taken]
    return dated and len(filled) == 1 and all(is_blank(each) for each in ids)


def _numbered(rows: Sequence[int]) -> str:
    told = ", ".join(map(str, rows[:_SHOWN_ROWS]))
    more = len(rows) - _SHOWN_ROWS
    return f"row{'s' * (len(rows) > 1)} {told}" + (f" and {more} more" if more > 0 else "")


def _day(value: Value, order: DateOrder | None) -> date | None:
    day = read_date(value, order)
    if day is not None and isinstance(value, str) and day.year < 1900:
        raise UnreadableError("Excel knows no day before 1900.")
    return day


def _converted(values: Sequence[Value], read: Callable[[Value], Value]) -> list[Value]:
    """The values as `read` understands them; what it does not stays as it is, for a problem to name it later."""
    known: dict[str, Value] = {}
    result: list[Value] = []
    for value in values:
        if isinstance(value, str):
            if value not in known:
                try:
                    known[value] = read(value)
                except UnreadableError:
                    known[value] = value
            value = known[value]
        elif isinstance(value, datetime):
            value = value.date()
        result.append(str(value) if isinstance(value, ErrorValue) else value)
    return result


def _decimal(values: Sequence[Value], delimiter: str | None) -> tuple[str | None, list[str]]:
    """The decimal sign of a column of amounts: what its clear texts agree on, else what the delimiter suggests."""
    texts = {each for each in values if isinstance(each, str)}
    votes = {vote for each in texts if (vote := _vote(each))}
    if len(votes) == 1:
        return votes.pop(), []
    doubtful = sorted(each for each in texts if _is_doubtful(each))
    if not doubtful or delimiter is None:
        return None, []
    sign = "," if delimiter == ";" else "."
    why = "both a comma and a point are used as decimal sign" if votes else "no amount shows its decimal sign"
    read = read_amount(doubtful[0], sign)
    return sign, [
        f"Amounts: {why}; a decimal {_SIGNS[sign]} was assumed, so that {doubtful[0]} is {words.amount(read or 0.0)}."
    ]


def _vote(text: str) -> str | None:
    """The decimal sign a text shows beyond doubt."""
    readings = []
    for sign in _SIGNS:
        try:
            readings.append(read_amount(text, sign))
        except UnreadableError:
            return None
    digits = re.sub(r"[^\d.,]", "", text)
    signs = {sign for sign in _SIGNS if sign in digits}
    if not signs or readings[0] != readings[1]:
        return None
    if len(signs) == 2:
        return max(signs, key=digits.rfind)
    (sign,) = signs
    grouped = re.fullmatch(rf"\d{{1,3}}(?:\{sign}\d{{3}})+", digits) is not None and not digits.startswith("0")
    return ("." if sign == "," else ",") if grouped else sign


def _is_doubtful(text: str) -> bool:
    try:
        read_amount(text)
    except UnreadableError:
        try:
            return read_amount(text, ".") is not None
        except UnreadableError:
            return False
    return False


def _doubtful(column: Column, values: Sequence[Value], order: DateOrder | None) -> list[str]:
    """A remark about texts that could be two different days, with what the rest of the column suggests."""
    if order is not None:
        return []
    doubtful: Counter[str] = Counter()
    hints = set()
    for text, times in Counter(each for each in values if isinstance(each, str)).items():
        readings = []
        for each in (None, DateOrder.DMY, DateOrder.MDY):
            try:
                readings.append(read_date(text, each))
            except UnreadableError:
                readings.append(None)
        plain, day_first, _ = readings
        if plain is None and day_first is not None:
            doubtful[text] = times
        elif plain and (match := re.match(r"(\d{1,2})[-/. ](\d{1,2})[-/. ]\d{4}", text)) and match[1] != match[2]:
            hints.add(DateOrder.DMY if int(match[1]) == plain.day else DateOrder.MDY)
    if not doubtful:
        return []
    ways = [hints.pop()] if len(hints) == 1 else list(DateOrder)
    suggested = ", as the other rows suggest" if len(ways) == 1 else ""
    return [
        f"{column.header}: {words.count(doubtful.total(), 'text')} such as {next(iter(doubtful))} could be two "
        f"different days. Give --date-order {' or '.join(ways)}{suggested}."
    ]
