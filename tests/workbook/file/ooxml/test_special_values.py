"""Cells whose value not every reader sees as it is: errors, numbers that are none, texts in CDATA sections."""

from __future__ import annotations

import time

import pytest

from kopilot_xl.workbook.file.ooxml import special_values
from tests.workbook.workbooks import sheet_xml


def test_errors_are_found() -> None:
    rows = (
        '<row r="1"><c r="A1" t="e"/><c r="B1" t="e"><v>#N/A</v></c><c t="e" r="C1"><f>1/0</f><v>#DIV/0!</v></c></row>',
        "<row r='2'><c r='A2' t='e'><f/><v>#REF!</v></c><c r='B2'><v>1</v></c></row>",
    )
    expected = {(1, 2): "#N/A", (1, 3): "#DIV/0!", (2, 1): "#REF!"}
    assert special_values.error_values(sheet_xml(*rows)) == expected
    assert {k: v for k, v in special_values.error_values(sheet_xml("<!-- -->", *rows)).items() if v} == expected
    assert special_values.error_values(sheet_xml('<row><c/><c t="e"><v>#N/A</v></c></row>')) == {(1, 2): "#N/A"}
    assert special_values.error_values(sheet_xml(rows[1])) == {(2, 1): "#REF!"}


@pytest.mark.parametrize("text", ["nan", "NaN", "-NAN"])
def test_numbers_that_are_none_are_found(text: str) -> None:
    xml = sheet_xml(f'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>{text}</v></c></row>')
    assert special_values.not_numbers(xml) == {(1, 2): "#NUM!"}


def test_texts_in_cdata_are_found() -> None:
    xml = sheet_xml('<row r="1"><c r="A1" t="str"><v><![CDATA[a < b]]></v></c><c r="B1"><v>1</v></c></row>')
    assert special_values.wrapped_values(xml) == {(1, 1): "a < b"}
    assert special_values.wrapped_values(sheet_xml()) == {}


ERROR = '<c r="{}" t="e"><v>{}</v></c>'


@pytest.mark.parametrize("among", ["", "<!-- -->"])
def test_only_errors_that_readers_do_not_know_are_replaced(among: str) -> None:
    cells = "".join(map(ERROR.format, ("A1", "B1", "C1"), ("#N/A", "#SPILL!", "#NEW?")))
    text = '<c r="D1" t="inlineStr"><is><t>#SPILL! t="e" #</t></is></c>'
    xml = sheet_xml(among, f'<row r="1">{cells}{text}</row>')
    made = special_values.with_known_errors(xml)
    assert special_values.error_values(made) == dict.fromkeys([(1, 1), (1, 2), (1, 3)], "#N/A")
    assert text.encode() in made
    assert special_values.with_known_errors(made) == made
    assert special_values.error_values(xml) == {(1, 1): "#N/A", (1, 2): "#SPILL!", (1, 3): "#NEW?"}


def test_an_error_in_a_tag_of_any_length_is_found() -> None:
    blanks = " " * 1_000
    xml = sheet_xml(f'<row r="1"><c r="A1"{blanks}t="e"><v>#SPILL!</v></c></row>')
    assert special_values.error_values(xml) == {(1, 1): "#SPILL!"}
    assert special_values.error_values(special_values.with_known_errors(xml)) == {(1, 1): "#N/A"}


def test_a_text_full_of_what_marks_an_error_takes_no_time_in_square() -> None:
    text = ' t="e" #' * 400_000
    xml = sheet_xml(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c>{ERROR.format("B1", "#N/A")}</row>')
    start = time.process_time()
    assert special_values.error_values(xml) == {(1, 2): "#N/A"}
    assert special_values.with_known_errors(xml) == xml
    assert time.process_time() - start < 3
