"""Minimal e-invoices of every format, made here: only what an invoice must say, and what the reader looks at."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CBC, CAC = f"{UBL}CommonBasicComponents-2", f"{UBL}CommonAggregateComponents-2"
CII = "urn:un:unece:uncefact:data:standard:"


@dataclass(frozen=True)
class Side:
    """A seller or a buyer."""

    name: str
    vat: str = ""
    legal: str = ""
    endpoint: str = ""
    email: str = ""


US = Side("Alder Software", "BE0123456749", "0123456749", email="hello@alder.example")
BIRCH = Side("Birch & Sons", "DE123456788", "HRB 1000")
CEDAR = Side("Cedar Ltd", legal="09876543")


@dataclass(frozen=True)
class Invoice:
    """What a sample says. Amounts are texts, as XML has them."""

    number: str = "2026-001"
    issued: str = "2026-03-05"
    net: str = "1250.00"
    currency: str = "EUR"
    code: str = "380"
    seller: Side = US
    buyer: Side = BIRCH
    attachment: str = ""

    def but(self, **changes: object) -> Invoice:
        """Return another that differs in some of it."""
        return replace(self, **changes)  # type: ignore[arg-type]  # a test names what there is


def ubl(invoice: Invoice, kind: str = "Invoice") -> bytes:
    """Return it as UBL, an `Invoice` or a `CreditNote`."""

    def party(side: Side) -> str:
        vat = (
            f"<cac:PartyTaxScheme><cbc:CompanyID>{side.vat}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID>"
            "</cac:TaxScheme></cac:PartyTaxScheme>"
            if side.vat
            else ""
        )
        legal = f"<cbc:CompanyID>{side.legal}</cbc:CompanyID>" if side.legal else ""
        endpoint = f'<cbc:EndpointID schemeID="0088">{side.endpoint}</cbc:EndpointID>' if side.endpoint else ""
        contact = f"<cac:Contact><cbc:ElectronicMail>{side.email}</cbc:ElectronicMail></cac:Contact>"
        name = f"<cbc:RegistrationName>{_escaped(side.name)}</cbc:RegistrationName>"
        return (
            f"<cac:Party>{endpoint}{vat}<cac:PartyLegalEntity>{name}{legal}</cac:PartyLegalEntity>"
            f"{contact if side.email else ''}</cac:Party>"
        )

    attached = (
        "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject>"
        f"{invoice.attachment}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{kind} xmlns="{UBL}{kind}-2" xmlns:cac="{CAC}" xmlns:cbc="{CBC}">'
        f"<cbc:ID>{invoice.number}</cbc:ID><cbc:IssueDate>{invoice.issued}</cbc:IssueDate>"
        f"<cbc:{kind}TypeCode>{invoice.code}</cbc:{kind}TypeCode>"
        f"<cbc:DocumentCurrencyCode>{invoice.currency}</cbc:DocumentCurrencyCode>"
        f"{attached if invoice.attachment else ''}"
        f"<cac:AccountingSupplierParty>{party(invoice.seller)}</cac:AccountingSupplierParty>"
        f"<cac:AccountingCustomerParty>{party(invoice.buyer)}</cac:AccountingCustomerParty>"
        "<cac:LegalMonetaryTotal><cbc:LineExtensionAmount>99999</cbc:LineExtensionAmount>"
        f"<cbc:TaxExclusiveAmount>{invoice.net}</cbc:TaxExclusiveAmount>"
        "<cbc:TaxInclusiveAmount>88888</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>"
        f"</{kind}>"
    ).encode()


def cii(invoice: Invoice) -> bytes:
    """Return it as a Cross Industry Invoice."""

    def party(role: str, side: Side) -> str:
        legal = f"<ram:SpecifiedLegalOrganization><ram:ID>{side.legal}</ram:ID></ram:SpecifiedLegalOrganization>"
        vat = f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{side.vat}</ram:ID></ram:SpecifiedTaxRegistration>'
        name = f"<ram:Name>{_escaped(side.name)}</ram:Name>"
        return f"<ram:{role}>{name}{legal if side.legal else ''}{vat if side.vat else ''}</ram:{role}>"

    return (
        f'<rsm:CrossIndustryInvoice xmlns:rsm="{CII}CrossIndustryInvoice:100" '
        f'xmlns:ram="{CII}ReusableAggregateBusinessInformationEntity:100" '
        f'xmlns:udt="{CII}UnqualifiedDataType:100"><rsm:ExchangedDocument><ram:ID>{invoice.number}</ram:ID>'
        f"<ram:TypeCode>{invoice.code}</ram:TypeCode><ram:IssueDateTime>"
        f'<udt:DateTimeString format="102">{invoice.issued.replace("-", "")}</udt:DateTimeString></ram:IssueDateTime>'
        "</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement>"
        f"{party('SellerTradeParty', invoice.seller)}{party('BuyerTradeParty', invoice.buyer)}"
        "</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement>"
        f"<ram:InvoiceCurrencyCode>{invoice.currency}</ram:InvoiceCurrencyCode>"
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>99999</ram:LineTotalAmount>"
        f"<ram:TaxBasisTotalAmount>{invoice.net}</ram:TaxBasisTotalAmount>"
        "<ram:GrandTotalAmount>88888</ram:GrandTotalAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
        "</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"
    ).encode()


def fatturapa(*invoices: Invoice) -> bytes:
    """Return them as one FatturaPA file; seller and buyer are those of the first."""

    def party(role: str, side: Side) -> str:
        country, code = side.vat[:2], side.vat[2:]
        vat = f"<IdFiscaleIVA><IdPaese>{country}</IdPaese><IdCodice>{code}</IdCodice></IdFiscaleIVA>"
        name = f"<Anagrafica><Denominazione>{_escaped(side.name)}</Denominazione></Anagrafica>"
        return f"<{role}><DatiAnagrafici>{vat if side.vat else ''}{name}</DatiAnagrafici></{role}>"

    bodies = "".join(
        "<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento>"
        f"<TipoDocumento>{each.code}</TipoDocumento><Divisa>{each.currency}</Divisa><Data>{each.issued}</Data>"
        f"<Numero>{each.number}</Numero><ImportoTotaleDocumento>77777</ImportoTotaleDocumento>"
        "</DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi><DatiRiepilogo>"
        f"<ImponibileImporto>{each.net}</ImponibileImporto></DatiRiepilogo><DatiRiepilogo>"
        "<ImponibileImporto>0.50</ImponibileImporto></DatiRiepilogo></DatiBeniServizi></FatturaElettronicaBody>"
        for each in invoices
    )
    return (
        '<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2" '
        f'versione="FPR12"><FatturaElettronicaHeader>{party("CedentePrestatore", invoices[0].seller)}'
        f"{party('CessionarioCommittente', invoices[0].buyer)}</FatturaElettronicaHeader>{bodies}"
        "</p:FatturaElettronica>"
    ).encode()


def pdf(xml: bytes | None, name: str = "factur-x.xml") -> bytes:
    """Return a PDF of one blank page that carries an XML file, or none."""
    from pypdf import PdfWriter

    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    if xml is not None:
        writer.add_attachment(name, xml)
    writer.write(out)
    return out.getvalue()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;")
