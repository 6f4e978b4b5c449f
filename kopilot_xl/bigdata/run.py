"""One run of `segment`: read the sources, replay the log over them, compute the segment of each client."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw

from kopilot_xl.bigdata.clients import INDEX, ClientIndex, listed_clients, streamed_clients
from kopilot_xl.bigdata.engines import Running
from kopilot_xl.bigdata.frames import COLUMNS, RESULT
from kopilot_xl.bigdata.kopilot_book import summary_of
from kopilot_xl.bigdata.local import LocalFrame, day_type, local_frame, plain_rows
from kopilot_xl.bigdata.reading.table import open_table
from kopilot_xl.bigdata.result import DECIMALS, DECIMALS_OF_LARGE, LARGE
from kopilot_xl.bigdata.sources.data_files import Source
from kopilot_xl.bigdata.transactions import ROWS, TransactionStream, listed_transactions, of_engine
from kopilot_xl.domain.actions import ClientHistory, ReplayedLog, Transaction, replay
from kopilot_xl.domain.activity import client_activity
from kopilot_xl.domain.ids import ClientDirectory
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.transactions import Status
from kopilot_xl.importing import headings
from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.importing.output import Pair, read_pair
from kopilot_xl.importing.summary import FileSummary
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets.actions import ActionRows
from kopilot_xl.workbook.sheets.contents import Inputs
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.problems import Problem
from kopilot_xl.workbook.tables.table import TableRows


@dataclass
class Run:
    """What a run reads with and into, and what it finds on the way.

    `book` is the Kopilot workbook that both tables are of, None where they are of none. `directory` has the clients by
    name, None where they are read in a stream: then a log names them by id alone.
    """

    scratch: Path
    engine: Running
    as_of: date
    order: DateOrder | None
    rules: Rules
    show: Callable[[str], None]
    book: Inputs | None = None
    choices: list[FileSummary] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    directory: ClientDirectory | None = None

    def read(self, clients: Source, transactions: Source) -> tuple[ClientIndex, Any]:
        """Return the clients, and the engine's frame of their transactions: `client` (an index), and `ROWS`."""
        self.show(f"Reading {clients.name}")
        if self.book:
            tables = self.book.clients.rows, self.book.transactions.rows
            self.choices += [
                summary_of(rows, source.name) for rows, source in zip(tables, (clients, transactions), strict=True)
            ]
            self.directory = self.book.clients.directory
            index = listed_clients(self.book.clients)
            return index, self._listed_transactions(tables[1], index)
        if not clients.is_large and not transactions.is_large:
            pair = self._pair(clients.file, transactions.file)
            index = self._indexed(pair.clients.rows)
            return index, self._listed_transactions(pair.transactions.rows, index)
        if clients.is_large:
            table = open_table(clients, headings.CLIENTS, self.scratch, self.order)
            index, choices = streamed_clients(table, self.as_of)
            self.choices.append(choices)
        else:
            index = self._indexed(self._pair(clients.file, None).clients.rows)
        self.show(f"Reading {transactions.name}")
        if not transactions.is_large:
            return index, self._listed_transactions(self._pair(None, transactions.file).transactions.rows, index)
        table = open_table(transactions, headings.TRANSACTIONS, self.scratch, self.order)
        stream = TransactionStream(table, index, self.engine, self.scratch)
        rows = stream.rows()
        self.problems += stream.problems
        if stream.choices:
            self.choices.append(stream.choices)
        return index, rows

    def _pair(self, clients: Path | None, transactions: Path | None) -> Pair:
        """Read files as `new` does. A doubt does not stop: it is named, and so is each row that it concerns."""
        pair = read_pair(clients, transactions, ImportChoices(self.order, accept=True))
        self.choices += pair.summaries
        return pair

    def _indexed(self, table: TableRows) -> ClientIndex:
        rows = clients_sheet.read(table, self.as_of, self.order)
        self.directory = rows.directory
        return listed_clients(rows)

    def _listed_transactions(self, table: TableRows, index: ClientIndex) -> Any:
        rows, problems = listed_transactions(table, index, self.order, self.engine)
        self.problems += problems
        return rows

    def compute(self, clients: ClientIndex, rows: Any, log: ActionRows | None) -> tuple[LocalFrame, ReplayedLog | None]:
        """Return the result, and the log replayed over the data if there is one."""
        self.show("Computing the segments")
        people = clients.frame.select("created_on", client=nw.col("index"))
        replayed = None
        if log:
            replayed = replay(log.entries, self._histories(clients, rows, log), self.as_of, self.rules)
            people, rows = self._with_log(replayed, clients, log, people, rows)
        activity = client_activity(self.engine.frame(people), rows, self.as_of, self.rules, self.engine.keep)
        found = self.engine.fetch(of_engine(activity).select("client", *RESULT).to_native()).sort("client")
        return _finished(clients.frame.select("shown"), found), replayed

    def _with_log(
        self, replayed: ReplayedLog, clients: ClientIndex, log: ActionRows, people: LocalFrame, rows: Any
    ) -> tuple[LocalFrame, Any]:
        """The clients with the marks that are in force, and the transactions with the plans."""
        named = clients.frame.filter(nw.col("client").is_in(_named(log)))
        indexes = dict(plain_rows(named.select("client", "index")))
        if replayed.marks:
            marks: dict[str, list[Any]] = {
                "client": [indexes[key] for key in replayed.marks],
                "mark": [mark.value for mark in replayed.marks.values()],
            }
            marked = local_frame(marks, {"client": INDEX, "mark": nw.String()})
            people = people.join(marked, on="client", how="left")
        if replayed.plans:
            plans: dict[str, list[Any]] = {
                "issue_date": [plan.issue_date for plan in replayed.plans],
                "amount": [plan.amount for plan in replayed.plans],
                "status": [Status.PLANNED.value] * len(replayed.plans),
                "client": [indexes[plan.client] for plan in replayed.plans],
            }
            planned = self.engine.frame(local_frame(plans, {**ROWS, "client": INDEX}))
            together = [of_engine(rows), of_engine(planned)]
            rows = nw.concat([frame.select(*ROWS, "client") for frame in together]).to_native()
        return people, rows

    def _histories(self, clients: ClientIndex, rows: Any, log: ActionRows) -> dict[str, ClientHistory]:
        """What is known of the clients that the log names."""
        known = clients.frame.filter(nw.col("client").is_in(_named(log)))
        wanted = of_engine(self.engine.frame(known.select(client=nw.col("index"))))
        found = self.engine.fetch(
            of_engine(rows).join(wanted, on="client", how="inner").select("client", *ROWS).to_native()
        )
        theirs: dict[int, list[Transaction]] = defaultdict(list)
        for index, day, amount, status in plain_rows(found.sort("client", *ROWS)):
            theirs[index].append(Transaction(day, amount, Status(status)))
        return {
            key: ClientHistory(created, theirs.get(index, ()))
            for key, index, created in plain_rows(known.select("client", "index", "created_on"))
        }


def _named(log: ActionRows) -> list[str]:
    return sorted({entry.client for entry in log.entries if entry.client})


def _finished(shown: LocalFrame, found: LocalFrame) -> LocalFrame:
    """The result under its headings, in its types, with sums rounded so that the engines agree on them."""
    table = shown.with_columns(*(found[name] for name in RESULT))
    kinds = (nw.String(), nw.String(), day_type(), day_type(), day_type(), nw.Float64())
    result = table.select(
        nw.col(name).cast(kind).alias(header)
        for name, header, kind in zip(("shown", *RESULT), COLUMNS, kinds, strict=True)
    )
    # Engines add up in their own order, which shows in a sum's last digits; and no zero is below zero.
    value = nw.col(COLUMNS[-1])
    rounded = nw.when(value.abs() < LARGE).then(value.round(DECIMALS)).otherwise(value.round(DECIMALS_OF_LARGE))
    return result.with_columns((rounded + 0.0).alias(COLUMNS[-1]))
