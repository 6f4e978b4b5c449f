"""Workbooks that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbook.workbooks import LOG, rich, tabled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return rich(tmp_path / "rich.xlsx")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tabled(tmp_path / "log.xlsx", LOG)
