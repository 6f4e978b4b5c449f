"""Set cells in worksheet XML: bytes in, bytes out, and nothing else of the sheet is changed."""

from __future__ import annotations

import gc
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

from lxml import etree

from kopilot_xl.book import Value, markup
from kopilot_xl.book.addresses import LAST_COLUMN, Area, cell_address, column_letters, column_number
from kopilot_xl.book.edits import KEEP, Edit, Edits, Move, encoded
from kopilot_xl.book.rows import RowEdits, Scribe, nothing
from kopilot_xl.book.worksheet import Layout, area_of, array_areas, merged_areas, walk
from kopilot_xl.errors import BookError, SaveError

MAX_FORMULA = 8_192
"""How many characters a formula has in Excel; a longer shared one is not copied out into its cells."""

# Rows are parsed a thousand at a time, so that a sheet of any length takes little memory, and rows far from
# any edit keep their bytes. Batches go by row number: a second run parts the sheet in the same way.
_BATCH = 1_000
_FEW = 4
"""Rows to edit are looked up one by one if the sheet has so many times more."""

_CELL = f"{{{markup.MAIN_NAMESPACE}}}c"
_ROW = f"{{{markup.MAIN_NAMESPACE}}}row"
_DATA = f"{{{markup.MAIN_NAMESPACE}}}sheetData"
_VALUE = f"{{{markup.MAIN_NAMESPACE}}}v"
_FORMULA = f"{{{markup.MAIN_NAMESPACE}}}f"
_INLINE = f"{{{markup.MAIN_NAMESPACE}}}is"
_HOLDERS = (_FORMULA, _VALUE, _INLINE)
_TEXT = f"{{{markup.MAIN_NAMESPACE}}}t"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_DIGITS = "0123456789"
_ROW_START = '<row r="'
_ROW_MARK = _ROW_START.encode()
_NUMBERED_ROW = re.compile(rb'<row r="([0-9]{1,7})"')
_ROW_TAG = re.compile(rb"<(?:[\w.-]++:)?row(?=[\s/>])([^<>]*+)>")
_OPEN = re.compile("</?")
# Nearly every cell is written like this; the others have no style.
_STYLED_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})" s="([1-9][0-9]*)"')
_OTHER_CELL = re.compile(rb'<c(?! r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[1-9][0-9]*")?(?: t="\w*")?/?>)')
_CELL_TAG = re.compile(rb"<(?:[\w.-]++:)?c(?=[\s/>])([^<>]*+)>")

_DAMAGED_ORDER = "its rows or cells are out of order"


def edit(xml: bytes, edits: Edits, *, moves: Sequence[Move] = (), date1904: bool = False) -> bytes:
    """Return a worksheet with some cells set. Everything else stays; `moves` come first.

    A cell keeps its style; a new one takes that of the cell above it if that row is edited too, else its row's
    or column's.
    The same edits on the result give the same bytes.

    Raises:
        BookError: the XML is damaged.
        SaveError: a cell lies in the reach of an array formula or under a merged cell.
    """
    xml = markup.as_utf8(xml)
    layout = Layout.of(xml)
    ordered = [(row, edits[row]) for row in sorted(edits)]
    _check_surroundings(xml, layout)
    _check_reach(xml, layout, edits, moves)
    editor = _Editor(layout, _column_styles(xml, layout), date1904)
    with _without_garbage_collection():
        inner = b"".join(_edited_rows(editor, xml, layout, ordered, moves))
    if inner == xml[layout.inner : layout.inner_end]:
        return xml
    return _assembled(xml, layout, inner, editor.created, grow=True)


