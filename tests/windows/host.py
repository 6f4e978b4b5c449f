"""A Windows on this machine: Windows's CPython under Wine, with the packages that the product and its tests ask for.

`python -m tests.windows.host` builds it and prints its folder; tests do so when they first need it. It is built once
for a recipe (this file, the sources in C beside it, the packages of pyproject.toml, the Wine) and kept in
~/.cache/kopilot-xl-windows, or in the folder that KOPILOT_XL_WINDOWS names. README.md beside this file tells what Wine
lacks and how that is filled in.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACE = "KOPILOT_XL_WINDOWS"
"""The environment variable that names the folder to keep the hosts in."""
GCC, OBJDUMP = "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-objdump"
PYTHON = (3, 11)

CPYTHON = "panda3d==1.10.15"
"""A wheel that carries a Windows CPython, 3.11.9; none was found that holds nothing else."""
PINNED = ("pywin32==311",)
ONLY_ON_WINDOWS = ("colorama", "tzdata")
"""What packages ask for on Windows alone: pip judges that by the Linux it runs on."""
FOR_THE_HOST = ("distlib", "hatchling", "pip", "pytest-timeout")
LEFT_OUT = {"pyspark"}
"""Java, which Spark runs in, is not there."""

_MATHS = "api-ms-win-crt-math-l1-1-0.dll"
_OUR_MATHS = "kopilot-crt-maths-with-c99.dll"  # as long as the name it is written over
_COMPLEX = re.compile(r"c(?:real|imag|arg|abs|a?(?:sin|cos|tan)h?|exp|log|pow|sqrt|onj|proj)[fl]?")
_ASKS = re.compile(rb"\0" + _COMPLEX.pattern.encode() + rb"\0")
_NO_LIBRARIES = {"test", "tests", "idlelib", "lib2to3", "tkinter", "turtledemo", "ensurepip", "lib-dynload"}
_OF_HERE = re.compile(r"DISPLAY$|WAYLAND_DISPLAY$|PYTHON|PYTEST|PIP_|VIRTUAL_ENV")
"""Environment variables that say something of this system or this run."""
_SECONDS = 300.0


@cache
def missing() -> str | None:
    """Return why there can be no Windows here; None if there can."""
    for program, package in (
        ("wine", "wine"),
        ("wineboot", "wine"),
        ("wineserver", "wine"),
        (GCC, "gcc-mingw-w64-x86-64"),
    ):
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian: {package})"
    if not Path("/usr/lib/x86_64-linux-gnu/wine").exists() and not Path("/usr/lib/wine").exists():
        return "Wine has no 64-bit part (Debian: wine64)"
    if sys.version_info[:2] != PYTHON:
        return "the Windows CPython is 3.11: it needs the standard library of a Python 3.11"
    return None


@dataclass(frozen=True)
class Host:
    """A Windows that was built."""

    folder: Path

    @property
    def drive(self) -> Path:
        """Its drive C."""
        return self.folder / "prefix" / "drive_c"

    @property
    def python(self) -> Path:
        """The folder of its Python, C:\\Py."""
        return self.drive / "Py"

    def environment(self, **more: str) -> dict[str, str]:
        """The environment variables its processes start with."""
        return {
            **{name: value for name, value in os.environ.items() if not _OF_HERE.match(name)},
            "WINEPREFIX": str(self.folder / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=d;mshtml=d;winemenubuilder.exe=d",  # neither .NET nor a browser nor a menu
            "WINEPATH": r"C:\Py;C:\Py\Scripts",
            **more,
        }  # fmt: skip

    def run(
        self, *command: str, cwd: Path | None = None, seconds: float = _SECONDS, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a Windows program to its end.

        Its output is taken from pipes (at a terminal Wine would draw a console) for as long as it runs, and no longer:
        Wine's own services, which the first program starts, keep the pipes open.

        Raises:
            subprocess.TimeoutExpired: it did not end in so many seconds, and was killed.
        """
        said: list[list[bytes]] = [[], []]

        def collect(pipe: int, into: list[bytes]) -> None:
            while data := os.read(pipe, 1 << 16):
                into.append(data)
            os.close(pipe)

        ours, theirs = zip(os.pipe(), os.pipe(), strict=True)
        process = subprocess.Popen(
            ["wine", *command], cwd=cwd or self.drive, env=self.environment(**environment), stdin=subprocess.DEVNULL,
            stdout=theirs[0], stderr=theirs[1], start_new_session=True,
        )  # fmt: skip
        for pipe in theirs:
            os.close(pipe)
        readers = [threading.Thread(target=collect, args=each, daemon=True) for each in zip(ours, said, strict=True)]
        for reader in readers:
            reader.start()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        for reader in readers:
            reader.join(timeout=1)
        out, err = (b"".join(each) for each in said)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def checkout(self) -> Path:
        """Bring this checkout onto drive C, and return its folder there.

        What is there already stays, so that nothing is compiled twice. Windows never writes into the checkout itself.
        """
        target = self.drive / "checkouts" / hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]
        wanted: dict[Path, Path] = {}
        for name in (
            "kopilot_xl",
            "tests",
            "docs",
            "bench",
            "workbook",
            "pyproject.toml",
            "README.md",
            "CHANGELOG.md",
            "LICENSE",
        ):
            path = ROOT / name
            files = path.rglob("*") if path.is_dir() else [path]
            wanted |= {
                file.relative_to(ROOT): file for file in files if file.is_file() and "__pycache__" not in file.parts
            }
        for old in [each for each in target.rglob("*") if each.is_file() and "__pycache__" not in each.parts]:
            if old.relative_to(target) not in wanted:
                old.unlink()
        for place, file in wanted.items():
            copy = target / place
            if not copy.exists() or (copy.stat().st_size, copy.stat().st_mtime) != (
                file.stat().st_size,
                file.stat().st_mtime,
            ):
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, copy)
        return target

    def path(self, path: Path) -> str:
        """What a file is called in Windows."""
        real = path.resolve()
        if real.is_relative_to(self.drive.resolve()):
            return "C:\\" + str(real.relative_to(self.drive.resolve())).replace("/", "\\")
        return "Z:" + str(real).replace("/", "\\")


