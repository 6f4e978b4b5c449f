"""Edit the rows of a sheet: as text where they are written in the usual way, else as an element tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from kopilot_xl.errors import BookError
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.addresses import Area, cell_address
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.edits import KEEP, Edit, Move, encoded
from kopilot_xl.workbook.file.ooxml.shared_formulas import expand_shared_formulas
from kopilot_xl.workbook.file.ooxml.tags import CELL, DATA, FORMULA, HOLDERS, INLINE, ROW, SPACE, TEXT, VALUE
from kopilot_xl.workbook.file.ooxml.text_editor import RowEdits, RowTextEditor, no_style
from kopilot_xl.workbook.file.ooxml.worksheet import Layout, area_of

_DIGITS = "0123456789"

OUT_OF_ORDER = marked("its rows or cells are out of order")


def _is_main(layout: Layout) -> bool:
    """Tell whether the elements of a sheet are Excel's without a prefix."""
    root = etree.fromstring(layout.root_tag + b"</" + layout.root_name + b">", markup.new_parser())
    return layout.name == b"sheetData" and root.nsmap.get(None) == markup.MAIN_NAMESPACE


class RowEditor:
    """Edits batches of rows, one after the other, from the top of the sheet down."""

    def __init__(self, layout: Layout, column_styles: Mapping[int, str], date1904: bool) -> None:
        self._text_editor = RowTextEditor(column_styles, date1904)
        self._layout = layout
        self._column_styles = column_styles
        self._date1904 = date1904
        self._parser = markup.new_parser()
        self._column_of: dict[str, int] = {}
        self._textual = layout.plain and _is_main(layout)
        self._around = (
            layout.root_tag + b"<" + layout.name + b">",
            b"</" + layout.name + b"></" + layout.root_name + b">",
        )
        self._metadata = False
        self._changed = False

    @property
    def created(self) -> Area | None:
        """Where there are new cells."""
        return self._text_editor.created

    def rewritten(self, rows: bytes, ordered: RowEdits) -> bytes | None:
        """Return rows with the edits made as text; None, and nothing is done, unless they are written as usual."""
        head, tail = self._around
        return self._text_editor.rewritten(head, rows, tail, ordered) if self._textual else None

    def edited(
        self,
        rows: bytes,
        ordered: RowEdits,
        moves: Sequence[Move] = (),
    ) -> bytes:
        """Return a batch of rows with the edits made; the very same bytes if all was so already."""
        if not moves and (rewritten := self.rewritten(rows, ordered)) is not None:
            return rewritten
        head, tail = self._around
        try:
            root = etree.fromstring(head + rows + tail, self._parser)
        except etree.XMLSyntaxError as error:
            raise BookError(t("its XML is damaged ({error})", error=error)) from error
        data = root[0]
        if data.tag != DATA:
            raise BookError(
                t("its cells are in the namespace {tag}, not in Excel's", tag=markup.shortened(str(data.tag)))
            )
        self._metadata = b"vm" in rows or b"cm" in rows
        self._changed = False
        expand_shared_formulas(root, ordered, moves)
        for move in moves:
            self._move(data, move)
        self._edit_rows(data, ordered)
        if not self._changed:
            return rows
        written = etree.tostring(data, encoding="UTF-8", with_tail=False)
        if len(data) == 0:
            return b""
        return written[written.index(b">") + 1 : written.rindex(b"</")]

    def _edit_rows(self, data: etree._Element, ordered: RowEdits) -> None:
        last, done, count = 0, 0, len(ordered)
        for element in list(data.iterchildren(ROW)):
            number = markup.number(element.get("r"), last + 1)
            if number <= last:
                raise BookError(t(OUT_OF_ORDER))
            last = number
            while done < count and ordered[done][0] < number:
                new = self._new_row(data, *ordered[done])
                if len(new):
                    element.addprevious(new)  # by index, lxml would count from the first row each time
                done += 1
            if done < count and ordered[done][0] == number:
                self._edit_row(element, *ordered[done])
                done += 1
        for row, columns in ordered[done:]:
            new = self._new_row(data, row, columns)
            if len(new):
                data.append(new)

    def _new_row(self, data: etree._Element, row: int, columns: Mapping[int, Value | Edit]) -> etree._Element:
        """Return a new row with its cells; without any it is not worth inserting."""
        element = data.makeelement(ROW, {"r": str(row)})
        self._edit_row(element, row, columns)
        return element

    def _edit_row(self, element: etree._Element, row: int, columns: Mapping[int, Value | Edit]) -> None:
        cells = self._cells(element)
        if row != self._text_editor.last + 1:
            self._text_editor.above = no_style
        for column, change in columns.items():
            if change is KEEP:
                continue
            cell = cells.get(column)
            if cell is None:
                cell = self._new_cell(element, row, column, change, cells)
                if cell is None:
                    continue
            self._set(cell, change)
        self._text_editor.last = row
        self._text_editor.above = lambda column: None if column not in cells else cells[column].get("s", "0")

    def _cells(self, element: etree._Element) -> dict[int, etree._Element]:
        """Return the cells of a row by column."""
        cells: dict[int, etree._Element] = {}
        column_of, last = self._column_of, 0
        number = element.get("r")
        for cell in element.iterchildren(CELL):
            address = cell.get("r")
            if address is None:
                column = last + 1
            else:
                letters = address.rstrip(_DIGITS)
                column = column_of.get(letters) or column_of.setdefault(letters, area_of(address).left)
                if number is not None and address[len(letters) :] != number:
                    raise BookError(
                        t("the cell {address} is in row {number}", address=markup.shortened(address), number=number)
                    )
            if column <= last:
                raise BookError(t(OUT_OF_ORDER))
            cells[column] = cell
            last = column
        return cells

    def _new_cell(
        self,
        element: etree._Element,
        row: int,
        column: int,
        change: Value | Edit,
        cells: dict[int, etree._Element],
    ) -> etree._Element | None:
        """Insert a cell where it belongs and return it; None where a blank without style would be all."""
        if type(change) is Edit and not change.keep_formula and change.value is None and change.formula is None:
            return None
        style = self._text_editor.above(column)
        if style is None and element.get("customFormat") in ("1", "true"):
            style = element.get("s")
        style = style or self._column_styles.get(column, "0")
        value, formula = (change.value, change.formula) if type(change) is Edit else (change, None)
        if style == "0" and formula is None and (value == "" or encoded(value, self._date1904)[0] is None):  # type: ignore[arg-type]
            return None
        cell = element.makeelement(CELL, {"r": cell_address(row, column)})
        if style != "0":
            cell.set("s", style)
        self._insert(element, row, column, cell, cells)
        return cell

    def _insert(
        self,
        element: etree._Element,
        row: int,
        column: int,
        cell: etree._Element,
        cells: dict[int, etree._Element],
    ) -> None:
        """Put a cell into a row, behind the cells to its left."""
        following = min((other for other in cells if other > column), default=None)
        if following is None:
            element.insert(_after_last(element, CELL), cell)
        else:
            element.insert(element.index(cells[following]), cell)
        cells[column] = cell
        spans = element.get("spans")
        if spans is not None and not _in_spans(spans, column):
            del element.attrib["spans"]
        self._text_editor.add_created(row, column)
        self._changed = True

    def _set(self, cell: etree._Element, change: Value | Edit) -> None:
        """Make a cell hold what it should, touching nothing that is so already."""
        value: Value
        if type(change) is Edit:
            value, new_formula, keep = change
        else:
            value, new_formula, keep = change, None, True  # type: ignore[assignment]
        held: dict[str, etree._Element] = {}
        for child in list(cell):
            tag = str(child.tag)
            if tag in HOLDERS:
                if tag in held:  # it may have one of each kind: the last counts
                    cell.remove(held[tag])
                    self._changed = True
                held[tag] = child
        formula, stored, inline = map(held.get, HOLDERS)
        if formula is not None and not keep:
            cell.remove(formula)
            formula = None
            self._changed = True
        if formula is None:
            if new_formula is not None:
                formula = cell.makeelement(FORMULA)
                formula.text = new_formula
                cell.insert(0, formula)
                self._changed = True
            elif self._metadata and cell.get("cm") is not None:
                del cell.attrib["cm"]
                self._changed = True
        if self._metadata and cell.get("vm") is not None:
            del cell.attrib["vm"]
            self._changed = True
        kind, text = encoded(value, self._date1904)
        if kind is None and formula is not None:
            kind, text = "str", ""  # what a formula shows that gives nothing
        elif formula is None and text == "":
            kind = None
        if kind == "str" and formula is None:
            self._set_inline(cell, text, stored, inline)
        else:
            self._set_value(cell, kind, text, stored, inline)

    def _set_inline(
        self,
        cell: etree._Element,
        text: str,
        stored: etree._Element | None,
        inline: etree._Element | None,
    ) -> None:
        if stored is not None:
            cell.remove(stored)
        elif (
            inline is not None
            and cell.get("t") == "inlineStr"
            and len(inline) == 1
            and inline[0].tag == TEXT
            and inline[0].text == text
            and (inline[0].get(SPACE) == "preserve" or text == text.strip())
        ):
            return
        if inline is not None:
            cell.remove(inline)
        inline = etree.SubElement(cell, INLINE)
        content = etree.SubElement(inline, TEXT)
        if text != text.strip():
            content.set(SPACE, "preserve")
        content.text = text
        if len(cell) > 1:
            cell.insert(0, inline)
        cell.set("t", "inlineStr")
        self._changed = True

    def _set_value(
        self,
        cell: etree._Element,
        kind: str | None,
        text: str,
        stored: etree._Element | None,
        inline: etree._Element | None,
    ) -> None:
        if inline is not None:
            cell.remove(inline)
            self._changed = True
        current = cell.get("t", "n")
        wanted = kind or "n"
        if current != wanted:
            if wanted == "n":
                del cell.attrib["t"]
            else:
                cell.set("t", wanted)
            self._changed = True
        if kind is None:
            if stored is not None:
                cell.remove(stored)
                self._changed = True
        elif stored is None:
            stored = cell.makeelement(VALUE)
            stored.text = text
            cell.insert(_after_last(cell, FORMULA), stored)
            self._changed = True
        elif not _same(stored.text or "", text, number=kind == current == "n"):
            stored.text = text
            self._changed = True

    def _move(self, data: etree._Element, move: Move) -> None:
        """Move cells from one row to another; what was there goes."""
        rows: dict[int, etree._Element] = {}
        number = 0
        for element in data.iterchildren(ROW):
            number = markup.number(element.get("r"), number + 1)
            rows[number] = element
        source = rows.get(move.row)
        if source is None:
            return
        target = rows.get(move.to)
        if target is None:
            target = data.makeelement(ROW, {"r": str(move.to)})
            following = min((other for other in rows if other > move.to), default=None)
            data.insert(_after_last(data, ROW) if following is None else data.index(rows[following]), target)
        moved = {column: cell for column, cell in self._cells(source).items() if move.left <= column <= move.right}
        _number_cells(source, move.row, self._cells(source))
        cells = self._cells(target)
        _number_cells(target, move.to, cells)
        for column in [column for column in cells if move.left <= column <= move.right]:
            target.remove(cells.pop(column))
        for column, cell in moved.items():
            source.remove(cell)
            address = cell_address(move.to, column)
            cell.set("r", address)
            formula = cell.find(FORMULA)
            if formula is not None and formula.get("ref") is not None:
                formula.set("ref", address)
            self._insert(target, move.to, column, cell, cells)
        self._changed = True


def _number_cells(element: etree._Element, row: int, cells: Mapping[int, etree._Element]) -> None:
    """Give every cell of a row its address, so that taking one away shifts no other."""
    element.set("r", str(row))
    for column, cell in cells.items():
        cell.set("r", cell_address(row, column))


def _after_last(element: etree._Element, tag: str) -> int:
    """Return the index behind the last child of that tag."""
    last = next(element.iterchildren(tag, reversed=True), None)
    return 0 if last is None else element.index(last) + 1


def _same(current: str, wanted: str, *, number: bool) -> bool:
    """Tell whether two value texts are equal: 3 and 3.0 are, as numbers."""
    if current == wanted:
        return True
    try:
        return number and float(current) == float(wanted)
    except ValueError:
        return False


def _in_spans(spans: str, column: int) -> bool:
    for span in spans.split():
        first, _, last = span.partition(":")
        if markup.number(first, 0) <= column <= markup.number(last, 0):
            return True
    return False
