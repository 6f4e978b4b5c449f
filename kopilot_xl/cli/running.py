"""One task on many workbooks, with its progress shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl import interrupts
from kopilot_xl.cli.stderr import _screen, _tell

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.discovery import Search
    from kopilot_xl.usecases.batch.tasks import Done, Task, Watch


# several books


def _each(search: Search, task: Task, jobs: int, what: str) -> Iterator[Done]:
    """Work on each workbook; one that fails is told on standard error and stops no other.

    What was only found in a folder and is no workbook of ours is left alone, and told at the end.
    """
    from kopilot_xl.usecases.batch.batch import work
    from kopilot_xl.usecases.batch.tasks import Done

    failures = [Done(path, why=why) for path, why in search.failures]
    foreign: list[Path] = []
    with _watching(what, len(search.books)) as (watch, aside), interrupts.on_signals():
        for done in chain(failures, work(task, search.books, jobs, watch)):
            with aside():
                if done.why:
                    _tell(done.why)
                if done.why or done.report:
                    yield done
                else:
                    foreign.append(done.path)
    if foreign:
        _tell_left_alone(foreign)
    if len(foreign) == len(search.books) and not failures:
        _tell("there is no Kopilot workbook among them: kopilot-xl new makes one.")


def _tell_left_alone(foreign: Sequence[Path]) -> None:
    from kopilot_xl.domain import formatting

    named = ", ".join(map(str, foreign[:3])) + (f" and {len(foreign) - 3:,} more" if len(foreign) > 3 else "")
    _tell(f"left alone {formatting.count(len(foreign), 'other workbook')}, not of Kopilot: {named}.")


@contextmanager
def _watching(what: str, total: int) -> Iterator[tuple[Watch, Callable[[], AbstractContextManager[None]]]]:
    """What shows how far the work is, where there are several workbooks and somebody looks on; and takes it aside."""
    if total < 2 or not (screen := _screen(sys.stderr)).is_terminal:
        yield _Unwatched(), nullcontext
        return
    from kopilot_xl.cli.progress import Progress

    with Progress(screen, what, total, _tell) as progress:
        yield progress, progress.aside


class _Unwatched:
    """Nobody looks on; who has to wait is told all the same."""

    def begun(self, path: Path) -> None:
        pass

    def ended(self, path: Path) -> None:
        pass

    def waits(self, line: str) -> None:
        _tell(line)
