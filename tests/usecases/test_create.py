"""New workbooks: empty, filled from exports, and the sample; and what happens to them afterwards."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import Segment
from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.usecases.create import demo, new
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.usecases.sample import SAMPLE_DATE
from kopilot_xl.workbook.sheets import actions, transactions
from kopilot_xl.workbook.tables.problems import Code
from tests.invariants import assert_sound

EXPORTS = Path(__file__).parents[1] / "importing" / "exports"
AS_OF = date(2026, 6, 30)


def segments(report: RefreshResult) -> dict[str, Segment | None]:
    return {each.id: each.segment for each in report.clients}


def test_an_empty_workbook(tmp_path: Path) -> None:
    made = new(tmp_path / "empty.xlsm")
    assert (made.path, made.clients, made.transactions, made.choices) == (tmp_path / "empty.xlsm", 0, 0, ())
    book = open_book(made.path)
    for name in ("Clients", "Transactions", "Actions", "History", "Problems"):
        data = book.table(name)
        assert [each for row in data.rows for each in row if each not in (None, "")] == [], name
        assert len(data.rows) == 1
    assert book.cell("AsOf") is None
    assert_sound(made.path)
    report = refresh(book, AS_OF)
    assert report.summary.shape is Shape.EMPTY
    assert [str(each) for each in report.problems] == [
        "Clients: There are no clients. The portfolio is empty.",
        "Transactions: There are no transactions. No client counts as invoiced.",
    ]
    assert_sound(made.path)


def test_from_the_export_to_an_action_and_back(tmp_path: Path) -> None:
    made = new(tmp_path / "Körner & Söhne.xlsm", EXPORTS / "kundenliste.csv", EXPORTS / "rechnungen.csv")
    assert (made.clients, made.transactions) == (5, 7)
    assert_sound(made.path)
    first = refresh(open_book(made.path), AS_OF)
    assert segments(first) == {
        "00101": Segment.ACTIVE,
        "00102": Segment.LOST,
        "00103": Segment.NEW,
        "00104": Segment.SLEEPING_AWAY,
        "00105": Segment.NO_ACTIVITY,
    }
    assert {problem.code for problem in first.problems} == {Code.IMPORT_ASSUMPTION}  # how they were read, no more
    assert_sound(made.path)

    book = open_book(made.path)
    book.write_table(
        actions.TABLE.name,
        {
            "Recorded on": [date(2026, 6, 28), datetime(2026, 6, 28, 9, 15), date(2026, 6, 29)],
            "Client ID": ["00105", "00104", "00102"],
            "Action": ["Plan revenue", "Mark lost", "Mark lost"],
            "Issue date": [date(2026, 9, 1), None, None],
            "Amount": [1500, None, None],
            "Note": ["Garden for the town hall", None, None],
        },
    )
    book.save()
    assert_sound(made.path)
    second = refresh(open_book(made.path), AS_OF)
    assert segments(second) == {
        **segments(first), "00105": Segment.NEW, "00104": Segment.LOST,
    }  # fmt: skip
    assert second.actions[ActionStatus.APPLIED] == 2
    assert second.actions[ActionStatus.REJECTED] == 1
    assert_sound(made.path)

    sheet = openpyxl.load_workbook(made.path, data_only=True)["Clients"]
    shown = {row[0].value: [cell.value for cell in row[1:]] for row in sheet.iter_rows(min_row=2)}
    assert shown["00101"][0] == "Möbelhaus Körner OHG"
    assert shown["00101"][1] == datetime(2023, 2, 17)
    assert shown["00104"][2] == "Lost"
    formulas = openpyxl.load_workbook(made.path, keep_vba=True)["Clients"]
    assert [formulas.cell(row, 4).value for row in range(2, 7)] == [f"=SEGMENT(A{row})" for row in range(2, 7)]


def test_openpyxl_may_write_the_action(tmp_path: Path) -> None:
    made = new(tmp_path / "book.xlsm", EXPORTS / "contacts.csv", EXPORTS / "sales_invoices.csv")
    refresh(open_book(made.path), AS_OF)
    book = openpyxl.load_workbook(made.path, keep_vba=True)
    sheet = book["Actions"]
    top = sheet.tables["Actions"].ref.split(":")[0]
    row = sheet[top].row + 1
    left = sheet[top].column
    sheet.cell(row, left, date(2026, 6, 29))
    sheet.cell(row, left + 1, "basket case")
    sheet.cell(row, left + 2, "mark lost")
    book.save(made.path)
    report = refresh(open_book(made.path), AS_OF)
    assert segments(report)["Basket Case"] is Segment.LOST
    assert report.actions[ActionStatus.APPLIED] == 1
    assert_sound(made.path, recalculates=True)


def test_the_date_order_stays_in_the_workbook(tmp_path: Path) -> None:
    made = new(
        tmp_path / "book.xlsm", EXPORTS / "customers_unicode.txt", EXPORTS / "transactions_unicode.txt",
        date_order="MDY",
    )  # fmt: skip
    book = open_book(made.path)
    assert book.cell("DateOrder") == "MDY"
    assert [row[0] for row in book.table("Clients").rows] == ["007", "7", "1001"]
    report = refresh(book, AS_OF)
    assert not [each for each in report.problems if each.kind == "Problem"]
    assert segments(report) == {"007": Segment.ACTIVE, "7": Segment.ACTIVE, "1001": Segment.ACTIVE}
    assert_sound(made.path)


def test_without_a_date_order_the_column_itself_proves_it(tmp_path: Path) -> None:
    made = new(tmp_path / "book.xlsm", EXPORTS / "customers_unicode.txt", EXPORTS / "transactions_unicode.txt")
    assert 'Date: day and month are read as "04/30/2026" shows them (MDY).' in made.choices[1].remarks
    report = refresh(open_book(made.path), AS_OF)
    assert not [each for each in report.problems if each.kind == "Problem"]
    assert_sound(made.path)


def test_clients_alone(tmp_path: Path) -> None:
    made = new(tmp_path / "book.xlsm", EXPORTS / "kundenliste.csv")
    assert (made.clients, made.transactions) == (5, 0)
    assert segments(refresh(open_book(made.path), AS_OF))["00105"] is Segment.NO_ACTIVITY
    assert_sound(made.path)


def test_a_kopilot_workbook_is_an_export_too(tmp_path: Path) -> None:
    first = new(tmp_path / "one.xlsm", EXPORTS / "kundenliste.csv", EXPORTS / "rechnungen.csv").path
    second = new(tmp_path / "two.xlsm", first, first)
    assert (second.clients, second.transactions) == (5, 7)
    one, two = open_book(first), open_book(second.path)
    assert [row[:3] for row in one.table("Clients").rows] == [row[:3] for row in two.table("Clients").rows]
    assert one.table("Transactions").rows == two.table("Transactions").rows


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text('Client ID,Client\n=1+1,"=HYPERLINK(""x"")"\n-7,+49 30\n')
    made = new(tmp_path / "book.xlsm", tmp_path / "c.csv")
    sheet = openpyxl.load_workbook(made.path)["Clients"]
    assert "f" not in [sheet.cell(row, column).data_type for row in (2, 3) for column in (1, 2)]
    assert [row[:2] for row in open_book(made.path).table("Clients").rows] == [
        ["=1+1", '=HYPERLINK("x")'],
        ["-7", "+49 30"],
    ]
    assert_sound(made.path)


def test_an_existing_file_is_refused_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    path.write_text("mine")
    for make in (new, demo):
        with pytest.raises(SaveError, match=r"there already: .*--force"):
            make(path)
        assert path.read_text() == "mine"
    new(path, force=True)
    assert_sound(path)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("book", r"book\.xlsm"),
        ("none/book.xlsm", "no folder"),
        (".", "is a folder"),
    ],
)
def test_a_target_that_cannot_be(name: str, says: str, tmp_path: Path) -> None:
    for make in (new, demo):
        with pytest.raises(SaveError, match=says):
            make(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a folder's own permissions do not say so there")
def test_a_read_only_folder(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    os.chmod(folder, 0o555)
    try:
        with pytest.raises(SaveError, match="read-only"):
            new(folder / "book.xlsm")
    finally:
        os.chmod(folder, 0o755)


def test_a_bad_export_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MissingError, match="Client ID"):
        new(tmp_path / "book.xlsm", tmp_path / "c.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["c.csv"]


def test_clients_are_made_from_the_invoices_where_there_is_no_list_of_them(tmp_path: Path) -> None:
    made = new(tmp_path / "book.xlsm", transactions=EXPORTS / "rechnungen.csv")
    assert (made.clients, made.transactions) == (4, 7)
    rows = {row[0]: row for row in open_book(made.path).table("Clients").rows}
    assert rows["00101"][1:3] == ["Möbelhaus Körner OHG", date(2025, 11, 20)], "created on its first invoice"
    assert_sound(made.path)


def test_other_columns_come_along_as_the_users_own(tmp_path: Path) -> None:
    made = new(tmp_path / "book.xlsm", EXPORTS / "kundenliste.csv", EXPORTS / "rechnungen.csv")
    data = open_book(made.path).table("Clients")
    assert list(data.headers[-2:]) == ["Ort", "E-Mail"]
    assert list(data.rows[0][-2:]) == ["Jena", "info@koerner.example"]
    refresh(open_book(made.path), AS_OF)
    assert list(open_book(made.path).table("Clients").rows[0][-2:]) == ["Jena", "info@koerner.example"]
    assert_sound(made.path)


def test_the_currency_of_the_files_is_that_of_the_workbook(tmp_path: Path) -> None:
    made = new(tmp_path / "book.xlsm", EXPORTS / "contacts.csv", EXPORTS / "sales_invoices.csv")
    assert open_book(made.path).cell("Currency") == "GBP"


def test_a_doubt_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("Client ID,Client\n1,Acme\n")
    (tmp_path / "t.csv").write_text("Client ID,Issue date,Amount,Status\n1,2026-05-04,5,Archived\n")
    with pytest.raises(QuestionError, match=r'"Archived" under Status \(1 row\).*--status "Archived=Issued"'):
        new(tmp_path / "book.xlsm", tmp_path / "c.csv", tmp_path / "t.csv")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["c.csv", "t.csv"]
    made = new(
        tmp_path / "book.xlsm", tmp_path / "c.csv", tmp_path / "t.csv",
        statuses={"Archived": "Paid"},
    )  # fmt: skip
    assert open_book(made.path).table("Transactions").rows[0][3] == "Paid"


def test_a_try_writes_nothing(tmp_path: Path) -> None:
    trial = new(None, EXPORTS / "kundenliste.csv", EXPORTS / "rechnungen.csv", trial=True)
    assert not trial.path.exists()
    assert trial.verdict is not None
    assert trial.result is not None
    assert trial.verdict.last_issued == trial.result.as_of
    assert trial.verdict.counted == 7
    assert list(tmp_path.iterdir()) == []


def test_more_rows_than_a_sheet_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kopilot_xl.usecases.create.MOST_ROWS", 3)
    with pytest.raises(BookError, match=r"kundenliste\.csv has 5 rows.*kopilot-xl segment"):
        new(tmp_path / "book.xlsm", EXPORTS / "kundenliste.csv")


def test_long_names_and_ids_have_room(tmp_path: Path) -> None:
    name, number = (
        "The International Consortium for the Advancement of Infrastructure",
        "3f2504e0-4f89-11d3-9a0c-0305e8",
    )
    (tmp_path / "c.csv").write_text(f"Client ID,Client\nA1,Alder\n{number},{name}\nC3,{name * 9}\n")
    (tmp_path / "t.csv").write_text("Client ID,Issue date,Amount\nA1,2026-06-01,5\n")
    made = new(tmp_path / "book.xlsm", tmp_path / "c.csv", tmp_path / "t.csv")
    book = openpyxl.load_workbook(made.path)
    heights = book["Clients"].row_dimensions
    assert [heights[row].height for row in range(2, 5)] == [None, 25.5, 229.5]
    assert book["Clients"].column_dimensions["A"].width == pytest.approx(28.6)
    assert book["Actions"].column_dimensions["B"].width == book["Clients"].column_dimensions["A"].width
    assert book["Transactions"].column_dimensions["A"].width == transactions.CLIENT_ID.width, "its own are short"
    assert [row[1] for row in open_book(made.path).table("Clients").rows] == ["Alder", name, name * 9]
    assert_sound(made.path)
    refresh(open_book(made.path), AS_OF)
    assert openpyxl.load_workbook(made.path)["Clients"].row_dimensions[3].height == 25.5
    assert_sound(made.path)


def test_the_longest_id_is_no_reason_for_a_column_as_wide_as_the_page(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(f"Client ID,Client\n{'n' * 200},Alder\n")
    made = new(tmp_path / "book.xlsm", tmp_path / "c.csv")
    assert openpyxl.load_workbook(made.path)["Clients"].column_dimensions["A"].width == 44


def test_demo(tmp_path: Path) -> None:
    report = demo(tmp_path / "demo.xlsm")
    assert (report.book, report.as_of) == ("demo.xlsm", SAMPLE_DATE)
    assert all(report.summary.counts.values())
    assert [each.name for each in tmp_path.iterdir()] == ["demo.xlsm"]
    assert_sound(tmp_path / "demo.xlsm")
    first = (tmp_path / "demo.xlsm").read_bytes()
    demo(tmp_path / "demo.xlsm", force=True)
    assert (tmp_path / "demo.xlsm").read_bytes() == first


def test_names_of_east_asia_have_taller_lines(tmp_path: Path) -> None:
    name = "株式会社国際経営戦略総合研究所東京本社営業第一部門企画開発推進室"
    (tmp_path / "c.csv").write_text(f"Client ID,Client\nA1,Alder\nB2,{name}\n", encoding="utf-8")
    made = new(tmp_path / "book.xlsm", tmp_path / "c.csv")
    assert openpyxl.load_workbook(made.path)["Clients"].row_dimensions[3].height == 30
