"""Segments for frames of pandas, Polars or DuckDB, read as the tables of a workbook are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, cast

import narwhals as nw
from narwhals.typing import IntoFrameT

from kopilot_xl.domain.activity import client_activity
from kopilot_xl.domain.ids import client_key
from kopilot_xl.domain.rules import DEFAULT, Rules
from kopilot_xl.domain.transactions import Status
from kopilot_xl.errors import FrameError, MissingError
from kopilot_xl.texts import t
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets import status_words
from kopilot_xl.workbook.sheets import transactions as transactions_sheet
from kopilot_xl.workbook.tables.parsing import LARGEST_AMOUNT, DateOrder, UnreadableError, read_amount, read_date
from kopilot_xl.workbook.tables.table import Column, Table, same_name

RESULT = {
    "segment": clients_sheet.SEGMENT.header,
    "last_invoice": clients_sheet.LAST_INVOICE.header,
    "next_planned": clients_sheet.NEXT_PLANNED.header,
    "leaves_on": clients_sheet.LEAVES_ON.header,
    "value": clients_sheet.VALUE.header,
}
COLUMNS = (clients_sheet.CLIENT_ID.header, *RESULT.values())
"""The columns of the result."""

_PLACE, _KEY, _SHOWN = "_place", "client", "_shown"
_Frame = nw.DataFrame[Any]


def classify(
    clients: IntoFrameT,
    transactions: IntoFrameT,
    as_of: date | None = None,
    *,
    rules: Rules = DEFAULT,
    date_order: DateOrder | str | None = None,
) -> IntoFrameT:
    """Return where each client stands, for frames of pandas, Polars or DuckDB.

    Ids, statuses, amounts and dates are read as those of a workbook: `1001`, `1001.0` and ` 1001 ` are the same
    client, `Void` is canceled. Left out are clients without an id, a client's later duplicates, and transactions of
    unknown clients, with an unknown status or without a readable date; an unreadable amount counts as blank.
    `segment_files` and the workbook's Problems sheet name such rows one by one.

    Args:
        clients: a frame with the column `Client ID` and, if known, `Created on`.
        transactions: a frame with `Client ID` and `Issue date` and, if known, `Amount` and `Status`.
        as_of: the day to look at it, today by default; nothing dated after it has happened.
        rules: the thresholds.
        date_order: how to read a text such as 03/04/2026, `DMY` or `MDY`; without it, it is unreadable. Frames that
            are lazy (DuckDB, a Polars LazyFrame) must have true dates and numbers.

    Returns:
        A frame of the same engine, one row per client in the order of the clients, with the columns `Client ID` (as
        it came in), `Segment` (null if not yet a client), `Last invoice`, `Next planned`, `Leaves on` and `Value`.
        Dates are dates; in pandas, which has none, they are midnights.

    Raises:
        MissingError: a column that is needed is not there.
        FrameError: a lazy frame has a column of another type than it should have.
        ValueError: the as-of date is out of range, or the date order is none.
    """
    order = DateOrder(date_order) if date_order else None
    day = date.today() if as_of is None else as_of.date() if isinstance(as_of, datetime) else as_of
    people, rows = _people(clients, order), _rows(transactions, order)
    activity = client_activity(people.to_native(), rows.to_native(), day, rules)
    result = cast(_Frame, nw.from_native(activity))
    if _PLACE in result.collect_schema().names():
        result = result.sort(_PLACE)
    renamed = [nw.col(name).alias(header) for name, header in RESULT.items()]
    return cast(IntoFrameT, result.select(nw.col(_SHOWN).alias(COLUMNS[0]), *renamed).to_native())


def _people(native: Any, order: DateOrder | None) -> _Frame:
    """The clients as the domain wants them, each once, with their place if the engine knows an order."""
    sheet = clients_sheet
    frame = _selected(native, sheet.TABLE, {_SHOWN: sheet.CLIENT_ID, "_created": sheet.CREATED_ON})
    frame = _with_day(with_key(_numbered(frame), _SHOWN), "_created", "created_on", order)
    places = [_PLACE] if _PLACE in frame.collect_schema().names() else []
    frame = frame.select(*places, _SHOWN, "created_on", _KEY).filter(~nw.col(_KEY).is_null())
    if not places:
        return frame.unique(subset=_KEY, keep="any")
    first = frame.group_by(_KEY).agg(nw.col(_PLACE).min())
    return frame.join(first, on=[_KEY, _PLACE], how="inner")


def _rows(native: Any, order: DateOrder | None) -> _Frame:
    """The transactions as the domain wants them, without those that count nowhere."""
    sheet = transactions_sheet
    wanted = {"_own": sheet.CLIENT_ID, "_issued": sheet.ISSUE_DATE, "_amount": sheet.AMOUNT, "_status": sheet.STATUS}
    frame = with_key(_selected(native, sheet.TABLE, wanted), "_own")
    frame = _with_status(_with_amount(_with_day(frame, "_issued", "issue_date", order), "_amount"), "_status")
    frame = frame.select(_KEY, "issue_date", "amount", "status")
    return frame.filter(
        ~nw.any_horizontal(*(nw.col(each).is_null() for each in (_KEY, "issue_date", "status")), ignore_nulls=True)
    )


def _selected(native: Any, table: Table, wanted: Mapping[str, Column]) -> _Frame:
    """Only the columns that are wanted, those that are there, under names that clash with no others.

    Raises:
        MissingError: one that is needed is not there.
    """
    frame = cast(_Frame, nw.from_native(native))
    names = frame.collect_schema().names()
    known = {same_name(each): each for each in reversed(names)}
    found = {name: known.get(same_name(column.header)) for name, column in wanted.items()}
    for name, column in wanted.items():
        if column.required and found[name] is None:
            raise MissingError(
                t(
                    'The {table} have no column "{column}" (their columns: {names}). Rename the one that holds it.',
                    table=table.name.lower(),
                    column=column.header,
                    names=", ".join(names) or "none",
                )
            )
    return frame.select(nw.col(own).alias(name) for name, own in found.items() if own is not None)


def _is_eager(frame: object) -> bool:
    """Whether a frame's values are here, not only a plan to compute them."""
    return isinstance(frame, nw.DataFrame)


