"""docs/rules.md tells the rules in force: its names, thresholds and worked examples are tried on the product."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from kopilot_xl.domain import formatting, fulfilment
from kopilot_xl.domain.actions import ActionStatus, ClientHistory, LoggedAction, Transaction, replay
from kopilot_xl.domain.activity import client_activity
from kopilot_xl.domain.forecasting import FEWEST_MONTHS, Rule
from kopilot_xl.domain.forecasting.mixing import PAST_DATES
from kopilot_xl.domain.outlook import STEPS
from kopilot_xl.domain.portfolio import Client, Shape, Summary
from kopilot_xl.domain.rules import FIRST_DAY, LAST_DAY, VALUE_MONTHS, CutOffs, Rules
from kopilot_xl.domain.segments import ALLOWED, BARS, WORK_ORDER, WORST_TO_BEST, Action, Segment
from kopilot_xl.domain.transactions import Status

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
SECTIONS = {
    part.partition("\n")[0]: part.partition("\n")[2] for part in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]
}
FLAT = {heading: " ".join(text.split()) for heading, text in SECTIONS.items()}
TODAY = date(2026, 7, 1)
CUT = CutOffs.at(TODAY)

STATUSES = {"Issued": Status.ISSUED, "Sent": Status.ISSUED, "Paid": Status.ISSUED, "Planned": Status.PLANNED}
STATUSES |= {"Forecast": Status.PLANNED, "Draft": Status.DRAFT, "Void": Status.CANCELED}


def table(heading: str, first: str) -> list[dict[str, str]]:
    """The rows of the table in a section whose first header is this."""
    lines = SECTIONS[heading].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("*") for cell in line.strip("|").split("|")])
    header, _, *body = rows
    return [dict(zip(header, row, strict=True)) for row in body]


def written(text: str) -> date | None:
    """The date a cell tells, as in `1 July 2026`; None for a dash."""
    return None if text == "–" else datetime.strptime(text, "%d %B %Y").date()


def name(row: dict[str, str]) -> str:
    return " ".join(row.values())


def test_the_sections_are_those_the_code_cites() -> None:
    cited = {
        heading
        for file in (ROOT / "kopilot_xl").rglob("*.py")
        for tail in re.findall(r'docs/rules\.md((?:,? (?:and )?"[^"]+")+)', " ".join(file.read_text("utf-8").split()))
        for heading in re.findall(r'"([^"]+)"', tail)
    }
    assert {"The segments", "The portfolio's shape", "Actions"} <= cited
    assert cited <= SECTIONS.keys()


def test_the_thresholds_are_those_of_the_settings() -> None:
    rules = Rules()
    assert {row["Setting"]: (float(row["Default"]), row["Unit"]) for row in table("Settings", "Setting")} == {
        "Active": (rules.active_months, "months"),
        "Sleeping": (rules.sleeping_months, "months"),
        "Horizon": (rules.horizon_months, "months"),
        "Lifespan": (rules.lifespan_days, "days"),
        "Leaving": (rules.leaving_days, "days"),
        "Inaccurate": (rules.inaccurate_share * 100, "%"),
    }


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("The inputs", f"after the as-of date and at most {Rules().horizon_months} months after it"),
        ("The inputs", f"since {VALUE_MONTHS} months before its last invoice"),
        ("The inputs", f"{Rules().lifespan_days + 1} days after its last invoice"),
        ("The inputs", f"{Rules().lifespan_days} days after it was created"),
        ("The inputs", f"between {formatting.day(FIRST_DAY)} and {formatting.day(LAST_DAY)}"),
        ("Settings", f"Why {Rules().lifespan_days} days"),
        ("The segments", f"at most {Rules().active_months} calendar months old: **Active**"),
        ("The segments", f"at most {Rules().sleeping_months} calendar months old: **Sleeping Away**"),
        ("The segments", f"{Rules().lifespan_days - Rules().leaving_days + 1} to {Rules().lifespan_days} days old"),
        ("The segments", f"created less than {Rules().lifespan_days} days ago or on an unknown date: **No Activity**"),
        ("The segments", f"created {Rules().lifespan_days} or more days ago: **Lost**"),
        ("The portfolio's shape", f"less than {Rules().inaccurate_share * 100:.0f} % of the portfolio"),
        ("The portfolio's shape", f"are {Rules().inaccurate_share * 100:.0f} % of the portfolio or more"),
        ("Actions", f"at most {fulfilment.EARLY.days} days before the planned date"),
        ("Bad data", "`2026-04-03`"),
    ],
)
def test_a_threshold_in_the_text_is_the_one_in_force(heading: str, said: str) -> None:
    assert said in FLAT[heading]


@pytest.mark.parametrize("segment", list(Segment))
def test_each_segment_is_told_with_its_icon_meaning_and_advice(segment: Segment) -> None:
    line = f"| {segment.icon} | **{segment}** | {Rules().meaning(segment)} | {segment.advice} |"
    assert line in SECTIONS["The segments"].splitlines()
    assert re.search(rf"^ ?\d+\..*(?:\n +.*)*\*\*{segment}\*\*", SECTIONS["The segments"], flags=re.MULTILINE)


def test_the_bars_and_the_work_order_are_told() -> None:
    assert " · ".join(BARS) in FLAT["The histogram"]
    assert [tuple(row.values()) for row in table("Do next", "Heading")] == [
        (str(heading), ", ".join(segments)) for heading, segments in WORK_ORDER.items()
    ]


def test_each_action_is_told_with_the_segments_it_is_allowed_in() -> None:
    rows = {row["Action"]: row["Allowed when the client is"] for row in table("Actions", "Action")}
    assert list(rows) == list(Action)
    for action, allowed in rows.items():
        named = {each for each in Segment if each in allowed}
        assert (named or set(Segment)) == ALLOWED[Action(action)]
    assert "any segment" in rows[Action.PLAN_REVENUE]


def test_each_outcome_and_each_shape_is_told() -> None:
    assert [row["Status"] for row in table("Actions", "Status")] == list(ActionStatus)
    assert {row["Shape"] for row in table("The portfolio's shape", "Shape")} == set(Shape)


@pytest.mark.parametrize(
    "row", table("The segments", "The last invoice is dated"), ids=lambda row: row["The last invoice is dated"]
)
def test_the_days_of_the_segments_are_those_of_1_july_2026(row: dict[str, str]) -> None:
    told = re.fullmatch(r"from (.+) on", row["The last invoice is dated"])
    since = written(told[1]) if told else None
    band = next(each for each in CUT.bands if each.since == (since or date.min))
    assert (row["Nothing is coming"], row["Something is coming"]) == (band.idle, band.coming)
    if since:
        day_before = CUT.segment_of(None, since - timedelta(days=1), coming=False)
        assert day_before != CUT.segment_of(None, since, coming=False)


def test_every_boundary_of_1_july_2026_is_told() -> None:
    assert len(table("The segments", "The last invoice is dated")) == len(CUT.bands)


@pytest.mark.parametrize("row", table("The segments", "Created on"), ids=name)
def test_a_client_is_in_the_segment_told(row: dict[str, str]) -> None:
    planned = written(row["Planned for"])
    coming = planned is not None and CUT.is_coming(planned)
    placed = CUT.segment_of(written(row["Created on"]), written(row["Last invoice"]), coming)
    assert (placed or "(blank)") == row["Segment"]


@pytest.mark.parametrize("row", table("The inputs", "Issue date"), ids=name)
def test_a_transaction_counts_as_told(row: dict[str, str]) -> None:
    clients = pl.DataFrame({"client": ["a"], "created_on": [TODAY]})
    transactions = pl.DataFrame(
        {
            "client": ["a"],
            "issue_date": [written(row["Issue date"])],
            "amount": [float(row["Amount"]) if row["Amount"] else None],
            "status": [STATUSES[row["Status"]].value],
        },
        schema_overrides={"amount": pl.Float64},
    )
    (found,) = client_activity(clients, transactions, TODAY).to_dicts()
    columns = {"last_invoice": "issued", "next_planned": "coming", "overdue": "overdue", "far_off": "far off"}
    assert [word for column, word in columns.items() if found[column]] == (
        [] if row["Counts as"] == "nothing" else [row["Counts as"]]
    )


@pytest.mark.parametrize("row", table("The portfolio's shape", "Leaving"), ids=name)
def test_a_portfolio_has_the_shape_told(row: dict[str, str]) -> None:
    counts = dict.fromkeys(Segment, 0) | {each: int(row[each]) for each in BARS if each in row}
    summary = Summary(counts, {})
    assert summary.shape == row["Shape"]
    assert ("–" if summary.tilt is None else f"{summary.tilt:.2f}") == row["Tilt"]


@pytest.mark.parametrize("as_of", [date(2026, 6, 15), TODAY], ids=str)
def test_the_log_comes_out_as_told(as_of: date) -> None:
    rows = table("Actions", "Recorded on")
    entries = []
    for number, row in enumerate(rows, start=2):
        recorded = written(row["Recorded on"])
        assert recorded
        action, *plan = row["Row"].split(", ")
        planned, amount = (written(plan[0]), float(plan[1].replace(",", ""))) if plan else (None, None)
        moment = datetime.combine(recorded, datetime.min.time())
        entries.append(LoggedAction(number, moment, "a", Action(action), planned, amount))
    clients = {"a": ClientHistory(date(2021, 1, 1), [Transaction(date(2026, 4, 1), 100.0, Status.ISSUED)])}
    verdicts = replay(entries, clients, as_of).results
    assert [each.status for each in verdicts] == [row[f"Status as of {formatting.day(as_of)}"] for row in rows]


@pytest.mark.parametrize(
    "client",
    [
        Client("a", "a", "overdue", Segment.LOST, overdue=date(2026, 6, 1)),
        Client("a", "a", "coming", Segment.LOST, next_planned=date(2026, 8, 1), next_amount=1200.0),
        Client("a", "a", "far off", Segment.LOST, far_off=date(2028, 1, 1)),
    ],
    ids=lambda each: each.name,
)
def test_the_next_actions_read_as_told(client: Client) -> None:
    assert f"“{client.next_action.removesuffix(Segment.LOST.advice).strip()}”" in FLAT["Next action"]


def test_the_rules_of_the_forecast_read_as_told() -> None:
    for rule in Rule:
        assert f"| {rule} | {rule.formula} |" in FLAT["The forecast"]
    assert f"last {PAST_DATES} months" in FLAT["The forecast"]
    assert f"at least {FEWEST_MONTHS} whole months" in FLAT["The forecast"]


def test_the_order_of_standing_and_the_days_ahead_are_those_of_the_product() -> None:
    assert ", ".join(each.value for each in reversed(WORST_TO_BEST)) in FLAT["Movements"]
    *some, last = STEPS
    assert f"{', '.join(map(str, some))} and {last} days after the as-of date" in FLAT["If nobody acts"]
