"""From what was read to what is known: where each client stands on a day, who moved, and what lies ahead.

Every function here answers from its arguments alone: the same inputs give the same result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from kopilot_xl.domain import forecasting, sales
from kopilot_xl.domain import movements as moving
from kopilot_xl.domain.actions import Plan, ReplayedLog, looked_back, replay
from kopilot_xl.domain.clients import activities, clients_as_of
from kopilot_xl.domain.forecasting import Forecast
from kopilot_xl.domain.lasting import lasting
from kopilot_xl.domain.movements import Baseline
from kopilot_xl.domain.outlook import STEPS, Cohorts, Outlook, Pipeline, Projection, expected_churn
from kopilot_xl.domain.past_segments import past_segments
from kopilot_xl.domain.portfolio import Client, Summary, won
from kopilot_xl.domain.retention import YEAR, concentration, retention
from kopilot_xl.domain.rules import CutOffs, add_months, month_ends
from kopilot_xl.domain.transactions import Ledger
from kopilot_xl.domain.worklist import worklist
from kopilot_xl.workbook.sheets import actions, client_data, clients, decisions, do_next, transactions
from kopilot_xl.workbook.sheets.contents import Inputs, Result
from kopilot_xl.workbook.sheets.portfolio_grid import LIST_ROWS
from kopilot_xl.workbook.tables.problems import Problem


def calculate(
    inputs: Inputs, baseline: Baseline | date | None = None, *, ahead: bool = True, backfill: int = 0
) -> Result:
    """Return what is known of a portfolio on the as-of date.

    Args:
        inputs: the rows of a workbook, and the day.
        baseline: the earlier day to compare with: where clients stood then, or the day alone, which is reconstructed
            from today's rows; None for no comparison.
        ahead: whether to look ahead as well: the outlook, the forecast and the months, which take the longest.
        backfill: for how many month ends before the day the portfolio is reconstructed.
    """
    as_of, rules = inputs.as_of, inputs.settings.rules
    log = replay_log(inputs, as_of)
    ledger = _with_plans_of(log, inputs)
    portfolio = clients_as_of(inputs.clients.identities, ledger, as_of, rules, log.marks)
    if isinstance(baseline, date):
        baseline = reconstruct(inputs, baseline)
    forecast = _forecast(inputs, portfolio, ledger, log) if ahead else None
    past = month_ends(as_of - timedelta(days=1), backfill)
    if inputs.today and as_of < inputs.today and as_of not in past:
        past = [*past, as_of]
    issued = [ledger.issued.get(key, ()) for key in inputs.clients.keys]
    kept, kept_before = retention(issued, as_of), retention(issued, add_months(as_of, -YEAR))
    hangs_on = concentration(issued, as_of)
    years = lasting(issued, _first_invoice(portfolio), as_of, (kept, hangs_on), kept_before) if ahead else None
    pinned, others = do_next.beside_clients(
        inputs.waiting, {client.key for client in portfolio if client.segment is not None}
    )
    return Result(
        inputs=inputs,
        log=log,
        clients=portfolio,
        summary=Summary.of(portfolio, rules, _won(inputs, portfolio, as_of)),
        baseline=baseline,
        movements=moving.movements(baseline, portfolio, as_of) if baseline else None,
        outlook=_outlook(inputs, portfolio) if ahead else None,
        forecast=forecast,
        months=sales.prepared(portfolio, ledger, as_of, rules, log.marks, forecast.clients) if forecast else (),
        past={day: _summary_on(inputs, day) for day in past},
        retention=kept,
        retention_before=kept_before,
        concentration=hangs_on,
        lasting=years,
        worklist=worklist(portfolio, ledger, as_of, years.now.invoiced, pinned, LIST_ROWS - len(others))
        if years
        else None,
        problems=_problems(inputs, log, portfolio),
        past_segments=_past_segments(inputs) if ahead else {},
    )


def standing(inputs: Inputs) -> tuple[Sequence[Client], ReplayedLog]:
    """Return the clients on the as-of date and what became of the log, and work out nothing else of the portfolio."""
    log = replay_log(inputs, inputs.as_of)
    ledger = _with_plans_of(log, inputs)
    rules = inputs.settings.rules
    return clients_as_of(inputs.clients.identities, ledger, inputs.as_of, rules, log.marks), log


def _first_invoice(portfolio: Sequence[Client]) -> date | None:
    """The first invoice of all."""
    return min([client.first_invoice for client in portfolio if client.first_invoice], default=None)


def _past_segments(inputs: Inputs) -> Mapping[str, str]:
    """The segments of the clients at the ends of the months behind, looked back at."""
    days = month_ends(inputs.as_of, client_data.BACK)
    entries, rules = inputs.actions.entries, inputs.settings.rules
    logs = looked_back(entries, inputs.histories, days, rules) if entries else {}
    ledger = inputs.transactions.ledger
    return past_segments(inputs.clients.identities, ledger, days, logs, rules)


def _won(inputs: Inputs, portfolio: Sequence[Client], as_of: date) -> int | None:
    """How many clients were won of late."""
    return won(portfolio, inputs.first_row, as_of, inputs.settings.rules)


def replay_log(inputs: Inputs, day: date, *, looking_back: bool = False) -> ReplayedLog:
    """Return the action log replayed up to a day: what became of each row, the open plans, the marks in force.

    `looking_back` as of `domain.actions.replay`.
    """
    return replay(inputs.actions.entries, inputs.histories, day, inputs.settings.rules, looking_back=looking_back)


def reconstruct(inputs: Inputs, day: date) -> Baseline:
    """Return where each client stood on an earlier day, reconstructed from today's rows without what came later."""
    log, rules = replay_log(inputs, day, looking_back=True), inputs.settings.rules
    ledger = _with_plans_of(log, inputs)
    found = activities(inputs.clients.identities, ledger, day, rules, log.marks, looking_back=True)
    segments = {key: activity.segment for key, activity in zip(inputs.clients.keys, found, strict=True)}
    return Baseline(day, segments, reconstructed=True)


