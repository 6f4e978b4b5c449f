"""Connecting Excel to this Python: the xlwings add-in, its setting, and what is missing."""

from __future__ import annotations

import csv
import importlib.util
import io
import locale
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from kopilot_xl._version import __version__
from kopilot_xl.errors import SetupError
from kopilot_xl.excel import serving
from kopilot_xl.texts import marked, t

ADD_IN = "xlwings.xlam"
_WAIT = 180
"""The timeout for Excel and for an interpreter, in seconds; the first start of Excel can take a minute."""

_IMPORTS = "import kopilot_xl, xlwings; print(kopilot_xl.__version__, xlwings.__version__)"
_ADD_IN_INSTALL = "from xlwings.cli import main; main()"

FOLDER_SETTING = "ADD_WORKBOOK_TO_PYTHONPATH"
"""The setting of xlwings by which Python would import from a workbook's folder, where anybody may put a file. It is on
where nothing is said."""

TRUST = {
    "win32": (
        marked(
            "Excel, File, Options, Trust Center, Trust Center Settings, Macro Settings: choose "
            "“Disable VBA macros with notification”, and OK."
        ),
        marked("Make the workbook here with kopilot-xl new: a downloaded one is blocked by Windows."),
        marked("Open it and click Enable Content in the yellow bar, once."),
    ),
    "darwin": (
        marked("Excel, Settings, Security: choose “Disable all macros with notification”."),
        marked("Quit Excel with Cmd-Q and start it again."),
        marked(
            "Open a workbook made with kopilot-xl new and click Enable Macros. The ribbon calls "
            "Python; the formulas answer from the last refresh, since xlwings has no worksheet "
            "functions on a Mac."
        ),
    ),
}
"""What to click in Excel, in this order, by platform."""

NOTHING_TO_DO = marked(
    "There is nothing to install here: Excel runs on Windows and on a Mac only. "
    "kopilot-xl refresh works on the workbook's file, and in LibreOffice the formulas "
    "answer from the last refresh."
)


Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # On Windows a console of its own would flash up over Excel.
    hidden: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return subprocess.run(  # noqa: S603 - the commands are made here, of paths and constants
        command, capture_output=True, text=True, timeout=_WAIT, cwd=folder, check=False, creationflags=hidden
    )


@dataclass(frozen=True)
class Machine:
    """The paths and versions of a machine that connecting Excel needs.

    Attributes:
        platform: as `sys.platform` says.
        home: the user's own folder.
        environment: the environment variables.
        interpreter: the Python that Excel is to call.
        xlwings: the version of xlwings in it.
        source: the add-in that comes with it.
        dlls: the DLLs that were installed with it, wherever that put them.
        run: runs a command in a folder.
    """

    platform: str
    home: Path
    interpreter: Path
    xlwings: str
    source: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    run: Run = _run
    dlls: Sequence[Path] = ()

    @classmethod
    def here(cls) -> Machine:
        """Return this machine."""
        found = importlib.util.find_spec("xlwings")
        folder = Path(found.origin).parent if found and found.origin else Path()
        return cls(
            platform=sys.platform,
            home=Path.home(),
            interpreter=Path(sys.executable),
            xlwings=metadata.version("xlwings"),
            source=folder / "addin" / ADD_IN,
            environment=os.environ,
            dlls=tuple(serving.shipped_dlls()),
        )

    @property
    def has_excel(self) -> bool:
        """Whether Excel runs on such a machine at all."""
        return self.platform in TRUST

    @property
    def add_in(self) -> Path:
        """Where Excel loads the add-in from when it starts."""
        if self.platform == "darwin":
            office = self.home / "Library" / "Group Containers" / "UBF8T346G9.Office" / "User Content.localized"
            return office / "Startup.localized" / "Excel" / ADD_IN
        roaming = self.environment.get("APPDATA")
        return (Path(roaming) if roaming else self.home / "AppData" / "Roaming") / "Microsoft/Excel/XLSTART" / ADD_IN

    @property
    def settings(self) -> Path:
        """The user's settings of xlwings."""
        if self.platform == "darwin":
            return self.home / "Library" / "Containers" / "com.microsoft.Excel" / "Data" / "xlwings.conf"
        return self.home / ".xlwings" / "xlwings.conf"

    @property
    def key(self) -> str:
        """The setting that names the interpreter."""
        return "INTERPRETER_MAC" if self.platform == "darwin" else "INTERPRETER_WIN"

    @property
    def script(self) -> Path | None:
        """What macros need to call Python on a Mac."""
        if self.platform != "darwin":
            return None
        folder = self.home / "Library" / "Application Scripts" / "com.microsoft.Excel"
        return folder / f"xlwings-{self.xlwings}.applescript"


# the user's settings: lines of "KEY","VALUE"


def read_settings(path: Path) -> dict[str, str]:
    """Return xlwings' settings by their names in capitals; none if there is no such file.

    Raises:
        SetupError: it cannot be read.
    """
    return {row[0].strip().upper(): row[1] for line in _lines(path) if len(row := _fields(line)) > 1}


