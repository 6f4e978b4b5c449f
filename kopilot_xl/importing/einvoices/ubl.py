"""UBL 2.1 invoices and credit notes: Peppol BIS, XRechnung and their like.

Source: OASIS Universal Business Language 2.1; EN 16931-3-2 for which element holds which term.
"""

from __future__ import annotations

from lxml import etree

from kopilot_xl.importing.einvoices.document import (
    CREDIT_TYPES,
    BrokenInvoiceError,
    EInvoice,
    Identifier,
    Party,
    amount,
    day,
    party,
)
from kopilot_xl.importing.einvoices.xml import every, first, local_name, text
from kopilot_xl.texts import t

ROOTS = frozenset({"Invoice", "CreditNote"})
NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"


def read(root: etree._Element, file: str) -> list[EInvoice]:
    """Return the one document of a UBL file.

    Raises:
        BrokenInvoiceError: it lacks what an invoice must have.
    """
    credit_note = local_name(root) == "CreditNote"
    code = text(root, "CreditNoteTypeCode", "InvoiceTypeCode")
    credit = credit_note or code in CREDIT_TYPES
    net = _net(root, "CreditNoteLine" if credit_note else "InvoiceLine")
    return [
        EInvoice(
            file=file,
            number=text(root, "ID"),
            issued=day(text(root, "IssueDate")),
            type_code=code,
            credit=credit,
            currency=text(root, "DocumentCurrencyCode").upper(),
            net=-net if credit else net,
            seller=_party(first(root, "AccountingSupplierParty/Party")),
            buyer=_party(first(root, "AccountingCustomerParty/Party")),
        )
    ]


def _net(root: etree._Element, line: str) -> float:
    """The total before tax: as stated, else from the sums, else from the lines."""
    totals = first(root, "LegalMonetaryTotal")
    if stated := text(totals, "TaxExclusiveAmount"):
        return amount(stated, t("total without VAT"))
    if lines := text(totals, "LineExtensionAmount"):
        more = text(totals, "ChargeTotalAmount") or "0"
        less = text(totals, "AllowanceTotalAmount") or "0"
        what = t("total of its lines")
        return round(amount(lines, what) + amount(more, what) - amount(less, what), 2)
    amounts = [text(each, "LineExtensionAmount") for each in every(root, line)]
    if not amounts or "" in amounts:
        raise BrokenInvoiceError(t("it has no total without VAT"))
    return round(sum(amount(each, t("amount of a line")) for each in amounts), 2)


def _party(found: etree._Element | None) -> Party:
    vat = next(
        (
            text(scheme, "CompanyID")
            for scheme in every(found, "PartyTaxScheme")
            if text(scheme, "TaxScheme/ID").upper() in {"VAT", ""}
        ),
        "",
    )
    endpoint = first(found, "EndpointID")
    scheme = "" if endpoint is None else endpoint.get("schemeID", "")
    return party(
        text(found, "PartyLegalEntity/RegistrationName", "PartyName/Name"),
        {
            Identifier.VAT: vat,
            Identifier.LEGAL: text(found, "PartyLegalEntity/CompanyID"),
            Identifier.ENDPOINT: f"{scheme}:{text(found, 'EndpointID')}" if text(found, "EndpointID") else None,
            Identifier.OTHER: text(found, "PartyIdentification/ID"),
        },
        {
            "Contact": text(found, "Contact/Name"),
            "E-mail": text(found, "Contact/ElectronicMail"),
            "Phone": text(found, "Contact/Telephone"),
            "City": text(found, "PostalAddress/CityName"),
            "Country": text(found, "PostalAddress/Country/IdentificationCode"),
        },
    )
