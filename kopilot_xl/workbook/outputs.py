"""The one rule about what an output may replace, for every command.

An output is never an input. What is ours is replaced without a question: a workbook of ours with no recorded action, a
CSV or Parquet file with exactly the columns of the result, a report of ours, a folder in which every file has our mark,
and what is empty. Anything else is replaced only where that is asked for, and is kept beside as a backup. An output is
readable by nobody who may not read all of its inputs.
"""

from __future__ import annotations

import csv
import glob
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from kopilot_xl.errors import KopilotError, OutputError, SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.file.saving import BACKUP
from kopilot_xl.workbook.file.windows import check_name, real_path
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import actions, settings, snapshot
from kopilot_xl.workbook.tables.parsing import is_blank
from kopilot_xl.workbook.tables.table import TableRows

EVERYBODY = 0o777
"""The permission bits of a file that everybody may read, change and run."""
MARK = b"kopilot-xl"
"""The key in the metadata of a Parquet file that marks it as a result of ours."""
_REPORT = b'<meta name="generator" content="Kopilot XL'
_BEGINNING = 1 << 16

IsOurs = Callable[[Path], bool]
"""Whether an existing file or folder is a result that may be replaced."""


def check_output(
    target: Path, inputs: Iterable[str | os.PathLike[str]], is_ours: IsOurs, *, force: bool = False
) -> bool:
    """Make sure that an output may be written, before work is spent on it.

    Args:
        target: the file or folder to write.
        inputs: the files and folders that are read for it.
        is_ours: tells of an existing one whether it is a result that may be replaced.
        force: replace whatever is there.

    Returns:
        Whether what is there is to be kept as a backup.

    Raises:
        OutputError: it is one of the inputs or among them.
        SaveError: something is there that is not ours, and no `force`.
    """
    check_no_input(target, inputs)
    if not _holds_something(target) or is_ours(target):
        return False
    if not force:
        raise SaveError(
            t(
                "{target} is there already, and is not a result that may be replaced: name another "
                "output, or use --force, which keeps what is there as {example}{backup}.",
                target=target,
                example=target.name,
                backup=BACKUP,
            )
        )
    return True


