"""What came of adopting a workbook, on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.cli import show_imports, show_portfolio
from kopilot_xl.cli.as_json import as_json as portfolio_as_json
from kopilot_xl.cli.screen import Screen

if TYPE_CHECKING:
    from kopilot_xl.usecases.adopt.adopt import Adopted


def adopted(screen: Screen, made: Adopted) -> None:
    """Show how the tables were read, the verdict on them, the portfolio, and what was added."""
    show_imports.choices(screen, made.choices)
    show_imports.verdict(screen, made.verdict)
    screen.line()
    show_portfolio.report(screen, made.result)
    screen.line()
    for line in made.lines:
        screen.line(line)


def as_json(made: Adopted) -> dict[str, object]:
    """Return what was added and how the tables were read, in values JSON knows."""
    return {
        "book": str(made.path),
        "clients": made.clients,
        "transactions": made.transactions,
        "sheets": list(made.sheets),
        "columns": list(made.columns),
        "files": [each.as_json for each in made.choices],
        "verdict": made.verdict.as_json,
        "portfolio": portfolio_as_json(made.result, str(made.path)),
    }
