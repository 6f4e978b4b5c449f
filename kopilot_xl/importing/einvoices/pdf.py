"""The XML inside a Factur-X or ZUGFeRD PDF; needs the extra `einvoice`."""

from __future__ import annotations

import io
import logging

from kopilot_xl.importing.einvoices.document import BrokenInvoiceError, NotAnInvoiceError
from kopilot_xl.texts import marked, t

NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
"""What the standards call the attached invoice, in any case."""

NOT_INSTALLED = marked('a PDF: reading the invoice inside takes one more package: pip install "kopilot-xl[einvoice]"')


def embedded_xml(data: bytes) -> bytes:
    """Return the invoice that a PDF carries as an attachment.

    Raises:
        NotAnInvoiceError: it carries none, or the package that reads PDF files is not installed.
        BrokenInvoiceError: it cannot be read.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise NotAnInvoiceError(t(NOT_INSTALLED)) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings are no news to a reader of ours
    try:
        attached = {name.casefold(): found for name, found in PdfReader(io.BytesIO(data)).attachments.items()}
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise BrokenInvoiceError(t("it is a damaged PDF ({error})", error=str(error)[:120])) from None
    for name in NAMES:
        if attached.get(name):
            return attached[name][0]
    raise NotAnInvoiceError(t("a PDF without an e-invoice inside"))
