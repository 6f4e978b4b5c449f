"""What is done to each of many workbooks, and how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Protocol

from kopilot_xl.errors import BookError, KopilotError, SaveError, reason
from kopilot_xl.texts import t
from kopilot_xl.usecases import refresh
from kopilot_xl.usecases.batch.discovery import Target
from kopilot_xl.usecases.news import News
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.saving import check_writable
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets.registry import is_kopilot_book


class ProgressListener(Protocol):
    """What is called while workbooks are worked on."""

    def on_begin(self, path: Path) -> None:
        """Work on a workbook begins."""

    def on_end(self, path: Path) -> None:
        """Work on a workbook has ended, well or not."""

    def on_wait(self, line: str) -> None:
        """Work has to wait; the line to show says what for."""


class Task(Protocol):
    """What is done to each workbook. It can be sent to another process."""

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        """Return what was found; None for a workbook in a folder that is not a Kopilot workbook.

        Args:
            book: the workbook.
            on_wait: called with a line to show, if the work has to wait.
        """
        ...


@dataclass(frozen=True)
class Refresh:
    """Refresh it, with the options of `refresh`."""

    as_of: date | None = None
    output: Path | None = None
    force: bool = False
    backup: bool = False
    backfill: int = 0
    update: bool = False

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        """Refresh a workbook; where it is to be updated first and that stops, refresh it all the same."""
        opened = _opened(book)
        if opened is None:
            return None
        news = None
        if self.update:
            news = self._updated(book, on_wait)
            opened = open_book(book.path)
        return replace(self._refreshed(opened, on_wait), news=news)

    def _updated(self, book: Target, on_wait: Callable[[str], None]) -> News | None:
        """Bring in what its sources have; None for a workbook without sources."""
        from kopilot_xl.usecases.update.update import knows_sources, update

        try:
            if not knows_sources(open_book(book.path)):
                return None
            return update(book.path, no_refresh=True, waiting=on_wait).news
        except SaveError:
            raise
        except KopilotError as error:
            return News(stopped=reason(error), code=code_of(error, book.path))

    def _refreshed(self, opened: FileBook, on_wait: Callable[[str], None]) -> RefreshResult:
        return refresh.refresh(
            opened,
            self.as_of,
            output=self.output,
            force=self.force,
            backup=self.backup,
            backfill=self.backfill,
            waiting=on_wait,
        )


@dataclass(frozen=True)
class Update:
    """Bring in what its own sources have, and refresh it."""

    as_of: date | None = None
    accept: bool = False
    remove_vanished: bool = False
    dry_run: bool = False
    no_refresh: bool = False

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        """Update a workbook.

        Raises:
            BookError: it does not know where its data come from.
        """
        from kopilot_xl.usecases.update.update import knows_sources, update

        opened = _opened(book)
        if opened is None:
            return None
        if is_kopilot_book(opened) and not knows_sources(opened):
            raise BookError(
                t(
                    "{path} does not know where its data come from. Name the files once: kopilot-xl update "
                    "{quoted} --clients FILE --transactions FILE",
                    path=book.path,
                    quoted=f'"{book.path}"' if " " in str(book.path) else book.path,
                )
            )
        made = update(
            book.path,
            as_of=self.as_of,
            accept=self.accept,
            remove_vanished=self.remove_vanished,
            dry_run=self.dry_run,
            no_refresh=self.no_refresh,
            waiting=on_wait,
        )
        result = made.result or refresh.check(book.path, self.as_of)
        return replace(result, news=made.news)


@dataclass(frozen=True)
class Report:
    """Write its report beside it."""

    as_of: date | None = None
    force: bool = False

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        """Write a workbook's report."""
        from kopilot_xl.usecases.report.page import report

        opened = _opened(book)
        return None if opened is None else report(opened, self.as_of, force=self.force).found


@dataclass(frozen=True)
class Check:
    """List its problems, and write nothing."""

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        """Check a workbook."""
        opened = _opened(book)
        if opened is None:
            return None
        return refresh.check(opened)


def _opened(target: Target) -> FileBook | None:
    """Open a workbook; None for one that was only found in a folder and is not a Kopilot workbook."""
    book = open_book(target.path)
    return book if target.named or is_kopilot_book(book) else None


@dataclass(frozen=True)
class Done:
    """What became of one workbook.

    Attributes:
        path: where it is.
        report: what was found; None if the work failed, or the workbook was left alone as not a Kopilot workbook.
        why: why the work failed, or only a part of it could be done; blank if all was.
        code: what kind of failure it was, in a word; `BUSY` where the workbook could not be written.
    """

    path: Path
    report: RefreshResult | None = None
    why: str = ""
    code: str = ""


def done_to(task: Task, book: Target, on_wait: Callable[[str], None]) -> Done:
    """Do a task for one workbook; whatever goes wrong is in the result, and stops no other."""
    try:
        report = task(book, on_wait)
        stopped = report.news.stopped if report is not None and report.news is not None else ""
        why = t("{path} was refreshed, but not updated: {reason}", path=book.path, reason=stopped) if stopped else ""
        return Done(book.path, report, why, report.news.code if report is not None and report.news is not None else "")
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        return Done(book.path, why=reason(error), code=code_of(error, book.path))


BUSY = "busy"
"""The code of a workbook that could not be written: it is open elsewhere, or read-only."""


def code_of(error: BaseException, path: Path) -> str:
    """Return what kind of failure an error about a workbook is, in a word that says nothing of what is in a file."""
    if isinstance(error, SaveError):
        try:
            check_writable(path)
        except SaveError:
            return BUSY
    return str(getattr(error, "code", "")) or type(error).__name__
