"""What is done to each of many workbooks, and how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kopilot_xl.errors import reason
from kopilot_xl.usecases.batch.discovery import Meant

if TYPE_CHECKING:
    from kopilot_xl.usecases.result import RefreshResult
    from kopilot_xl.workbook.file.book import FileBook


class Watch(Protocol):
    """Who looks on while workbooks are worked on."""

    def begun(self, path: Path) -> None:
        """Hear that a workbook is being worked on."""

    def ended(self, path: Path) -> None:
        """Hear that work on it has ended, well or not."""

    def waits(self, line: str) -> None:
        """Hear that work has to wait, as a line to show says."""


class Task(Protocol):
    """What is done to each workbook. It can be sent to another process."""

    def __call__(self, book: Meant, waits: Callable[[str], None]) -> RefreshResult | None:
        """Return what was found, None for a workbook in a folder that is none of ours."""
        ...


@dataclass(frozen=True)
class Refresh:
    """Refresh it, with the options of `refresh`."""

    as_of: date | None = None
    output: Path | None = None
    backup: bool = False
    backfill: int = 0

    def __call__(self, book: Meant, waits: Callable[[str], None]) -> RefreshResult | None:
        """Refresh a workbook."""
        opened = _opened(book)
        if opened is None:
            return None
        from kopilot_xl.usecases import refresh

        return refresh.refresh(
            opened, self.as_of, output=self.output, backup=self.backup, backfill=self.backfill, waiting=waits
        )


@dataclass(frozen=True)
class Check:
    """List its problems, and write nothing."""

    def __call__(self, book: Meant, waits: Callable[[str], None]) -> RefreshResult | None:
        """Check a workbook."""
        opened = _opened(book)
        if opened is None:
            return None
        from kopilot_xl.usecases import refresh

        return refresh.check(opened)


def _opened(book: Meant) -> FileBook | None:
    """Open a workbook and begin to read it, before all that computes is imported; None for one that is none of ours."""
    from kopilot_xl.workbook.opening import open_book

    opened = open_book(book.path)
    if not book.named:
        from kopilot_xl.usecases.inputs import is_ours

        if not is_ours(opened):
            return None
    return opened


@dataclass(frozen=True)
class Done:
    """What became of one workbook: a report, or why there is none; neither if it is none of ours."""

    path: Path
    report: RefreshResult | None = None
    why: str = ""


def done_to(task: Task, book: Meant, waits: Callable[[str], None]) -> Done:
    """Do a task for one workbook; whatever goes wrong is told, and stops no other."""
    try:
        return Done(book.path, task(book, waits))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        return Done(book.path, why=reason(error))
