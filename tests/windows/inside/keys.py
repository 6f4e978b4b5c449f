"""Run a command in a console of its own and press Ctrl-C or Ctrl-Break there: at steps of saving, or once.

    python -m tests.windows.inside.keys KEY FOLDER steps FIRST STRIDE COMMAND ...
    python -m tests.windows.inside.keys KEY FOLDER once UNTIL PROGRAM ...

KEY is `c` or `break`. With `steps` the command of the product is run in this process again and again, each time on the
files that FOLDER holds at the start, and the key is pressed at its FIRST step of saving, then STRIDE steps later, and
so on: until the command ends without the key, or this process with the command.
With `once` a program is started, and the key is pressed once there is a file UNTIL or the program has said so on
standard error. What was found is printed as JSON, one line a run.

    python -m tests.windows.inside.keys product COMMAND ...

is the command `kopilot-xl`, which hears Ctrl-Break under Wine as it does on Windows.

Its caller starts it with CREATE_NO_WINDOW: then the console is its own, and nobody else's processes are in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

assert sys.platform == "win32"

from kopilot_xl import cli  # noqa: E402
from tests.windows.inside import steps  # noqa: E402

EVENTS = {"c": 0, "break": 1}
SECONDS = 20.0

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_HANDLER = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_ulong)


def press(key: str) -> None:
    """Press a key in this console: every process in it hears of that."""
    if _kernel.GenerateConsoleCtrlEvent(EVENTS[key], 0):
        return
    # Wine knows Ctrl-C alone. Windows runs this function in a new thread of every process in the console.
    routine = ctypes.WinDLL("kernelbase").CtrlRoutine
    _kernel.OpenProcess.restype = ctypes.c_void_p
    for process in processes():
        handle = ctypes.c_void_p(_kernel.OpenProcess(0x43A, False, process))
        _kernel.CreateRemoteThread(handle, None, ctypes.c_size_t(0), routine, ctypes.c_void_p(EVENTS[key]), 0, None)
        _kernel.CloseHandle(handle)


def processes() -> list[int]:
    """The ids of the processes in this console."""
    found = (ctypes.c_ulong * 64)()
    return list(found[: _kernel.GetConsoleProcessList(found, 64)])


def _hear(event: int) -> bool:
    """Note that a key was pressed; and do what the C library of Windows does on Ctrl-Break; that of Wine does not."""
    heard.append(event)
    number = signal.SIGBREAK
    if event != EVENTS["break"] or signal.getsignal(number) is signal.SIG_DFL:
        return False
    if signal.getsignal(number) is not signal.SIG_IGN:
        ctypes.cdll.ucrtbase["raise"](int(number))
    return True


heard: list[int] = []
_hearing = _HANDLER(_hear)
_kernel.SetConsoleCtrlHandler(_hearing, True)  # in the workers of --jobs too, which import this file


def main(key: str, folder: str = "", how: str = "", *more: str) -> None:
    """See the module."""
    if key == "product":
        del sys.argv[1]
        sys.exit(cli.main())
    os.chdir(folder)
    if how == "steps":
        _at_steps(key, Path(folder), *map(int, more[:2]), list(more[2:]))
    else:
        _once(key, more[0], list(more[1:]))


def _at_steps(key: str, folder: Path, wanted: int, stride: int, command: list[str]) -> None:
    """Press a key at a step of a command, then at later ones, until it ends before the key is pressed."""
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    count = wanted

    def at_step() -> None:
        nonlocal count
        count += 1
        if count - 1 != wanted:
            return
        press(key)
        deadline = time.monotonic() + SECONDS
        while not heard:
            assert time.monotonic() < deadline, "nobody heard the key"
            time.sleep(0.002)
        time.sleep(0.05)  # where nobody waits for a good moment, an exception comes here

    steps.watch(at_step)
    while count >= wanted:
        count = -(10**9)
        for path in folder.iterdir():
            path.unlink()
        for name, data in kept.items():
            Path(name).write_bytes(data)
        count = 0
        heard.clear()
        ran = _run(command)
        print(json.dumps({**ran, "heard": len(heard), "files": _digests(folder)}), flush=True)
        wanted += stride


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _run(command: list[str]) -> dict[str, Any]:
    """Run a command in this process."""
    sys.argv = ["kopilot-xl", *command]
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def _once(key: str, until: str, program: list[str]) -> None:
    """Start a program, press a key once it has come so far, and print how it ended and how much it left running."""
    for number in (signal.SIGINT, signal.SIGBREAK):
        signal.signal(number, lambda *_: None)  # not `ignored`: programs started here would inherit that
    said = Path("said.txt")
    with said.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=file)
    while process.poll() is None and not (Path(until).exists() or until in said.read_text(encoding="utf-8")):
        time.sleep(0.005)
    press(key)
    process.wait(timeout=60)
    err = said.read_text(encoding="utf-8")
    said.unlink()
    print(json.dumps({"code": process.returncode, "err": err, "left": len(processes()) - 1}))


if __name__ == "__main__":
    main(*sys.argv[1:])
