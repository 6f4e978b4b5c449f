"""Credit notes in frames of any engine: the same as `credits` says of one client's rows."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from kopilot_xl.domain.transactions import Status

_Frame = nw.DataFrame[Any]
_STACK = ("client", "cents")
_NAMES = ("client", "issue_date", "amount", "status")


def without_credited(rows: _Frame, today: nw.Expr) -> _Frame:
    """Return transactions without the invoices that credit notes take by a day, and without those notes.

    Of one client and amount, invoices and notes are a stack in order of date: an invoice is put on it, a credit note
    takes the top. On each day the stack is as deep as the sum of what came and went, less the lowest that sum ever was:
    that low is what notes would have taken from an empty stack. What lies above the lowest later depth was taken. So
    whole days can be counted, and engines that know no order of rows agree.

    Args:
        rows: `client`, `issue_date`, `amount` (null if blank), `status` (a value of `Status`).
        today: the day, as an expression to compare `issue_date` with.

    Returns:
        The same columns. Of the clients that have credit notes, equal amounts of one day are one row.
    """
    day, amount = nw.col("issue_date"), nw.col("amount")
    issued = (nw.col("status") == Status.ISSUED.value) & (day <= today)
    noted = rows.filter(issued & (amount < 0)).select("client").unique()
    others = rows.join(noted, on="client", how="anti").select(*_NAMES)
    theirs = rows.join(noted, on="client", how="semi")
    counted = issued & ~amount.is_null() & (amount != 0)
    rest = theirs.filter(~counted | counted.is_null()).select(*_NAMES)
    return nw.concat([others, rest, *_left(theirs.filter(counted), amount)])


def _left(rows: _Frame, amount: nw.Expr) -> list[_Frame]:
    """What is left of the invoices, and what is left of the credit notes."""
    positive = amount > 0
    days = (
        rows.with_columns(
            cents=(amount.abs() * 100 + 0.5).floor().cast(nw.Int64),
            invoices=nw.when(positive).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64),
            notes=nw.when(positive).then(nw.lit(0)).otherwise(nw.lit(1)).cast(nw.Int64),
            invoiced=nw.when(positive).then(amount).otherwise(nw.lit(0.0)),
            credited=nw.when(positive).then(nw.lit(0.0)).otherwise(amount),
        )
        .group_by(*_STACK, "issue_date")
        .agg(nw.col("invoices", "notes", "invoiced", "credited").sum())
        .with_columns(nw.col("invoices", "notes").cast(nw.Int64))
    )
    total = (nw.col("invoices") - nw.col("notes")).cum_sum()
    days = days.with_columns(total=total.over(*_STACK, order_by="issue_date"))
    days = days.with_columns(low=nw.col("total").cum_min().over(*_STACK, order_by="issue_date"))
    days = days.with_columns(depth=nw.col("total") - nw.min_horizontal(nw.col("low"), nw.lit(0)))
    days = days.with_columns(
        before=nw.col("depth").shift(1).over(*_STACK, order_by="issue_date").fill_null(0).cast(nw.Int64),
        lowest=nw.col("depth").cum_min(reverse=True).over(*_STACK, order_by="issue_date"),
    )
    kept = nw.col("lowest") - nw.col("before")
    taken = nw.col("before") + nw.col("invoices") - nw.col("depth")
    days = days.with_columns(kept=kept, partial=nw.col("notes") - taken)
    return [_part(days, "invoices", "kept", "invoiced"), _part(days, "notes", "partial", "credited")]


def _part(days: _Frame, number: str, left: str, amount: str) -> _Frame:
    """The rows of a kind, with what is left of their amounts."""
    whole = nw.col(left) == nw.col(number)
    share = nw.col(amount) / nw.col(number) * nw.col(left)
    return days.filter(nw.col(left) > 0).select(
        "client",
        "issue_date",
        amount=nw.when(whole).then(nw.col(amount)).otherwise(share),
        status=nw.lit(Status.ISSUED.value),
    )
