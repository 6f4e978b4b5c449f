"""A stand-in for Excel with xlwings: the workbook's macros in an interpreter, and Python behind a counter."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any

from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.formula._calc.evaluator import Context
from pyopenvba.formula._calc.reference import MAX_ROW
from pyopenvba.formula._calc.values import Reference
from pyopenvba.interpreter import EMPTY, VBAArray, VBADate, VBAInt, VBAObject

from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import snapshot
from kopilot_xl.workbook.template import build

HOST = """
Option Explicit
Public StandIn As Object

Public Sub UseStandIn(given As Object)
    Set StandIn = given
End Sub

Public Function HostOnMac() As Boolean
    HostOnMac = StandIn.OnMac
End Function

Public Function HostOnPC() As Boolean
    HostOnPC = StandIn.OnPC
End Function

Public Function HostIsSeen() As Boolean
    HostIsSeen = StandIn.IsSeen
End Function

Public Function HostIsActive() As Boolean
    HostIsActive = StandIn.IsActive
End Function

Public Function HostActiveName() As String
    HostActiveName = StandIn.ActiveName
End Function

Public Function HostIsCalculating() As Boolean
    HostIsCalculating = StandIn.IsCalculating
End Function

Public Function HostIsCopying() As Boolean
    HostIsCopying = StandIn.IsCopying
End Function

Public Sub HostSay(text As String)
    StandIn.Say text
End Sub

Public Sub HostCanCancel(can As Boolean)
    StandIn.CanCancel can
End Sub

Public Function HostAsked(prompt As String, heading As String, answer As String) As Boolean
    answer = InputBox(prompt, heading)
    HostAsked = (answer <> "(canceled)")
End Function

Public Function HostFiles(heading As String) As Variant
    HostFiles = StandIn.Files(heading)
End Function

Public Sub HostRecalculate()
    StandIn.Recalculated
End Sub

Public Sub HostRecalculateCell(cell As Object)
    StandIn.RecalculatedCell cell.Address
End Sub

Public Function HostShowsNameError() As Boolean
    HostShowsNameError = StandIn.ShowsNameError
End Function

Public Function HostHasAddIn() As Boolean
    HostHasAddIn = StandIn.HasAddIn
End Function

Public Function HostSetting(key As String, source As String) As String
    HostSetting = StandIn.Setting(key, source)
End Function

Public Function HostIsFile(path As String) As Boolean
    HostIsFile = StandIn.IsFile(path)
End Function

Public Function HostTries(interpreter As String, code As String, seconds As Long, reason As String) As Boolean
    reason = StandIn.Tries(interpreter, code, seconds)
    HostTries = (reason = "")
End Function

Public Function HostServer() As Object
    StandIn.Start
    Set HostServer = StandIn
End Function

Public Function HostServerName() As String
    HostServerName = StandIn.ServerName
End Function

Public Sub HostEndServer()
    StandIn.EndServer
End Sub

Public Function HostIsLast() As Boolean
    HostIsLast = StandIn.IsLast
End Function

Public Sub HostWarmUpSoon()
    StandIn.WarmUpSoon
End Sub

Public Function HostReport() As Object
    Set HostReport = ThisWorkbook.Worksheets("xlwings.conf")
    HostReport.Range("A1:D60").ClearContents
End Function

Public Sub HostShow(sheet As Object)
    StandIn.Say "shown"
End Sub

Public Function HostVersion() As String
    HostVersion = "an interpreter"
End Function

Public Sub HostRunMissing()
    Err.Raise 1004
End Sub

Public Sub HostRecalculateSoon()
    StandIn.RecalculateSoon
End Sub

Public Sub HostNothingToCome()
    StandIn.NothingToCome
End Sub

Public Sub HostRunPython(code As String)
    StandIn.RunPython code
End Sub
"""
"""The module KopilotHost of the tests: what the interpreter lacks goes to the stand-in below."""

EDITS = """
Option Explicit

Public Sub Edit(sheet As String, address As String, value As Variant)
    ThisWorkbook.Worksheets(sheet).Range(address).Value = value
End Sub

Public Sub EditUnheard(sheet As String, address As String, value As Variant)
    Application.EnableEvents = False
    Edit sheet, address, value
    Application.EnableEvents = True
End Sub

Public Sub EditSetting(setting As String, value As Variant)
    ThisWorkbook.Names.Item(setting).RefersToRange.Value = value
