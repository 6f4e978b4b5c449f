"""Which column of a list of invoices is what: by its heading and by what stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kopilot_xl.errors import MissingError
from kopilot_xl.importing.amount_columns import AmountPlan, amount_plan, best_of, line_plan
from kopilot_xl.importing.amounts import code_of
from kopilot_xl.importing.choices import ImportChoices, Question, QuestionError
from kopilot_xl.importing.dates import DateDoubt, read_dates, share_of_days_and_months
from kopilot_xl.importing.layout import Column, Table, is_day, text_of
from kopilot_xl.importing.roles import DATE_ROLES
from kopilot_xl.importing.vocabulary import Kind, vocabulary
from kopilot_xl.texts import t
from kopilot_xl.texts.words import fold

MAPPED = {
    "client": "client_name", "clientname": "client_name", "customer": "client_name", "clientid": "client_id",
    "issuedate": "issue_date", "date": "issue_date", "amount": "amount_total", "total": "total",
    "lineamount": "amount_line", "status": "status", "reference": "number", "number": "number", "type": "kind",
    "currency": "currency",
    "createdon": "created", "email": "email", "quantity": "quantity", "unitprice": "unit_price", "debit": "debit",
    "credit": "credit", "amountnet": "amount_net", "netamount": "amount_net",
}  # fmt: skip
"""The columns that `--map` can name, folded, and the role of each."""
MAP_NAMES = (
    "Client, Client ID, Issue date, Amount, Total, Line amount, Status, Type, Reference, Currency, Email, Created on"
)

_SURE = 60.0
_FLAGS = ("flag_canceled", "flag_draft", "flag_posted", "flag_credit")
_NAMED = 99.0
"""As sure as only a column's most usual headings are."""


@dataclass(frozen=True)
class InvoiceColumns:
    """The columns of a list of invoices, as far as they are there."""

    table: Table
    date: Column
    amount: AmountPlan | None
    number: Column | None = None
    statuses: Sequence[Column] = ()
    kind: Column | None = None
    flags: Mapping[str, Sequence[Column]] = field(default_factory=dict)
    canceled_on: Column | None = None
    currency: Column | None = None
    side: Column | None = None
    """the column that tells debit from credit"""
    quantity: Column | None = None
    line: AmountPlan | None = None
    """the amounts of lines, where the amount is that of the document"""
    item: Column | None = None
    ledger: Column | None = None
    ledger_kind: Column | None = None
    posting: Column | None = None
    clients: Sequence[Column] = ()
    """what may tell the client, best first"""
    notes: tuple[str, ...] = ()

    @property
    def taken(self) -> dict[str, str]:
        """Our columns and the headings they are from."""
        found = {"Issue date": self.date.name}
        if self.amount:
            found["Amount"] = " and ".join(each.name for each in self.amount.columns)
        if self.statuses:
            found["Status"] = " and ".join(each.name for each in self.statuses)
        if self.number:
            found["Reference"] = self.number.name
        if self.kind:
            found["Type"] = self.kind.name
        if self.currency:
            found["Currency"] = self.currency.name
        return found


def forced(table: Table, choices: ImportChoices) -> dict[str, Column]:
    """Return the columns of a table that the user named, by role."""
    found: dict[str, Column] = {}
    for name, heading in choices.columns.items():
        role = MAPPED.get(fold(name))
        if role is None:
            raise MissingError(
                t('--map knows no column "{name}". It can name {map_names}.', name=name, map_names=MAP_NAMES)
            )
        column = table.by_heading(heading)
        if column is not None:
            found[role] = column
    return found


