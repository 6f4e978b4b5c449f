"""What Excel refuses, in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.errors import BookError
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.live.excel_errors import ATTEMPTS
from tests.excel.stand_in import BUSY, ComError, StandIn
from tests.portfolios import NOW
from tests.workbook.live.test_book import SETTINGS, refused


@pytest.mark.parametrize("error", [ComError(BUSY), ComError(-2147352567, "", -2146777998)])
def test_a_cell_that_is_being_edited(plain: Path, error: ComError) -> None:
    excel = StandIn(plain)
    excel.fails = lambda number, kind, what: error
    refused(excel, BookError, "a cell is being edited.* Press Enter or Esc in Excel")


def test_a_defect_stays_one(plain: Path) -> None:
    excel = StandIn(plain)
    excel.fails = lambda number, kind, what: ZeroDivisionError() if kind == "write" else None
    with pytest.raises(ZeroDivisionError):
        refresh(LiveBook(excel.book), now=NOW)
    assert excel.settings == SETTINGS


def test_xlwings_gives_up_in_the_end(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Windows:
        N_COM_ATTEMPTS = 0

    monkeypatch.setitem(__import__("sys").modules, "xlwings._xlwindows", Windows)
    excel = StandIn(plain)
    seen = set()
    excel.fails = lambda number, kind, what: seen.add(Windows.N_COM_ATTEMPTS)
    refresh(LiveBook(excel.book), now=NOW)
    assert seen == {ATTEMPTS}
    assert Windows.N_COM_ATTEMPTS == 0
