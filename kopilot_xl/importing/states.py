"""What each row of a list of invoices is: its kind, and the state its status words tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kopilot_xl.errors import UsageError
from kopilot_xl.importing.choices import ImportChoices, Question
from kopilot_xl.importing.columns import InvoiceColumns, kind_of_text
from kopilot_xl.importing.layout import Column, text_of
from kopilot_xl.importing.programs import Program
from kopilot_xl.importing.vocabulary import ASK, Kind, State, vocabulary, word_key
from kopilot_xl.importing.whole_file import kind_of_file
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold
from kopilot_xl.workbook.book import Value

LEAVE_OUT = "Leave out"
ANSWERS = (*(each.value for each in State), "Credit note", LEAVE_OUT)
"""What `--status` can say a word means."""

_SEVERITY = {
    State.ISSUED: 0, State.PAID: 1, State.OVERDUE: 2, State.PLANNED: 3, State.DRAFT: 4, State.CANCELED: 5,
}  # fmt: skip
_PREFIX = re.compile(r"[^\W\d_]+")
_HARD = (
    "void",
    "cancel",
    "delet",
    "annul",
    "storn",
    "draft",
    "geann",
    "anul",
    "makul",
    "kansel",
    "slett",
    "supprim",
    "zrus",
)


@dataclass
class States:
    """What each row is.

    Attributes:
        kinds: of each row of data.
        states: of each row of data; None where a word is not known.
        words: the status word of each row, where its state is not known.
        soft: rows canceled by a word that says the money went back, which a credit note may say as well.
        questions: words that are not known, one question each.
        kept: words the user accepts as they are, with their count.
    """

    kinds: list[Kind]
    states: list[State | None]
    words: dict[int, str] = field(default_factory=dict)
    soft: set[int] = field(default_factory=set)
    questions: list[Question] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: set[int] = field(default_factory=set)


def answered(choices: ImportChoices) -> dict[str, State | Kind | None]:
    """Return what the user says words mean, folded; None leaves the row out.

    Raises:
        UsageError: a meaning is not one of those there are.
    """
    found: dict[str, State | Kind | None] = {}
    meanings: dict[str, State | Kind | None] = {fold(each.value): each for each in State}
    meanings |= {"creditnote": Kind.CREDIT_NOTE, "invoice": Kind.INVOICE, "leaveout": None, "cancelled": State.CANCELED}
    meanings |= {
        "payment": Kind.PAYMENT,
        "ignore": None,
        "forecast": State.PLANNED,
        "void": State.CANCELED,
        "sent": State.ISSUED,
    }
    for word, meaning in choices.statuses.items():
        if fold(meaning) not in meanings:
            raise UsageError(
                t(
                    '"{word}={meaning}": the meaning can be {names} or {answers}.',
                    word=word,
                    meaning=meaning,
                    names=", ".join(ANSWERS[:-1]),
                    answers=ANSWERS[-1],
                ),
                "statuses",
            )
        found[word_key(word)] = meanings[fold(meaning)]
    return found


def tell_states(
    mapping: InvoiceColumns,
    rows: Sequence[int],
    amounts: Sequence[float | None],
    choices: ImportChoices,
    program: Program | None,
) -> States:
    """Return the kind and the state of each row of data."""
    settled = answered(choices)
    found = States([Kind.INVOICE] * len(rows), [State.ISSUED] * len(rows))
    if mapping.kind is not None:
        _by_word(mapping.kind, rows, settled, program, found, choices)
    elif (whole := kind_of_file(mapping)) is not None:
        found.kinds = [whole[0]] * len(rows)
        told = {Kind.CREDIT_NOTE: t("credit notes"), Kind.PAYMENT: t("payments")}.get(whole[0], t("no invoices"))
        found.notes.append(t("All rows are {kind}, as {where} says.", kind=told, where=whole[1]))
    elif mapping.number is not None:
        _by_prefix(mapping.number, rows, amounts, found)
    if mapping.statuses:
        _by_status(mapping, rows, settled, program, found, choices)
    _by_flags(mapping, rows, found)
    if program is not None and program.payments:
        _by_account(mapping, rows, program, found)
    kinds = set(found.kinds)
    if Kind.ORDER in kinds and not kinds & {Kind.INVOICE, Kind.INVOICE_PAID}:
        found.kinds = [Kind.INVOICE if each is Kind.ORDER else each for each in found.kinds]
        found.notes.append(t("The file has orders and no invoices: the orders count."))
    return found


def _by_word(
    column: Column,
    rows: Sequence[int],
    settled: dict[str, State | Kind | None],
    program: Program | None,
    found: States,
    choices: ImportChoices,
) -> None:
    known = vocabulary().kinds
    meanings: dict[Value, Kind | None] = {}
    unknown: Counter[str] = Counter()
    for at, row in enumerate(rows):
        value = column.values[row]
        if value is None:
            continue
        if value not in meanings:
            folded = word_key(text_of(value))
            told = settled.get(folded, program.kinds.get(folded) if program else None)
            meanings[value] = told if isinstance(told, Kind) else known.get(folded) or kind_of_text(text_of(value))
            if folded in settled and settled[folded] is None:
                meanings[value] = Kind.OTHER
            elif isinstance(told, State):
                meanings[value] = Kind.INVOICE
        kind = meanings[value]
        if kind is None:
            unknown[text_of(value)] += 1
            if choices.accept:
                kind = Kind.INVOICE
            else:
                continue
        found.kinds[at] = kind
    if unknown and choices.accept:
        words = ", ".join(f"{word} ({_rows(times)})" for word, times in unknown.items())
        choices.passed.append(t("{column}: {words} was counted as an invoice.", column=column.name, words=words))
        return
    for word, times in unknown.items():
        found.questions.append(
            Question(
                "unknown-kind",
                t(
                    '"{word}" under {name} ({times}) is not known as a kind of document',
                    word=word,
                    name=column.name,
                    times=_rows(times),
                ),
                f'--status "{word}=Leave out"',
                word,
                ("Invoice", "Credit note", LEAVE_OUT),
            )
        )


def _by_prefix(column: Column, rows: Sequence[int], amounts: Sequence[float | None], found: States) -> None:
    """The letters before the number tell credit notes, payments and quotes, where the file has invoices beside them."""
    prefixes = vocabulary().prefixes
    letters = [_prefix(column.values[row]) for row in rows]
    kinds = {each: prefixes.get(each) for each in set(letters) if len(each) > 1}
    if not any(kind is Kind.INVOICE for kind in kinds.values()):
        return
    turned = left = 0
    for at, each in enumerate(letters):
        kind = kinds.get(each)
        if kind is Kind.CREDIT_NOTE:
            found.kinds[at] = kind
            turned += (amounts[at] or 0.0) > 0
        elif kind in (Kind.PAYMENT, Kind.OTHER):
            found.kinds[at] = kind
            left += 1
    if turned or left:
        names = sorted({each.upper() for each, kind in kinds.items() if kind not in (None, Kind.INVOICE)})
        found.notes.append(
            t("{name}: numbers that begin with {names} are not invoices.", name=column.name, names=", ".join(names))
        )


def _prefix(value: Value) -> str:
    match = _PREFIX.match(text_of(value).strip())
    return fold(match[0]) if match else ""


def _by_status(
    mapping: InvoiceColumns,
    rows: Sequence[int],
    settled: dict[str, State | Kind | None],
    program: Program | None,
    found: States,
    choices: ImportChoices,
) -> None:
    ordered = sorted(mapping.statuses, key=lambda each: -each.role("status"))
    tables = [_meanings(each, settled, program) for each in ordered]
    unknown: dict[str, Counter[str]] = {}
    for at, row in enumerate(rows):
        best: State | None = None
        doubt: tuple[str, str] | None = None
        blank = True
        for order, (column, meanings) in enumerate(zip(ordered, tables, strict=True)):
            value = column.values[row]
            if value is None:
                continue
            blank = False
            told = meanings[value]
            if isinstance(told, Kind):
                found.kinds[at] = told
                told = State.ISSUED
            if told is None:
                found.left.add(at)
            elif isinstance(told, State):
                if best is None or _SEVERITY[told] > _SEVERITY[best]:
                    best = told
                    if told is State.CANCELED and not fold(text_of(value)).startswith(_HARD):
                        found.soft.add(at)
                if fold(text_of(value)) in _CREDIT_WORDS and found.kinds[at] is Kind.INVOICE:
                    found.kinds[at] = Kind.CREDIT_NOTE
            elif doubt is None and (order == 0 or best is None):
                doubt = column.name, text_of(value)
        if doubt is not None and (
            best is None or (best is State.ISSUED and tables[0].get(ordered[0].values[row]) == ASK)
        ):
            found.states[at] = None
            found.words[at] = doubt[1]
            if found.kinds[at] in (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.INVOICE_PAID, Kind.ORDER):
                unknown.setdefault(doubt[0], Counter())[doubt[1]] += 1
        elif not blank and best is not None:
            found.states[at] = best
    for name, words in unknown.items():
        if choices.accept:
            kept = ", ".join(f"{word} ({_rows(times)})" for word, times in words.items())
            choices.passed.append(t("{column}: {words} was kept as it is.", column=name, words=kept))
            continue
        for word, times in words.items():
            found.questions.append(
                Question(
                    "unknown-status",
                    t(
                        '"{word}" under {name} ({times}) is not known or can mean two things',
                        word=word,
                        name=name,
                        times=_rows(times),
                    ),
                    f'--status "{word}=Issued"',
                    word,
                    ANSWERS,
                )
            )


_CREDIT_WORDS = frozenset({"return", "creditnote", "creditmemo"})


def _meanings(
    column: Column, settled: dict[str, State | Kind | None], program: Program | None
) -> dict[Value, State | Kind | str | None]:
    """What each word of a column means; ASK where it is a question, None where its rows are left out."""
    words = vocabulary().statuses
    found: dict[Value, State | Kind | str | None] = {None: None}
    for value in column.distinct:
        folded = word_key(text_of(value))
        if folded in settled:
            found[value] = settled[folded]
        elif program is not None and folded in program.statuses:
            found[value] = program.statuses[folded]
        else:
            found[value] = words.get(folded) or words.get(_without_days(text_of(value))) or _varied(text_of(value))
    return found


_GENDERS = {"e": ("", "es"), "a": ("o",), "o": ("a",), "": ("e",)}
"""Endings of participles and what else they are, as in payé and payée."""
_FEWEST_LETTERS = 5


def _varied(text: str) -> State | str:
    """The status that a word is in another gender, or one that something was done in part is; else a question."""
    words = vocabulary().statuses
    parts = [fold(each) for each in text.split()]
    rest = "".join(each for each in parts if each not in vocabulary().partly)
    if rest and len(rest) < len("".join(parts)):
        whole = words.get(rest) or _other_gender(rest)
        return State.ISSUED if whole in (State.PAID, State.ISSUED) else ASK
    return _other_gender(fold(text)) or ASK


def _other_gender(folded: str) -> State | str | None:
    words = vocabulary().statuses
    found = {
        words.get(folded.removesuffix(ending) + other)
        for ending, others in _GENDERS.items()
        if folded.endswith(ending)
        for other in others
    } - {None}
    return found.pop() if len(found) == 1 and len(folded) >= _FEWEST_LETTERS else None


_JOINTS = frozenset(
    {
        "in", "on", "by", "at", "since", "for", "le", "am", "seit", "vor", "um", "sinds", "op", "desde", "hace", "da",
        "dal", "il", "em", "ha", "den", "til", "fra", "do", "od", "z",
    }
)  # fmt: skip


def _without_days(text: str) -> str:
    """The status before a number of days, a date or an amount: Overdue 12 days, Due in 5 days, Paid on 3 May."""
    words: list[str] = []
    for word in text.replace("(", " ").split():
        if any(map(str.isdigit, word)):
            while words and words[-1].casefold() in _JOINTS:
                words.pop()
            return fold(" ".join(words))
        words.append(word)
    return ""


def _by_account(mapping: InvoiceColumns, rows: Sequence[int], program: Program, found: States) -> None:
    """Tell payments by the account on the other side of a booking."""
    for column in mapping.table.columns:
        ranges = program.payments.get(fold(column.heading))
        for at, row in enumerate(rows if ranges else ()):
            text = text_of(column.values[row])
            if text.isdigit() and any(first <= int(text) <= last for first, last in ranges or ()):
                found.kinds[at] = Kind.PAYMENT


def _by_flags(mapping: InvoiceColumns, rows: Sequence[int], found: States) -> None:
    yes = vocabulary().yes | {"true"}

    def set_rows(name: str) -> list[int]:
        told = []
        for column in mapping.flags.get(name, ()):
            told += [
                at
                for at, row in enumerate(rows)
                if (value := column.values[row]) is not None and fold(text_of(value)) in yes
            ]
        return told

    def unset_rows(name: str) -> list[int]:
        told = []
        for column in mapping.flags.get(name, ()):
            told += [
                at
                for at, row in enumerate(rows)
                if (value := column.values[row]) is not None and fold(text_of(value)) not in yes
            ]
        return told

    for at in set_rows("flag_draft"):
        found.states[at] = State.DRAFT
    for at in unset_rows("flag_posted"):
        if found.states[at] in (State.ISSUED, State.PAID, State.OVERDUE):
            found.states[at] = State.DRAFT
    for at in set_rows("flag_canceled"):
        found.states[at] = State.CANCELED
    for at in _voided(mapping, rows):
        found.states[at] = State.CANCELED
    for at in set_rows("flag_credit"):
        if found.kinds[at] is Kind.INVOICE:
            found.kinds[at] = Kind.CREDIT_NOTE
    if mapping.canceled_on is not None:
        for at, row in enumerate(rows):
            if mapping.canceled_on.values[row] is not None:
                found.states[at] = State.CANCELED


_VOID = re.compile(r"\s*VOID(?:ED)?\s*(?::|$)")


def _voided(mapping: InvoiceColumns, rows: Sequence[int]) -> list[int]:
    """The rows whose memo says VOID, as QuickBooks writes it before what was there."""
    known = (mapping.number, mapping.kind, mapping.date, *mapping.clients, *mapping.statuses)
    taken = {each.at for each in known if each is not None}
    texts = [
        each
        for each in mapping.table.columns
        if each.at not in taken and any(isinstance(one, str) and not one[:1].isdigit() for one in each.sample)
    ]
    voided = [
        (column, marked)
        for column in texts
        if (marked := {each for each in column.distinct if isinstance(each, str) and _VOID.match(each)})
    ]
    return [at for at, row in enumerate(rows) if any(column.values[row] in marked for column, marked in voided)]


def _rows(number: int) -> str:
    return f"{number:,} row{'s' * (number != 1)}"
