"""Workbooks that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbook.workbooks import tabled


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tabled(tmp_path / "book.xlsx", [["Date", "Text"], [1.5, "a"], [2.5, "b"]])
