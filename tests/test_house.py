"""What keeps the package easy to find one's way in; `lint-imports` holds the arrows between its folders."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "kopilot_xl"
LIMIT = 470
"""How many lines a file of the package may have."""
LONGER: dict[str, int] = {}
"""Files that are longer and wait to be split: they may only become shorter."""
SOURCES = ("*.py", "*.bas", "*.cls", "*.html", "*.css", "*.xml")


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def _sources() -> dict[str, Path]:
    return {path.relative_to(PACKAGE).as_posix(): path for kind in SOURCES for path in PACKAGE.rglob(kind)}


def test_no_file_is_too_long_to_be_read() -> None:
    too_long = {name: _lines(path) for name, path in _sources().items() if _lines(path) > LONGER.get(name, LIMIT)}
    assert not too_long


def test_what_has_become_short_enough_is_held_to_the_limit() -> None:
    assert {name for name in LONGER if name not in _sources() or _lines(_sources()[name]) <= LIMIT} == set()


def test_nothing_inside_imports_the_public_names() -> None:
    """The package's door imports the rooms: a room that came in by it would import itself. The command line may."""
    modules = {path.stem for path in PACKAGE.iterdir()}
    inside = {
        f"{name}: {alias.name}"
        for name, path in _sources().items()
        if name.endswith(".py") and not name.startswith("cli/")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "kopilot_xl"
        for alias in node.names
        if alias.name not in modules
    }
    assert not inside
