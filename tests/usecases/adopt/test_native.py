"""Without macros, an adopted workbook tells the segments of later days by itself, from formulas over stored facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import adopt, check, open_book, refresh
from tests import libreoffice
from tests.usecases.adopt.test_adopt import loaded, type_an_invoice
from tests.usecases.adopt.workbooks import NOW, OWN, PEOPLE, Own, german

needs_libreoffice = pytest.mark.skipif(bool(libreoffice.missing()), reason=str(libreoffice.missing()))
LATER = (0, 1, 31, 100, 371, 401)
SCRIPT = """
sheet = doc.Sheets.getByName(%(sheet)r)
as_of = doc.NamedRanges.getByName("AsOf").getReferredCells()
result = []
for day in %(days)r:
    as_of.Value = day
    doc.calculate()
    segments = [sheet.getCellByPosition(%(column)d, row).String for row in range(%(first)d, %(last)d)]
    names = ("LiveShape", "LiveSegments", "DataChanged")
    named = [doc.NamedRanges.getByName(name).getReferredCells() for name in names]
    result.append([segments, named[0].String, [row[0] for row in named[1].getDataArray()], named[2].String])
"""


@needs_libreoffice
@pytest.mark.libreoffice
@pytest.mark.parametrize("who", [who for who, own in OWN.items() if not own.libreoffice])
def test_it_is_right_on_later_days_without_a_refresh(who: str, tmp_path: Path) -> None:
    own = OWN[who]
    path = adopt(own.make(tmp_path / f"own{own.suffix}"), now=NOW).path
    heads = [cell.value for cell in loaded(path)[own.clients][own.first_row - 1]]
    days = [NOW.date() + timedelta(days=more) for more in LATER]
    epoch = date(1904, 1, 1) if who.endswith("1904") else date(1899, 12, 30)
    script = SCRIPT % {
        "sheet": own.clients, "days": [(day - epoch).days for day in days], "column": heads.index(own.heading),
        "first": own.first_row - 1, "last": own.first_row - 1 + len(PEOPLE),
    }  # fmt: skip
    for day, (segments, shape, counts, changed) in zip(days, libreoffice.run(path, script, macros=False), strict=True):
        found = check(path, day)
        assert segments == [client.segment or "" for client in found.clients], day
        assert shape == found.summary.shape, day
        assert sum(counts) == len(PEOPLE), day
        assert not changed, day


def typed(book: openpyxl.Workbook, own: Own) -> None:
    type_an_invoice(book, own)


def canceled(book: openpyxl.Workbook, own: Own) -> None:
    """Give an invoice that is paid another status, by a word that was not there."""
    book["Rechnungen 2024-26"]["E2"].value = "Storniert"


def later(book: openpyxl.Workbook, own: Own) -> None:
    book["Rechnungen 2024-26"]["B2"].value = date(2026, 6, 30)


def dearer(book: openpyxl.Workbook, own: Own) -> None:
    book["Rechnungen 2024-26"]["D2"].value = 99.5


ONE_ROW, OTHER_DATA = "1 row was typed since the last refresh.", "Data was changed since the last refresh."


@needs_libreoffice
@pytest.mark.libreoffice
@pytest.mark.parametrize(
    ("who", "change", "said"),
    [
        *((who, typed, ONE_ROW) for who, own in OWN.items() if own.suffix == ".xlsx" and not own.libreoffice),
        ("German, plain ranges", canceled, OTHER_DATA),
        ("German, plain ranges", later, OTHER_DATA),
        ("German, plain ranges", dearer, OTHER_DATA),
    ],
)
def test_what_was_typed_since_the_last_refresh_is_said(
    who: str, change: Callable[[openpyxl.Workbook, Own], None], said: str, tmp_path: Path
) -> None:
    own = OWN[who]
    path = adopt(own.make(tmp_path / "own.xlsx"), now=NOW).path
    book = loaded(path)
    change(book, own)
    book.save(path)
    script = """
doc.calculateAll()
result = doc.NamedRanges.getByName("DataChanged").getReferredCells().String
"""
    assert libreoffice.run(path, script, macros=False) == said
    refresh(path, now=NOW)
    assert libreoffice.run(path, script, macros=False) == ""


def test_a_workbook_with_macros_of_ours_has_values(tmp_path: Path) -> None:
    path = adopt(german(tmp_path / "own.xlsx"), macros=True, now=NOW).path
    assert not open_book(path).has_sheet("_Facts")
    assert loaded(path)["Kunden"]["F4"].value == "Active"


def test_rows_that_are_no_clients_have_no_segment(tmp_path: Path) -> None:
    path = german(tmp_path / "own.xlsx")
    book = loaded(path)
    sheet = book["Kunden"]
    sheet["A10"], sheet["B10"] = "A1", "Alder & Co"  # once more
    book.save(path)
    copy = adopt(path, now=NOW).path
    result = refresh(copy, now=NOW)
    assert len(result.clients) == len(PEOPLE)
    assert open_book(copy).sheet_values("Kunden")[9][5] is None
