"""A table of any size is read by the words of any language, and says which of its columns nobody looked at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kopilot_xl import segment
from kopilot_xl.bigdata.reading.table import collected, open_table
from kopilot_xl.bigdata.sources import data_files
from kopilot_xl.bigdata.sources.data_files import Source
from kopilot_xl.importing.headings import CLIENTS
from kopilot_xl.importing.vocabulary import State, vocabulary
from kopilot_xl.workbook.sheets import clients

AS_OF = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as a large one."""
    monkeypatch.setattr(data_files, "LARGE", -1)


@pytest.mark.parametrize("language", vocabulary().languages)
def test_headings_and_statuses_of_every_language(language: str, tmp_path: Path) -> None:
    words = vocabulary().languages[language]
    headings = {role: words["headings"][role][0] for role in ("client_id", "client_name", "issue_date", "amount_net")}
    people, sales = tmp_path / "people.csv", tmp_path / "sales.csv"
    people.write_text(f"{headings['client_id']};{headings['client_name']}\nK1;Alder\nK2;Birch\nK3;Cedar\n", "utf-8")
    columns = [headings["client_id"], headings["issue_date"], headings["amount_net"], words["headings"]["status"][0]]
    rows = [("K1", State.PAID), ("K2", State.CANCELED), ("K3", State.PLANNED)]
    if State.PLANNED not in words["status"]:
        rows = rows[:2]
    lines = [";".join((client, "2026-06-01", "10.50", words["status"][state][0])) for client, state in rows]
    sales.write_text("\n".join([";".join(columns), *lines]), "utf-8")
    found = segment(people, sales, AS_OF)
    segments = dict(zip(found.frame["Client ID"].to_list(), found.frame["Segment"].to_list(), strict=True))
    assert (segments["K1"], segments["K2"]) == ("Active", "No Activity"), found.problems
    assert not [problem for problem in found.problems if "status" in str(problem)]


def test_a_column_that_tells_documents_apart_is_named(tmp_path: Path) -> None:
    people, sales = tmp_path / "people.csv", tmp_path / "sales.csv"
    people.write_text("Client ID,Client\nK1,Alder\n", "utf-8")
    sales.write_text("Client ID,Invoice date,Amount,Transaction type,Memo\nK1,2026-06-01,10,Payment,x\n", "utf-8")
    remarks = segment(people, sales, AS_OF).choices[1].remarks
    assert [remark for remark in remarks if remark.startswith("Transaction type is ignored")], remarks
    assert not [remark for remark in remarks if remark.startswith("Memo")]


@pytest.mark.parametrize("large", [-1, 1 << 30], ids=["streamed", "listed"])
def test_a_client_without_an_id_goes_by_its_name_at_any_size(
    large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_files, "LARGE", large)
    people, sales = tmp_path / "people.csv", tmp_path / "sales.csv"
    with_ids = "".join(f"K{at},Client number {at}\n" for at in range(1, 9))
    people.write_text(f"Client ID,Client\n{with_ids},Birch\n  ,Cedar\n", "utf-8")
    sales.write_text("Client ID,Invoice date,Amount\nK1,2026-06-01,10\n", "utf-8")
    found = segment(people, sales, AS_OF)
    assert [row[0] for row in found.frame.rows()] == [*(f"K{at}" for at in range(1, 9)), "Birch", "Cedar"]
    assert "2 clients have no id: their names serve." in found.choices[0].remarks


def test_letters_beyond_the_beginning_show_the_encoding(tmp_path: Path) -> None:
    people, sales = tmp_path / "people.csv", tmp_path / "sales.csv"
    plain = "".join(f"K{at};Client number {at}\n" for at in range(60_000))
    names = "".join(f"L{at};Łódź Żółć Spółka {at}\n" for at in range(50))
    people.write_bytes(f"Client ID;Client\n{plain}{names}".encode("cp1250"))
    sales.write_text("Client ID,Invoice date,Amount\nL7,2026-06-01,10\n", "utf-8")
    read = open_table(Source.of(people), CLIENTS, tmp_path, None)
    rows = collected(read, {"id": clients.CLIENT_ID, "name": clients.NAME}).rows()
    assert rows[60_007][:2] == ("L7", "Łódź Żółć Spółka 7")
