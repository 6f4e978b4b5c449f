"""Many workbooks, stopped at any moment: each is the old or the new one, and nothing else is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kopilot_xl.workbook.file import locking
from tests.invariants import assert_sound
from tests.portfolios import make_portfolio

ROOT = Path(__file__).parents[2]
BOOKS = 12

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no process can be sent these signals there"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = make_portfolio(tmp_path / "source.xlsm").read_bytes()
    (tmp_path / "place").mkdir()
    for number in range(BOOKS):
        (tmp_path / "place" / f"{number:02}.xlsm").write_bytes(source)
    return tmp_path / "place"


def _heed() -> None:
    """Have a child heed Ctrl-C, as in a terminal: a job of a script ignores it, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """A refresh of all workbooks of a folder, in a session of its own."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.folder = folder
        self.old = (folder / "00.xlsm").read_bytes()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kopilot_xl", "refresh", str(folder), "--jobs", str(jobs)], cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, bufsize=1,
            preexec_fn=_heed,
        )  # fmt: skip
        self.told: list[str] = []

    def wait_for(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not happened():
            assert time.monotonic() < deadline
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.01)

    def refreshed(self) -> list[str]:
        return [each.name for each in sorted(self.folder.glob("*.xlsm")) if each.read_bytes() != self.old]

    def end(self) -> tuple[int, str]:
        """Wait for the end of all its processes; return the exit code and what was told on standard error."""
        out, error = self.process.communicate(timeout=60)
        self.told = [Path(each.split(":")[0]).name for each in out.splitlines() if ": as of " in each]
        self.wait_for_the_end_of_all()
        return self.process.returncode, error

    def wait_for_the_end_of_all(self) -> None:
        deadline = time.monotonic() + 60
        while self.others():
            assert time.monotonic() < deadline, self.others()
            time.sleep(0.05)

    def others(self) -> list[int]:
        """The processes of its session that are still there; one that only waits to be counted is none."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z" and int(fields[3]) == self.process.pid:
                found.append(int(status.parent.name))
        return found

    def workers(self) -> list[int]:
        return [each for each in self.others() if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]

    def assert_clean(self) -> None:
        assert sorted(os.listdir(self.folder)) == [f"{number:02}.xlsm" for number in range(BOOKS)]
        for each in self.folder.iterdir():
            assert_sound(each)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no list of processes to look through")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("number", "send", "code"),
    [(signal.SIGINT, os.killpg, 130), (signal.SIGTERM, os.kill, 143), (signal.SIGTERM, os.killpg, 143)],
    ids=["Ctrl-C in a terminal", "a request to end", "a service that is stopped"],
)
def test_a_stop_ends_cleanly(
    number: signal.Signals, send: Callable[[int, int], None], code: int, jobs: int, folder: Path
) -> None:
    run = Run(folder, jobs)
    run.wait_for(lambda: len(run.refreshed()) > 1)
    send(run.process.pid, number)
    ended, error = run.end()
    assert (ended, error) == (code, "kopilot-xl: stopped. Every file is as it was before, or done.\n")
    assert run.told == run.refreshed()
    assert 2 <= len(run.told) < BOOKS
    run.assert_clean()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no list of processes to look through")
def test_workers_of_a_process_that_was_killed_stop_cleanly_by_themselves(folder: Path) -> None:
    run = Run(folder, 2)
    run.wait_for(lambda: len(run.refreshed()) > 1)
    os.kill(run.process.pid, signal.SIGKILL)
    run.end()
    assert len(run.refreshed()) < BOOKS
    run.assert_clean()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no list of processes to look through")
def test_a_worker_that_was_killed_costs_its_workbook_and_no_other(folder: Path) -> None:
    with locking.file_lock(folder / "03.xlsm"):
        run = Run(folder, 2)
        assert run.process.stderr is not None
        waits = run.process.stderr.readline()
        assert "03.xlsm is being refreshed by process" in waits
        run.wait_for(lambda: len(run.refreshed()) == BOOKS - 1 and len(run.workers()) == 1)
        os.kill(run.workers()[0], signal.SIGKILL)
        code, error = run.end()
    assert code == 1
    assert "03.xlsm: the process that worked on it was ended by signal 9" in error
    assert len(error.splitlines()) == 1
    assert [each for each in sorted(os.listdir(folder)) if each not in run.refreshed()] == ["03.xlsm"]
    assert run.told == run.refreshed()
    run.assert_clean()


@pytest.mark.parametrize("jobs", [1, 2])
def test_who_waits_for_another_refresh_stops_too(jobs: int, folder: Path) -> None:
    with locking.file_lock(folder / "00.xlsm"), locking.file_lock(folder / "01.xlsm"):
        run = Run(folder, jobs)
        assert run.process.stderr is not None
        assert "is being refreshed by process" in run.process.stderr.readline()
        os.kill(run.process.pid, signal.SIGINT)
        code, error = run.end()
    assert code == 130
    assert error.endswith("kopilot-xl: stopped. Every file is as it was before, or done.\n")
    assert run.refreshed() == run.told == []
    run.assert_clean()
