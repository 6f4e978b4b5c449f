"""What of the project's tests does not run on Windows, or not under Wine, and why: tests/conftest.py goes by it."""

from __future__ import annotations

SUITE = (
    "importing",
    "windows",
    "workbook/file",
)
"""The folders of tests that every build runs there: those whose work meets files, processes, texts and dates."""

FEWEST = 700
"""At least so many tests pass there."""

BY_HAND = (
    "bigdata",
    "cli",
    "usecases",
    "workbook/test_addresses.py",
    "workbook/test_book.py",
    "workbook/test_dates_1904.py",
    "workbook/test_header_row.py",
    "workbook/test_outputs.py",
    "workbook/test_references.py",
)
"""What runs there too, and is too long for every build: KOPILOT_XL_WINDOWS_ALL=1 has `-m windows` run it."""

_PURE = "computes with dates and numbers alone, which every system does alike, and takes minutes"
_LONG = "passes there by hand; too long for every build"

LEFT_OUT = {
    "domain": _PURE,
    "excel": "makes xlwings believe in a Windows that is not there; tests/windows calls the real one",
    "foreign": "not tried there: came after this list was sorted",
    "test_work.py": "counts the work, which is the same everywhere",
    "test_house.py": "reads the sources, which are the same everywhere",
    "test_interrupts.py": "Windows cannot send these signals to a process",
    "test_kit.py": "reads the sources, which are the same everywhere",
    "test_public_api.py": "reads the sources, which are the same everywhere",
    "safety": _LONG + ". test_many_stopped.py sends signals, which Windows cannot",
    "texts": "reads the sources, which are the same everywhere",
    "workbook/sheets": _LONG,
    "workbook/tables": _PURE,
    "workbook/live": "needs the stand-in for Excel, which has nothing of Windows",
    "workbook/template": "interprets the macros and draws with LibreOffice, neither of which is on Windows",
}
"""Folders and files of tests that no build runs there, and why; of two that hold a file, the longer one counts."""

_CASES = "makes two folders whose names differ in capitals alone, or have signs in their names: Windows allows neither"
_SLASHES = "expects paths as Linux writes them; what is said is right"
_BLOCKS = "expects the blocks of a Unix terminal in the progress bar"
CANNOT = {
    "bigdata/test_addresses.py::test_a_file_whose_name_looks_like_an_address_is_read": "Windows has no colon in names",
    "bigdata/test_segment.py::test_every_source_gives_the_table_computed_by_hand": _CASES,
    "bigdata/test_segment.py::test_problems_are_counted_with_examples": _SLASHES,
    "bigdata/test_segment.py::test_a_file_is_listed_up_to_a_size_and_streamed_beyond": _SLASHES,
    "bigdata/test_segment.py::test_spark_without_java_or_without_itself": "Spark is not in the host: it needs Java",
    "bigdata/test_without_polars.py::test_every_source_gives_the_same": _CASES,
    "bigdata/test_without_polars.py::test_results_are_written_alike": _CASES,
    "cli/test_screen.py::test_where_room_is_short_the_figures_beside_the_bar_stay_whole": _BLOCKS,
    "usecases/update/test_many.py::test_each_is_updated_from_its_own_sources": _SLASHES,
    "usecases/update/test_many.py::test_refresh_with_update_does_both_and_refreshes_where_sources_stop": _SLASHES,
}
"""Single tests of BY_HAND that fail there, and why."""

SKIPPED = {
    "soffice is not installed": "LibreOffice is not in the host",
    "no symbolic links can be made here": "Wine says that it made one, and made none",
    "only the superuser may give files away": "Windows has no such user",
    "Windows": "the test is about what Windows has in another way",
    "needs a device that is always full": "Linux has one",
    "Python knows extended attributes on Linux only": "Windows has others",
}
"""What tests that are skipped there say, in full or in part, and what it comes from."""
