"""Columns of amounts: signs, currencies and the decimal sign that a whole column shows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kopilot_xl.domain import formatting
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import ErrorValue, Value

SIGNS = {",": "comma", ".": "point"}
_DASHES = "-−–—‒﹣－"
_WHOLE_MARK = re.compile(rf"[.,]\s?[{_DASHES}]{{1,2}}(?!\d)")
"""1200.– and 1200,-: no hundredths."""
_SIDE = re.compile(r"(?<![A-Za-z])(CR|DR|Cr\.?|Dr\.?|[SH])$|^(CR|DR|Cr|Dr)(?![A-Za-z])")
_NUMBER = re.compile(r"\d[\d.,]*|[.,]\d+")
_PLAIN = re.compile(r"-?\d+(?:\.(?:\d{1,2}|0+))?")
"""An amount with a decimal point and nothing else."""
_GROUPING = re.compile(r"(?<=\d)[\s'’´`_](?=\d)")
_CURRENCIES = {
    "€": "EUR", "£": "GBP", "us$": "USD", "$us": "USD", "r$": "BRL", "a$": "AUD", "au$": "AUD", "c$": "CAD",
    "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "mx$": "MXN", "₹": "INR", "rs": "INR", "rs.": "INR",
    "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF", "lei": "RON", "¥": "JPY", "₽": "RUB",
    "₺": "TRY", "tl": "TRY", "₪": "ILS", "฿": "THB", "₩": "KRW", "₴": "UAH", "fr": "CHF", "fr.": "CHF", "sfr": "CHF",
    "sfr.": "CHF", "eur": "EUR", "euro": "EUR", "euros": "EUR", "kr": "kr", "kr.": "kr", "$": "$", ",-": "", "r": "ZAR",
}  # fmt: skip
ISO = frozenset(
    re.findall(
        "[A-Z]+",
        "EUR USD GBP CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF RON BGN JPY CNY INR ZAR BRL MXN ARS CLP COP PEN SGD HKD "
        "THB KRW TWD TRY ILS AED SAR QAR KWD EGP MAD TND NGN KES GHS UAH RUB ISK HRK RSD VND IDR MYR PHP PKR BDT LKR",
    )
)


@dataclass(frozen=True)
class Amount:
    """A text taken apart: its digits with separators, whether it is negative, and its currency."""

    digits: str
    negative: bool
    currency: str | None


@lru_cache(maxsize=400_000)
def parts(text: str) -> Amount | None:
    """Return a text taken apart, None if it is not an amount."""
    plain = _GROUPING.sub("", " ".join(text.split()))
    if plain and all(each in _DASHES for each in plain):
        return Amount("0", False, None)  # how accountants write nothing
    plain = _WHOLE_MARK.sub("", plain)
    negative = False
    if "(" in plain or "[" in plain:
        if not re.fullmatch(r"[^()\[\]]*[(\[][^()\[\]]+[)\]][^()\[\]]*", plain):
            return None
        negative = True
        plain = re.sub(r"[()\[\]]", " ", plain)
    if side := _SIDE.search(plain.strip()):
        plain = plain.strip()[: side.start()] if side[1] else plain.strip()[side.end() :]
        negative = (side[1] or side[2])[0].upper() in "CH"
    match = _NUMBER.search(plain)
    if match is None or _NUMBER.search(plain, match.end()):
        return None
    currency: str | None = None
    around = [plain[: match.start()], plain[match.end() :]]
    for at, piece in enumerate(around):
        rest = piece
        if dashes := [each for each in piece if each in _DASHES]:
            if len(dashes) > 1 or (at and piece.strip()[-1:] not in _DASHES and piece.strip()[:1] not in _DASHES):
                return None
            negative = not negative
            rest = rest.replace(dashes[0], " ")
        rest = rest.replace("+", " ").strip()
        if rest:
            told = _currency(rest)
            if told is None:
                return None
            currency = currency or told or None
    return Amount(match[0].rstrip(".,") if match[0][-1] in ".," else match[0], negative, currency)


def _currency(text: str) -> str | None:
    """The currency that is written before or after an amount; None if it is something else."""
    plain = text.strip()
    if plain.upper().rstrip(".") in ISO:
        return plain.upper().rstrip(".")
    known = _CURRENCIES.get(plain.casefold())
    if known is not None:
        return known
    words_of = plain.split()
    if len(words_of) == 2 and all(_currency(each) is not None for each in words_of):
        return _currency(words_of[0])
    return None


def code_of(text: object) -> str | None:
    """Return the currency that a cell of a currency column names, None if it names none."""
    plain = str(text).strip()
    if plain.upper() in ISO:
        return plain.upper()
    return _CURRENCIES.get(plain.casefold()) or None


def share_of_amounts(values: Iterable[Value]) -> float:
    """Return the share of the values that are not blank and are amounts."""
    found = total = 0
    for value in values:
        if value is None:
            continue
        total += 1
        if isinstance(value, str):
            found += "%" not in value and parts(value) is not None
        else:
            found += isinstance(value, int | float) and not isinstance(value, bool)
    return found / total if total else 0.0


@dataclass(frozen=True)
class Amounts:
    """A column of amounts: a number, or what is not one as it is."""

    values: list[float | Value]
    currencies: list[str | None] | None
    decimal: str | None
    notes: tuple[str, ...]
    unread: tuple[int, ...]
    doubt: str = ""
    """what leaves the decimal sign open, blank where nothing does"""


def read_amounts(values: Sequence[Value], name: str = "Amounts") -> Amounts:
    """Return a column as numbers, and the currency that is written beside each."""
    texts = {each for each in values if isinstance(each, str)}
    if texts and all(map(_PLAIN.fullmatch, texts)):  # most files: nothing to find out
        plain: dict[Value, float | Value] = {each: float(each) for each in texts}
        if len(texts) == len(set(values) - {None}):
            plain[None] = None
            sign = "." if any("." in each for each in texts) else None
            return Amounts([plain[each] for each in values], None, sign, (), ())
    if not texts and all(isinstance(each, float) or each is None for each in values):
        return Amounts(list(values), None, None, (), ())
    apart = {each: told for each in texts if (told := parts(each))}
    decimal, notes, doubt = _decimal({each.digits for each in apart.values()}, name)
    known: dict[str, float | None] = {}
    for text, told in apart.items():
        number = _number(told.digits, decimal)
        known[text] = None if number is None else -number if told.negative else number
    result: list[float | Value] = []
    unread: list[int] = []
    for at, value in enumerate(values):
        if isinstance(value, str):
            number = known.get(value)
            if number is None:
                unread.append(at)
                result.append(value)
            else:
                result.append(number)
        elif isinstance(value, bool | ErrorValue) or (isinstance(value, float) and not math.isfinite(value)):
            unread.append(at)
            result.append(str(value))
        elif isinstance(value, int | float):
            result.append(float(value))
        else:
            if value is not None:
                unread.append(at)
            result.append(value)
    currencies = None
    if any(each.currency for each in apart.values()):
        by_text = {text: told.currency for text, told in apart.items()}
        currencies = [by_text.get(each) if isinstance(each, str) else None for each in values]
    return Amounts(result, currencies, decimal, tuple(notes), tuple(unread), doubt)


def settled_amounts(label: str, values: Sequence[Value], choices: ImportChoices) -> Amounts:
    """Return a column as numbers, as `read_amounts` does.

    Raises:
        QuestionError: both a comma and a point could part the decimals, and the user has not accepted a point.
    """
    read = read_amounts(values, label)
    check_decimal_sign(label, read.doubt, choices)
    return read


def check_decimal_sign(label: str, doubt: str, choices: ImportChoices) -> None:
    """Ask which of comma and point parts decimals, where `doubt` says that the amounts leave it open."""
    if doubt:
        question = QuestionError(
            t(
                "{label}: {doubt}. Export it with one of them; --accept takes a point as decimal sign.",
                label=label,
                doubt=doubt,
            ),
            "decimal-sign",
        )
        choices.settle(question, t("{label}: {doubt}; a point was taken as decimal sign.", label=label, doubt=doubt))


def _decimal(digits: set[str], name: str) -> tuple[str | None, list[str], str]:
    """The decimal sign that the texts of a column agree on, what was assumed, and what leaves it open."""
    votes = {vote for each in digits if (vote := _vote(each))}
    if len(votes) == 1:
        return votes.pop(), [], ""
    doubtful = sorted(each for each in digits if _is_doubtful(each))
    if not doubtful:
        return None, [], ""
    first = doubtful[0]
    if votes:
        return (
            ".",
            [],
            t(
                "both a comma and a point are used before decimals, so {amount} could be {readings}",
                amount=first,
                readings=_both(first),
            ),
        )
    # Every separator of the column stands before exactly three digits: in money these are thousands.
    sign = "," if "." in first else "."
    other = [each for each in doubtful if ("." in each) != ("." in first)]
    if other:
        return (
            ".",
            [],
            t(
                "{first} and {other} leave open whether the comma or the point comes before decimals",
                first=first,
                other=other[0],
            ),
        )
    return (
        sign,
        [
            t(
                "{name}: no amount shows its decimal sign; {amount} was read as {reading}.",
                name=name,
                amount=first,
                reading=_told(first, sign),
            )
        ],
        "",
    )


def _told(digits: str, decimal: str) -> str:
    return formatting.amount(_number(digits, decimal) or 0.0)


def _both(digits: str) -> str:
    return f"{_told(digits, ',')} or {_told(digits, '.')}"


def _vote(digits: str) -> str | None:
    """The decimal sign a text shows beyond doubt."""
    signs = {sign for sign in ".," if sign in digits}
    if not signs or _is_doubtful(digits):
        return None
    if len(signs) == 2:
        return max(signs, key=digits.rfind)
    (sign,) = signs
    return ("." if sign == "," else ",") if digits.count(sign) > 1 else sign


def _is_doubtful(digits: str) -> bool:
    return re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) is not None


def _number(digits: str, decimal: str | None) -> float | None:
    """The number behind digits with separators."""
    signs = {sign for sign in ".," if sign in digits}
    if not signs:
        return float(digits)
    if len(signs) == 2:
        found = max(signs, key=digits.rfind)
        if digits.count(found) > 1:
            return None
    else:
        (found,) = signs
        if digits.count(found) > 1 or (_is_doubtful(digits) and decimal is not None and decimal != found):
            found = "," if found == "." else "."
    other = "," if found == "." else "."
    whole, _, rest = digits.partition(found)
    pieces = whole.split(other)
    if len(pieces) > 1 and (len(pieces[-1]) != 3 or not all(2 <= len(each) <= 3 for each in pieces[1:])):
        return None
    if not rest.isdigit() and rest:
        return None
    return float(f"{''.join(pieces) or '0'}.{rest or '0'}")
