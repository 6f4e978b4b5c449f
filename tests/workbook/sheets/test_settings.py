"""The named cells of Settings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kopilot_xl.domain.rules import DEFAULT, Rules
from kopilot_xl.errors import MissingError, SettingError
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import settings
from kopilot_xl.workbook.tables.parsing import DateOrder
from tests.workbook.sheets.books import make_book

DEFAULTS: dict[str, Value] = {each.name: each.default for each in settings.ALL}


def _read(path: Path, **cells: Value) -> settings.Settings:
    return settings.read(make_book(path / "book.xlsx", cells=DEFAULTS | cells))


def test_the_defaults_are_the_rules_own(tmp_path: Path) -> None:
    assert _read(tmp_path) == settings.Settings("", None, None, "EUR", DEFAULT)


def test_blank_cells_mean_the_defaults(tmp_path: Path) -> None:
    assert _read(tmp_path, **dict.fromkeys(DEFAULTS)).rules == DEFAULT


def test_what_the_user_sets_is_read(tmp_path: Path) -> None:
    read = _read(
        tmp_path, Company=" Alder & Co ", AsOf=date(2026, 7, 1), DateOrder="dmy", Currency="CHF",
        ActiveMonths=3, SleepingMonths="6", InaccurateShare="30 %",
    )  # fmt: skip
    assert read == settings.Settings(
        "Alder & Co", date(2026, 7, 1), DateOrder.DMY, "CHF",
        Rules(active_months=3, sleeping_months=6, inaccurate_share=0.3),
    )  # fmt: skip


def test_a_text_as_of_date_is_read_by_the_date_order(tmp_path: Path) -> None:
    assert _read(tmp_path, AsOf="03/04/2026", DateOrder="MDY").as_of == date(2026, 3, 4)


BAD: list[tuple[str, dict[str, Value], str]] = [
    ("Active not below Sleeping", {"ActiveMonths": 8}, "the setting Active, must be below the sleeping limit of 8"),
    ("no months at all", {"ActiveMonths": 0}, "the setting Active, must be above 0"),
    ("half a month", {"ActiveMonths": 4.5}, "the setting Active, must be a whole number, not 4.5"),
    ("words", {"LifespanDays": "long"}, 'the setting Lifespan, is unreadable: "long" is not an amount'),
    ("sleeping past leaving", {"SleepingMonths": 12}, "the setting Sleeping Away, of 12 months can reach past day 370"),
    ("leaving longer than life", {"LeavingDays": 400}, "the setting Leaving, must be below the lifespan of 400 days"),
    ("more than everyone", {"InaccurateShare": 25}, "the setting Inaccurate from, must be at most 100 %"),
    ("an unknown date order", {"DateOrder": "YMD"}, "the setting Date order, must be blank, DMY or MDY, not YMD"),
    ("an ambiguous as-of date", {"AsOf": "03/04/2026"}, "the setting As-of date, is unreadable"),
    ("an as-of date long ago", {"AsOf": date(1901, 1, 1)}, "the setting As-of date, must lie between"),
]


@pytest.mark.parametrize(("case", "cells", "reason"), BAD, ids=[each[0] for each in BAD])
def test_a_setting_that_makes_no_sense_names_its_cell(
    case: str, cells: dict[str, Value], reason: str, tmp_path: Path
) -> None:
    row = 3 + list(DEFAULTS).index(next(iter(cells)))
    with pytest.raises(SettingError) as refused:
        _read(tmp_path, **cells)
    assert f"book.xlsx: Settings!B{row}, {reason}" in str(refused.value)
    assert "Correct it." in str(refused.value)


@pytest.mark.parametrize("value", ["On", "Off", None, "perhaps"])
def test_the_seasonal_model_of_an_older_workbook_is_not_read(value: Value, tmp_path: Path) -> None:
    assert _read(tmp_path, SeasonalModel=value) == _read(tmp_path)


def test_a_missing_named_cell_is_named(tmp_path: Path) -> None:
    cells = {name: value for name, value in DEFAULTS.items() if name != "LeavingDays"}
    with pytest.raises(MissingError, match="LeavingDays"):
        settings.read(make_book(tmp_path / "book.xlsx", cells=cells))