End Sub

Public Sub PasteRows(sheet As String, first As Long, count As Long)
    Dim pasted() As Variant
    Dim r As Long
    ReDim pasted(1 To count, 1 To 2)
    For r = 1 To count
        pasted(r, 1) = 1001
        pasted(r, 2) = DateSerial(2026, 6, 1)
    Next r
    ThisWorkbook.Worksheets(sheet).Range("A" & first).Resize(count, 2).Value = pasted
End Sub

Public Sub DeleteRow(sheet As String, row As Long)
    ThisWorkbook.Worksheets(sheet).Rows(row).Delete
End Sub

Public Sub DeleteName(setting As String)
    ThisWorkbook.Names.Item(setting).Delete
End Sub

Public Sub DeleteSheet(sheet As String)
    Application.DisplayAlerts = False
    ThisWorkbook.Worksheets(sheet).Delete
End Sub

Public Sub HideSheet(sheet As String)
    ThisWorkbook.Worksheets(sheet).Visible = 0
End Sub

Public Sub Formula(sheet As String, address As String, text As String)
    ThisWorkbook.Worksheets(sheet).Range(address).Formula = text
End Sub

Public Sub Calculated(sheet As String)
    KopilotCalculated ThisWorkbook.Worksheets(sheet)
End Sub

Public Sub Pick(sheet As String, address As String)
    ThisWorkbook.Worksheets(sheet).Activate
    ThisWorkbook.Worksheets(sheet).Range(address).Select
End Sub

Public Sub Hide(sheet As String, rows As String)
    ThisWorkbook.Worksheets(sheet).Range(rows).EntireRow.Hidden = True
End Sub

Public Sub SetHeight(sheet As String, rows As String)
    ' This model cannot tell how high a row with wrapped text becomes once a cell of it is edited.
    ThisWorkbook.Worksheets(sheet).Range(rows).EntireRow.RowHeight = 15
End Sub

Public Sub HideColumn(sheet As String, column As String)
    ThisWorkbook.Worksheets(sheet).Columns(column).Hidden = True
End Sub

Public Sub Filter(sheet As String, field As Long, criterion As String)
    ThisWorkbook.Worksheets(sheet).Range("A1:C9").AutoFilter field, criterion
End Sub

Public Sub SetExcel(setting As String, value As String)
    ' What Python sets while it refreshes.
    Select Case setting
        Case "EnableEvents"
            Application.EnableEvents = CBool(value)
        Case "ScreenUpdating"
            Application.ScreenUpdating = CBool(value)
        Case "Calculation"
            Application.Calculation = CLng(value)
    End Select
End Sub

Public Sub Lengthen(table As String, rows As Long)
    With KopilotTable(table)
        .Resize .Range.Resize(rows)
    End With
End Sub

Public Sub ShowTotals(table As String, show As Boolean)
    KopilotTable(table).ShowTotals = show
End Sub

Public Sub Protect(sheet As String)
    ThisWorkbook.Worksheets(sheet).Protect
End Sub

Public Function Filled(count As Long) As Long
    ' What a column of formulas asks, cell by cell.
    Dim i As Long
    For i = 1 To count
        If CStr(SEGMENT(1001)) = "Active" Then Filled = Filled + 1
    Next i
