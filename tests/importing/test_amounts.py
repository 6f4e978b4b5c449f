"""Amounts as programs write them: signs, currencies, and the decimal sign of a whole column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.importing.amounts import code_of, parts, read_amounts


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1,200.00", 1200.0, None),
        ("1.200,50", 1200.5, None),
        ("$(1,234.50)", -1234.5, "$"),
        ("($234.56)", -234.56, "$"),
        ("US$1,200.00", 1200.0, "USD"),
        ("-US$234.56", -234.56, "USD"),
        ("R$ 1.234,56", 1234.56, "BRL"),
        ("Rs. 1,20,000.00", 120_000.0, "INR"),
        ("₹1,20,000.00", 120_000.0, "INR"),
        ("1 200,50 zł", 1200.5, "PLN"),
        ("2 965,11 Kč", 2965.11, "CZK"),
        ("1’297.20", 1297.2, None),
        ("CHF 1’200.–", 1200.0, "CHF"),
        ("1’200.—", 1200.0, None),
        ("kr 1 234,00", 1234.0, "kr"),
        ("1250,-", 1250.0, None),
        ("1,200.00 DR", 1200.0, None),
        ("234.56 CR", -234.56, None),
        ("234,56 H", -234.56, None),
        ("–234.56", -234.56, None),
        ("−234,56", -234.56, None),
        ("300.00-", -300.0, None),
        ("(300.00)", -300.0, None),
        ("1,200.00 USD", 1200.0, "USD"),
        ("EUR 1.200,00", 1200.0, "EUR"),
        ("1\u202f200,00\xa0€", 1200.0, "EUR"),
        ("-", 0.0, None),
        (".50", 0.5, None),
    ],
)
def test_an_amount(text: str, amount: float, currency: str | None) -> None:
    read = read_amounts([text])
    assert read.values == [pytest.approx(amount)]
    assert (read.currencies or [None]) == [currency]


@pytest.mark.parametrize("text", ["4.2k", "12abc", "n/a", "=1+1", "1.2.3,4.5", "12 May", "1,2,3", "5 to 6", "((5))"])
def test_what_is_no_amount_stays_as_it_is(text: str) -> None:
    read = read_amounts([text])
    assert (read.values, read.unread) == ([text], (0,))


@pytest.mark.parametrize(
    ("texts", "amounts", "decimal"),
    [
        (["1.200", "3,50"], [1200.0, 3.5], ","),
        (["1,200", "3.50"], [1200.0, 3.5], "."),
        (["1.200", "640", "1.235", "-235"], [1200.0, 640.0, 1235.0, -235.0], ","),
        (["1,200", "2,450"], [1200.0, 2450.0], "."),
        (["1097.544", "190.92"], [1097.544, 190.92], "."),
        (["1.097", "190.92"], [1.097, 190.92], "."),
        (["1.200", "1.200.000"], [1200.0, 1_200_000.0], ","),
        (["0.500", "12"], [0.5, 12.0], "."),
    ],
)
def test_the_decimal_sign_is_that_of_the_whole_column(texts: list[str], amounts: list[float], decimal: str) -> None:
    read = read_amounts(texts)
    assert (read.values, read.decimal) == (amounts, decimal)


def test_an_assumed_decimal_sign_is_said() -> None:
    assert read_amounts(["1.200"], "Total").notes == (
        "Total: no amount shows its decimal sign; 1.200 was read as 1,200.",
    )


@pytest.mark.parametrize(("text", "code"), [("eur", "EUR"), ("€", "EUR"), ("Kč", "CZK"), ("Party", None), ("", None)])
def test_a_currency(text: str, code: str | None) -> None:
    assert code_of(text) == code


@given(
    st.integers(-(10**9), 10**9),
    st.sampled_from(["{:,.2f}", "{:.2f}", "({:,.2f})", "$ {:,.2f}", "{:,.2f} EUR", "{:,.2f}-"]),
)
def test_any_amount_of_money_is_read_back(cents: int, form: str) -> None:
    negative = form.startswith("(") or form.endswith("-")
    value = abs(cents) / 100 if negative else cents / 100
    expected = -value if negative else value
    assert read_amounts([form.format(value), "0.01"]).values[0] == pytest.approx(expected)


@given(st.text(max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    read = read_amounts([text])
    assert (parts(text) is None) or isinstance(read.values[0], float) or read.unread == (0,)


@pytest.mark.parametrize("texts", [["1.200", "2,450"], ["1.200", "3,5", "2.5"]])
def test_a_decimal_sign_that_is_open_is_a_doubt(texts: list[str]) -> None:
    assert read_amounts(texts).doubt
    assert not read_amounts(texts[:1]).doubt
