"""A stop that waits until nothing is half done."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from kopilot_xl import interrupts
from kopilot_xl.interrupts import Stopped

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no process can be sent these signals there")


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Every signal as a program finds it in a terminal: a job of a script ignores SIGINT, and hands that on."""
    usual = {
        each: signal.default_int_handler if each is signal.SIGINT else signal.SIG_DFL for each in interrupts.SIGNALS
    }
    before = {each: signal.signal(each, handler) for each, handler in usual.items()}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def handlers() -> list[object]:
    return [signal.getsignal(each) for each in interrupts.SIGNALS]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_at_the_next_point_and_not_before(number: signal.Signals) -> None:
    before, done = handlers(), []

    @interrupts.stop_on_signals()
    def work() -> None:
        interrupts.checkpoint()
        os.kill(os.getpid(), number)
        done.append("what was begun")
        interrupts.checkpoint()
        done.append("what was not")

    with pytest.raises(Stopped) as stop:
        work()
    assert done == ["what was begun"]
    assert stop.value.number == number
    assert handlers() == before
    interrupts.checkpoint()


def test_the_first_signal_tells_and_an_impatient_second_one_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    @interrupts.stop_on_signals()
    def work() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)  # some programs send it twice
        done.append("what was begun")
        monkeypatch.setattr(interrupts, "SECOND_SIGNAL_AFTER", -1.0)
        os.kill(os.getpid(), signal.SIGINT)
        done.append("what was not")

    with pytest.raises(KeyboardInterrupt) as stop:
        work()
    assert done == ["what was begun"]
    assert not isinstance(stop.value, Stopped)


def test_a_signal_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.stop_on_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            interrupts.checkpoint()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_nothing_changes() -> None:
    found: list[object] = []

    def work() -> None:
        with interrupts.stop_on_signals():
            found.extend(handlers())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == handlers()


def soon() -> None:
    """Come to a point again and again: another thread may have got the signal, and tells the main one soon."""
    for _ in range(1_000):
        interrupts.checkpoint()
        time.sleep(0.01)


def test_signals_blocked_for_children_come_after_the_block() -> None:
    code = "import signal, sys; sys.exit(len(signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
    with interrupts.stop_on_signals():
        with interrupts.signals_blocked():
            child = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code])
            os.kill(os.getpid(), signal.SIGTERM)
        assert child == len(interrupts.SIGNALS)
        with pytest.raises(Stopped):
            soon()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_is_held_ends_before_a_signal_is_heeded(number: signal.Signals) -> None:
    before, done = handlers(), []

    def work() -> None:
        with interrupts.signals_held():
            os.kill(os.getpid(), number)
            done.append("what was begun")
        done.append("what was not")

    with pytest.raises(KeyboardInterrupt) as stop:
        work()
    assert done == ["what was begun"]
    assert getattr(stop.value, "number", signal.SIGINT) == number
    assert handlers() == before


def test_what_is_held_within_a_stop_that_waits_leaves_the_signal_to_it() -> None:
    done: list[str] = []

    @interrupts.stop_on_signals()
    def work() -> None:
        with interrupts.signals_held():
            os.kill(os.getpid(), signal.SIGTERM)
        done.append("up to the next point")
        interrupts.checkpoint()

    with pytest.raises(Stopped) as stop:
        work()
    assert (done, stop.value.number) == (["up to the next point"], signal.SIGTERM)


def test_who_has_something_to_clear_away_is_told_of_the_end() -> None:
    before, cleared = handlers(), []

    def work() -> None:
        with interrupts.raise_on_signals():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(1)
            finally:
                cleared.append(True)

    with pytest.raises(Stopped) as stop:
        work()
    assert (cleared, stop.value.number) == ([True], signal.SIGTERM)
    assert handlers() == before