End Function
"""
"""What a user does in the workbook, and a column of formulas."""

SERVER_GONE = -2147023174
NO_SUCH_MACRO = 1004
INTERPRETER = r"C:\Users\An Na\venv\Scripts\python.exe"
PYTHON_WITHOUT_WINDOW = r"C:\Users\An Na\venv\Scripts\pythonw.exe"

Answer = Callable[..., Any]


class StandIn(VBAObject):  # type: ignore[misc]  # pyOpenVBA ships no types
    """Python as the macros meet it: `answers` are the functions by name, `calls` what was asked of them.

    `failing` are errors, each raised once by the next call; `starting` the same for starting Python.
    """

    vba_type_name = "StandIn"

    def __init__(self, answers: dict[str, Answer], system: str = "Windows") -> None:
        self.answers, self.system = answers, system
        self.calls: list[tuple[str, str, list[Any]]] = []
        self.failing: list[tuple[int, str]] = []
        self.starting: list[tuple[int, str]] = []
        self.starts = self.trials = self.recalculations = 0
        self.commands: list[str] = []
        self.said: list[str] = []
        self.cells: list[str] = []
        self.during: Callable[[], Any] | None = None
        self.when_recalculated: Callable[[], Any] | None = None
        self.has_add_in = self.is_seen = self.is_active = self.is_last = self.can_cancel = True
        self.is_calculating = self.is_copying = self.shows_name_error = False
        self.settings = {
            ("INTERPRETER_WIN", "user"): INTERPRETER,
            ("ADD_WORKBOOK_TO_PYTHONPATH", "sheet"): "False",
        }
        self.files = {INTERPRETER, PYTHON_WITHOUT_WINDOW}
        self.trial = ""
        self.tried: list[str] = []
        self.chosen: Any = False
        self.asked_for: list[str] = []
        self.server_name = "server of this workbook"
        self.ended = 0
        self.warm_ups = 0
        self.is_due = False

    def asked(self, name: str) -> list[list[Any]]:
        """Return the arguments of each call of a function."""
        return [arguments for _, asked, arguments in self.calls if asked == name]

    def vba_get(self, name: str, args: Sequence[object] = (), named: object = None) -> object:
        """Answer what the macros call, whatever the case of its name."""
        called = getattr(self, f"vba_{name.casefold()}")
        answer = called(*args)
        return EMPTY if answer is None else answer

    def vba_start(self) -> None:
        self.starts += 1
        if self.starting:
            raise VBARuntimeError(*self.starting.pop(0))

    def vba_calludf(self, *arguments: object) -> object:
        return self.call_udf(*arguments)

    def vba_onmac(self) -> bool:
        return self.system == "Mac"

    def vba_onpc(self) -> bool:
        return self.system == "Windows"

    def vba_isseen(self) -> bool:
        return self.is_seen

    def vba_isactive(self) -> bool:
        return self.is_active

    def vba_activename(self) -> str:
        return "Kopilot.xlsm" if self.is_active else "Other.xlsx"

    def vba_iscalculating(self) -> bool:
        return self.is_calculating

    def vba_iscopying(self) -> bool:
        return self.is_copying

    def vba_say(self, text: object) -> None:
        self.said.append(str(text))

    def vba_cancancel(self, can: object) -> None:
        self.can_cancel = bool(can)

    def vba_files(self, heading: object) -> object:
        self.asked_for.append(str(heading))
        if self.chosen is False:
            return False
        return VBAArray([(1, len(self.chosen))], items=list(self.chosen))

    def vba_recalculated(self) -> None:
        self.recalculations += 1
        if self.when_recalculated:
            self.when_recalculated()

    def vba_recalculatedcell(self, address: object) -> None:
        self.cells.append(str(address))

    def vba_showsnameerror(self) -> bool:
        return self.shows_name_error

    def vba_hasaddin(self) -> bool:
        return self.has_add_in

    def vba_setting(self, key: object, source: object) -> str:
        return self.settings.get((str(key), str(source)), "")

    def vba_isfile(self, path: object) -> bool:
        return str(path) in self.files

    def vba_tries(self, interpreter: object, code: object, seconds: object) -> str:
        self.trials += 1
        self.tried.append(f"{interpreter} {code}")
        return self.trial

    def vba_servername(self) -> str:
        return self.server_name

    def vba_endserver(self) -> None:
        self.ended += 1

    def vba_islast(self) -> bool:
        return self.is_last

    def vba_warmupsoon(self) -> None:
        self.warm_ups += 1

    def vba_recalculatesoon(self) -> None:
        self.is_due = True

    def vba_nothingtocome(self) -> None:
        self.warm_ups = 0
        self.is_due = False

    def vba_runpython(self, code: object) -> None:
        self.commands.append(str(code))
        if self.starting:
            raise VBARuntimeError(*self.starting.pop(0))

    def call_udf(self, module: object, function: object, arguments: object, book: object, caller: object) -> object:
        plain = from_vba(arguments)
        self.calls.append((str(module), str(function), plain))
        if self.failing:
            raise VBARuntimeError(*self.failing.pop(0))
        if self.during:
            self.during()
        return as_call_udf(self.answers[str(function)](*plain))


def from_vba(value: object) -> Any:
    """Return what Python is given: arrays as lists, dates as moments, a blank cell as None."""
    if isinstance(value, VBAArray):
        if value.dimensions == 2:
            (top, bottom), (left, right) = value.bounds
            return [[from_vba(value.get([r, c])) for c in range(left, right + 1)] for r in range(top, bottom + 1)]
        return [from_vba(each) for each in value.elements()]
    if isinstance(value, VBADate):
        return value.to_datetime()
    if isinstance(value, VBAInt):
        return int(value)
    return None if value is EMPTY else value


def as_call_udf(value: Any) -> object:
    """Return an answer in the shapes CallUDF gives: arrays from 0 on, one row as one dimension, one cell as itself."""
    rows = value if isinstance(value, list) else [value]
    rows = [row if isinstance(row, list) else [row] for row in rows]
    if len(rows) == 1 and len(rows[0]) == 1:
        return to_vba(rows[0][0])
    if len(rows) == 1:
        return VBAArray([(0, len(rows[0]) - 1)], items=[to_vba(each) for each in rows[0]])
    return as_array(rows)


def as_array(rows: Sequence[Sequence[Any]]) -> object:
    """Return rows as an array of two dimensions, as Python passes it."""
    items = [to_vba(row[column]) for column in range(len(rows[0])) for row in rows]
    return VBAArray([(0, len(rows) - 1), (0, len(rows[0]) - 1)], items=items)


def to_vba(value: Any) -> object:
    if value is None:
        return EMPTY
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, datetime):
        return VBADate.from_datetime(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return VBAInt(value, "Long")
    return value


def stored(path: Path) -> list[list[Any]]:
    """Return the snapshot a workbook stores, as Python's function `snapshot` answers it."""
    width = len(snapshot.COLUMNS)
    return [[*row, *[None] * (width - len(row))] for row in open_book(path).sheet_values(snapshot.SHEET)]


