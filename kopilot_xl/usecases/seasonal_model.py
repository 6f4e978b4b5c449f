"""The seasonal model of a forecast: exponential smoothing by statsmodels, imported only when it is asked for."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from kopilot_xl.domain.sales import YEAR
from kopilot_xl.domain.scenarios import Model, Months, Scenario
from kopilot_xl.errors import KopilotError

NOT_INSTALLED = 'The seasonal model needs the library statsmodels. Install it with: pip install "kopilot-xl[forecast]".'


class _Form(NamedTuple):
    """How a model is put together; None for a part it does not have."""

    error: str
    trend: str | None
    damped: bool
    seasons: str | None

    @property
    def options(self) -> dict[str, Any]:
        """The same as the library's arguments."""
        return {
            "error": self.error,
            "trend": self.trend,
            "damped_trend": self.damped,
            "seasonal": self.seasons,
            "seasonal_periods": YEAR if self.seasons else None,
        }

    def takes(self, past: Months) -> bool:
        """Whether it can be fitted to some months: what grows with the sales needs them all above zero."""
        return self.error == "add" or min(past) > 0


_FORMS = (
    *(
        _Form("add", trend, damped, seasons)
        for seasons in (None, "add")
        for trend, damped in ((None, False), ("add", False), ("add", True))
    ),
    _Form("mul", None, False, "mul"),
    _Form("mul", "add", False, "mul"),
)


def models() -> dict[Scenario, Model]:
    """Return what fits the seasonal model.

    Raises:
        KopilotError: statsmodels is not installed; the text tells how to install it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from statsmodels.tsa.exponential_smoothing.ets import ETSModel
            from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise KopilotError(NOT_INSTALLED) from error

    def ahead(pasts: Sequence[Months]) -> list[Months | None]:
        """Tell the months after each date. The model is fitted anew every 12 dates, and on the last."""
        fit: _Fit | None = None
        told = list[Months | None]()
        with threadpool_limits(1):  # so few numbers take five times as long where threads share them
            for at, past in enumerate(pasts):
                again = fit is None or at % YEAR == 0 or at == len(pasts) - 1 or not fit.form.takes(past)
                fit = _best(ETSModel, past) if again else fit and fit.later(ETSModel, past)
                told.append(fit.months if fit else None)
        return told

    return {Scenario.SEASONAL_MODEL: ahead}


@dataclass(frozen=True)
class _Fit:
    """A fitted model, of months divided by `size`, so that the fit does not depend on the currency."""

    form: _Form
    size: float
    result: Any

    def later(self, library: Any, past: Months) -> _Fit:
        """The same model, with its parameters as they are, after more months."""
        model = library([each / self.size for each in past], **self.form.options)
        return _Fit(self.form, self.size, model.smooth(self.result.params))

    @property
    def months(self) -> Months | None:
        """The 12 months ahead, not below zero; None where the model runs away."""
        months = [max(float(each), 0.0) * self.size for each in self.result.forecast(YEAR)]
        return months if all(map(math.isfinite, months)) else None


def _best(library: Any, past: Months) -> _Fit | None:
    """The fit with the least AICc; None where no form fits."""
    fits = [fit for form in _FORMS if form.takes(past) and (fit := _fitted(library, form, past))]
    return min(fits, key=lambda each: each.result.aicc, default=None)


def _fitted(library: Any, form: _Form, past: Months) -> _Fit | None:
    """A fitted model of a form; None where the library finds none."""
    size = sum(map(abs, past)) / len(past)
    if not size:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whatever it warns of shows in the criterion, and in the errors on the past
        try:
            result = library([each / size for each in past], **form.options).fit(disp=False)
        except (ValueError, ArithmeticError, RuntimeError):  # numpy's errors of linear algebra are ValueErrors
            return None
    return _Fit(form, size, result) if math.isfinite(result.aicc) else None