def fill(
    xml: bytes,
    rows: Sequence[Sequence[Value]],
    *,
    held: Sequence[Sequence[Value]] = (),
    date1904: bool = False,
) -> bytes:
    """Return a worksheet whose cells are these values from A1 on and nothing else.

    A cell keeps its style, a new one takes that of its column; column widths and the like stay.

    Args:
        xml: the worksheet.
        rows: the values.
        held: the values it holds now, where they are known: rows that hold theirs already are not written anew.
        date1904: whether its workbook counts days from 1904.

    Raises:
        BookError: the XML is damaged.
        SaveError: a value would lie under a merged cell.
    """
    xml = markup.as_utf8(xml)
    layout = Layout.of(xml)
    _check_surroundings(xml, layout)
    if merged := merged_areas(xml, layout):
        _check_merged(merged, {n: dict(enumerate(values, 1)) for n, values in enumerate(rows, 1)})
    scribe, columns = Scribe({}, date1904), _column_styles(xml, layout)
    width = max(map(len, rows), default=0)
    letters = [column_letters(column) for column in range(1, width + 1)]
    marks = [_style_mark(columns.get(column)) for column in range(1, width + 1)]
    output: list[str] = []
    numbers: list[int] = []
    spans: set[tuple[int, int]] = set()
    kept, others = _rows_that_hold(xml, layout, rows, held)
    styles = _styles(others, Layout.of(others), columns)
    for n, values in enumerate(rows, 1):
        if n in kept:
            output.append(kept[n])
            numbers.append(n)
            if values[0] is None or values[-1] is None:
                there = [column for column, value in enumerate(values, 1) if value is not None]
                spans.add((there[0], there[-1]))
            else:
                spans.add((1, len(values)))
            continue
        contents = list(map(scribe.content, values))
        looks = marks
        if n in styles:
            looks = [_style_mark(styles[n].get(column, columns.get(column))) for column in range(1, len(values) + 1)]
        cells = [
            f'<c r="{letter}{n}"{mark}{kind}>{content}</c>'
            for letter, mark, (kind, content) in zip(letters, looks, contents, strict=False)
            if content
        ]
        if cells:
            output.append(f'<row r="{n}">{"".join(cells)}</row>')
            numbers.append(n)
            filled = [column for column, (_, content) in enumerate(contents, 1) if content]
            spans.add((filled[0], filled[-1]))
    lefts, rights = zip(*spans, strict=True) if spans else ((1,), (1,))
    dimension = Area(min(numbers, default=1), min(lefts), max(numbers, default=1), max(rights))
    text = "".join(output)
    if layout.prefix:
        text = _OPEN.sub(f"\\g<0>{layout.prefix.decode()}", text)
    return _assembled(xml, layout, text.encode(), dimension, grow=False)


def _rows_that_hold(
    xml: bytes, layout: Layout, rows: Sequence[Sequence[Value]], held: Sequence[Sequence[Value]]
) -> tuple[dict[int, str], bytes]:
    """Return, by number, those rows of a sheet that hold their values already, if they are written as here.

    And the sheet without them.
    """
    marks = (b"<f", b' cm="', b' vm="')
    if not held or not layout.plain or layout.prefix or any(_has(xml, layout, mark) for mark in marks):
        return {}, xml
    if any(bool in map(type, chain.from_iterable(values)) for values in (rows, held)):
        return {}, xml  # which equal the numbers 0 and 1
    same = {n for n, (values, now) in enumerate(zip(rows, held, strict=False), 1) if values == now and any(values)}
    try:
        before, *pieces = xml[layout.inner : layout.inner_end].decode().split(_ROW_START)
    except UnicodeDecodeError:
        return {}, xml
    kept: dict[int, str] = {}
    others = [before]
    for piece in pieces:
        digits, _, after = piece.partition('"')
        if digits.isdecimal() and int(digits) in same and after.startswith("><c ") and after.endswith("</c></row>"):
            kept[int(digits)] = _ROW_START + piece
        else:
            others.append(_ROW_START + piece)
    return kept, xml[: layout.inner] + "".join(others).encode() + xml[layout.inner_end :]


