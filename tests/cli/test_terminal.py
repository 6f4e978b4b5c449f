"""Small things at the terminal: completion in real shells, help, quiet, exit codes of wrong usage."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kopilot_xl.cli.group import app
from tests.portfolios import make_portfolio

KOPILOT = Path(sys.executable).with_name("kopilot-xl")


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout, done.stderr


def test_the_version_has_a_short_option() -> None:
    assert run("-V") == run("--version")
    assert run("-V")[0] == 0


def test_help_of_a_command_is_the_commands_help() -> None:
    assert run("help", "refresh") == run("refresh", "--help")
    assert run("help") == (0, *run("--help")[1:])
    assert run("help", "nonsense")[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        "nonsense", "refresh", "refresh --nonsense", "check --jobs none x.xlsm", "new", "new x.xlsm --map nothing",
        "update Portfolio.xlsm --date-order YMD", "upgrade x.xlsm --copy --check", "refresh a.xlsm b.xlsm -o c.xlsm",
        "refresh a.xlsm --as-of soon", "help nonsense",
    ],
)  # fmt: skip
def test_wrong_usage_has_exit_code_2(words: str) -> None:
    code, out, errors = run(*words.split())
    assert (code, out) == (2, "")
    assert "Usage: kopilot-xl" in errors


@pytest.mark.parametrize(
    "words", [["refresh", "b.xlsm", "--quiet"], ["refresh", "-q", "b.xlsm"], ["-q", "check", "b.xlsm"]]
)
def test_quiet_prints_nothing_but_errors(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words)[2].startswith("kopilot-xl: There is no file b.xlsm")
    make_portfolio(tmp_path / "b.xlsm", [["A1", "Alder", None]], [])
    assert run(*words) == (0, "", "")
    code, out, errors = run(*words, "--json")
    assert (code, out[0], errors) == (0, "{", "")
    assert run("refresh", "b.xlsm")[1] != "", "the next command is not quiet"


COMPLETE = {
    "bash": ["bash", "--norc", "-c", 'source {rc}; COMP_WORDS=(kopilot-xl {words}); COMP_CWORD={last}; '
             '_kopilot_xl_completion kopilot-xl; printf "%s\\n" "${{COMPREPLY[@]}}"'],
    "fish": ["fish", "--no-config", "-c", 'source {rc}; complete -C "kopilot-xl {words}"'],
    "zsh": ["zsh", "-f", "-c", 'autoload -Uz compinit; compinit -u; source {rc}; words=(kopilot-xl {words}); '
            'CURRENT={current}; _describe() {{ print -l ${{(P)2}} }}; _arguments() {{ print -l "$@" }}; '
            '_kopilot_xl_completion'],
}  # fmt: skip
"""How each shell is asked for what it would offer, given the script that `--show-completion` prints."""


@pytest.mark.parametrize("shell", COMPLETE)
@pytest.mark.parametrize(
    ("words", "offered"),
    [("re", {"refresh", "report"}), ("refresh --sum", {"--summary"}), ("up", {"update", "upgrade"})],
)
def test_completion_in_a_real_shell(shell: str, words: str, offered: set[str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    env = {**os.environ, "PATH": f"{KOPILOT.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    source = {"_KOPILOT_XL_COMPLETE": f"source_{shell}", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    script = subprocess.run([KOPILOT], env={**env, **source}, capture_output=True, text=True, check=False).stdout
    assert "kopilot-xl" in script
    (tmp_path / "rc").write_text(script)
    count = len(words.split())
    command = [each.format(rc=tmp_path / "rc", words=words, last=count, current=count + 1) for each in COMPLETE[shell]]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert offered <= set(re.findall(r"(?<![\w-])-*\w[\w-]*", done.stdout)), (done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("shell", "given"),
    [
        ("fish", {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
        ("zsh", {}),
        ("powershell", {"_TYPER_COMPLETE_WORD_TO_COMPLETE": "--"}),
    ],
)
def test_a_completion_is_a_line(shell: str, given: dict[str, str], tmp_path: Path) -> None:
    ask = {"_KOPILOT_XL_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "kopilot-xl refresh --", **given}
    done = subprocess.run([KOPILOT], env={**os.environ, **ask}, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().removeprefix("_arguments '*: :((").splitlines()
    assert len(lines) > 5
    assert all(line.lstrip('"').startswith("--") for line in lines), done.stdout


@pytest.mark.parametrize(("shell", "file"), [("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", ".config/fish")])
def test_completion_is_installed_where_the_shell_looks(shell: str, file: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    env = {**os.environ, "HOME": str(tmp_path), "SHELL": f"/bin/{shell}"}
    script = f"{KOPILOT} --install-completion; true"  # asked from within the shell, which is how it is found
    done = subprocess.run([shell, "-c", script], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert "completion installed" in done.stdout, (done.stdout, done.stderr)
    place = tmp_path / file
    text = "\n".join(each.read_text() for each in ([place] if place.is_file() else place.rglob("*.fish")))
    assert text


@pytest.mark.parametrize(
    ("words", "offered"),
    [("re", {"refresh", "report"}), ("refresh --sum", {"--summary"}), ("", {"new", "schedule"}),
     ("segment a b --engine p", {"pandas", "polars"})],
)  # fmt: skip
def test_powershell_is_given_what_its_script_splits(words: str, offered: set[str], tmp_path: Path) -> None:
    """PowerShell itself does not run here: its script names the variables, and reads lines of a word and its help."""
    env = {**os.environ, "HOME": str(tmp_path)}
    source = {"_KOPILOT_XL_COMPLETE": "source_powershell"}
    script = subprocess.run([KOPILOT], env={**env, **source}, capture_output=True, text=True, check=False).stdout
    assert "Register-ArgumentCompleter -Native -CommandName kopilot-xl" in script
    variables = re.findall(r"\$Env:(\w+) = (\S+)", script)
    meaning = {
        '"complete_powershell"': "complete_powershell",
        "$commandAst.ToString()": f"kopilot-xl {words}".rstrip(),
        "$wordToComplete": words.rpartition(" ")[2],
    }
    given = {name: meaning[value] for name, value in variables if value in meaning}
    assert len(given) == 3
    done = subprocess.run([KOPILOT], env={**env, **given}, capture_output=True, text=True, check=False)
    lines = [line.split(":::") for line in done.stdout.splitlines()]
    assert offered <= {line[0] for line in lines}, (done.stdout, done.stderr)
    assert all(len(line) == 2 and line[1] for line in lines), "PowerShell refuses a completion without help"
