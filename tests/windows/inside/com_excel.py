"""An Excel of COM objects over the stand-in of tests/excel, and the server that xlwings' DLL starts for it.

What lies between is real: the DLL, pywin32, marshalling between processes, xlwings' own engine. Every object answers by
methods `get_NAME` and `put_NAME`, and every call is counted.
"""

from __future__ import annotations

import ctypes
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.excel import stand_in
from tests.excel.stand_in import StandIn

# Of pywin32, which is on Windows alone.
pythoncom: Any = import_module("pythoncom")
pywintypes: Any = import_module("pywintypes")
client: Any = import_module("win32com.client")
policy: Any = import_module("win32com.server.policy")
util: Any = import_module("win32com.server.util")
COMException: Any = import_module("win32com.server.exception").COMException

PUT = pythoncom.DISPATCH_PROPERTYPUT | pythoncom.DISPATCH_PROPERTYPUTREF
NOT_FOUND, NO_PROPERTY, EXCEL_SAYS_NO = -2147352573, -2147352562, -2146827284
CALCULATION = {"automatic": -4105, "manual": -4135}
ERRORS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042,
}  # fmt: skip

COMMAND = (
    rf'cmd.exe  /K ""{Path(sys.executable)}" -B -c "import sys, os;import xlwings.utils;xlwings.utils.prepare_sys_path('
    r"""\"False;C:\\book.xlsm;C:\\book.xlsm;;;;\");import xlwings; xlwings.serve('$(CLSID)')"""
    '""'
)
"""What the add-in's VBA has the DLL run."""

NO_TYPE_LIBRARY = """
import xlwings._xlwindows as own
own.Range.autofill = lambda self, destination, type_: self.xl.AutoFill(destination.api, {"fill_formats": 3}[type_])
"""
"""Late binding passes no arguments by name unless Excel's type library says what they are called."""


class Calls:
    """What was asked of the program: the names of objects and their members, and what shall happen before one."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []
        self.before: Callable[[int], None] = lambda count: None

    def most(self, count: int = 12) -> list[tuple[tuple[str, str], int]]:
        """The most frequent ones."""
        return Counter(self.made).most_common(count)


CALLS = Calls()


class Com:
    """An object of the program."""

    methods: frozenset[str] = frozenset()
    """What takes arguments: Excel's type library says so, and it costs one call."""

    def __init__(self, excel: StandIn, inner: Any = None) -> None:
        self.excel, self.inner = excel, inner

    def _dynamic_(self, name: str, lcid: int, flags: int, arguments: Sequence[Any]) -> Any:
        CALLS.made.append((type(self).__name__, name))
        CALLS.before(len(CALLS.made))
        if name == "_NewEnum":
            return util.NewEnum([shared(each) for each in self.items()])
        member = getattr(self, ("put_" if flags & PUT else "get_") + name, None)
        if member is None:
            raise COMException(scode=NOT_FOUND)
        if name in self.methods and not arguments:  # late binding asks whether it is a property first
            raise COMException(scode=NO_PROPERTY)
        try:
            return shared(member(*(given(each) for each in arguments)))
        except stand_in.ComError as error:
            raise COMException(description=str(error.args[2][2]), scode=EXCEL_SAYS_NO) from None
        except KeyError as error:
            raise COMException(description=str(error), scode=EXCEL_SAYS_NO) from None
        except Exception:
            traceback.print_exc()
            raise

    def items(self) -> list[Com]:
        return []

    def get_Application(self) -> Com:  # noqa: N802
        return Application(self.excel)


def shared(value: Any) -> Any:
    """What goes out to other programs."""
    if isinstance(value, Com):
        return util.wrap(value, usePolicy=policy.DynamicPolicy)
    if isinstance(value, (tuple, list)):
        return [shared(each) for each in value]
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return pywintypes.Time(moment.replace(tzinfo=UTC))
    if isinstance(value, str) and value in ERRORS:
        return client.VARIANT(pythoncom.VT_ERROR, -2146828288 + ERRORS[value])
    return value


