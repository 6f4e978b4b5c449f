"""A real LibreOffice for tests and pictures: pages of a workbook as PDF and PNG, and scripts that run inside it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PYTHON = "/usr/bin/python3"
"""The interpreter LibreOffice's own module `uno` belongs to."""
SECONDS = 90

_INSIDE = """
import json, sys, time
import uno
from com.sun.star.beans import PropertyValue

def value(name, given):
    return PropertyValue(Name=name, Value=given)

arguments = json.loads(sys.argv[1])
local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
address = "uno:pipe,name=" + arguments["pipe"] + ";urp;StarOffice.ComponentContext"
deadline = time.monotonic() + 60
while True:
    try:
        context = resolver.resolve(address)
        break
    except Exception:
        if time.monotonic() > deadline:
            raise
        time.sleep(0.1)
desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
options = (value("Hidden", True), value("MacroExecutionMode", 4 if arguments["macros"] else 0))
doc = desktop.loadComponentFromURL(uno.systemPathToFileUrl(arguments["book"]), "_blank", 0, options)
try:
    names = {"doc": doc, "uno": uno, "value": value, "context": context}
    exec(arguments["script"], names)
    print("RESULT" + json.dumps(names["result"]))
finally:
    doc.close(True)
"""
_STORE = """
doc.storeToURL(uno.systemPathToFileUrl({path!r}), (value("FilterName", {kind!r}),))
result = None
"""


@cache
def missing() -> str | None:
    """Return why LibreOffice cannot be driven here; None if it can."""
    for program in ("soffice", "pdftoppm"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not Path(PYTHON).exists():
        return f"there is no {PYTHON}"
    found = subprocess.run([PYTHON, "-c", "import uno"], capture_output=True, check=False)
    return "LibreOffice's Python module uno is not installed" if found.returncode else None


def to_pdf(book: Path, folder: Path) -> Path:
    """Print a workbook into a PDF of the same name."""
    return store(book, folder / f"{book.stem}.pdf", "calc_pdf_Export")


def store(book: Path, target: Path, kind: str) -> Path:
    """Open a workbook, its macros off, and store it as another kind, by the name LibreOffice's filter for it has."""
    run(book, _STORE.format(path=str(target.resolve()), kind=kind), macros=False)
    return target


def to_pictures(
    pdf: Path,
    *,
    dots: int = 100,
    pages: tuple[int, int] | None = None,
    crop: tuple[float, float, float, float] | None = None,
) -> list[Path]:
    """Draw the pages of a PDF, or those from one to another, as PNG files beside it.

    `dots` are per inch; `crop` is what to keep of a page: left, top, width and height in inches.
    """
    options = ["-r", str(dots)]
    if pages:
        options += ["-f", str(pages[0]), "-l", str(pages[1])]
    for option, inches in zip(("-x", "-y", "-W", "-H"), crop or (), strict=False):
        options += [option, str(round(inches * dots))]
    subprocess.run(["pdftoppm", *options, "-png", str(pdf), str(pdf.with_suffix(""))], check=True, timeout=SECONDS)
    return sorted(pdf.parent.glob(f"{pdf.stem}-*.png"))


def to_texts(pdf: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


def to_lines(pdf: Path, page: int) -> list[tuple[float, float]]:
    """Return where each word of a page of a PDF begins and ends, in inches from the top."""
    command = ["pdftotext", "-bbox", "-f", str(page), "-l", str(page), str(pdf), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.findall(r'<word [^>]*yMin="([\d.]+)" [^>]*yMax="([\d.]+)"', done.stdout)
    return [(float(start) / 72, float(end) / 72) for start, end in found]


def run(book: Path, script: str, *, macros: bool = True) -> Any:
    """Open a workbook with its macros on, run a script over it, and return what it left in `result`.

    The script finds the document as `doc`, the program as `context`; its result is handed back as JSON. The file is
    not saved.
    All scripts of this process run in one LibreOffice, started by the first; one that fails ends it.
    """
    done = _ran(book, script, macros)
    if done.returncode < 0 or (done.returncode and not done.stderr):
        done = _ran(book, script, macros)  # LibreOffice's bridge dies now and then: killed by itself, or without a word
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if done.returncode or not told:
        end()
        raise RuntimeError(f"the script failed in LibreOffice ({done.returncode}): {done.stderr.strip()}")
    return json.loads(told[-1].removeprefix("RESULT"))


def _ran(book: Path, script: str, macros: bool) -> subprocess.CompletedProcess[str]:
    given = {"pipe": _started().pipe, "book": str(book.resolve()), "script": script, "macros": macros}
    command = [PYTHON, "-c", _INSIDE, json.dumps(given)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        end()
        raise
    if done.returncode:
        end()
    return done


class _Office:
    """A LibreOffice with a profile of its own that waits for scripts."""

    def __init__(self) -> None:
        self.profile = TemporaryDirectory(prefix="kopilot-xl-office-")
        self.pipe = Path(self.profile.name).name
        self.process = subprocess.Popen(
            [
                "soffice", f"-env:UserInstallation={Path(self.profile.name).as_uri()}", "--headless", "--nologo",
                "--nofirststartwizard", "--norestore", f"--accept=pipe,name={self.pipe};urp;",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def end(self) -> None:
        """End the program and what it started itself: they are a session of their own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.profile.cleanup()


_running: list[_Office] = []


def _started() -> _Office:
    if _running and _running[0].process.poll() is not None:
        end()
    if not _running:
        _running.append(_Office())
    return _running[0]


@atexit.register
def end() -> None:
    """End the LibreOffice of this process, if one was started."""
    while _running:
        _running.pop().end()
