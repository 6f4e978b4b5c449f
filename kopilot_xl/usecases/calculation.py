"""From what was read to what is known: where each client stands on a day, who moved, and what lies ahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property

from kopilot_xl.domain.actions import ClientHistory, Plan, ReplayedLog, Transaction, replay
from kopilot_xl.domain.clients import Identity, activities, clients_as_of
from kopilot_xl.domain.forecast import Forecast, forecast
from kopilot_xl.domain.movements import Baseline, Movements, movements
from kopilot_xl.domain.outlook import STEPS, Cohorts, Outlook, Pipeline, Projection, expected_churn
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.sales import Prepared, monthly_sales, prepared
from kopilot_xl.domain.scenarios import Model, Scenario
from kopilot_xl.domain.transactions import Ledger, Status
from kopilot_xl.errors import KopilotError
from kopilot_xl.usecases import seasonal_model
from kopilot_xl.usecases.inputs import Inputs


class Computation:
    """What can be computed from the rows of a book, on the as-of date or any other day.

    The rows are grouped by client once, whatever the number of days looked at.
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
        folded = self._fold(since)
        ledger, rules = self._with_plans_of(folded), self.inputs.settings.rules
        found = activities(self._identities, ledger, since, rules, folded.marks)
        segments = {key: here.segment for key, here in zip(self.inputs.clients.keys, found, strict=True)}
        return Baseline(since, segments, reconstructed=True)

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
        table, issued = self.inputs.transactions, Status.ISSUED
        rows = zip(table.days, table.amounts, table.statuses, strict=True)
        invoices = ((day, amount) for day, amount, status in rows if status is issued)
        return forecast(monthly_sales(invoices, self.inputs.as_of), self.models)

    @cached_property
    def prepared(self) -> list[Prepared]:
        """What is planned in each of the next twelve months, and whom to call about it."""
        ledger = self._with_plans_of(self.folded)
        return prepared(self.clients, ledger, self.inputs.as_of, self.inputs.settings.rules)

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
    def _identities(self) -> list[Identity]:
        return self.inputs.clients.identities

    @cached_property
    def _ledger(self) -> Ledger:
        table = self.inputs.transactions
        return Ledger.of(table.clients, table.days, table.amounts, table.statuses)

    def _states(self, day: date, folded: ReplayedLog) -> list[Client]:
        """Where each client stands on a day, the log's plans and marks included."""
        return clients_as_of(
            self._identities, self._with_plans_of(folded), day, self.inputs.settings.rules, folded.marks
        )

    def _with_plans_of(self, folded: ReplayedLog) -> Ledger:
        """The transactions, and the plans of the log as such."""
        return self._ledger.with_plans((plan.client, plan.issue_date, plan.amount) for plan in folded.plans)


def _with_plans(stored: Mapping[str, Pipeline], plans: Sequence[Plan], as_of: date) -> dict[str, Pipeline]:
    """What is in store for clients, the log's plans after the as-of date included."""
    ahead = dict(stored)
    for plan in plans:
        if plan.issue_date > as_of:
            ahead[plan.client] = ahead.get(plan.client, Pipeline()).with_plan(plan.issue_date)
    return ahead