def in_cells(value: Any) -> Any:
    """What Excel says is in cells: there is no other number than a double."""
    if isinstance(value, tuple):
        return tuple(map(in_cells, value))
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def given(value: Any) -> Any:
    """What other programs hand over: moments without a zone, and this program's own objects as they are."""
    if isinstance(value, tuple):
        return tuple(map(given, value))
    if isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, value.hour, value.minute, value.second)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    try:
        found = util.unwrap(value)
    except Exception:
        return value
    return getattr(found, "_obj_", found)


def _members(kind: type[Com], **members: Callable[[Any], Any]) -> None:
    """Give a kind of object properties that only read something of what is inside."""
    for name, member in members.items():
        setattr(kind, f"get_{name}", member)


class Application(Com):
    """Excel."""

    methods = frozenset({"Run"})

    def get_Run(self, macro: str, *arguments: Any) -> Any:  # noqa: N802
        rows = [[list(row) for row in each] if isinstance(each, tuple) else each for each in arguments]
        return stand_in.App(self.excel).run(macro, tuple(rows))

    def put_Calculation(self, value: int) -> None:  # noqa: N802
        self._set("calculation", next(name for name, number in CALCULATION.items() if number == value))

    def put_ScreenUpdating(self, value: bool) -> None:  # noqa: N802
        self._set("screen_updating", bool(value))

    def put_EnableEvents(self, value: bool) -> None:  # noqa: N802
        self._set("enable_events", bool(value))

    def put_StatusBar(self, value: Any) -> None:  # noqa: N802
        self._set("status_bar", value)

    def _set(self, name: str, value: Any) -> None:
        self.excel.step("set", f"{name}={value}")
        self.excel.settings[name] = value


_members(
    Application,
    Hwnd=lambda self: 1,
    Calculation=lambda self: CALCULATION[self.excel.settings["calculation"]],
    ScreenUpdating=lambda self: self.excel.settings["screen_updating"],
    EnableEvents=lambda self: self.excel.settings["enable_events"],
    StatusBar=lambda self: self.excel.settings["status_bar"],
)


class Workbook(Com):
    """A workbook."""

    methods = frozenset({"SaveCopyAs"})

    def get_SaveCopyAs(self, path: str) -> None:  # noqa: N802
        self.excel.save_copy(path)


class Several(Com):
    """A collection: by number or by name, and one after the other."""

    methods = frozenset({"Item", "_value_"})

    def get__value_(self, key: Any) -> Com:
        if isinstance(key, str):
            return next((each for each in self.items() if each.inner.name == key), None) or _missing(key)
        return self.items()[int(key) - 1]

    get_Item = get__value_  # noqa: N815

    def get_Count(self) -> int:  # noqa: N802
        return len(self.items())


def _missing(name: str) -> Com:
    raise KeyError(name)


class Worksheets(Several):
    def items(self) -> list[Com]:
        return [Worksheet(self.excel, each) for each in stand_in.Sheets(self.excel)]


_members(
    Workbook,
    Name=lambda self: self.excel.name,
    FullName=lambda self: f"https://contoso.sharepoint.com/sites/clients/{self.excel.name}",
    ReadOnly=lambda self: self.excel.read_only,
    Date1904=lambda self: self.excel.workbook.epoch == CALENDAR_MAC_1904,
    Worksheets=lambda self: Worksheets(self.excel),
    Sheets=lambda self: Worksheets(self.excel),
    Names=lambda self: Names(self.excel),
    Signatures=lambda self: Number(self.excel, self.excel.signatures),
)


class Number(Com):
    """Something that can only be counted."""

    def get_Count(self) -> int:  # noqa: N802
        return int(self.inner)


