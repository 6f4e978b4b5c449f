"""Rows rewritten as text: the same as through a tree, and only where rows are written as usual."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from kopilot_xl.workbook.addresses import cell_address
from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.file.ooxml import sheet_editor as cells_module
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit
from kopilot_xl.workbook.file.ooxml.sheet_editor import edit
from kopilot_xl.workbook.file.ooxml.text_editor import RowTextEditor
from tests.workbook.file.ooxml.test_sheet_editor import VALUES, rows_of
from tests.workbook.workbooks import sheet_xml

PLACES = st.tuples(st.integers(1, 9), st.integers(1, 5))
HELD = st.one_of(
    VALUES,
    st.sampled_from([3.0, "3", "x", " x ", date(2026, 2, 28), datetime(2026, 2, 28, 12), ErrorValue("#N/A"), ""]),
)
CHANGES = st.one_of(
    HELD,
    st.just(KEEP),
    st.builds(Edit, HELD, st.sampled_from([None, "SEGMENT(A1)", 'IF(A1<2,"a","b")']), st.booleans()),
)
CONTENTS = st.sampled_from(
    [
        '<c r="{}"/>',
        '<c r="{}" s="0"/>',
        '<c r="{}" s="2"/>',
        '<c r="{}" s="2"></c>',
        '<c r="{}"><v>3</v></c>',
        '<c r="{}" s="1"><v>3.0</v></c>',
        '<c r="{}" s="1" t="n"><v>46081</v></c>',
        '<c r="{}" t="n" s="1"><v/></c>',
        '<c r="{}" t="b"><v>1</v></c>',
        '<c r="{}" t="e" s="2"><v>#N/A</v></c>',
        '<c r="{}" t="s"><v>3</v></c>',
        '<c r="{}" t="inlineStr"><is><t>x</t></is></c>',
        '<c r="{}" s="1" t="inlineStr"><is><t xml:space="preserve">x</t></is></c>',
        '<c r="{}" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>',
        '<c r="{}" t="inlineStr"><is><t> x </t></is></c>',
        '<c r="{}"><f>1+2</f><v>3</v></c>',
        '<c r="{}"><f>1+2</f></c>',
        '<c r="{}" t="str"><f>A1&amp;"x"</f><v>x</v></c>',
        '<c r="{}" t="str"><f ca="1">A1</f><v></v></c>',
        '<c r="{}" s="1" t="str"><f/><v>x</v></c>',
    ]
)
UNUSUAL = [
    '<c r="A1" vm="1" t="e"><v>#VALUE!</v></c>',
    '<c r="A1"><v>1</v><extLst/></c>',
    '<c r="A1" t="inlineStr"><is><r><t>x</t></r></is></c>',
    "<c r='A1'><v>1</v></c>",
    '<c s="1" r="A1"><v>1</v></c>',
    "<c><v>1</v></c>",
    ' <c r="A1"><v>1</v></c>',
    '<c r="A1" ><v>1</v></c>',
    '<c r="A1"><v>1</v ></c>',
    '<c r="A1"/><extLst/>',
    '<c r="A1"><v>1</v></c><c><v>2</v></c>',
    '<c r="A1"><f t="array" ref="A1">B1</f><v>1</v></c>',
]


def canonical(xml: bytes) -> bytes:
    """Return a sheet's XML in one way of writing it; `n` is what a cell is that states no type."""
    root = etree.fromstring(xml)
    for cell in root.iter("{*}c"):
        if cell.get("t") == "n":
            del cell.attrib["t"]
    return etree.tostring(root, method="c14n")


