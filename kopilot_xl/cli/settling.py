"""What the command line settles about exports: options of the form NAME=VALUE, and words asked about at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import typer

from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.cli.visible import visible
from kopilot_xl.importing.choices import QuestionError
from kopilot_xl.texts import t

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
            raise typer.BadParameter(t('"{text}" has no equals sign. Write NAME=VALUE.', text=each), param_hint=option)
        found[name.strip()] = value.strip()
    return found


@contextmanager
def working() -> Iterator[None]:
    """Show on a terminal that work goes on, and how long it has taken; a short one passes without it."""
    screen = screen_on(sys.stderr)
    if not screen.is_terminal:
        yield
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(t("Reading the files")), TimeElapsedColumn())
    with Progress(*columns, console=screen.console, transient=True) as progress:
        progress.add_task("", total=None)
        yield


def settling(statuses: Mapping[str, str], make: Callable[[Mapping[str, str]], Made], json: bool) -> Made:
    """Do what `make` does; at a terminal, ask what the words mean that are not known, and do it again."""
    while True:
        try:
            with working():
                return make(statuses)
        except QuestionError as question:
            words = [each for each in question.questions if each.word is not None]
            if json:
                screen_on().data(_as_json(question))
            if json or not words or not sys.stdin.isatty() or not sys.stdout.isatty():
                raise
            answers = {}
            for each in words:
                text = t("{question}. What does it mean?", question=each.text)
                choices = "  ".join(f"{number} {answer}" for number, answer in enumerate(each.answers, 1))
                answers[str(each.word)] = typer.prompt(
                    visible(f"{text}\n{choices}\n") + t("Number or word"), value_proc=_one_of(each.answers)
                )
            statuses = {**statuses, **answers}


def _one_of(answers: Sequence[str]) -> Callable[[str], str]:
    """Return what reads an answer: its number, or its beginning in any case; a prompt asks again for anything else."""

    def read(text: str) -> str:
        given = text.strip().casefold()
        if given.isdecimal() and 1 <= int(given) <= len(answers):
            return answers[int(given) - 1]
        found = [answer for answer in answers if given and answer.casefold().startswith(given)]
        if len(found) != 1:
            raise typer.BadParameter(t('"{text}" is not one of them.', text=visible(text.strip())))
        return found[0]

    return read


def _as_json(question: QuestionError) -> dict[str, object]:
    return {
        "error": str(question),
        "code": question.code,
        "questions": [
            {"code": each.code, "text": each.text, "option": each.option, "answers": list(each.answers)}
            for each in question.questions
        ],
    }