@cache
def host() -> Host:
    """Return the Windows of this recipe; it is built where there is none yet."""
    why = missing()
    assert why is None, why
    folder = _place() / _recipe()
    with _alone(folder):
        if not (folder / "built").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _build(Host(folder))
            (folder / "built").touch()
    return Host(folder)


def _place() -> Path:
    named = os.environ.get(PLACE)
    return Path(named) if named else Path.home() / ".cache" / "kopilot-xl-windows"


def _recipe() -> str:
    """What a host is made of, as a short name."""
    parts = [each.read_bytes() for each in sorted([*HERE.glob("*.c"), Path(__file__)])]
    parts += ["\n".join(wanted()).encode(), _constraints().encode()]
    parts.append(subprocess.run(["wine", "--version"], capture_output=True, check=True).stdout)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    import fcntl

    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wanted() -> list[str]:
    """The packages to install: what the product and its tests ask for in pyproject.toml, and what the host needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: Mapping[str, Sequence[str]] = project["optional-dependencies"]
    found: dict[str, None] = {}

    def add(lines: Sequence[str]) -> None:
        for line in lines:
            name, _, options = line.partition("[")
            if name == project["name"]:
                for each in options.rstrip("]").split(","):
                    add(extras[each.strip()])
            elif re.split(r"[<>=!~;\[ ]", line)[0] not in LEFT_OUT:
                found[line.partition(";")[0].strip()] = None

    add(project["dependencies"])
    for name, lines in extras.items():
        if name not in {"dev", "lint"}:
            add(lines)
    return [*found, *PINNED, *ONLY_ON_WINDOWS, *FOR_THE_HOST]


def _constraints() -> str:
    """The versions of constraints.txt, which the rest of the build has too."""
    path = ROOT / "constraints.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return "\n".join(line.removesuffix("\\").strip() for line in lines if re.match(r"[\w.-]+==", line))


# building


def _build(made: Host) -> None:
    """Put a host together in an empty folder; every step says how long it took."""
    start = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - start:5.0f} s  {what}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="kopilot-xl-windows-") as scratch:
        work = Path(scratch)
        wheels = made.folder / "wheels"
        prefix = subprocess.Popen(
            ["wineboot", "--init"], env=made.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _pip("download", *_FOR_WINDOWS, "--no-deps", "-d", str(work / "cpython"), CPYTHON)
        (work / "constraints.txt").write_text(_constraints())
        _pip("download", *_FOR_WINDOWS, "-d", str(wheels), "-c", str(work / "constraints.txt"), *wanted())
        say("wheels fetched")
        if prefix.wait():
            raise RuntimeError("wineboot failed")
        subprocess.run(["wineserver", "-w"], env=made.environment(), check=True)
        say("Wine's own files written")
        _cpython(made, work)
        say("Python put together")
        site = made.python / "Lib" / "site-packages"
        _install(wheels, made.python, site)
        say("packages unpacked")
        _libraries(made, site, work)
        say("packages installed")
        library = str(made.python / "Lib")
        compiled = [sys.executable, "-m", "compileall", "-qq", "-j2", "-s", str(made.python), "-p", r"C:\Py", library]
        # Some packages ship what is no Python of today, and none runs the tests it ships.
        subprocess.run([*compiled, "-x", r"[/\\]tests?[/\\]"], check=False)
        say("all compiled")
    code = "import sys, numpy, lxml.etree, openpyxl, win32api, xlwings; print(sys.platform)"
    done = made.run(r"C:\Py\python.exe", "-c", code)
    if done.stdout.strip() != b"win32":
        raise RuntimeError(f"the Python of the host does not work: {done.stdout!r} {done.stderr!r}")
    say("ready")


_FOR_WINDOWS = (
    "--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp", "--only-binary=:all:",
)  # fmt: skip


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pip {arguments[0]} failed: {done.stderr.strip()}")


def _cpython(made: Host, work: Path) -> None:
    """Put CPython together: the libraries of a wheel, the standard library of this Python, and launchers of ours."""
    (carrier,) = (work / "cpython").glob("*.whl")
    libraries = made.python / "DLLs"
    libraries.mkdir(parents=True)
    with zipfile.ZipFile(carrier) as wheel:
        for name in wheel.namelist():
            folder, _, file = name.rpartition("/")
            if folder == "deploy_libs" and not file.lower().startswith("api-ms-"):  # Wine has those itself
                beside = file.lower() in {"python311.dll", "vcruntime140.dll", "vcruntime140_1.dll"}
                (made.python if beside else libraries).joinpath(file).write_bytes(wheel.read(name))

    def unneeded(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == standard
        others = {"site-packages", "dist-packages"} if top else set()
        return {
            each for each in names if each in _NO_LIBRARIES | others | {"__pycache__"} or each.startswith("config-")
        }

    standard = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(standard, made.python / "Lib", ignore=unneeded)
    _compile("python.c", made.python / "python.exe", "-municode")
    _compile("python.c", made.python / "pythonw.exe", "-municode", "-mwindows")
    _compile("client.c", made.python / "client.exe", "-lole32", "-loleaut32", "-luuid")
    _compile("random.c", made.python / "bcryptprimitives.dll", "-shared", "-ladvapi32")
    # python3.dll is for wheels that fit every Python 3, and hands all on.
    handed_on = "\n".join(f"{each}=python311.{each}" for each in _exports(made.python / "python311.dll"))
    _library(made.python / "python3.dll", handed_on, "", work)


def _install(wheels: Path, python: Path, site: Path) -> None:
    """Unpack wheels: pip on Linux takes three times as long over those of Windows."""
    for path in wheels.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(site)
    for data in site.glob("*.data"):
        for kind in data.iterdir():
            target = {"data": python, "scripts": python / "Scripts"}.get(kind.name, site)
            shutil.copytree(kind, target, dirs_exist_ok=True)
        shutil.rmtree(data)


def _libraries(made: Host, site: Path, work: Path) -> None:
    """Put libraries where pip puts them on Windows, and give those of NumPy the mathematics that Wine lacks."""
    for found in [*site.glob("**/xlwings*.dll"), *(site / "pywin32_system32").glob("*.dll")]:
        shutil.move(found, made.python)
    scripts = made.python / "Scripts"
    scripts.mkdir(exist_ok=True)
    # What pip makes of a console script on Windows: a launcher, the interpreter, and a zip with the program.
    launcher = scripts / "kopilot-xl.exe"
    program = work / "program.zip"
    with zipfile.ZipFile(program, "w") as archive:
        archive.writestr("__main__.py", "import sys\nfrom kopilot_xl.cli import main\nsys.exit(main())\n")
    start = (site / "distlib" / "t64.exe").read_bytes() + b"#!C:\\Py\\python.exe\r\n"
    launcher.write_bytes(start + program.read_bytes())

    # Complex functions are missing in Wine: what imports them gets its mathematics from a library of ours.
    assert len(_OUR_MATHS) == len(_MATHS)
    needy = {}
    for library in [*site.rglob("*.pyd"), *site.rglob("*.dll")]:
        code = library.read_bytes()
        if _MATHS.encode() in code and _ASKS.search(code):
            needy[library] = code
    imported = sorted({each for library in needy for each in _imports(library, _MATHS)})
    ours = [each for each in imported if _COMPLEX.fullmatch(each)]
    lines = [f"{each}={'kopilot_' if each in ours else 'ucrtbase.'}{each}" for each in imported]
    _library(made.python / _OUR_MATHS, "\n".join(lines), "\n".join(map(_complex, ours)), work)
    for library, code in needy.items():
        library.write_bytes(code.replace(_MATHS.encode(), _OUR_MATHS.encode()))


def _complex(name: str) -> str:
    """A function of complex numbers, by that of MinGW; Microsoft's long double is a double."""
    plain = name[:-1] if name[-1] == "l" and name != "creal" else name
    kind = "float" if plain.endswith("f") else "double"
    number = f"{kind} complex"
    found = kind if plain.rstrip("f") in {"creal", "cimag", "carg", "cabs"} else number
    if plain.rstrip("f") == "cpow":
        return f"{found} kopilot_{name}({number} a, {number} b) {{ return {plain}(a, b); }}"
    return f"{found} kopilot_{name}({number} a) {{ return {plain}(a); }}"


