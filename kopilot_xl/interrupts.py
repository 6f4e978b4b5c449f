"""Stop when asked to (Ctrl-C, or a request to end), but only where nothing is half done."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""What asks a process to end."""

IMPATIENT = 1.0
"""After so many seconds a second signal ends the process at once; some programs send the first one twice."""

_asked: Callable[[], int | None] = lambda: None  # noqa: E731 - what stands here until somebody can ask


class Stopped(KeyboardInterrupt):
    """Somebody asked to stop; `number` is the signal by which they did."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by signal {number}")
        self.number = number


def point() -> None:
    """Let a stop happen here, where nothing is half done.

    Raises:
        Stopped: somebody asked to stop.
    """
    number = _asked()
    if number is not None:
        raise Stopped(number)


@contextmanager
def when(asked: Callable[[], int | None]) -> Iterator[None]:
    """Have `point` stop, within the block, once `asked` returns a signal's number."""
    global _asked
    before, _asked = _asked, asked
    try:
        yield
    finally:
        _asked = before


@contextmanager
def on_signals() -> Iterator[None]:
    """Have signals that ask to end stop the work at the next `point` of the block; an impatient second one ends it.

    A signal that is ignored (nohup) stays so. Only the main thread can have this; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    first: list[tuple[int, float]] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if not first:
            first.append((number, time.monotonic()))
        elif time.monotonic() - first[0][1] > IMPATIENT:
            for each, handler in before.items():
                signal.signal(each, handler)
            signal.raise_signal(number)

    before = {each: signal.getsignal(each) for each in SIGNALS}
    before = {each: handler for each, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for each in before:
        signal.signal(each, ask)
    try:
        with when(lambda: first[0][0] if first else None):
            yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def withheld() -> Iterator[None]:
    """Have processes started in the block never get these signals: a terminal sends them to all, not to one.

    The process itself gets them after the block, or at once in another of its threads.
    """
    if sys.platform == "win32":
        from ctypes import windll

        # Whether Ctrl-C is ignored is passed on to the processes one starts.
        windll.kernel32.SetConsoleCtrlHandler(None, True)
        try:
            yield
        finally:
            windll.kernel32.SetConsoleCtrlHandler(None, False)
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
