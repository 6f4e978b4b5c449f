"""Any heading of a language beside any other, any word of it for any state: the firm is read the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.importing.output import read_pair
from kopilot_xl.importing.vocabulary import State, vocabulary
from kopilot_xl.texts.words import fold

NAMES = ("Alder & Vine Ltd", "Brightwater Cole", "Dunmore Estates")
ROWS = (
    (1, "2026-10-05", 1200.0, State.PAID),
    (1, "2026-08-07", 2450.5, State.OVERDUE),
    (2, "2026-06-09", 3000.0, State.ISSUED),
    (2, "2026-11-02", 900.0, State.CANCELED),
    (3, "2026-11-20", 800.0, State.DRAFT),
    (3, "2025-11-12", -5600.5, State.PAID),
)
CREDITS = {fold(each) for each in ("Return", "Credit note", "Credit Memo", "Credit note issued")}
"""Words that say what a document is, beside its state."""


@pytest.mark.parametrize("language", vocabulary().languages)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_headings_and_words(language: str, tmp_path: Path, data: st.DataObject) -> None:
    words = vocabulary().languages[language]

    def heading(role: str) -> str:
        return str(data.draw(st.sampled_from(words["headings"][role]), role))

    states = {
        each: data.draw(st.sampled_from([word for word in words["status"][each] if fold(word) not in CREDITS]))
        for each in State
    }
    by_id = data.draw(st.booleans())
    roles = ["issue_date", "amount_net", "status", "client_id" if by_id else "client_name", "due_date"]
    columns = dict(zip(roles, map(heading, roles), strict=True))
    if len({fold(each) for each in columns.values()}) < len(columns):
        return
    order = data.draw(st.permutations(roles))
    lines = [";".join(columns[role] for role in order)]
    for client, day, amount, state in ROWS:
        cells = {"issue_date": day, "amount_net": f"{amount:.2f}", "status": states[state], "due_date": "2027-01-31"}
        cells["client_id"], cells["client_name"] = f"K{client}", NAMES[client - 1]
        lines.append(";".join(cells[role] for role in order))
    rows, people = tmp_path / "rows.csv", tmp_path / "people.csv"
    rows.write_text("\n".join(lines), "utf-8")
    name, number = heading("client_name"), heading("client_id")
    if fold(name) == fold(number):
        return
    listed = [f"{number};{name}", *(f"K{at};{each}" for at, each in enumerate(NAMES, 1))]
    people.write_text("\n".join(listed), "utf-8")
    try:
        pair = read_pair(people, rows)
    except QuestionError:
        return  # a question is never wrong
    found = [(row[0], str(row[1]), row[2], row[3]) for row in pair.transactions.data.rows]
    assert found == [(f"K{client}", day, amount, state.value) for client, day, amount, state in ROWS]
    assert [(row[0], row[1]) for row in pair.clients.data.rows] == [
        (f"K{at}", each) for at, each in enumerate(NAMES, 1)
    ]
