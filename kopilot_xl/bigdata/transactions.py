"""The transactions of a table, as the frame of an engine: whose they are, and which of them count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import narwhals as nw

from kopilot_xl.bigdata.clients import INDEX, ClientIndex
from kopilot_xl.bigdata.engines import Running
from kopilot_xl.bigdata.frames import is_amount, with_key
from kopilot_xl.bigdata.local import LocalFrame, has_polars, local_frame, plain_rows, plain_values
from kopilot_xl.bigdata.reading.column_issues import ColumnIssues
from kopilot_xl.bigdata.reading.table import SourceTable, collected, computed
from kopilot_xl.domain.transactions import Status
from kopilot_xl.importing import headings
from kopilot_xl.importing.roles import roles_of
from kopilot_xl.importing.summary import FileSummary
from kopilot_xl.texts import t
from kopilot_xl.workbook.sheets import transactions as sheet
from kopilot_xl.workbook.tables.parsing import LARGEST_AMOUNT, DateOrder, UnreadableError
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet
from kopilot_xl.workbook.tables.table import Column, TableRows

ROWS: dict[str, nw.dtypes.DType] = {"issue_date": nw.Date(), "amount": nw.Float64(), "status": nw.String()}
"""What is known of a transaction, beside its client."""
_RAW = {"raw": nw.String(), **ROWS}
_FLAGS = {status: nw.lit(flag, dtype=nw.Int8()) for status, flag in ((Status.ISSUED, 0), (Status.PLANNED, 1))}
"""What a transaction's status is kept as: a text takes ten times the room. Those of other statuses count nowhere."""
_EXAMPLES = 3

EngineFrame = nw.LazyFrame[Any]
"""A frame of the engine at work, eager or lazy: the verbs used here are the same."""


def of_engine(native: Any) -> EngineFrame:
    """Return a frame of the engine at work."""
    return cast(EngineFrame, nw.from_native(native))


def listed_transactions(
    table: TableRows, clients: ClientIndex, order: DateOrder | None, engine: Running
) -> tuple[Any, Sequence[Problem]]:
    """Return the transactions of a table that was read row by row, as a frame of the engine, and their problems."""
    indexes = dict(plain_rows(clients.frame.select("client", "index")))
    rows = sheet.read(table, indexes.keys(), order)
    frame = local_frame(
        {
            "client": [indexes[key] for key in rows.clients],
            "issue_date": rows.days,
            "amount": rows.amounts,
            "status": [status.value for status in rows.statuses],
        },
        {"client": INDEX, **ROWS},
    )
    return engine.frame(frame), rows.problems


