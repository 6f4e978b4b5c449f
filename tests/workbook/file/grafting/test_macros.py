"""Our macros beside those of a workbook's owner."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest
from pyopenvba import ExcelFile
from pyopenvba.cfb import CFB

from kopilot_xl.workbook.file.grafting import Macros, Outcome, add_macros, add_ribbon
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.template import TEMPLATE
from tests.workbook.workbooks import part


def given(path: Path) -> Macros:
    target, source = Package(path), Package(TEMPLATE)
    found = add_macros(target, source)
    target.save()
    return found


def bodies(path: Path) -> dict[str, str]:
    with ExcelFile(path) as file:
        return {module.name: module.body for module in file.vba_project().modules}


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return Path(shutil.copy(TEMPLATE, tmp_path / "ours.xlsm"))


def changed(path: Path, **modules: str) -> Path:
    with ExcelFile(path) as file:
        project = file.vba_project()
        for name, body in modules.items():
            if name in project.module_names():
                project.get_module(name).body = body
            else:
                project.add_module(name, body)
        file.save(path)
    return path


def test_a_workbook_without_macros_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "plain.xlsx"
    openpyxl.Workbook().save(path)
    assert given(path) == Macros(Outcome.ADDED)
    made = path.rename(tmp_path / "plain.xlsm")
    ours = {name: body for name, body in bodies(TEMPLATE).items() if body.strip()}
    assert bodies(made) == ours, "the modules of the template's sheets are none of this workbook's"
    project = CFB.from_bytes(part(made, "xl/vbaProject.bin"))
    assert b"Document=Sheet" not in bytes(project.get_stream("PROJECT"))
    assert given(made).outcome is Outcome.SAME
    assert Package(made).content_type("xl/workbook.xml") == "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert b'codeName="ThisWorkbook"' in part(made, "xl/workbook.xml")


def test_the_same_macros_stay(ours: Path) -> None:
    before = ours.read_bytes()
    assert given(ours) == Macros(Outcome.SAME)
    assert ours.read_bytes() == before


def test_earlier_ones_are_replaced_and_those_of_the_owner_stay(ours: Path) -> None:
    mine = "Option Explicit\r\nSub Mine()\r\nEnd Sub\r\n"
    changed(ours, KopilotIds="Option Explicit\r\n", Mine=mine, KopilotGone="Option Explicit\r\n")
    assert given(ours) == Macros(Outcome.REPLACED, kept=("Mine",))
    found = bodies(ours)
    assert found.pop("Mine").strip() == mine.strip()
    assert {name: body.strip() for name, body in found.items()} == {
        name: body.strip() for name, body in bodies(TEMPLATE).items()
    }


def test_code_of_the_owner_in_the_workbooks_module_leaves_all_as_it_is(ours: Path) -> None:
    changed(ours, ThisWorkbook="Private Sub Workbook_Open()\r\nMsgBox 1\r\nEnd Sub\r\n", KopilotIds="' old\r\n")
    before = ours.read_bytes()
    found = given(ours)
    assert found.outcome is Outcome.LEFT
    assert "ThisWorkbook has code of your own" in found.reason
    assert ours.read_bytes() == before


def test_an_empty_module_of_the_workbook_gets_ours(ours: Path) -> None:
    changed(ours, ThisWorkbook="Option Explicit\r\n", KopilotIds="' old\r\n")
    assert given(ours).outcome is Outcome.REPLACED
    assert "KopilotOpened" in bodies(ours)["ThisWorkbook"]


def test_a_damaged_project_is_left(ours: Path) -> None:
    target = Package(ours)
    target.replace("xl/vbaProject.bin", b"nothing")
    target.save()
    found = given(ours)
    assert found.outcome is Outcome.LEFT
    assert "cannot be read" in found.reason


def test_the_ribbon(tmp_path: Path, ours: Path) -> None:
    path = tmp_path / "plain.xlsx"
    openpyxl.Workbook().save(path)
    target, source = Package(path), Package(TEMPLATE)
    assert add_ribbon(target, source)
    target.save()
    assert part(path, "customUI/customUI.xml") == part(TEMPLATE, "customUI/customUI.xml")
    again = Package(path)
    assert add_ribbon(again, source)
    assert again.to_bytes() == path.read_bytes()


def test_a_ribbon_of_the_owner_stays(ours: Path) -> None:
    target = Package(ours)
    target.replace("customUI/customUI.xml", b"<customUI/>")
    target.save()
    before = ours.read_bytes()
    again = Package(ours)
    assert not add_ribbon(again, Package(TEMPLATE))
    assert again.to_bytes() == before
