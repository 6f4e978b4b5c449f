"""One identity for ids: the macros and Python's domain hold the same ids for the same, whatever their letters."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.domain.ids import client_key
from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.usecases.upgrade.in_place import upgrade
from kopilot_xl.workbook.sheets import snapshot
from kopilot_xl.workbook.template import vba_letters
from tests import libreoffice
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, make_portfolio
from tests.workbook.template.stand_in import as_array, excel
from tests.workbook.template.test_macros import evaluate
from tests.workbooks import make

IDS = [
    "οδος", "ΟΔΟΣ ΑΒ", "Παπαδόπουλος", "µTech", "İstanbul", "ıspanak", "Straße", "STRASSE 2", "ẞ9", "ﬁ1", "ŉ1", "Ǆ1",
    "Éclair", "ПРИВЕТ", "ＦＵＬＬ", "ǰ", "ᾳ", "ß", "Kelvin K", "Ω1", "\U00010400 1", "Ꭰ1", "ΰ", "12.0", "007",
]  # fmt: skip
"""Ids whose letters LCase and casefold do not change alike, and some that they do."""
LOOKED_UP = {
    "ΟΔΟΣ": "οδος", "οδος αβ": "ΟΔΟΣ ΑΒ", "ΠΑΠΑΔΌΠΟΥΛΟΣ": "Παπαδόπουλος", "μTECH": "µTech", "i̇stanbul": "İstanbul",
    "STRASSE": "Straße", "ss9": "ẞ9", "FI1": "ﬁ1", "ʼN1": "ŉ1", "ǆ1": "Ǆ1", "éclair": "Éclair",
    "\U00010428 1": "\U00010400 1", " ꭰ1 ": "Ꭰ1", "12": "12.0", "ispanak": None, "7": None,
}  # fmt: skip
"""What a formula may name a client by, and which client that is; None for one that is not there."""


def letters() -> list[int]:
    """Every character that case folding touches: what it changes, and what it changes it into."""
    touched = set()
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or code in vba_letters.LATER:
            continue
        folded = chr(code).casefold()
        if folded != chr(code):
            touched |= {code, *map(ord, folded)}
        touched |= {
            ord(each) for variant in (chr(code).upper(), chr(code).lower()) if variant != chr(code) for each in variant
        }
    return sorted(touched - vba_letters.LATER)


KEYS = """
Option Explicit

Public Function KeysOf(ids As Variant) As String
    Dim i As Long
    For i = LBound(ids) To UBound(ids)
        KeysOf = KeysOf & "|" & ClientKey(ids(i, 0))
    Next i
End Function
"""


@pytest.fixture(scope="module")
def host() -> Any:
    opened = excel(rebuild.SAMPLE)
    opened.add_module(KEYS, name="Keys", kind="standard")
    return opened


def as_units(text: str) -> str:
    """A text as VBA has it: characters beyond the first plane as two."""
    return "".join(chr(int.from_bytes(pair, "little")) for pair in _pairs(text.encode("utf-16-le")))


def _pairs(data: bytes) -> list[bytes]:
    return [data[at : at + 2] for at in range(0, len(data), 2)]


def keys_of(host: Any, ids: list[str]) -> list[str]:
    """What the macros compare ids by."""
    return whole(str(host.run("KeysOf", as_array([[as_units(each)] for each in ids])))).split("|")[1:]


def whole(text: str) -> str:
    """A text of VBA as Python has it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def test_every_letter_of_unicode_that_case_touches_has_pythons_key(host: Any) -> None:
    codes = letters()
    assert len(codes) > 2_800
    differing = []
    for start in range(0, len(codes), 400):
        ids = [f"x{chr(code)}.0" for code in codes[start : start + 400]]
        keys = keys_of(host, ids)
        differing += [(each, key) for each, key in zip(ids, keys, strict=True) if key != client_key(each)]
    assert differing == []


