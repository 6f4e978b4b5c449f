"""Parse an XML file that somebody else sent: no entities, no network, no attachments."""

from __future__ import annotations

import re

from lxml import etree

from kopilot_xl.importing.einvoices.document import BrokenInvoiceError, NotAnInvoiceError
from kopilot_xl.texts import t

MAX_XML = 200_000_000
"""How many bytes an XML file may have; an invoice has some thousand, and attachments make the rest."""

_WORTH_STRIPPING = 100_000
_ATTACHMENT = re.compile(
    rb"(<(?:[\w.-]+:)?(?:EmbeddedDocumentBinaryObject|AttachmentBinaryObject|Attachment)(?:\s[^<>]*)?>)[A-Za-z0-9+/=\s]+(?=</)"
)


def parse(data: bytes) -> etree._Element:
    """Return the root element of a file, its attachments emptied.

    Raises:
        NotAnInvoiceError: it is not XML.
        BrokenInvoiceError: it is damaged, or declares entities, which no invoice needs.
    """
    if len(data) > MAX_XML:
        raise BrokenInvoiceError(t("it has more than {size} MB", size=MAX_XML // 1_000_000))
    if not data[:1000].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<"):
        raise NotAnInvoiceError(t("not an XML file"))
    if len(data) > _WORTH_STRIPPING:
        data = _ATTACHMENT.sub(rb"\1", data)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BrokenInvoiceError(t("it is damaged XML ({error})", error=str(error.msg)[:120])) from None
    except (ValueError, LookupError) as error:
        raise BrokenInvoiceError(t("it cannot be decoded ({error})", error=str(error)[:120])) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BrokenInvoiceError(t("it declares a document type, which an e-invoice must not"))
    return root


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def text(element: etree._Element | None, *paths: str) -> str:
    """Return the text at the first of several paths of local names (`Party/PartyName/Name`) with one, else blank."""
    for path in paths:
        found = first(element, path)
        if found is not None and found.text and found.text.strip():
            return found.text.strip()
    return ""


def first(element: etree._Element | None, path: str) -> etree._Element | None:
    """Return the first element at a path of local names."""
    return None if element is None else element.find(_qualified(path))


def every(element: etree._Element | None, path: str) -> list[etree._Element]:
    """Return every element at a path of local names."""
    return [] if element is None else element.findall(_qualified(path))


def _qualified(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))
