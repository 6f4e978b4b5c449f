"""Excel's settings, kept quiet for a while and put back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kopilot_xl.errors import BookError, KopilotError
from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.live.book import LiveBook
from kopilot_xl.workbook.live.quiet import STATUS
from tests.excel.stand_in import ComError, StandIn
from tests.portfolios import NOW, make_portfolio
from tests.workbook.live.test_book import ACTIONS, SETTINGS


def test_it_is_kept_quiet_meanwhile(plain: Path) -> None:
    excel = StandIn(plain)
    seen = []

    def look(number: int, kind: str, what: str) -> None:
        if kind in {"read", "write"}:
            seen.append(dict(excel.settings))

    excel.fails = look
    refresh(LiveBook(excel.book), now=NOW)
    quiet = {"screen_updating": False, "enable_events": False, "calculation": "manual", "status_bar": STATUS}
    assert all(each == quiet for each in seen)


def _failing_at(failing: int) -> Callable[[int, str, str], Exception | None]:
    return lambda number, kind, what: ComError(-2147352567, "it broke") if number == failing else None


def test_its_settings_are_restored_whatever_step_fails(tmp_path: Path) -> None:
    before = {**SETTINGS, "calculation": "semiautomatic", "status_bar": "mine"}
    path = make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS)
    excel = StandIn(path)
    refresh(LiveBook(excel.book), now=NOW)
    last = next(number for number, step in reversed(list(enumerate(excel.steps, 1))) if step[0] == "write")
    for failing in range(1, last + 1):
        excel.settings = dict(before)
        excel.steps.clear()
        excel.fails = _failing_at(failing)
        with contextlib.suppress(KopilotError):
            refresh(LiveBook(excel.book), now=NOW)
        # What was written before makes some writes needless, so that a late step may be one that restores.
        if failing <= len(excel.steps) and (excel.steps[failing - 1][0] != "set" or failing <= len(before)):
            assert excel.settings == before, failing


def test_a_setting_that_cannot_be_restored_hinders_no_other(plain: Path) -> None:
    excel = StandIn(plain)
    excel.fails = lambda number, kind, what: ComError(1, "no") if what == "calculation=automatic" else None
    with pytest.raises(BookError, match="Excel refused: no"):
        refresh(LiveBook(excel.book), now=NOW)
    assert excel.settings == {**SETTINGS, "calculation": "manual"}