def _has(xml: bytes, layout: Layout, mark: bytes) -> bool:
    return xml.find(mark, layout.inner, layout.inner_end) >= 0


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Hold the garbage collector back: it would look again and again through elements that are all in use."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _edited_rows(
    editor: _Editor,
    xml: bytes,
    layout: Layout,
    ordered: RowEdits,
    moves: Sequence[Move],
) -> Iterator[bytes]:
    """Yield the bytes of the rows, piece by piece."""
    whole = _needs_whole_sheet(xml, layout, ordered, moves)
    if not whole and (runs := _runs(xml, layout, [row for row, _ in ordered])) is not None:
        yield from _edited_runs(editor, xml, layout, ordered, runs)
        return
    pieces = None if whole else _batches(xml, layout)
    if pieces is None:
        yield editor.edited(xml[layout.inner : layout.inner_end], ordered, moves)
        return
    numbers = [row for row, _ in ordered]
    done = 0
    for batch, start, end in pieces:
        # Rows of batches that the sheet does not have yet come before this one.
        first = bisect_left(numbers, batch * _BATCH + 1)
        while done < first:
            upto = bisect_left(numbers, ((numbers[done] - 1) // _BATCH + 1) * _BATCH + 1)
            yield editor.edited(b"", ordered[done:upto])
            done = upto
        upto = bisect_left(numbers, (batch + 1) * _BATCH + 1)
        if upto > done:
            yield editor.edited(xml[start:end], ordered[done:upto])
            done = upto
        else:
            yield xml[start:end]
    while done < len(ordered):  # rows below the last
        upto = bisect_left(numbers, ((numbers[done] - 1) // _BATCH + 1) * _BATCH + 1)
        yield editor.edited(b"", ordered[done:upto])
        done = upto


def _edited_runs(
    editor: _Editor, xml: bytes, layout: Layout, ordered: RowEdits, runs: Sequence[tuple[int, int, int, int]]
) -> Iterator[bytes]:
    """Yield the rows of a sheet of which runs are edited; all runs are edited in one step, if they allow it."""
    whole = editor.rewritten(b"".join([xml[start:end] for *_, start, end in runs]), ordered)
    rows = whole.split(_ROW_MARK) if whole is not None else []
    place = layout.inner
    for first, upto, start, end in runs:
        yield xml[place:start]
        if rows:
            yield b"".join([_ROW_MARK + row for row in rows[first + 1 : upto + 1]])
        else:
            yield editor.edited(xml[start:end], ordered[first:upto])
        place = end
    yield xml[place : layout.inner_end]


def _runs(xml: bytes, layout: Layout, rows: Sequence[int]) -> list[tuple[int, int, int, int]] | None:
    """Return runs of rows to edit that stand together: from which to before which of them, start and end in the XML.

    None where many rows are to be edited, or one is not there in the usual form.
    """
    if len(rows) * _FEW > xml.count(b"<row", layout.inner, layout.inner_end):
        return None
    runs: list[tuple[int, int, int, int]] = []
    end = layout.inner
    for place, row in enumerate(rows):
        start = xml.find(b'<row r="%d"' % row, end, layout.inner_end)
        if start < 0:
            return None
        first = runs.pop() if runs and start == end else (place, place, start, end)
        following = xml.find(b"<row", start + 1, layout.inner_end)
        end = following if following >= 0 else layout.inner_end
        runs.append((first[0], place + 1, first[2], end))
    return runs


def _needs_whole_sheet(
    xml: bytes,
    layout: Layout,
    ordered: RowEdits,
    moves: Sequence[Move],
) -> bool:
    """Tell whether the edits need sight of all rows at once."""
    if moves or not layout.plain:
        return True
    return xml.find(b"shared", layout.inner, layout.inner_end) >= 0 and any(
        type(change) is Edit and not change.keep_formula for _, columns in ordered for change in columns.values()
    )


def _batches(xml: bytes, layout: Layout) -> list[tuple[int, int, int]] | None:
    """Return number, start and end of each batch of rows, None where rows do not say their number."""
    found: list[tuple[int, int, int]] = []
    last = 0
    start = layout.inner
    # Nearly every row starts with its number; where one does not, all are looked at closely.
    usual = [(int(match[1]), match.start()) for match in _NUMBERED_ROW.finditer(xml, start, layout.inner_end)]
    if len(usual) != xml.count(b"row", start, layout.inner_end) - xml.count(b"</row", start, layout.inner_end):
        usual = []
        for match in _ROW_TAG.finditer(xml, start, layout.inner_end):
            number = markup.attribute(match[1], "r")
            if number is None:
                return None
            usual.append((markup.number(number, 0), match.start()))
    for row, place in usual:
        if row <= last:
            raise BookError(_DAMAGED_ORDER)
        if last and (row - 1) // _BATCH != (last - 1) // _BATCH:
            found.append(((last - 1) // _BATCH, start, place))
            start = place
        last = row
    if last:
        found.append(((last - 1) // _BATCH, start, layout.inner_end))
    return found


def _is_main(layout: Layout) -> bool:
    """Tell whether the elements of a sheet are Excel's without a prefix."""
    root = etree.fromstring(layout.root_tag + b"</" + layout.root_name + b">", markup.new_parser())
    return layout.name == b"sheetData" and root.nsmap.get(None) == markup.MAIN_NAMESPACE


class _Editor:
    """Sets cells in batches of rows that come one after the other, from the top of the sheet down."""

    def __init__(self, layout: Layout, column_styles: Mapping[int, str], date1904: bool) -> None:
        self._scribe = Scribe(column_styles, date1904)
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
        return self._scribe.created

    def rewritten(self, rows: bytes, ordered: RowEdits) -> bytes | None:
        """Return rows with the edits made as text; None, and nothing is done, where they are not written as usual."""
        head, tail = self._around
        return self._scribe.rewritten(head, rows, tail, ordered) if self._textual else None

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
            raise BookError(f"its XML is damaged ({error})") from error
        data = root[0]
        if data.tag != _DATA:
            raise BookError(f"its cells are in the namespace {markup.shortened(str(data.tag))}, not in Excel's")
        self._metadata = b"vm" in rows or b"cm" in rows
        self._changed = False
        _expand_shared_formulas(root, ordered, moves)
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
        for element in list(data.iterchildren(_ROW)):
            number = markup.number(element.get("r"), last + 1)
            if number <= last:
                raise BookError(_DAMAGED_ORDER)
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
        element = data.makeelement(_ROW, {"r": str(row)})
        self._edit_row(element, row, columns)
        return element

    def _edit_row(self, element: etree._Element, row: int, columns: Mapping[int, Value | Edit]) -> None:
        cells = self._cells(element)
        if row != self._scribe.last + 1:
            self._scribe.above = nothing
        for column, change in columns.items():
            if change is KEEP:
                continue
            cell = cells.get(column)
            if cell is None:
                cell = self._new_cell(element, row, column, change, cells)
                if cell is None:
                    continue
            self._set(cell, change)
        self._scribe.last = row
        self._scribe.above = lambda column: None if column not in cells else cells[column].get("s", "0")

    def _cells(self, element: etree._Element) -> dict[int, etree._Element]:
        """Return the cells of a row by column."""
        cells: dict[int, etree._Element] = {}
        column_of, last = self._column_of, 0
        number = element.get("r")
        for cell in element.iterchildren(_CELL):
            address = cell.get("r")
            if address is None:
                column = last + 1
            else:
                letters = address.rstrip(_DIGITS)
                column = column_of.get(letters) or column_of.setdefault(letters, area_of(address).left)
                if number is not None and address[len(letters) :] != number:
                    raise BookError(f"the cell {markup.shortened(address)} stands in row {number}")
            if column <= last:
                raise BookError(_DAMAGED_ORDER)
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
        style = self._scribe.above(column)
        if style is None and element.get("customFormat") in ("1", "true"):
            style = element.get("s")
        style = style or self._column_styles.get(column, "0")
        value, formula = (change.value, change.formula) if type(change) is Edit else (change, None)
        if style == "0" and formula is None and (value == "" or encoded(value, self._date1904)[0] is None):  # type: ignore[arg-type]
            return None
        cell = element.makeelement(_CELL, {"r": cell_address(row, column)})
        if style != "0":
            cell.set("s", style)
        self._place(element, row, column, cell, cells)
        return cell

    def _place(
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
            element.insert(_after_last(element, _CELL), cell)
        else:
            element.insert(element.index(cells[following]), cell)
        cells[column] = cell
        spans = element.get("spans")
        if spans is not None and not _in_spans(spans, column):
            del element.attrib["spans"]
        self._scribe.note_new(row, column)
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
            if tag in _HOLDERS:
                if tag in held:  # it may have one of each: the last stands
                    cell.remove(held[tag])
                    self._changed = True
                held[tag] = child
        formula, stored, inline = map(held.get, _HOLDERS)
        if formula is not None and not keep:
            cell.remove(formula)
            formula = None
            self._changed = True
        if formula is None:
            if new_formula is not None:
                formula = cell.makeelement(_FORMULA)
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
            and inline[0].tag == _TEXT
            and inline[0].text == text
            and (inline[0].get(_SPACE) == "preserve" or text == text.strip())
        ):
            return
        if inline is not None:
            cell.remove(inline)
        inline = etree.SubElement(cell, _INLINE)
        content = etree.SubElement(inline, _TEXT)
        if text != text.strip():
            content.set(_SPACE, "preserve")
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
            stored = cell.makeelement(_VALUE)
            stored.text = text
            cell.insert(_after_last(cell, _FORMULA), stored)
            self._changed = True
        elif not _same(stored.text or "", text, number=kind == current == "n"):
            stored.text = text
            self._changed = True

    def _move(self, data: etree._Element, move: Move) -> None:
        """Move cells from one row to another; what stood there goes."""
        rows: dict[int, etree._Element] = {}
        number = 0
        for element in data.iterchildren(_ROW):
            number = markup.number(element.get("r"), number + 1)
            rows[number] = element
        source = rows.get(move.row)
        if source is None:
            return
        target = rows.get(move.to)
        if target is None:
            target = data.makeelement(_ROW, {"r": str(move.to)})
            following = min((other for other in rows if other > move.to), default=None)
            data.insert(_after_last(data, _ROW) if following is None else data.index(rows[following]), target)
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
            formula = cell.find(_FORMULA)
            if formula is not None and formula.get("ref") is not None:
                formula.set("ref", address)
            self._place(target, move.to, column, cell, cells)
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
    """Tell whether two value texts say the same: 3 and 3.0 do."""
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


def _expand_shared_formulas(
    root: etree._Element,
    ordered: Iterable[tuple[int, Mapping[int, Value | Edit]]],
    moves: Iterable[Move],
) -> None:
    """Write formulas out that are shared with a cell that loses its own or is moved away."""
    leaving = {
        (row, column)
        for row, columns in ordered
        for column, change in columns.items()
        if type(change) is Edit and not change.keep_formula
    } | {(row, column) for move in moves for row in (move.row, move.to) for column in range(move.left, move.right + 1)}
    if not leaving:
        return
    groups: dict[str, list[tuple[int, int, etree._Element]]] = {}
    broken: set[str] = set()
    for row, column, cell in walk(root):
        formula = cell.find(_FORMULA)
        if formula is not None and formula.get("t") == "shared":
            group = formula.get("si", "")
            groups.setdefault(group, []).append((row, column, formula))
            if (row, column) in leaving:
                broken.add(group)
    for group in broken:
        _expand_group(groups[group])


def _expand_group(members: list[tuple[int, int, etree._Element]]) -> None:
    # Only a few workbooks ever need this, and openpyxl takes a tenth of a refresh to import.
    from openpyxl.formula.tokenizer import TokenizerError
    from openpyxl.formula.translate import Translator, TranslatorError

    first = next(((row, column, formula.text) for row, column, formula in members if formula.text), None)
    if first is None:
        return
    origin = cell_address(first[0], first[1])
    if len(first[2]) > MAX_FORMULA:
        raise BookError(f"the formula in {origin} is longer than the {MAX_FORMULA:,} characters Excel allows")
    for row, column, formula in members:
        if not formula.text:
            try:
                text = Translator(f"={first[2]}", origin).translate_formula(cell_address(row, column))
            except (TokenizerError, TranslatorError) as error:
                raise SaveError(
                    f"The formula in {origin} cannot be copied out to {cell_address(row, column)}: "
                    "enter it there anew in Excel, save, and try again."
                ) from error
            formula.text = text[1:]
        for name in ("t", "si", "ref"):
            if formula.get(name) is not None:
                del formula.attrib[name]


def _check_surroundings(xml: bytes, layout: Layout) -> None:
    """Refuse a sheet that is damaged outside its rows: those are parsed when they are edited."""
    markup.parse(xml[: layout.start] + xml[layout.end :])


def _check_reach(xml: bytes, layout: Layout, edits: Edits, moves: Sequence[Move]) -> None:
    """Refuse edits that would tear apart what one formula fills or one merged cell covers."""
    merged = merged_areas(xml, layout)
    arrays = [area for area in array_areas(xml, layout) if area.height > 1 or area.width > 1]
    edited = sorted(edits)
    for move in moves:
        for row in (move.row, move.to):
            for area in merged + arrays:
                if area.meets(Area(row, move.left, row, move.right)):
                    raise SaveError(
                        f"Row {row} cannot move to make room: {area} is merged or filled by one formula. "
                        "Change that in Excel, save, and try again."
                    )
    for area in arrays:
        hit = [
            (row, column, change)
            for row in _rows_within(area, edited)
            for column, change in edits[row].items()
            if area.left <= column <= area.right and change is not KEEP
        ]
        gone = [change for *_, change in hit if type(change) is Edit and not change.keep_formula]
        if len(gone) == area.height * area.width:
            continue
        for row, column, change in hit:
            if (row, column) != (area.top, area.left) or (type(change) is Edit and not change.keep_formula):
                raise SaveError(
                    f"{cell_address(row, column)} belongs to the formula in "
                    f"{cell_address(area.top, area.left)}, which fills {area}: move that formula elsewhere."
                )
    _check_merged(merged, edits)


def _rows_within(area: Area, rows: Sequence[int]) -> Sequence[int]:
    """Return those of the rows, which are in order, that an area reaches."""
    return rows[bisect_left(rows, area.top) : bisect_left(rows, area.bottom + 1)]


def _check_merged(areas: list[Area], edits: Edits) -> None:
    edited = sorted(edits)
    for area in areas:
        for row in _rows_within(area, edited):
            for column, change in edits[row].items():
                value = change.value if type(change) is Edit else change
                if value is not None and area.holds(row, column) and (row, column) != (area.top, area.left):
                    raise SaveError(
                        f"{cell_address(row, column)} lies under the merged cell {area}: unmerge it in Excel."
                    )


def _column_styles(xml: bytes, layout: Layout) -> dict[int, str]:
    """Return the style of each column that has one of its own."""
    styles: dict[int, str] = {}
    seen = 0
    for tag in markup.tags(xml, 0, layout.start):
        if markup.local_name(tag["name"]) == b"col" and not tag["close"]:
            style = markup.attribute(tag[0], "style")
            if style and style != "0":
                first, last = markup.attribute(tag[0], "min"), markup.attribute(tag[0], "max")
                columns = range(markup.number(first, 1), min(markup.number(last, 0), LAST_COLUMN) + 1)
                seen += len(columns)
                if seen > LAST_COLUMN:
                    raise BookError("it tells the widths of more columns than a sheet has")
                styles.update(dict.fromkeys(columns, style))
    return styles


def _style_mark(style: str | None) -> str:
    return f' s="{style}"' if style else ""


def _styles(xml: bytes, layout: Layout, columns: Mapping[int, str]) -> dict[int, dict[int, str]]:
    """Return the styles of the cells that have one, and not that of their column, by row and column."""
    styles: dict[int, dict[int, str]] = {}
    for row, column, style in _styled_cells(xml, layout):
        if style != columns.get(column):
            styles.setdefault(row, {})[column] = style
    return styles


def _styled_cells(xml: bytes, layout: Layout) -> Iterator[tuple[int, int, str]]:
    if not layout.plain:
        for row, column, cell in walk(markup.parse(xml)):
            if cell.get("s", "0") != "0":
                yield row, column, cell.get("s", "0")
        return
    if _OTHER_CELL.search(xml, layout.inner, layout.inner_end) is None:
        found = _STYLED_CELL.findall(xml, layout.inner, layout.inner_end)
        column_of = {letters: column_number(letters.decode()) for letters in {each[0] for each in found}}
        yield from ((int(row), column_of[letters], style.decode()) for letters, row, style in found)
        return
    for match in _CELL_TAG.finditer(xml, layout.inner, layout.inner_end):
        style = markup.attribute(match[1], "s")
        address = markup.attribute(match[1], "r") if style else None
        if style and style != "0" and address:
            area = area_of(address)
            yield area.top, area.left, style


def _assembled(xml: bytes, layout: Layout, inner: bytes, dimension: Area | None, *, grow: bool) -> bytes:
    """Return the worksheet with other rows, and the dimension it then has."""
    head = xml[: layout.start]
    for tag in markup.tags(head):
        reference = markup.attribute(tag[0], "ref")
        if markup.local_name(tag["name"]) == b"dimension" and reference and dimension:
            area = dimension.joined(area_of(reference)) if grow else dimension
            if str(area) != reference:
                head = head[: tag.start()] + markup.with_attribute(tag[0], "ref", str(area)) + head[tag.end() :]
            break
    start = xml[layout.start : layout.inner]
    if not inner:
        return head + start + xml[layout.inner_end :]
    if layout.inner == layout.end:
        start = start[: start.rindex(b"/")] + b">"
        return head + start + inner + b"</" + layout.name + b">" + xml[layout.end :]
    return head + start + inner + xml[layout.inner_end :]
