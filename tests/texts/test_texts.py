"""The one way of every text to the user."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kopilot_xl.texts import catalogue, t, tn


class German:
    """A catalogue as `gettext` would make it."""

    def gettext(self, message: str, /) -> str:
        return {"{name} is in {folder}.": "In {folder} liegt {name}."}.get(message, message)

    def ngettext(self, singular: str, plural: str, n: int, /) -> str:
        return "{count} Zeile in {name}" if n == 1 else "{count} Zeilen in {name}"


def test_placeholders_are_filled_in() -> None:
    assert t("{name} has {size:,} rows.", name="{x}", size=1200) == "{x} has 1,200 rows."
    assert t("{} and {x} stay") == "{} and {x} stay"


def test_a_number_chooses_the_form() -> None:
    assert [tn("{count:,} row", "{count:,} rows", n) for n in (0, 1, 2, 1000)] == [
        "0 rows", "1 row", "2 rows", "1,000 rows",
    ]  # fmt: skip


def test_a_placeholder_without_a_value_is_a_defect() -> None:
    with pytest.raises(KeyError):
        t("{name}", other=1)


def test_a_catalogue_takes_the_place_of_the_texts_and_goes_again() -> None:
    with catalogue(German()):
        assert t("{name} is in {folder}.", name="A", folder="B") == "In B liegt A."
        assert t("Nothing.") == "Nothing."
        assert [tn("{count} row of {name}", "{count} rows of {name}", n, name="A") for n in (1, 2)] == [
            "1 Zeile in A", "2 Zeilen in A",
        ]  # fmt: skip
    assert t("{name} is in {folder}.", name="A", folder="B") == "A is in B."


def test_texts_load_no_module_that_finds_languages() -> None:
    code = "import kopilot_xl.texts, sys; print({'gettext', 'locale'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
