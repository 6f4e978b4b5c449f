"""A table of any size is read by the words of any language, and says which of its columns nobody looked at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kopilot_xl import segment
from kopilot_xl.bigdata.sources import data_files
from kopilot_xl.importing.vocabulary import State, vocabulary

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
    assert [remark for remark in remarks if remark.startswith("Transaction type is not looked at")], remarks
    assert not [remark for remark in remarks if remark.startswith("Memo")]