class Worksheet(Com):
    """A sheet."""

    methods = frozenset({"Range", "Cells"})

    def get_Range(self, first: Any = None, last: Any = None) -> Com:  # noqa: N802
        if first is None:
            return RangeOf(self.excel, self.inner)
        return RangeOf(self.excel, self.inner).get__value_(first, last)

    def get_Cells(self, row: Any = None, column: Any = None) -> Com:  # noqa: N802
        whole = Range(self.excel, stand_in.Range(self.inner, 1, 1, 1_048_576, 16_384))
        return whole if row is None else whole.get__value_(row, column)


class RangeOf(Com):
    """A sheet's ranges."""

    def get__value_(self, first: Any, last: Any = None) -> Com:
        if isinstance(first, str):
            return Range(self.excel, self.inner.range(first))
        one, other = first.inner, (last or first).inner
        return Range(self.excel, stand_in.Range(self.inner, one.row, one.column, other.bottom, other.right))


_members(
    Worksheet,
    Name=lambda self: self.inner.name,
    Index=lambda self: self.inner.index,
    Parent=lambda self: Workbook(self.excel),
    ListObjects=lambda self: ListObjects(self.excel, self.inner),
    UsedRange=lambda self: Range(self.excel, self.inner.used_range),
    ProtectContents=lambda self: self.inner.name in self.excel.protected,
    ProtectionMode=lambda self: False,
)


class Range(Com):
    """Cells."""

    methods = frozenset({"AutoFill"})

    def get__value_(self, row: Any, column: Any) -> Com:
        top, left = self.inner.row + int(row) - 1, self.inner.column + int(column) - 1
        return Range(self.excel, stand_in.Range(self.inner.sheet, top, left, top, left))

    def get_Cells(self, row: Any = None, column: Any = None) -> Com:  # noqa: N802
        return self if row is None else self.get__value_(row, column)

    get_Item = get__value_  # noqa: N815

    def put_Value(self, data: Any) -> None:  # noqa: N802
        self.inner.raw_value = _rows(data, self.inner.shape)

    def put_Formula(self, data: Any) -> None:  # noqa: N802
        self.inner.formula = _rows(data, self.inner.shape)

    def get_AutoFill(self, destination: Any, kind: Any = 0) -> None:  # noqa: N802
        assert kind == 3
        self.inner.autofill(destination.inner, "fill_formats")


def _rows(data: Any, shape: tuple[int, int]) -> list[list[Any]]:
    """What is put into cells, in rows: a single value, or one row, comes without."""
    rows = data if isinstance(data, tuple) else (data,)
    rows = rows if rows and isinstance(rows[0], tuple) else (rows,)
    return [list(row) for row in rows] if len(rows) == shape[0] else [[row] for row in rows[0]]


_members(
    Range,
    Row=lambda self: self.inner.row,
    Column=lambda self: self.inner.column,
    Rows=lambda self: Number(self.excel, self.inner.shape[0]),
    Columns=lambda self: Number(self.excel, self.inner.shape[1]),
    Count=lambda self: len(self.inner),
    Worksheet=lambda self: Worksheet(self.excel, self.inner.sheet),
    Parent=lambda self: Worksheet(self.excel, self.inner.sheet),
    Address=lambda self: self.inner.address,
    Value=lambda self: in_cells(self.inner.raw_value),
    Formula=lambda self: self.inner.formula,
    HasFormula=lambda self: self.inner.api.HasFormula,
    RowHeight=lambda self: self.inner.row_height,
    ColumnWidth=lambda self: self.inner.column_width,
    ClearContents=lambda self: self.inner.clear_contents(),
    EntireRow=lambda self: EntireRow(self.excel, self.inner.api.EntireRow),
    EntireColumn=lambda self: EntireColumn(self.excel, self.inner.api.EntireColumn),
)


class EntireColumn(Com):
    """Whole columns."""


class EntireRow(Com):
    """Whole rows."""

    def put_Hidden(self, value: bool) -> None:  # noqa: N802
        self.inner.Hidden = value