def map_columns(table: Table, choices: ImportChoices) -> InvoiceColumns:
    """Return which column is what.

    Raises:
        MissingError: there is no issue date; the text lists what could be one.
        QuestionError: two columns could be it.
    """
    fixed = forced(table, choices)
    day = fixed.get("issue_date") or issue_date(table, choices)
    rows = [row for row, value in enumerate(day.values) if is_day(value) or share_of_days_and_months([value]) == 1.0]
    used = {day.at}
    data = _narrowed(table, rows)
    amount, notes = amount_plan(data, fixed, used, table)
    used |= {each.at for each in amount.columns} if amount else set()
    line = line_plan(data, amount)
    side = best_of([each for each in data if each.role("debit_credit") and len(each.distinct) <= 4], "debit_credit")
    kind = fixed.get("kind") or _kind(data, used)
    used |= {kind.at} if kind else set()
    flags = {name: found for name in _FLAGS if (found := [each for each in data if _is_flag(each, name)])}
    flag_at = {each.at for found in flags.values() for each in found}
    number = fixed.get("number") or _number(data, used | flag_at)
    statuses = [fixed["status"]] if "status" in fixed else _statuses(data, used | flag_at, kind)
    quantity = fixed.get("quantity") or best_of(
        [each for each in data if each.role("quantity") and each.amounts > 0.9], "quantity"
    )
    currency = fixed.get("currency") or _currency(data, amount)
    canceled_on = best_of(
        [each for each in data if each.role("canceled_on") and each.filled and each.dates > 0.8], "canceled_on"
    )
    ledger_kind = _account_column(data, "ledger_kind")
    ledger = _account_column(data, "ledger")
    posting = best_of([each for each in data if each.role("posting") and each.fill > 0.9], "posting")
    whole = {each.at: each for each in table.columns}

    def full(column: Column | None) -> Column | None:
        return None if column is None else whole[column.at]

    def plan(each: AmountPlan | None) -> AmountPlan | None:
        if each is None:
            return None
        return replace(each, column=whole[each.column.at], other=full(each.other), tax=full(each.tax))

    clients = [fixed[role] for role in ("client_id", "client_name", "email") if role in fixed]
    if not clients:
        clients = _clients(data, used | {each.at for each in statuses})
    return InvoiceColumns(
        table, whole[day.at], plan(amount), full(number), [whole[each.at] for each in statuses], full(kind),
        {name: [whole[each.at] for each in found] for name, found in flags.items()}, full(canceled_on), full(currency),
        full(side), full(quantity), plan(line), full(best_of([each for each in data if each.role("item")], "item")),
        full(ledger), full(ledger_kind), full(posting), [whole[each.at] for each in clients], tuple(notes),
    )  # fmt: skip


def _narrowed(table: Table, rows: Sequence[int]) -> list[Column]:
    """The columns with only the rows that have a date: totals and remarks say nothing about a column."""
    if len(rows) == len(table.body):
        return table.columns
    return [
        Column(each.at, each.heading, each.letter, [each.values[row] for row in rows], each.above, each.prefix)
        for each in table.columns
    ]


# the issue date


def issue_date(table: Table, choices: ImportChoices) -> Column:
    """Return the column of the issue dates.

    Raises:
        MissingError: there is none; the text lists what could be one.
        QuestionError: two columns could be it.
    """
    dated = [
        each
        for each in table.columns
        if each.role(*DATE_ROLES)
        and (not each.filled or each.dates >= 0.6 or share_of_days_and_months(each.sample) >= 0.9)
    ]
    found = [
        each
        for each in dated
        if each.role("issue_date") and each.role("issue_date") >= each.role("due_date", "other_date")
    ]
    if any(each.filled for each in found):
        found = [each for each in found if each.filled]
    if not found:
        found = [each for each in dated if each.role("issue_date_weak") and each.filled]
        found.sort(key=lambda each: -each.role("issue_date_weak"))
        found = found[:1]
    if not found:
        found = [each for each in table.columns if each.role("issue_date") >= _NAMED and not each.amounts > 0.5]
        found = found if len(found) == 1 else []
    if not found:
        raise _no_date(table)
    top = max(each.role("issue_date", "issue_date_weak") for each in found)
    best = [each for each in found if each.role("issue_date", "issue_date_weak") >= top - 0.1]
    return best[0] if len(best) == 1 else _earliest(table, best, choices)


def _earliest(table: Table, columns: Sequence[Column], choices: ImportChoices) -> Column:
    """Among columns of the same heading, the one that is never after the others: due and payment come later."""
    read = []
    for each in columns:
        try:
            read.append(read_dates(each.values, choices.date_order).values)
        except DateDoubt:
            read.append(list(each.values))
    for at, column in enumerate(columns):
        others = [each for other, each in enumerate(read) if other != at]
        rows = list(zip(read[at], *others, strict=True))
        full = [row for row in rows if all(is_day(each) for each in row)]
        if len(full) >= 0.9 * len(rows) and all(row[0] <= each for row in full for each in row[1:]):
            return column
    names = " and ".join(f"column {each.letter}" for each in columns)
    raise QuestionError(
        t(
            "{label} has the heading {heading} more than once ({names}), and its cells do not show which is the "
            'issue date. Choose one, as in --map "Issue date={letter}".',
            label=table.raw.label,
            heading=columns[0].heading,
            names=names,
            letter=columns[0].letter,
        ),
        "equal-headings",
        [
            Question(
                "equal-headings",
                t("Which is the issue date?"),
                f'--map "Issue date={columns[0].letter}"',
            )
        ],
    )


