"""Tables of web pages, and of the XML that Excel wrote in 2003: what programs name .xls without it being a workbook."""

from __future__ import annotations

from html.parser import HTMLParser

from lxml import etree

from kopilot_xl.errors import BookError
from kopilot_xl.importing.csv_dialect import cell
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Value

_MOST_SPANNED = 500


class _Reader(HTMLParser):
    """Gathers the tables of a page; a table inside a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[Value]]] = []
        self._open: list[list[list[Value]]] = []
        self._text: list[str] | None = None
        self._span = 1
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._skipped += 1
        elif tag == "table":
            self._end_cell()
            table: list[list[Value]] = []
            self.tables.append(table)
            self._open.append(table)
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            self._text = []
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), _MOST_SPANNED) if span.isdigit() else 1
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._skipped = max(self._skipped - 1, 0)
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._skipped:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is not None and self._open and self._open[-1]:
            value = cell(" ".join("".join(self._text).split()))
            self._open[-1][-1] += [value, *[None] * (self._span - 1)]
        self._text = None


def tables(text: str) -> list[list[list[Value]]]:
    """Return the tables of a web page, those without cells left out."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return [each for each in reader.tables if any(each)]


def spreadsheet_2003(data: bytes, path: object) -> list[tuple[str, list[list[Value]]]]:
    """Return the sheets of an XML spreadsheet and their rows.

    Raises:
        BookError: it is not well-formed.
    """
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise BookError(t("{path} is XML that cannot be read: export it again as .xlsx or CSV.", path=path)) from error
    found = []
    for sheet in root.iterfind("{*}Worksheet"):
        rows: list[list[Value]] = []
        for row in sheet.iterfind("{*}Table/{*}Row"):
            while len(rows) + 1 < _index(row, len(rows) + 1):
                rows.append([])
            cells: list[Value] = []
            for one in row.iterfind("{*}Cell"):
                cells += [None] * (_index(one, len(cells) + 1) - 1 - len(cells))
                cells.append(_value(one.find("{*}Data")))
            rows.append(cells)
        found.append((_attribute(sheet, "Name") or "Sheet", rows))
    return found


def _attribute(element: etree._Element, name: str) -> str | None:
    return next((str(each) for key, each in element.items() if str(key).endswith("}" + name)), None)


def _index(element: etree._Element, default: int) -> int:
    told = _attribute(element, "Index")
    return int(told) if told and told.isdigit() else default


def _value(element: etree._Element | None) -> Value:
    if element is None:
        return None
    text = "".join(str(each) for each in element.itertext())
    if _attribute(element, "Type") == "Number":
        try:
            return float(text)
        except ValueError:
            return cell(text)
    return cell(text)
