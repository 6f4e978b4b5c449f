"""Workbooks that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.portfolios import make_portfolio


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portfolio to open and not to save."""
    return make_portfolio(tmp_path_factory.mktemp("plain") / "book.xlsm")
