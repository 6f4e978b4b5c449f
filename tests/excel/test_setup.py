"""Connecting Excel to Python: what is installed where, what is asked, and what is found missing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
import xlwings.cli

from kopilot_xl._version import __version__
from kopilot_xl.errors import SetupError
from kopilot_xl.excel import serving, setup
from kopilot_xl.excel.setup import Machine, install, missing, read_settings, write_setting
from tests.excel.stand_in import StandIn
from tests.portfolios import make_portfolio

HERE = Machine.here()


def answers(text: str, code: int = 0, error: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], code, text, error)


def yes(question: str) -> bool:
    return True


def no(question: str) -> bool:
    return False


@pytest.fixture(scope="module")
def excel(tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    return StandIn(make_portfolio(tmp_path_factory.mktemp("setup") / "book.xlsm"))


@pytest.fixture(params=["win32", "darwin"])
def machine(request: pytest.FixtureRequest, tmp_path: Path, excel: StandIn, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with an empty home, on which xlwings' own installation runs over the stand-in for Excel."""
    interpreter = tmp_path / "python"
    interpreter.touch()
    (tmp_path / "site").mkdir()
    dlls = [tmp_path / "site" / name for name in serving.dll_names(HERE.xlwings)]
    for dll in dlls:
        dll.write_bytes(b"library")
    made = Machine(
        platform=request.param, home=tmp_path, interpreter=interpreter, xlwings=HERE.xlwings, source=HERE.source,
        dlls=dlls,
    )  # fmt: skip

    def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        if command[-2:] != ["addin", "install"]:
            return answers(f"{__version__} {HERE.xlwings}\n")
        made.add_in.parent.mkdir(parents=True, exist_ok=True)
        with monkeypatch.context() as there:
            there.setattr(sys, "argv", ["xlwings", *command[-2:]])
            there.setattr(sys, "platform", request.param)
            there.setattr(sys, "executable", command[0])
            cli: Any = xlwings.cli
            cli.main()
        return answers("")

    excel.startup = str(made.add_in.parent)
    monkeypatch.setattr(xw, "USER_CONFIG_FILE", str(made.settings))
    monkeypatch.setattr(xw.engines, "active", excel.engine)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CONDA_DEFAULT_ENV", raising=False)
    return replace(made, run=run)


def with_run(machine: Machine, run: Callable[[Sequence[str]], subprocess.CompletedProcess[str]]) -> Machine:
    return replace(machine, run=lambda command, folder: run(command))


def test_all_is_installed_by_xlwings_itself_and_then_nothing_is_missing(machine: Machine) -> None:
    assert len(missing(machine)) == 2 + (machine.platform == "darwin")
    made = install(ask=no, machine=machine)
    assert made.missing == []
    assert machine.add_in.read_bytes() == HERE.source.read_bytes()
    assert read_settings(machine.settings)[machine.key] == str(machine.interpreter)
    assert read_settings(machine.settings)["ADD_WORKBOOK_TO_PYTHONPATH"] == "FALSE"
    assert "UDF MODULES" not in machine.settings.read_text()
    assert list(made.clicks) == list(setup.TRUST[machine.platform])
    assert missing(machine) == []


def test_a_second_time_changes_nothing(machine: Machine) -> None:
    install(ask=no, machine=machine)
    before = machine.settings.read_bytes()
    made = install(ask=no, machine=machine)
    assert [each.split(":")[0] for each in made.done] == [
        f"The add-in of xlwings {HERE.xlwings} was there already", "Excel calls this Python already",
    ]  # fmt: skip
    assert machine.settings.read_bytes() == before


