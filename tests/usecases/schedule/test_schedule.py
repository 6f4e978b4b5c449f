"""A refresh every day: the entries of four schedulers, what they run, and what is noted about it."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

from kopilot_xl import SetupError, UsageError, open_book, schedule
from kopilot_xl.cli.group import app
from kopilot_xl.errors import BookError
from kopilot_xl.usecases.schedule import cron, launchd, log, run, systemd, tasks
from kopilot_xl.usecases.schedule.entry import Entry, time_of
from kopilot_xl.usecases.schedule.machine import Machine
from kopilot_xl.usecases.schedule.schedulers import System, system_of
from kopilot_xl.workbook.sheets import portfolio
from tests.usecases.schedule.schemas import AGENT, INTERVAL, PROCESS_TYPES, PROPERTY_LIST, TASK
from tests.usecases.update.test_many import companies  # noqa: F401 - a fixture

NOW = datetime(2026, 7, 6, 7, 0)


class StandIn:
    """A scheduler's commands that cannot run here: what was asked of them, and a table of cron that they keep."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.table: str | None = None
        self.tasks: dict[str, bytes] = {}

    def __call__(self, command: Sequence[str], said: str | None) -> subprocess.CompletedProcess[str]:
        self.asked.append(list(command))
        out, code, errors = "", 0, ""
        if command[:2] == ["crontab", "-l"]:
            code, out, errors = (1, "", "no crontab for anna") if self.table is None else (0, self.table, "")
        elif command[:2] == ["crontab", "-"]:
            self.table = said
        elif command[0] == "schtasks":
            name = command[command.index("/TN") + 1] if "/TN" in command else ""
            if "/Create" in command:
                self.tasks[name] = Path(command[command.index("/XML") + 1]).read_bytes()
            elif "/Delete" in command:
                del self.tasks[name]
            elif name:
                out = self.tasks[name].decode("utf-16")
            else:
                out = "".join(f'"{each}","N/A","Ready"\n' for each in ("\\Other", *self.tasks))
        return subprocess.CompletedProcess(command, code, out, errors)


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


