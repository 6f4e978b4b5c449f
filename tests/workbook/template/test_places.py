"""The macro that says where everything is: the same as the engine of the other tests, in a shape that COM passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.live.book_map import MACRO, BookMap
from kopilot_xl.workbook.template import build
from tests.excel import stand_in as engine
from tests.portfolios import make_portfolio
from tests.workbook.template.stand_in import excel, from_vba


def test_it_says_what_the_engine_of_the_other_tests_does(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    theirs = BookMap.of(engine.App(engine.StandIn(path))._map())
    found = BookMap.of(from_vba(excel(path).run(MACRO)))
    assert [sheet.name for sheet in found.sheets] == [sheet.name for sheet in theirs.sheets]
    assert len(found.sheets) > 10
    assert found.tables == theirs.tables
    assert {table.name for table in found.tables} > {"Clients", "Transactions", "Actions"}
    assert found.names == {name: cells for name, cells in theirs.names.items() if "!" not in name}
    assert found.names["asof"].startswith("=Settings!")


def test_it_knows_totals_headings_and_protection(tmp_path: Path) -> None:
    host = excel(build.TEMPLATE)
    host.run("ShowTotals", "Transactions", True)
    host.run("Protect", "Portfolio")
    found = BookMap.of(from_vba(host.run(MACRO)))
    assert {table.name for table in found.tables if table.show_totals} == {"Transactions"}
    assert {sheet.name for sheet in found.sheets if sheet.is_protected} == {"Portfolio"}
    assert all(table.show_headers for table in found.tables)


def test_what_another_version_of_it_answers_is_not_taken() -> None:
    told = BookMap.of([["sheet", "One", "", "$A$1:$C$9", True, False], ["name", "AsOf", "", "=One!$A$1", False, False]])
    assert (told.sheets[0].used, told.sheets[0].is_protected, told.names) == (
        Area(1, 1, 9, 3),
        True,
        {"asof": "=One!$A$1"},
    )
    for other in ([["view", "One", "", "$A$1", False, False]], [["sheet", "One"]]):
        with pytest.raises(ValueError, match=r"tells of|expected"):
            BookMap.of(other)
