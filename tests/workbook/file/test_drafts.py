"""Drafts: gone after the block, and those of killed processes gone a day later."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from kopilot_xl.workbook.file import drafts

DAY = 24 * 60 * 60


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    drafts._clear.cache_clear()
    return tmp_path


def left(folder: Path, name: str, age: float) -> Path:
    """A folder with a draft in it, as a process that was killed so many seconds ago left it."""
    path = folder / name
    path.mkdir()
    (path / "Portfolio.xlsm").write_bytes(b"draft")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_a_draft_is_gone_after_the_block(temporary: Path) -> None:
    with drafts.draft_folder() as folder:
        (folder / "Portfolio.xlsm").write_bytes(b"draft")
        assert folder.parent == temporary
    assert list(temporary.iterdir()) == []


def test_what_was_left_over_is_cleared_away_a_day_later_and_nothing_else(temporary: Path) -> None:
    old = left(temporary, "kopilot-xl-draft-old", DAY + 60)
    young = left(temporary, "kopilot-xl-draft-young", DAY - 60)
    others = left(temporary, "somebody-elses", 2 * DAY)
    linked = temporary / "kopilot-xl-draft-link"
    if os.name != "nt":  # where not every user may make links
        linked.symlink_to(others)
    with drafts.draft_folder():
        assert not old.exists()
    assert young.exists()
    assert (others / "Portfolio.xlsm").exists()
    assert linked.is_symlink() or os.name == "nt"
