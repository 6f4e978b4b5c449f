"""Write docs/commands.md from the commands themselves: `python docs/generate_commands.py`, or `--check` it."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from kopilot_xl.cli.group import NAME, app

PAGE = Path(__file__).parent / "commands.md"

_HEAD = f"""# The commands of {NAME}

Written by `python docs/generate_commands.py` from the help texts of the commands; a test fails when it is stale.
"""
_WIDTH = 118
_MARKUP = re.compile(r"\[/?[a-z ]+\]")


def page() -> str:
    """Return the text of docs/commands.md."""
    group: Any = typer.main.get_command(app)
    blocks = [_HEAD, group.help, *_options(group)]
    for name, command in group.commands.items():
        blocks += [f"## {NAME} {name}", *_command(name, command)]
    return "\n\n".join(each.strip() for each in blocks) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = [NAME, name, *map(_argument, arguments), "[OPTIONS]"]
    yield f"```sh\n{' '.join(usage)}\n```"
    yield "\n\n".join(textwrap.fill(each, _WIDTH) for each in command.help.split("\n\n"))
    if arguments:
        yield _table("Argument", [(_argument(each), _help(each)) for each in arguments])
    yield from _options(command)
    examples = [line for line in _MARKUP.sub("", command.epilog or "").splitlines() if line.startswith(NAME)]
    if examples:
        yield "Examples:\n\n```sh\n" + "\n".join(examples) + "\n```"


def _argument(parameter: Any) -> str:
    name = parameter.metavar + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _options(command: Any) -> Iterator[str]:
    options = [each for each in command.params if each.param_type_name == "option" and each.help]
    if options:
        yield _table("Option", [(f"{', '.join(each.opts)}{_value(each)}", _help(each)) for each in options])


def _value(option: Any) -> str:
    return "" if option.is_flag else f" {option.metavar}"


def _help(parameter: Any) -> str:
    default = parameter.default
    if parameter.required or default in (None, False, ()):
        return str(parameter.help)
    return f"{parameter.help} Default: `{getattr(default, 'value', default)}`."


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| {title} | Meaning |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{name.replace('|', chr(92) + '|')}` | {text} |" for name, text in rows)])


def main() -> None:
    """Write the page; with --check say instead whether it is as the commands are."""
    if "--check" not in sys.argv:
        sys.stdout.write(f"{PAGE}\n")
        PAGE.write_text(page(), encoding="utf-8", newline="\n")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE} is stale: run python {sys.argv[0]}")


if __name__ == "__main__":
    main()
