"""Saving on Windows, where files and folders have other ways to be in use or closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.workbook.file.saving import write_atomically

OLD, NEW = b"the old contents", b"the new contents"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Portfolio.xlsm"
    path.write_bytes(OLD)
    return path


def test_a_folder_that_explorer_marked_is_written_to(file: Path) -> None:
    """Documents, Desktop and folders with a picture of their own have the read-only attribute: it forbids nothing."""
    file.parent.chmod(0o444)
    try:
        write_atomically(file, NEW, instead_of=OLD)
    finally:
        file.parent.chmod(0o777)
    assert file.read_bytes() == NEW
