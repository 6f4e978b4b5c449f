"""What the sheets hold: what the user keeps in them, and what a refresh writes into them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain

from kopilot_xl.domain.actions import ClientHistory, ReplayedLog, Transaction
from kopilot_xl.domain.facts import ClientFacts, facts
from kopilot_xl.domain.forecasting import Forecast
from kopilot_xl.domain.lasting import Lasting
from kopilot_xl.domain.movements import Baseline, Movements
from kopilot_xl.domain.outlook import Outlook, Pipeline
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.retention import Concentration, Retention
from kopilot_xl.domain.sales import Prepared
from kopilot_xl.domain.transactions import Status
from kopilot_xl.domain.worklist import Worklist
from kopilot_xl.workbook.sheets.actions import ActionRows
from kopilot_xl.workbook.sheets.clients import ClientRows
from kopilot_xl.workbook.sheets.decisions import Entry
from kopilot_xl.workbook.sheets.settings import Settings
from kopilot_xl.workbook.sheets.transactions import TransactionRows
from kopilot_xl.workbook.tables.problems import Problem


@dataclass(frozen=True)
class Inputs:
    """What the user keeps in a workbook, read into typed rows.

    Attributes:
        settings: the settings.
        as_of: the day to look at the portfolio.
        clients: the table Clients.
        transactions: the table Transactions.
        actions: the log of actions.
        outside: what was found outside the tables: rows that joined them, and rows that did not.
        imports: what imports left open or assumed.
        today: what counts as today, None if it does not matter: of an as-of date before it, some rows may have been
            written later.
        waiting: what is entered in "Do next" and not in the log.
    """

    settings: Settings
    as_of: date
    clients: ClientRows
    transactions: TransactionRows
    actions: ActionRows
    outside: Sequence[Problem] = ()
    imports: Sequence[Problem] = ()
    today: date | None = None
    waiting: Sequence[Entry] = ()

    @cached_property
    def histories(self) -> Mapping[str, ClientHistory]:
        """What is known of the clients that the log names, by key."""
        named = {entry.client for entry in self.actions.entries}
        ledger = self.transactions.ledger if named else None
        return {
            key: ClientHistory(
                created_on,
                [
                    *(Transaction(*booking, Status.ISSUED) for booking in ledger.issued.get(key, ())),
                    *(Transaction(*booking, Status.PLANNED) for booking in ledger.planned.get(key, ())),
                ],
            )
            for key, created_on in zip(self.clients.keys, self.clients.created, strict=True)
            if ledger and key in named
        }

    @cached_property
    def first_row(self) -> date | None:
        """The earliest date known: a client's creation, an invoice or a credit note; None without any."""
        table, issued = self.transactions, Status.ISSUED
        days = (day for day, status in zip(table.days, table.statuses, strict=True) if status is issued)
        created = (day for day in self.clients.created if day is not None)
        return min(chain(days, created), default=None)

    @cached_property
    def pipelines(self) -> Mapping[str, Pipeline]:
        """What the table Transactions has in store for clients after the as-of date, by key."""
        table, as_of = self.transactions, self.as_of
        invoices: dict[str, list[date]] = defaultdict(list)
        plans: dict[str, list[date]] = defaultdict(list)
        credited = set[str]()
        for index in [index for index, day in enumerate(table.days) if day > as_of]:
            amount, status = table.amounts[index], table.statuses[index]
            if amount is None or amount > 0:
                if status is Status.ISSUED:
                    invoices[table.clients[index]].append(table.days[index])
                elif status is Status.PLANNED:
                    plans[table.clients[index]].append(table.days[index])
            elif amount < 0 and status is Status.ISSUED:
                credited.add(table.clients[index])
        return {
            key: Pipeline(
                tuple(invoices.get(key, ())),
                tuple(plans.get(key, ())),
                table.ledger.issued[key] if key in credited else (),
            )
            for key in invoices.keys() | plans.keys() | credited
        }


@dataclass(frozen=True)
class Result:
    """What is known of a portfolio on a day. A value: sheets, report and console only read it.

    Attributes:
        inputs: what it was calculated from, and the day.
        log: the action log replayed up to the day: what became of each row, the open plans, the marks in force.
        clients: where each client stands, in the order of the table Clients.
        summary: the portfolio in figures.
        baseline: the earlier day it is compared with, and where clients stood then; None if there is none.
        movements: who moved since then.
        outlook: what becomes of the portfolio if nobody acts, and if all plans come true; None where that was not
            asked for.
        forecast: the next twelve months; None where that was not asked for.
        months: what is planned in each of them, and whom to call about it.
        past: the portfolio in figures on earlier days, reconstructed from today's rows, for History; the as-of date
            among them if it is before today.
        retention: what the clients of the year before brought in the last year; None where that cannot be known.
        retention_before: the same a year earlier.
        concentration: how much of the last year's revenue hangs on a few clients; None where there was none.
        problems: every problem and notice, sheet by sheet, in the order of the rows.
        lasting: the year up to the day beside the year before it; None where no look ahead was asked for.
        worklist: whom to turn to; None where no look ahead was asked for.
        past_segments: the segments at the ends of the months behind, a sign for each, by key; none where no look
            ahead was asked for.
    """

    inputs: Inputs
    log: ReplayedLog
    clients: Sequence[Client]
    summary: Summary
    baseline: Baseline | None
    movements: Movements | None
    outlook: Outlook | None
    forecast: Forecast | None
    months: Sequence[Prepared]
    past: Mapping[date, Summary]
    retention: Retention | None
    retention_before: Retention | None
    concentration: Concentration | None
    problems: Sequence[Problem]
    lasting: Lasting | None = None
    worklist: Worklist | None = None
    past_segments: Mapping[str, str] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        """The day."""
        return self.inputs.as_of

    @cached_property
    def facts(self) -> Sequence[ClientFacts]:
        """What is known of each client for later days, in the order of `clients`."""
        inputs = self.inputs
        return facts(
            self.clients, inputs.pipelines, inputs.actions.entries, inputs.histories, self.log, self.as_of,
            inputs.settings.rules,
        )  # fmt: skip
