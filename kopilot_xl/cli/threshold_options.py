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
    _option("--active-months", "MONTHS", t("How long a client is Active after its last invoice. Default: 4.")),
]
SleepingMonths = Annotated[
    int | None,
    _option("--sleeping-months", "MONTHS", t("How long it is Sleeping Away at most. Default: 8.")),
]
HorizonMonths = Annotated[
    int | None,
    _option("--horizon-months", "MONTHS", t("How far ahead planned revenue counts as coming. Default: 12.")),
]
LifespanDays = Annotated[
    int | None,
    _option("--lifespan-days", "DAYS", t("How long after its last invoice a client is Lost. Default: 400.")),
]
LeavingDays = Annotated[
    int | None,
    _option(
        "--leaving-days", "DAYS", t("How long before it would be Lost a client without plans is Leaving. Default: 30.")
    ),
]
InaccuratePercent = Annotated[
    float | None,
    _option(
        "--inaccurate-percent",
        "PERCENT",
        t("The share of clients without activity from which a portfolio is Inaccurate. Default: 25."),
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
