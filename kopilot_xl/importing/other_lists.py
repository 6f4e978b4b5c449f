"""Lists that are not lists of invoices: statements of a bank, deals of a CRM, time sheets, payouts, open items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from kopilot_xl.importing.amounts import read_amounts
from kopilot_xl.importing.batch import Batch
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.columns import known_share
from kopilot_xl.importing.layout import Column, Table, listed, text_of
from kopilot_xl.importing.vocabulary import vocabulary
from kopilot_xl.importing.whole_file import is_number_heading, speaks_of_invoices
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold

_ENOUGH = {"bank": 3, "deals": 2, "time": 4, "payments": 3}
"""How many headings of a kind of list make it one."""
_FEWEST_OPEN = 8
_LONG = timedelta(days=120)
"""Over so long a time some invoice of a firm is paid."""


def check_purpose(table: Table, choices: ImportChoices) -> None:
    """Refuse a list whose headings say that it is not a list of invoices, and that has no number of an invoice.

    Raises:
        QuestionError: it is one, and is not accepted.
    """
    words = vocabulary().lists
    sold_by = [each for each in table.columns if each.filled and fold(each.heading) in words["purchases"]]
    if sold_by and not choices.columns and not any(_names_client(each) for each in table.columns):
        question = QuestionError(
            t(
                "{label} has suppliers under {column} and no clients: it looks like a list of purchases. Export the "
                "invoices that were sent; --accept reads it as it is.",
                label=table.raw.label,
                column=sold_by[0].name,
            ),
            "no-invoices",
        )
        choices.settle(question, t("{label} looks like a list of purchases.", label=table.raw.label))
        return
    if any(_tells_invoices(each) for each in table.columns):
        return
    for kind, enough in _ENOUGH.items():
        found = [each for each in table.columns if each.heading and _is_of(each, words.get(kind, frozenset()), kind)]
        if len(found) < enough:
            continue
        headings = listed((each.name for each in found), 4)
        told = {
            "bank": t("a bank statement ({headings}): money that came in is not an invoice", headings=headings),
            "deals": t("a list of deals ({headings}): a deal is not an invoice", headings=headings),
            "time": t("a time sheet ({headings}): hours are not an invoice", headings=headings),
            "payments": t("a list of payments ({headings}): a payment is not an invoice", headings=headings),
        }[kind]
        question = QuestionError(
            t(
                "{label} looks like {told}. Export the invoices; --accept reads it as it is.",
                label=table.raw.label,
                told=told,
            ),
            "no-invoices",
        )
        choices.settle(question, t("{label} looks like {told}.", label=table.raw.label, told=told))
        return


def _names_client(column: Column) -> bool:
    """Whether a heading is that of a client, whoever else the table names."""
    if fold(column.heading) in vocabulary().lists["purchases"]:
        return False
    return bool(column.filled) and column.role("client_id", "client_name", "company", "email", "last_name") > 0


def _is_of(column: Column, words: frozenset[str], kind: str) -> bool:
    """Whether a heading is of a kind of list, with the list's own name before it, as in Deal - Stage, too."""
    folded = fold(column.heading)
    if folded in words or fold(column.heading.partition("(")[0]) in words:
        return True
    return kind == "deals" and folded.startswith(("deal", "opportunity")) and len(folded) > len("deals")


def _tells_invoices(column: Column) -> bool:
    """Whether a column is of invoices alone: their number or date, or kinds of documents among which they are."""
    if not column.filled:
        return False
    if speaks_of_invoices(column.heading) and (is_number_heading(column.heading) or column.dates > 0.5):
        return True
    return column.role("kind") > 0 and known_share(column, vocabulary().kinds) > 0.5


def check_open_items(batches: Sequence[Batch], choices: ImportChoices) -> None:
    """Refuse a list of open items: the invoices that were paid are missing, and their clients would look idle.

    A list of which nothing is paid, but which does not say so of itself, is remarked on.

    Raises:
        QuestionError: it says that it is one, and is not accepted.
    """
    for batch in batches:
        label = batch.mapping.table.raw.label
        if title := _titled_open(batch):
            question = QuestionError(
                t(
                    '{label} has open invoices only, as "{title}" says, and clients who paid would look idle. Export '
                    "all invoices, paid ones too; --accept reads it as it is.",
                    label=label,
                    title=title,
                ),
                "open-items",
            )
            choices.settle(question, t('{label} has open invoices only, as "{title}" says.', label=label, title=title))
        elif column := _all_open(batch):
            batch.notes.append(
                t(
                    "{column}: no invoice is paid. If this is a list of open items, export all invoices.",
                    column=column.name,
                )
            )


def _titled_open(batch: Batch) -> str | None:
    raw, header = batch.mapping.table.raw, batch.mapping.table.header
    cells: Iterable[str] = (text_of(each) for row in raw.rows[:header] for each in row if isinstance(each, str))
    words = vocabulary().lists.get("open_items", frozenset())
    for title in (*cells, raw.name, raw.path.stem):
        plain = fold("".join(" " if each.isdigit() else each for each in title))
        if len(title) < 60 and any(plain == word or (len(word) > 6 and plain.startswith(word)) for word in words):
            return title
    return None


def _all_open(batch: Batch) -> Column | None:
    """The column of balances, where not one of many invoices over a long time is paid."""
    documents = [each for each in batch.documents if isinstance(each.amount, float) and each.amount > 0]
    if len(documents) < _FEWEST_OPEN:
        return None
    days = [each.day for each in documents]
    if max(days) - min(days) < _LONG:
        return None
    for column in batch.mapping.table.columns:
        if column.role("balance") < 60 or column.role("amount_total", "amount_net", "amount_gross"):
            continue
        values = read_amounts([column.values[each.row] for each in documents]).values
        if all(isinstance(each, float) and each > 0 for each in values):
            return column
    return None