def _exports(library: Path) -> list[str]:
    """The names of the functions that a library has."""
    told = subprocess.run([OBJDUMP, "-p", str(library)], capture_output=True, text=True, check=True).stdout
    table = told.partition("[Ordinal/Name Pointer] Table")[2].partition("\n\n")[0]
    return [line.split()[-1] for line in table.splitlines() if line.strip().startswith("[")]


def _imports(library: Path, other: str) -> list[str]:
    """The names of the functions that a library takes from another one."""
    told = subprocess.run([OBJDUMP, "-p", str(library)], capture_output=True, text=True, check=True).stdout
    blocks = told.partition("The Import Tables")[2].split("DLL Name: ")
    return [
        line.split()[-1]
        for block in blocks
        if block.startswith(other)
        for line in block.partition("\n\n")[0].splitlines()[2:]
        if len(line.split()) == 3
    ]


def _library(path: Path, exports: str, code: str, work: Path) -> None:
    """Make a library that hands functions on to others, and has some of its own."""
    source, definition = work / f"{path.stem}.c", work / f"{path.stem}.def"
    source.write_text(f"#include <complex.h>\n{code}\nint DllMain(void *a, unsigned b, void *c) {{ return 1; }}\n")
    definition.write_text(f"LIBRARY {path.name}\nEXPORTS\n{exports}\n")
    command = [GCC, "-shared", "-static", "-O1", "-o", str(path), str(source), str(definition)]
    subprocess.run(command, check=True, capture_output=True)


def _compile(source: str, target: Path, *options: str) -> None:
    first = [each for each in options if not each.startswith("-l")]
    last = [each for each in options if each.startswith("-l")]
    subprocess.run([GCC, "-Wall", "-O2", *first, "-o", str(target), str(HERE / source), *last], check=True)


if __name__ == "__main__":
    reason = missing()
    if reason:
        sys.exit(reason)
    with suppress(KeyboardInterrupt):
        print(host().folder)
