"""The references of formulas, moved as Excel moves them: held against openpyxl, and against cases of their own."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator

from kopilot_xl.workbook.addresses import Area, cell_address, column_letters
from kopilot_xl.workbook.references import TableResize, moved, resized


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A1+B2", "C2+D3"),
        ("$A1+A$1+$A$1", "$A2+C$1+$A$1"),
        ("SUM(A1:B2,C:C,3:3,$A:B,$1:2)", "SUM(C2:D3,E:E,4:4,$A:D,$1:3)"),
        ('A1&"A1 ""B2"" C3"', 'C2&"A1 ""B2"" C3"'),
        ("LOG10(A1)+ATAN2(B1,C1)+_xlfn.CONCAT(A1)", "LOG10(C2)+ATAN2(D2,E2)+_xlfn.CONCAT(C2)"),
        ("Sheet1!A1+'My A1'!B2+'It''s B2'!C3", "Sheet1!C2+'My A1'!D3+'It''s B2'!E4"),
        ("SUM(Jan:Mar!A1)+SUM(Q1:Q4!B2)+SUM('A1:A2'!C3)", "SUM(Jan:Mar!C2)+SUM(Q1:Q4!D3)+SUM('A1:A2'!E4)"),
        ("[1]Sheet1!A1+'[2]My B2'!A1+[3]!rate", "[1]Sheet1!C2+'[2]My B2'!C2+[3]!rate"),
        ("T[[#This Row],[A1]]+T[B2]+T[a'[A1]+A1", "T[[#This Row],[A1]]+T[B2]+T[a'[A1]+C2"),
        ("TAB1[A1]+A1", "TAB1[A1]+C2"),
        ("1E5+1.5e-3+.5E2+A1", "1E5+1.5e-3+.5E2+C2"),
        ("Rate2024*A1+my.A1+_A1+A1_+XFE1+A1048577", "Rate2024*C2+my.A1+_A1+A1_+XFE1+A1048577"),
        ("#REF!+Sheet1!#REF!+#N/A+#DIV/0!+A1", "#REF!+Sheet1!#REF!+#N/A+#DIV/0!+C2"),
        ("A1:OFFSET(A1,1,1)", "C2:OFFSET(C2,1,1)"),
        ("A1:B2 B1:B9", "C2:D3 D2:D10"),
        ("{1,2;3,4}*A1%-B1^2", "{1,2;3,4}*C2%-D2^2"),
        ("été!A1+Größe1+B1", "été!C2+Größe1+D2"),
        ("a1+$b$2+aa10", "C2+$b$2+AC11"),
        ("TRUE+TODAY()+IF(A1<>B1,FALSE,NA())", "TRUE+TODAY()+IF(C2<>D2,FALSE,NA())"),
    ],
)
def test_relative_references_move(formula: str, expected: str) -> None:
    assert moved(formula, 1, 2) == expected
    assert moved(formula, 0, 0) == formula


@pytest.mark.parametrize(
    ("formula", "rows", "columns"),
    [("A1", -1, 0), ("B1", 0, -2), ("XFD1", 0, 1), ("A1048576", 1, 0), ("1:2", -1, 0), ("A:B", 0, -1)],
)
def test_a_reference_that_would_leave_the_sheet_is_refused(formula: str, rows: int, columns: int) -> None:
    with pytest.raises(ValueError, match="would leave the sheet"):
        moved(formula, rows, columns)


@pytest.mark.parametrize("formula", ['A1&"open', "'open!A1", "T[[A1]", "T[a']"])
def test_what_is_not_closed_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="is not closed"):
        moved(formula, 1, 1)


MARKS = st.sampled_from(["", "$"])
COLUMNS = st.integers(30, 700).map(column_letters)
ROWS = st.integers(30, 100_000).map(str)
CELLS = st.builds("{}{}{}{}".format, MARKS, COLUMNS, MARKS, ROWS)
AREAS = st.one_of(
    CELLS,
    st.builds("{}:{}".format, CELLS, CELLS),
    st.builds("{}{}:{}{}".format, MARKS, COLUMNS, MARKS, COLUMNS),
    st.builds("{}{}:{}{}".format, MARKS, ROWS, MARKS, ROWS),
)
SHEETS = st.sampled_from(["", "", "Sheet1!", "'A1 b'!", "'it''s AA30'!", "[1]Data!", "Jan:Mar!"])
OPERANDS = st.one_of(
    st.builds("{}{}".format, SHEETS, AREAS),
    st.sampled_from(
        ['"AB30"', '"a ""AB31"" b"', "12.5", "3E5", "TRUE", "#N/A", "#REF!", "rate", "Orders[Net AB30]", "{1,2;3,4}"]
    ),
)


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "^", "&", "=", "<>", "<="])
    functions = st.sampled_from(["SUM", "LOG10", "ATAN2", "_xlfn.XLOOKUP"])
    return st.one_of(
        st.builds("{}{}{}".format, parts, operators, parts),
        st.builds("{}({},{})".format, functions, parts, parts),
        st.builds("-({})".format, parts),
        st.builds("{}%".format, parts),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(OPERANDS, _joined, max_leaves=8), st.integers(-20, 20), st.integers(-20, 20))
def test_references_move_as_openpyxl_moves_them(formula: str, rows: int, columns: int) -> None:
    translator = Translator(f"={formula}", origin="BA100")
    assert moved(formula, rows, columns) == translator.translate_formula(cell_address(100 + rows, 53 + columns))[1:]


@pytest.mark.parametrize("unit", ["'", '"', "[", "A1:", "1:", "A", "$", "A$", "a!", "1E", "#", "A1(", ":", "1.", "\\"])
def test_a_long_formula_takes_no_time_in_square(unit: str) -> None:
    formula = unit * (60_000 // len(unit))
    start = time.process_time()
    with suppress(ValueError):
        moved(formula, 1, 1)
    assert time.process_time() - start < 2  # in square of the length it would be a minute


# a table that becomes longer or shorter: B5:D10 with a totals row in row 11

RESIZED = [
    # formula, with rows to 14, with rows to 7
    ("SUM(B5:B10)", "SUM(B5:B14)", "SUM(B5:B7)"),
    ("SUM(B$5:B10)+$C$11", "SUM(B$5:B14)+$C$15", "SUM(B$5:B7)+$C$8"),
    ("SUM(B4:B11)", "SUM(B4:B15)", "SUM(B4:B8)"),
    ("SUM(B10:B5)", "SUM(B14:B5)", "SUM(B7:B5)"),
    ("SUM(B7:B11)", "SUM(B7:B15)", "SUM(B7:B8)"),
    ("S!B11+'S'!C11+s!D11", "S!B15+'S'!C15+s!D15", "S!B8+'S'!C8+s!D8"),
    ('SUM(C5:C10)&"C5:C10"', 'SUM(C5:C14)&"C5:C10"', 'SUM(C5:C7)&"C5:C10"'),
    ("T[[#This Row],[a]:[b]]+SUM(D5:D10)", "T[[#This Row],[a]:[b]]+SUM(D5:D14)", "T[[#This Row],[a]:[b]]+SUM(D5:D7)"),
    # Part of the rows stays what it is, unless the totals row comes into it.
    ("SUM(B6:B9)+B10", "SUM(B6:B9)+B10", "SUM(B6:B7)+B10"),
    ("SUM(B8:B10)", "SUM(B8:B10)", "SUM(#REF!)"),
    ("SUM(B5:B1000)", "SUM(B5:B1000)", "SUM(B5:B1000)"),
    # Other sheets, other books, other columns, whole columns and rows, names.
    ("T!B11+[1]S!B11+'[b.xlsx]S'!B11", "T!B11+[1]S!B11+'[b.xlsx]S'!B11", "T!B11+[1]S!B11+'[b.xlsx]S'!B11"),
    ("Jan:S!B11+SUM(A5:E10)+SUM(B:B)", "Jan:S!B11+SUM(A5:E10)+SUM(B:B)", "Jan:S!B11+SUM(A5:E10)+SUM(B:B)"),
    ("A11+E11+B12+rate11+SUM(11:11)", "A11+E11+B12+rate11+SUM(11:11)", "A11+E11+B12+rate11+SUM(11:11)"),
    ('SUM(B5:B10)&"open', 'SUM(B5:B10)&"open', 'SUM(B5:B10)&"open'),
]


@pytest.mark.parametrize(("formula", "longer", "shorter"), RESIZED)
def test_references_follow_a_table_that_changes_its_length(formula: str, longer: str, shorter: str) -> None:
    data = Area(5, 2, 10, 4)
    for bottom, expected in ((14, longer), (7, shorter), (10, formula)):
        assert resized(formula, [TableResize("S", data, bottom, totals=1)], "S", 11, 2) == expected


def test_without_a_totals_row_what_is_below_stays() -> None:
    table = TableResize("S", Area(5, 2, 10, 4), 14)
    assert resized("SUM(B5:B10)+B11+SUM(B5:B11)", [table], "S") == "SUM(B5:B14)+B11+SUM(B5:B11)"


def test_in_a_row_of_the_table_only_what_a_dollar_fixes_is_the_whole_column() -> None:
    table = TableResize("S", Area(5, 2, 10, 4), 14, totals=1)
    assert resized("B10/SUM(B$5:B$10)+SUM(B$5:B10)", [table], "S", 10, 4) == "B10/SUM(B$5:B$14)+SUM(B$5:B10)"
    assert resized("B10/B$11", [table], "S", 10, 4) == "B10/B$15"


def test_tables_side_by_side_are_told_apart() -> None:
    tables = [TableResize("S", Area(5, 1, 10, 2), 12), TableResize("S", Area(5, 4, 20, 5), 9)]
    assert resized("SUM(A5:A10)+SUM(D5:D20)+SUM(A5:E20)", tables, "S") == "SUM(A5:A12)+SUM(D5:D9)+SUM(A5:E20)"
