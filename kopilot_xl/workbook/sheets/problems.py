"""The Problems sheet: every bad cell and notice of the last refresh, worst first."""

from __future__ import annotations

from collections.abc import Sequence

from kopilot_xl.workbook.book import Book
from kopilot_xl.workbook.tables.problems import Kind, Problem
from kopilot_xl.workbook.tables.table import Column, Format, Table

KIND = Column("Kind", width=10, written=True)
SHEET = Column("Sheet", width=14, written=True)
ROW = Column("Row", Format.COUNT, width=8, written=True)
COLUMN = Column("Column", width=14, written=True)
CELL = Column("Cell", width=9, written=True)
VALUE = Column("Value", width=22, written=True, clear=True)
WRONG = Column("What is wrong", width=90, written=True, clear=True)
DONE = Column("What was done", width=44, written=True)


def _link(sheet: str, cell: str) -> str:
    """The formula that leads to a cell: blank where there is none."""
    quoted = f"""SUBSTITUTE({sheet},"'","''")"""
    return f'IF({sheet}="","",HYPERLINK("#\'"&{quoted}&"\'!"&{cell},{sheet}&"!"&{cell}))'


GO_TO = Column(
    "Go to",
    width=22,
    written=True,
    formula=_link(f"{{{SHEET.header}}}", f"{{{CELL.header}}}"),
    rule=_link(f"Problems[[#This Row],[{SHEET.header}]]", f"Problems[[#This Row],[{CELL.header}]]"),
)

TABLE = Table("Problems", (KIND, GO_TO, SHEET, ROW, COLUMN, CELL, VALUE, WRONG, DONE))


def fill(book: Book, problems: Sequence[Problem]) -> None:
    """Write one row per finding, problems before notices; one blank row when there is none."""
    ordered = sorted(problems, key=lambda problem: problem.kind is not Kind.PROBLEM)
    book.write_table(
        TABLE.name,
        {
            KIND.header: [problem.kind.value for problem in ordered],
            SHEET.header: [problem.sheet for problem in ordered],
            ROW.header: [problem.row for problem in ordered],
            COLUMN.header: [problem.column for problem in ordered],
            CELL.header: [problem.cell for problem in ordered],
            VALUE.header: [problem.value for problem in ordered],
            WRONG.header: [problem.wrong for problem in ordered],
            DONE.header: [problem.done for problem in ordered],
        },
    )
    links = [f"{problem.sheet}!{problem.cell}" for problem in ordered]
    book.write_column(TABLE.name, GO_TO.header, links or [None], formula=GO_TO.formula)
