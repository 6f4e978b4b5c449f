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
    from kopilot_xl.domain.forecast import Forecast
    from kopilot_xl.domain.sales import Prepared
    from kopilot_xl.usecases.forecast import Foretold


def read_for_forecast(screen: Screen, found: Foretold) -> None:
    """Show how files were read, every problem in them, and why there is no seasonal model."""
    choices(screen, found.choices)
    show_problems(screen, found.problems)
    if found.missing:
        screen.line(Text(found.missing, "dim"))


def foretold(screen: Screen, found: Foretold) -> None:
    """Show what is expected month by month, and how far each scenario was off."""
    told, months = found.forecast, found.prepared
    screen.line(Text.assemble((forecast.note(told, months), "bold")))
    for line in forecast.explanation(told):
        screen.line(line, indent=2)
    if told.expected is not None:
        screen.line()
        screen.show(_months_ahead(told, months), indent=2)
        screen.line()
        screen.show(_scenarios(told), indent=2)
    for each in told.lines.values():
        if each.lacks:
            screen.line(Text(f"{each.scenario}: {each.lacks}", "dim"), indent=2)


def _months_ahead(told: Forecast, months: Sequence[Prepared]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(t("Month"), no_wrap=True)
    for header in (t("Expected"), t("At least"), t("At most"), t("Planned"), t("To call")):
        table.add_column(header, justify="right")
    ends = told.band.low, told.band.high
    for at, (month, expected) in enumerate(zip(told.months, told.expected or (), strict=True)):
        low, high = (_whole(each[at]) for each in ends)
        planned = months[at]
        table.add_row(
            formatting.month(month),
            formatting.whole(expected),
            low,
            high,
            formatting.whole(planned.total),
            f"{planned.to_call:,}",
        )
    return table


def _scenarios(told: Forecast) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(t("Scenario"), no_wrap=True)
    for header in (t("12 months"), t("Year lands at"), t("Off by"), t("of a month"), t("MASE"), t("Past dates")):
        table.add_column(header, justify="right")
    for each in told.lines.values():
        checked = each.accuracy
        table.add_row(
            each.scenario.value,
            _whole(sum(each.values) if each.values is not None else None),
            _whole(each.landing),
            _whole(checked.error if checked else None),
            "" if checked is None or checked.share is None else formatting.share(checked.share),
            "" if checked is None or checked.mase is None else f"{checked.mase:.2f}",
            f"{checked.dates}" if checked else "",
            style="bold" if each.scenario is told.chosen else "",
        )
    return table


def _whole(value: float | None) -> str:
    return "" if value is None else formatting.whole(value)
