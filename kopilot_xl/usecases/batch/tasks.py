"""What is done to each of many workbooks, and how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from kopilot_xl.errors import reason
from kopilot_xl.usecases import refresh
from kopilot_xl.usecases.batch.discovery import Target
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.file.book import FileBook
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

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        """Refresh a workbook."""
        opened = _opened(book)
        if opened is None:
            return None
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
        why: why the work failed, blank if it did not.
    """

    path: Path
    report: RefreshResult | None = None
    why: str = ""


def done_to(task: Task, book: Target, on_wait: Callable[[str], None]) -> Done:
    """Do a task for one workbook; whatever goes wrong is in the result, and stops no other."""
    try:
        return Done(book.path, task(book, on_wait))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        return Done(book.path, why=reason(error))
