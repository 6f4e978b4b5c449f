"""Every command of the README, the documents and the help is one line that each shell takes for the same words."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from kopilot_xl.cli import program  # noqa: F401 - it adds the commands
from kopilot_xl.cli.group import app
from tests.windows.host import ROOT, Host

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("kopilot-xl", "python")
_BLOCK = re.compile(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)

SHOWN = """
import json, sys
print(json.dumps(sys.argv[1:]))
"""


def commands() -> dict[str, str]:
    """Every command by where it is written."""
    found: dict[str, str] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in _BLOCK.findall(text):
            lines = [line.strip() for line in block.splitlines()]
            # The page of commands shows first how a command is written: in brackets is what may be left out.
            found |= {line: page.name for line in lines if line.startswith(PROGRAMS) and "[OPTIONS]" not in line}
        inline = re.findall(r"`((?:kopilot-xl|python -m|pip install) [^`]+)`", text)
        found |= {line: page.name for line in inline if not re.search(r"\b[A-Z]{4,}\b|…", line)}
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found |= dict.fromkeys(re.findall(r"\[cyan\](.*?)\[/cyan\]", command.epilog or ""), f"{name} --help")
    return found


COMMANDS = commands()


def test_they_are_found() -> None:
    assert 'python -m pip install -e ".[test]"' in COMMANDS
    assert "python -m pip install ." in COMMANDS
    assert "kopilot-xl demo" in COMMANDS
    assert len(COMMANDS) > 25


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_nothing_that_a_shell_refuses_or_takes_in_its_own_way(command: str) -> None:
    """cmd knows no apostrophes, Windows PowerShell 5.1 no && and writes UTF-16 through >, zsh wants brackets quoted."""
    where = f"{COMMANDS[command]}: {command}"
    bare = re.sub(r'"[^"]*"', '""', command)
    assert command.count('"') % 2 == 0, where
    assert not re.search(r"&|\||;|[<>]|['`^%!$(){}\\~]|\s#|^#|@", re.sub(r"(?<=[\w/])@(?=[\w.])", "", bare)), where
    assert "[" not in bare, where
    assert not re.search(r"[$`%!\\]", command), where
    assert "  " not in command, where


@pytest.fixture
def programs(host: Host) -> Iterator[Path]:
    """Stand-ins that show what they are handed; the kopilot-xl.exe and python.exe that run them are real."""
    folder = host.drive / "shells"
    for module in ("kopilot_xl", "pip", "pytest"):
        (folder / module).mkdir(parents=True, exist_ok=True)
        (folder / module / "__init__.py").touch()
        for name in ("__main__.py", "cli.py"):
            (folder / module / name).write_text(SHOWN + "def main(): pass\n")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.windows
@pytest.mark.slow
def test_cmd_takes_them_for_the_same_words_as_a_shell_of_unix(host: Host, programs: Path) -> None:
    # cmd reads a script in the code page of its console, which lacks some letters; of what is typed it has all.
    lines = [each for each in COMMANDS if each.isascii()]
    lines = [each for each in lines if each.startswith(("kopilot-xl", "python -m pip", "python -m pytest"))]
    script = programs / "all.cmd"
    script.write_text("@echo off\n" + "\n".join(lines) + "\n", newline="\r\n")
    done = host.run("cmd", "/c", "all.cmd", cwd=programs, PYTHONPATH=host.path(programs))
    handed = [json.loads(line) for line in done.stdout.decode().splitlines()]
    words = [shlex.split(line) for line in lines]
    assert handed == [each[1:] if each[0] == "kopilot-xl" else each[3:] for each in words]
