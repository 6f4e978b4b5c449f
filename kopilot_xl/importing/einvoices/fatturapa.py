"""FatturaPA 1.2, the e-invoice of Italy; one file may hold several invoices of one seller to one buyer.

Source: Agenzia delle Entrate, technical specifications of FatturaPA 1.2.
"""

from __future__ import annotations

from lxml import etree

from kopilot_xl.importing.einvoices.document import (
    BrokenInvoiceError,
    EInvoice,
    Identifier,
    Party,
    amount,
    day,
    party,
)
from kopilot_xl.importing.einvoices.xml import every, first, text
from kopilot_xl.texts import t

ROOTS = frozenset({"FatturaElettronica"})
CREDIT_NOTE = "TD04"


def read(root: etree._Element, file: str) -> list[EInvoice]:
    """Return the documents of a FatturaPA file.

    Raises:
        BrokenInvoiceError: one lacks what an invoice must have.
    """
    seller = _party(first(root, "FatturaElettronicaHeader/CedentePrestatore"))
    buyer = _party(first(root, "FatturaElettronicaHeader/CessionarioCommittente"))
    return [_document(body, seller, buyer, file) for body in every(root, "FatturaElettronicaBody")]


def _document(body: etree._Element, seller: Party, buyer: Party, file: str) -> EInvoice:
    head = first(body, "DatiGenerali/DatiGeneraliDocumento")
    code = text(head, "TipoDocumento")
    sums = [text(each, "ImponibileImporto") for each in every(body, "DatiBeniServizi/DatiRiepilogo")]
    if not sums or "" in sums:
        raise BrokenInvoiceError(t("it has no taxable amount (ImponibileImporto)"))
    net = round(sum(amount(each, t("taxable amount")) for each in sums), 2)
    credit = code == CREDIT_NOTE
    return EInvoice(
        file=file,
        number=text(head, "Numero"),
        issued=day(text(head, "Data")),
        type_code=code,
        credit=credit,
        currency=text(head, "Divisa").upper(),
        net=-net if credit else net,
        seller=seller,
        buyer=buyer,
    )


def _party(found: etree._Element | None) -> Party:
    data = first(found, "DatiAnagrafici")
    names = first(data, "Anagrafica")
    vat = text(data, "IdFiscaleIVA/IdPaese") + text(data, "IdFiscaleIVA/IdCodice")
    person = f"{text(names, 'Nome')} {text(names, 'Cognome')}"
    return party(
        text(names, "Denominazione") or person,
        {Identifier.VAT: vat, Identifier.LEGAL: text(data, "CodiceFiscale")},
        {
            "E-mail": text(found, "Contatti/Email"),
            "Phone": text(found, "Contatti/Telefono"),
            "City": text(found, "Sede/Comune"),
            "Country": text(found, "Sede/Nazione"),
        },
    )
