"""Cell formats of one workbook, appended to those of another: none of the other's own changes its number."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from kopilot_xl.workbook.file.grafting.xml import MAIN, canonical, child_in_order, main

_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
)  # fmt: skip
_PIECES = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}
_FIRST_OWN_FORMAT = 164
"""Number formats below this are Excel's built-in ones, the same in every workbook."""


class StyleMerge:
    """Styles of a source workbook as numbers in a target's style sheet, which grows by those that it lacks.

    Args:
        target: the root of the target's style sheet; it is changed.
        source: the root of the source's.
    """

    def __init__(self, target: etree._Element, source: etree._Element) -> None:
        self._target, self._source = target, source
        self._known: dict[str, dict[str, int]] = {}
        self._cell_formats: dict[int, int] = {}
        self._differential: dict[int, int] = {}
        self._number_formats: dict[str, str] = {}
        self._codes: dict[str, str] = {}

    def cell_format(self, index: int) -> int:
        """Return the target's number of one of the source's cell formats (`s` of a cell)."""
        if index not in self._cell_formats:
            formats = self._source.findall(f"{main('cellXfs')}/{main('xf')}")
            made = deepcopy(formats[index]) if index < len(formats) else etree.Element(main("xf"))
            for attribute, group in _PIECES.items():
                made.set(attribute, str(self._piece(group, int(made.get(attribute, "0")))))
            made.set("numFmtId", self._number_format(made.get("numFmtId", "0")))
            made.set("xfId", "0")
            for attribute in ("applyFont", "applyFill", "applyBorder", "applyNumberFormat"):
                made.set(attribute, "1")  # a target's "Normal" may look otherwise than the source's
            self._cell_formats[index] = self._appended("cellXfs", made)
        return self._cell_formats[index]

    def differential(self, index: int) -> int:
        """Return the target's number of one of the source's formats for conditions (`dxfId`)."""
        if index not in self._differential:
            found = self._source.findall(f"{main('dxfs')}/{main('dxf')}")
            made = deepcopy(found[index]) if index < len(found) else etree.Element(main("dxf"))
            number = made.find(main("numFmt"))
            if number is not None:
                number.set("numFmtId", self._number_of(number.get("formatCode", "General")))  # its id is its own
            self._differential[index] = self._appended("dxfs", made)
        return self._differential[index]

    def _piece(self, group: str, index: int) -> int:
        """The target's number of a font, fill or border."""
        pieces = self._source.findall(f"{main(group)}/*")
        return self._appended(group, deepcopy(pieces[index])) if index < len(pieces) else 0

    def _number_format(self, number: str) -> str:
        if not number.isdecimal() or int(number) < _FIRST_OWN_FORMAT:
            return number
        if number not in self._number_formats:
            listed = self._source.iterfind(f"{main('numFmts')}/{main('numFmt')}")
            codes = {each.get("numFmtId"): each.get("formatCode", "") for each in listed}
            self._number_formats[number] = self._number_of(codes.get(number, "General"))
        return self._number_formats[number]

    def _number_of(self, code: str) -> str:
        """The target's number of a number format, which is appended where the target has none like it."""
        if code not in self._codes:
            own = child_in_order(self._target, "numFmts", _ORDER)
            same = next((each.get("numFmtId", "0") for each in own if each.get("formatCode") == code), None)
            if same is None:
                taken = [int(each.get("numFmtId", "0")) for each in self._target.iter(main("numFmt"))]
                same = str(max([_FIRST_OWN_FORMAT - 1, *taken]) + 1)
                etree.SubElement(own, main("numFmt"), numFmtId=same, formatCode=code)
                own.set("count", str(len(own)))
            self._codes[code] = same
        return self._codes[code]

    def _appended(self, group: str, made: etree._Element) -> int:
        """The index of an element in a group of the target, appended if there is none like it."""
        parent = child_in_order(self._target, group, _ORDER)
        if group not in self._known:
            known: dict[str, int] = {}
            for index, each in enumerate(each for each in parent if isinstance(each.tag, str)):
                known.setdefault(canonical(each), index)
            self._known[group] = known
        known, mark = self._known[group], canonical(made)
        if mark not in known:
            known[mark] = sum(isinstance(each.tag, str) for each in parent)
            parent.append(made)
            parent.set("count", str(known[mark] + 1))
        return known[mark]


def no_styles() -> etree._Element:
    """Return the style sheet that a workbook without one is shown by: Calibri, no colour, no lines."""
    return etree.fromstring(
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
        '</fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
        '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/>'
        '<diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '</cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
