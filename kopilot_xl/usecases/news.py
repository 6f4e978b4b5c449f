"""What an update brought, in figures: what is left of it for a table of many workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kopilot_xl.domain import formatting
from kopilot_xl.texts import t


@dataclass(frozen=True)
class News:
    """What an update brought to a workbook.

    Attributes:
        transactions: how many transactions were added.
        amount: their sum, of those that count as invoiced, credit notes included.
        changed: how many transactions were changed.
        clients: how many clients were added.
        vanished: how many transactions are no longer in the export, and were kept.
        notes: what is to be said about the sources: what was newer, what cannot be remembered.
        stopped: why the sources could not be read, so that the workbook was only refreshed; blank if they could.
        code: what kind of failure that was, in a word.
    """

    transactions: int = 0
    amount: float = 0.0
    changed: int = 0
    clients: int = 0
    vanished: int = 0
    notes: Sequence[str] = ()
    stopped: str = ""
    code: str = ""

    def words(self, currency: str) -> str:
        """Return it as a line, as in `+12 transactions (EUR 31,400), 3 changed, +1 client`."""
        if self.stopped:
            return ""
        parts = []
        if self.transactions:
            amount = f"{currency} {formatting.amount(self.amount)}".strip()
            rows = formatting.count(self.transactions, "transaction")
            parts.append(t("+{rows} ({amount})", rows=rows, amount=amount))
        if self.changed:
            parts.append(t("{count:,} changed", count=self.changed))
        if self.clients:
            parts.append(t("+{clients}", clients=formatting.count(self.clients, "client")))
        return ", ".join(parts) or t("nothing new in the sources")
