"""Which language a user reads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kopilot_xl.texts import LANGUAGES, language, t
from kopilot_xl.texts.languages import known, of_user, speak, spoken


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("fr", "fr"), ("FR", "fr"), ("fr_BE.UTF-8", "fr"), ("de-CH", "de"), ("nl_NL@euro", "nl"), ("en_GB", "en"),
        ("C", "en"), ("C.UTF-8", "en"), ("POSIX", "en"), ("pt_BR", None), ("french", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_means_a_language_or_none(name: str, code: str | None) -> None:
    assert known(name) == code


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "pl_PL.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "nl_BE"}, "nl"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "pl:fr:de"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "fr", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C", "KOPILOT_XL_LANGUAGE": "fr"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "KOPILOT_XL_LANGUAGE": "klingon"}, "en"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="there the system says it where the environment does not")
def test_the_environment_names_the_language(environment: dict[str, str], code: str) -> None:
    assert of_user(environment) == code


def test_a_language_holds_within_its_block() -> None:
    with spoken("de"):
        with spoken("fr"):
            assert language() == "fr"
        assert language() == "de"
    assert language() == "en"
    with pytest.raises(KeyError):
        speak("xx")
    assert (language(), t("Left out.")) == ("en", "Left out.")


def printed(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kopilot_xl", *arguments],
        env={**{key: value for key, value in os.environ.items() if key != "KOPILOT_XL_LANGUAGE"}, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout + done.stderr


def test_the_command_line_speaks_the_language_of_the_option_or_of_the_environment() -> None:
    english = "There is no file none.xlsm: check its name and folder."
    german = "Es gibt keine Datei none.xlsm: Prüfen Sie Namen und Ordner."
    assert english in printed("check", "none.xlsm", LC_ALL="C")
    assert german in printed("check", "none.xlsm", LC_ALL="de_DE.UTF-8")
    assert german in printed("check", "none.xlsm", "--language", "de", LC_ALL="C")
    assert german in printed("--language=de", "check", "none.xlsm", LC_ALL="C")
    assert english in printed("check", "none.xlsm", "--language", "en", LC_ALL="de_DE.UTF-8")


def test_a_language_that_there_is_not_is_refused_with_those_there_are() -> None:
    message = printed("check", "none.xlsm", "--language", "xx", COLUMNS="200", LC_ALL="C")
    assert f"there is no language xx. Choose from {', '.join(LANGUAGES)}." in message


def test_english_reads_no_catalogue() -> None:
    code = (
        "import sys; from kopilot_xl.cli import main; from kopilot_xl.texts.languages import catalogue_of;"
        "print(catalogue_of.cache_info().misses, 'babel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 False"


def test_help_is_in_the_language_too() -> None:
    assert "Eine neue Arbeitsmappe anlegen" in printed("new", "--help", LC_ALL="de_DE.UTF-8")
    assert "Recalculer les segments" in printed("refresh", "--help", "--language", "fr", LC_ALL="C")
    assert "Make a new workbook" in printed("new", "--help", LC_ALL="C")
