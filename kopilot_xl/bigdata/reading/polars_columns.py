"""Columns of any type of Polars, read as dates, amounts and texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from kopilot_xl.bigdata.reading.column_issues import MOMENT, TableIssues, ValueReader, not_a_value
from kopilot_xl.workbook.tables.table import Column, Format

_PLAIN_NUMBER = r"^-?\d{1,300}(?:[.,](?:\d{1,2}|\d{4,}))?$"
"""A number whose decimal sign leaves no doubt, and that a float can hold."""
TYPES: dict[Format, Any] = {Format.TEXT: pl.String(), Format.DATE: pl.Date(), Format.AMOUNT: pl.Float64()}


@dataclass(frozen=True)
class PolarsColumns:
    """Expressions that read a table's columns, and count what cannot be read when they are computed."""

    issues: TableIssues

    def typed(self, value: pl.Expr, kind: Any, column: Column, decimal: str | None, *, is_csv: bool) -> pl.Expr:
        """Return a column in the type of its format.

        Args:
            value: the column as it is.
            kind: its type.
            column: which it is.
            decimal: the decimal sign of its amounts, where they are texts.
            is_csv: whether blanks around a value, and what keeps an id from becoming a number, are to be taken off.
        """
        if kind == pl.Binary:  # as some programs write texts
            value, kind = _read(value, self.issues.bytes_reader(column), pl.String()), pl.String()
        if is_csv:
            value = value.str.strip_chars()
            quoted = value.str.extract(r'(?s)^="(.*)"$')
            value = pl.coalesce(quoted, pl.when(value != "").then(value))
        if column.format is Format.DATE:
            return self._day(value, kind, column)
        if column.format is Format.AMOUNT:
            return self._amount(value, kind, column, decimal)
        return self._text(value, kind, column)

    def _text(self, value: pl.Expr, kind: Any, column: Column) -> pl.Expr:
        """An id or another text: a whole number without decimals."""
        if kind.is_float():
            whole = value.is_finite() & (value == value.round(0)) & (value.abs() < 2.0**63)
            number = pl.when(whole).then(value).cast(pl.Int64)
            return pl.coalesce(number.cast(pl.String), pl.when(value.is_not_nan()).then(value.cast(pl.String)))
        if kind.is_nested() or kind == pl.Object:
            raise not_a_value(self.issues.source, column, kind)
        return value.cast(pl.String)

    def _day(self, value: pl.Expr, kind: Any, column: Column) -> pl.Expr:
        """A day; the time of day is dropped, in the time zone of the column."""
        if kind == pl.Date:
            return value
        if isinstance(kind, pl.Datetime):
            return value.dt.replace_time_zone(None).dt.date()
        if kind == pl.String:
            value = pl.when(value.str.contains(MOMENT.pattern)).then(value.str.slice(0, 10)).otherwise(value)
        else:
            self._text(value, kind, column)  # refuses what is neither a number nor a text
        return _read(value, self.issues.day_reader(column), pl.Date())

    def _amount(self, value: pl.Expr, kind: Any, column: Column, decimal: str | None) -> pl.Expr:
        """A number; NaN is blank, for so pandas writes a missing one."""
        if kind.is_numeric():
            number = value.cast(pl.Float64)
            return pl.when(number.is_not_nan()).then(number)  # one that is too large is counted by who computes with it
        if kind == pl.String:
            value = value.str.strip_chars()
            plain = value.str.contains(_PLAIN_NUMBER)
            number = pl.when(plain).then(value).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
            value = pl.when(~plain).then(value)
        else:
            self._text(value, kind, column)
            number = pl.lit(None, dtype=pl.Float64)
        return pl.coalesce(number, _read(value, self.issues.amount_reader(column, decimal), pl.Float64()))


def _read(value: pl.Expr, reader: ValueReader, kind: Any) -> pl.Expr:
    def read(values: pl.Series) -> pl.Series:
        different = values.unique().to_list()
        new = reader.different(different, lambda unreadable: int(values.is_in(unreadable).sum()))
        return values.replace_strict(
            pl.Series(different, dtype=values.dtype), pl.Series(new, dtype=kind), return_dtype=kind
        )

    return value.map_batches(read, return_dtype=kind, is_elementwise=True)
