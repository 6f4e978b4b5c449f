"""The button Update from export: which files it was given, and what it says of what they brought."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kopilot_xl.errors import UsageError
from kopilot_xl.texts import t, tn
from kopilot_xl.usecases.update.update import Updated
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets.sources import CLIENTS, INVOICES, TRANSACTIONS

E_INVOICES = (".xml", ".pdf", ".zip")
"""The endings of files that hold e-invoices; all others hold tables."""


def by_kind(invoices: Sequence[Value], clients: Sequence[Value]) -> dict[str, list[str]]:
    """Return the paths that were given by what they fill: `CLIENTS`, `TRANSACTIONS` or `INVOICES`.

    Raises:
        UsageError: e-invoices and tables of invoices were given at once.
    """
    paths = [path for path in invoices if isinstance(path, str)]
    electronic = [path for path in paths if Path(path).suffix.casefold() in E_INVOICES]
    if electronic and len(electronic) < len(paths):
        raise UsageError(
            t("Nothing was changed: choose either e-invoices (XML, PDF, ZIP) or exported tables, not both at once."),
            "invoices",
        )
    lists = [path for path in clients if isinstance(path, str)]
    found = {CLIENTS: lists, TRANSACTIONS: [] if electronic else paths, INVOICES: electronic}
    return {kind: files for kind, files in found.items() if files}


def sentences(made: Updated) -> list[str]:
    """Return what an export brought to the open workbook, and what moved because of it."""
    news, currency = made.news, made.result.currency if made.result is not None else ""
    found = [t("The export brought: {news}.", news=news.words(currency)), *made.notes]
    if news.vanished:
        found.append(
            tn(
                "{count:,} transaction is no longer in it, and was kept.",
                "{count:,} transactions are no longer in it, and were kept.",
                news.vanished,
            )
        )
    if made.moved:
        found.append(tn("{count:,} client moved.", "{count:,} clients moved.", len(made.moved)))
    return found
