"""The table of names in docs/glossary.md is what the catalogues say."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.portfolio import Shape
from kopilot_xl.domain.segments import Action, Heading, Segment
from kopilot_xl.texts import LANGUAGES
from kopilot_xl.texts.languages import spoken

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_the_glossary_names_everything_in_each_language() -> None:
    rows = [line.strip("| ").split(" | ")[1:] for line in PAGE.read_text("utf-8").splitlines() if line.count("|") == 6]
    names: list[list[str]] = []
    for kind in (Segment, Shape, Action, ActionStatus, Heading):
        for each in kind:
            names.append([])
            for language in LANGUAGES:
                with spoken(language):
                    names[-1].append(each.label)
    assert rows[2:] == names


@pytest.mark.parametrize("kind", [Segment, Shape, Action, ActionStatus, Heading])
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_of_a_kind_never_have_one_name(kind: type[Segment], language: str) -> None:
    with spoken(language):
        assert len({each.label.casefold() for each in kind}) == len(kind)
