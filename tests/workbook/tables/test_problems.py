"""How a finding reads, and the codes that docs/problems.md explains."""

from __future__ import annotations

import re
from pathlib import Path

from kopilot_xl.workbook.tables.problems import NOTICES, Code, Kind, Problem, about_sheet, count

DOCUMENT = Path(__file__).parents[3] / "docs" / "problems.md"


def test_a_finding_names_its_cell_as_closely_as_it_can() -> None:
    def place(row: int | None, letter: str | None) -> str:
        return Problem(Code.UNREADABLE_DATE, "Transactions", row, "Issue date", letter, "x", "Bad.", "Left out.").place

    assert [place(17, "B"), place(17, None), place(None, None)] == [
        "Transactions!B17", "Transactions, row 17", "Transactions",
    ]  # fmt: skip


def test_problems_and_notices_are_counted_apart() -> None:
    found = [
        about_sheet(Code.NO_CLIENTS, "Clients", "There are no clients."),
        Problem(Code.MISSING_ID, "Clients", 2, "", None, "", "", ""),
    ]
    assert (count(found, Kind.PROBLEM), count(found, Kind.NOTICE)) == (1, 1)


def test_the_document_explains_every_code_once_and_no_other() -> None:
    """Each row of its two tables holds a code, its meaning and the way out."""
    problems, notices = DOCUMENT.read_text("utf-8").split("## Notices")
    for text, codes in ((problems, set(Code) - NOTICES), (notices, NOTICES)):
        rows = [re.split(r" *\| *", line.strip("| ")) for line in text.splitlines() if line.startswith("| `")]
        assert [row[0].strip("`") for row in rows] == sorted(codes)
        assert all(len(row) == 3 and all(row) for row in rows)
