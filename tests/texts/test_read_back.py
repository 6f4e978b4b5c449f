"""What a workbook shows in a language, it reads in that language: whoever writes what is printed is understood."""

from __future__ import annotations

import pytest

from kopilot_xl.domain.segments import Action
from kopilot_xl.texts import LANGUAGES, t
from kopilot_xl.texts.languages import spoken
from kopilot_xl.workbook.sheets.actions import read_action
from kopilot_xl.workbook.sheets.transactions import STATUS, read_status


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", Action)
def test_an_action_is_read_by_the_name_it_has_in_each_language(language: str, action: Action) -> None:
    with spoken(language):
        name = action.label
    assert read_action(name) is action
    assert read_action(f" {name.upper()} ") is action


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", STATUS.choices)
def test_a_status_is_read_by_the_name_it_has_in_each_language(language: str, status: str) -> None:
    with spoken(language):
        name = t(status)
    assert read_status(name) is read_status(status)
