"""The block Sources on Settings: where the rows of a workbook come from, for its owner to see and to change.

One row a source. Whoever fills the block (`new`, `update`, or another command that knows where rows come from) writes
it with `write`; whoever needs the sources reads them with `read`. The columns, from left to right:

- For: the table that the source fills: Clients, Transactions, or E-invoices, which fill both
- File, pattern, folder or database: `this workbook` where the rows are in a table of its owner's (`adopt` writes that),
  else paths relative to the workbook, one a line, such as `exports/invoices-*.csv`; the
  address of a table or query of a database, without its password
- Sheet or table: of a workbook, the name of the sheet or table that is read
- Columns: which heading is which column, one a line: `Client = Kunde`
- Status words: what a word of the source means, one a line: `Te laat = Overdue`
- Date order: DMY or MDY
- Options: encoding, currency, year, company, one a line: `encoding = cp1250`
- Last file: the name of the file that was read last
- Its date: when that file was changed; of a pattern or folder, files are read that changed later
- Rows: how many rows the last reading found

What the owner writes there counts. The block is a named range, found wherever it is; without it a workbook goes on with
what its hidden sheet `_Sources` remembers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from kopilot_xl.errors import MissingError, SettingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import Area, cell_address, split_reference
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.tables.parsing import DateOrder, is_blank, shown
from kopilot_xl.workbook.tables.table import Format

HERE = "this workbook"
"""What the column File says of rows that are in a table of the owner's, which is Clients or Transactions itself."""
NAME = "DataSources"
"""The name of the block's cells, headings left out."""
TITLE = "Sources"
ROWS = 6
"""How many sources the block has room for."""

CLIENTS, TRANSACTIONS, INVOICES = "clients", "transactions", "invoices"
LABELS = {CLIENTS: "Clients", TRANSACTIONS: "Transactions", INVOICES: "E-invoices"}
"""What the block calls each kind of source."""
OPTIONS = ("encoding", "currency", "year", "company")
"""What the column Options may name."""


@dataclass(frozen=True)
class Heading:
    """A column of the block: its heading, how its cells are shown, whether a source's owner is to write there."""

    text: str
    format: Format = Format.TEXT
    input: bool = True


HEADINGS = (
    Heading("For"),
    Heading("File, pattern, folder or database"),
    Heading("Sheet or table"),
    Heading("Columns"),
    Heading("Status words"),
    Heading("Date order"),
    Heading("Options"),
    Heading("Last file", input=False),
    Heading("Its date", Format.MOMENT, input=False),
    Heading("Rows", Format.COUNT, input=False),
)
_DATE = next(index for index, heading in enumerate(HEADINGS) if heading.text == "Its date")


@dataclass(frozen=True)
class Source:
    """Where rows of a workbook come from.

    Attributes:
        table: which table it fills: `CLIENTS`, `TRANSACTIONS`, or `INVOICES` for e-invoices, which fill both.
        files: paths, patterns and folders relative to the workbook's folder, and addresses of databases.
        choices: what the owner settled about it, in values JSON knows: `sheet`, `columns` and `statuses` (mappings),
            `date_order`, and those of `OPTIONS`.
        last_file: the name of the file that was read last.
        last_changed: when that file was changed, in local time; None where nothing was read.
        rows: how many rows the last reading found.
        read_on: the day it was read last; the block does not show it.
    """

    table: str
    files: Sequence[str]
    choices: Mapping[str, object] = field(default_factory=dict)
    last_file: str = ""
    last_changed: datetime | None = None
    rows: int | None = None
    read_on: date | None = None

    @property
    def is_here(self) -> bool:
        """Whether the rows are in a table of the workbook itself."""
        return [name.casefold() for name in self.files] == [HERE]


def read(book: Book) -> list[Source] | None:
    """Return the sources of the block, from top to bottom; None where a workbook has no such block.

    Raises:
        SettingError: a cell makes no sense; the text names it and the way out.
    """
    try:
        address = book.cell_address(NAME)
    except MissingError:
        return None
    sheet, cell = split_reference(address)
    corner = Area.parse(cell)
    values = book.sheet_values(sheet)
    found = []
    for number in range(corner.top, corner.top + ROWS):
        row = values[number - 1] if number <= len(values) else ()
        cells = [row[at - 1] if at <= len(row) else None for at in range(corner.left, corner.left + len(HEADINGS))]
        places = [f"{sheet}!{cell_address(number, corner.left + index)}" for index in range(len(HEADINGS))]
        if not all(map(is_blank, cells[:2])):
            found.append(_source(cells, places, book.name))
    return found


