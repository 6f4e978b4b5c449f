"""Processes that are ended or stopped on Windows, and those that save the same file at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from kopilot_xl import open_book, refresh
from kopilot_xl.workbook.file.saving import BACKUP, write_atomically
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, make_portfolio
from tests.windows.inside.saves import NEW

ROOT = Path(__file__).parents[3]
OLD = b"the old contents" * 1000
DAY = ("--as-of", AS_OF.isoformat())


def saved(path: Path, *step: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.windows.inside.saves", str(path), *step]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kopilot_xl", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_process_ended_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(OLD)
    backup = path.with_name(path.name + BACKUP)
    steps = int(saved(path).stdout)
    assert steps > 30
    found = set()
    for step in range(0, steps, 2 if steps > 40 else 1):
        path.write_bytes(OLD)
        backup.write_bytes(b"earlier")
        done = saved(path, str(step))
        assert done.returncode, f"it did not end at step {step}"
        found.add((path.read_bytes(), backup.read_bytes()))
        write_atomically(path, OLD)
        left = {each.name for each in tmp_path.iterdir()} - {path.name, backup.name}
        assert left <= {f".kopilot-xl-{path.name}.lock"}, f"step {step} left {left}"
    assert found == {(OLD, b"earlier"), (OLD, OLD), (NEW, OLD)}


def test_a_refresh_that_is_ended_leaves_a_sound_workbook(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "Portfolio.xlsm")
    refresh(open_book(path), AS_OF)
    before = time.monotonic()
    with start("refresh", str(path), *DAY) as whole:
        whole.communicate()
    usual = time.monotonic() - before
    for part in (0.7, 0.85, 0.95):
        with start("refresh", str(path), *DAY) as process:
            time.sleep(usual * part)
            process.kill()
            process.communicate()
        assert_sound(path)
    refresh(open_book(path), AS_OF)
    assert {each.name for each in tmp_path.iterdir()} == {path.name}


def test_refreshes_of_one_file_take_turns(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "Portfolio.xlsm")
    processes = [start("refresh", str(path), *DAY) for _ in range(3)]
    for process in processes:
        _, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, wrong
    assert_sound(path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_reports_into_one_file_do_not_disturb_one_another(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "Portfolio.xlsm")
    refresh(open_book(path), AS_OF)
    page = tmp_path / "page.html"
    processes = [start("report", str(path), "--output", str(page), *DAY) for _ in range(3)]
    for process in processes:
        _, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, wrong
    assert page.read_bytes().endswith(b"</html>\n")
    assert {each.name for each in tmp_path.iterdir()} == {path.name, page.name}
