"""Start the Python server once as Excel does, through xlwings' DLL: `python -m kopilot_xl.excel.serving`.

It prints the version of the package that answers. What hinders it goes to standard error, with exit code 1. Where the
server does not start, xlwings' DLL would wait for it for two minutes; this gives up before.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from kopilot_xl.texts import t

WITHIN = 30
"""How many seconds a server may take to start and answer."""
_VARIANT = 24
"""The size of a VARIANT, in bytes; what it holds comes 8 bytes after its beginning."""
_BESIDE_NOBODY = r"False;C:\\book.xlsm;C:\\book.xlsm;;;;"
"""As the add-in has it for a workbook whose folder is not to be looked into, quoted for the command line."""


def dll_names(version: str) -> tuple[str, str]:
    """Return the names of the DLLs that Excel loads, of 64 bits and of 32, for a version of xlwings."""
    return f"xlwings64-{version}.dll", f"xlwings32-{version}.dll"


def dll_folders(interpreter: Path) -> tuple[Path, Path]:
    """Return the only folders in which Excel looks for the DLLs of an interpreter."""
    return interpreter.parent, interpreter.parent.parent


def shipped_dlls() -> Iterator[Path]:
    """Yield where the DLLs are that were installed with xlwings, wherever pip put them."""
    for file in metadata.files("xlwings") or []:
        if file.name.startswith("xlwings") and file.suffix == ".dll":
            path = Path(str(file.locate())).resolve()
            if path.is_file():
                yield path


def command(interpreter: Path) -> str:
    """Return the command line with which the add-in has the DLL start a server."""
    code = (
        f'import sys, os;import xlwings.utils;xlwings.utils.prepare_sys_path(\\"{_BESIDE_NOBODY}\\");'
        "import xlwings; xlwings.serve('$(CLSID)')"
    )
    return f'cmd.exe  /K ""{interpreter}" -B -c "{code}""'


def answer(interpreter: Path) -> str:
    """Start a server and return the version of the package in it.

    Raises:
        OSError: there is no DLL, or it cannot be loaded.
        RuntimeError: no server was started.
    """
    import ctypes

    pythoncom: Any = import_module("pythoncom")
    dynamic: Any = import_module("win32com.client.dynamic")
    wanted = dll_names(metadata.version("xlwings"))[struct.calcsize("P") == 4]
    found = [folder / wanted for folder in dll_folders(interpreter) if (folder / wanted).is_file()]
    if not found:
        raise OSError(t("there is no {name} beside {interpreter}", name=wanted, interpreter=interpreter))
    pythoncom.CoInitialize()
    variant = (ctypes.c_byte * _VARIANT)()
    library: Any = ctypes.CDLL(str(found[0]))
    if library.XLPyDLLActivateAuto(ctypes.byref(variant), command(interpreter).encode(), 1):
        raise RuntimeError(t("the server did not start"))
    pointer = ctypes.cast(ctypes.byref(variant, 8), ctypes.POINTER(ctypes.c_void_p)).contents.value
    server = dynamic.Dispatch(pythoncom.ObjectFromAddress(pointer, pythoncom.IID_IDispatch))
    version = str(server.Str(server.Eval("__import__('kopilot_xl.excel.udfs').__version__")))
    with suppress(pythoncom.com_error):  # it ends in the midst of the call
        server.Exec("import os; os._exit(0)")
    return version


def _give_up() -> None:
    print(t("it does not answer within {seconds} seconds", seconds=WITHIN), file=sys.stderr, flush=True)
    os._exit(1)


def main() -> int:
    """See the module."""
    limit = threading.Timer(WITHIN, _give_up)
    limit.daemon = True
    limit.start()
    try:
        print(answer(Path(sys.executable)))
    except Exception as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
