"""The words and programs, which are data: each language whole, each program in the guide."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.importing.programs import programs, recognised
from kopilot_xl.importing.roles import roles_of
from kopilot_xl.importing.vocabulary import ASK, Kind, State, vocabulary, word_key
from kopilot_xl.texts.words import fold

GUIDE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text("utf-8")
LANGUAGES = vocabulary().languages


def test_there_are_twelve_languages() -> None:
    assert sorted(LANGUAGES) == ["cs", "da", "de", "en", "es", "fr", "it", "nl", "no", "pl", "pt", "sv"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_whole(language: str) -> None:
    english, words = LANGUAGES["en"], LANGUAGES[language]
    of_workbooks = {"sheets", "actions", "own_status"}
    assert set(words) - of_workbooks == set(english) - of_workbooks
    assert set(english["headings"]) - set(words["headings"]) <= {"is_customer", "is_supplier", "parent"}
    assert set(words["headings"]) <= set(english["headings"])
    assert set(words["status"]) == {*(each.value for each in State), ASK}
    assert set(words["kinds"]) <= {each.value for each in Kind}
    assert len(words["months"]["names"]) == 12


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Te laat", State.OVERDUE),
        ("Überfällig", State.OVERDUE),
        ("bezahlt", State.PAID),
        ("En retard", State.OVERDUE),
        ("Brouillon", State.DRAFT),
        ("Stornováno", State.CANCELED),
        ("Opłacona", State.PAID),
        ("Scaduta", State.OVERDUE),
        ("Pendiente", State.ISSUED),
        ("Makulerad", State.CANCELED),
        ("Forfalt", State.OVERDUE),
        ("Rascunho", State.DRAFT),
        ("Written off", State.OVERDUE),
        ("auto-paid", State.PAID),
        ("Refunded", State.CANCELED),
        ("Scheduled", State.PLANNED),
        ("Closed", ASK),
        ("Archived", ASK),
        ("Vervallen", ASK),
        ("Abandonnée", ASK),
        ("Submitted", ASK),
    ],
)
def test_what_a_status_word_means(word: str, meaning: State | str) -> None:
    assert vocabulary().statuses[fold(word)] == meaning


def test_a_word_that_two_languages_use_differently_says_nothing() -> None:
    assert "sr" not in vocabulary().kinds


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("invoiced_at", "issue_date"),
        ("orderDate", "issue_date"),
        ("Date Émission", "issue_date"),
        ("Due Date", "due_date"),
        ("Rechnungsdatum", "issue_date"),
        ("Fälligkeitsdatum", "due_date"),
        ("Total CHF", "amount_total"),
        ("Betrag netto (EUR)", "amount_net"),
        ("Montant TTC", "amount_gross"),
        ("Totaal excl. btw", "amount_net"),
        ("ext price", "amount_line"),
        ("*ContactName", "client_name"),
        ("Bill-to No.", "client_id"),
        ("Odběratel", "client_name"),
        ("SalesInvoice.netTotal", "amount_net"),
        ("Betaalstatus", "status"),
        ("Kunden-Nr.", "client_id"),
    ],
)
def test_what_a_heading_is(heading: str, role: str) -> None:
    roles = roles_of(heading)
    assert max(roles, key=lambda each: roles[each]) == role


def test_a_number_is_compared_with_its_sign() -> None:
    assert (word_key(" -1 "), word_key("1"), word_key("Paid!")) == ("-1", "1", "paid")


@pytest.mark.parametrize("program", programs(), ids=lambda each: each.name)
def test_a_program_is_in_the_guide_and_knows_itself(program: object) -> None:
    assert isinstance(program, type(programs()[0]))
    name = program.name.rpartition(", ")[0]
    assert any(f"| {name}" in GUIDE for name in (name, name.partition(", ")[0]))
    found = recognised(list(program.needs))
    assert found is not None
    assert found.name.partition(", ")[0] == program.name.partition(", ")[0]
