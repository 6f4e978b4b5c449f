"""Each format, each kind of document, and files that are something else, broken or hostile."""

from __future__ import annotations

import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from kopilot_xl.errors import BookError
from kopilot_xl.importing.einvoices import Reading, files, pdf, read_all, sources
from kopilot_xl.importing.einvoices.document import CREDIT_TYPES, Identifier
from tests.importing.einvoices.samples import BIRCH, CEDAR, US, Invoice, Side, cii, fatturapa, ubl
from tests.importing.einvoices.samples import pdf as pdf_of

INVOICE = Invoice()
FORMATS = {"ubl": ubl(INVOICE), "cii": cii(INVOICE), "pdf": pdf_of(cii(INVOICE))}


def read(tmp_path: Path, *contents: bytes, ending: str = ".xml") -> Reading:
    for number, content in enumerate(contents):
        (tmp_path / f"{number}{ending}").write_bytes(content)
    return read_all(sources([tmp_path]))


@pytest.mark.parametrize("form", FORMATS)
def test_an_invoice_of_each_format(tmp_path: Path, form: str) -> None:
    (found,) = read(tmp_path, FORMATS[form], ending=".pdf" if form == "pdf" else ".xml").invoices
    assert (found.number, found.issued, found.net, found.currency) == ("2026-001", date(2026, 3, 5), 1250.0, "EUR")
    assert (found.credit, found.type_code) == (False, "380")
    assert (found.seller.name, found.seller.identifiers[Identifier.VAT]) == ("Alder Software", "BE0123456749")
    assert found.buyer.name == "Birch & Sons"
    assert found.buyer.identifiers == {Identifier.VAT: "DE123456788", Identifier.LEGAL: "HRB1000"}


def test_a_fatturapa_file_of_several_invoices(tmp_path: Path) -> None:
    second = INVOICE.but(number="2", net="-40.00", code="TD01")
    credit = INVOICE.but(number="3", net="100.00", code="TD04")
    found = read(tmp_path, fatturapa(INVOICE.but(code="TD01"), second, credit)).invoices
    assert [(each.number, each.net, each.credit) for each in found] == [
        ("2026-001", 1250.5, False),
        ("2", -39.5, False),
        ("3", -100.5, True),
    ]
    assert found[0].buyer.identifiers == {Identifier.VAT: "DE123456788"}


def test_a_credit_note_document_is_negative(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ubl(INVOICE.but(code="381"), "CreditNote")).invoices
    assert (found.net, found.credit) == (-1250.0, True)


@pytest.mark.parametrize("code", sorted(CREDIT_TYPES))
@pytest.mark.parametrize("form", [ubl, cii])
def test_a_credit_note_by_its_type(tmp_path: Path, form: object, code: str) -> None:
    assert callable(form)
    (found,) = read(tmp_path, form(INVOICE.but(code=code))).invoices
    assert (found.net, found.credit) == (-1250.0, True)


@pytest.mark.parametrize("code", ["380", "384", "386", "389", "751"])
def test_other_types_count_as_written(tmp_path: Path, code: str) -> None:
    positive, negative = read(tmp_path, cii(INVOICE.but(code=code)), ubl(INVOICE.but(code=code, net="-10"))).invoices
    assert (positive.net, negative.net, negative.credit) == (1250.0, -10.0, False)


def test_without_a_total_the_sums_count(tmp_path: Path) -> None:
    without = ubl(INVOICE).replace(b"<cbc:TaxExclusiveAmount>1250.00</cbc:TaxExclusiveAmount>", b"")
    less = b"</cbc:LineExtensionAmount><cbc:AllowanceTotalAmount>99</cbc:AllowanceTotalAmount>"
    (found,) = read(tmp_path, without.replace(b"</cbc:LineExtensionAmount>", less)).invoices
    assert found.net == 99900.0


def test_the_total_of_the_invoices_own_currency_counts(tmp_path: Path) -> None:
    other = b'<ram:TaxBasisTotalAmount currencyID="DKK">9325</ram:TaxBasisTotalAmount><ram:TaxBasisTotalAmount'
    (found,) = read(tmp_path, cii(INVOICE).replace(b"<ram:TaxBasisTotalAmount", other)).invoices
    assert found.net == 1250.0


