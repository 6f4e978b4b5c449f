"""One invented firm as many programs export it: a folder a case, with its files and what is right in `case.toml`.

`clients` has each client that must be there: the sum `invoiced`, net or gross (net alone with `net = true`), its `last`
invoice, or what is `planned`. `stops` is the code of the question that must be asked instead. `order` is a date order.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kopilot_xl.domain.ids import client_key
from kopilot_xl.errors import MissingError
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.output import Pair, read_pair
from kopilot_xl.importing.people import name_key
from kopilot_xl.workbook.tables.parsing import DateOrder

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path.name for path in FOLDER.iterdir() if (path / "case.toml").exists())
INVOICED = ("Issued", "Paid", "Overdue")


def read(name: str, told: dict[str, Any]) -> Pair:
    people = sorted((FOLDER / name).glob("clients*"))
    order = DateOrder(told["order"]) if "order" in told else None
    return read_pair(people or None, sorted((FOLDER / name).glob("rows*")), ImportChoices(order))


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    told = tomllib.loads((FOLDER / name / "case.toml").read_text("utf-8"))
    if "stops" in told:
        with pytest.raises((QuestionError, MissingError)) as stop:
            read(name, told)
        assert getattr(stop.value, "code", "missing") == told["stops"]
        assert len(str(stop.value).splitlines()) == 1
        return
    pair = read(name, told)
    sums: dict[str | None, float] = defaultdict(float)
    planned: dict[str | None, float] = defaultdict(float)
    last: dict[str | None, Any] = {}
    for client, day, amount, status, _ in pair.transactions.data.rows:
        assert isinstance(amount, float)
        assert isinstance(day, date)
        key = client_key(client)
        if status == "Planned":
            planned[key] += amount
        elif status in INVOICED:
            sums[key] += amount
            if amount > 0:
                last[key] = max(last.get(key, day), day)
    keys = {name_key(str(row[1])): client_key(row[0]) for row in pair.clients.data.rows}
    assert set(keys) == {name_key(each) for each in told["clients"]}
    for client, right in told["clients"].items():
        key = keys[name_key(client)]
        assert last.get(key) == right.get("last"), client
        assert planned[key] == right.get("planned", 0), client
        net = right.get("invoiced", 0.0)
        most = net * (1 if told.get("net") else 1.25)
        assert net * 0.999 <= sums[key] <= most * 1.001, client
