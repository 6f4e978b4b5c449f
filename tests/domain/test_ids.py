"""When two client ids are the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kopilot_xl.domain.ids import client_key, shown_id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("acme", "ACME", id="case"),
        pytest.param("Straße", "STRASSE", id="case beyond ASCII"),
        pytest.param(" acme\t", "acme", id="surrounding blanks"),
        pytest.param("\u00a0acme\u00a0", "acme", id="surrounding no-break spaces"),
        pytest.param(1001, 1001.0, id="a whole number as Excel stores it"),
        pytest.param(1001, "1001", id="a number and a text"),
        pytest.param(1001.0, "1001.0", id="a decimal number and a text"),
        pytest.param("1001", "1001.00", id="a text with decimals"),
        pytest.param(-5, "-5.0", id="a negative number"),
        pytest.param(12345678901234.0, "12345678901234", id="a long number"),
    ],
)
def test_these_are_the_same_id(one: object, other: object) -> None:
    assert client_key(one) == client_key(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("007", "7", id="leading zeros as text"),
        pytest.param("007", 7, id="leading zeros and a number"),
        pytest.param("007.0", 7.0, id="leading zeros with decimals"),
        pytest.param(1001, 1001.5, id="a fraction"),
        pytest.param("C 1", "C1", id="a blank inside"),
        pytest.param("A-1.0", "A-1", id="decimals behind a text"),
        pytest.param("1001.", "1001", id="a dot without decimals"),
        pytest.param("1001", "1001.01", id="other decimals"),
    ],
)
def test_these_are_different_ids(one: object, other: object) -> None:
    assert client_key(one) != client_key(other)


def test_leading_zeros_stay() -> None:
    assert client_key("007.0") == client_key("007") == "007"


@pytest.mark.parametrize("blank", [None, "", "  ", "\u00a0"], ids=["nothing", "empty", "blanks", "no-break space"])
def test_a_blank_cell_is_no_id(blank: object) -> None:
    assert client_key(blank) is None


@settings(deadline=None)
@given(st.one_of(st.text(max_size=8), st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_an_id_is_the_same_as_what_is_shown_of_it(value: object) -> None:
    assert client_key(shown_id(value)) == client_key(value)


@pytest.mark.parametrize(
    ("value", "shown"), [(1001.0, "1001"), (1001, "1001"), (" Acme ", "Acme"), ("007", "007"), (1.5, "1.5")]
)
def test_an_id_is_shown_as_a_reader_writes_it(value: object, shown: str) -> None:
    assert shown_id(value) == shown
