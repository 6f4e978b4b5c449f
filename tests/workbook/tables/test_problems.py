"""How a finding reads."""

from __future__ import annotations

from kopilot_xl.workbook.tables.problems import Kind, Problem, count, notice


def test_a_finding_names_its_cell_as_closely_as_it_can() -> None:
    def place(row: int | None, letter: str | None) -> str:
        return Problem(Kind.PROBLEM, "Transactions", row, "Issue date", letter, "x", "Bad.", "Left out.").place

    assert [place(17, "B"), place(17, None), place(None, None)] == [
        "Transactions!B17", "Transactions, row 17", "Transactions",
    ]  # fmt: skip


def test_problems_and_notices_are_counted_apart() -> None:
    found = [notice("Clients", "There are no clients."), Problem(Kind.PROBLEM, "Clients", 2, "", None, "", "", "")]
    assert (count(found, Kind.PROBLEM), count(found, Kind.NOTICE)) == (1, 1)
