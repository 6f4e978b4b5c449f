"""Twice as much is at most 2.3 times the work, counted and not timed: every pattern, and what one client can have."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import kopilot_xl
from kopilot_xl import open_book
from kopilot_xl.usecases.calculation import calculate
from kopilot_xl.usecases.inputs import read
from tests.pattern_work import Matcher, TooMuchError
from tests.portfolios import AS_OF, make_portfolio

SHORT, LONG = 24, 120
"""How many characters the texts have, about; they are doubled."""
AT_MOST = 2.3
ROWS = 150
"""How many rows a client has; they are doubled."""
METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split")

_LIMITED = "each repeat has a limit, so that beyond it work is in proportion"
BOUNDED = {f"bigdata.sources.address.{name}": _LIMITED for name in ("_USER_INFO", "_SPACED", "_SECRET_OPTION")}
"""Patterns that are not held to it, with the reason."""


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(kopilot_xl.__path__, "kopilot_xl."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _uses(module: ModuleType) -> dict[str, set[str]]:
    """The methods that are called on each name of a module."""
    uses: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
            uses.setdefault(node.value.id, set()).add(node.attr)
    return uses


def _patterns() -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    found: dict[str, tuple[re.Pattern[Any], set[str]]] = {}
    for module in _modules():
        uses = _uses(module)
        for name, value in vars(module).items():
            several = value if isinstance(value, (tuple, list)) else [value]
            for number, pattern in enumerate(several):
                if isinstance(pattern, re.Pattern):
                    key = f"{module.__name__.removeprefix('kopilot_xl.')}.{name}" + (f"[{number}]" if number else "")
                    found[key] = (pattern, uses.get(name, {"search"} if several is value else {"finditer"}))
    return found


LOCALS: dict[str, dict[str, Any]] = {
    "workbook.file.folders": {"name": "a"},
    "workbook.file.grafting.graft": {"quoted": "'A b'|'C d'", "plain": "Ab|Cd", "sheet": "Ab"},
    "workbook.file.ooxml.joined_rows": {"row": 7, "address": "AB7"},
    "workbook.file.ooxml.worksheet": {"tag": {"name": b"x:sheetData"}},
    "workbook.file.saving": {"real": Path("/a/Portfolio.xlsm")},
    "workbook.tables.joining": {"own": "A2|B2|A3"},
    "workbook.tables.parsing": {"found": ".", "other": ","},
}
"""What stands for the variables in the patterns that functions put together, by module."""
OWN_INPUT = "workbook.template."
"""Where patterns see nothing but what this package has made itself."""


def _inner_patterns() -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    """The patterns that functions write where they use them."""
    found: dict[str, tuple[re.Pattern[Any], set[str]]] = {}
    for module in _modules():
        name = module.__name__.removeprefix("kopilot_xl.")
        if name.startswith(OWN_INPUT):
            continue
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
        calls = {
            node: None
            for function in functions
            for node in ast.walk(function)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in (*METHODS, "compile")
        }
        for call in calls:
            assert isinstance(call.func, ast.Attribute)
            code = compile(ast.Expression(call.args[0]), str(module.__file__), "eval")
            source = eval(code, vars(module), LOCALS.get(name, {}))  # our own source, and nothing else
            method = "finditer" if call.func.attr == "compile" else call.func.attr
            found[f"{name}:{call.func.attr} {ast.unparse(call.args[0])}"] = (re.compile(source), {method})
    return found


PATTERNS = _patterns() | _inner_patterns()


def test_patterns_inside_functions_are_found() -> None:
    assert len(_inner_patterns()) > 35
    assert any(name.startswith("importing.files:findall") for name in PATTERNS)


def test_every_pattern_that_is_let_off_is_there() -> None:
    assert BOUNDED.keys() <= PATTERNS.keys()


@pytest.mark.parametrize("name", sorted(PATTERNS.keys() - BOUNDED.keys()))
def test_a_pattern_takes_work_in_proportion(name: str) -> None:
    pattern, methods = PATTERNS[name]
    assert not [told for method in sorted(methods) for told in excesses(Matcher(pattern), method)]


def excesses(matcher: Matcher, method: str) -> Iterator[str]:
    """Yield what takes more than its share. Short texts are quick to try; what is suspicious is tried longer."""
    for attack in matcher.attacks():
        try:
            for length in (SHORT, LONG):
                before, after = (matcher.run(attack(size), method) for size in (length, 2 * length))
                if after <= AT_MOST * before:
                    break
            else:
                yield f"{method}: {before} steps for {attack(LONG)!r}, {after} for twice as much"
        except TooMuchError as error:
            yield f"{method}: {error} for {attack(SHORT)!r}"


def days(count: int, step: int = 1, first: date = date(2024, 1, 1)) -> list[date]:
    """So many days, a few of which are the same."""
    return [first + timedelta(days=number * step % 900) for number in range(count)]


def plans(count: int, first: date) -> list[list[Any]]:
    return [
        [
            datetime.combine(day, datetime.min.time()),
            "A",
            "Plan revenue",
            day + timedelta(days=40 + number % 300),
            100 + number,
        ]
        for number, day in enumerate(days(count, first=first))
    ]


def invoices(count: int, amount: Callable[[int], float], status: str | None = None) -> list[list[Any]]:
    return [["A", day, amount(number), status, f"R{number}"] for number, day in enumerate(days(count))]


def marks(count: int) -> list[list[Any]]:
    words = ("Mark lost", "Reactivate")
    return [
        [datetime.combine(day, datetime.min.time()), "A", words[number % 2], None, None]
        for number, day in enumerate(days(count))
    ]


OLD, NEW = date(2024, 1, 1), date(2026, 1, 1)
ONE_CLIENT: dict[str, Callable[[int], tuple[list[list[Any]], list[list[Any]]]]] = {
    "invoices": lambda n: (invoices(n, lambda at: 100.0), []),
    "invoices of one day": lambda n: ([["A", OLD, 100.0, None, f"R{at}"] for at in range(n)], []),
    "invoices and credit notes": lambda n: (invoices(n, lambda at: 100.0 if at % 2 else -100.0), []),
    "credit notes that find nothing": lambda n: (invoices(n, lambda at: at + 1.0 if at % 2 else -100_000.0 - at), []),
    "planned rows": lambda n: (invoices(n, lambda at: 100.0, "Planned"), []),
    "overdue plans of the log": lambda n: ([], plans(n, OLD)),
    "coming plans of the log": lambda n: ([], plans(n, NEW)),
    "plans and invoices": lambda n: (invoices(n, lambda at: 50.0), plans(n, OLD)),
    "plans, invoices and credit notes": lambda n: (invoices(n, lambda at: 50.0 if at % 2 else -50.0), plans(n, OLD)),
    "marks": lambda n: (invoices(1, lambda at: 50.0), marks(n)),
    "marks and invoices": lambda n: (invoices(n, lambda at: 50.0), marks(n)),
}
"""Rows of Transactions and of Actions, all of one client, by how many."""


@pytest.mark.parametrize("what", ONE_CLIENT)
def test_a_client_takes_work_in_proportion_to_its_rows(what: str, tmp_path: Path) -> None:
    found = []
    for count in (ROWS, 2 * ROWS):
        rows, log = ONE_CLIENT[what](count)
        path = make_portfolio(tmp_path / f"{count}.xlsm", [["A", "Alder", OLD]], rows, log)
        inputs = read(open_book(path), AS_OF, AS_OF)
        found.append(lines_run(lambda inputs=inputs: calculate(inputs, date(2026, 1, 1), backfill=2)))  # type: ignore[misc]
    assert found[1] <= AT_MOST * found[0], found


def lines_run(work: Callable[[], object]) -> int:
    """Return how many lines of Python a piece of work runs, each turn of a loop counted."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("pattern", "method", "is_linear"),
    [
        (r"[T ]+\d", "search", False),
        (r"(?<![T ])[T ]++\d", "search", True),
        (r"(a|a)*b", "match", False),
        (r"a*a*b", "match", False),
        (r"<x [^>]*>", "search", False),
        (r"<x [^<>]*+>", "search", True),
        (r"\d{1,2}[-/. ]+x", "match", True),
    ],
)
def test_the_counting_tells_what_goes_back(pattern: str, method: str, is_linear: bool) -> None:
    assert bool(list(excesses(Matcher(re.compile(pattern)), method))) is not is_linear
