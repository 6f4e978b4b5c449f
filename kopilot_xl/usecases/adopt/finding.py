"""Which tables of a workbook are the clients and the invoices: by what is in them, as in any export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kopilot_xl.errors import KopilotError, MissingError
from kopilot_xl.importing.checks import known_maps
from kopilot_xl.importing.choices import ImportChoices, Question, QuestionError
from kopilot_xl.importing.columns import MAPPED
from kopilot_xl.importing.layout import Table
from kopilot_xl.importing.output import transaction_rows
from kopilot_xl.importing.reading import Imported, read_tables
from kopilot_xl.importing.selection import CLIENTS, TRANSACTIONS, Files, same_table, select
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold


@dataclass(frozen=True)
class Found:
    """The tables of a workbook that are its clients and its invoices.

    Attributes:
        clients: the list of clients.
        transactions: the invoices.
        imported: what is in them.
        client_columns: our columns and the headings that settle them there.
        transaction_columns: the same for the invoices.
    """

    clients: Table
    transactions: Table
    imported: Imported
    client_columns: Mapping[str, str]
    transaction_columns: Mapping[str, str]


def find(path: Path, clients: str | None, transactions: str | None, choices: ImportChoices, today: date) -> Found:
    """Find the clients and the invoices in a workbook.

    Args:
        path: the workbook.
        clients: the table or sheet of the clients, where it is known.
        transactions: the same for the invoices.
        choices: what is settled.
        today: the day after which dates become unlikely.

    Raises:
        BookError: it cannot be read, or has no sheet of that name.
        MissingError: it has no list of clients of its own, or a column that is needed is not there.
        QuestionError: something leaves a doubt; the text names the option that settles it.
    """
    files = Files(choices)
    rows = _selected(path, transactions, TRANSACTIONS, files)
    listed = _selected(path, clients, CLIENTS, files)
    known_maps([rows, listed], choices)
    if same_table(listed, rows) or (listed.raw.path, listed.raw.top, listed.raw.left, listed.raw.form) == (
        rows.raw.path, rows.raw.top, rows.raw.left, rows.raw.form,
    ):  # fmt: skip
        raise MissingError(
            t(
                "{path} has no list of clients beside {rows}. Name it with --clients, or make a workbook whose clients "
                'come from the invoices: kopilot-xl new Portfolio.xlsm --transactions "{path}#{rows}".',
                path=path,
                rows=rows.raw.name,
            )
        )
    found = read_tables(listed, rows, choices, choices, today)
    return Found(listed, rows, found, *_settled(listed, rows, found, choices, today))


def _selected(path: Path, name: str | None, purpose: str, files: Files) -> Table:
    try:
        (found,) = select([f"{path}#{name}" if name else path], purpose, files)
    except QuestionError as question:
        if question.code != "several-sheets":
            raise
        equal = [answer for each in question.questions for answer in each.answers]
        first = equal[0]
        raise QuestionError(
            t(
                '{path} has several tables that could be the {purpose}: {equal}. Give --{purpose} "{first}", or '
                "another of them.",
                path=path,
                purpose=purpose,
                equal=", ".join(equal),
                first=first,
            ),
            question.code,
            [
                Question(
                    question.code, t("Which has the {purpose}?", purpose=purpose), f'--{purpose} "{first}"', None, equal
                )
            ],
        ) from question
    return found.table


def _settled(
    listed: Table, rows: Table, found: Imported, choices: ImportChoices, today: date
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Our columns and the headings to keep: all that were taken, if the tables are read the same by them."""
    first, second = (_headings(table, found.files[at].columns) for at, table in ((0, listed), (-1, rows)))
    try:
        again = read_tables(
            listed, rows, replace(choices, columns=first), replace(choices, columns=second), today
        )  # fmt: skip
    except KopilotError:
        again = None
    if (
        again is not None
        and again.clients == found.clients
        and transaction_rows(again)[0] == transaction_rows(found)[0]
    ):
        return first, second
    return _headings(listed, choices.columns), _headings(rows, choices.columns)


def _headings(table: Table, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that `--map` can name and one heading of a table tells."""
    found = {}
    for name, heading in columns.items():
        column = table.by_heading(heading)
        if fold(name) in MAPPED and column is not None:
            found[name] = column.heading or column.letter
    return found
