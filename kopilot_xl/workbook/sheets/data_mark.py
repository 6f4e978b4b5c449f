"""A short mark of the data a refresh was computed from: other data, another mark; the order of rows does not count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from math import fsum
from operator import mul
from zlib import crc32

from kopilot_xl.workbook.sheets.contents import Inputs

_DIGITS = 16


def data_mark(inputs: Inputs) -> str:
    """Return the mark of what the user keeps in a workbook: clients, transactions, actions and settings.

    Sums that do not depend on the order of rows stand for the transactions, of which there may be very many: of what
    is in one row, no cell can change without changing one of them.
    """
    people, invoices, log = inputs.clients, inputs.transactions, inputs.actions
    codes = {key: crc32(key.encode("utf-8", "surrogatepass")) for key in set(invoices.clients)}
    clients = [codes[key] for key in invoices.clients]
    days = list(map(date.toordinal, invoices.days))
    states = {status: crc32(status.value.encode()) for status in set(invoices.statuses)}
    kinds = [states[status] for status in invoices.statuses]
    amounts = [0.5 if amount is None else float(amount) for amount in invoices.amounts]
    facts = [
        _sum_of(map(repr, zip(people.keys, people.names, people.created, strict=True))),
        [
            len(clients),
            sum(days),
            sum(map(mul, clients, days)),
            sum(map(mul, clients, kinds)),
            sum(map(mul, days, kinds)),
        ],
        [
            fsum(amounts),
            fsum(map(mul, amounts, clients)),
            fsum(map(mul, amounts, days)),
            fsum(map(mul, amounts, kinds)),
        ],
        sum(clients[at] * days[at] for at in invoices.unpaid),
        _sum_of(
            repr((entry.recorded_on, entry.client, entry.action, entry.issue_date, entry.amount, entry.flaw is None))
            for entry in log.entries
        ),
        repr(inputs.settings),
    ]
    return "data " + hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _sum_of(texts: Iterable[str]) -> list[int]:
    """Return how many texts there are, and a sum that any order of them gives."""
    codes = [
        int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) for text in texts
    ]
    return [len(codes), sum(codes)]
