"""Which sheet or table of a file is meant: all that can be seen are looked at, and scored by what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log10
from os import PathLike
from pathlib import Path

from kopilot_xl.errors import BookError, MissingError
from kopilot_xl.importing.choices import ImportChoices, Question, QuestionError
from kopilot_xl.importing.dates import share_of_days_and_months
from kopilot_xl.importing.files import expanded, tables_of
from kopilot_xl.importing.grid import RawTable
from kopilot_xl.importing.layout import Table, laid_out
from kopilot_xl.importing.people import read_people
from kopilot_xl.importing.roles import known_headings
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold

CLIENTS, TRANSACTIONS = "clients", "transactions"
_TIE = 0.25
_HIDDEN = 10.0


@dataclass
class Files:
    """Reads each file once, whatever asks for it."""

    choices: ImportChoices
    known: dict[Path, list[RawTable]] = field(default_factory=dict)

    def tables(self, path: Path) -> list[RawTable]:
        """Return the tables of a file."""
        key = path.resolve()
        if key not in self.known:
            self.known[key] = tables_of(path, known_headings, self.choices.encoding)
        return self.known[key]


@dataclass
class Selected:
    """A table that is read, and what was passed over for it."""

    table: Table
    passed_over: list[str]


def select(paths: Iterable[str | PathLike[str]], purpose: str, files: Files) -> list[Selected]:
    """Return the table of each file that serves a purpose.

    Raises:
        BookError: a file cannot be read, or it has no sheet of the name that is asked for.
        MissingError: no table of a file has headings.
        QuestionError: two tables of a file serve equally well.
    """
    found = []
    for path, sheet in expanded(paths):
        raws = _asked(files.tables(path), sheet or files.choices.sheet, sheet is not None, path)
        found.append(_best(raws, purpose, files.choices))
    return found


def _asked(raws: list[RawTable], sheet: str | None, alone: bool, path: Path) -> list[RawTable]:
    if sheet is None or (not alone and all(not each.name for each in raws)):
        return raws
    wanted = [each for each in raws if fold(each.name) == fold(sheet)]
    if not wanted:
        names = ", ".join(dict.fromkeys(each.name for each in raws if each.name)) or t("no sheets")
        raise BookError(t('{path} has no sheet "{sheet}" (it has {names}).', path=path, sheet=sheet, names=names))
    return wanted[:1]


def _best(raws: Sequence[RawTable], purpose: str, choices: ImportChoices) -> Selected:
    wanted = list(choices.columns.values())
    if len(raws) == 1:
        return Selected(laid_out(raws[0], wanted), [])
    scored: list[tuple[float, Table]] = []
    failed: list[MissingError] = []
    for raw in raws:
        try:
            table = laid_out(raw, wanted)
        except MissingError as error:
            failed.append(error)
            continue
        scored.append((_score(table, purpose, choices) - (_HIDDEN if raw.hidden else 0.0), table))
    if not scored:
        raise failed[0]
    scored = _without_doubles(scored)
    scored.sort(key=lambda each: -each[0])
    (top, table), rest = scored[0], scored[1:]
    names = [each.raw.name for _, each in rest]
    names += [
        each.name
        for each in raws
        if each.name not in {one.raw.name for _, one in scored} and not each.own and not each.hidden
    ]
    if rest and rest[0][0] > top - _TIE and top >= 4 and rest[0][1].body:
        equal = [table.raw.name, *(each.raw.name for score, each in rest if score > top - _TIE)]
        first = equal[0]
        raise QuestionError(
            t(
                "{path} has several sheets that could be the {purpose}: {equal}. Give --sheet "
                '"{first}", or each of them as --{purpose} "{other}#{first}".',
                path=table.raw.path,
                purpose=purpose,
                equal=", ".join(equal),
                first=first,
                other=table.raw.path.name,
            ),
            "several-sheets",
            [
                Question(
                    "several-sheets",
                    t("Which sheet has the {purpose}?", purpose=purpose),
                    f'--sheet "{first}"',
                    None,
                    equal,
                )
            ],
        )
    if table.raw.hidden:
        table.raw = table.raw.noted(t("The sheet {name} is hidden; no visible one was suitable.", name=table.raw.name))
    return Selected(table, list(dict.fromkeys(names)))


def _without_doubles(scored: Sequence[tuple[float, Table]]) -> list[tuple[float, Table]]:
    """A sheet is left out where a table on it holds the same rows."""
    own = [each for _, each in scored if each.raw.own]
    kept = []
    for score, table in scored:
        if not table.raw.own and any(_holds(table, each) for each in own):
            continue
        kept.append((score, table))
    return kept


def _holds(sheet: Table, own: Table) -> bool:
    return sheet.raw.path == own.raw.path and [each for each in sheet.headings if each] == [
        each for each in own.headings if each
    ]


def _score(table: Table, purpose: str, choices: ImportChoices) -> float:
    """How well a table serves: by its columns, and by its rows."""
    columns = table.columns
    day = max(
        (
            each.role("issue_date", "issue_date_weak")
            for each in columns
            if each.dates >= 0.6 or not each.filled or share_of_days_and_months(each.sample) > 0.9
        ),
        default=0.0,
    )
    amount = max(
        (
            each.role("amount_net", "amount_total", "amount_gross", "amount_line", "debit")
            for each in columns
            if each.amounts >= 0.8
        ),
        default=0.0,
    )
    client = max(
        (
            each.role("client_id", "client_name", "company", "email", "client_id_weak")
            for each in columns
            if each.filled or not table.body
        ),
        default=0.0,
    )
    score = min(log10(len(table.body) + 1), 4) / 10 + (1 if table.body else 0)
    name = fold(table.raw.name)
    if table.raw.own and name == purpose:
        score += 4
    if purpose == TRANSACTIONS:
        named = any(
            fold(each) in name
            for each in ("invoice", "transaction", "rechnung", "factu", "faktur", "fattur", "fatur", "order")
        )
        score += 3 * (day > 0) + 2 * (amount > 0) + 2 * (client > 0) + 0.3 * named
        if any(each.role("status", "kind", "number") > 80 for each in columns):
            score += 0.5
        if any(fold(each) in ("recordedon", "action") for each in table.headings):
            score -= 2
        return score
    named = any(
        each in name
        for each in (
            "client",
            "customer",
            "kund",
            "klant",
            "klient",
            "contact",
            "kontakt",
            "zakaznic",
            "clienti",
            "debit",
            "partner",
        )
    )
    score += 3 * (client > 0) + 0.5 * named
    if any(each.role("email", "created", "client_kind") > 80 for each in columns):
        score += 0.5
    if day and amount:
        score -= 2
    try:
        people = read_people(table, choices)
        score += 2 if len(people.contacts) >= 0.95 * len(table.body) else 0
    except (MissingError, QuestionError):
        score -= 2
    return score


def same_table(one: Table, other: Table) -> bool:
    """Whether two tables hold the same cells, wherever they are from."""
    return one.headings == other.headings and len(one.body) == len(other.body) and one.body == other.body
