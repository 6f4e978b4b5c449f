"""Whatever stands in the cells is read as what it is, or named as a problem; nothing of it becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kopilot_xl import open_book, refresh
from kopilot_xl.bigdata.segmentation import segment as segment_files
from kopilot_xl.cli.group import app
from kopilot_xl.errors import BookError
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import portfolio
from kopilot_xl.workbook.tables.csv_escape import neutral
from tests.invariants import assert_sound
from tests.portfolios import AS_OF, NOW, column, make_portfolio
from tests.safety.child import REFRESHED, outcomes
from tests.safety.workbooks import packed, part_of, unpacked

TEXTS = [
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd", "+1", "-1+1", "=HYPERLINK(\"http://x\",\"y\")", "\tx", "\r=1",
    "a\0b", "a\x1fb", "\ud83d alone", "😀 Ünïcødé", "‏العربية‎", "_x0041_", "<&>\"'", "]]>", "<!DOCTYPE a>",
    "x" * 32_767, "x" * 40_000,
    "line\nbreak", "  blanks  ", "'quoted", "{=1}", "NaN", "1e999", "#N/A", "TRUE", "\ufffe\uffff", "a\u2028b",
]  # fmt: skip


LINK = re.compile(
    rb"""<f>HYPERLINK\("(?:#[A-Za-z']+![A-Z]+\d*|mailto:(?:[^"]|"")*)"(?:&amp;IFERROR\(MATCH\((?:"(?:[^"]|"")*"|[-\d.e+]+),"""
    rb"""[A-Za-z']+!\$[A-Z]+:\$[A-Z]+,0\),1\))?,"(?:[^"]|"")*"\)"""
)
"""A link that a refresh writes into Do next."""


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    rows: list[list[Value]] = [[f"id {at} {text[:20]}", text, date(2024, 1, 1)] for at, text in enumerate(TEXTS)]
    bills: list[list[Value]] = [[row[0], date(2026, 6, 1), 100.0 + at, None, row[1]] for at, row in enumerate(rows)]
    return make_portfolio(tmp_path / "book.xlsm", rows, bills, settings={"Company": TEXTS[0], "Currency": "=EUR()"})


def test_no_text_becomes_a_formula(strange: Path) -> None:
    def formulas() -> dict[str, set[bytes]]:
        return {
            name: set(re.findall(rb"<f[ >][^<]*", data))
            for name, data in unpacked(strange).items()
            if name.startswith("xl/worksheets/sheet")
        }

    before = formulas()
    report = refresh(open_book(strange), now=NOW)
    assert_sound(strange)
    assert len(report.clients) == len(TEXTS)
    for name, found in formulas().items():
        new = {each for each in found - before[name] if not each.startswith(b"<f>SEGMENT(")}
        assert {each for each in new if not LINK.fullmatch(each)} == set(), "but links, with texts in quotes alone"
    assert FileBook(strange).cell(portfolio.TITLE) == TEXTS[0]
    once = strange.read_bytes()
    refresh(open_book(strange), now=NOW)
    assert strange.read_bytes() == once


def test_a_formula_in_a_text_column_is_read_by_what_it_shows_and_stays(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    parts = unpacked(path)
    sheet = part_of(parts, "Clients")
    formula = '<f>HYPERLINK("http://x","A1")</f>'
    text = re.sub(
        r'<c r="A2"( s="\d+")[^>]*>.*?</c>',
        rf'<c r="A2"\1 t="str">{formula}<v>A1</v></c>',
        parts[sheet].decode(),
        count=1,
    )
    assert formula in text
    packed(path, {**parts, sheet: text.encode()})
    report = refresh(open_book(path), now=NOW)
    assert report.clients[0].segment == "Active"
    assert formula in unpacked(path)[sheet].decode()


DATES = [
    ("<v>46174</v>", date(2026, 6, 1), date(2030, 6, 2)),
    ("<v>46174.9999</v>", date(2026, 6, 1), date(2030, 6, 2)),
    ("<v>46174.999999</v>", date(2026, 6, 2), date(2030, 6, 3)),  # a computed midnight, a hair below
    ("<v>46174.25</v>", date(2026, 6, 1), date(2030, 6, 2)),
    ("<v>59</v>", date(1900, 2, 28), date(1904, 2, 29)),
    ("<v>61</v>", date(1900, 3, 1), date(1904, 3, 2)),
    ("<v>2958465</v>", date(9999, 12, 31), date(9999, 12, 31)),
    ("<v>2958466</v>", None, None),
    ("<v>-1</v>", None, None),
    ("<v>0.5</v>", None, None),
    ("<v>1e300</v>", None, None),
    ("<v>NaN</v>", None, None),
    ("<v>INF</v>", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "in_1900", "in_1904"), DATES, ids=[cell for cell, *_ in DATES])
@pytest.mark.parametrize("since", [1900, 1904])
def test_a_date_is_read_or_named(
    cell: str, in_1900: date | None, in_1904: date | None, since: int, tmp_path: Path
) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", [["A1", "A"]], [["A1", AS_OF, 10.0]])
    parts = unpacked(path)
    sheet = part_of(parts, "Transactions")
    text, count = re.subn(r'(<c r="B2" s="\d+")[^>]*>.*?</c>', rf"\1>{cell}</c>", parts[sheet].decode(), count=1)
    assert count == 1
    workbook = parts["xl/workbook.xml"]
    if since == 1904:
        workbook = workbook.replace(b"<workbookPr ", b'<workbookPr date1904="1" ')
    packed(path, {**parts, sheet: text.encode(), "xl/workbook.xml": workbook})
    day = in_1900 if since == 1900 else in_1904
    try:
        report = refresh(open_book(path), date(2031, 1, 1), now=NOW)
    except BookError:
        assert day is None
        return
    last = column(path, "Clients", "Last invoice")[0]
    assert last == (day if day and day <= date(2031, 1, 1) else None)
    if day is None or day <= date(2031, 1, 1):
        assert bool(day) != any(
            each.column == "Issue date" and each.kind.value == "Problem" for each in report.problems
        )
    assert_sound(path)


def test_csv_runs_nothing_unless_raw(tmp_path: Path) -> None:
    ids = ["=1+1", "+1", "-2+3", "@SUM(1)", "-5", "1001", "Plain", "'kept"]
    people, bills = tmp_path / "clients.csv", tmp_path / "bills.csv"
    with people.open("w", newline="") as file:
        csv.writer(file).writerows([["Client ID", "Client"], *([each, "x"] for each in ids)])
    with bills.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["Client ID", "Issue date", "Amount"], *([each, "2026-06-01", "5"] for each in ids)]
        )
    shown = ["'=1+1", "'+1", "'-2+3", "'@SUM(1)", "-5", "1001", "Plain", "'kept"]
    for raw, expected in ((False, shown), (True, ids)):
        target = tmp_path / f"{raw}.csv"
        command = ["segment", str(people), str(bills), "--as-of", "2026-07-01", "--output", str(target)]
        done = CliRunner().invoke(app, command + ["--raw"] * raw)
        assert done.exit_code == 0, done.output
        rows = list(csv.DictReader(io.StringIO(target.read_text())))
        assert [row["Client ID"] for row in rows] == expected
        assert {row["Value"] for row in rows} == {"5.0"}
    result = segment_files(people, bills, AS_OF, output=tmp_path / "out.parquet")
    assert list(result.frame["Client ID"]) == ids


