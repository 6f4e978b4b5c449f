"""No text reaches a user but through `t` and `tn`, and each of them can be translated."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from kopilot_xl import errors, texts
from kopilot_xl.workbook.tables.parsing import UnreadableError

PACKAGE = Path(texts.__file__).parents[1]
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
SPOKEN = ("cli/", "errors.py", "excel/ribbon.py", "domain/shape_words.py")
"""Rooms whose every sentence is for users, wherever it is in the source."""

_KINDS: list[type[Exception]] = [errors.KopilotError, *errors.KopilotError.__subclasses__(), UnreadableError]
POSITIONS = {
    **{kind.__name__: (0,) for kind in _KINDS},
    **dict.fromkeys(("NoRoomError", "QuestionError", "UnjoinedError", "_RefusedError"), (0,)),
    "BadParameter": (0,),
    "about_sheet": (2, 3),
    "report": (3, 4),
    "problem": (1, 2),
    "print_message": (0,),
    "line": (0,),
    "Text": (0,),
    "add_column": (0,),
}
"""Which arguments of a call, by the called name, users read."""
KEYWORDS = {"help", "wrong", "done"}
NOT_TEXTS = {"command"}
"""Calls whose arguments are shown as they are: examples of what to type."""
OF_OTHERS = {"_NO_ROOM_IN_WORDS"}
"""Names of what libraries say, by which it is known again."""


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def literals(node: ast.expr) -> Iterator[ast.expr]:
    """The literals that an expression may show, those within a call of `t`, `tn` or `marked` left out."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        yield node
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))
    elif isinstance(node, ast.BinOp):
        yield from (*literals(node.left), *literals(node.right))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from literals(value)


def words(node: ast.expr) -> str:
    """What a translator would translate of a literal."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


def shown(tree: ast.AST) -> Iterator[ast.expr]:
    """The literals in the places where users read them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [node.args[at] for at in POSITIONS.get(called(node), ()) if at < len(node.args)]
            for argument in [*given, *(each.value for each in node.keywords if each.arg in KEYWORDS)]:
                yield from literals(argument)


def sentences(tree: ast.AST) -> Iterator[ast.expr]:
    """All literals with several words that are neither docstrings nor within `t` and `tn`."""
    left_out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in {"t", "tn", "marked", *NOT_TEXTS}:
            left_out |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.Expr):
            left_out.add(id(node.value))
        elif isinstance(node, ast.Assign) and any(getattr(each, "id", "") in OF_OTHERS for each in node.targets):
            left_out |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.JoinedStr):
            left_out |= {id(inner) for inner in ast.walk(node) if inner is not node}
    for node in ast.walk(tree):
        several = isinstance(node, ast.Constant | ast.JoinedStr) and re.search(
            r"[A-Za-z]{2,}[,:]? [A-Za-z]{2,}", words(node)
        )
        if several and id(node) not in left_out:
            assert isinstance(node, ast.expr)
            yield node


@pytest.mark.parametrize("name", MODULES)
def test_what_users_read_goes_through_texts(name: str) -> None:
    tree = ast.parse(MODULES[name].read_text("utf-8"))
    found = [node for node in shown(tree) if re.search("[A-Za-z]{2}", words(node))]
    if name.startswith(SPOKEN):
        found += sentences(tree)
    assert [f"{name}:{node.lineno}: {words(node)}" for node in found] == []


@pytest.mark.parametrize("name", MODULES)
def test_every_text_is_a_literal_with_a_value_for_each_placeholder(name: str) -> None:
    """What `t` looks up that is no literal is `marked` where it is made: a text of a module, a name of ours."""
    for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and called(node) in {"t", "tn", "marked"}):
            continue
        where = f"{name}:{node.lineno}"
        messages = node.args[: 2 if called(node) == "tn" else 1]
        if called(node) == "t" and isinstance(
            messages[0], ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.BoolOp
        ):
            continue
        assert all(isinstance(each, ast.Constant) for each in messages), where
        values = {each.arg for each in node.keywords} | ({"count"} if called(node) == "tn" else set())
        for message in messages if values else []:
            placeholders = {field for _, field, _, _ in string.Formatter().parse(words(message)) if field is not None}
            assert placeholders == values if called(node) == "t" else placeholders <= values, where


def made_on_import(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of `t` and `tn` that run when a module is imported, before the language of a reader is known."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
                yield from made_on_import(ast.Expression(inner))
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.Call) and called(node) in {"t", "tn"}:
                yield node
            yield from made_on_import(node)


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(("cli/", "excel/udfs"))])
def test_no_text_is_looked_up_before_its_language_is_known(name: str) -> None:
    """The command line chooses its language before its commands are imported; Excel asks once what functions mean."""
    found = made_on_import(ast.parse(MODULES[name].read_text("utf-8")))
    assert [f"{name}:{node.lineno}" for node in found] == []
