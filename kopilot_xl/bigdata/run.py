"""The work of `segment`: read the sources, clean their rows, compute where each client stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, cast

import narwhals as nw
import polars as pl

from kopilot_xl.bigdata import address
from kopilot_xl.bigdata.classify import COLUMNS, RESULT, with_key
from kopilot_xl.bigdata.engines import Running
from kopilot_xl.bigdata.output import _PARQUET
from kopilot_xl.bigdata.result import DECIMALS, DECIMALS_OF_LARGE, LARGE
from kopilot_xl.bigdata.sources import Source
from kopilot_xl.bigdata.tables import FOLDERS, Table, open_table
from kopilot_xl.bigdata.typing import Tally
from kopilot_xl.domain.actions import ClientHistory, ReplayedLog, Transaction, replay
from kopilot_xl.domain.activity import client_activity
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.transactions import Status
from kopilot_xl.errors import BookError
from kopilot_xl.importing import export as exports
from kopilot_xl.importing import headings as headings_module
from kopilot_xl.importing.export import Choices
from kopilot_xl.workbook.sheets import actions as actions_sheet
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets import transactions as transactions_sheet
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet
from kopilot_xl.workbook.tables.table import Column

_ROWS: dict[str, Any] = {"issue_date": pl.Date, "amount": pl.Float64, "status": pl.String}
_KINDS: dict[str, Any] = {"raw": nw.String(), "issue_date": nw.Date(), "amount": nw.Float64(), "status": nw.String()}
_PLACE = pl.Int32()
"""What a client is called by while its segment is computed: its place among the clients."""
_FLAGS = {status: nw.lit(flag, dtype=nw.Int8()) for status, flag in ((Status.ISSUED, 0), (Status.PLANNED, 1))}
"""What a transaction's status is kept as: a text takes ten times the room. Those of other statuses count nowhere."""

_Frame = nw.LazyFrame[Any]


@dataclass(frozen=True)
class _People:
    """The clients, each once, in their order: `place`, `client` (the key), `shown`, `created_on`.

    `aliases` tells the place of each id as it is written.
    """

    frame: pl.DataFrame
    aliases: pl.DataFrame
    problems: Sequence[Problem]
    has_ids: bool = True
    folders: pl.Series | None = None


