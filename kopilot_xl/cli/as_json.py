"""Results as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from kopilot_xl.domain.sales import expected_by_segment
from kopilot_xl.domain.segments import Segment
from kopilot_xl.texts import t
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from kopilot_xl.bigdata import Segmentation
    from kopilot_xl.domain.forecasting import Forecast, Line
    from kopilot_xl.domain.retention import Concentration, Retention
    from kopilot_xl.domain.sales import Prepared
    from kopilot_xl.usecases.forecast import Foretold
    from kopilot_xl.usecases.news import News
    from kopilot_xl.usecases.result import RefreshResult
    from kopilot_xl.workbook.tables.problems import Problem


def as_json(found: RefreshResult, name: str) -> dict[str, object]:
    """Return what a refresh found, in values JSON knows; tilts are unrounded, null where there is nothing to weigh."""
    summary = found.summary
    return {
        "book": name,
        "as_of": found.as_of.isoformat(),
        "shape": summary.shape.value,
        "tilt": summary.tilt,
        "tilt_by_value": summary.tilt_by_value,
        "segments": {each.value: summary.counts[each] for each in Segment},
        "portfolio": summary.size,
        "currency": found.currency,
        "values": {each.value: round(summary.values[each], 4) for each in Segment},
        "actions": {each.value: number for each, number in found.actions.items()},
        "won": summary.won,
        "retention": {
            **_retention(found.retention),
            "year_before": found.retention_before and _retention(found.retention_before),
        },
        "concentration": _concentration(found.concentration),
        "problems": found.count(Kind.PROBLEM),
        "notices": found.count(Kind.NOTICE),
        "forecast": forecast_as_json(found.forecast, found.prepared, found.expected) if found.forecast else None,
        "seconds": round(found.seconds, 3),
        **({"update": _news(found.news)} if found.news is not None else {}),
    }


def _news(found: News) -> dict[str, object]:
    """What an update brought, in values JSON knows; `stopped` says why it brought nothing."""
    return {
        "transactions": {"added": found.transactions, "changed": found.changed, "vanished": found.vanished},
        "clients": {"added": found.clients},
        "amount_added": found.amount,
        "sources": list(found.notes),
        "stopped": found.stopped or None,
    }


def _retention(found: Retention | None) -> dict[str, object]:
    """Retention in values JSON knows; all null where it cannot be known."""
    return {
        "net": found and found.net,
        "gross": found and found.gross,
        "clients_kept": found and found.clients_kept,
        "new": found and asdict(found.new),
        "recovered": found and asdict(found.recovered),
        "gone": found and asdict(found.gone),
    }


def _concentration(found: Concentration | None) -> dict[str, object]:
    """Concentration in values JSON knows; all null where there was no revenue."""
    return {
        "largest": found and found.largest,
        "largest_five": found and found.largest_five,
        "clients_for_80_percent": found and found.clients_for_80_percent,
        "without_largest": found and found.without_largest,
    }


MIX = "Mix"
"""What is expected, among the scenarios: all others, mixed."""


def forecast_as_json(
    told: Forecast, months: Sequence[Prepared], by_segment: Mapping[Segment, float]
) -> dict[str, object]:
    """Return a forecast in values JSON knows; numbers are unrounded, null where the past is too short to tell."""
    nothing = [None] * len(told.months)
    total = told.total
    return {
        "expected": MIX if told.mix else None,
        "checked": told.dates > 0,
        "months": [
            {
                "month": f"{month:%Y-%m}",
                "expected": expected,
                "at_least": low,
                "at_most": high,
                **({"planned": months[at].total, "to_call": months[at].to_call} if months else {}),
            }
            for at, (month, expected, low, high) in enumerate(
                zip(told.months, told.expected or nothing, told.low or nothing, told.high or nothing, strict=True)
            )
        ],
        "band_held": told.held.coverage,
        "shares": {rule.value: share for rule, share in told.shares.items()},
        "total": total
        and {
            "expected": total.expected,
            "at_least": total.low,
            "at_most": total.high,
            "planned": total.planned,
            "share_planned": total.share_planned,
            "off_share": total.error,
            "past_dates": total.dates,
        },
        "new_clients": told.new_clients if told.mix else None,
        "expected_by_segment": {segment.value: amount for segment, amount in by_segment.items()},
        "scenarios": {
            **({MIX: _line_as_json(told.mix)} if told.mix else {}),
            **{rule.value: _line_as_json(line) for rule, line in told.rules.items()},
        },
    }


def _line_as_json(line: Line) -> dict[str, object]:
    found = line.accuracy
    scale = found and found.scale
    return {
        "months": list(line.months),
        "share": line.share,
        "this_year": line.landing,
        "past_dates": found.dates if found else 0,
        "off": found and found.error,
        "off_share": found and found.share,
        "mase": found.error / scale if found and scale else None,
        "off_by_months_ahead": found and list(found.by_horizon),
        "mase_by_months_ahead": found
        and [error / scale if scale and error is not None else None for error in found.by_horizon],
        "year_off_share": found and found.of_total,
        "remark": None if found else t("Not checked: the past is too short."),
    }


def _expectations(found: Foretold) -> list[dict[str, object]]:
    """What is expected of each client, first those of whom most is."""
    known = [(client, found.forecast.clients[client.key]) for client in found.clients
             if client.key in found.forecast.clients]  # fmt: skip
    return [
        {
            "client": client.id,
            "name": client.name,
            "segment": client.segment and client.segment.value,
            "expected": told.amount,
            "chance": told.chance,
            "usual_amount": told.usual_amount,
            "usual_month": told.usual_month,
        }
        for client, told in sorted(known, key=lambda pair: -pair[1].amount)
    ]


def checked_as_json(found: RefreshResult, name: str) -> dict[str, object]:
    """Return every problem and notice of a book, in values JSON knows."""
    return {
        "book": name,
        "as_of": found.as_of.isoformat(),
        "problems": [_finding(each) for each in found.problems if each.kind is Kind.PROBLEM],
        "notices": [_finding(each) for each in found.problems if each.kind is Kind.NOTICE],
    }


def _finding(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code.value,
        "place": problem.place,
        "sheet": problem.sheet,
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "wrong": problem.wrong,
        "done": problem.done,
    }


def segmented_as_json(found: Segmentation, output: str | None) -> dict[str, object]:
    """Return what a segmentation found, in values JSON knows; its sources are named without credentials."""
    return {
        "output": output,
        "as_of": found.as_of.isoformat(),
        "sources": [each.file for each in found.choices],
        "clients": len(found),
        "segments": {each.value: found.counts.get(each.value, 0) for each in Segment},
        "actions": {each.value: number for each, number in found.actions.items()},
        "problems": [_finding(each) for each in found.problems if each.kind is Kind.PROBLEM],
        "notices": [_finding(each) for each in found.problems if each.kind is Kind.NOTICE],
        "seconds": round(found.seconds, 3),
    }


def foretold_as_json(found: Foretold) -> dict[str, object]:
    """Return a forecast in values JSON knows, with what is expected of each client."""
    return {
        "as_of": found.as_of.isoformat(),
        **forecast_as_json(found.forecast, found.prepared, expected_by_segment(found.clients, found.forecast.clients)),
        "clients": _expectations(found),
    }