def write(book: Book, sources: Iterable[Source]) -> bool:
    """Write sources into the block, in the place of those there; False where a workbook has no such block.

    Raises:
        SaveError: there are more of them than the block has rows.
    """
    return book.write_block(NAME, [cells_of(source) for source in sources])


def cells_of(source: Source) -> list[Value]:
    """Return what the block shows of a source, from left to right."""
    choices = source.choices
    files, sheet = list(source.files), choices.get("sheet")
    sheets = {name.rpartition("#")[2] if _has_sheet(name) else None for name in files}
    if sheet is None and len(sheets) == 1 and None not in sheets:
        sheet, files = sheets.pop(), [name.rpartition("#")[0] for name in files]
    options = {name: choices[name] for name in OPTIONS if choices.get(name) is not None}
    return [
        LABELS[source.table],
        "\n".join(files),
        _text(sheet),
        _pairs(choices.get("columns")),
        _pairs(choices.get("statuses")),
        _text(choices.get("date_order")),
        _pairs(options),
        source.last_file or None,
        source.last_changed.replace(microsecond=0) if source.last_changed else None,
        source.rows,
    ]


def _has_sheet(name: str) -> bool:
    """Tell whether a path names a sheet behind it; in an address that is part of the address."""
    return "#" in name and "://" not in name


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _pairs(pairs: object) -> str | None:
    if not isinstance(pairs, Mapping):
        return None
    return "\n".join(f"{name} = {value}" for name, value in pairs.items()) or None


def _source(cells: Sequence[Value], places: Sequence[str], name: str) -> Source:
    label, files, sheet, columns, statuses, order, options, last_file, changed, rows = cells
    label_text = shown(label).strip()
    table = next((table for table, text in LABELS.items() if text.casefold() == label_text.casefold()), None)
    if table is None:
        raise _error(
            name,
            places[0],
            t(
                '"{value}" is not one of {names}. Choose what the source fills.',
                value=label_text,
                names=_or(LABELS.values()),
            ),
        )
    choices: dict[str, object] = {}
    paths = [line.strip() for line in shown(files).splitlines() if line.strip()]
    if not is_blank(sheet):
        choices["sheet"] = shown(sheet).strip()
    for at, key, value in ((3, "columns", columns), (4, "statuses", statuses)):
        if pairs := _read_pairs(value, name, places[at]):
            choices[key] = pairs
    if not is_blank(order):
        text = shown(order).strip().upper()
        if text not in list(DateOrder):
            raise _error(
                name,
                places[5],
                t('"{value}" is not an order of day and month. Write {names}.', value=text, names=_or(DateOrder)),
            )
        choices["date_order"] = text
    for key, text in _read_pairs(options, name, places[6]).items():
        option = key.casefold()
        if option not in OPTIONS or (option == "year" and not text.isdecimal()):
            raise _error(
                name,
                places[6],
                t(
                    '"{value}" is not an option. Write {names}, as in: encoding = cp1250.',
                    value=f"{key} = {text}",
                    names=_or(OPTIONS),
                ),
            )
        choices[option] = int(text) if option == "year" else text
    return Source(
        table,
        paths,
        choices,
        shown(last_file).strip(),
        _moment(changed, name, places[_DATE]),
        int(rows) if isinstance(rows, (int, float)) else None,
    )


def _moment(value: Value, name: str, place: str) -> datetime | None:
    if is_blank(value):
        return None
    if isinstance(value, datetime):
        return (value + timedelta(milliseconds=500)).replace(microsecond=0, tzinfo=None)  # a cell is not that exact
    if isinstance(value, date):
        return datetime.combine(value, time())
    with suppress(ValueError):
        return datetime.fromisoformat(shown(value).strip()).replace(tzinfo=None)
    raise _error(
        name,
        place,
        t(
            '"{value}" is not a date. Write one, or clear the cell: then all files are read again.',
            value=shown(value).strip(),
        ),
    )


def _read_pairs(value: Value, name: str, place: str) -> dict[str, str]:
    """Read `Client = Kunde`, one a line; in one line, semicolons may part them.

    Raises:
        SettingError: a line has no equals sign.
    """
    text = "" if value is None else shown(value)
    lines = text.splitlines() if "\n" in text else re.split(r";\s*+(?=[^;=]++=)", text)
    found = {}
    for line in filter(None, map(str.strip, lines)):
        key, equals, meaning = (part.strip() for part in line.partition("="))
        if not (key and equals and meaning):
            raise _error(name, place, t('"{value}" has no equals sign. Write it as in: Client = Kunde.', value=line))
        found[key] = meaning.removesuffix(";").strip()
    return found


def _or(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} {t('or')} {last}"


def _error(name: str, place: str, what: str) -> SettingError:
    return SettingError(t("{book}: {cell}, in the block Sources: {what}", book=name, cell=place, what=what))
