"""Exports that Excel opens and the reader of values gives up on: read all the same, and no sheet left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.output import read_pair
from tests.importing.reading import PEOPLE, amounts, days, written
from tests.workbook.file.test_reader_input import UNUSUAL, changed, remade

ROWS: list[list[Any]] = [
    ["Client ID", "Issue date", "Amount", "Note"], [1, "2026-01-31", 100, "x"], [2, "2026-02-28", 250, "y"],
]  # fmt: skip


def newer_error(parts: dict[str, bytes]) -> None:
    changed(parts, "xl/worksheets/sheet1.xml", '<c r="D2"[^>]*>.*?</c>', '<c r="D2" t="e"><v>#SPILL!</v></c>')


KINDS: dict[str, Callable[[dict[str, bytes]], None]] = {
    **{name: change for name, change in UNUSUAL.items() if name != "a percent-encoded part"},
    "an error of a newer version": newer_error,
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_unusual_workbook_is_imported(kind: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    path = tmp_path / "export.xlsx"
    book.save(path)
    remade(path, KINDS[kind])
    pair = read_pair(written(tmp_path, "clients.csv", PEOPLE), path, ImportChoices())
    assert (days(pair), amounts(pair)) == (["2026-01-31", "2026-02-28"], [100, 250])
