"""Many workbooks refreshed or checked in one call, each in its turn or in several processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.errors import UsageError
from kopilot_xl.texts import t
from kopilot_xl.usecases.batch.batch import work
from kopilot_xl.usecases.batch.discovery import Search, workbooks
from kopilot_xl.usecases.batch.tasks import Check, Done, ProgressListener, Refresh, Report, Task, Update

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.lines import Line
    from kopilot_xl.usecases.batch.summary_table import SummaryFile


class Batch:
    """Workbooks to be worked on; going through it does the work, and gives what became of each.

    Attributes:
        total: how many workbooks there are.
        lines: the portfolios of those worked on so far, where there are several workbooks or a summary is written.
    """

    def __init__(self, search: Search, task: Task, jobs: int, summary: SummaryFile | None = None) -> None:
        self.total = len(search.books)
        self.lines: list[Line] = []
        self._search, self._task, self._jobs, self._summary = search, task, jobs, summary

    def __iter__(self) -> Iterator[Done]:
        return self.results(_Unwatched())

    def results(self, listener: ProgressListener) -> Iterator[Done]:
        """Do the work; yield what became of each workbook, in the order given.

        What was only found in a folder and is not a Kopilot workbook is left alone: neither a report nor a reason.

        Args:
            listener: hears at once, whatever the order, which workbook is begun, ended or waited for.

        Raises:
            SaveError: the summary cannot be written.
            Stopped: a signal asked to stop. What was done until then has been yielded; every file is old or new.
        """
        for path, why in self._search.failures:
            yield self._noted(Done(path, why=why))
        for done in work(self._task, self._search.books, self._jobs, listener):
            yield self._noted(done)
        if self._summary is not None:
            self._summary.write(self.lines)

    def _noted(self, done: Done) -> Done:
        if (self.total > 1 or self._summary is not None) and (done.report or done.why):
            from kopilot_xl.usecases.batch.lines import Line

            self.lines.append(Line.of(done))
        return done


def refresh_all(
    books: Iterable[str | PathLike[str]],
    as_of: date | None = None,
    *,
    output: str | PathLike[str] | None = None,
    force: bool = False,
    backup: bool = False,
    backfill: int = 0,
    update: bool = False,
    jobs: int = 1,
    summary: str | PathLike[str] | None = None,
) -> Batch:
    """Refresh many workbooks; a failure does not stop the rest. The work is done while the result is gone through.

    Args:
        books: workbooks, patterns, and folders, of which it is the workbooks in them and in all folders in them.
        as_of: the day to look at them; by default each one's AsOf setting, or today.
        output: where to save it, of one workbook only; by default each where it came from.
        force: replace whatever is at `output` and `summary`; it is kept beside as a backup.
        backup: keep the version that is replaced beside it, as `Portfolio.xlsm.kopilot-backup`.
        backfill: fill History for so many month ends before the day, reconstructed from today's rows.
        update: first bring in what the workbooks' own sources have; one whose sources stop is refreshed all the same.
        jobs: how many processes share the work.
        summary: a file that ends in .xlsx, .html, .csv or .parquet and gets a row for each workbook, at the end.

    Returns:
        What became of each workbook, one by one: `path`, and `report` or, where there is none, `why`.

    Raises:
        UsageError: `output` names one file, but there are several workbooks, or they are to be updated.
        SaveError: the summary cannot be written.
    """
    target = None if summary is None else Path(summary)
    search = workbooks([fspath(book) for book in books], exclude=target)
    if output is not None and len(search.books) > 1:
        raise UsageError(t("it names one file, but there are several workbooks."), "output")
    if output is not None and update:
        raise UsageError(t("an update writes the workbook itself: leave one of the two out."), "output")
    task = Refresh(as_of, None if output is None else Path(output), force, backup, backfill, update)
    return Batch(search, task, jobs, _summary_file(search, target, force=force))


def update_all(
    books: Iterable[str | PathLike[str]],
    as_of: date | None = None,
    *,
    accept: bool = False,
    remove_vanished: bool = False,
    dry_run: bool = False,
    no_refresh: bool = False,
    jobs: int = 1,
    summary: str | PathLike[str] | None = None,
    force: bool = False,
) -> Batch:
    """Bring into many workbooks what their own sources have, and refresh them; one that stops does not stop the rest.

    The work is done while the result is gone through.

    Args:
        books: workbooks, patterns, and folders, of which it is the workbooks in them and in all folders in them.
        as_of: the day to look at them; by default each one's AsOf setting, or today.
        accept: go on where a figure says that something may be wrong.
        remove_vanished: clear the rows of transactions that earlier imports brought and the export no longer has.
        dry_run: say what would come, and write nothing.
        no_refresh: leave the refresh for later.
        jobs: how many processes share the work.
        summary: a file that ends in .xlsx, .html, .csv or .parquet and gets a row for each workbook, at the end.
        force: replace whatever is at `summary`; it is kept beside as a backup.

    Returns:
        What became of each workbook, one by one: `path`, and `report` or, where there is none, `why`.

    Raises:
        SaveError: the summary cannot be written.
    """
    target = None if summary is None else Path(summary)
    search = workbooks([fspath(book) for book in books], exclude=target)
    task = Update(as_of, accept, remove_vanished, dry_run, no_refresh)
    return Batch(search, task, jobs, _summary_file(search, target, force=force))


def report_all(
    books: Iterable[str | PathLike[str]],
    as_of: date | None = None,
    *,
    index: str | PathLike[str] | None = None,
    jobs: int = 1,
    force: bool = False,
) -> Batch:
    """Write the report of many workbooks beside each, and a page that leads to all of them.

    The work is done while the result is gone through.

    Args:
        books: workbooks, patterns, and folders, of which it is the workbooks in them and in all folders in them.
        as_of: the day to look at them; by default each one's AsOf setting, or today.
        index: the page that leads to the reports, ending in .html; by default `Portfolios.html` in the folder, or
            here.
        jobs: how many processes share the work.
        force: replace whatever is at `index` and where reports go; it is kept beside as a backup.

    Returns:
        What became of each workbook, one by one: `path`, and `report` or, where there is none, `why`.

    Raises:
        UsageError: the index does not end in .html.
        SaveError: the index cannot be written.
    """
    named = [fspath(book) for book in books]
    target = index_of(named) if index is None else Path(index)
    if target.suffix.lower() not in _PAGES:
        raise UsageError(t("the page that leads to the reports must end in .html."), "output")
    search = workbooks(named)
    return Batch(search, Report(as_of, force), jobs, _summary_file(search, target, force=force))


_PAGES = (".html", ".htm")


def index_of(books: Sequence[str]) -> Path:
    """Return where the page goes that leads to the reports of some workbooks, where nobody says."""
    folder = Path(books[0]) if len(books) == 1 and Path(books[0]).is_dir() else Path()
    return folder / "Portfolios.html"


def _summary_file(search: Search, target: Path | None, *, force: bool) -> SummaryFile | None:
    if target is None:
        return None
    from kopilot_xl.usecases.batch.summary_table import SummaryFile

    return SummaryFile.of(target, [book.path for book in search.books], force=force)


def check_all(books: Iterable[str | PathLike[str]], *, jobs: int = 1) -> Batch:
    """Find the problems of many workbooks, and write nothing. The work is done while the result is gone through.

    Args:
        books: workbooks, patterns, and folders, of which it is the workbooks in them and in all folders in them.
        jobs: how many processes share the work.

    Returns:
        What became of each workbook, one by one: `path`, and `report` or, where there is none, `why`.
    """
    return Batch(workbooks([fspath(book) for book in books]), Check(), jobs)


class _Unwatched:
    """Nobody looks on."""

    def on_begin(self, path: Path) -> None:
        pass

    def on_end(self, path: Path) -> None:
        pass

    def on_wait(self, line: str) -> None:
        pass