def test_a_number_in_the_place_of_a_vat_number_is_none(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ubl(INVOICE.but(seller=Side("Solo", vat="123/456/789")))).invoices
    assert found.seller.identifiers == {Identifier.OTHER: "123456789"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.4 nothing", "PDF"),
        (pdf_of(None), "PDF without"),
        (b"Dear Sirs", "not an XML file"),
        (b"", "not an XML file"),
        (b"<html/>", "its XML is html"),
        (ubl(INVOICE).replace(b"urn:oasis", b"urn:other"), "its XML is Invoice"),
        (ubl(INVOICE)[:-20], "damaged XML"),
        (ubl(INVOICE).replace(b"UTF-8", b"UTF-99"), ""),
        (ubl(INVOICE.but(buyer=Side("M\xfcller"))).decode().encode("latin-1"), "damaged XML"),
        (ubl(INVOICE.but(issued="soon")), "not a date"),
        (ubl(INVOICE.but(net="1.250,00")), "not an amount"),
        (ubl(INVOICE.but(net="NaN")), "not an amount"),
        (ubl(INVOICE.but(net="1e400")), "not an amount"),
        (ubl(INVOICE.but(number="")), "no number"),
        (ubl(INVOICE.but(currency="")), "no currency"),
        (ubl(INVOICE.but(buyer=Side(""))), "names no buyer"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + ubl(INVOICE).partition(b"?>")[2], "document type"),
        (
            b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Invoice>&b;</Invoice>',
            "document type",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_and_the_rest_is_read(tmp_path: Path, content: bytes, reason: str) -> None:
    found = read(tmp_path, content, ubl(INVOICE))
    (left_out,) = (*found.other, *found.broken)
    assert left_out.file == "0.xml"
    assert reason in left_out.reason
    assert len(found.invoices) == 1


def test_attachments_cost_nothing(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ubl(INVOICE.but(attachment="QUJD" * 8_000_000))).invoices
    assert found.net == 1250.0


def test_folders_and_archives(tmp_path: Path) -> None:
    folder = tmp_path / "invoices" / "2026"
    folder.mkdir(parents=True)
    (folder / "b.xml").write_bytes(ubl(INVOICE))
    (folder / ".hidden.xml").write_bytes(ubl(INVOICE))
    (folder / "notes.txt").write_text("not opened")
    with zipfile.ZipFile(tmp_path / "invoices" / "a.zip", "w") as archive:
        archive.writestr("x/c.XML", cii(INVOICE))
        archive.writestr("__MACOSX/x/c.XML", "no")
        archive.writestr("readme.md", "no")
    found = read_all(sources([tmp_path / "invoices", folder / "b.xml"]))
    assert [each.file.replace("\\", "/") for each in found.invoices] == ["2026/b.xml", "a.zip/x/c.XML"]
    assert not found.broken
    named = [(each.file.replace("\\", "/"), each.reason) for each in found.other]
    assert named == [("2026/notes.txt", "neither XML nor PDF"), ("a.zip/readme.md", "neither XML nor PDF")]


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"<" + b" " * 5_000_000)
    monkeypatch.setattr(files, "MAX_UNPACKED", 4_000_000)
    with pytest.raises(BookError, match="unpacks to more"):
        sources([tmp_path / "bomb.zip"])


def test_a_damaged_archive_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(BookError, match=r"a\.zip is a damaged ZIP archive"):
        sources([tmp_path / "a.zip"])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="no file or folder"):
        sources([tmp_path / "none"])


def test_a_file_beyond_all_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE", 100)
    (left_out,) = read(tmp_path, ubl(INVOICE)).broken
    assert "it has more than" in left_out.reason


def test_without_its_extra_a_pdf_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    (left_out,) = read(tmp_path, FORMATS["pdf"], ending=".pdf").other
    assert left_out.reason == pdf.NOT_INSTALLED


def test_a_signed_file_says_what_to_do(tmp_path: Path) -> None:
    (left_out,) = read(tmp_path, b"\x30\x82\x01\x00signed", ending=".p7m").other
    assert "signed" in left_out.reason


def test_parties_have_their_names_in_messages() -> None:
    assert [each.name for each in (US, BIRCH, CEDAR)] == ["Alder Software", "Birch & Sons", "Cedar Ltd"]