for whole in (EntireRow, EntireColumn):
    _members(whole, Hidden=lambda self: self.inner.Hidden)


class ListObjects(Several):
    def items(self) -> list[Com]:
        return [ListObject(self.excel, each) for each in stand_in.Tables(self.inner)]


class ListObject(Com):
    """A table."""

    methods = frozenset({"Resize"})

    def put_ShowTotals(self, value: bool) -> None:  # noqa: N802
        self.inner.show_totals = bool(value)

    def put_ShowAutoFilter(self, value: bool) -> None:  # noqa: N802
        self.inner.show_autofilter = bool(value)

    def get_Resize(self, cells: Any) -> None:  # noqa: N802
        self.inner.resize(SimpleNamespace(impl=cells.inner))


_members(
    ListObject,
    Name=lambda self: self.inner.name,
    DisplayName=lambda self: self.inner.name,
    Parent=lambda self: Worksheet(self.excel, self.inner.parent),
    Range=lambda self: Range(self.excel, self.inner.range),
    ShowHeaders=lambda self: self.inner.show_headers,
    ShowTotals=lambda self: self.inner.show_totals,
    ShowAutoFilter=lambda self: self.inner.show_autofilter,
)


class Names(Several):
    def items(self) -> list[Com]:
        return [Name(self.excel, stand_in.Names(self.excel)(each)) for each in self.excel.workbook.defined_names]

    def get__value_(self, key: Any) -> Com:
        return Name(self.excel, stand_in.Names(self.excel)(key)) if isinstance(key, str) else self.items()[int(key) - 1]

    get_Item = get__value_  # noqa: N815


class Name(Com):
    """A defined name."""


_members(
    Name,
    Name=lambda self: self.inner.of.name,
    RefersTo=lambda self: f"={self.inner.of.attr_text}",
    RefersToRange=lambda self: Range(self.excel, self.inner.refers_to_range),
)


_kernel: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]


class Server:
    """Python as xlwings' DLL starts it for Excel, or the one that runs already."""

    def __init__(self, command: str = COMMAND) -> None:
        (dll,) = Path(sys.executable).parent.glob("xlwings64-*.dll")
        variant = (ctypes.c_byte * 24)()
        failed = ctypes.WinDLL(str(dll)).XLPyDLLActivateAuto(ctypes.byref(variant), command.encode(), 1)  # type: ignore[attr-defined,unused-ignore]
        text = ctypes.cast(ctypes.byref(variant, 8), ctypes.POINTER(ctypes.c_wchar_p)).contents.value if failed else ""
        assert failed == 0, f"{failed}: {text}"
        pointer = ctypes.cast(ctypes.byref(variant, 8), ctypes.POINTER(ctypes.c_void_p)).contents.value
        self.object = client.dynamic.Dispatch(pythoncom.ObjectFromAddress(pointer, pythoncom.IID_IDispatch))
        self.object.Exec(NO_TYPE_LIBRARY)
        self.number = self.object._oleobj_.GetIDsOfNames("CallUDF")
        self.process = int(self.object.Str(self.object.Eval("__import__('os').getpid()")))

    def end(self) -> None:
        """End its process, as the Task Manager does."""
        handle = _kernel.OpenProcess(1, False, self.process)
        assert _kernel.TerminateProcess(handle, 1)
        _kernel.WaitForSingleObject(handle, 10_000)
        _kernel.CloseHandle(handle)

    def call(self, module: str, function: str, arguments: Sequence[Any], excel: StandIn | None = None) -> Any:
        """Call a function as the add-in does; what Excel is asked meanwhile is in `CALLS`."""
        CALLS.made.clear()
        book = None if excel is None else shared(Workbook(excel))
        return self.object._oleobj_.Invoke(
            self.number, 0, pythoncom.DISPATCH_METHOD, True, module, function, tuple(arguments), book, None
        )