@dataclass
class _Work:
    """One run: what it reads into, and what it finds on the way."""

    scratch: Path
    engine: Running
    as_of: date
    order: DateOrder | None
    rules: Rules
    tell: Callable[[str], None]
    choices: list[Choices] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def read(self, clients: Source, transactions: Source) -> tuple[_People, Any]:
        """Return the clients, and the engine's frame of their transactions: `client` (a place), and the typed rest."""
        self.tell(f"Reading {clients.name}")
        if not clients.is_large and not transactions.is_large:
            pair = exports.read_pair(clients.file, transactions.file, self.order)
            people = self._listed_people(pair[0])
            return people, self._listed_rows(pair[1], people)
        if clients.is_large:
            people = self._people(open_table(clients, headings_module.CLIENTS, self.scratch, self.order))
        else:
            people = self._listed_people(exports.read_clients(clients.file, self.order))
        self.tell(f"Reading {transactions.name}")
        if not transactions.is_large:
            return people, self._listed_rows(exports.read_transactions(transactions.file, self.order), people)
        table = open_table(transactions, headings_module.TRANSACTIONS, self.scratch, self.order)
        return people, self._rows(table, people)

    # row by row

    def _listed_people(self, export: exports.Export) -> _People:
        self.choices.append(export.choices)
        people = clients_sheet.read(export.rows, self.as_of, self.order)
        frame = pl.DataFrame(
            {"client": people.keys, "shown": people.ids, "created_on": people.created},
            schema={"client": pl.String, "shown": pl.String, "created_on": pl.Date},
        ).with_row_index("place")
        frame = frame.with_columns(pl.col("place").cast(_PLACE))
        return _People(frame, frame.select(raw="shown", place="place"), people.problems)

    def _listed_rows(self, export: exports.Export, people: _People) -> Any:
        self.choices.append(export.choices)
        places = dict(people.frame.select("client", "place").iter_rows())
        rows = transactions_sheet.read(export.rows, places.keys(), self.order)
        self.problems += rows.problems
        columns = {
            "client": [places[each] for each in rows.clients],
            "issue_date": rows.days,
            "amount": rows.amounts,
            "status": [each.value for each in rows.statuses],
        }
        return self.engine.frame(pl.DataFrame(columns, schema={"client": _PLACE, **_ROWS}))

    # in streams

    def _people(self, table: Table) -> _People:
        """The clients of a table, of which no row need be named."""
        has_ids = table.has(clients_sheet.CLIENT_ID)
        ids = clients_sheet.CLIENT_ID if has_ids else clients_sheet.NAME
        wanted = {"raw": ids, "created_on": clients_sheet.CREATED_ON}
        rows = _computed(table, lambda: pl.concat(table.frames(wanted)).collect(engine="streaming"))
        self.choices.append(table.choices(rows.height))
        keyed = _keyed(rows)
        named = keyed.filter(pl.col("client").is_not_null())
        first, again = named, named.clear()
        # Ids with as many hashes as there are of them are all different: that is told in a tenth of the time.
        if named["client"].hash().n_unique() < named.height:
            is_first = named["client"].is_first_distinct()
            first, again = named.filter(is_first), named.filter(~is_first)
        name, typed = table.source.name, table.typed
        twice = Tally(name, ids.header)
        twice.add(again.height, *again["raw"].head(3))
        nameless = Tally(name, ids.header, keyed.height - named.height)
        ahead = Tally(name, clients_sheet.CREATED_ON.header, first.filter(pl.col("created_on") > self.as_of).height)
        problems = [
            nameless.problem(Code.MISSING_ID, "without a client id", "Left out."),
            twice.problem(Code.DUPLICATE_ID, "with an id that stands above already", "The first one counts."),
            typed.days_problem(clients_sheet.CREATED_ON, "a creation date", "Taken as unknown."),
            ahead.problem(
                Code.CREATED_IN_FUTURE,
                "with a creation date in the future",
                "No clients yet, unless they were invoiced.",
            ),
        ]
        if not first.height:
            problems.append(about_sheet(Code.NO_CLIENTS, name, "There are no clients.", "The portfolio is empty."))
        frame = first.select(
            "raw", "client", "created_on", FOLDERS, shown=pl.col("raw").str.strip_chars(),
            place=pl.int_range(pl.len(), dtype=_PLACE),
        )  # fmt: skip
        aliases = frame.select("raw", "place")
        if again.height:
            others = again.select("raw", "client").unique().join(aliases, on="raw", how="anti")
            aliases = pl.concat([aliases, others.join(frame, on="client").select("raw", "place")])
        folders = frame[FOLDERS] if frame[FOLDERS].null_count() < frame.height else None
        return _People(frame.drop("raw", FOLDERS), aliases, [each for each in problems if each], has_ids, folders)

    def _rows(self, table: Table, people: _People) -> Any:
        """The transactions of a table as the engine's frame, those that count nowhere counted and left out."""
        sheet = transactions_sheet
        wanted: dict[str, Column] = {
            "raw": self._owner(table, people), "issue_date": sheet.ISSUE_DATE, "amount": sheet.AMOUNT,
            "status": sheet.STATUS,
        }  # fmt: skip
        frame = self._scanned(table, wanted)
        frame = frame.with_columns(planned=self._planned(table, frame))
        aliases = _lazy(self.engine.frame(people.aliases))
        # An id that no client has in this spelling stays, to be looked at; of the others only the place is kept.
        met = frame.join(aliases, on="raw", how="left").with_columns(
            raw=nw.when(nw.col("place").is_null()).then(nw.col("raw"))
        )
        met = met.filter(nw.col("place").is_null() | _counts())
        kept = _lazy(self.engine.keep(met.select("place", "raw", "issue_date", "amount", "planned").to_native()))
        unmet = kept.filter(nw.col("place").is_null())
        rows = _placed(kept.filter(~nw.col("place").is_null()))
        more = self._other_spellings(table, unmet, people)
        if more.height:
            found = unmet.drop("place").join(_lazy(self.engine.frame(more)), on="raw", how="inner")
            rows = nw.concat([rows, _placed(found.filter(_counts()))])
        return rows.to_native()

    def _owner(self, table: Table, people: _People) -> Column:
        """The column that tells a transaction's client: by its id, or by its name where clients have no ids."""
        by_id = transactions_sheet.CLIENT_ID
        if table.has(by_id) and (people.has_ids or not table.has(headings_module.CLIENT_NAME)):
            return by_id
        if people.has_ids:
            raise headings_module.no_heading(table.source.name, by_id, list(table.opened[0].kinds))
        return headings_module.CLIENT_NAME

    def _scanned(self, table: Table, wanted: Mapping[str, Column]) -> _Frame:
        """The wanted columns as the engine reads them: from the files themselves, or from typed copies."""
        if table.in_place(wanted, self.engine.reads):
            headings = table.opened[0].taken
            columns = {name: (headings.get(column), _KINDS[name]) for name, column in wanted.items()}
            files = [each.path for each in table.pieces]
        else:
            columns = {name: (name, _KINDS[name]) for name in wanted}
            files = []
            for number, typed in enumerate(table.frames(wanted)):
                files.append(self.scratch / f"typed-{number}{_PARQUET}")
                _computed(table, partial(typed.select(list(wanted)).sink_parquet, files[-1], compression="lz4"))
        amount = nw.col("amount")
        frame = _lazy(self.engine.scan(files, columns)).with_columns(amount=nw.when(amount.is_finite()).then(amount))
        return frame.filter(~nw.all_horizontal(*(nw.col(each).is_null() for each in wanted), ignore_nulls=True))

    def _fetched(self, frame: _Frame) -> pl.DataFrame:
        return self.engine.fetch(frame.to_native())

    def _planned(self, table: Table, frame: _Frame) -> nw.Expr:
        """Whether each transaction is planned or issued, null if it counts nowhere, by the spellings that are there."""
        undated = nw.when(nw.col("issue_date").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
        told = self._fetched(
            frame.select("status", undated=undated)
            .group_by("status")
            .agg(nw.len().alias("rows"), nw.col("undated").sum())
        )
        known: dict[Status, list[str]] = defaultdict(list)
        unknown = Tally(table.source.name, transactions_sheet.STATUS.header)
        dateless, height = 0, 0
        for text, rows, without in (
            told.select("status", pl.col("rows", "undated").cast(pl.Int64)).sort("status").iter_rows()
        ):
            height += rows
            dateless += without
            try:
                status = transactions_sheet.read_status(text)
            except UnreadableError:
                unknown.add(rows, text)
            else:
                if text is not None:
                    known[status].append(text)
        self.choices.append(table.choices(height))
        bad = table.typed.tally(transactions_sheet.ISSUE_DATE)
        undated_rows = Tally(table.source.name, bad.column, dateless - bad.count)
        amounts = table.typed.tally(transactions_sheet.AMOUNT)
        lines = [
            table.typed.days_problem(transactions_sheet.ISSUE_DATE, "an issue date", "Left out."),
            undated_rows.problem(Code.MISSING_DATE, "without an issue date", "Left out."),
            amounts.problem(Code.UNREADABLE_AMOUNT, "with an amount that cannot be read", "Taken as blank."),
            unknown.problem(Code.UNKNOWN_STATUS, "with a status that is not known", "Left out."),
        ]
        self.problems += [each for each in lines if each]
        if not height:
            self.problems.append(
                about_sheet(
                    Code.NO_TRANSACTIONS,
                    table.source.name,
                    "There are no transactions.",
                    "No client counts as invoiced.",
                )
            )
        column = nw.col("status")
        planned: nw.Expr = nw.when(column.is_null()).then(_FLAGS[Status.ISSUED])
        for status, flag in _FLAGS.items():
            if known[status]:
                planned = nw.when(column.is_in(known[status])).then(flag).otherwise(planned)
        return planned

    def _other_spellings(self, table: Table, unmet: _Frame, people: _People) -> pl.DataFrame:
        """The place behind each id that is written otherwise than its client's; count the ids of nobody."""
        told = self._fetched(unmet.group_by("raw").agg(nw.len().alias("rows")))
        if not told.height:
            return told
        found = _keyed(told).join(people.frame.select("client", "place"), on="client", how="left").sort("raw")
        header, name = transactions_sheet.CLIENT_ID.header, table.source.name
        nameless, strange = Tally(name, header), Tally(name, header)
        nameless.add(_sum(found.filter(pl.col("client").is_null())))
        unknown = found.filter(pl.col("client").is_not_null() & pl.col("place").is_null())
        strange.add(_sum(unknown), *unknown["raw"].head(3))
        lines = [
            nameless.problem(Code.MISSING_ID, "without a client id", "Left out."),
            strange.problem(
                Code.UNKNOWN_CLIENT, "with an id that no client has", "Left out: add the clients, or correct the ids."
            ),
        ]
        self.problems += [each for each in lines if each]
        return found.filter(pl.col("place").is_not_null()).select("raw", "place")

    # the result

    def placed(
        self, people: _People, rows: Any, log: actions_sheet.ActionRows | None
    ) -> tuple[pl.DataFrame, ReplayedLog | None]:
        """Return the result, and the log folded over the data if there is one."""
        self.tell("Computing the segments")
        named = people.frame.select(client="place", created_on="created_on")
        folded = None
        if log:
            folded = replay(log.entries, self._dossiers(people, rows, log), self.as_of, self.rules)
            places = dict(
                people.frame.filter(pl.col("client").is_in(_named(log))).select("client", "place").iter_rows()
            )
            marks = {places[key]: mark.value for key, mark in folded.marks.items()}
            if marks:
                mark = pl.col("client").replace_strict(marks, default=None, return_dtype=pl.String)
                named = named.with_columns(mark=mark)
            if folded.plans:
                plans = pl.DataFrame(
                    [
                        (each.issue_date, each.amount, Status.PLANNED.value, places[each.client])
                        for each in folded.plans
                    ],
                    schema={**_ROWS, "client": _PLACE},
                    orient="row",
                )
                together = [_lazy(rows), _lazy(self.engine.frame(plans))]
                rows = nw.concat([each.select(*_ROWS, "client") for each in together]).to_native()
        activity = client_activity(self.engine.frame(named), rows, self.as_of, self.rules, self.engine.keep)
        result = self._fetched(_lazy(activity).select("client", *RESULT))
        table = people.frame.select("shown").hstack(result.sort("client"))
        kinds = (pl.String, pl.String, pl.Date, pl.Date, pl.Date, pl.Float64)
        found = table.select(
            pl.col(name).cast(kind).alias(header)
            for name, header, kind in zip(("shown", *RESULT), COLUMNS, kinds, strict=True)
        )
        # Engines add up in their own order, which shows in a sum's last digits; and no zero is below zero.
        value = pl.col(COLUMNS[-1])
        rounded = pl.when(value.abs() < LARGE).then(value.round(DECIMALS)).otherwise(value.round(DECIMALS_OF_LARGE))
        return found.with_columns((rounded + 0.0).alias(COLUMNS[-1])), folded

    def _dossiers(self, people: _People, rows: Any, log: actions_sheet.ActionRows) -> dict[str, ClientHistory]:
        """What is known of the clients the log names."""
        known = people.frame.filter(pl.col("client").is_in(_named(log)))
        wanted = _lazy(self.engine.frame(known.select(client="place")))
        found = self._fetched(_lazy(rows).join(wanted, on="client", how="inner").select("client", *_ROWS))
        theirs: dict[int, list[Transaction]] = defaultdict(list)
        for place, day, amount, status in found.sort("client", *_ROWS).iter_rows():
            theirs[place].append(Transaction(day, amount, Status(status)))
        return {
            key: ClientHistory(created, theirs.get(place, ()))
            for key, place, created in known.select("client", "place", "created_on").iter_rows()
        }


def _named(log: actions_sheet.ActionRows) -> list[str]:
    return sorted({each.client for each in log.entries if each.client})


def _lazy(native: Any) -> _Frame:
    return cast(_Frame, nw.from_native(native))


def _keyed(frame: pl.DataFrame) -> pl.DataFrame:
    return cast(pl.DataFrame, with_key(nw.from_native(frame, eager_only=True), "raw").to_native())


def _counts() -> nw.Expr:
    """Whether a transaction may count, as far as its own columns tell."""
    return ~nw.col("issue_date").is_null() & ~nw.col("planned").is_null()


def _placed(frame: _Frame) -> _Frame:
    """The rows as the domain wants them."""
    planned, issued = (nw.lit(each.value) for each in (Status.PLANNED, Status.ISSUED))
    status = nw.when(nw.col("planned") == _FLAGS[Status.PLANNED]).then(planned).otherwise(issued)
    return frame.select("issue_date", "amount", status=status, client=nw.col("place").cast(nw.Int32()))


def _sum(found: pl.DataFrame) -> int:
    return int(found["rows"].sum())


def _computed(table: Table, compute: Callable[[], Any]) -> Any:
    """Have Polars read a table.

    Raises:
        BookError: it cannot.
    """
    try:
        return compute()
    except pl.exceptions.PolarsError as error:
        said = address.without_secrets(str(error).strip().partition("\n")[0])
        raise BookError(
            f"{table.source.name} cannot be read to its end: {said}. Look for a row with more cells than there are "
            "headings, or for a broken file; export it again, or as Parquet."
        ) from error
