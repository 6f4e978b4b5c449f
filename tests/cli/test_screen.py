"""What the command line shows, on any terminal and on none."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path

import pytest

from kopilot_xl.cli import as_json, show_batch, show_imports, show_portfolio
from kopilot_xl.cli import progress as progress_module
from kopilot_xl.cli import screen as screen_module
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.usecases.create import demo, new
from kopilot_xl.usecases.refresh import check
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.workbook.opening import open_book

EXPORTS = Path(__file__).parents[1] / "importing" / "exports"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def encoded(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")


def text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    data = stream.buffer
    assert isinstance(data, io.BytesIO)
    return data.getvalue().decode(stream.encoding)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> RefreshResult:
    return demo(tmp_path_factory.mktemp("demo") / "demo.xlsm")


@pytest.fixture(scope="module")
def shown(found: RefreshResult) -> str:
    stream = io.StringIO()
    show_portfolio.report(screen_module.Screen(stream), found)
    return stream.getvalue()


def test_the_report_tells_the_shape_and_why(shown: str, found: RefreshResult) -> None:
    assert shown.startswith("demo.xlsm  as of 1 July 2026\n")
    assert f"{found.summary.shape}  {found.summary.words}\n" in shown
    for each in found.summary.checks:
        assert f"  {'✓' if each.passed else '✗'} {each.text}\n" in shown


def test_the_histogram_has_the_domains_order_and_figures(shown: str, found: RefreshResult) -> None:
    lines = shown.splitlines()
    bars = [line for line in lines if line.startswith("  ") and line.split("█")[0].strip() in set(BARS) and "█" in line]
    assert [line.split("█")[0].strip() for line in bars] == [each.value for each in BARS]
    figures = [line.replace("█", "").split() for line in bars]
    assert [int(each[1 if BARS[at].value.count(" ") == 0 else 2]) for at, each in enumerate(figures)] == [
        found.summary.counts[each] for each in BARS
    ]
    lengths = {each: line.count("█") for each, line in zip(BARS, bars, strict=True)}
    assert lengths[Segment.ACTIVE] == max(lengths.values())


def test_the_report_names_whom_to_turn_to_and_what_is_wrong(shown: str) -> None:
    assert "Do next\n  Keep          Leaving       Hofladen Apfelgrund (1074), 7 days left" in shown
    assert "9 data problems and 5 notices: see the Problems sheet." in shown
    assert '  Transactions!C754: "4.2k" is not an amount. Write a number. Taken as blank.\n' in shown
    assert "… and 4 more problems\n" in shown


def test_without_a_terminal_there_are_no_colours_and_no_wrapped_lines(shown: str) -> None:
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())
    assert "set Date order to DMY or MDY. The row was left out.\n" in shown


def test_a_terminal_gets_colours_and_wrapped_lines(found: RefreshResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    show_portfolio.report(screen_module.Screen(stream), found)
    assert "\x1b[1mMature\x1b[0m  Active clients carry" in stream.getvalue()
    assert stream.getvalue().startswith("\x1b[1mdemo.xlsm\x1b[0m  as of 1 July 2026")
    assert "set Date order to DMY or MDY. The row was left out.\n" not in stream.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "utf-8", "cp932"])
def test_any_encoding_will_do(encoding: str, found: RefreshResult) -> None:
    stream = encoded(encoding)
    screen = screen_module.Screen(stream)
    show_portfolio.report(screen, found)
    show_portfolio.checked(screen, found)
    text = text_of(stream)
    assert "Fromagerie des Trois Vals" in text
    if encoding == "cp1252":
        assert "Café Zwölf" in text
        assert "Pekarství U Mlýna" in text
        assert "+ Active clients are the majority" in text
    if encoding == "ascii":
        assert "Cafe Zwolf" in text
        assert "... and 4 more problems" in text


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("✓ 漢字 ⚰️ é", "ascii", "+ ?? ? e"),
        ("→ € –", "latin-1", "-> EUR -"),
        ("→ € –", "utf-8", "→ € –"),
        ("é", None, "é"),
        ("é", "no such encoding", "e"),
    ],
)
def test_fitting(text: str, encoding: str | None, expected: str) -> None:
    assert screen_module.fitting(text, encoding) == expected


def test_json(found: RefreshResult) -> None:
    stream = encoded("ascii")
    screen_module.Screen(stream).data(as_json.as_json(found, "Körner.xlsm"))
    read = json.loads(text_of(stream))
    assert list(read) == [
        "book", "as_of", "shape", "tilt", "tilt_by_value", "segments", "portfolio", "currency", "values", "actions",
        "won", "retention", "concentration", "problems", "notices", "forecast", "seconds",
    ]  # fmt: skip
    assert read["book"] == "Körner.xlsm"
    assert read["tilt"] == found.summary.tilt
    assert read["segments"] == {each.value: found.summary.counts[each] for each in Segment}
    assert (read["problems"], read["notices"]) == (9, 5)
    assert sum(read["actions"].values()) == sum(found.actions.values())
    told, forecast = found.forecast, read["forecast"]
    assert told is not None
    assert told.mix is not None
    assert told.mix.accuracy is not None
    assert told.low is not None
    assert told.high is not None
    assert forecast["expected"] == "Mix"
    assert [each["expected"] for each in forecast["months"]] == list(told.expected or ())
    assert [each["planned"] for each in forecast["months"]] == [each.total for each in found.prepared]
    assert list(forecast["scenarios"]) == ["Mix", *(rule.value for rule in told.rules)]
    accuracy, scale = told.mix.accuracy, told.mix.accuracy.scale
    assert scale is not None
    assert forecast["scenarios"]["Mix"] == {
        "months": list(told.mix.months),
        "share": 1.0,
        "this_year": told.mix.landing,
        "past_dates": accuracy.dates,
        "off": accuracy.error,
        "off_share": accuracy.share,
        "mase": accuracy.error / scale,
        "off_by_months_ahead": list(accuracy.by_horizon),
        "mase_by_months_ahead": [None if each is None else each / scale for each in accuracy.by_horizon],
        "year_off_share": accuracy.of_total,
        "remark": None,
    }
    assert forecast["shares"] == {rule.value: line.share for rule, line in told.rules.items()}
    assert forecast["band_held"] == told.held.coverage
    ends = [(each["at_least"], each["at_most"]) for each in forecast["months"]]
    assert ends == list(zip(told.low, told.high, strict=True))
    assert forecast["months"][0]["month"] == "2026-08"
    assert forecast["months"][0]["to_call"] == found.prepared[0].to_call > 0


def test_an_empty_portfolio_has_no_tilt(tmp_path: Path) -> None:
    empty = check(open_book(new(tmp_path / "empty.xlsm").path), date(2026, 6, 30))
    assert as_json.as_json(empty, "x")["tilt"] is None
    stream = io.StringIO()
    show_portfolio.report(screen_module.Screen(stream), empty)
    assert "Empty  There are no clients in the portfolio." in stream.getvalue()
    assert "Tilt" not in stream.getvalue()
    assert "Do next" not in stream.getvalue()
    show_batch.brief(screen_module.Screen(stream), empty, "empty.xlsm")
    assert stream.getvalue().endswith("empty.xlsm: as of 30 June 2026, Empty, 0 clients, tilt none, no data problems\n")


def test_what_was_made_and_how_exports_were_read(tmp_path: Path) -> None:
    stream = io.StringIO()
    made = new(tmp_path / "my book.xlsm", EXPORTS / "kundenliste.csv", EXPORTS / "rechnungen.csv")
    show_imports.created(screen_module.Screen(stream), made)
    assert stream.getvalue() == (
        "kundenliste.csv: CSV, Windows-1252, semicolon between the columns; 5 rows\n"
        "  Columns: Client ID from Kundennummer, Client from Firma, Created on from Kunde seit\n"
        '  Kunde seit: day and month are read as "17.02.2023" shows them (DMY).\n'
        "rechnungen.csv: CSV, Windows-1252, semicolon between the columns, decimal comma; 8 rows\n"
        "  Columns: Client ID from Kundennummer, Issue date from Rechnungsdatum, Amount from Betrag netto (EUR), "
        "Status from Rechnungsstatus, Reference from Belegnummer\n"
        "  Not taken: Kunde, Bemerkung\n"
        '  Rechnungsdatum: day and month are read as "15.05.2025" shows them (DMY).\n'
        "Check these figures against your books:\n"
        "  8 rows read, 7 used; left out: 1 totals\n"
        "  Credit notes: 1 Issued\n"
        "  Invoices: 1 Canceled, 1 Issued, 3 Paid, 1 Planned\n"
        "  Invoiced, less credit notes: 2025: 2,140.50 EUR; 2026: 4,900 EUR\n"
        "  Dates from 15 May 2025 to 15 September 2026\n"
        "  7 of 7 documents found their client (100.0%)\n"
        f"{made.path} was made, with 5 clients and 7 transactions.\n"
        f'Next: kopilot-xl refresh "{made.path}"\n'
    )


@pytest.mark.parametrize(("width", "name"), [(60, r".*…"), (200, r"Portfolio \[red\] of a long name\.xlsm")])
def test_where_room_is_short_the_figures_beside_the_bar_stay_whole(
    width: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Terminal()
    with progress_module.Progress(screen_module.Screen(stream), "Refreshing", 1000, print) as progress:
        for _ in range(300):
            progress.on_begin(Path("Clients", "Portfolio [red] of a long name.xlsm"))
            progress.on_end(Path("Clients", "Portfolio [red] of a long name.xlsm"))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    *_, last = (each for each in re.split(r"[\r\n]|\x1b\[[0-9;?]*[a-zA-Z]", plain) if "300/1000" in each)
    assert re.fullmatch(rf"Refreshing\s+[━╸╺\s]*300/1000 \d+ a second 00:0\d left {name}\s*", last)
    assert len(last) <= width
