"""The language of a workbook: what a refresh writes is in it, whoever refreshes."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from kopilot_xl import SettingError, demo, new, open_book, refresh
from kopilot_xl.texts.languages import spoken
from kopilot_xl.workbook.sheets import clients, settings
from tests.portfolios import AS_OF, NOW, make_portfolio


def next_actions(path: Path) -> str:
    data = open_book(path).table(clients.TABLE.name)
    column = data.headers.index(clients.NEXT_ACTION.header)
    return " ".join(str(row[column]) for row in data.rows)


def spoken_by(path: Path, language: str | None) -> Path:
    book = open_book(path)
    book.write_block(settings.LANGUAGE.name, [[language]])
    book.save()
    return path


@pytest.mark.parametrize(
    ("language", "words"),
    [(None, "Planned: "), ("en", "Planned: "), ("de", "Geplant: "), ("fr", "Prévu\u00a0: "), ("nl-BE", "Gepland: ")],
)
def test_a_refresh_writes_the_language_of_the_workbook(tmp_path: Path, language: str | None, words: str) -> None:
    path = spoken_by(make_portfolio(tmp_path / "book.xlsx"), language)
    with spoken("fr" if language != "fr" else "de"):
        refresh(path, AS_OF, now=NOW)
    assert words in next_actions(path)


def test_the_language_of_who_refreshes_changes_no_byte(tmp_path: Path) -> None:
    parts = []
    for language in ("en", "de"):
        path = make_portfolio(tmp_path / f"{language}.xlsx")
        with spoken(language):
            refresh(path, AS_OF, now=NOW)
        with ZipFile(path) as archive:
            parts.append({name: archive.read(name) for name in archive.namelist()})
    assert parts[0] == parts[1]


def test_a_language_that_there_is_not_is_refused_with_its_cell(tmp_path: Path) -> None:
    path = spoken_by(make_portfolio(tmp_path / "book.xlsx"), "Klingon")
    with pytest.raises(SettingError, match=r"Settings!C\d+, the setting Language, must be blank or one of en, de"):
        refresh(path, AS_OF, now=NOW)


def test_a_new_workbook_keeps_the_language_it_is_made_in(tmp_path: Path) -> None:
    assert settings.language(open_book(new(tmp_path / "a.xlsm", language="fr_BE").path)) == "fr"
    assert settings.language(open_book(new(tmp_path / "b.xlsm").path)) == "en"
    demo(tmp_path / "c.xlsx", language="nl")
    assert "Gepland: " in next_actions(tmp_path / "c.xlsx")
    with pytest.raises(ValueError, match="there is no language Klingon"):
        new(tmp_path / "d.xlsm", language="Klingon")