def write_setting(path: Path, key: str, value: str) -> None:
    """Set one of xlwings' settings. Every other line of the file keeps its characters.

    Raises:
        SetupError: the file cannot be read or written; it is as it was.
    """
    mine = f'"{key}","{value}"'
    lines = _lines(path)
    places = [at for at, line in enumerate(lines) if (row := _fields(line)) and row[0].strip().upper() == key]
    ending = "\r\n" if any(line.endswith("\r\n") for line in lines) else "\n"
    if places:
        lines[places[0]] = mine + ending
        lines = [line for at, line in enumerate(lines) if at not in places[1:]]
    else:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += ending
        lines.append(mine + ending)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w", encoding=locale.getencoding(), errors="surrogateescape", newline="") as file:
                file.writelines(lines)
            os.replace(made, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(made)
            raise
    except (OSError, UnicodeEncodeError) as error:
        raise SetupError(
            t("{path} cannot be written: {error}. Close Excel, and try again.", path=path, error=error)
        ) from error


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding=locale.getencoding(), errors="surrogateescape", newline="") as file:
            return file.read().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SetupError(
            t("{path} cannot be read: {error}. Close Excel, and try again.", path=path, error=error)
        ) from error


def _fields(line: str) -> list[str]:
    return next(csv.reader(io.StringIO(line), skipinitialspace=True), [])


# what is missing


def missing(machine: Machine, *, start: bool = False) -> list[str]:
    """Return what is missing for Excel to reach Python, each with the way out; nothing where Excel does not run.

    Args:
        machine: where.
        start: on Windows, if nothing else is missing, start Python as Excel does and see whether it answers.

    Raises:
        SetupError: xlwings' settings cannot be read.
    """
    if not machine.has_excel:
        return []
    found = [*_add_in_problems(machine), *_setting_problems(machine)]
    interpreter = read_settings(machine.settings).get(machine.key)
    if start and interpreter and not found and machine.platform == "win32":
        return _server_problems(machine, interpreter)
    return found


def _add_in_problems(machine: Machine) -> list[str]:
    found = []
    if not machine.add_in.is_file():
        found.append(
            t("The xlwings add-in is not installed ({add_in}). Run kopilot-xl install.", add_in=machine.add_in)
        )
    elif machine.source.is_file() and machine.add_in.read_bytes() != machine.source.read_bytes():
        found.append(
            t(
                "The xlwings add-in ({add_in}) is not the one of xlwings {xlwings}. Close Excel and "
                "run kopilot-xl install.",
                add_in=machine.add_in,
                xlwings=machine.xlwings,
            )
        )
    if machine.script is not None and not machine.script.is_file():
        found.append(
            t(
                "What macros need to call Python is not installed ({script}). Run kopilot-xl install.",
                script=machine.script,
            )
        )
    return found


def _setting_problems(machine: Machine) -> list[str]:
    settings = read_settings(machine.settings)
    conda = settings.get("CONDA PATH") and settings.get("CONDA ENV")
    interpreter = settings.get(machine.key)
    if conda:
        return []  # xlwings starts the environment that is named there; only Excel can tell what is in it
    if not interpreter:
        return [t("{settings} does not say which Python to call. Run kopilot-xl install.", settings=machine.settings)]
    found = _interpreter_problems(machine, interpreter)
    return found or (_dll_problems(machine, Path(interpreter)) if machine.platform == "win32" else [])


def _interpreter_problems(machine: Machine, interpreter: str) -> list[str]:
    try:
        run = machine.run([interpreter, "-c", _IMPORTS], machine.home)
    except subprocess.TimeoutExpired:
        return [
            t(
                "The Python that Excel calls, {interpreter}, does not answer. Run kopilot-xl install --yes.",
                interpreter=interpreter,
            )
        ]
    except OSError as error:
        return [
            t(
                "The Python that Excel calls, {interpreter}, cannot be run: {error}. Run kopilot-xl install --yes.",
                interpreter=interpreter,
                error=error,
            )
        ]
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or [t("it says nothing")])[-1]
        return [
            t(
                "The Python that Excel calls, {interpreter}, has no working kopilot-xl: {reason}. "
                "Install it there, {interpreter} -m pip install kopilot-xl, or run kopilot-xl "
                "install --yes to have Excel call this one.",
                interpreter=interpreter,
                reason=reason,
            )
        ]
    versions = run.stdout.split()
    if versions != [__version__, machine.xlwings]:
        return [
            t(
                "The Python that Excel calls, {interpreter}, has kopilot-xl {versions}; here they "
                "are {version} and {xlwings}. Run kopilot-xl install --yes to have Excel call this "
                "one.",
                interpreter=interpreter,
                versions=" and xlwings ".join(versions),
                version=__version__,
                xlwings=machine.xlwings,
            )
        ]
    return []


def _missing_dlls(machine: Machine, interpreter: Path) -> list[str]:
    folders = serving.dll_folders(interpreter)
    return [name for name in serving.dll_names(machine.xlwings) if not any((each / name).is_file() for each in folders)]


