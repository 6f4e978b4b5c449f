"""What is a text in the source: calls of `t`, `tn` and `marked`, and docstrings of commands, which are their help."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

from babel.messages.catalog import Catalog

Message = str | tuple[str, str]

_PLURALS = {"fr": "nplurals=2; plural=(n > 1);"}
"""Where the CLDR has more forms than messages need: French has one of its own for whole millions."""

_FORMS = {"t": 1, "marked": 1, "tn": 2}
"""How many forms of a text the arguments of a call begin with."""


def empty_catalogue(language: str | None = None) -> Catalog:
    """Return a catalogue without messages; without a language, the template of all."""
    catalogue = Catalog(
        locale=language, project="Kopilot XL", version="-", msgid_bugs_address="-", charset="utf-8", fuzzy=False
    )
    catalogue.mime_headers = [("Plural-Forms", plural_forms(catalogue))]
    return catalogue


def plural_forms(catalogue: Catalog) -> str:
    """Return which form of a text fits a number, in gettext's notation."""
    return _PLURALS.get(str(catalogue.locale), catalogue.plural_forms)


def template(package: Path) -> Catalog:
    """Return all messages of a package, each with the files it is in, in the order of files and lines."""
    catalogue = empty_catalogue()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package.parent).as_posix()
        for _, message in sorted(messages_of(ast.parse(path.read_text("utf-8"))), key=lambda found: found[0]):
            catalogue.add(message, locations=[(name, 0)], flags=_flags(message))
    return catalogue


def messages_of(tree: ast.AST) -> Iterator[tuple[int, Message]]:
    """Yield the line and the text, or the texts for one and for several, of each message of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            wanted = _FORMS.get(getattr(node.func, "id", ""), 0)
            texts = [each.value for each in node.args[:wanted] if isinstance(each, ast.Constant)]
            forms = [text for text in texts if isinstance(text, str) and text]
            if wanted and len(forms) == wanted:
                yield node.lineno, forms[0] if wanted == 1 else (forms[0], forms[1])
        elif isinstance(node, ast.FunctionDef) and any(map(_is_command, node.decorator_list)):
            yield node.lineno, cleandoc(ast.get_docstring(node, clean=False) or "")


def _is_command(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "command"


def _flags(message: Message) -> set[str]:
    texts = [message] if isinstance(message, str) else message
    return {"python-brace-format"} if any("{" in text for text in texts) else set()