class Watch:
    """Counts the batches that were written as text, and those that were not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.as_text: list[bool] = []
        real = RowTextEditor.rewritten

        def rewritten(scribe: RowTextEditor, *given: object) -> bytes | None:
            found = real(scribe, *given)  # type: ignore[arg-type]
            self.as_text.append(found is not None)
            return found

        monkeypatch.setattr(RowTextEditor, "rewritten", rewritten)


_ANY_ROWS = given(
    old=st.dictionaries(PLACES, CONTENTS, max_size=20),
    changes=st.dictionaries(PLACES, CHANGES, max_size=20),
    tags=st.lists(st.sampled_from(["", ' spans="1:3"', ' s="2" customFormat="1"', ' ht="22" x14ac:dyDescent="0.3"'])),
)


@settings(max_examples=100, deadline=None)
@_ANY_ROWS
def test_text_and_tree_say_the_same(
    old: dict[tuple[int, int], str], changes: dict[tuple[int, int], Value | Edit], tags: list[str]
) -> None:
    say_the_same(old, changes, tags)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None)
@_ANY_ROWS
def test_text_and_tree_say_the_same_of_many_more(
    old: dict[tuple[int, int], str], changes: dict[tuple[int, int], Value | Edit], tags: list[str]
) -> None:
    say_the_same(old, changes, tags)


_NUMBERS = st.sampled_from(["1", "3", "3.0", "1.1", "1.1000000000000001", "1127813.7499999993", "1E5", "100000"])
_TABLE_CELLS = st.one_of(_NUMBERS.map('<c r="{{}}" s="1"><v>{}</v></c>'.format), CONTENTS)
_TABLE_VALUES = st.sampled_from([1, 1.1, 3, 3.0, 1e5, 1127813.7499999993, "x", " x ", None, True, KEEP, Edit(7, "A1")])


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.tuples(st.tuples(_TABLE_CELLS, _TABLE_CELLS), st.tuples(_TABLE_VALUES, _TABLE_VALUES)), max_size=9)
)
def test_text_and_tree_say_the_same_of_a_table(rows: list[tuple[tuple[str, str], tuple[Value | Edit, ...]]]) -> None:
    places = [(row, column) for row in range(1, len(rows) + 1) for column in (1, 2)]
    old = {(row, column): rows[row - 1][0][column - 1] for row, column in places}
    say_the_same(old, {(row, column): rows[row - 1][1][column - 1] for row, column in places}, [])


def say_the_same(
    old: dict[tuple[int, int], str], changes: dict[tuple[int, int], Value | Edit], tags: list[str]
) -> None:
    lines = []
    for place, row in enumerate(sorted({row for row, _ in old})):
        inside = "".join(old[at].format(cell_address(*at)) for at in sorted(old) if at[0] == row)
        lines.append(f'<row r="{row}"{tags[place] if place < len(tags) else ""}>{inside}</row>')
    xml = sheet_xml(*lines).replace(b"<worksheet ", b'<worksheet xmlns:x14ac="urn:x" ', 1)
    edits: dict[int, dict[int, Value | Edit]] = {}
    for (row, column), change in changes.items():
        edits.setdefault(row, {})[column] = change
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells_module, "_BATCH", 4)
        watch = Watch(patch)
        patch.setattr(cells_module, "_FEW", 0)
        by_rows = edit(xml, edits)
        patch.setattr(cells_module, "_FEW", 1_000)
        as_text = edit(xml, edits)
        assert as_text == by_rows
        assert all(watch.as_text)
        assert edit(as_text, edits) == as_text
        patch.setattr(RowTextEditor, "rewritten", lambda *given: None)
        assert canonical(as_text) == canonical(edit(xml, edits))


@pytest.mark.parametrize("cell", UNUSUAL)
def test_what_is_written_in_an_unusual_way_is_left_to_the_tree(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    xml = sheet_xml(f'<row r="1">{cell}<c r="C1"><v>1</v></c></row>')
    result = edit(xml, {1: {1: Edit(5, keep_formula=False), 3: 7}})
    assert watch.as_text == [False]
    assert b"<v>5</v>" in result
    assert b'<c r="C1"><v>7</v></c>' in result


def test_what_was_noted_before_an_unusual_row_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_module, "_BATCH", 4)
    watch = Watch(monkeypatch)
    xml = sheet_xml('<row r="4"><c r="A4" s="3"/></row>', '<row r="6"><c r="A6"><v>1</v><extLst/></c></row>')
    result = edit(xml, {4: {1: 1}, 5: {1: 2}, 6: {1: 3}})
    assert watch.as_text == [True, False]
    assert rows_of(result) == (
        '<row r="4"><c r="A4" s="3"><v>1</v></c></row><row r="5"><c r="A5" s="3"><v>2</v></c></row>'
        '<row r="6"><c r="A6"><v>3</v><extLst/></c></row>'
    )


def test_of_few_rows_to_edit_the_others_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    rows = [f'<row r="{row}"><c r="A{row}" s="{row}"><v>1</v></c><extLst/></row>' for row in range(1, 21)]
    for row in (3, 4, 20):
        rows[row - 1] = rows[row - 1].replace("<extLst/>", "")
    result = rows_of(edit(sheet_xml(*rows), {3: {1: 1, 2: 5}, 4: {2: 6}, 20: {2: 7}}))
    rows[2] = rows[2].replace("</row>", '<c r="B3"><v>5</v></c></row>')
    rows[3] = rows[3].replace("</row>", '<c r="B4"><v>6</v></c></row>')
    rows[19] = rows[19].replace("</row>", '<c r="B20"><v>7</v></c></row>')
    assert result == "".join(rows)
    assert watch.as_text == [True]


def test_of_few_rows_one_that_is_written_otherwise_leaves_the_others_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    rows = [f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 21)]
    rows[9] = rows[9].replace("</row>", "<extLst/></row>")
    result = rows_of(edit(sheet_xml(*rows), {3: {1: 5}, 10: {1: 6}, 20: {1: 7}}))
    for row, value in ((3, 5), (10, 6), (20, 7)):
        rows[row - 1] = rows[row - 1].replace("<v>1<", f"<v>{value}<")
    assert result == "".join(rows)
    assert watch.as_text == [False, True, False, True]


def test_a_cell_without_an_address_is_seen() -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>1</v></c><c><v>2</v></c></row>')
    assert rows_of(edit(xml, {1: {2: 5}})).count("<v>") == 2


@pytest.mark.parametrize("text", [" x", "x ", "\nx", "x\t"])
def test_blanks_at_the_ends_of_a_text_are_kept(text: str) -> None:
    assert rows_of(edit(sheet_xml(""), {1: {1: text}})) == (
        f'<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c></row>'
    )


def test_a_row_far_from_the_one_edited_before_takes_no_style_from_it() -> None:
    xml = sheet_xml('<row r="1"><c r="A1" s="3"/></row>')
    result = rows_of(edit(xml, {1: {1: 1}, 3: {1: 1}}))
    assert result == '<row r="1"><c r="A1" s="3"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>'


def test_a_number_written_otherwise_keeps_its_bytes_in_a_cell_that_looks_like_the_one_above() -> None:
    rows = ['<row r="1"><c r="A1" s="1"><v>1</v></c></row>', '<row r="2"><c r="A2" s="1"><v>3.0</v></c></row>']
    result = rows_of(edit(sheet_xml(*rows), {1: {1: 2}, 2: {1: 3}}))
    assert result == rows[0].replace("<v>1<", "<v>2<") + rows[1]


@pytest.mark.parametrize(
    ("number", "value", "stays"),
    [
        ("3.0", 3, True), ("3.00", 3, True), ("3.", 3, True), ("1.10", 1.1, True), (".5", 0.5, True), ("03", 3, True),
        ("-.5", -0.5, True), ("1.1000000000000001", 1.1, True), ("1E5", 100_000, True), ("+3", 3, True),
        ("1000000000000000", 1e15, True), ("1127813.7499999993", 1, False), ("0.5", 1, False), ("100", 1, False),
    ],
)  # fmt: skip
def test_a_row_like_the_one_above_keeps_numbers_written_otherwise(number: str, value: float, stays: bool) -> None:
    old = [f'<row r="{row}"><c r="A{row}" s="1"><v>{text}</v></c></row>' for row, text in enumerate(("7", number), 1)]
    result = rows_of(edit(sheet_xml(*old), {1: {1: 8}, 2: {1: value}}))
    assert result.endswith(old[1] if stays else f'<c r="A2" s="1"><v>{value}</v></c></row>')


def test_a_new_row_looks_like_the_one_above_it() -> None:
    old = [f'<row r="{row}"><c r="A{row}" s="3"><v>1</v></c></row>' for row in (1, 2)]
    result = rows_of(edit(sheet_xml(*old), {row: {1: 5} for row in (1, 2, 3)}))
    assert result.endswith('<row r="3"><c r="A3" s="3"><v>5</v></c></row>')


def test_a_row_with_as_many_edits_in_other_columns_is_looked_at_closely() -> None:
    old = [f'<row r="{row}"><c r="A{row}"><v>1</v></c><c r="B{row}"><v>2</v></c></row>' for row in (1, 2)]
    result = rows_of(edit(sheet_xml(*old), {1: {1: 5, 2: 6}, 2: {1: 7, 3: 8}}))
    assert result.endswith('<c r="A2"><v>7</v></c><c r="B2"><v>2</v></c><c r="C2"><v>8</v></c></row>')


def test_the_dimension_holds_all_new_cells() -> None:
    xml = sheet_xml('<row r="2"><c r="B2"><v>1</v></c></row>', before='<dimension ref="B2"/>')
    assert b'<dimension ref="A1:D9"/>' in edit(xml, {1: {2: 1}, 9: {1: 1}, 3: {4: 1}})
