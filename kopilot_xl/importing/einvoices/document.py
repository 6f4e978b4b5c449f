"""What an e-invoice says, whatever its format: two parties, a number, a day, an amount."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kopilot_xl.texts import marked, t

CREDIT_TYPES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""Codes of UNTDID 1001 that credit the buyer. Source: EN 16931, the code list of document types (BT-3)."""

PREPAYMENT, PRO_FORMA = "386", "325"

_VAT = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")
_PROVES = 5
"""How many characters an identifier needs to identify by itself."""
_SEPARATORS = re.compile(r"[\s.\-/]+")


class Identifier(StrEnum):
    """What a party is known by, the best first."""

    VAT = marked("VAT number")
    LEGAL = marked("legal registration")
    ENDPOINT = marked("electronic address")
    OTHER = "identifier"


@dataclass(frozen=True)
class Party:
    """A seller or a buyer as one file names it.

    Attributes:
        name: its name, blank if the file gives none.
        identifiers: its identifiers by kind, as `normal_id` writes them.
        contact: what else is known: `Contact`, `E-mail`, `Phone`, `City`, `Country`, where they are given.
    """

    name: str
    identifiers: dict[Identifier, str]
    contact: dict[str, str]

    @property
    def keys(self) -> list[str]:
        """Everything the party can be recognised by, the best first; its name where there is nothing else."""
        keys = [self._key(kind, text) for kind, text in self.identifiers.items()]
        return keys or [f"NAME:{normal_name(self.name)}"]

    def _key(self, kind: Identifier, text: str) -> str:
        # Small programs number their clients 1, 2, 3: such a number is one only together with its name.
        name = normal_name(self.name) if len(text) < _PROVES and kind is not Identifier.VAT else ""
        return f"{kind.name}:{text}:{name}" if name else f"{kind.name}:{text}"

    def __str__(self) -> str:
        best = next(iter(self.identifiers.values()), "")
        return f"{self.name} ({best})" if self.name and best else self.name or best or t("a party without a name")


@dataclass(frozen=True)
class EInvoice:
    """One invoice or credit note.

    Attributes:
        file: the file it came from, with the archive's name before it where it was in one.
        number: the seller's number of it.
        issued: its issue date.
        type_code: its code of UNTDID 1001, such as 380, or FatturaPA's, such as TD01; blank if it has none.
        credit: whether it is a credit note.
        currency: the three letters of its currency.
        net: what it comes to before tax, in that currency; negative for a credit note.
        seller: who issued it.
        buyer: who has to pay it.
    """

    file: str
    number: str
    issued: date
    type_code: str
    credit: bool
    currency: str
    net: float
    seller: Party
    buyer: Party

    @property
    def is_pro_forma(self) -> bool:
        """Whether it is no invoice yet."""
        return self.type_code == PRO_FORMA

    @property
    def is_prepayment(self) -> bool:
        """Whether it asks for money in advance."""
        return self.type_code in {PREPAYMENT, "TD02", "TD03"}


class NotAnInvoiceError(Exception):
    """A file that is something else; the text says what."""


class BrokenInvoiceError(Exception):
    """An e-invoice that cannot be read; the text says what is wrong with it."""


def party(name: str, identifiers: dict[Identifier, str | None], contact: dict[str, str | None]) -> Party:
    """Return a party without what is blank, its identifiers in their normal form."""
    found = {kind: normal_id(text) for kind, text in identifiers.items() if text and normal_id(text)}
    vat = found.get(Identifier.VAT)
    if vat and not is_vat(vat):
        # Some programs write a plain tax number where the VAT number belongs: it identifies, but less well.
        del found[Identifier.VAT]
        found.setdefault(Identifier.OTHER, vat)
    ordered = {kind: found[kind] for kind in Identifier if kind in found}
    return Party(
        " ".join(name.split()), ordered, {key: " ".join(text.split()) for key, text in contact.items() if text}
    )


def normal_id(text: str) -> str:
    """Return an identifier without what people add to read it better: `BE 0123.456.789` is `BE0123456789`."""
    return _SEPARATORS.sub("", text).upper()


def normal_name(text: str) -> str:
    """Return a name as it is compared: without regard to case and repeated blanks."""
    return " ".join(text.casefold().split())


def is_vat(text: str) -> bool:
    """Tell whether a normalised identifier has the form of a VAT number: a country's two letters, then digits."""
    return bool(_VAT.fullmatch(text)) and sum(character.isdigit() for character in text) >= 2


def day(text: str, what: str = marked("issue date")) -> date:
    """Return an ISO date, with or without a time or a zone behind it.

    Raises:
        BrokenInvoiceError: it is not one.
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise BrokenInvoiceError(t('its {what} "{text}" is not a date', what=t(what), text=text.strip()[:40])) from None


def amount(text: str, what: str) -> float:
    """Return an amount as XML writes it, with a decimal point.

    Raises:
        BrokenInvoiceError: it is not a finite number.
    """
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text.strip()) or len(text) > 40:
        raise BrokenInvoiceError(t('its {what} "{text}" is not an amount', what=what, text=text.strip()[:40]))
    return float(text)
