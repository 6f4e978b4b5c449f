"""Many workbooks, one after the other or in several processes; one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kopilot_xl import stopping
from kopilot_xl.book.finding import Meant
from kopilot_xl.errors import reason

if TYPE_CHECKING:
    from kopilot_xl.book.file import FileBook
    from kopilot_xl.refreshing import Report

MOST_JOBS = 60
"""How many processes there may be; Windows waits for 63 at once."""


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

    def __call__(self, book: Meant, waits: Callable[[str], None]) -> Report | None:
        """Return what was found, None for a workbook in a folder that is none of ours."""
        ...


@dataclass(frozen=True)
class Refresh:
    """Refresh it, with the options of `refreshing.refresh`.

    `meanwhile` is called once it is being read on another core, which leaves some time.
    """

    as_of: date | None = None
    output: Path | None = None
    backup: bool = False
    backfill: int = 0
    meanwhile: Callable[[], None] | None = None

    def __call__(self, book: Meant, waits: Callable[[str], None]) -> Report | None:
        """Refresh a workbook."""
        opened = _opened(book)
        if opened is None:
            return None
        if self.meanwhile is not None:
            self.meanwhile()
        from kopilot_xl import refreshing

        return refreshing.refresh(
            opened, self.as_of, output=self.output, backup=self.backup, backfill=self.backfill, waiting=waits
        )


@dataclass(frozen=True)
class Check:
    """List its problems, and write nothing."""

    def __call__(self, book: Meant, waits: Callable[[str], None]) -> Report | None:
        """Check a workbook."""
        opened = _opened(book)
        if opened is None:
            return None
        from kopilot_xl import refreshing

        return refreshing.check(opened)


def _opened(book: Meant) -> FileBook | None:
    """Open a workbook and begin to read it, before all that computes is imported; None for one that is none of ours."""
    from kopilot_xl.book import open_book

    opened = open_book(book.path)
    if not book.named:
        from kopilot_xl.reading import is_ours

        if not is_ours(opened):
            return None
    opened.read_ahead()
    return opened


@dataclass(frozen=True)
class Done:
    """What became of one workbook: a report, or why there is none; neither if it is none of ours."""

    path: Path
    report: Report | None = None
    why: str = ""


def work(task: Task, books: Sequence[Meant], jobs: int, watch: Watch) -> Iterator[Done]:
    """Do a task for each workbook, and tell what became of each, in the order given.

    Args:
        task: what to do.
        books: the workbooks.
        jobs: how many processes work at the same time. With one, or one workbook, it is this process that works; the
            reports of others come without their clients.
        watch: is told what is going on, at once, whatever the order.

    Raises:
        Stopped: somebody asked to stop. What was done until then has been told, and every file is old or new.
        KopilotError: no process can be started.
    """
    jobs = min(jobs, len(books), MOST_JOBS)
    if jobs > 1:
        from kopilot_xl.pool import Pool

        yield from Pool(task, books, jobs, watch).results()
        return
    for book in books:
        stopping.point()
        watch.begun(book.path)
        done = done_to(task, book, watch.waits)
        watch.ended(book.path)
        yield done


def done_to(task: Task, book: Meant, waits: Callable[[str], None]) -> Done:
    """Do a task for one workbook; whatever goes wrong is told, and stops no other."""
    try:
        return Done(book.path, task(book, waits))
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        return Done(book.path, why=reason(error))