def _dll_problems(machine: Machine, interpreter: Path) -> list[str]:
    names = _missing_dlls(machine, interpreter)
    if not names:
        return []
    return [
        t(
            "Excel looks for {names} beside {interpreter} or in the folder above, and not where Python from the Store "
            "and pip --user put them. Run kopilot-xl install; if that cannot put them there, make an environment "
            "(python -m venv kopilot), install kopilot-xl in it, and run kopilot-xl install there.",
            names=t(" and ").join(names),
            interpreter=interpreter,
        )
    ]


def _server_problems(machine: Machine, interpreter: str) -> list[str]:
    """Start the server once, as Excel would."""
    try:
        run = machine.run([interpreter, "-m", serving.__name__], machine.home)
    except (OSError, subprocess.TimeoutExpired):
        why = t("it does not answer")
    else:
        if not run.returncode:
            return []
        why = (run.stderr.strip().splitlines() or [t("it says nothing")])[-1]
    return [
        t(
            "Excel cannot start the Python {interpreter}: {reason}. Check whether a virus scanner or a company "
            "policy blocks cmd.exe or python.exe, then run kopilot-xl install --check again.",
            interpreter=interpreter,
            reason=why,
        )
    ]


# installing


@dataclass(frozen=True)
class Installed:
    """What an installation did, and what is missing all the same."""

    done: Sequence[str]
    missing: Sequence[str]
    clicks: Sequence[str]
    """what is left to click in Excel"""


def install(
    *,
    check: bool = False,
    yes: bool = False,
    ask: Callable[[str], bool] = lambda question: False,
    machine: Machine | None = None,
) -> Installed:
    """Connect Excel to this Python: install the xlwings add-in, have it call this Python, and see what is missing.

    Nothing else is set: functions are not imported into workbooks, since a Kopilot workbook has its own.

    Args:
        check: only see what is missing, and change nothing.
        yes: have Excel call this Python even where it calls another one.
        ask: asked a question, without `yes`, before Excel is to call this Python instead of another one.
        machine: where; by default here.

    Returns:
        What was done, what is missing all the same, and what to click in Excel.

    Raises:
        SetupError: the add-in or the setting could not be installed, or the settings cannot be read.
    """
    machine = machine or Machine.here()
    if not machine.has_excel:
        return Installed([t(NOTHING_TO_DO)], [], [])
    if check:
        return Installed([], missing(machine, start=True), [])
    done = []
    if _add_in_problems(machine):
        _install_add_in(machine)
        done.append(
            t("The add-in of xlwings {xlwings} is installed: {add_in}", xlwings=machine.xlwings, add_in=machine.add_in)
        )
    else:
        done.append(
            t(
                "The add-in of xlwings {xlwings} was there already: {add_in}",
                xlwings=machine.xlwings,
                add_in=machine.add_in,
            )
        )
    before, mine = read_settings(machine.settings).get(machine.key), str(machine.interpreter)
    question = t("Excel calls {before} now. Have it call {mine} instead?", before=before, mine=mine)
    if before == mine:
        done.append(t("Excel calls this Python already: {mine}", mine=mine))
    elif not before or yes or ask(question):
        write_setting(machine.settings, machine.key, mine)
        done.append(t("Excel calls this Python from now on: {mine} ({settings})", mine=mine, settings=machine.settings))
    else:
        done.append(t("Excel goes on calling {before}", before=before))
    settings = read_settings(machine.settings)
    if settings.get(machine.key) == mine and FOLDER_SETTING not in settings:
        write_setting(machine.settings, FOLDER_SETTING, "FALSE")
        done.append(t("Python imports nothing from the folder of a workbook ({settings})", settings=machine.settings))
    done += _put_dlls(machine)
    return Installed(done, missing(machine, start=True), [t(step) for step in TRUST[machine.platform]])


def _put_dlls(machine: Machine) -> list[str]:
    """Copy the DLLs that Excel would not find to where it looks for them; where that cannot be, they stay missing."""
    interpreter = Path(read_settings(machine.settings).get(machine.key) or machine.interpreter)
    if machine.platform != "win32" or interpreter != machine.interpreter:
        return []
    done = []
    for name in _missing_dlls(machine, interpreter):
        source = next((each for each in machine.dlls if each.name == name), None)
        if source is None:
            continue
        target = interpreter.parent / name
        with suppress(OSError):
            shutil.copyfile(source, target)
            done.append(t("{name} is where Excel looks for it: {target}", name=name, target=target))
    return done


def _install_add_in(machine: Machine) -> None:
    """Run xlwings' own installation, which exits with 0 whatever happened: what it did is looked at afterwards."""
    try:
        run = machine.run([str(machine.interpreter), "-c", _ADD_IN_INSTALL, "addin", "install"], machine.home)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(
            t("xlwings addin install could not be run: {error}. Start Excel once, and try again.", error=error)
        ) from error
    if _add_in_problems(machine):
        said = " ".join((run.stdout + run.stderr).split()) or t("it said nothing")
        raise SetupError(
            t(
                "The xlwings add-in was not installed: {said}. Close Excel, then run kopilot-xl "
                "install again; if it fails again, copy {source} to {parent}.",
                said=said,
                source=machine.source,
                parent=machine.add_in.parent,
            )
        )