@dataclass
class TransactionStream:
    """The transactions of a table of which no row need be named; what is wrong is counted."""

    table: SourceTable
    clients: ClientIndex
    engine: Running
    scratch: Path
    problems: list[Problem] = field(default_factory=list)
    choices: FileSummary | None = None

    def rows(self) -> Any:
        """Return a frame of the engine: `client` (an index), `issue_date`, `amount`, `status`, of those that count.

        `problems` and `choices` are complete afterwards.

        Raises:
            BookError: the table cannot be read to its end.
            MissingError: it does not say whose the transactions are.
        """
        columns = {
            "raw": self._owner(), "issue_date": sheet.ISSUE_DATE, "amount": sheet.AMOUNT, "status": sheet.STATUS,
        }  # fmt: skip
        frame, amount = self._scanned(columns), nw.col("amount")
        planned = self._planned(frame)
        frame = frame.with_columns(planned=planned, amount=nw.when(is_amount(amount)).then(amount))
        aliases = of_engine(self.engine.frame(self.clients.aliases))
        # An id that no client has in this spelling stays, to be looked at; of the others only the index is kept.
        met = frame.join(aliases, on="raw", how="left").with_columns(
            raw=nw.when(nw.col("index").is_null()).then(nw.col("raw"))
        )
        met = met.filter(nw.col("index").is_null() | _counts())
        kept = of_engine(self.engine.keep(met.select("index", "raw", "issue_date", "amount", "planned").to_native()))
        unmet = kept.filter(nw.col("index").is_null())
        rows = _indexed(kept.filter(~nw.col("index").is_null()))
        more = self._other_spellings(unmet)
        if len(more):
            found = unmet.drop("index").join(of_engine(self.engine.frame(more)), on="raw", how="inner")
            rows = nw.concat([rows, _indexed(found.filter(_counts()))])
        return rows.to_native()

    def _owner(self) -> Column:
        """The column that says whose a transaction is: its client's id, or the name where clients have no ids."""
        by_id = sheet.CLIENT_ID
        if self.table.has(by_id) and (self.clients.has_ids or not self.table.has(headings.CLIENT_NAME)):
            return by_id
        if self.clients.has_ids:
            raise headings.no_heading(self.table.source.name, by_id, self.table.names)
        return headings.CLIENT_NAME

    def _scanned(self, columns: Mapping[str, Column]) -> EngineFrame:
        """The columns as the engine reads them: from the files themselves, or from typed copies; without blank rows."""
        if not has_polars():
            return of_engine(self.engine.frame(collected(self.table, columns)))
        if self.table.can_be_read_in_place(columns, self.engine.reads):
            mapping = self.table.opened[0].mapping
            stored = {name: (mapping.get(column), _RAW[name]) for name, column in columns.items()}
            files = [file.path for file in self.table.files]
        else:
            stored = {name: (name, _RAW[name]) for name in columns}
            files = []
            for number, typed in enumerate(self.table.frames(columns)):
                files.append(self.scratch / f"typed-{number}.parquet")
                computed(self.table, partial(typed.select(list(columns)).sink_parquet, files[-1], compression="lz4"))
        frame, amount = of_engine(self.engine.scan(files, stored)), nw.col("amount")
        frame = frame.with_columns(amount=nw.when(~amount.is_nan()).then(amount))  # a blank, for so pandas writes it
        return frame.filter(~nw.all_horizontal(*(nw.col(name).is_null() for name in columns), ignore_nulls=True))

    def _planned(self, frame: EngineFrame) -> nw.Expr:
        """Whether each transaction is planned or issued, null if it counts nowhere, by the spellings that occur."""
        amount = nw.col("amount")
        spellings = self.engine.fetch(
            frame.select(
                "status", undated=_one_if(nw.col("issue_date").is_null()),
                too_large=_one_if(~amount.is_nan() & (amount.abs() >= LARGEST_AMOUNT)),
            )
            .group_by("status")
            .agg(nw.len().alias("rows"), nw.col("undated").sum(), nw.col("too_large").sum())
            .to_native()
        )  # fmt: skip
        counted = spellings.select("status", nw.col("rows", "undated", "too_large").cast(nw.Int64())).sort("status")
        known: dict[Status, list[str]] = defaultdict(list)
        unknown = ColumnIssues(self.table.source.name, sheet.STATUS.header)
        height, dateless = 0, 0
        for text, rows, without, too_large in plain_rows(counted):
            height += rows
            dateless += without
            self.table.issues.of(sheet.AMOUNT).add(too_large)
            status = _status(text)
            if status is None:
                unknown.add(rows, text)
            elif text is not None:
                known[status].append(text)
        self._report(height, dateless, unknown)
        column = nw.col("status")
        planned: nw.Expr = nw.when(column.is_null()).then(_FLAGS[Status.ISSUED])
        for status, flag in _FLAGS.items():
            if known[status]:
                planned = nw.when(column.is_in(known[status])).then(flag).otherwise(planned)
        return planned

    def _report(self, height: int, dateless: int, unknown: ColumnIssues) -> None:
        """Report what the table's own columns show."""
        issues, name = self.table.issues, self.table.source.name
        choices = self.table.choices(height)
        self.choices = replace(choices, remarks=[*choices.remarks, *_not_looked_at(choices.ignored)])
        undated = ColumnIssues(name, sheet.ISSUE_DATE.header, dateless - issues.of(sheet.ISSUE_DATE).count)
        self._add(
            issues.days_problem(sheet.ISSUE_DATE, "an issue date", "Left out."),
            undated.problem(Code.MISSING_DATE, t("without an issue date"), t("Left out.")),
            issues.of(sheet.AMOUNT).problem(
                Code.UNREADABLE_AMOUNT, t("with an amount that cannot be read"), t("Taken as blank.")
            ),
            unknown.problem(Code.UNKNOWN_STATUS, t("with a status that is not known"), t("Left out.")),
        )
        if not height:
            self._add(
                about_sheet(
                    Code.NO_TRANSACTIONS, name, t("There are no transactions."), t("No client counts as invoiced.")
                )
            )

    def _other_spellings(self, unmet: EngineFrame) -> LocalFrame:
        """The index behind each id that is written otherwise than its client's; count the ids of nobody."""
        spellings = self.engine.fetch(unmet.group_by("raw").agg(nw.len().alias("rows")).to_native())
        if not len(spellings):
            return spellings
        client, index = nw.col("client"), nw.col("index")
        keyed = with_key(spellings, "raw")
        found = keyed.join(self.clients.frame.select("client", "index"), on="client", how="left").sort("raw")
        header, name = sheet.CLIENT_ID.header, self.table.source.name
        nameless = ColumnIssues(name, header, _sum(found.filter(client.is_null())))
        nobody = found.filter(~client.is_null() & index.is_null())
        strange = ColumnIssues(name, header)
        strange.add(_sum(nobody), *plain_values(nobody["raw"].head(_EXAMPLES)))
        self._add(
            nameless.problem(Code.MISSING_ID, t("without a client id"), t("Left out.")),
            strange.problem(
                Code.UNKNOWN_CLIENT,
                t("with an id that no client has"),
                t("Left out: add the clients, or correct the ids."),
            ),
        )
        return found.filter(~client.is_null() & ~index.is_null()).select("raw", index.cast(INDEX))

    def _add(self, *problems: Problem | None) -> None:
        self.problems += [problem for problem in problems if problem]