def _no_date(table: Table) -> MissingError:
    could = [each for each in table.columns if each.filled and (each.dates >= 0.8)]
    listed = ", ".join(text_of(each.name) for each in table.columns[:12]) + (
        f" and {len(table.columns) - 12} more" if len(table.columns) > 12 else ""
    )
    if could:
        due = [each for each in could if each.role("due_date")]
        first = (due or could)[0]
        why = (
            t("{name} says when it is due, not when it was issued", name=first.name)
            if due
            else t("what could be one: {columns}", columns=", ".join(each.name for each in could[:6]))
        )
        return MissingError(
            t(
                "{label} has no column that can be recognised as Issue date; {why}. Export the invoice date too, "
                'or give --map "Issue date={first}".',
                label=table.raw.label,
                why=why,
                first=first.name,
            )
        )
    months = sum(1 for each in table.headings if _is_month(each))
    if months >= 3:
        return MissingError(
            t(
                "{label} has a column for each month: it is a summary, not a list of invoices. "
                "Export the list of invoices, with a row for each.",
                label=table.raw.label,
            )
        )
    return MissingError(
        t(
            "{label} has no column that can be recognised as Issue date (its columns: {listed}). Export the "
            'invoice date too, or name its column: --map "Issue date=…".',
            label=table.raw.label,
            listed=listed,
        )
    )


def _is_month(heading: str) -> bool:
    words = heading.replace("-", " ").replace("/", " ").split()
    return bool(words) and len(words) <= 2 and fold(words[0]) in vocabulary().months


# kind, status, number, currency


def known_share(column: Column, words: Iterable[str]) -> float:
    """Return the share of a column's filled rows whose words are known."""
    if not column.filled:
        return 0.0
    known = {each: fold(text_of(each)) in words for each in column.distinct}
    return sum(known[each] for each in column.filled) / len(column.filled)


def _kind(data: Sequence[Column], used: set[int]) -> Column | None:
    """The column that tells what each document is: by its words, or by a heading that leaves its words a question."""
    kinds = vocabulary().kinds
    best: tuple[float, Column] | None = None
    for each in data:
        if each.at in used or not each.filled or len(each.distinct) > 40:
            continue
        if each.role("number", "client_name", "client_id", "ledger", "ledger_kind") > each.role("kind"):
            continue
        share = known_share(each, kinds)
        if each.role("kind"):
            if share < 0.5 and not _asks_for_kinds(each, share):
                continue
        elif share < 1 or len(each.distinct) < 2 or each.role("item", "flag_credit"):
            continue
        score = each.role("kind") + 40 * share + 20 * each.fill + (20 if _tells_kinds(each) else 0)
        if best is None or score > best[0]:
            best = (score, each)
    return best[1] if best else _kind_by_beginning(data, used)


def _kind_by_beginning(data: Sequence[Column], used: set[int]) -> Column | None:
    """A column of descriptions that begin with the kind: Invoice INV-101, Payment received."""
    for each in data:
        if each.at in used or each.fill < 0.8 or each.role("client_name", "client_id", "number", "email"):
            continue
        sample = {text_of(one) for one in each.sample if isinstance(one, str)}
        kinds = [kind_of_text(one) for one in sample]
        known = [one for one in kinds if one is not None]
        if sample and len(known) >= 0.8 * len(kinds) and len(set(known)) > 1:
            return each
    return None


def kind_of_text(text: str) -> Kind | None:
    """Return the kind that a text names, or begins with; None where it names none."""
    kinds = vocabulary().kinds
    words = text.replace("-", " ").replace(":", " ").split()
    tries = [text, " ".join(words[:3]), " ".join(words[:2]), *(each for each in words[:1] if len(each) > 3)]
    first = next((kinds[fold(each)] for each in tries if fold(each) in kinds), None)
    if first is not None and len(words) == 2 and fold(text) not in kinds:
        last = kinds.get(fold(words[1]), first)
        return first if last is first else None  # a sales reminder: the words disagree
    return first


def _asks_for_kinds(column: Column, share: float) -> bool:
    """Whether unknown words of a column must be asked about: some are kinds, or its heading speaks of documents."""
    if len(column.distinct) < 2:
        return False
    words = [text_of(each) for each in column.distinct]
    if _is_numbering(column):
        return False
    codes = all(len(each) <= 3 and each.isalpha() for each in words) and len(words) <= 10
    heading = fold(column.heading)
    document = any(
        each in heading for each in ("document", "transaction", "voucher", "beleg", "dokument", "comprobante")
    )
    return share > 0.05 or codes or (document and len(words) <= 10 and column.role("kind") > _SURE)