def test_another_interpreter_is_replaced_only_if_agreed(machine: Machine) -> None:
    machine.settings.parent.mkdir(parents=True)
    machine.settings.write_bytes(
        f'"LICENSE_KEY","a, b"\r\n"{machine.key}","/old/python"\r\n"SHOW CONSOLE","True"'.encode()
    )
    before, asked = machine.settings.read_bytes(), []
    made = install(ask=lambda question: bool(asked.append(question)), machine=machine)  # type: ignore[func-returns-value]
    assert asked == [f"Excel calls /old/python now. Have it call {machine.interpreter} instead?"]
    assert machine.settings.read_bytes() == before
    assert made.done[-1] == "Excel goes on calling /old/python"
    install(ask=yes, machine=machine)
    assert (
        machine.settings.read_bytes()
        == before.replace(b"/old/python", str(machine.interpreter).encode())
        + b'\r\n"ADD_WORKBOOK_TO_PYTHONPATH","FALSE"\r\n'
    )


def test_an_add_in_of_another_version_is_replaced(machine: Machine) -> None:
    machine.add_in.parent.mkdir(parents=True)
    machine.add_in.write_bytes(b"older")
    assert f"is not the one of xlwings {HERE.xlwings}" in missing(machine)[0]
    install(ask=yes, machine=machine)
    assert machine.add_in.read_bytes() == HERE.source.read_bytes()


def test_a_failure_of_xlwings_that_exits_with_0_is_found(machine: Machine) -> None:
    broken = with_run(machine, lambda command: answers("Error: Failed to install the add-in"))
    with pytest.raises(SetupError, match=r"was not installed: Error: Failed to install the add-in. Close Excel"):
        install(ask=yes, machine=broken)
    assert not machine.settings.exists()


def test_an_excel_that_does_not_start(machine: Machine) -> None:
    def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(command, 1)

    with pytest.raises(SetupError, match=r"could not be run: .* Start Excel once"):
        install(ask=yes, machine=with_run(machine, run))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            answers("", 1, "Traceback\nModuleNotFoundError: No module named 'kopilot_xl'\n"),
            "No module named 'kopilot_xl'",
        ),
        (answers("", 1), "it says nothing"),
        (answers("0.0.9 0.37.8"), "has kopilot-xl 0.0.9 and xlwings 0.37.8; here they are"),
        (FileNotFoundError("no such file"), "cannot be run: no such file"),
        (subprocess.TimeoutExpired("python", 1), "does not answer"),
    ],
)
def test_an_interpreter_that_does_not_do(machine: Machine, answer: object, words: str) -> None:
    install(ask=yes, machine=machine)

    def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        assert command[0] == str(machine.interpreter)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, subprocess.CompletedProcess)
        return answer

    (found,) = missing(with_run(machine, run))
    assert words in found
    assert "kopilot-xl install" in found


def test_a_conda_environment_is_left_to_xlwings(machine: Machine) -> None:
    install(ask=yes, machine=machine)
    machine.settings.write_text('"CONDA PATH","C:\\conda"\n"CONDA ENV","base"\n')
    assert missing(machine) == []


def test_the_interpreter_really_is_asked(tmp_path: Path) -> None:
    ours = replace(HERE, platform="win32", home=tmp_path)
    assert setup._interpreter_problems(ours, sys.executable) == []
    (found,) = setup._interpreter_problems(ours, str(tmp_path / "nowhere"))
    assert "cannot be run" in found


def test_dlls_that_excel_would_not_find_are_put_where_it_looks(machine: Machine) -> None:
    """As pip --user and Python from the Store leave them."""
    if machine.platform != "win32":
        return
    before = [machine.interpreter.with_name(name) for name in serving.dll_names(machine.xlwings)]
    assert not any(path.exists() for path in before)
    made = install(ask=no, machine=machine)
    assert made.missing == []
    assert [path.read_bytes() for path in before] == [b"library"] * 2
    assert sum("is where Excel looks for it" in line for line in made.done) == 2
    before[1].unlink()
    (found,) = missing(machine)
    assert f"Excel looks for xlwings32-{machine.xlwings}.dll beside" in found
    elsewhere = replace(machine, dlls=())  # what is nowhere cannot be copied
    assert "make an environment" in install(ask=no, machine=elsewhere).missing[0]


