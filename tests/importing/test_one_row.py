"""An export of one row is read as any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importing.reading import imported


@pytest.mark.parametrize(
    ("rows", "reference"),
    [
        ("Customer ID,Invoice date,Invoice number,Net amount\n1,2026-10-15,INV-7,100.50\n", "INV-7"),
        ("Kundennummer;Rechnungsdatum;Rechnungsnummer;Nettobetrag\n1;15.10.2026;4711;100,50\n", "4711"),
        ("Customer ID,Invoice date,Net amount\n1,2026-10-15,100.50\n", None),
    ],
)
def test_the_number_of_a_single_document_is_kept(tmp_path: Path, rows: str, reference: str | None) -> None:
    pair = imported(tmp_path, rows)
    assert [(row[0], row[2], row[4]) for row in pair.transactions.data.rows] == [("1", 100.5, reference)]
