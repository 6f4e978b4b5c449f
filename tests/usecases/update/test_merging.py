"""Which rows of an export are in the workbook already, which are new, and which have vanished."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.usecases.update.merging import (
    Answer,
    ClientRow,
    TransactionMerge,
    TransactionRow,
    merge_clients,
    merge_transactions,
)

DAY = date(2026, 6, 1)


def row(
    client: str = "A", days: int = 0, amount: float | None = 100.0, status: str = "Sent", number: str = ""
) -> TransactionRow:
    return TransactionRow(client, DAY + timedelta(days=days), amount, status, number, status == "Planned")


ALDER = ClientRow("A1", "Alder", date(2024, 1, 1), {"City": "Ghent"})


# clients


def test_clients_are_the_same_by_id_whatever_the_order_and_case() -> None:
    known = [ALDER, ClientRow("1001", "Birch", None)]
    merge = merge_clients(known, [ClientRow("1001.0", "Birch", None), ClientRow(" a1", "Alder", None)])
    assert (merge.unchanged, merge.added, merge.changed, merge.vanished) == (2, [], [], [])


def test_a_client_that_is_called_otherwise_is_changed() -> None:
    (change,) = merge_clients([ALDER], [replace(ALDER, name="Alder NV", own={"City": "Bruges"})]).changed
    assert (change.before, change.after) == (
        {"name": "Alder", "City": "Ghent"},
        {"name": "Alder NV", "City": "Bruges"},
    )


def test_a_blank_of_the_export_says_nothing() -> None:
    assert merge_clients([ALDER], [ClientRow("A1", None, None, {"City": ""})]).unchanged == 1


def test_a_column_the_workbook_does_not_have_is_no_change() -> None:
    assert merge_clients([ALDER], [replace(ALDER, own={"Phone": "1"})]).unchanged == 1


def test_a_new_client_is_added_once() -> None:
    merge = merge_clients([ALDER], [ClientRow("B", "Birch", None), ClientRow("b", "Birch again", None)])
    assert [each.name for each in merge.added] == ["Birch"]


def test_only_what_was_imported_can_vanish() -> None:
    known = [ALDER, ClientRow("B", "Birch", None), ClientRow("C", "Cedar", None)]
    assert merge_clients(known, [ALDER], imported={"a1", "b"}).vanished == [1]


# transactions with numbers


def test_the_same_export_twice_changes_nothing() -> None:
    rows = [row(number="1"), row("B", 3, 50.0, number="2"), row("B", 3, 50.0, number="3")]
    merge = merge_transactions(rows, rows, imported=range(3))
    assert (merge.unchanged, merge.added, merge.changed, merge.vanished) == (3, [], [], [])


def test_status_date_and_amount_follow_the_export() -> None:
    merge = merge_transactions([row(number="2026/1")], [row(days=2, amount=90.0, status="Paid", number="2026 / 1")])
    (change,) = merge.changed
    assert change.after == {"issued": DAY + timedelta(days=2), "amount": 90.0, "status": "Paid"}
    assert change.before == {"issued": DAY, "amount": 100.0, "status": "Sent"}


def test_a_half_cent_and_the_case_of_a_status_are_no_change() -> None:
    assert merge_transactions([row(number="1")], [row(amount=100.001, status="SENT", number="1")]).unchanged == 1


def test_one_number_of_two_clients_is_two_documents() -> None:
    merge = merge_transactions([row("A", number="1")], [row("A", number="1"), row("B", 1, number="1")])
    assert (merge.unchanged, len(merge.added)) == (1, 1)


def test_a_document_that_moved_to_another_client_is_not_counted_twice() -> None:
    merge = merge_transactions([row("A", number="1")], [row("B", number="1")], imported=[0])
    (change,) = merge.changed
    assert (change.after, merge.added, merge.vanished) == ({"client": "B"}, [], [])


def test_an_invoice_and_its_credit_note_of_one_number_stay_two() -> None:
    known = [row(number="1"), row(amount=-100.0, number="1")]
    merge = merge_transactions(known, [row(amount=-100.0, status="Paid", number="1"), row(number="1")])
    (change,) = merge.changed
    assert (change.index, change.after) == (1, {"status": "Paid"})
    assert merge.unchanged == 1


def test_rows_by_hand_and_plans_are_never_touched() -> None:
    known = [row(number=""), row(days=9, status="Planned", number="1")]
    merge = merge_transactions(known, [row("B", number="1"), row("C", number="2")])
    assert merge.by_hand == [0, 1]
    assert (merge.changed, len(merge.added), merge.vanished) == ([], 2, [])


def test_a_row_by_hand_that_the_export_has_too_is_not_added_again() -> None:
    merge = merge_transactions([row()], [row(number="1"), row("B", number="2")])
    assert merge.same_as_by_hand == [0]
    assert [each.number for each in merge.added] == ["2"]
    assert merge.changed == []


def test_what_vanished_is_told_within_the_days_of_the_export_only() -> None:
    known = [row(days=-60, number="0"), row(number="1"), row(days=5, number="2"), row(days=10, number="3")]
    merge = merge_transactions(known, [row(number="1"), row(days=10, number="3")], imported=range(4))
    assert merge.vanished == [2]


def test_what_was_never_imported_does_not_vanish() -> None:
    known = [row(number="1"), row(days=5, number="2"), row(days=10, number="3")]
    assert merge_transactions(known, [row(number="1"), row(days=10, number="3")]).vanished == []


# without numbers


def test_without_numbers_rows_are_counted() -> None:
    known = [row(), row()]
    merge = merge_transactions(known, [row(), row(), row()])
    assert (merge.unchanged, len(merge.added)) == (2, 1)


def test_without_numbers_a_matched_row_takes_the_status() -> None:
    (change,) = merge_transactions([row()], [row(status="Paid")]).changed
    assert change.after == {"status": "Paid"}


def test_an_export_that_lost_its_numbers_finds_its_rows() -> None:
    merge = merge_transactions([row(number="1"), row("B", number="2")], [row(), row("B")], imported=range(2))
    assert (merge.unchanged, merge.added, merge.vanished) == (2, [], [])


def test_imported_rows_without_numbers_get_those_of_the_export() -> None:
    (change,) = merge_transactions([row()], [row(number="7")], imported=[0]).changed
    assert change.after == {"reference": "7"}


# plans


@pytest.mark.parametrize(
    ("days", "amount", "answered"),
    [(0, 100.0, True), (30, 50.0, True), (-30, 500.0, True), (31, 100.0, False), (0, 49.0, False), (0, None, True)],
)
def test_a_plan_that_an_invoice_answers_is_named(days: int, amount: float | None, answered: bool) -> None:
    invoice = row(days=days, amount=amount, number="1")
    merge = merge_transactions([row(status="Planned")], [invoice])
    assert merge.answers == ([Answer(0, invoice)] if answered else [])
    assert merge.by_hand == [0]


def test_one_invoice_answers_one_plan() -> None:
    plans = [row(status="Planned"), row(days=3, status="Planned")]
    assert [each.index for each in merge_transactions(plans, [row(number="1")]).answers] == [0]


# whatever the rows


rows_of_one_book = st.lists(
    st.builds(
        row,
        st.sampled_from("AB"),
        st.integers(0, 3),
        st.sampled_from([100.0, 50.0, -50.0]),
        st.sampled_from(["Sent", "Paid"]),
        st.sampled_from(["", "1", "2", "3"]),
    ),
    max_size=8,
)


def figures(merge: TransactionMerge, known: list[TransactionRow]) -> Counter[tuple[str, date | None, int | None]]:
    """The documents of a workbook after a merge: what stays as it is, what changed, what was added."""
    after = {change.index: dict(change.after) for change in merge.changed}
    rows = [replace(old, **after.get(index, {})) for index, old in enumerate(known)]  # type: ignore[arg-type]
    return Counter(each.figures for each in (*rows, *merge.added))


@given(rows_of_one_book, rows_of_one_book)
def test_each_row_of_the_export_is_found_or_added(known: list[TransactionRow], incoming: list[TransactionRow]) -> None:
    merge = merge_transactions(known, incoming, imported=range(len(known)))
    assert merge.unchanged + len(merge.changed) + len(merge.added) + len(merge.same_as_by_hand) == len(incoming)
    assert not Counter(each.figures for each in incoming) - figures(merge, known)


@given(rows_of_one_book, rows_of_one_book)
def test_the_second_time_nothing_is_new(known: list[TransactionRow], incoming: list[TransactionRow]) -> None:
    first = merge_transactions(known, incoming, imported=range(len(known)))
    after = {change.index: dict(change.after) for change in first.changed}
    book = [replace(old, **after.get(index, {})) for index, old in enumerate(known)]  # type: ignore[arg-type]
    book += first.added
    again = merge_transactions(book, incoming, imported=range(len(book)))
    assert (again.added, again.changed) == ([], [])
