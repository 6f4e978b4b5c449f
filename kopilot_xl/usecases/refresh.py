"""The use case the product is for: read a workbook, compute where each client stands, write it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from os import PathLike
from pathlib import Path

from kopilot_xl import interrupts
from kopilot_xl.texts.languages import spoken
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.deciding import judged, taken
from kopilot_xl.usecases.gc_pause import collector_at_rest
from kopilot_xl.usecases.inputs import read, read_baseline
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.opening import as_book
from kopilot_xl.workbook.sheets.registry import older_workbook, write
from kopilot_xl.workbook.sheets.settings import language


def refresh(
    book: Book | str | PathLike[str],
    as_of: date | None = None,
    *,
    output: str | PathLike[str] | None = None,
    force: bool = False,
    backup: bool = False,
    backfill: int = 0,
    now: datetime | None = None,
    waiting: Callable[[str], None] | None = None,
) -> RefreshResult:
    """Recompute the segments and the sheets refresh writes, and save the book.

    Decisions entered in "Do next" become rows of Actions where the book is saved in place and looked at today.
    Two refreshes of one file come one after the other: the second waits, and reads what the first wrote.

    Args:
        book: the workbook: its path, or what `open_book` returned.
        as_of: the day to look at it; by default its AsOf setting, or today.
        output: where to save it; by default where it came from. A Kopilot workbook there in which no action is
            recorded is replaced.
        force: replace whatever is at `output`; it is kept beside as a backup.
        backup: keep the version that is replaced beside it, as `Portfolio.xlsm.kopilot-backup`; the backup made
            before is replaced.
        backfill: fill History for so many month ends before the day, reconstructed from today's rows.
        now: the local time that counts as now.
        waiting: called with a line to show, if another refresh of the same file has to finish first.

    Returns:
        What was found and computed.

    Raises:
        BookError: the file cannot be read as a workbook, or changed meanwhile.
        MissingError: a sheet, table, column or named cell is not there.
        SettingError: a setting makes no sense.
        OutputError: `output` ends otherwise than the workbook, or is the workbook.
        SaveError: the workbook cannot be saved, or something is at `output` that may not be replaced. As with the
            others, nothing was changed; the text says what to do.
    """
    start, now, book = time.perf_counter(), now or datetime.now(), as_book(book)
    if output is not None and isinstance(book, FileBook):
        target = Path(output)
        outputs.check_no_input(target, [book.path])  # a name that Windows does not have comes first
        outputs.check_same_ending(target, book.path)
        backup = outputs.check_output(target, [book.path], outputs.is_free_workbook, force=force) or backup
    with collector_at_rest(), book.locked(output, backup=backup, waiting=waiting), spoken(language(book)):
        inputs = judged(read(book, as_of, now.date()), now)
        if output is None and inputs.as_of == now.date():
            inputs = taken(book, inputs, now)
        interrupts.checkpoint()
        result = calculate(inputs, read_baseline(book, inputs.as_of), backfill=backfill)
        interrupts.checkpoint()
        result = write(book, result, now)
        book.save(output, backup=backup)
    return RefreshResult.of(result, book.name, time.perf_counter() - start)


def check(book: Book | str | PathLike[str], as_of: date | None = None, *, now: datetime | None = None) -> RefreshResult:
    """Find the problems of a book as `refresh` would, and write nothing.

    Args:
        book: the workbook: its path, or what `open_book` returned.
        as_of: the day to look at it; by default its AsOf setting, or today.
        now: the local time that counts as now.

    Raises:
        BookError: the file cannot be read as a workbook.
        MissingError: a sheet, table, column or named cell is not there.
        SettingError: a setting makes no sense.
    """
    start, now, book = time.perf_counter(), now or datetime.now(), as_book(book)
    with collector_at_rest(), spoken(language(book)):
        result = calculate(judged(read(book, as_of, now.date()), now), ahead=False)
        result = replace(result, problems=[*result.problems, *older_workbook(book)])
    return RefreshResult.of(result, book.name, time.perf_counter() - start)