_read = Context.grid


def _read_used(self: Any, reference: Any) -> Any:
    """Read a whole column as far as it is used, as Excel does; the interpreter would make a million cells of it."""
    area = reference.area
    if area is None or area.height < MAX_ROW:
        return _read(self, reference)
    last = max((row for row, _, _ in self.book.cells(area)), default=area.top)
    return _read(self, Reference.of(replace(area, bottom=last)))


Context.grid = _read_used


def excel(path: Path, python: StandIn | None = None) -> Any:
    """Open a workbook with its macros; without a Python as LibreOffice does, from which none can be reached.

    What is opened is a copy of its own each time: reading the workbook and the macros takes most of a test.
    """
    opened, shared = _opened(path, path.stat().st_mtime_ns)
    host = _Copy(io.BytesIO(opened), shared).load()
    host.interpreter.run("UseStandIn", [python or StandIn({}, "Unix")])
    return host


@lru_cache(maxsize=4)
def _opened(path: Path, saved: int) -> tuple[bytes, dict[int, Any]]:
    """Return a workbook opened in the interpreter, to be copied, and what the copies share."""
    host = ExcelApplication.open(str(path), with_vba=False)
    for name, source in {**build.modules(), "KopilotHost": HOST, "Edits": EDITS}.items():
        host.add_module(source, name=name, kind="document" if name == build.WORKBOOK_MODULE else "standard")
    target = io.BytesIO()
    original = _Original(target)
    original.dump(host)
    return target.getvalue(), original.shared


class _Original(pickle.Pickler):
    """Keeps a host, but for what every host shares: functions, and the constants of the interpreter's modules.

    Its marks such as `EMPTY` are known by being the same object, so that no copy of them may be made.
    """

    def __init__(self, target: io.BytesIO) -> None:
        super().__init__(target, pickle.HIGHEST_PROTOCOL)
        modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "pyopenvba"]
        values = [value for module in modules for value in vars(module).values()]
        self.constants = {id(each) for each in values if type(each) is object or _is_theirs(type(each))}
        self.shared: dict[int, Any] = {}

    def persistent_id(self, each: Any) -> int | None:
        if not isinstance(each, FunctionType) and id(each) not in self.constants:
            return None
        self.shared[id(each)] = each
        return id(each)


def _is_theirs(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "pyopenvba"


class _Copy(pickle.Unpickler):
    """Makes a host of what was kept."""

    def __init__(self, source: io.BytesIO, shared: dict[int, Any]) -> None:
        super().__init__(source)
        self.shared = shared

    def persistent_load(self, name: int) -> Any:
        return self.shared[name]