def _numbered(frame: _Frame) -> _Frame:
    """The frame with each row's place, so that the result comes in this order; an engine without order has none."""
    if _is_eager(frame):
        return frame.with_row_index(_PLACE)
    native: Any = frame.to_native()
    engine: object = frame.implementation
    if engine is nw.Implementation.POLARS:
        native = native.with_row_index(_PLACE)
    elif engine is nw.Implementation.DUCKDB:
        native = native.project(f"row_number() over () as {_PLACE}, *")
    return cast(_Frame, nw.from_native(native))


def with_key(frame: _Frame, column: str) -> _Frame:
    """Add what an id is compared by, as `domain.ids.client_key` says."""
    kind = frame.collect_schema()[column]
    if kind == nw.String or kind.is_numeric():
        frame = frame.with_columns(_clean(nw.col(column).cast(nw.String)).alias(_KEY))
        text = nw.col(_KEY)
        whole = text
        # Few ids end in decimals: where it costs little to know that none does, that is asked first.
        if not _is_eager(frame) or frame.select(text.str.contains(".0", literal=True).any()).item():
            decimal = text.str.contains(r"^-?[0-9]+\.0+$")
            whole = nw.when(decimal).then(text.str.replace_all(r"\.0+$", "")).otherwise(text)
        bare = nw.when((text != "") & (text != "nan")) if kind.is_float() else nw.when(text != "")
        return frame.with_columns(bare.then(whole).alias(_KEY))
    return _mapped(frame, column, _KEY, client_key, nw.String())


def _clean(text: nw.Expr) -> nw.Expr:
    return text.str.strip_chars().str.to_lowercase().str.replace_all("ß", "ss", literal=True)


