"""docs/workbook.md lists the sheets that workbooks have."""

from __future__ import annotations

import re
from pathlib import Path

from openpyxl import load_workbook

from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE

DOCUMENT = Path(__file__).parents[3] / "docs" / "workbook.md"


def rows(heading: str) -> set[str]:
    """The sheets that a section of the document has rows for."""
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")][2:]
    return {name.strip(" `") for cell in cells for name in re.sub(r"\(.*?\)", "", cell).split(",")}


def test_it_lists_every_sheet_where_it_is() -> None:
    sheets = {
        sheet.title: sheet.sheet_state == "visible"
        for path in (TEMPLATE, MACRO_FREE_TEMPLATE)
        for sheet in load_workbook(path).worksheets
    }
    assert rows("What can be seen") == {title for title, visible in sheets.items() if visible}
    assert rows("What is hidden") == {title for title, visible in sheets.items() if not visible}
