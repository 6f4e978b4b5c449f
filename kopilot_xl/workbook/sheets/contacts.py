"""How to reach a client: the columns of the owner's own in Clients that hold an e-mail address and a telephone number.

They are shown beside the client in "Do next" and nowhere else: no report, summary, log or hidden sheet has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.sheets.clients import ClientRows
from kopilot_xl.workbook.tables.parsing import is_blank, shown
from kopilot_xl.workbook.tables.table import same_name

MAIL = (
    "E-mail", "Email", "E-mail address", "Email address", "Mail", "Contact email", "Primary email", "E-Mail-Adresse",
    "Courriel", "Adresse e-mail", "Adresse mail", "E-mailadres", "Correo electrónico", "Correo", "E-post",
    "E-postadress",    "Adres e-mail", "Posta elettronica", "Endereço de e-mail", "E-mailadresse", "Mailadresse",
)  # fmt: skip
"""How a column of e-mail addresses is headed."""
PHONE = (
    "Phone", "Phone number", "Telephone", "Telephone number", "Tel", "Tel.", "Mobile", "Mobile phone", "Cell",
    "Contact phone", "Telefon", "Telefonnummer", "Mobil", "Téléphone", "Portable", "Telefoon", "Telefoonnummer",
    "Teléfono", "Telefono", "Telefone", "Numer telefonu", "Cellulare", "Móvil",
)  # fmt: skip
"""How a column of telephone numbers is headed."""


@dataclass(frozen=True)
class Contacts:
    """The contact columns of a table, None where there is none, and its rows by the key of the client."""

    mail: int | None
    phone: int | None
    rows: Mapping[str, Sequence[Value]]

    @property
    def are_there(self) -> bool:
        """Whether there is any of these columns."""
        return self.mail is not None or self.phone is not None

    @classmethod
    def of(cls, clients: ClientRows) -> Contacts:
        """Find the contact columns of the table Clients."""
        data, places = clients.rows.data, clients.rows.indices
        headers = [same_name(header) for header in data.headers]
        mail, phone = (_first(headers, words) for words in (MAIL, PHONE))
        if mail is None and phone is None:
            return cls(None, None, {})
        rows = {key: data.rows[places[position]] for key, position in zip(clients.keys, clients.positions, strict=True)}
        return cls(mail, phone, rows)

    def mail_of(self, key: str) -> str | None:
        """Return a client's e-mail address as it is written, None where there is none."""
        return self._text(key, self.mail)

    def phone_of(self, key: str) -> str | None:
        """Return a client's telephone number as it is written, None where there is none."""
        return self._text(key, self.phone)

    def _text(self, key: str, column: int | None) -> str | None:
        if column is None or key not in self.rows:
            return None
        value = self.rows[key][column]
        return None if is_blank(value) or isinstance(value, ErrorValue) else " ".join(shown(value).split())


def _first(headers: Sequence[str], words: Sequence[str]) -> int | None:
    """The first column that is headed with one of the words, the likelier words first."""
    return next((headers.index(word) for word in map(same_name, words) if word in headers), None)
