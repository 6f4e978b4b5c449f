"""Which column has the amounts: the net amount of the document before its total, the gross one and its lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kopilot_xl.importing.amounts import read_amounts
from kopilot_xl.importing.choices import Question, QuestionError
from kopilot_xl.importing.layout import Column, Table, text_of
from kopilot_xl.importing.vocabulary import vocabulary
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold

_LEVELS = {"amount_net": 3.0, "amount_total": 2.0, "amount_gross": 1.0, "amount_line": 0.0}
_SURE = 60.0
_CENT = 0.015


@dataclass(frozen=True)
class AmountPlan:
    """How the amount of a row is found.

    Attributes:
        column: of the amount; of the debit or the quantity where there are two.
        other: the credit, or the unit price.
        how: `column`, `debit-credit` or `product`.
        tax: what is taken off, where only the gross amount is there.
        level: `document` where the heading says it is that of the whole document, `line`, or blank.
    """

    column: Column
    other: Column | None = None
    how: str = "column"
    tax: Column | None = None
    level: str = ""

    @property
    def columns(self) -> list[Column]:
        """All columns it reads."""
        return [each for each in (self.column, self.other, self.tax) if each is not None]


_THOUSAND_SIGNS = re.compile(r"[(\[]\s*[kKT]\s?[€$£]?\s*[)\]]|\b[kT]\s?[€$£]")
_WORDS = re.compile(r"[^\W\d_]+")


def scale_of(column: Column) -> float:
    """Return what an amount of a column counts: a hundredth as in total_in_cents, a thousand as in (k), or one."""
    units = vocabulary().units
    found = {units[word] for each in _WORDS.findall(column.heading) if (word := fold(each)) in units}
    return min(found) if found else 1000.0 if _THOUSAND_SIGNS.search(column.heading) else 1.0


def best_of(columns: Iterable[Column], *roles: str) -> Column | None:
    """Return the column that is most surely one of some roles, None where there are none."""
    return max(columns, key=lambda each: (each.role(*roles), -each.at), default=None)


def amount_plan(
    data: Sequence[Column], fixed: Mapping[str, Column], used: set[int], table: Table
) -> tuple[AmountPlan | None, list[str]]:
    """Return how the amount of a row is found, and what was assumed.

    Args:
        data: the columns, with only the rows that have a date.
        fixed: the columns the user named, by role.
        used: the columns that are something else.
        table: what errors name.

    Raises:
        QuestionError: two columns could be it.
    """
    at = {each.at: each for each in data}
    for role, level in (("total", "document"), ("amount_net", ""), ("amount_total", ""), ("amount_line", "line")):
        if role in fixed:
            return AmountPlan(at[fixed[role].at], level=level), []
    has_quantity = any(each.role("quantity") and each.amounts > 0.9 and each.filled for each in data)
    found = []
    for each in data:
        if each.at in used or not each.filled or each.amounts < 0.8 or _is_date_like(each):
            continue
        for role, base in _LEVELS.items():
            sure = each.role(role)
            if not sure or sure < each.role("balance", "paid", "tax", "other_amount", "quantity", "debit", "credit"):
                continue
            if has_quantity and each.role("unit_price") >= sure:
                continue
            rank = base if sure >= _SURE else base - 3
            found.append((rank, sure, each, role))
    lively = [one for one in found if _has_values(one[2])]
    found = lively or found
    if found:
        top = max((rank, sure) for rank, sure, *_ in found)
        best = [one for one in found if (one[0], one[1]) >= (top[0], top[1] - 0.1) and one[0] == top[0]]
        _, _, column, role = best[0] if len(best) == 1 else _same_amounts(best, table)
        tax = None
        notes: list[str] = []
        if role == "amount_gross":
            tax = _tax(data, column)
            if tax:
                notes.append(t("{gross} is gross: {tax} was taken off.", gross=column.name, tax=tax.name))
        return AmountPlan(column, tax=tax, level="line" if role == "amount_line" else ""), notes
    debit = best_of([each for each in data if each.role("debit") and each.amounts >= 0.8 and each.filled], "debit")
    credit = best_of([each for each in data if each.role("credit") and each.amounts >= 0.8], "credit")
    if debit is not None and credit is not None:
        return AmountPlan(debit, credit, "debit-credit"), []
    quantity = best_of(
        [each for each in data if each.role("quantity") and each.amounts > 0.9 and each.filled], "quantity"
    )
    price = best_of(
        [each for each in data if each.role("unit_price") and each.amounts > 0.9 and each.filled], "unit_price"
    )
    if quantity is not None and price is not None:
        return AmountPlan(quantity, price, "product", level="line"), [
            t("Amounts are {quantity} times {price}.", quantity=quantity.name, price=price.name)
        ]
    return None, []


def _is_date_like(column: Column) -> bool:
    return column.dates >= 0.9 and not all(isinstance(each, float | int) for each in column.sample)


def _has_values(column: Column) -> bool:
    return any(each not in (0, 0.0, None) and text_of(each).strip("0.,-– €$£") for each in column.sample)


def _same_amounts(best: Sequence[tuple[float, float, Column, str]], table: Table) -> tuple[float, float, Column, str]:
    """Among amounts of the same heading, the only one that differs in nothing; else a question."""
    values = [read_amounts(one[2].values).values for one in best]
    if all(each == values[0] for each in values):
        return best[0]
    if len(best) == 2 and (net := _net_of(best, values, table)) is not None:
        return net
    fullest = sorted(best, key=lambda one: -one[2].fill)
    if fullest[0][2].fill > fullest[1][2].fill + 0.5:
        return fullest[0]
    names = " and ".join(f"column {one[2].letter}" for one in best)
    first = best[0][2]
    raise QuestionError(
        t(
            "{label} has amounts under {names} ({columns}), and they differ. Choose one, as in --map "
            '"Amount={letter}".',
            label=table.raw.label,
            names=" and ".join(dict.fromkeys(one[2].name for one in best)),
            columns=names,
            letter=first.letter,
        ),
        "equal-headings",
        [Question("equal-headings", t("Which is the amount?"), f'--map "Amount={first.letter}"')],
    )


def _net_of(
    best: Sequence[tuple[float, float, Column, str]], values: Sequence[Sequence[object]], table: Table
) -> tuple[float, float, Column, str] | None:
    """Of two amounts, the one that makes the other with the tax of the same row."""
    for each in table.columns:
        if not each.role("tax") or not each.filled or each.amounts < 0.95:
            continue
        rows = {id(one[2]): one[2] for one in best}
        if any(len(one.values) != len(each.values) for one in rows.values()):
            continue
        taxes = read_amounts(each.values).values
        for net, gross, found in ((values[0], values[1], best[0]), (values[1], values[0], best[1])):
            triples = [
                (one, tax, two)
                for one, tax, two in zip(net, taxes, gross, strict=True)
                if isinstance(one, float) and isinstance(tax, float) and isinstance(two, float)
            ]
            if (
                triples
                and any(tax for _, tax, _ in triples)
                and all(abs(one + tax - two) < _CENT for one, tax, two in triples)
            ):
                return found
    return None


def _tax(data: Sequence[Column], gross: Column) -> Column | None:
    """The column of the tax that a gross amount holds: never more than a third of it."""
    for each in sorted(data, key=lambda one: -one.role("tax")):
        if (
            not each.role("tax")
            or each.amounts < 0.95
            or each.fill < 0.9 * gross.fill
            or any("%" in text_of(one) for one in each.sample)
        ):
            continue
        pairs = zip(read_amounts(gross.values).values, read_amounts(each.values).values, strict=True)
        numbers = [(one, two) for one, two in pairs if isinstance(one, float) and isinstance(two, float)]
        rates = [two / (one - two) for one, two in numbers if one and one != two]
        if (
            numbers
            and rates
            and all(0 <= rate <= 0.35 for rate in rates)
            and len({round(rate, 2) for rate in rates}) <= 4
        ):
            return each
    return None


def line_plan(data: Sequence[Column], amount: AmountPlan | None) -> AmountPlan | None:
    """The amounts of lines beside the amount that was chosen."""
    if amount is None or amount.how != "column":
        return None
    lines = [
        each
        for each in data
        if each.role("amount_line") and each.at != amount.column.at and each.amounts > 0.9 and each.filled
    ]
    if lines:
        best = max(lines, key=lambda each: each.role("amount_line"))
        return AmountPlan(best, level="line")
    quantity = best_of(
        [each for each in data if each.role("quantity") and each.amounts > 0.9 and each.filled], "quantity"
    )
    price = best_of(
        [each for each in data if each.role("unit_price") and each.amounts > 0.9 and each.filled], "unit_price"
    )
    if quantity and price and price.at != amount.column.at:
        return AmountPlan(quantity, price, "product", level="line")
    return None