def _summary_on(inputs: Inputs, day: date) -> Summary:
    """The portfolio in figures on an earlier day, reconstructed from today's rows without what came later."""
    log, rules = replay_log(inputs, day, looking_back=True), inputs.settings.rules
    ledger = _with_plans_of(log, inputs)
    then = clients_as_of(inputs.clients.identities, ledger, day, rules, log.marks, looking_back=True)
    return Summary.of(then, rules, _won(inputs, then, day))


def _with_plans_of(log: ReplayedLog, inputs: Inputs) -> Ledger:
    """The transactions, and the open plans of the log as such."""
    return inputs.transactions.ledger.with_plans((plan.client, plan.issue_date, plan.amount) for plan in log.plans)


# ahead


def _outlook(inputs: Inputs, portfolio: Sequence[Client]) -> Outlook:
    """What becomes of the portfolio if nobody acts, and if all plans come true."""
    as_of, rules = inputs.as_of, inputs.settings.rules
    # Nobody acts: what is recorded after the day is not done.
    recorded = [
        entry for entry in inputs.actions.entries if entry.recorded_on is None or entry.recorded_on.date() <= as_of
    ]
    stored = inputs.pipelines
    cohorts = Cohorts.of(portfolio, stored.keys() | inputs.histories.keys())
    pipelines: Mapping[str, Pipeline] = {}
    projections: list[tuple[Projection, Projection]] = []
    for days in STEPS:
        then = replay(recorded, inputs.histories, as_of + timedelta(days=days), rules)
        pipelines = _with_plans(stored, then.plans, as_of)
        projections.append(cohorts.projections(pipelines, then.marks, as_of, days, rules))
    nobody, plans = zip(*projections, strict=True)
    return Outlook(as_of, nobody, plans, expected_churn(portfolio, pipelines, as_of, rules))


def _with_plans(stored: Mapping[str, Pipeline], plans: Sequence[Plan], as_of: date) -> dict[str, Pipeline]:
    """What is in store for clients, the log's plans after the as-of date included."""
    pipelines = dict(stored)
    for plan in plans:
        if plan.issue_date > as_of:
            pipelines[plan.client] = pipelines.get(plan.client, Pipeline()).with_plan(plan.issue_date)
    return pipelines


def _forecast(inputs: Inputs, portfolio: Sequence[Client], ledger: Ledger, log: ReplayedLog) -> Forecast:
    """The next twelve months, of the clients without a mark and with what is planned."""
    as_of = inputs.as_of
    plans = sales.coming(portfolio, ledger, as_of, inputs.settings.rules)
    return forecasting.forecast(sales.invoiced(ledger, as_of), plans, log.marks)


# problems


def _problems(inputs: Inputs, log: ReplayedLog, portfolio: Sequence[Client]) -> list[Problem]:
    """Every problem and notice, sheet by sheet, in the order of the rows."""
    cut = CutOffs.at(inputs.as_of, inputs.settings.rules)
    sheets = (
        decisions.findings(inputs.waiting),
        inputs.outside,
        [*inputs.clients.problems, *clients.negative_values(inputs.clients, portfolio)],
        [*inputs.transactions.problems, *transactions.plan_notices(inputs.transactions, cut)],
        actions.findings(inputs.actions, log.results),
        inputs.imports,
    )
    return [problem for sheet in sheets for problem in sorted(sheet, key=lambda problem: problem.row or 0)]
