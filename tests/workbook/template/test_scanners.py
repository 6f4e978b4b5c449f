"""What scanners of macros say of the workbook: no more than the docs say, and every sheet has its module."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pyopenvba import ExcelFile
from pyopenvba.cfb import CFB

from kopilot_xl.workbook.template import build
from tests.workbook.template.test_build import parts

DOCS = Path(__file__).parents[3] / "docs" / "excel.md"


def documented() -> set[str]:
    """The keywords in the table of the docs."""
    text = DOCS.read_text(encoding="utf-8")
    table = text[text.index("| Keyword |") :]
    rows = table[: table.index("\n\n")].splitlines()[2:]
    return {word for row in rows for word in re.findall("`([^`]+)`", row.split("|")[1])}


def scanned(scanner: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"oletools.{scanner}", *options, str(build.TEMPLATE)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_olevba_lists_what_the_docs_explain_and_nothing_else() -> None:
    (found,) = [part for part in json.loads(scanned("olevba", "-j").stdout) if "analysis" in part]
    assert {each["keyword"] for each in found["analysis"]} == documented()
    assert {each["type"] for each in found["analysis"]} == {"AutoExec", "Suspicious", "IOC"}


def test_mraptor_says_what_the_docs_say() -> None:
    done = scanned("mraptor")
    assert done.returncode == 20
    assert re.search(r"SUSPICIOUS *\| *A-X *\|", done.stdout)
    assert "*SUSPICIOUS, A-X*" in DOCS.read_text(encoding="utf-8")


def test_every_sheet_has_a_code_name_and_a_document_module_of_it(committed: Path) -> None:
    book = load_workbook(committed, keep_vba=True)
    names = [sheet.sheet_properties.codeName for sheet in book.worksheets]
    assert len(names) == len(set(names)) == len(book.worksheets) > 10
    project = CFB.from_bytes(parts(committed)[build.VBA_PART])
    lines = bytes(project.get_stream("PROJECT")).decode("ascii").splitlines()
    documents = [line.removeprefix("Document=").partition("/")[0] for line in lines if line.startswith("Document=")]
    assert documents == [build.WORKBOOK_MODULE, *names]
    assert not [line for line in lines if line.startswith("Class=")]
    with ExcelFile(committed) as file:
        for name in names:
            module = file.vba_project().get_module(str(name))
            assert "0{00020820-0000-0000-C000-000000000046}" in module.source
            assert module.body.strip() == ""


@pytest.mark.parametrize("word", ["Shell", "CreateObject", "GetObject", "Kill ", "URLDownload", "powershell"])
def test_no_word_of_the_sources_is_taken_for_what_it_is_not(word: str) -> None:
    assert [name for name, source in build.modules().items() if re.search(rf"\b{word}", source, re.IGNORECASE)] == []
