"""From what was read to what is known: where each client stands on a day, who moved, and what lies ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from kopilot_xl.domain.actions import ClientHistory, Plan, ReplayedLog, Transaction, replay
from kopilot_xl.domain.activity import Status, client_activity
from kopilot_xl.domain.forecast import Forecast, forecast
from kopilot_xl.domain.movements import Baseline, Movements, movements
from kopilot_xl.domain.outlook import STEPS, Cohorts, Outlook, Pipeline, Projection, expected_churn
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.sales import Prepared, monthly_sales, prepared
from kopilot_xl.domain.scenarios import Model, Scenario
from kopilot_xl.errors import KopilotError
from kopilot_xl.usecases import seasonal_model
from kopilot_xl.usecases.inputs import Inputs
from kopilot_xl.workbook.sheets import clients

if TYPE_CHECKING:
    import polars

_FIRST_DAY = date(1970, 1, 1).toordinal()
"""The day that Polars counts from."""


class Computation:
    """What can be computed from the rows of a book, on the as-of date or any other day.

    The frames are made once, whatever the number of days looked at.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs

    @cached_property
    def folded(self) -> ReplayedLog:
        """The action log as of the day."""
        return self._fold(self.inputs.as_of)

    @cached_property
    def clients(self) -> list[Client]:
        """Where each client stands as of the day, in the order of the Clients table."""
        return self._states(self.inputs.as_of, self.folded)

    @cached_property
    def summary(self) -> Summary:
        """The portfolio in figures."""
        return Summary.of(self.clients, self.inputs.settings.rules)

    def summary_on(self, day: date) -> Summary:
        """Return the portfolio in figures on another day, reconstructed from today's rows."""
        return Summary.of(self._states(day, self._fold(day)), self.inputs.settings.rules)

    def earlier(self, since: date) -> Baseline:
        """Return where each client stood on an earlier day, reconstructed from today's rows."""
        states = self._states(since, self._fold(since))
        return Baseline(since, {each.key: each.segment for each in states}, reconstructed=True)

    def moved_since(self, earlier: Baseline) -> Movements:
        """Return who moved since an earlier day."""
        return movements(earlier, self.clients, self.inputs.as_of)

    def outlook(self) -> Outlook:
        """Return what becomes of the portfolio if nobody acts, and if all plans come true."""
        as_of, rules = self.inputs.as_of, self.inputs.settings.rules
        stored = self._stored()
        crowd = Cohorts.of(self.clients, stored.keys() | self._dossiers.keys())
        ahead: dict[str, Pipeline] = {}
        futures: list[tuple[Projection, Projection]] = []
        for days in STEPS:
            then = self._fold(as_of + timedelta(days=days))
            ahead = _with_plans(stored, then.plans, as_of)
            futures.append(crowd.projections(ahead, then.marks, as_of, days, rules))
        nobody, plans = zip(*futures, strict=True)
        return Outlook(as_of, nobody, plans, expected_churn(self.clients, ahead, as_of, rules))

    @cached_property
    def models(self) -> Mapping[Scenario, Model]:
        """What fits the seasonal model, where the settings ask for it and its library is installed."""
        if not self.inputs.settings.seasonal_model:
            return {}
        try:
            return seasonal_model.models()
        except KopilotError:
            return {}

    @cached_property
    def forecast(self) -> Forecast:
        """The next twelve months, by every scenario."""
        return forecast(monthly_sales(self._rows, self.inputs.as_of), self.models)

    @cached_property
    def prepared(self) -> list[Prepared]:
        """What is planned in each of the next twelve months, and whom to call about it."""
        rows = self._with_plans_of(self.folded)
        return prepared(self.clients, rows, self.inputs.as_of, self.inputs.settings.rules)

    def _stored(self) -> dict[str, Pipeline]:
        """What the Transactions table has in store for clients after the as-of date."""
        table, as_of = self.inputs.transactions, self.inputs.as_of
        invoices: dict[str, list[date]] = defaultdict(list)
        plans: dict[str, list[date]] = defaultdict(list)
        for at in [at for at, day in enumerate(table.days) if day > as_of]:
            key, day, amount, status = table.clients[at], table.days[at], table.amounts[at], table.statuses[at]
            if amount is None or amount > 0:
                if status is Status.ISSUED:
                    invoices[key].append(day)
                elif status is Status.PLANNED:
                    plans[key].append(day)
        return {
            key: Pipeline(tuple(invoices.get(key, ())), tuple(plans.get(key, ())))
            for key in invoices.keys() | plans.keys()
        }

    @cached_property
    def _dossiers(self) -> dict[str, ClientHistory]:
        """What is known of the clients the log names."""
        table = self.inputs.transactions
        named = {entry.client for entry in self.inputs.actions.entries}
        rows: dict[str, list[Transaction]] = defaultdict(list)
        if named:
            for key, day, amount, status in zip(table.clients, table.days, table.amounts, table.statuses, strict=True):
                if key in named:
                    rows[key].append(Transaction(day, amount, status))
        people = self.inputs.clients
        return {
            key: ClientHistory(created, rows.get(key, ()))
            for key, created in zip(people.keys, people.created, strict=True)
            if key in named
        }

    def _fold(self, day: date) -> ReplayedLog:
        return replay(self.inputs.actions.entries, self._dossiers, day, self.inputs.settings.rules)

    @cached_property
    def _people(self) -> polars.DataFrame:
        import polars

        people = self.inputs.clients
        return polars.DataFrame(
            {"client": people.keys, "created_on": people.created},
            schema={"client": polars.String, "created_on": polars.Date},
        )

    @cached_property
    def _rows(self) -> polars.DataFrame:
        table = self.inputs.transactions
        return _transactions(table.clients, table.days, table.amounts, [each._value_ for each in table.statuses])

    def _states(self, day: date, folded: ReplayedLog) -> list[Client]:
        """Where each client stands on a day, the log's plans and marks included."""
        import polars

        marks = [folded.marks.get(key) for key in self.inputs.clients.keys]
        activity = client_activity(
            self._people.with_columns(polars.Series("mark", marks, polars.String)),
            self._with_plans_of(folded),
            day,
            self.inputs.settings.rules,
        )
        return clients.states(self.inputs.clients, activity)

    def _with_plans_of(self, folded: ReplayedLog) -> polars.DataFrame:
        """The transactions, and the plans of the log as such."""
        import polars

        plans = folded.plans
        planned = _transactions(
            [each.client for each in plans],
            [each.issue_date for each in plans],
            [each.amount for each in plans],
            [Status.PLANNED.value] * len(plans),
        )
        return polars.concat([self._rows, planned])


def _with_plans(stored: Mapping[str, Pipeline], plans: Sequence[Plan], as_of: date) -> dict[str, Pipeline]:
    """What is in store for clients, the log's plans after the as-of date included."""
    ahead = dict(stored)
    for plan in plans:
        if plan.issue_date > as_of:
            ahead[plan.client] = ahead.get(plan.client, Pipeline()).with_plan(plan.issue_date)
    return ahead


def _transactions(
    keys: Sequence[str], days: Sequence[date], amounts: Sequence[float | None], statuses: Sequence[str]
) -> polars.DataFrame:
    import polars

    # From numbers a column of dates is made in half the time.
    numbers = polars.Series(list(map(date.toordinal, days)), dtype=polars.Int32) - _FIRST_DAY
    return polars.DataFrame(
        {"client": keys, "issue_date": numbers.cast(polars.Date), "amount": amounts, "status": statuses},
        schema={
            "client": polars.String,
            "issue_date": polars.Date,
            "amount": polars.Float64,
            "status": polars.String,
        },
    )
