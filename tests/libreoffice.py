"""A real LibreOffice for tests and pictures: pages of a workbook as PDF and PNG, and scripts that run inside it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PYTHON = "/usr/bin/python3"
"""The interpreter LibreOffice's own module `uno` belongs to."""
SECONDS = 90

_INSIDE = """
import json, subprocess, sys, time
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
options = (value("Hidden", True), value("MacroExecutionMode", 4))
doc = desktop.loadComponentFromURL(uno.systemPathToFileUrl(arguments["book"]), "_blank", 0, options)
try:
    names = {"doc": doc, "uno": uno, "value": value}
    exec(arguments["script"], names)
    print("RESULT" + json.dumps(names["result"]))
finally:
    doc.close(True)
    try:
        desktop.terminate()
    except Exception:
        pass
"""


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
    with TemporaryDirectory() as profile:
        command = [*_office(Path(profile)), "--convert-to", "pdf", "--outdir", str(folder), str(book)]
        subprocess.run(command, capture_output=True, check=True, timeout=SECONDS)
    return folder / f"{book.stem}.pdf"


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


def run(book: Path, script: str) -> Any:
    """Open a workbook with its macros on, run a script over it, and return what it left in `result`.

    The script finds the document as `doc`; its result is handed back as JSON. The file is not saved.
    """
    with TemporaryDirectory() as profile:
        pipe = Path(profile).name
        accept = f"--accept=pipe,name={pipe};urp;"
        office = subprocess.Popen(
            [*_office(Path(profile)), "--norestore", accept],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            arguments = json.dumps({"pipe": pipe, "book": str(book.resolve()), "script": script})
            done = subprocess.run(
                [PYTHON, "-c", _INSIDE, arguments], capture_output=True, text=True, check=False, timeout=SECONDS
            )
        finally:
            _end(office)
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if done.returncode or not told:
        raise RuntimeError(f"the script failed in LibreOffice: {done.stderr.strip()}")
    return json.loads(told[-1].removeprefix("RESULT"))


def _office(profile: Path) -> Sequence[str]:
    return ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--nologo", "--nofirststartwizard"]


def _end(office: subprocess.Popen[bytes]) -> None:
    """End the office that was started, and what it started itself: they are a session of their own."""
    try:
        office.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(office.pid, signal.SIGKILL)
        office.wait()
