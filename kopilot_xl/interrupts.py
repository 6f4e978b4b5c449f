"""Stop on Ctrl-C or a request to terminate, but only at cancellation points, where nothing is half done."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""The signals that ask a process to end."""

SECOND_SIGNAL_AFTER = 1.0
"""From how many seconds after the first signal a second one ends the process at once; some programs send the first
one twice."""

_signal_received: Callable[[], int | None] = lambda: None  # noqa: E731 - until `stop_when` sets another


class Stopped(KeyboardInterrupt):
    """The work was stopped by a signal; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by signal {number}")
        self.number = number


def checkpoint() -> None:
    """Cancellation point: raise `Stopped` if a signal has arrived. Nothing may be half done here.

    Raises:
        Stopped: a signal has arrived.
    """
    number = _signal_received()
    if number is not None:
        raise Stopped(number)


@contextmanager
def stop_when(signal_received: Callable[[], int | None]) -> Iterator[None]:
    """Within the block, have `checkpoint` raise once `signal_received` returns a signal's number."""
    global _signal_received
    before, _signal_received = _signal_received, signal_received
    try:
        yield
    finally:
        _signal_received = before


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Within the block, have signals that ask to end take effect at the next `checkpoint`; a late second one at once.

    A signal that is ignored (nohup) stays ignored. This works in the main thread only; in others nothing changes.
    """
    first: list[tuple[int, float]] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def receive(number: int, frame: FrameType | None) -> None:
        if not first:
            first.append((number, time.monotonic()))
        elif time.monotonic() - first[0][1] > SECOND_SIGNAL_AFTER:
            signal.signal(number, before[number])
            signal.raise_signal(number)

    with _handled_by(receive), stop_when(lambda: first[0][0] if first else None):
        yield


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Within the block, have signals that would end the process at once raise `Stopped`, as Ctrl-C raises its own.

    For work that has something to clear away. What is ignored, or heeded in another way, stays so.
    """

    def receive(number: int, frame: FrameType | None) -> None:
        raise Stopped(number)

    with _handled_by(receive, lambda handler: handler is signal.SIG_DFL):
        yield


@contextmanager
def signals_held() -> Iterator[None]:
    """Keep signals that ask to end until the block has ended: nothing in it is left half done.

    The block must be short: nothing stops it, not even a second signal. What would end the process at once raises
    `Stopped` then.
    """
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        received.append(number)

    try:
        with _handled_by(receive):
            yield
    finally:
        if received and signal.getsignal(received[0]) is signal.SIG_DFL:
            raise Stopped(received[0])
        if received:
            signal.raise_signal(received[0])


@contextmanager
def _handled_by(
    receive: Callable[[int, FrameType | None], None], which: Callable[[object], bool] = lambda handler: True
) -> Iterator[None]:
    """Within the block, hand over the signals whose handler up to now is one of those meant, and is not to ignore them.

    This works in the main thread only; in others nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    before = {
        each: handler for each, handler in before.items() if handler not in (signal.SIG_IGN, None) and which(handler)
    }
    for number in before:
        signal.signal(number, receive)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def signals_blocked() -> Iterator[None]:
    """Keep these signals from the processes started in the block: a terminal sends them to all its processes.

    This process receives them after the block, or at once in another of its threads.
    """
    if sys.platform == "win32":
        from ctypes import windll

        # Child processes inherit whether Ctrl-C is ignored.
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
