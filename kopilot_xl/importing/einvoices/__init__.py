"""E-invoices: UBL, Cross Industry Invoices, FatturaPA, and the XML inside Factur-X and ZUGFeRD PDFs.

Files are found (`sources`), read one by one (`read_all`), told apart by whose side we are on (`books`), and become our
tables (`output.read_invoices`).
"""

from kopilot_xl.importing.einvoices.books import CONTACT, Books, Client, Document, books
from kopilot_xl.importing.einvoices.files import Source, sources
from kopilot_xl.importing.einvoices.reading import LeftOut, Reading, read_all

__all__ = ["CONTACT", "Books", "Client", "Document", "LeftOut", "Reading", "Source", "books", "read_all", "sources"]
