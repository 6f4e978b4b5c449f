"""From transactions to one row per client, on frames: last invoice, next planned, value, segment.

`clients.clients_as_of` says the same of the rows of a workbook, without a frame library.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, cast

import narwhals as nw
from narwhals.typing import IntoFrameT

from kopilot_xl.domain.credit_frames import without_credited
from kopilot_xl.domain.rules import DEFAULT, VALUE_MONTHS, Band, CutOffs, Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Status


def literal(day: date, column: nw.dtypes.DType) -> nw.Expr:
    """A day to compare a column with: pandas knows whole days only as midnights."""
    return nw.lit(datetime.combine(day, time.min) if isinstance(column, nw.Datetime) else day)


def _pick(day: nw.Expr, bands: tuple[Band, ...], column: nw.dtypes.DType, coming: nw.Expr) -> nw.Expr:
    """The bands as an expression: the first whose `since` the day reaches, from the latest to the earliest."""
    *upper, last = bands
    picked = nw.when(coming).then(nw.lit(last.coming.value)).otherwise(nw.lit(last.idle.value))
    for band in reversed(upper):
        here = (
            nw.lit(band.idle.value)
            if band.idle is band.coming
            else nw.when(coming).then(nw.lit(band.coming.value)).otherwise(nw.lit(band.idle.value))
        )
        picked = nw.when(day >= literal(band.since, column)).then(here).otherwise(picked)
    return picked


def segment(frame: nw.DataFrame[Any] | nw.LazyFrame[Any], cut: CutOffs) -> nw.Expr:
    """Return the segment of each client as one expression, for any engine; null for one not yet a client.

    The frame has `created_on`, `last_invoice` (on or before the as-of date), `next_planned` (coming revenue only)
    and `mark` (the segment a mark in force puts the client in). Source: docs/rules.md, "The segments".
    """
    schema = frame.collect_schema()
    created, last, coming = nw.col("created_on"), nw.col("last_invoice"), ~nw.col("next_planned").is_null()
    created_type, last_type = schema["created_on"], schema["last_invoice"]
    invoiced = _pick(last, cut.bands, last_type, coming)
    known = _pick(created, cut.never_invoiced, created_type, coming)
    recent = cut.never_invoiced[0]
    unknown = nw.when(coming).then(nw.lit(recent.coming.value)).otherwise(nw.lit(recent.idle.value))
    dated = nw.when(created <= literal(cut.as_of, created_type)).then(known)
    never = nw.when(created.is_null()).then(unknown).otherwise(dated)
    by_dates = nw.when(~last.is_null()).then(invoiced).otherwise(never)
    return nw.when(~nw.col("mark").is_null()).then(nw.col("mark")).otherwise(by_dates)


def frame_of(native: Any) -> nw.DataFrame[Any]:
    """A frame of any engine; the verbs used here are the same for eager and lazy ones."""
    return cast("nw.DataFrame[Any]", nw.from_native(native))


def client_activity(
    clients: IntoFrameT,
    transactions: IntoFrameT,
    as_of: date,
    rules: Rules = DEFAULT,
    keep: Callable[[Any], Any] = lambda frame: frame,
) -> IntoFrameT:
    """Return one row per client: where it stands as of a day.

    Args:
        clients: `client` (a key, each once), `created_on` (dates, null if unknown) and, if any marks are in force,
            `mark` (the name of the segment, null without a mark).
        transactions: `client`, `issue_date`, `amount` (null if blank), `status` (a value of `Status`). Rows of other
            clients are passed over.
        as_of: the day; nothing dated after it has happened.
        rules: the thresholds.
        keep: computes a lazy frame of the engine once, where it would be computed each time it is used.

    Returns:
        The clients' columns and `last_invoice`, `next_planned`, `next_amount` (what is coming on that day), `overdue`
        and `far_off` (the earliest plan of that kind), `value`, `segment` (null if not yet a client), `leaves_on`;
        of the same engine as the frames that came in. Nothing is coming, overdue or far off under a mark.

    Raises:
        ValueError: the as-of date is out of range.
    """
    cut = CutOffs.at(as_of, rules)
    people, rows = frame_of(clients), frame_of(transactions)
    if "mark" not in people.collect_schema().names():
        people = people.with_columns(nw.lit(None, dtype=nw.String).alias("mark"))
    day_type = rows.collect_schema()["issue_date"]
    today, horizon = literal(cut.as_of, day_type), literal(cut.horizon, day_type)
    day, amount, status = nw.col("issue_date"), nw.col("amount"), nw.col("status")

    rows = without_credited(rows, today)
    open_rows = rows.filter(~status.is_in([Status.DRAFT.value, Status.CANCELED.value]))
    planned = status == Status.PLANNED.value
    counts = amount.is_null() | (amount > 0)
    kinds = open_rows.with_columns(
        issued=nw.when(~planned & counts & (day <= today)).then(day),
        coming=nw.when(counts & (day > today) & (day <= horizon)).then(day),
        overdue=nw.when(planned & counts & (day <= today)).then(day),
        far_off=nw.when(planned & counts & (day > horizon)).then(day),
        billed=nw.when(~planned & (day <= today)).then(amount),
        planned_sum=nw.when(counts & (day > today) & (day <= horizon)).then(amount),
    )
    dates = kinds.group_by("client").agg(
        nw.col("issued").max().alias("last_invoice"),
        nw.col("coming").min().alias("next_planned"),
        nw.col("overdue").min(),
        nw.col("far_off").min(),
        nw.col("planned_sum").sum(),
    )
    dates = frame_of(keep(dates.to_native()))
    # Once per client, not once per transaction. The cast: DuckDB makes a timestamp of a date and an interval.
    last = nw.col("last_invoice")
    windows = dates.select(
        "client", "last_invoice", "next_planned", before=last.dt.offset_by(f"-{VALUE_MONTHS}mo").cast(day_type)
    )
    in_year = (day <= today) & (day > nw.col("before"))
    is_next = nw.col("coming") == nw.col("next_planned")
    sums = (
        kinds.join(windows, on="client", how="inner")
        .filter(in_year | is_next)
        .select("client", year=nw.when(in_year).then(nw.col("billed")), next_sum=nw.when(is_next).then(amount))
        .group_by("client")
        .agg(nw.col("year").sum(), nw.col("next_sum").sum())
    )

    frame = people.join(dates, on="client", how="left").join(sums, on="client", how="left")
    free = nw.col("mark").is_null()
    frame = frame.with_columns(
        next_planned=nw.when(free).then(nw.col("next_planned")),
        overdue=nw.when(free).then(nw.col("overdue")),
        far_off=nw.when(free).then(nw.col("far_off")),
    )
    frame = frame.with_columns(
        segment=segment(frame, cut),
        next_amount=nw.when(~nw.col("next_planned").is_null()).then(nw.col("next_sum").fill_null(0.0)),
    )
    name = nw.col("segment")
    inside = ~name.is_in([Segment.NEW.value, Segment.LOST.value, Segment.CANCELED.value])
    going = inside & nw.col("next_planned").is_null()
    value = (
        nw.when(name == Segment.NEW.value)
        .then(nw.col("planned_sum").fill_null(0.0))
        .otherwise(nw.col("year").fill_null(0.0))
    )
    frame = frame.with_columns(
        value=nw.when(~name.is_null()).then(value),
        leaves_on=nw.when(going & (name != Segment.NO_ACTIVITY.value))
        .then(nw.col("last_invoice").dt.offset_by(f"{rules.lifespan_days + 1}d"))
        .otherwise(
            nw.when(going & (name == Segment.NO_ACTIVITY.value)).then(
                nw.col("created_on").dt.offset_by(f"{rules.lifespan_days}d")
            )
        )
        .cast(day_type),  # DuckDB makes a timestamp of a date and an interval
    )
    frame = frame.drop("year", "planned_sum", "next_sum")
    return cast(IntoFrameT, frame.to_native())
