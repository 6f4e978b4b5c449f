"""E-invoices of many files: what each holds, what was left out and why."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kopilot_xl.importing.einvoices import cii, fatturapa, ubl
from kopilot_xl.importing.einvoices.document import BrokenInvoiceError, EInvoice, NotAnInvoiceError
from kopilot_xl.importing.einvoices.files import Source
from kopilot_xl.importing.einvoices.pdf import embedded_xml
from kopilot_xl.importing.einvoices.xml import local_name, parse
from kopilot_xl.texts import marked, t

_NEITHER = marked("neither XML nor PDF")
_SIGNED = marked("a signed file (.p7m): save the invoice inside as XML, as your portal does")


@dataclass(frozen=True)
class LeftOut:
    """A file that is not counted, and why."""

    file: str
    reason: str


@dataclass
class Reading:
    """What many files hold.

    Attributes:
        invoices: every document, in the order of the files.
        other: files that are something else.
        broken: e-invoices that cannot be read.
    """

    invoices: list[EInvoice] = field(default_factory=list)
    other: list[LeftOut] = field(default_factory=list)
    broken: list[LeftOut] = field(default_factory=list)


def read_all(found: Iterable[Source], checkpoint: Callable[[], None] = lambda: None) -> Reading:
    """Read files; one that is broken or something else is named, the rest is read.

    Args:
        found: the files.
        checkpoint: called before each; it may raise to stop.
    """
    reading = Reading()
    for source in found:
        checkpoint()
        if not source.opened:
            reading.other.append(LeftOut(source.name, t(_NEITHER)))
            continue
        try:
            reading.invoices += read(source.data(), source.name)
        except NotAnInvoiceError as error:
            reading.other.append(LeftOut(source.name, str(error)))
        except BrokenInvoiceError as error:
            reading.broken.append(LeftOut(source.name, str(error)))
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
            reading.broken.append(LeftOut(source.name, str(error)[:200]))
    return reading


def read(data: bytes, name: str) -> Sequence[EInvoice]:
    """Return the invoices and credit notes of one file, whatever its ending.

    Raises:
        NotAnInvoiceError: it is something else.
        BrokenInvoiceError: it is an e-invoice that cannot be read.
    """
    if data[:5] == b"%PDF-":
        data = embedded_xml(data)
    elif data[:1] == b"\x30" and name.lower().endswith(".p7m"):
        raise NotAnInvoiceError(t(_SIGNED))
    root = parse(data)
    kind = local_name(root)
    if kind in ubl.ROOTS and root.tag.startswith(f"{{{ubl.NAMESPACE}"):
        found = ubl.read(root, name)
    elif kind in cii.ROOTS:
        found = cii.read(root, name)
    elif kind in fatturapa.ROOTS:
        found = fatturapa.read(root, name)
    else:
        raise NotAnInvoiceError(t("not an e-invoice: its XML is {kind}", kind=kind[:60]))
    for invoice in found:
        for what, text in (("number", invoice.number), ("currency", invoice.currency)):
            if not text:
                raise BrokenInvoiceError(t("it has no {what}", what=what))
        for what, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
            if not party.name and not party.identifiers:
                raise BrokenInvoiceError(t("it names no {what}", what=what))
    return found
