"""A folder of results: the old one or the new one, and nothing of a run that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kopilot_xl.errors import SaveError
from kopilot_xl.workbook.file.folders import folder_replaced

WRITER = """
import sys, time
from pathlib import Path
from kopilot_xl import interrupts
from kopilot_xl.workbook.file import folders

def wait(*_):
    print("now", flush=True)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        interrupts.checkpoint()
        time.sleep(0.01)

if sys.argv[2] == "between":
    rename = Path.rename
    def renamed(self, target):
        found = rename(self, target)
        wait()
        return found
    Path.rename = renamed
try:
    with interrupts.stop_on_signals(), folders.folder_replaced(Path(sys.argv[1])) as draft:
        (draft / "part-0.parquet").write_text("client data, new")
        if sys.argv[2] == "writing":
            wait()
except KeyboardInterrupt:
    sys.exit(99)
"""


def start(target: Path, moment: str) -> subprocess.Popen[str]:
    """Start a process that stops at a moment of its writing."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target), moment], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"
    return process


def written(target: Path, text: str) -> None:
    with folder_replaced(target) as draft:
        (draft / "part-0.parquet").write_text(text)


def leaves(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("moment", ["writing", "between"])
def test_what_a_killed_process_left_is_cleared_away_by_the_next(moment: str, tmp_path: Path) -> None:
    target = tmp_path / "result"
    written(target, "old")
    process = start(target, moment)
    process.kill()
    process.communicate()
    assert len(leaves(tmp_path)) > 2  # there is something to clear away
    with pytest.raises(RuntimeError), folder_replaced(target):
        raise RuntimeError  # the next run fails: what it found is cleared away all the same, and the old one is back
    assert (target / "part-0.parquet").read_text() == "old"
    assert leaves(tmp_path) == ["result", "result/part-0.parquet"]
    written(target, "newer")
    assert (target / "part-0.parquet").read_text() == "newer"
    assert leaves(tmp_path) == ["result", "result/part-0.parquet"]


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without a signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_writing_can_be_stopped_and_leaves_nothing(number: int, tmp_path: Path) -> None:
    target = tmp_path / "result"
    written(target, "old")
    process = start(target, "writing")
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 99
    assert (target / "part-0.parquet").read_text() == "old"
    assert leaves(tmp_path) == ["result", "result/part-0.parquet"]


def test_a_draft_that_is_worked_on_is_left_alone(tmp_path: Path) -> None:
    """The other process waits for its turn instead of clearing it away."""
    target = tmp_path / "result"
    process = start(target, "writing")
    other = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(target), "at once"], stdout=subprocess.PIPE, encoding="utf-8"
    )
    time.sleep(1)
    assert other.poll() is None
    assert [path for path in leaves(tmp_path) if path.endswith("part-0.parquet")]
    process.kill()
    process.communicate()
    other.communicate(timeout=60)
    assert other.returncode == 0
    assert leaves(tmp_path) == ["result", "result/part-0.parquet"]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions elsewhere")
def test_a_draft_is_its_owners_alone(tmp_path: Path) -> None:
    target = tmp_path / "result"
    with folder_replaced(target, at_most=0o640) as draft:
        assert draft.stat().st_mode & 0o077 == 0
        (draft / "part-0.parquet").write_text("x")
        (draft / "part-0.parquet").chmod(0o644)
    assert (target / "part-0.parquet").stat().st_mode & 0o777 == 0o640
    assert target.stat().st_mode & 0o007 == 0


def test_a_backup_folder_is_kept_and_replaced(tmp_path: Path) -> None:
    target, backup = tmp_path / "result", tmp_path / "result.kopilot-backup"
    for text in ("one", "two", "three"):
        with folder_replaced(target, backup=True) as draft:
            (draft / "part-0.parquet").write_text(text)
    assert (backup / "part-0.parquet").read_text() == "two"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result", "result.kopilot-backup"]


def test_a_folder_that_is_not_there_is_said_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="was not saved"), folder_replaced(tmp_path / "none" / "result"):
        pass
