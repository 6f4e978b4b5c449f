"""The Guide sheet: one page that tells what the segments mean and how the workbook is used."""

from __future__ import annotations

SHEET = "Guide"

STEPS: tuple[tuple[str, str], ...] = (
    ("1", "Keep your clients in Clients and your invoices in Transactions: paste an export, or type. "
          "Planned revenue is a transaction with the status Planned."),
    ("2", "Refresh. From a terminal: kopilot-xl refresh and the name of this workbook, closed in Excel."),
    ("3", "Read Portfolio: its shape, then whom to turn to, from the top of the list to its end."),
    ("4", "Record what you decided in Actions, one row each: plan revenue, mark lost, mark canceled, reactivate. "
          "The next refresh reads it back; to undo a decision, delete its row and refresh."),
)  # fmt: skip
"""How the workbook is used, from Monday to Monday."""

FORMULAS: tuple[tuple[str, str], ...] = (
    ("=SEGMENT(A2)", "The segment of the client whose id stands in A2."),
    ("=NEXT_ACTION(A2)", "What to do about that client, or the plan that is already there."),
    ("=LEAVES_ON(A2)", "The day that client leaves the portfolio if nothing happens."),
    ("=PORTFOLIO_SHAPE()", "The shape of the portfolio."),
    ("=SEGMENT_COUNTS()", "The histogram: each segment and its number of clients, in 7 rows and 2 columns."),
)
"""The worksheet functions. They answer from the last refresh."""

OWNERSHIP = (
    "Refresh writes only the columns Segment to Next action of Clients, Status and Detail of Actions, and the sheets "
    "Portfolio, History and Problems. Everything else is yours: add columns, sheets, charts and colours as you like."
)
