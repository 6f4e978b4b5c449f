"""The language of the command line: that of `--language`, else of whoever is at the machine."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from kopilot_xl.texts.languages import checked, known, of_user, speak

OPTION = "--language"


def speak_to_user(arguments: Sequence[str]) -> None:
    """Have all texts from now on in the language of the user.

    Commands and options get their help texts when they are imported, so this comes first, and looks for the option
    itself; a name that means none of the languages is refused when the option is parsed.
    """
    speak(_named(arguments) or of_user())


def _named(arguments: Sequence[str]) -> str | None:
    for index, argument in enumerate(arguments):
        if argument == "--":
            return None
        if argument == OPTION and arguments[index + 1 :]:
            return known(arguments[index + 1])
        if argument.startswith(f"{OPTION}="):
            return known(argument.partition("=")[2])
    return None


def checked_language(name: str | None) -> str | None:
    """Return the language that is meant.

    Raises:
        typer.BadParameter: there is no such language.
    """
    try:
        return name if name is None else checked(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=OPTION) from error
