"""A refresh changes the cells it owns and nothing else, whatever stands beside them and whoever saved the book."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from kopilot_xl import open_book, refresh
from kopilot_xl.usecases.result import RefreshResult
from tests import libreoffice
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, NOW, SEGMENTS, column
from tests.safety.comparing import assert_only_owned_cells_changed
from tests.safety.workbooks import BY_LIBREOFFICE, FEATURES, QUICK, everything, packed, part_of, unpacked
from tests.workbook.workbooks import raw_entries

needs_libreoffice = pytest.mark.skipif(libreoffice.missing() is not None, reason=str(libreoffice.missing()))
ALL = [
    *(pytest.param(*made, id=who) for who, made in QUICK.items()),
    *(
        pytest.param(*made, id=who, marks=[needs_libreoffice, pytest.mark.libreoffice])
        for who, made in BY_LIBREOFFICE.items()
    ),
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return everything(tmp_path_factory.mktemp("full") / "book.xlsm")


def refreshed(path: Path) -> RefreshResult:
    return refresh(open_book(path), now=NOW)


@pytest.mark.parametrize("feature", FEATURES)
def test_the_workbook_holds_every_feature_and_keeps_it(feature: str, full: Path, tmp_path: Path) -> None:
    where, mark = FEATURES[feature]
    out = tmp_path / "out.xlsm"
    refresh(open_book(full), output=out, now=NOW)
    for path in (full, out):
        parts = unpacked(path)
        found = [name for name in parts if re.fullmatch(where, name)] or [part_of(parts, where)]
        texts = [parts[name] for name in found]
        assert any(mark.encode() in text or mark.encode("utf-16-le") in text for text in texts), (path, found)


@pytest.mark.parametrize(("name", "make"), ALL)
def test_only_owned_cells_change(name: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / name)
    before = path.read_bytes()
    report = refreshed(path)
    assert [each.segment for each in report.clients] == SEGMENTS
    assert column(path, "Clients", "Segment") == SEGMENTS
    assert_only_owned_cells_changed(before, path)
    assert_sound(path)
    assert raw_entries(before) != raw_entries(path.read_bytes())
    once = path.read_bytes()
    refreshed(path)
    assert path.read_bytes() == once, "a second refresh gives another file"
    CalamineWorkbook.from_path(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the extensions it leaves out
        openpyxl.load_workbook(path, keep_vba=True).close()


def test_a_foreign_cell_that_changes_is_found(full: Path, tmp_path: Path) -> None:
    before = full.read_bytes()
    path = tmp_path / "book.xlsm"
    refresh(open_book(full), output=path, now=NOW)
    assert_only_owned_cells_changed(before, path)
    good = unpacked(path)
    part = part_of(good, "Clients")
    for old, new in (
        (b"<v>1.50</v>", b"<v>1.5</v>"),
        (b"<!-- kept -->", b""),
        (b"Alder", b"Older"),
        (b'objects="1"', b'objects="0"'),
    ):
        assert old in good[part]
        packed(path, {**good, part: good[part].replace(old, new, 1)})
        with pytest.raises(AssertionError):
            assert_only_owned_cells_changed(before, path)


@needs_libreoffice
@pytest.mark.libreoffice
def test_libreoffice_opens_it_and_recalculates(full: Path, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    refresh(open_book(full), AS_OF, output=path, now=NOW)
    again = libreoffice.store(path, tmp_path / "again.xlsx", "Calc MS Excel 2007 XML")
    with zipfile.ZipFile(again) as archive:
        assert archive.testzip() is None
    assert column(again, "Clients", "Next planned")[5] == column(path, "Clients", "Next planned")[5]
    assert {"Clients", "Extra", "Far away"} <= set(CalamineWorkbook.from_path(again).sheet_names)