@pytest.mark.parametrize("text", ["\t=1", "\r=1", "\n=1", "=", "-", "+49 30", "-1e3", "-1,5"])
def test_what_is_no_number_is_neutral(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.slow
def test_as_many_rows_as_a_sheet_has(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    parts = unpacked(path)
    sheet = part_of(parts, "Transactions")
    head, rest = parts[sheet].decode().split('<row r="2"', 1)
    tail = rest[rest.index("</sheetData>") :]
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>A1</t></is></c><c r="B{n}" s="46"><v>{46000 - n % 900}</v></c>'
        f'<c r="C{n}"><v>{n % 7}</v></c></row>'
        for n in range(2, 1_048_577)
    )
    table = next(name for name, data in parts.items() if b' displayName="Transactions"' in data)
    parts[table] = re.sub(rb'ref="A1:E\d+"', b'ref="A1:E1048576"', parts[table])
    packed(path, {**parts, sheet: (head + rows + tail).encode()})
    (end,) = outcomes([path], megabytes=6_000, seconds=150).values()
    assert end.told == REFRESHED, end.told
    assert end.megabytes < 3_000
    assert column(path.with_suffix(".out.xlsm"), "Clients", "Value")[0] is not None


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_every_way_to_begin_a_formula_is_neutral_and_no_two_texts_come_out_alike(sign: str) -> None:
    texts = [f"{quotes}{sign}1+1" for quotes in ("", "'", "''", "'''")]
    assert [neutral(text) for text in texts] == [f"'{text}" for text in texts]
    assert neutral("'kept") == "'kept"
    assert neutral("O'Neill =x") == "O'Neill =x"