def _with_day(frame: _Frame, column: str, name: str, order: DateOrder | None) -> _Frame:
    """Add a column of days; a text that is none, or could be two, is null."""
    wanted: Any = nw.Datetime("us") if frame.implementation.is_pandas_like() else nw.Date()
    kind = frame.collect_schema().get(column)
    if kind is None:
        return frame.with_columns(nw.lit(None, dtype=wanted).alias(name))
    if isinstance(kind, nw.Datetime):
        moment = nw.col(column)
        if kind.time_zone is not None:
            moment = moment.dt.replace_time_zone(None)
        day = moment.dt.truncate("1d") if isinstance(wanted, nw.Datetime) else moment
        return frame.with_columns(day.cast(wanted).alias(name))
    if kind == nw.Date:
        return frame.with_columns(nw.col(column).cast(wanted).alias(name))
    return _mapped(frame, column, name, _readable(lambda value: read_date(value, order)), wanted)


def _with_amount(frame: _Frame, column: str) -> _Frame:
    kind = frame.collect_schema().get(column)
    if kind is None:
        return frame.with_columns(nw.lit(None, dtype=nw.Float64).alias("amount"))
    if kind.is_numeric():
        amount = nw.col(column).cast(nw.Float64)
        return frame.with_columns(nw.when(is_amount(amount)).then(amount).alias("amount"))
    return _mapped(frame, column, "amount", _readable(read_amount), nw.Float64())


def is_amount(number: nw.Expr) -> nw.Expr:
    """Return whether a number can be an amount: finite (which DuckDB must be asked of NaN by itself), and in bounds."""
    return number.is_finite() & (number.abs() < LARGEST_AMOUNT)


def _with_status(frame: _Frame, column: str) -> _Frame:
    """Add what each transaction is, null for a spelling that is not known."""
    kind = frame.collect_schema().get(column)
    if kind is None:
        return frame.with_columns(nw.lit(Status.ISSUED.value).alias("status"))
    if kind != nw.String:
        return _mapped(frame, column, "status", _readable(transactions_sheet.read_status), nw.String())
    blank_out = "[" + re.escape(status_words.PUNCTUATION) + "]+"
    blank_text = nw.col(column).str.strip_chars() == ""
    text = nw.col(column).str.to_lowercase().str.replace_all(blank_out, "")
    status: nw.Expr = nw.when(blank_text).then(nw.lit(Status.ISSUED.value))
    for each, spellings in status_words.spellings().items():
        status = nw.when(text.is_in(sorted(spellings))).then(nw.lit(each.value)).otherwise(status)
    # Looked up, not computed row by row: DuckDB would compute it anew wherever it is used.
    given = frame.filter(~nw.col(column).is_null())  # of nothing but nulls pandas would make numbers
    told = given.group_by(column).agg(nw.len().alias("_rows")).with_columns(status=status).drop("_rows")
    blank = nw.when(nw.col(column).is_null()).then(nw.lit(Status.ISSUED.value))
    return frame.join(told, on=column, how="left").with_columns(status=blank.otherwise(nw.col("status")))


def _readable(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader that gives None for what it cannot read, or what that is taken as."""

    def reader(value: Any) -> Any:
        try:
            return read(value)
        except UnreadableError as reason:
            return reason.taken_as

    return reader


def _mapped(frame: _Frame, column: str, name: str, read: Callable[[Any], Any], kind: Any) -> _Frame:
    """Add a column read value by value, each different one once.

    Raises:
        FrameError: the frame is lazy: its values are not here to be read.
    """
    if not _is_eager(frame):
        header = {"created_on": clients_sheet.CREATED_ON.header, "issue_date": transactions_sheet.ISSUE_DATE.header}
        label = header.get(name, name)
        raise FrameError(
            t(
                "The column of {label} has the type {kind}, and a lazy frame's values cannot be "
                "read one by one. Cast it first: ids and statuses to text, dates to DATE, amounts to "
                "DOUBLE.",
                label=label,
                kind=frame.collect_schema()[column],
            )
        )
    known: dict[Any, Any] = {}
    values: list[Any] = []
    for value in frame[column].to_list():
        plain = None if value is None or value != value else value  # a NaN is not itself
        if plain not in known:
            known[plain] = None if plain is None else read(plain)
        values.append(known[plain] if name != "status" or plain is not None else Status.ISSUED.value)
    if isinstance(kind, nw.Datetime):
        values = [None if each is None else datetime(each.year, each.month, each.day) for each in values]
    return frame.with_columns(nw.new_series(name, values, kind, backend=frame.implementation))
