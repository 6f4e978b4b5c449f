"""What the command line settles about exports: options of the form NAME=VALUE, and words asked about at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import typer

from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.importing.choices import ImportChoices, ImportQuestion

Made = TypeVar("Made")


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Read options of the form NAME=VALUE; the value may hold more equals signs.

    Raises:
        typer.BadParameter: one has no equals sign.
    """
    found = {}
    for each in texts or ():
        name, equals, value = each.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise typer.BadParameter(f'"{each}" has no equals sign. Write NAME=VALUE.', param_hint=option)
        found[name.strip()] = value.strip()
    return found


def settling(choices: ImportChoices, make: Callable[[ImportChoices], Made], json: bool) -> Made:
    """Do what `make` does; at a terminal, ask what the words mean that are not known, and do it again."""
    while True:
        try:
            return make(choices)
        except ImportQuestion as question:
            words = [each for each in question.questions if each.word is not None]
            if json:
                screen_on().data({"error": str(question), "code": question.code, "questions": [
                    {"code": each.code, "text": each.text, "option": each.option, "answers": list(each.answers)}
                    for each in question.questions
                ]})  # fmt: skip
            if json or not words or not sys.stdin.isatty() or not sys.stdout.isatty():
                raise
            answers = {}
            for each in words:
                assert each.word is not None  # noqa: S101 - asked above
                answer = typer.prompt(f"{each.text}. It means {', '.join(each.answers)}", default=each.answers[0])
                answers[each.word] = str(answer)
            choices = replace(choices, statuses={**choices.statuses, **answers})
