"""Many workbooks in several processes: what no command shows by itself."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kopilot_xl.errors import KopilotError
from kopilot_xl.usecases.batch.batch import work
from kopilot_xl.usecases.batch.discovery import Target
from kopilot_xl.usecases.batch.tasks import Check, Done, Task
from tests.portfolios import make_portfolio

if TYPE_CHECKING:
    from kopilot_xl.usecases.result import RefreshResult


class ProgressListener:
    """Takes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def on_begin(self, path: Path) -> None:
        self.heard.append(("begun", path.name))

    def on_end(self, path: Path) -> None:
        self.heard.append(("ended", path.name))

    def on_wait(self, line: str) -> None:
        self.heard.append(("waits", line))


@dataclass(frozen=True)
class Awkward:
    """A task that does what the name of the workbook says."""

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        if "slow" in book.path.name:
            time.sleep(0.5)  # the others are done before
        if "die" in book.path.name:
            os._exit(7)
        if "wait" in book.path.name:
            on_wait(book.path.name)
        if "fail" in book.path.name:
            raise ZeroDivisionError
        return None


class Unreadable:
    """A task that can be sent and not be received."""

    def __call__(self, book: Target, on_wait: Callable[[str], None]) -> RefreshResult | None:
        raise AssertionError

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


def results(task: Task, names: list[str], jobs: int) -> tuple[list[Done], ProgressListener]:
    listener = ProgressListener()
    found = list(work(task, [Target(Path(each)) for each in names], jobs, listener))
    assert multiprocessing.active_children() == []
    return found, listener


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def test_results_come_in_the_order_given_whatever_becomes_of_each() -> None:
    names = ["slow one", "fail", "wait 1", "die 1", "two", "die 2", "three"]
    found, listener = results(Awkward(), names, 2)
    assert [each.path.name for each in found] == names
    why = {each.path.name: each.why for each in found if each.why}
    assert list(why) == ["fail", "die 1", "die 2"]
    assert "this is a defect, please report it: ZeroDivisionError" in why["fail"]
    assert why["die 1"].startswith("die 1: the process that worked on it ended with exit code 7, perhaps for lack of")
    assert sorted(listener.heard) == sorted(
        [*((what, name) for what in ("begun", "ended") for name in names), ("waits", "wait 1")]
    )


def test_when_no_process_can_be_started_that_is_told() -> None:
    with pytest.raises(KopilotError, match=r"it ended with exit code 1\. Try again with --jobs 1\."):
        results(Unreadable(), ["one", "two"], 2)
    assert multiprocessing.active_children() == []


def test_who_does_not_want_the_rest_ends_all_processes() -> None:
    found = work(Awkward(), [Target(Path(f"{number}")) for number in range(100)], 2, ProgressListener())
    assert isinstance(found, Iterator)
    assert next(found).path == Path("0")
    assert multiprocessing.active_children() != []
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert multiprocessing.active_children() == []


def test_a_report_comes_without_its_clients_and_else_the_same(tmp_path: Path) -> None:
    names = [str(make_portfolio(tmp_path / f"{number}.xlsm")) for number in range(2)]
    reports = [[each.report for each in results(Check(), names, jobs)[0]] for jobs in (1, 2)]
    for here, there in zip(*reports, strict=True):
        assert here is not None
        assert there is not None
        assert (here.clients != [], there.clients) == (True, ())
        assert (here.summary, here.problems, here.company) == (there.summary, there.problems, there.company)


def test_a_wait_that_a_handled_signal_breaks_off_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows breaks off a wait for processes on Ctrl-C, and the reading of what they say."""
    broken_off = []

    def once(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def working(*args: Any) -> Any:
            if name not in broken_off:
                broken_off.append(name)
                raise InterruptedError
            return work(*args)

        return working

    monkeypatch.setattr(connection, "wait", once("wait", connection.wait))
    kind: Any = type(multiprocessing.Pipe()[0])
    monkeypatch.setattr(kind, "poll", once("poll", kind.poll))
    names = ["one", "two", "three"]
    found, _ = results(Awkward(), names, 2)
    assert [(each.path.name, each.why) for each in found] == [(name, "") for name in names]
    assert broken_off == ["wait", "poll"]
