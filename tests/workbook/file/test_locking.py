"""Two refreshes of one file come one after the other, and a lock nobody holds is in nobody's way."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.file import locking
from tests.systems import MAKES_LINKS, links, removes_open_files

HOLD = """
import sys, time
from kopilot_xl.workbook.file.locking import file_lock
with file_lock(sys.argv[1]):
    print("mine", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(b"a workbook")
    return path


def lock_of(path: Path) -> Path:
    return path.with_name(f".kopilot-xl-{path.name}.lock")


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the turn, until it is killed."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        try:
            yield other
        finally:
            other.kill()


def test_a_turn_leaves_nothing_behind(file: Path) -> None:
    with locking.file_lock(file):
        assert lock_of(file).read_text().startswith(f"process {os.getpid()} on ")
    assert list(file.parent.iterdir()) == [file]
    with pytest.raises(RuntimeError), locking.file_lock(file):
        raise RuntimeError
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("position", [0, 5])
@pytest.mark.parametrize("refused", [False, True])
def test_a_lock_leaves_the_position_in_the_file_as_it_was(
    position: int, refused: bool, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows locks a byte at the position in the file, so the position has to be moved to that byte, and back."""

    def try_lock(handle: int) -> bool:
        os.lseek(handle, 1 << 30, os.SEEK_SET)
        if refused:
            raise OSError("this drive has no locks")
        return True

    def lock(handle: int) -> None:
        with contextlib.suppress(OSError):
            assert locking.try_lock(handle)

    with file.open("rb") as opened:
        os.lseek(opened.fileno(), position, os.SEEK_SET)
        lock(opened.fileno())
        assert os.lseek(opened.fileno(), 0, os.SEEK_CUR) == position
        monkeypatch.setattr(locking, "_try_lock", try_lock)
        lock(opened.fileno())
        assert os.lseek(opened.fileno(), 0, os.SEEK_CUR) == position


def test_who_waits_too_long_is_told_for_whom(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.2)
    told: list[str] = []
    with held(file) as other:
        with pytest.raises(SaveError) as refusal, locking.file_lock(file, told.append):
            pass
        who = rf"process {other.pid} on \S+ since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
        assert refusal.match(rf"Portfolio\.xlsm is being refreshed by {who}, and still is after 0.2 seconds\. Let it")
        assert len(told) == 1
        assert f"process {other.pid} on " in told[0]
        assert told[0].endswith(": waiting for it to finish.")


def test_a_dead_process_holds_up_nobody(file: Path) -> None:
    with held(file) as other:
        other.kill()
    assert lock_of(file).exists()
    told: list[str] = []
    with locking.file_lock(file, told.append):
        assert lock_of(file).read_text().startswith(f"process {os.getpid()} ")
    assert told == []
    assert not lock_of(file).exists()


def test_whoever_waits_goes_on_when_the_other_ends(file: Path) -> None:
    told: list[str] = []
    with held(file) as other:
        threading.Timer(0.2, other.kill).start()
        start = time.monotonic()
        with locking.file_lock(file, told.append):
            assert 0.1 < time.monotonic() - start < 30
    assert len(told) == 1


def test_one_at_a_time_whatever_the_timing(file: Path) -> None:
    """The lock file goes and comes while others wait for it: no two may ever believe it theirs."""
    inside, most, done = 0, 0, []

    def work() -> None:
        nonlocal inside, most
        for _ in range(15):
            with locking.file_lock(file):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0005)
                inside -= 1
                done.append(1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(done)) == (1, 90)
    assert not lock_of(file).exists()


@removes_open_files
def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening the file and locking it, whoever had it may have removed it."""
    plain = locking.try_lock
    tries: list[int] = []

    def too_late(handle: int) -> bool:
        if not tries:
            lock_of(file).unlink()
        tries.append(handle)
        return plain(handle)

    monkeypatch.setattr(locking, "try_lock", too_late)
    with locking.file_lock(file):
        assert lock_of(file).exists()
    assert len(tries) == 2


@links
def test_files_have_locks_of_their_own_and_a_link_has_its_files(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.05)
    link = file.with_name("link.xlsm")
    link.symlink_to(file)
    with held(file):
        with locking.file_lock(file.with_name("Other.xlsm")):
            pass
        with pytest.raises(SaveError, match=r"link\.xlsm is being refreshed"), locking.file_lock(link):
            pass


@pytest.mark.parametrize("name", ["x" * 250 + ".xlsm", "ü" * 120 + ".xlsm"], ids=["long", "long in bytes"])
def test_a_name_as_long_as_can_be_has_a_lock_too(name: str, tmp_path: Path) -> None:
    with locking.file_lock(tmp_path / name):
        (found,) = os.listdir(tmp_path)
        assert found.startswith(f".kopilot-xl-{name[:20]}~")
    assert os.listdir(tmp_path) == []


def test_a_lock_file_that_is_something_else_is_left_alone(file: Path, tmp_path: Path) -> None:
    """Whoever may write to the folder may put anything there: it is neither written to nor waited for nor removed."""
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    lock = lock_of(file)
    makers: list[Callable[[], object]] = [lock.mkdir]
    if hasattr(os, "mkfifo"):
        makers.append(lambda: os.mkfifo(lock))
    if MAKES_LINKS:
        makers.append(lambda: lock.symlink_to(victim))
    for make in makers:
        make()
        with locking.file_lock(file):
            pass
        assert os.path.lexists(lock)
        if lock.is_dir():
            lock.rmdir()
        else:
            lock.unlink()
    os.link(victim, lock)
    with locking.file_lock(file):
        pass
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("text", ["process 1 on \x1b[31mhost since 2026-01-01 00:00:00", "you win!", "", "x" * 5000])
def test_what_others_wrote_into_a_lock_is_not_shown(text: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.05)
    with held(file):
        lock_of(file).write_text(text)
        with pytest.raises(SaveError, match="is being refreshed by another process, and"), locking.file_lock(file):
            pass


def test_without_locks_the_work_goes_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network drives know no locks; saving refuses what was changed meanwhile all the same."""

    def refuse(handle: int) -> bool:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(locking, "_try_lock", refuse)
    with locking.file_lock(file), locking.file_lock(file):
        pass


def test_a_folder_that_is_not_there_is_no_matter_of_the_lock(tmp_path: Path) -> None:
    with locking.file_lock(tmp_path / "nowhere" / "Portfolio.xlsm"):
        pass