def test_ids_are_one_in_the_macros_exactly_where_they_are_one_in_python(host: Any) -> None:
    ids = [variant for each in IDS for variant in (each, each.upper(), each.lower(), each.title(), f" {each}\t")]
    keys = keys_of(host, ids)
    ours, theirs = defaultdict(set), defaultdict(set)
    for each, key in zip(ids, keys, strict=True):
        ours[key].add(each)
        theirs[client_key(each)].add(each)
    assert sorted(map(sorted, ours.values())) == sorted(map(sorted, theirs.values()))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A refreshed workbook with an invoice for each of the ids, and its Segment as the refresh wrote it."""
    people = [[each, *CLIENTS[0][1:]] for each in IDS]
    invoices = [[each, *TRANSACTIONS[0][1:]] for each in IDS]
    path = make_portfolio(tmp_path / "ids.xlsm", people, invoices)
    assert refresh(open_book(path), AS_OF, now=NOW).summary.size == len(IDS)
    return path


def test_the_macros_find_every_client_of_the_stored_refresh(book: Path) -> None:
    host = excel(book)
    for row, each in enumerate(IDS, 2):
        assert evaluate(host, f'SEGMENT(Worksheets("Clients").Range("A{row}"))') not in ("", None), each
        assert "2042" not in repr(evaluate(host, f'SEGMENT(Worksheets("Clients").Range("A{row}"))')), each
    for asked, meant in LOOKED_UP.items():
        host.run("Edit", "Guide", "Z9", as_units(asked) if not asked.isdigit() else f"'{asked}")
        answer = evaluate(host, 'SEGMENT(Worksheets("Guide").Range("Z9"))')
        assert ("2042" in repr(answer)) == (meant is None), asked


def test_ids_travel_as_they_are_written(book: Path) -> None:
    rows = open_book(book).sheet_values(snapshot.SHEET)[snapshot.FIRST_CLIENT_ROW - 1 :]
    assert [row[0] for row in rows] == IDS
    stored = snapshot.read(open_book(book))
    assert stored
    assert set(stored.segments) == {client_key(each) for each in IDS}


IN_LIBREOFFICE = """
clients = doc.Sheets.getByName("Clients")
guide = doc.Sheets.getByName("Guide")
stored = [clients.getCellByPosition(3, row).String for row in range(1, {count} + 1)]
doc.calculateAll()
computed = [clients.getCellByPosition(3, row).String for row in range(1, {count} + 1)]
found = []
for at, asked in enumerate({asked!r}):
    guide.getCellByPosition(25, 60 + at).String = asked
    cell = guide.getCellByPosition(26, 60 + at)
    cell.Formula = "=SEGMENT(Z%d)" % (61 + at)
    found.append(cell.String)
result = [stored, computed, found]
"""


@pytest.mark.libreoffice
@pytest.mark.usefixtures("office")
def test_libreoffice_finds_them_too(book: Path) -> None:
    stored, computed, found = libreoffice.run(book, IN_LIBREOFFICE.format(count=len(IDS), asked=list(LOOKED_UP)))
    assert computed == stored
    assert {"", "Error 2042"}.isdisjoint(stored)
    assert ["Error 2042" in each for each in found] == [meant is None for meant in LOOKED_UP.values()]


def test_two_clients_of_one_key_are_answered_for_by_none(book: Path) -> None:
    host = excel(book)
    host.run("Edit", snapshot.SHEET, f"A{snapshot.FIRST_CLIENT_ROW + 1}", IDS[0])
    assert "2042" in repr(
        evaluate(host, f'SEGMENT(Worksheets("{snapshot.SHEET}").Range("A{snapshot.FIRST_CLIENT_ROW}"))')
    )
    assert evaluate(host, 'SEGMENT("007")') == "Active"


@pytest.mark.parametrize("earlier", sorted(Path(make.__file__).parent.glob("*.xlsm")), ids=lambda path: path.stem)
def test_a_workbooks_own_macros_read_what_a_refresh_writes_until_it_is_upgraded(earlier: Path, tmp_path: Path) -> None:
    path = tmp_path / earlier.name
    path.write_bytes(earlier.read_bytes())
    refresh(open_book(path), AS_OF, now=NOW)
    rows = open_book(path).sheet_values(snapshot.SHEET)
    assert rows[0][:2] == [snapshot.MARK, 1]
    keys = [row[0] for row in rows[snapshot.FIRST_CLIENT_ROW - 1 :]]
    assert keys == [client_key(each) for each in keys]
    before = snapshot.read(open_book(path))
    upgrade(path, backup=False)
    assert open_book(path).sheet_values(snapshot.SHEET)[0][:2] == [snapshot.MARK, snapshot.FORMAT]
    assert snapshot.read(open_book(path)) == before
    refresh(open_book(path), AS_OF, now=NOW)
    rows = open_book(path).sheet_values(snapshot.SHEET)
    assert rows[0][:2] == [snapshot.MARK, snapshot.FORMAT]
    assert [row[0] for row in rows[snapshot.FIRST_CLIENT_ROW - 1 :]] != keys


def test_a_workbook_of_the_first_version_that_was_never_refreshed_says_no_format(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    book = openpyxl.load_workbook(path, keep_vba=True)
    book[snapshot.SHEET]["A1"] = book[snapshot.SHEET]["B1"] = None
    book.save(path)
    refresh(open_book(path), AS_OF, now=NOW)
    assert open_book(path).sheet_values(snapshot.SHEET)[0][:2] == [snapshot.MARK, 1]
