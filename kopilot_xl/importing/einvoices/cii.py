"""UN/CEFACT Cross Industry Invoices: XRechnung, the XML inside Factur-X and ZUGFeRD, version 1 of the latter too.

Source: UN/CEFACT CII D16B; EN 16931-3-3 for which element holds which term.
"""

from __future__ import annotations

from datetime import date

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
from kopilot_xl.importing.einvoices.xml import every, first, text
from kopilot_xl.texts import t

ROOTS = frozenset({"CrossIndustryInvoice", "CrossIndustryDocument"})
_DATE, _FISCAL = "102", "FC"


def read(root: etree._Element, file: str) -> list[EInvoice]:
    """Return the one document of a CII file.

    Raises:
        BrokenInvoiceError: it lacks what an invoice must have.
    """
    head = _either(root, "ExchangedDocument", "HeaderExchangedDocument")
    trade = _either(root, "SupplyChainTradeTransaction", "SpecifiedSupplyChainTradeTransaction")
    agreement = _either(trade, "ApplicableHeaderTradeAgreement", "ApplicableSupplyChainTradeAgreement")
    settlement = _either(trade, "ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement")
    code = text(head, "TypeCode")
    credit = code in CREDIT_TYPES
    currency = text(settlement, "InvoiceCurrencyCode").upper()
    net = _net(settlement, currency)
    return [
        EInvoice(
            file=file,
            number=text(head, "ID"),
            issued=_day(first(head, "IssueDateTime/DateTimeString")),
            type_code=code,
            credit=credit,
            currency=currency,
            net=-net if credit else net,
            seller=_party(first(agreement, "SellerTradeParty")),
            buyer=_party(first(agreement, "BuyerTradeParty")),
        )
    ]


def _either(element: etree._Element | None, *names: str) -> etree._Element | None:
    return next((found for name in names if (found := first(element, name)) is not None), None)


def _day(found: etree._Element | None) -> date:
    written = "" if found is None or found.text is None else found.text.strip()
    if found is not None and found.get("format", _DATE) == _DATE and len(written) == 8 and written.isdigit():
        written = f"{written[:4]}-{written[4:6]}-{written[6:]}"
    return day(written)


def _net(settlement: etree._Element | None, currency: str) -> float:
    """The total before tax in the invoice's currency."""
    sums = _either(
        settlement,
        "SpecifiedTradeSettlementHeaderMonetarySummation",
        "SpecifiedTradeSettlementMonetarySummation",
    )
    stated = every(sums, "TaxBasisTotalAmount")
    ours = [found for found in stated if found.get("currencyID", currency).upper() == currency] or stated
    if ours and ours[0].text:
        return amount(ours[0].text, t("total without VAT"))
    if lines := text(sums, "LineTotalAmount"):
        more, less = text(sums, "ChargeTotalAmount") or "0", text(sums, "AllowanceTotalAmount") or "0"
        what = t("total of its lines")
        return round(amount(lines, what) + amount(more, what) - amount(less, what), 2)
    raise BrokenInvoiceError(t("it has no total without VAT"))


def _party(found: etree._Element | None) -> Party:
    registrations = every(found, "SpecifiedTaxRegistration/ID")
    vat = next((each.text for each in registrations if each.get("schemeID", "VA") != _FISCAL), None)
    endpoint = first(found, "URIUniversalCommunication/URIID")
    scheme = "" if endpoint is None else endpoint.get("schemeID", "")
    address = text(found, "URIUniversalCommunication/URIID")
    return party(
        text(found, "Name", "SpecifiedLegalOrganization/TradingBusinessName"),
        {
            Identifier.VAT: vat,
            Identifier.LEGAL: text(found, "SpecifiedLegalOrganization/ID"),
            Identifier.ENDPOINT: f"{scheme}:{address}" if address else None,
            Identifier.OTHER: text(found, "GlobalID", "ID"),
        },
        {
            "Contact": text(found, "DefinedTradeContact/PersonName"),
            "E-mail": text(found, "DefinedTradeContact/EmailURIUniversalCommunication/URIID"),
            "Phone": text(found, "DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber"),
            "City": text(found, "PostalTradeAddress/CityName"),
            "Country": text(found, "PostalTradeAddress/CountryID"),
        },
    )