def _status(text: str | None) -> Status | None:
    """What a word of the table says a transaction is, in the words of the workbook or of any program; None: unknown."""
    try:
        return sheet.read_status(text)
    except UnreadableError:
        return None


def _not_looked_at(ignored: Sequence[str]) -> list[str]:
    """What to say of the columns that would tell other documents from invoices, and are not looked at in streams."""
    return [
        t(
            "{heading} is ignored in a table of this size: every row counts as an invoice. Leave payments, quotes "
            "and the like out of the export.",
            heading=heading,
        )
        for heading in ignored
        if any(roles_of(heading).get(role, 0.0) >= _SURE for role in _TELLING)
    ]


_TELLING = ("kind", "flag_canceled", "flag_draft", "flag_credit", "canceled_on", "debit_credit")
_SURE = 80.0
"""From here on a list of headings names the role, rather than the parts of the heading."""


def _one_if(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def _counts() -> nw.Expr:
    """Whether a transaction may count, as far as its own columns show."""
    return ~nw.col("issue_date").is_null() & ~nw.col("planned").is_null()


def _indexed(frame: EngineFrame) -> EngineFrame:
    """The rows as the domain wants them."""
    planned, issued = (nw.lit(status.value) for status in (Status.PLANNED, Status.ISSUED))
    status = nw.when(nw.col("planned") == _FLAGS[Status.PLANNED]).then(planned).otherwise(issued)
    return frame.select("issue_date", "amount", status=status, client=nw.col("index").cast(INDEX))


def _sum(found: LocalFrame) -> int:
    return int(found["rows"].sum())
