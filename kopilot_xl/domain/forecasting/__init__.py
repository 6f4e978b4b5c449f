"""The forecast of the next twelve months: three rules, mixed by how far each was off on the firm's own past."""

from kopilot_xl.domain.forecasting.bands import SURE, Held
from kopilot_xl.domain.forecasting.expected import Expectation
from kopilot_xl.domain.forecasting.forecast import Accuracy, Forecast, Line, Total, forecast
from kopilot_xl.domain.forecasting.mixing import FEWEST_MONTHS, Rule
from kopilot_xl.domain.forecasting.months import YEAR, Past, Row, ends_month, first_day, month_of

__all__ = [
    "FEWEST_MONTHS",
    "SURE",
    "YEAR",
    "Accuracy",
    "Expectation",
    "Forecast",
    "Held",
    "Line",
    "Past",
    "Row",
    "Rule",
    "Total",
    "ends_month",
    "first_day",
    "forecast",
    "month_of",
]
