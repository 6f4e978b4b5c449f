"""The workbooks are what their sources build, every time to the byte."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator
from pyopenvba import ExcelFile
from pyopenvba.cfb import CFB

from kopilot_xl.usecases.sample import rebuild
from kopilot_xl.workbook.file.grafting.macros import _is_own_code
from kopilot_xl.workbook.file.grafting.vba_project import NO_CACHE
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, build
from tests.invariants import assert_sound
from tests.workbook.template.audit_baseline import is_known


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        return {each: package.read(each) for each in package.namelist()}


def text(path: Path, part: str) -> str:
    return parts(path)[part].decode()


def test_the_committed_file_has_the_parts_its_sources_build(shipped: Path, built: dict[Path, Path]) -> None:
    kept, made = parts(shipped), parts(built[shipped])
    assert list(kept) == list(made)
    assert [each for each in kept if kept[each] != made[each]] == []


def test_two_builds_are_the_same_to_the_byte(built: dict[Path, Path], tmp_path: Path) -> None:
    made = {each: tmp_path / each.name for each in built}
    build.build_template(made[build.TEMPLATE])
    build.build_template(made[MACRO_FREE_TEMPLATE])
    rebuild.build_sample(made[build.TEMPLATE], made[rebuild.SAMPLE])
    for each, path in made.items():
        assert path.read_bytes() == built[each].read_bytes()


def test_check_names_the_file_that_differs(
    built: dict[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.xlsm"
    other.write_bytes(b"something else")
    monkeypatch.setattr(rebuild, "TEMPLATE", built[build.TEMPLATE])
    monkeypatch.setattr(rebuild, "SAMPLE", other)
    assert rebuild.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert str(other) in told
    assert str(build.TEMPLATE) not in told


def test_check_is_content_with_what_was_just_built(
    built: dict[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TEMPLATE", "MACRO_FREE_TEMPLATE", "SAMPLE"):
        kept = tmp_path / getattr(rebuild, name).name
        shutil.copyfile(built[getattr(rebuild, name)], kept)
        monkeypatch.setattr(rebuild, name, kept)
    assert rebuild.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_nothing_in_it_tells_when_it_was_built_or_by_whom(shipped: Path) -> None:
    with zipfile.ZipFile(shipped) as package:
        assert {each.date_time for each in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    core = text(shipped, "docProps/core.xml")
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2026-01-01T00:00:00Z"}
    assert re.findall(r"<(?:\w+:)?title[^>]*>([^<]*)", core) == ["Client portfolio"]
    assert set(re.findall(r"<(?:\w+:)?(?:creator|lastModifiedBy)[^>]*>([^<]*)", core)) == {"Kopilot XL"}


def test_it_says_it_is_excels_so_that_stored_values_are_believed(shipped: Path) -> None:
    assert "<Application>Microsoft Excel</Application>" in text(shipped, "docProps/app.xml")


def test_opening_it_recalculates_nothing(shipped: Path) -> None:
    workbook = text(shipped, "xl/workbook.xml")
    assert 'calcId="191029"' in workbook
    assert "fullCalcOnLoad" not in workbook
    assert "xl/calcChain.xml" not in parts(shipped)


def test_it_keeps_excels_rules(shipped: Path) -> None:
    assert_sound(shipped)


def test_the_validator_finds_nothing_new(shipped: Path) -> None:
    found = OpenXmlValidator().validate(str(shipped)).errors
    assert [
        f"{each.part_uri}: {each.description}" for each in found if not is_known(each.part_uri, each.description)
    ] == []


def test_a_later_version_will_know_the_workbooks_own_module_for_ours() -> None:
    with ExcelFile(build.TEMPLATE) as file:
        body = str(file.vba_project().get_module(build.WORKBOOK_MODULE).body)
    assert not _is_own_code(body)
    assert _is_own_code(body + "\n' a line of the owner's own")


def test_the_macros_carry_no_compiled_code(committed: Path) -> None:
    project = CFB.from_bytes(parts(committed)[build.VBA_PART])
    assert project.get_stream_in_storage("VBA", "_VBA_PROJECT") == NO_CACHE
    assert [name for name in project.list_streams_in_storage("VBA") if name.startswith("__SRP_")] == []
