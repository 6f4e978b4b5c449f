"""One task on many workbooks, with its progress shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl import interrupts
from kopilot_xl.cli.stderr import print_message, screen_on
from kopilot_xl.texts import t, tn

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.several import Batch
    from kopilot_xl.usecases.batch.tasks import Done, ProgressListener

_NAMED = 3
"""How many of the workbooks that are left alone are named."""


def is_several(book: str) -> bool:
    """Tell whether an argument may mean several workbooks: a folder, or a pattern that no shell has resolved."""
    return os.path.isdir(book) or (not os.path.lexists(book) and any(sign in book for sign in "*?"))


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
        print_message(t("there is no Kopilot workbook among them: kopilot-xl new makes one."))


def _print_left_alone(foreign: Sequence[Path]) -> None:
    named = ", ".join(map(str, foreign[:_NAMED]))
    if len(foreign) > _NAMED:
        named = t("{names} and {count:,} more", names=named, count=len(foreign) - _NAMED)
    print_message(
        tn(
            "{count:,} other workbook, not of Kopilot, was left alone: {names}.",
            "{count:,} other workbooks, not of Kopilot, were left alone: {names}.",
            len(foreign),
            names=named,
        )
    )


@contextmanager
def _watching(what: str, total: int) -> Iterator[tuple[ProgressListener, Callable[[], AbstractContextManager[None]]]]:
    """Show the progress of several workbooks on a terminal; yield its listener, and what clears it for a message."""
    if total < 2 or not (screen := screen_on(sys.stderr)).is_terminal:
        yield _Unwatched(), nullcontext
        return
    from kopilot_xl.cli.progress import Progress

    with Progress(screen, what, total, print_message) as progress:
        yield progress, progress.aside


class _Unwatched:
    """No progress is shown; that the work has to wait is printed all the same."""

    def on_begin(self, path: Path) -> None:
        pass

    def on_end(self, path: Path) -> None:
        pass

    def on_wait(self, line: str) -> None:
        print_message(line)