def test_the_server_is_really_started_by_install(machine: Machine) -> None:
    install(ask=no, machine=machine)
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        if command[1:] == ["-m", "kopilot_xl.excel.serving"]:
            return answers("", 1, "it does not answer within 30 seconds\n")
        return answers(f"{__version__} {HERE.xlwings}\n")

    found = install(check=True, machine=with_run(machine, run)).missing
    if machine.platform == "darwin":
        assert found == []
        return
    assert len(found) == 1
    assert "cannot start the Python" in found[0]
    assert "it does not answer within 30 seconds" in found[0]
    assert missing(with_run(machine, run)) == []  # a button that asks has just been answered
    assert len(asked) == 3


def test_on_linux_there_is_nothing_to_do(tmp_path: Path) -> None:
    linux = replace(HERE, platform="linux", home=tmp_path)
    assert missing(linux) == []
    assert install(ask=no, machine=linux).done == [setup.NOTHING_TO_DO]
    assert list(tmp_path.iterdir()) == []


# the settings


def test_a_setting_is_updated_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "xlwings.conf"
    write_setting(path, "A", "1")
    write_setting(path, "B", "2, and more")
    assert path.read_bytes() == b'"A","1"\n"B","2, and more"\n'
    path.write_bytes(b'"a" , "old"\n\n\xff broken\n"A","twice"\n"B","x"')
    write_setting(path, "A", "new")
    assert path.read_bytes() == b'"A","new"\n\n\xff broken\n"B","x"'
    assert read_settings(path) == {"A": "new", "B": "x"}
    assert list(path.parent.iterdir()) == [path]


def test_settings_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    folder = tmp_path / "xlwings.conf"
    folder.mkdir()
    with pytest.raises(SetupError, match="cannot be read"):
        read_settings(folder)
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"cannot be (read|written)"):
        write_setting(tmp_path / "file" / "xlwings.conf", "A", "1")


def test_where_things_are_on_windows(tmp_path: Path) -> None:
    roaming = replace(HERE, platform="win32", home=tmp_path, environment={"APPDATA": str(tmp_path / "roaming")})
    assert roaming.add_in == tmp_path / "roaming/Microsoft/Excel/XLSTART/xlwings.xlam"
    assert replace(roaming, environment={}).add_in.parent == tmp_path / "AppData/Roaming/Microsoft/Excel/XLSTART"


# the command


@pytest.mark.parametrize("options", [[], ["--check"], ["--yes"]])
def test_the_command_says_why_there_is_nothing_to_do(options: list[str], tmp_path: Path) -> None:
    if sys.platform in setup.TRUST:
        pytest.skip("this machine can have Excel")
    run = subprocess.run(
        [sys.executable, "-m", "kopilot_xl", "install", *options],
        capture_output=True, text=True, check=False, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert (run.returncode, run.stdout.strip()) == (0, setup.NOTHING_TO_DO)


def test_the_command_where_excel_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from kopilot_xl.cli.group import app

    def run(*options: str, answer: str = "") -> tuple[int, str]:
        with monkeypatch.context() as here:
            here.setattr(Machine, "here", lambda: machine)
            result = CliRunner().invoke(app, ["install", *options], input=answer)
        return result.exit_code, " ".join(result.output.split())

    code, told = run("--check")
    assert code == 1
    assert told.startswith("Missing: The xlwings add-in is not installed")
    assert not machine.settings.exists()
    code, told = run()
    assert code == 0
    assert "In Excel, once:" in told
    assert "Macro" in told or "macros" in told
    assert run("--check") == (0, "Nothing is missing.")
    write_setting(machine.settings, machine.key, "/old/python")
    assert "Excel goes on calling /old/python" in run(answer="n\n")[1]
    assert "from now on" in run(answer="y\n")[1]
    write_setting(machine.settings, machine.key, "/old/python")
    assert "from now on" in run("--yes")[1]
