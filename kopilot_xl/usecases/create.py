"""New workbooks: an empty one, one filled from exports, and the sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kopilot_xl.errors import BookError, SaveError, UsageError
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets import settings
from kopilot_xl.workbook.tables.parsing import DateOrder

if TYPE_CHECKING:
    from kopilot_xl.importing.export import Choices, Export
    from kopilot_xl.usecases.result import RefreshResult
    from kopilot_xl.workbook.file.book import FileBook

SUFFIX = ".xlsm"
SAMPLE = "kopilot-demo.xlsm"
"""Where the sample workbook is written, unless it is said."""
MOST_ROWS = 1_048_000
"""How many rows of data a sheet has room for, with something to spare."""


@dataclass(frozen=True)
class Created:
    """A new workbook: where it is, how much stands in it and how the exports were read."""

    path: Path
    clients: int = 0
    transactions: int = 0
    choices: Sequence[Choices] = ()


def new(
    path: str | PathLike[str],
    clients: str | PathLike[str] | None = None,
    transactions: str | PathLike[str] | None = None,
    *,
    date_order: DateOrder | str | None = None,
    force: bool = False,
) -> Created:
    """Make a new workbook, empty or filled from exports.

    Args:
        path: where to; it ends in .xlsm.
        clients: a list of clients: CSV, Parquet, .xlsx or .xlsm.
        transactions: their transactions, of the same kinds.
        date_order: how to read a text such as 03/04/2026, `DMY` or `MDY`; the workbook keeps it as its setting.
        force: replace an existing file.

    Raises:
        BookError: an export cannot be read, or has more rows than a sheet.
        MissingError: a column of an export is not known.
        SaveError: the workbook cannot be written, or is there already.
        UsageError: transactions come without clients.
        ValueError: there is no such date order.
    """
    order = DateOrder(date_order) if date_order else None
    target = checked_target(path, force)
    if transactions is not None and clients is None:
        raise UsageError("transactions need their clients: name the list of clients too.", "transactions")
    exports = _read(clients, transactions, order)
    with as_file(files("kopilot_xl.workbook.template") / "template.xlsm") as template, TemporaryDirectory() as folder:
        book = open_book(_with_room(template, exports, Path(folder, target.name)) if exports else template)
        counts = [_fill(book, export) for export in exports]
        if order:
            book.write_block(settings.DATE_ORDER.name, [[order.value]])
        book.save(target)
    people, rows = (*counts, 0, 0)[:2]
    return Created(target, people, rows, [each.choices for each in exports])


def demo(path: str | PathLike[str] = SAMPLE, *, force: bool = False) -> RefreshResult:
    """Write the sample workbook, refresh it as of the sample's date and return what was found.

    Args:
        path: where to; it ends in .xlsm.
        force: replace an existing file.

    Raises:
        SaveError: it cannot be written, or is there already and `force` is not given.
    """
    from kopilot_xl.usecases.refresh import refresh
    from kopilot_xl.usecases.sample import SAMPLE_DATE, SAMPLE_MOMENT, write_sample

    target = checked_target(path, force)
    with TemporaryDirectory() as folder:
        draft = Path(folder, target.name)
        write_sample(draft)
        return refresh(open_book(draft), SAMPLE_DATE, output=target, now=SAMPLE_MOMENT)


def checked_target(path: str | PathLike[str], force: bool) -> Path:
    """Return where a new workbook is to go, once it is known that it can.

    Raises:
        SaveError: it cannot be written there, or there is a file already and `force` is not given.
    """
    from kopilot_xl.workbook.file.saving import check_writable

    target = Path(path)
    if target.is_dir():
        raise SaveError(f"{target} is a folder: name a file in it, such as {target / 'portfolio.xlsm'}.")
    if target.suffix.lower() != SUFFIX:
        raise SaveError(f"{target} must end in {SUFFIX}, for the workbook carries macros: {target.stem}{SUFFIX}.")
    if target.exists() and not force:
        raise SaveError(f"{target} is there already: choose another name, or replace it with --force.")
    check_writable(target)
    return target


def _read(
    clients: str | PathLike[str] | None, transactions: str | PathLike[str] | None, order: DateOrder | None
) -> list[Export]:
    from kopilot_xl.importing.export import read_clients, read_pair

    if clients is None:
        return []
    exports = [read_clients(clients, order)] if transactions is None else [*read_pair(clients, transactions, order)]
    for each in exports:
        if each.choices.rows > MOST_ROWS:
            raise BookError(
                f"{each.choices.file} has {each.choices.rows:,} rows, and a sheet has room for {MOST_ROWS:,}: "
                "use kopilot-xl segment, which needs no workbook."
            )
    return exports


def _with_room(template: Path, exports: Sequence[Export], draft: Path) -> Path:
    """Write the template with room for the exports' texts; the log's ids are those of the clients."""
    from kopilot_xl.workbook.file.ooxml.package import Package
    from kopilot_xl.workbook.sheets import actions
    from kopilot_xl.workbook.template.row_heights import make_room, sheets_of

    package = Package(template)
    parts = dict(sheets_of(package))
    for export in exports:
        texts = {each: export.rows.values(each) for each in export.table.columns if not each.written}
        make_room(package, str(parts[export.table.name]), export.table, texts)
    ids = exports[0].rows.values(clients_sheet.CLIENT_ID)
    make_room(package, str(parts[actions.TABLE.name]), actions.TABLE, {actions.CLIENT_ID: ids})
    package.save(draft)
    return draft


def _fill(book: FileBook, export: Export) -> int:
    """Write the rows of an export into its table; return how many there are."""
    rows = export.rows
    own = [each for each in export.table.columns if not each.written]
    columns: dict[str, Sequence[Value]] = {each.header: rows.values(each) for each in own}
    book.write_table(export.table.name, columns)
    if export.table is clients_sheet.TABLE:
        blank: list[Value] = [None] * max(len(rows), 1)
        book.write_column(export.table.name, clients_sheet.SEGMENT.header, blank, formula=clients_sheet.SEGMENT.formula)
    return len(rows)
