"""The options that set the thresholds of the segmentation where there is no workbook, or instead of its Settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from kopilot_xl.texts import t


def _option(name: str, metavar: str, what: str) -> Any:
    return typer.Option(name, metavar=metavar, help=what, show_default=False)


ActiveMonths = Annotated[
    int | None,
    _option("--active-months", "MONTHS", t("How long after its last invoice a client is Active. Without it: 4.")),
]
SleepingMonths = Annotated[
    int | None,
    _option("--sleeping-months", "MONTHS", t("How long it is at most Sleeping Away. Without it: 8.")),
]
HorizonMonths = Annotated[
    int | None,
    _option("--horizon-months", "MONTHS", t("How far ahead planned revenue counts as coming. Without it: 12.")),
]
LifespanDays = Annotated[
    int | None,
    _option("--lifespan-days", "DAYS", t("How long after its last invoice a client is not Lost. Without it: 400.")),
]
LeavingDays = Annotated[
    int | None,
    _option("--leaving-days", "DAYS", t("How long before its end a client without plans is Leaving. Without it: 30.")),
]
InaccuratePercent = Annotated[
    float | None,
    _option(
        "--inaccurate-percent",
        "PERCENT",
        t("From which share of clients without activity on a portfolio is Inaccurate. Without it: 25."),
    ),
]


def thresholds(
    active_months: int | None,
    sleeping_months: int | None,
    horizon_months: int | None,
    lifespan_days: int | None,
    leaving_days: int | None,
    inaccurate_percent: float | None,
) -> dict[str, float]:
    """Return the thresholds that were given, by their names in `Rules`."""
    given = {
        "active_months": active_months,
        "sleeping_months": sleeping_months,
        "horizon_months": horizon_months,
        "lifespan_days": lifespan_days,
        "leaving_days": leaving_days,
        "inaccurate_share": None if inaccurate_percent is None else inaccurate_percent / 100,
    }
    return {name: value for name, value in given.items() if value is not None}


@contextmanager
def naming_the_option() -> Iterator[None]:
    """Name the option to mend where thresholds contradict one another.

    Raises:
        typer.BadParameter: they do.
    """
    from kopilot_xl.domain.rules import RuleError

    try:
        yield
    except RuleError as error:
        name = {"inaccurate_share": "inaccurate-percent"}.get(error.field, error.field.replace("_", "-"))
        raise typer.BadParameter(f"{error}.", param_hint=f"--{name}") from None
