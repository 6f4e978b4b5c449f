"""One task on many workbooks, with its progress shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl import interrupts
from kopilot_xl.cli.stderr import print_message, screen_on

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.several import Batch
    from kopilot_xl.usecases.batch.tasks import Done, ProgressListener


def results(batch: Batch, what: str) -> Iterator[Done]:
    """Yield what became of each workbook; print on standard error why one failed, and at the end what was left alone.

    Args:
        batch: the workbooks.
        what: what is done to them, as the progress bar says.
    """
    foreign: list[Path] = []
    others = 0
    with _watching(what, batch.total) as (listener, aside), interrupts.stop_on_signals():
        for done in batch.results(listener):
            with aside():
                if done.why:
                    print_message(done.why)
                if done.why or done.report:
                    others += 1
                    yield done
                else:
                    foreign.append(done.path)
    if foreign:
        _print_left_alone(foreign)
    if foreign and not others:
        print_message("there is no Kopilot workbook among them: kopilot-xl new makes one.")


def _print_left_alone(foreign: Sequence[Path]) -> None:
    from kopilot_xl.domain import formatting

    named = ", ".join(map(str, foreign[:3])) + (f" and {len(foreign) - 3:,} more" if len(foreign) > 3 else "")
    print_message(f"left alone {formatting.count(len(foreign), 'other workbook')}, not of Kopilot: {named}.")


@contextmanager
def _watching(what: str, total: int) -> Iterator[tuple[ProgressListener, Callable[[], AbstractContextManager[None]]]]:
    """What shows how far the work is, where there are several workbooks and somebody looks on; and takes it aside."""
    if total < 2 or not (screen := screen_on(sys.stderr)).is_terminal:
        yield _Unwatched(), nullcontext
        return
    from kopilot_xl.cli.progress import Progress

    with Progress(screen, what, total, print_message) as progress:
        yield progress, progress.aside


class _Unwatched:
    """Nobody looks on; who has to wait is told all the same."""

    def on_begin(self, path: Path) -> None:
        pass

    def on_end(self, path: Path) -> None:
        pass

    def on_wait(self, line: str) -> None:
        print_message(line)