def _is_numbering(column: Column) -> bool:
    """Whether a column holds the numbers of the documents, one each, with their kind before it: FT 2026/38."""
    words = [text_of(each) for each in column.distinct]
    return len(words) > 0.8 * len(column.filled) and all(any(map(str.isdigit, each)) for each in words)


def _tells_kinds(column: Column) -> bool:
    kinds = vocabulary().kinds
    return len({kinds.get(fold(text_of(each))) for each in column.distinct}) > 1


def _is_flag(column: Column, name: str) -> bool:
    if not column.role(name) or not column.filled or len(column.distinct) > 3:
        return False
    words = {fold(text_of(each)) for each in column.distinct}
    return words <= vocabulary().yes | vocabulary().no | {"true", "false"}


def _statuses(data: Sequence[Column], used: set[int], kind: Column | None) -> list[Column]:
    """The columns whose words are statuses; one that is headed so but has none of them is asked about."""
    words = vocabulary().statuses
    found: list[Column] = []
    for each in data:
        if each.at in used or not each.filled or len(each.distinct) > 60:
            continue
        share = known_share(each, words)
        sure = each.role("status")
        if sure and (share > 0 or (each.heading and fold(each.heading) not in ("state", "estado", "category"))):
            if share > 0.3 or _is_number_status(each) or sure >= 95 or (share > 0 and sure > 80):
                found.append(each)
        elif share >= 0.95 and len(each.distinct) >= 2 and not each.role(*_NO_STATUS) and not _only_yes_and_no(each):
            found.append(each)
    return found


_MOST_ACCOUNTS = 300
_NO_STATUS = (
    "kind", "client_name", "client_id", "item", "number", "ledger", "ledger_kind", "email", "first_name", "last_name",
)  # fmt: skip
"""What a column is headed as whose words are no statuses, whatever they are."""


def _only_yes_and_no(column: Column) -> bool:
    words = vocabulary()
    return any(fold(text_of(each)) in words.yes | words.no for each in column.distinct)


def _is_number_status(column: Column) -> bool:
    return all(text_of(each).lstrip("-").isdigit() for each in column.distinct) and len(column.distinct) <= 10


def _number(data: Sequence[Column], used: set[int]) -> Column | None:
    found = [
        each for each in data
        if each.at not in used and each.role("number") and each.fill >= 0.5
        and (len(each.distinct) > 1 or len(each.values) == 1)
        and (not each.role("kind", "status") > each.role("number") or _is_numbering(each))
        and not (each.dates > 0.9 and any(isinstance(one, str) and not one.isdigit() for one in each.sample))
    ]  # fmt: skip
    if not found:
        return None
    found = [each for each in found if each.role("number") >= each.role("client_id", "client_id_weak") - 5] or found
    return max(found, key=lambda each: (each.role("number") + (10 if each.fill > 0.95 else 0), -each.at))


def _currency(data: Sequence[Column], amount: AmountPlan | None) -> Column | None:
    """The column of currency codes; of several, the nearest before the amount."""
    found = [
        each for each in data
        if each.filled and len(each.distinct) <= 40
        and (each.role("currency") or all(code_of(one) for one in each.distinct))
        and sum(code_of(one) is not None for one in each.distinct) >= 0.8 * len(each.distinct)
    ]  # fmt: skip
    if not found or amount is None:
        return found[0] if found else None
    at = amount.column.at
    before = [each for each in found if each.at < at]
    after = [each for each in found if each.at > at]
    if after and after[0].at == at + 1:
        return after[0]
    return before[-1] if before else after[0]


def _account_column(data: Sequence[Column], role: str) -> Column | None:
    accounts = vocabulary().accounts
    best = None
    for each in data:
        if each.role(role) and each.filled and len(each.distinct) >= 2:
            kinds = {accounts.get(fold(text_of(one))) for one in each.distinct} - {None}
            if kinds and (best is None or each.role(role) > best.role(role)):
                best = each
    return best


# the client


def _clients(data: Sequence[Column], used: set[int]) -> list[Column]:
    """What may tell the client: ids, names and e-mail addresses by their headings, best first."""
    found = []
    for each in data:
        if each.at in used or (not each.filled and each.values) or is_account(each):
            continue
        sure = each.role("client_id", "client_name", "company", "email", "last_name")
        if sure:
            found.append((sure, each))
    found.sort(key=lambda one: (-one[0], one[1].at))
    return [each for _, each in found]


def is_account(column: Column) -> bool:
    """Whether a column is that of ledger accounts, such as Accounts Receivable."""
    if len(column.distinct) > _MOST_ACCOUNTS:
        return False
    known = vocabulary().accounts
    words = {fold(text_of(each)) for each in column.distinct}
    return bool(words) and sum(each in known for each in words) >= 0.5 * len(words)
