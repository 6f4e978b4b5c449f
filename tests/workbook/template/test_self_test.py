"""The macro that tries Excel out: what it writes where all is well, and that it says so where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from kopilot_xl.usecases.sample import rebuild
from tests.workbook.template.stand_in import StandIn, excel, from_vba, stored
from tests.workbook.template.test_macros import evaluate


@pytest.fixture
def python() -> StandIn:
    table = stored(rebuild.SAMPLE)
    return StandIn({"snapshot": lambda *_: table, "connection": lambda: "Python answers. Kopilot XL"})


def results(host: Any) -> dict[str, str]:
    """What was tried, and what came of it."""
    host.run("KopilotSelfTest")
    rows = from_vba(evaluate(host, 'Worksheets("xlwings.conf").Range("A1:D20").Value'))
    found = {str(row[0]): str(row[3]).partition(",")[0] for row in rows if row[0]}
    assert found.pop("What was tried") == "Result"
    return found


def test_where_all_is_well_it_says_so(python: StandIn) -> None:
    host = excel(rebuild.SAMPLE, python)
    python.when_recalculated = lambda: host.run("KopilotAnswer", 1001, 2, "")
    day = evaluate(host, 'ThisWorkbook.Names.Item("AsOf").RefersToRange.Formula')
    found = results(host)
    # The interpreter has no heights of rows beyond those in use: only Excel can tell of those.
    looks = {what for what, result in found.items() if result != "as it should be"}
    assert looks <= {"Rows and columns of which some are hidden"}
    assert len(found) == 9
    assert evaluate(host, 'ThisWorkbook.Names.Item("AsOf").RefersToRange.Formula') == day
    assert python.said[-1] == "shown"


def test_what_is_not_as_it_should_be_is_to_be_looked_at(python: StandIn) -> None:
    host = excel(rebuild.SAMPLE, python)
    host.run("SetExcel", "EnableEvents", "False")
    python.answers["connection"] = lambda: "No."
    found = results(host)
    assert found["Python is started anew and answers"] == "please look"
    assert found["An edit of Transactions drops the snapshot"] == "please look"
    assert found["AsOf by a formula drops the snapshot when it shows another day"] == "please look"
    assert found["Formulas are computed anew in manual mode"] == "please look"
