"""Run with Python by itself: xlwings as it is on Windows, over stand-ins for pywin32, and calls as JSON.

What is real: xlwings' decorators, `CallUDF`, `call_udf` and argument conversion. What is stood in for: COM.
Calls come as lines of JSON on standard input: lists of `[module, function, arguments]`, with `{"date": …}`,
`{"missing": true}` and `{"range": rows}` for what JSON has no word for. Each line is answered by one of JSON.
"""

from __future__ import annotations

import asyncio  # noqa: F401 - while it still sees which machine this is
import ctypes
import datetime as dt
import json
import sys
import types
from typing import Any


class Dispatch:
    """An object of another program, as pywin32 hands it over."""

    def __init__(self, value: Any = None, **details: Any) -> None:
        self.inner = getattr(value, "inner", value)


class _Info:
    iid = "range"

    def GetTypeInfo(self) -> _Info:  # noqa: N802 - pywin32's name
        return self

    def GetTypeAttr(self) -> _Info:  # noqa: N802
        return self


class ExcelRange:
    """Excel's own range, as far as reading its values needs."""

    _oleobj_ = _Info()

    def __init__(self, rows: list[list[Any]]) -> None:
        self.Value = tuple(map(tuple, rows)) if len(rows) > 1 or len(rows[0]) > 1 else rows[0][0]
        self.Rows = types.SimpleNamespace(Count=len(rows))
        self.Columns = types.SimpleNamespace(Count=len(rows[0]))
        self.Row = self.Column = self.Hwnd = 1
        self.Count = len(rows) * len(rows[0])

    def __getattr__(self, name: str) -> Any:
        if name in {"Worksheet", "Parent", "Application"}:
            return self
        raise AttributeError(name)


class _Library(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()


class _Anything:
    def __getattr__(self, name: str) -> Any:
        return _Anything()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return _Anything()

    def __getitem__(self, place: Any) -> Any:
        return 1


def pretend() -> None:
    """Make xlwings believe that pywin32 and Windows are here."""
    names = (
        "pythoncom", "pywintypes", "win32api", "win32con", "win32event", "win32gui", "win32process", "win32timezone",
        "win32com", "win32com.client", "win32com.client.dynamic", "win32com.client.gencache", "win32com.server",
        "win32com.server.util", "win32com.server.dispatcher", "win32com.server.policy", "win32com.server.exception",
    )  # fmt: skip
    made: dict[str, Any] = {name: _Library(name) for name in names}
    for name, module in made.items():
        sys.modules[name] = module
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(made[parent], own, module)
    com_error = type("com_error", (Exception,), {})
    made["pywintypes"].TimeType = dt.datetime
    made["pywintypes"].com_error = made["pywintypes"].error = com_error
    made["pywintypes"].IID = lambda text: "range" if "00020846" in text else text
    made["win32timezone"].TimeZoneInfo = types.SimpleNamespace(utc=lambda: dt.UTC)
    made["pythoncom"].ole_error = made["pythoncom"].com_error = com_error
    made["pythoncom"].TypeIIDs = _Kinds()
    made["pythoncom"].CoInitialize = lambda: None
    made["pythoncom"].__file__ = "pythoncom"
    client = made["win32com.client"]
    for kind in ("CDispatch", "CoClassBaseClass", "DispatchBaseClass"):
        setattr(client, kind, type(kind, (), {}))
    client.Dispatch = client.DispatchEx = Dispatch
    made["win32com.server.util"].unwrap = _unwrap
    ctypes_any: Any = ctypes
    ctypes_any.windll = ctypes_any.oledll = _Anything()
    ctypes_any.PyDLL = lambda *names: _Anything()
    ctypes_any.WINFUNCTYPE = lambda *kinds: lambda function: function


class _Kinds(dict[Any, type]):
    def __missing__(self, key: Any) -> type:
        return type("PyIDispatch", (), {})


def _unwrap(value: Any) -> Any:
    raise TypeError("not one of ours")


def _understood(given: Any) -> Any:
    """Turn the JSON of an argument into what COM hands over: arrays are tuples."""
    if isinstance(given, dict):
        if "date" in given:
            return dt.datetime.fromisoformat(given["date"]).replace(tzinfo=dt.UTC)
        if "missing" in given:
            return -2147352572
        return ExcelRange([[_understood(each) for each in row] for row in given["range"]])
    return tuple(map(_understood, given)) if isinstance(given, list) else given


def _plain(answer: Any) -> Any:
    if isinstance(answer, (dt.datetime, dt.date)):
        return {"date": answer.isoformat()[:10]}
    return [_plain(each) for each in answer] if isinstance(answer, (list, tuple)) else answer


def server() -> Any:
    """Import xlwings as on Windows, and return what its add-in talks to."""
    pretend()
    platform, sys.platform = sys.platform, "win32"
    import xlwings.com_server  # xlwings sees that it is on Windows

    sys.platform = platform
    python: Any = xlwings.com_server.XLPython()
    return python


def main() -> None:
    """Make the calls of each line of standard input, and print their answers in a line."""
    python = server()
    for line in sys.stdin:
        answers = []
        for module, function, arguments in json.loads(line):
            if function == "__docs__":
                answers.append(_documented(module))
            else:
                answers.append(_plain(python.CallUDF(module, function, tuple(map(_understood, arguments)), None, None)))
        print(json.dumps(answers), flush=True)


def _documented(module: str) -> Any:
    """What the function wizard shows: each function with its text and those of its arguments."""
    import importlib

    functions = vars(importlib.import_module(module)).values()
    return {
        each.__xlfunc__["name"]: [
            each.__xlfunc__["ret"]["doc"],
            {arg["name"]: arg["doc"] for arg in each.__xlfunc__["args"]},
        ]
        for each in functions
        if hasattr(each, "__xlfunc__")
    }


if __name__ == "__main__":
    main()