def expanded(given: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the files that are given: those of a pattern, a folder and those in it, a workbook without its #sheet."""
    found: list[Path] = []
    for place in given:
        text = str(place)
        path = Path(text)
        if path.is_dir():
            found += [path, *(file for file in path.rglob("*") if file.is_file())]
        elif not path.exists() and glob.has_magic(text):
            found += map(Path, glob.iglob(text, recursive=True))
        else:
            found.append(path if path.exists() else Path(text.rpartition("#")[0] or text))
    return found


def check_no_input(target: Path, inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Make sure that an output is none of the inputs, does not hold one, and is in no folder that is read.

    Raises:
        OutputError: it is.
        SaveError: Windows takes its name for something else.
    """
    check_name(target)
    real = real_path(target)
    for given in inputs:
        source = real_path(given)
        if real == source or _same_file(real, source):
            raise OutputError(
                t("{target} is one of the files to read: name another file for the output.", target=target)
            )
        if real in source.parents:
            raise OutputError(
                t(
                    "{target} holds files to read, such as {given}: name another folder for the output.",
                    target=target,
                    given=given,
                )
            )
        if source in real.parents and source.is_dir():
            raise OutputError(
                t(
                    "{target} is in the folder {given}, which is read: name an output elsewhere.",
                    target=target,
                    given=given,
                )
            )


def check_same_ending(target: Path, source: Path) -> None:
    """Make sure that Excel opens what is saved at a target: by the ending it expects macros, or none.

    Raises:
        OutputError: the ending is another one than that of the workbook it comes from.
    """
    if target.suffix.lower() != source.suffix.lower() and not target.is_dir():
        raise OutputError(
            t("{target} must end in {suffix}, as {path} does.", target=target, suffix=source.suffix, path=source.name)
        )


def _same_file(one: Path, other: Path) -> bool:
    """Whether two names are those of one file: a hard link, or another spelling where capitals do not count."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _holds_something(path: Path) -> bool:
    try:
        if path.is_dir():
            return any(path.iterdir())
        return os.path.lexists(path) and (not path.exists() or path.stat().st_size > 0)
    except OSError as error:
        raise SaveError(
            t("{path} cannot be replaced: {reason}. Name another output.", path=path, reason=error.strerror or error)
        ) from error


def permissions(inputs: Iterable[str | os.PathLike[str]]) -> int:
    """Return the permission bits that an output may have at most: what nobody may do with an input stays forbidden."""
    most = EVERYBODY
    if os.name == "nt":  # its permissions are not in these bits
        return most
    for path in inputs:
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
        except OSError:
            continue
        most &= mode | (0o111 if os.path.isdir(path) else 0)
    return most | 0o600


# what is ours


def is_free_workbook(path: Path) -> bool:
    """Return whether a file is a Kopilot workbook in which no action is recorded."""
    try:
        book = open_book(path)
        ours = book.has_sheet(snapshot.SHEET) or any(_has_cell(book, setting.name) for setting in settings.NUMBERS)
        if not ours:
            return False
        if not book.has_table(actions.TABLE.name):
            return True
        log = book.table(actions.TABLE.name)
        own = [column for column in actions.TABLE.columns if not column.written]
        found = [TableRows(actions.TABLE, log).position(column) for column in own]
        places = [log.first_column - 1 + index for index in found if index is not None]
        below = book.sheet_values(log.sheet)[log.header_row :]  # what was typed below the table was recorded too
        return all(place >= len(row) or is_blank(row[place]) for row in below for place in places)
    except (KopilotError, OSError):
        return False


def _has_cell(book: Book, name: str) -> bool:
    try:
        book.cell(name)
    except KopilotError:
        return False
    return True


def is_report(path: Path) -> bool:
    """Return whether a file is a report of ours."""
    return _REPORT in _beginning(path)


def is_csv_of(columns: Sequence[str]) -> IsOurs:
    """Return what tells whether a CSV file has exactly these columns."""

    def is_ours(path: Path) -> bool:
        lines = _beginning(path).decode("utf-8-sig", errors="replace").splitlines()
        return bool(lines) and next(csv.reader(lines[:1]), []) == list(columns)

    return is_ours


def is_parquet_of(columns: Sequence[str]) -> IsOurs:
    """Return what tells whether a Parquet file has exactly these columns."""

    def is_ours(path: Path) -> bool:
        return path.is_file() and parquet_columns(path) == list(columns)

    return is_ours


def is_sheet_of(columns: Sequence[str], name: str) -> IsOurs:
    """Return what tells whether a workbook has a sheet of that name, or only one sheet, headed by these columns."""

    def is_ours(path: Path) -> bool:
        try:
            book = open_book(path)
            names = book.sheet_names
            sheet = name if name in names else names[0] if len(names) == 1 else None
            rows = book.sheet_values(sheet) if sheet is not None else []
        except (KopilotError, OSError, ValueError):
            return False
        return bool(rows) and any(list(rows[0]) == list(columns[:many]) for many in (len(columns), _EARLIER))

    return is_ours


_EARLIER = 22
"""How many columns such a table had in version 0.1."""


def is_marked_folder(path: Path) -> bool:
    """Return whether every file in a folder is a Parquet file with our mark."""
    if not path.is_dir() or (path.is_symlink() and not path.resolve().is_dir()):
        return False
    for file in path.rglob("*"):
        if file.is_symlink() or not (file.is_dir() or (file.suffix == ".parquet" and _is_marked(file))):
            return False
    return True


def parquet_columns(path: Path) -> list[str] | None:
    """Return the names of a Parquet file's columns, None where it is none or nothing that reads it is installed."""
    try:
        import polars
    except ImportError:
        found = _arrow_schema(path)
        return None if found is None else list(found.names)
    try:
        return list(polars.read_parquet_schema(path))
    except (polars.exceptions.PolarsError, OSError):
        return None


def _is_marked(path: Path) -> bool:
    try:
        import polars
    except ImportError:
        found = _arrow_schema(path)
        return found is not None and MARK in (found.metadata or {})
    try:
        return MARK.decode() in polars.read_parquet_metadata(path)
    except (polars.exceptions.PolarsError, OSError):
        return False


def _arrow_schema(path: Path) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return None
    try:
        return parquet.read_schema(path)
    except (pyarrow.ArrowException, OSError):
        return None


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BEGINNING)
    except OSError:
        return b""