def machine(home: Path, stand_in: StandIn, platform: str = "linux") -> Machine:
    return Machine(platform, home, {"PATH": os.environ["PATH"]}, stand_in)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder whose name has every character that schedulers treat in a way of their own."""
    folder = tmp_path / "Anna's 100% $HOME {odd} & Clients"
    folder.mkdir()
    return folder


# each scheduler


@pytest.mark.parametrize("system", System)
def test_an_entry_is_added_listed_replaced_and_removed(
    system: System, odd: Path, tmp_path: Path, stand_in: StandIn
) -> None:
    here = machine(tmp_path, stand_in)
    made = schedule(odd, daily="07:00", update=True, summary=tmp_path / "All of them.html", using=system, machine=here)
    assert [entry.at for entry in made.entries] == [time(7, 0)]
    other = tmp_path / "other.xlsm"
    other.touch()
    schedule(other, daily="6:30", using=system, machine=here)
    schedule(odd, daily="18:45", update=True, summary=tmp_path / "All of them.html", using=system, machine=here)
    listed = {entry.target: entry for entry in schedule(listing=True, using=system, machine=here).entries}
    assert listed == {
        odd: Entry(odd, time(18, 45), True, tmp_path / "All of them.html"),
        other: Entry(other, time(6, 30)),
    }
    gone = schedule(odd, remove=True, using=system, machine=here)
    assert [entry.target for entry in gone.removed] == [odd]
    assert [entry.target for entry in schedule(listing=True, using=system, machine=here).entries] == [other]


def test_cron_keeps_every_other_line(odd: Path, tmp_path: Path, stand_in: StandIn) -> None:
    stand_in.table = "MAILTO=anna\n# mine\n0 1 * * * backup\n"
    schedule(odd, daily="07:05", using="cron", machine=machine(tmp_path, stand_in))
    assert stand_in.table.startswith("MAILTO=anna\n# mine\n0 1 * * * backup\n# kopilot-xl-")
    assert "\n5 7 * * * " in stand_in.table
    schedule(odd, remove=True, using="cron", machine=machine(tmp_path, stand_in))
    assert stand_in.table == "MAILTO=anna\n# mine\n0 1 * * * backup\n"


@pytest.mark.skipif(shutil.which("crontab") is None, reason="cron is not installed")
def test_the_real_cron_takes_the_table_and_a_shell_runs_the_line(odd: Path, tmp_path: Path) -> None:
    entry = Entry(odd, time(7, 0), summary=tmp_path / "s.html", python="/bin/echo")
    table = tmp_path / "table"
    table.write_text(cron.with_entry("", entry))
    checked = subprocess.run(["crontab", "-n", table], capture_output=True, text=True, check=False)
    if "invalid option" not in checked.stderr:  # not every cron can check a table
        assert checked.returncode == 0, checked.stderr
    line = table.read_text().splitlines()[1].split(" ", 5)[5].replace("\\%", "%")  # what cron hands to the shell
    shown = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert shown == " ".join(entry.command[1:]) + "\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_real_systemd_accepts_the_units(odd: Path, tmp_path: Path, stand_in: StandIn) -> None:
    schedule(odd, daily="07:00", update=True, using="systemd", machine=machine(tmp_path, stand_in))
    folder = tmp_path / ".config/systemd/user"
    units = sorted(folder.iterdir())
    assert [unit.suffix for unit in units] == [".service", ".timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", *map(str, units)],
        capture_output=True, text=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "kopilot-xl" in line]
    assert told == []
    calendar = subprocess.run(
        ["systemd-analyze", "calendar", "*-*-* 07:00:00"], capture_output=True, text=True, check=False
    )
    assert calendar.returncode == 0
    assert ["systemctl", "--user", "enable", "--now", units[1].name] in stand_in.asked


def test_the_property_list_follows_its_schema(odd: Path, tmp_path: Path) -> None:
    data = launchd.plist_of(Entry(odd, time(7, 5), True, tmp_path / "All & more.html"))
    assert b'"-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"' in data
    assert PROPERTY_LIST.validate(etree.fromstring(data)), PROPERTY_LIST.error_log
    content = plistlib.loads(data)
    for key, value in content.items():
        assert type(value) is AGENT[key]
    assert content["ProcessType"] in PROCESS_TYPES
    assert all(at in INTERVAL[key] for key, at in content["StartCalendarInterval"].items())
    assert content["StartCalendarInterval"] == {"Hour": 7, "Minute": 5}
    assert content["ProgramArguments"][-4:-1] == ["--update", "--summary", str(tmp_path / "All & more.html")]
    assert content["ProgramArguments"][-1] == str(odd)


@pytest.mark.parametrize("bad", [b"<dict><string>a</string></dict>", b"<dict><key>a</key></dict>", b"<list/>"])
def test_the_schema_of_property_lists_refuses_what_is_none(bad: bytes) -> None:
    assert not PROPERTY_LIST.validate(etree.fromstring(b'<plist version="1.0">' + bad + b"</plist>"))


def test_the_task_follows_the_schema_of_tasks(odd: Path) -> None:
    entry = Entry(odd, time(7, 5), True)
    root = etree.fromstring(tasks.xml_of(entry))
    assert TASK.validate(root), TASK.error_log
    assert root.findtext(".//{*}StartBoundary") == "2026-01-01T07:05:00"
    assert next(root.iter("{*}Principal")).get("id") == next(root.iter("{*}Actions")).get("Context")
    assert tasks.entry_of(tasks.xml_of(entry)) == entry
    assert tasks.xml_of(entry).startswith(b"\xff\xfe"), "schtasks reads UTF-16"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("LeastPrivilege", "Least"),
        ("T07:05:00", " 07:05"),
        ("PT4H", "4 hours"),
        ("<Enabled>true</Enabled>", "<Enabled>yes</Enabled>"),
        ("<Triggers>", "<Trigger/><Triggers>"),
        ("mit/task", "mit/tasks"),
    ],
)
def test_the_schema_of_tasks_refuses_what_is_none(right: str, wrong: str, odd: Path) -> None:
    xml = tasks.xml_of(Entry(odd, time(7, 5), True)).decode("utf-16").partition("?>")[2]
    assert right in xml
    assert not TASK.validate(etree.fromstring(xml.replace(right, wrong, 1)))


@pytest.mark.parametrize("line", ['a "b c" d', r'"C:\x y\\" z', r'q\"r "s\\\"t"', '"" x'])
def test_arguments_of_windows_are_read_as_windows_reads_them(line: str) -> None:
    words = tasks._words(line)
    assert tasks._words(subprocess.list2cmdline(words)) == words


@pytest.mark.parametrize(
    ("platform", "has", "system"),
    [("win32", (), System.TASKS), ("darwin", (), System.LAUNCHD), ("linux", ("crontab",), System.CRON)],
)
def test_the_scheduler_of_a_machine(platform: str, has: Sequence[str], system: System, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in has:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    assert system_of(Machine(platform, tmp_path, {"PATH": str(folder)}, StandIn())) is system
    if platform == "linux":
        with pytest.raises(SetupError, match="no scheduler here"):
            system_of(Machine(platform, tmp_path, {"PATH": str(tmp_path)}, StandIn()))


@pytest.mark.parametrize("text", ["7", "25:00", "07:60", "soon", "07:00:00"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time of day"):
        time_of(text)


def test_what_is_not_there_is_not_scheduled(tmp_path: Path, stand_in: StandIn) -> None:
    with pytest.raises(BookError, match="There is no file or folder"):
        schedule(tmp_path / "none.xlsm", daily="07:00", using="cron", machine=machine(tmp_path, stand_in))
    with pytest.raises(UsageError, match="--daily 07:00"):
        schedule(tmp_path, using="cron", machine=machine(tmp_path, stand_in))
    assert stand_in.table is None
    assert CliRunner().invoke(app, ["schedule", "--using", "at"]).exit_code == 2


# what they run


def lines(home: Path) -> list[str]:
    return log.path_of("linux", home, {}).read_text("utf-8").splitlines()


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setattr(Path, "home", lambda: home)
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.mark.skipif(sys.platform != "linux", reason="the log is elsewhere")
def test_a_run_notes_what_became_of_each_workbook_and_no_client(companies: Path, home: Path) -> None:  # noqa: F811
    (companies / "Clients/~$elm.xlsm").write_bytes(b"anna")  # open in Excel
    assert run.run(companies / "Clients", update=True, summary=companies / "All.html", now=NOW) == 1
    told = "\n".join(lines(home))
    assert "alder/Portfolio.xlsm: done." in told
    assert "elm.xlsm is in use: it will be tried at the next time." in told
    assert "cedar/Portfolio.xlsm: refreshed, not updated (BookError)." in told
    assert "clients.csv" not in told
    assert "Alder" not in told
    assert stat.S_IMODE(log.path_of("linux", home, {}).stat().st_mode) == 0o600
    hint = open_book(companies / "Clients/cedar/Portfolio.xlsm").cell(portfolio.HINT)
    assert str(hint).startswith("On 6 July 2026 at 07:00 it could not be brought up to date by itself.")
    assert "clients.csv" in str(hint)
    assert "cedar" in (companies / "All.html").read_text("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="the log is elsewhere")
def test_the_command_of_an_entry_runs(companies: Path, home: Path) -> None:  # noqa: F811
    entry = Entry(companies / "Clients/alder/Portfolio.xlsm", time(7, 0), True)
    environment = {**os.environ, "HOME": str(home)}
    line = cron.lines_of(entry)[1].split(" ", 5)[5]
    assert subprocess.run(["/bin/sh", "-c", line], env=environment, check=False).returncode == 0
    assert len(open_book(entry.target).table("Transactions").rows) == 3
    assert lines(home)[0].endswith("Portfolio.xlsm: done.")
    assert shlex.split(systemd.service_of(entry).partition("ExecStart=")[2].splitlines()[0]) == entry.command


def test_a_long_log_is_shortened(tmp_path: Path) -> None:
    path = tmp_path / "state" / "schedule.log"
    for number in range(3):
        log.write(f"line {number}", path, NOW)
    assert path.read_text() == "".join(f"2026-07-06 07:00:00 line {number}\n" for number in range(3))
    path.write_text("x" * 99 + "\n" + "".join(f"{'y' * 99}\n" for _ in range(4000)))
    log.write("the last", path, NOW)
    assert path.stat().st_size < 256 * 1024
    assert path.read_text().endswith("the last\n")
