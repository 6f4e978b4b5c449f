"""What `import kopilot_xl` offers: the verbs of the command line, documented, typed and imported when they are used."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, assert_type

import pandas as pd
import pytest
import typer

import kopilot_xl
from kopilot_xl import KopilotError, Rules, UsageError, classify, open_book, refresh, refresh_all
from kopilot_xl.cli.group import app
from kopilot_xl.cli.threshold_options import thresholds
from kopilot_xl.usecases.batch.tasks import Done
from kopilot_xl.usecases.result import RefreshResult
from tests.portfolios import AS_OF, NOW, make_portfolio

ROOT = Path(__file__).parents[1]
COMMANDS: dict[str, Any] = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # it is a group
SHOWN = {"json", "strict", "quiet"}
"""Options that say how the command line shows a result or ends, not what is done."""
FOR_SEVERAL: dict[str, Callable[..., object]] = {
    "refresh": kopilot_xl.refresh_all,
    "update": kopilot_xl.update_all,
    "report": kopilot_xl.report_all,
    "check": kopilot_xl.check_all,
}
FUNCTIONS = [name for name in kopilot_xl.__all__ if inspect.isfunction(getattr(kopilot_xl, name))]


def test_every_name_is_listed_and_can_be_imported() -> None:
    assert sorted(kopilot_xl.__all__) == kopilot_xl.__all__
    assert set(kopilot_xl.__all__) <= set(dir(kopilot_xl))
    for name in kopilot_xl.__all__:
        assert getattr(kopilot_xl, name).__class__ is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = kopilot_xl.nothing


def test_what_type_checkers_see_is_what_is_there() -> None:
    """Names under TYPE_CHECKING, the list of modules and `__all__` are the same names."""
    text = Path(kopilot_xl.__file__).read_text("utf-8")
    seen = text[text.index("if TYPE_CHECKING:") : text.index("__all__")]
    names = set(re.findall(r"\w+", " ".join(re.findall(r"import \(?([\w\s,]+)", seen))))
    names -= {"from"}
    listed = {name for names in kopilot_xl._MODULES.values() for name in names}
    assert listed == set(kopilot_xl.__all__) - {"__version__"}
    assert listed <= names


def test_every_exception_that_a_user_can_mend_is_public() -> None:
    kinds = {each.__name__ for each in KopilotError.__subclasses__() if not each.__name__.startswith("_")}
    public = {"KopilotError"} | {name for name in kopilot_xl.__all__ if name.endswith("Error")}
    assert kinds <= public


def test_importing_the_package_loads_no_library() -> None:
    heavy = "{'polars', 'pandas', 'lxml', 'typer'}"
    code = f"import sys, kopilot_xl; dir(kopilot_xl); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


THRESHOLDS = set(inspect.signature(thresholds).parameters)
"""The options that are one argument in Python, `rules`."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_function_with_its_options(name: str) -> None:
    function = getattr(kopilot_xl, name)
    known = list(inspect.signature(function).parameters)
    if name in FOR_SEVERAL:
        known += inspect.signature(FOR_SEVERAL[name]).parameters
    arguments = [each for each in COMMANDS[name].params if each.name not in SHOWN | {"help"}]
    options = {each.name for each in arguments if each.param_type_name == "option"}
    if options & THRESHOLDS:
        options = options - THRESHOLDS | {"rules"}
    assert options <= set(known), f"kopilot_xl.{name} lacks options of kopilot-xl {name}"
    positional = [each.name for each in arguments if each.param_type_name == "argument"]
    assert len(positional) <= len(known)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_documented_and_typed(name: str) -> None:
    function = getattr(kopilot_xl, name)
    document, parameters = inspect.getdoc(function) or "", inspect.signature(function).parameters
    assert "\nRaises:\n" in document or name == "check_all"
    for each in parameters:
        assert len(parameters) == 1 or re.search(rf"^    {each}: \w", document, re.MULTILINE), f"{name}({each})"
    assert all(each.annotation is not inspect.Parameter.empty for each in parameters.values())


@pytest.mark.parametrize("name", [each for each in kopilot_xl.__all__ if each != "__version__"])
def test_the_page_about_python_names_everything(name: str) -> None:
    assert re.search(rf"`{name}\b", (ROOT / "docs" / "python.md").read_text("utf-8"))


def test_a_path_is_as_good_as_a_book(tmp_path: Path) -> None:
    one, two = make_portfolio(tmp_path / "one.xlsm"), make_portfolio(tmp_path / "two.xlsm")
    by_path, by_book = refresh(one, AS_OF, now=NOW), refresh(open_book(two), AS_OF, now=NOW)
    assert_type(by_path, RefreshResult)
    assert by_path.summary == by_book.summary
    assert refresh(str(one), AS_OF, now=NOW).summary == by_path.summary
    assert kopilot_xl.check(one, AS_OF).summary == by_path.summary
    assert kopilot_xl.report(one).path == tmp_path / "one.html"
    assert kopilot_xl.forecast(one).forecast.months


def test_many_workbooks_are_refreshed_as_they_are_gone_through(tmp_path: Path) -> None:
    for number in range(2):
        make_portfolio(tmp_path / f"{number}.xlsm")
    (tmp_path / "broken.xlsm").write_bytes(b"broken")
    batch = refresh_all([tmp_path], AS_OF, summary=tmp_path / "all.csv")
    found = list(batch)
    assert_type(found, list[Done])
    assert [(each.path.name, each.report is not None, bool(each.why)) for each in found] == [
        ("0.xlsm", True, False), ("1.xlsm", True, False), ("broken.xlsm", False, True),
    ]  # fmt: skip
    assert batch.total == 3
    assert len((tmp_path / "all.csv").read_text("utf-8").splitlines()) == 4


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: refresh_all(["a.xlsm", "b.xlsm"], output="c.xlsm"), "output"),
        (lambda: kopilot_xl.new(), "path"),
        (lambda: kopilot_xl.new(trial=True), "transactions"),
        (lambda: kopilot_xl.forecast("clients.csv"), "clients"),
        (lambda: kopilot_xl.forecast("a.xlsm", date_order="DMY"), "date_order"),
    ],
)
def test_arguments_that_do_not_fit_are_named(call: Any, argument: str) -> None:
    with pytest.raises(UsageError) as refused:
        call()
    assert refused.value.argument == argument
    assert str(refused.value).startswith(f"{argument}: ")
    assert isinstance(refused.value, KopilotError)


def test_frames_keep_their_type() -> None:
    people = pd.DataFrame({"Client ID": ["A"]})
    rows = pd.DataFrame({"Client ID": ["A"], "Issue date": [date(2026, 6, 1)]})
    segments = classify(people, rows, as_of=date(2026, 7, 1), rules=Rules(active_months=3))
    assert_type(segments, pd.DataFrame)
    assert list(segments["Segment"]) == ["Active"]


def test_the_readmes_python_works_word_by_word_after_the_demo(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (snippet,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for command in (["-m", "kopilot_xl", "demo"], ["-W", "error", "-c", snippet]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
    assert "Mature" in done.stdout
    assert "ambiguous-date Transactions!B" in done.stdout
