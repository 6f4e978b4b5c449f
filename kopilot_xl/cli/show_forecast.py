"""A forecast on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kopilot_xl.cli.screen import Screen
from kopilot_xl.cli.show_imports import choices
from kopilot_xl.cli.show_portfolio import show_problems
from kopilot_xl.domain import formatting
from kopilot_xl.texts import t
from kopilot_xl.workbook.sheets import forecast

if TYPE_CHECKING:
    from kopilot_xl.domain.forecasting import Forecast
    from kopilot_xl.domain.sales import Prepared
    from kopilot_xl.usecases.forecast import Foretold


def read_for_forecast(screen: Screen, found: Foretold) -> None:
    """Show how files were read, and every problem in them."""
    choices(screen, found.choices)
    show_problems(screen, found.problems)


def foretold(screen: Screen, found: Foretold) -> None:
    """Show what is expected month by month, and how far each rule was off."""
    told, months = found.forecast, found.prepared
    screen.line(Text.assemble((forecast.note(told, months), "bold")))
    for name, text in forecast.facts(told, months, found.clients).items():
        screen.line(f"{name}: {text}", indent=2)
    if told.mix is not None:
        screen.line()
        screen.show(_months_ahead(told, months), indent=2)
        screen.line()
        screen.show(_rules(told), indent=2)


def _months_ahead(told: Forecast, months: Sequence[Prepared]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(t("Month"), no_wrap=True)
    for header in (t("Expected"), t("At least"), t("At most"), t("Planned"), t("To call")):
        table.add_column(header, justify="right")
    nothing = [None] * len(told.months)
    rows = zip(told.months, told.expected or nothing, told.low or nothing, told.high or nothing, months, strict=True)
    for month, expected, low, high, planned in rows:
        table.add_row(
            formatting.month(month),
            _whole(expected),
            _whole(low),
            _whole(high),
            formatting.whole(planned.total),
            f"{planned.to_call:,}",
        )
    return table


def _rules(told: Forecast) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(t("What is mixed"), no_wrap=True)
    headers = (t("Share"), t("12 months"), t("Year ends at"), t("A month off by"), t("A year off by"), t("Past dates"))
    for header in headers:
        table.add_column(header, justify="right")
    lines = [*([(t("Mixed"), told.mix)] if told.mix else []), *told.rules.items()]
    for name, line in lines:
        checked = line.accuracy
        table.add_row(
            str(name),
            formatting.share(line.share),
            _whole(sum(line.months)),
            _whole(line.landing),
            _whole(checked.error if checked else None),
            "" if checked is None or checked.of_total is None else formatting.share(checked.of_total),
            f"{checked.dates}" if checked else "",
            style="bold" if line is told.mix else "",
        )
    return table


def _whole(value: float | None) -> str:
    return "" if value is None else formatting.whole(value)
