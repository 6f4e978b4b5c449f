"""The clients of a table, each once, in their order; and every spelling of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals as nw

from kopilot_xl.bigdata.frames import with_key
from kopilot_xl.bigdata.local import LocalFrame, local_frame, plain_values
from kopilot_xl.bigdata.reading.column_issues import ColumnIssues
from kopilot_xl.bigdata.reading.opened_file import FOLDERS
from kopilot_xl.bigdata.reading.table import SourceTable, collected
from kopilot_xl.domain.activity import literal
from kopilot_xl.importing.summary import FileSummary, without_ids
from kopilot_xl.texts import t
from kopilot_xl.workbook.sheets import clients as sheet
from kopilot_xl.workbook.sheets.clients import ClientRows
from kopilot_xl.workbook.tables.problems import Code, Problem, about_sheet

_EXAMPLES = 3
INDEX = nw.Int32()
"""The type of a client's index: its position among the clients, by which it goes while its segment is computed."""


@dataclass(frozen=True)
class ClientIndex:
    """The clients, each once, in their order.

    Attributes:
        frame: `index`, `client` (the key that ids are compared by), `shown` (the id as a reader writes it) and
            `created_on`.
        aliases: `raw`, an id as it is written somewhere, and the `index` of its client.
        problems: what was wrong with the table's rows.
        has_ids: whether the clients have ids, not only names.
        folders: the folders of each client's partition, None if the table is in no folders.
    """

    frame: LocalFrame
    aliases: LocalFrame
    problems: Sequence[Problem]
    has_ids: bool = True
    folders: nw.Series[Any] | None = None


def listed_clients(rows: ClientRows) -> ClientIndex:
    """Return the clients of a table that was read row by row."""
    frame = local_frame(
        {"index": range(len(rows.keys)), "client": rows.keys, "shown": rows.ids, "created_on": rows.created},
        {"index": INDEX, "client": nw.String(), "shown": nw.String(), "created_on": nw.Date()},
    )
    return ClientIndex(frame, frame.select("index", raw=nw.col("shown")), rows.problems)


def streamed_clients(table: SourceTable, as_of: date) -> tuple[ClientIndex, FileSummary]:
    """Return the clients of a table of which no row need be named, and how it was read.

    Raises:
        BookError: it cannot be read to its end.
    """
    has_ids = table.has(sheet.CLIENT_ID)
    ids = sheet.CLIENT_ID if has_ids else sheet.NAME
    columns = {"raw": ids, "created_on": sheet.CREATED_ON}
    by_name = has_ids and table.has(sheet.NAME)
    rows = collected(table, {**columns, "name": sheet.NAME} if by_name else columns)
    named_ones = 0
    if by_name:
        raw, name = nw.col("raw"), nw.col("name")
        without = (raw.is_null() | (raw.str.strip_chars() == "")) & ~name.is_null()
        named_ones = int(rows.select(without.sum())["raw"][0] or 0)
        rows = rows.with_columns(raw=nw.when(without).then(name).otherwise(raw)).drop("name")
    keyed = with_key(rows, "raw")
    named = keyed.filter(~nw.col("client").is_null())
    first, again = named, named.head(0)
    if not _all_different(named["client"]):
        is_first = named["client"].is_first_distinct()
        first, again = named.filter(is_first), named.filter(~is_first)
    index = first.with_row_index("index").select(
        nw.col("index").cast(INDEX), "raw", "client", "created_on", FOLDERS, shown=nw.col("raw").str.strip_chars()
    )
    folders = index[FOLDERS] if index[FOLDERS].null_count() < len(index) else None
    found = ClientIndex(
        frame=index.drop("raw", FOLDERS),
        aliases=_aliases(index, again),
        problems=_problems(table, ids.header, len(keyed) - len(named), first, again, as_of),
        has_ids=has_ids,
        folders=folders,
    )
    choices = table.choices(len(rows))
    return found, replace(choices, remarks=[*choices.remarks, *without_ids(named_ones)])


def _all_different(keys: nw.Series[Any]) -> bool:
    """Whether no key occurs twice, or False in doubt: Polars says so from hashes in a tenth of the time."""
    if keys.implementation.is_polars():
        return bool(keys.to_native().hash().n_unique() == len(keys))
    return keys.n_unique() == len(keys)


def _aliases(index: LocalFrame, again: LocalFrame) -> LocalFrame:
    """Every spelling of an id that occurs among the clients, with the index of its client."""
    aliases = index.select("raw", "index")
    if not len(again):
        return aliases
    others = again.select("raw", "client").unique().join(aliases, on="raw", how="anti")
    return nw.concat([aliases, others.join(index.select("client", "index"), on="client").select("raw", "index")])


def _problems(
    table: SourceTable, header: str, nameless: int, first: LocalFrame, again: LocalFrame, as_of: date
) -> list[Problem]:
    name, created = table.source.name, nw.col("created_on")
    ahead = first.filter(created > literal(as_of, first.collect_schema()["created_on"]))
    twice = ColumnIssues(name, header)
    twice.add(len(again), *plain_values(again["raw"].head(_EXAMPLES)))
    problems = [
        ColumnIssues(name, header, nameless).problem(Code.MISSING_ID, t("without a client id"), t("Left out.")),
        twice.problem(Code.DUPLICATE_ID, t("with an id that occurs earlier"), t("The first one counts.")),
        table.issues.days_problem(sheet.CREATED_ON, "a creation date", "Taken as unknown."),
        ColumnIssues(name, sheet.CREATED_ON.header, len(ahead)).problem(
            Code.CREATED_IN_FUTURE,
            t("with a creation date in the future"),
            t("Not clients yet, unless they were invoiced."),
        ),
    ]
    if not len(first):
        problems.append(about_sheet(Code.NO_CLIENTS, name, t("There are no clients."), t("The portfolio is empty.")))
    return [problem for problem in problems if problem]
