"""Minimal workbooks of others, one for each feature that a workbook may have and we do not know.

Each has a sheet `Data` with a named cell `Mark` in A1, and one feature beside it, written as its schema has it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MS = "http://schemas.microsoft.com/office"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DRAWING = "application/vnd.openxmlformats-officedocument.drawingml"
_X14 = f"{_MS}/spreadsheetml/2009/9/main"
_XM = f"{_MS}/excel/2006/main"
_START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc00000030101"
    "0018dd8db00000000049454e44ae426082"
)

Links = tuple[tuple[str, str, str], ...]
"""Relationships: id, kind (the last word of an office relationship, or a whole type), target."""


@dataclass(frozen=True)
class Part:
    """A part of a package: its content, its content type, and what it leads to."""

    content: str | bytes
    type: str = "application/xml"
    links: Links = ()


@dataclass(frozen=True)
class Feature:
    """What a workbook has beside its cells.

    Attributes:
        rows: rows of the sheet, below the first.
        cells: cells of the first row, after A1.
        before: what stands before the rows.
        after: what stands after them.
        root: attributes of the sheet's root.
        links: the relationships of the sheet.
        workbook: elements of the workbook before its sheets.
        sheets: further sheets, as elements.
        names: elements of the list of names, beside the one of A1.
        between: elements between the sheets and the names.
        end: elements after the names.
        book_links: the relationships of the workbook.
        package_links: those of the package.
        parts: the other parts.
    """

    rows: str = ""
    cells: str = ""
    before: str = ""
    after: str = ""
    root: str = ""
    links: Links = ()
    workbook: str = ""
    sheets: str = ""
    names: str = ""
    between: str = ""
    end: str = ""
    book_links: Links = ()
    package_links: Links = ()
    parts: Mapping[str, Part] = field(default_factory=dict)


def make(path: Path, feature: Feature) -> Path:
    """Write the workbook with a feature."""
    parts = {
        "xl/worksheets/sheet1.xml": Part(
            f'{_START}<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}"{feature.root}>{feature.before}<sheetData>'
            f'<row r="1"><c '
            f'r="A1"><v>1</v></c>{feature.cells}</row>{feature.rows}</sheetData>{feature.after}</worksheet>',
            f"{_SHEET}.worksheet+xml",
            feature.links,
        ),
        "xl/workbook.xml": Part(
            f'{_START}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{feature.workbook}<sheets>'
            f'<sheet name="Data" sheetId="1" r:id="rId1"/>{feature.sheets}</sheets>{feature.between}'
            f'<definedNames><definedName name="Mark">Data!$A$1</definedName>{feature.names}</definedNames>'
            f"{feature.end}</workbook>",
            f"{_SHEET}.sheet.main+xml",
            (("rId1", "worksheet", "worksheets/sheet1.xml"), *feature.book_links),
        ),
        **feature.parts,
    }
    types = (
        f'{_START}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        '<Default Extension="bin" ContentType="application/octet-stream"/>'
    )
    types += "".join(
        f'<Override PartName="/{name}" ContentType="{part.type}"/>'
        for name, part in parts.items()
        if not name.endswith((".png", ".vml", ".bin")) or part.type != "application/xml"
    )
    links = {name: part.links for name, part in parts.items() if part.links}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types + "</Types>")
        archive.writestr(
            "_rels/.rels", _relations((("rId1", "officeDocument", "xl/workbook.xml"), *feature.package_links))
        )
        for name, part in parts.items():
            archive.writestr(name, part.content)
        for name, found in links.items():
            folder, _, file = name.rpartition("/")
            archive.writestr(f"{folder}/_rels/{file}.rels", _relations(found))
    return path


def _relations(links: Links) -> str:
    made = [f'{_START}<Relationships xmlns="{_PACKAGE}/relationships">']
    for number, kind, target in links:
        outside = ' TargetMode="External"' if "://" in target or target.startswith("mailto:") else ""
        full = kind if "://" in kind else f"{_OFFICE}/{kind}"
        made.append(f'<Relationship Id="{number}" Type="{full}" Target="{target}"{outside}/>')
    return "".join(made) + "</Relationships>"


def _ext(uri: str, content: str) -> str:
    return (
        f'<extLst><ext uri="{uri}" xmlns:x14="{_X14}" xmlns:xm="{_XM}" '
        f'xmlns:x15="{_MS}/spreadsheetml/2010/11/main">{content}</ext></extLst>'
    )


def _rule(kind: str, content: str, more: str = "") -> Feature:
    rule = f'<cfRule type="{kind}" priority="1"{more}>{content}</cfRule>'
    return Feature(rows=_COLUMN, after=f'<conditionalFormatting sqref="B2:B4">{rule}</conditionalFormatting>')


def _check(content: str) -> Feature:
    return Feature(after=f'<dataValidations count="1">{content}</dataValidations>')


def _rows(*rows: str, first: int = 2) -> str:
    return "".join(f'<row r="{at}">{cells}</row>' for at, cells in enumerate(rows, first))


def _text(at: str, text: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def _number(at: str, value: float) -> str:
    return f'<c r="{at}"><v>{value}</v></c>'


_COLUMN = _rows(_number("B2", 3), _number("B3", 1), _number("B4", 2))
_TABLE_ROWS = _rows(
    _text("C2", "Item") + _text("D2", "Price"), _text("C3", "a") + _number("D3", 4), _text("C4", "b") + _number("D4", 5)
)
_TABLE = (
    '<table xmlns="{main}" id="7" name="Items" displayName="Items" ref="C2:D{bottom}"{more}>'
    '<autoFilter ref="C2:D4"/><tableColumns count="2"><tableColumn id="1" name="Item"{first}/>'
    '<tableColumn id="2" name="Price">{last}</tableColumn></tableColumns>'
    '<tableStyleInfo name="TableStyleLight1" showRowStripes="1"/></table>'
)


def _table(*, bottom: int = 4, more: str = "", first: str = "", last: str = "", links: Links = ()) -> Part:
    text = _TABLE.format(main=_MAIN, bottom=bottom, more=more, first=first, last=last)
    return Part(_START + text, f"{_SHEET}.table+xml", links)


def _with_table(part: Part, *, rows: str = _TABLE_ROWS, after: str = "", **more: object) -> Feature:
    parts = {"xl/tables/table1.xml": part, **more.pop("parts", {})}  # type: ignore[dict-item]
    return Feature(
        rows=rows,
        after=f'<tableParts count="1"><tablePart r:id="T"/></tableParts>{after}',
        links=(("T", "table", "../tables/table1.xml"), *more.pop("links", ())),  # type: ignore[misc]
        parts=parts,
        **more,  # type: ignore[arg-type]
    )


def _drawing(content: str, links: Links = (), parts: Mapping[str, Part] | None = None) -> Feature:
    anchor = (
        "<xdr:from><xdr:col>3</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff>"
        "</xdr:from><xdr:to><xdr:col>6</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>9</xdr:row><xdr:rowOff>0</xdr:rowOff>"
        "</xdr:to>"
    )
    text = (
        f'{_START}<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="{_OFFICE}" '
        f'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><xdr:twoCellAnchor>{anchor}{content}'
        "<xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    )
    return Feature(
        rows=_COLUMN,
        after='<drawing r:id="D"/>',
        links=(("D", "drawing", "../drawings/drawing1.xml"),),
        parts={
            "xl/drawings/drawing1.xml": Part(text, "application/vnd.openxmlformats-officedocument.drawing+xml", links),
            **(parts or {}),
        },
    )


def _frame(uri: str, tag: str) -> str:
    return (
        '<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Chart 9"/><xdr:cNvGraphicFramePr/>'
        '</xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic>'
        f'<a:graphicData uri="{uri}">{tag}</a:graphicData></a:graphic></xdr:graphicFrame>'
    )


_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"


def _chart(plot: str, more: str = "") -> str:
    return (
        f'{_START}<c:chartSpace xmlns:c="{_CHART}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        f'xmlns:r="{_OFFICE}"><c:chart><c:plotArea><c:layout/>{plot}</c:plotArea></c:chart>{more}</c:chartSpace>'
    )


def _series(kind: str, more: str = "") -> str:
    return (
        f'<c:{kind}>{more}<c:ser><c:idx val="0"/><c:order '
        f'val="0"/><c:val><c:numRef><c:f>Data!$B$2:$B$4</c:f></c:numRef>'
        f'</c:val></c:ser><c:axId val="1"/><c:axId val="2"/></c:{kind}>'
    )


def _charted(plot: str, more: str = "", links: Links = (), parts: Mapping[str, Part] | None = None) -> Feature:
    return _drawing(
        _frame(_CHART, f'<c:chart xmlns:c="{_CHART}" r:id="C"/>'),
        (("C", "chart", "../charts/chart1.xml"),),
        {"xl/charts/chart1.xml": Part(_chart(plot, more), f"{_DRAWING}.chart+xml", links), **(parts or {})},
    )


def _styles(content: str) -> Feature:
    return Feature(
        book_links=(("S", "styles", "styles.xml"),),
        parts={
            "xl/styles.xml": Part(f'{_START}<styleSheet xmlns="{_MAIN}">{content}</styleSheet>', f"{_SHEET}.styles+xml")
        },
    )


_PLAIN_STYLES = (
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/>'
    '</borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="{xfs}">{cells}</cellXfs>'
)


def _book_part(name: str, kind: str, content: str | bytes, content_type: str, links: Links = ()) -> Feature:
    full = content if isinstance(content, bytes) else _START + content
    return Feature(book_links=(("X", kind, name),), parts={f"xl/{name}": Part(full, content_type, links)})


def _pivot(more: Mapping[str, Part] | None = None, links: Links = (), end: str = "", book_links: Links = ()) -> Feature:
    cache = (
        f'{_START}<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_OFFICE}" r:id="R" recordCount="1"><cacheSource '
        'type="worksheet"><worksheetSource ref="C2:D4" sheet="Data"/></cacheSource><cacheFields count="2"><cacheField '
        'name="Item" numFmtId="0"><sharedItems count="1"><s v="a"/></sharedItems></cacheField><cacheField name="Price" '
        'numFmtId="0"><sharedItems containsNumber="1"/></cacheField></cacheFields></pivotCacheDefinition>'
    )
    table = (
        f'{_START}<pivotTableDefinition xmlns="{_MAIN}" name="Pivot" cacheId="3" dataCaption="Values"><location '
        'ref="G2:H4" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2"><pivotField '
        'axis="axisRow" showAll="0"><items count="1"><item x="0"/></items></pivotField><pivotField dataField="1" '
        'showAll="0"/></pivotFields></pivotTableDefinition>'
    )
    definition = "pivotCache/pivotCacheDefinition1.xml"
    return Feature(
        rows=_TABLE_ROWS,
        links=(("P", "pivotTable", "../pivotTables/pivotTable1.xml"), *links),
        end=f'<pivotCaches><pivotCache cacheId="3" r:id="PC"/></pivotCaches>{end}',
        book_links=(("PC", "pivotCacheDefinition", definition), *book_links),
        parts={
            f"xl/{definition}": Part(
                cache, f"{_SHEET}.pivotCacheDefinition+xml", (("R", "pivotCacheRecords", "pivotCacheRecords1.xml"),)
            ),
            "xl/pivotCache/pivotCacheRecords1.xml": Part(
                f'{_START}<pivotCacheRecords xmlns="{_MAIN}" count="1"><r><x v="0"/><n v="4"/></r></pivotCacheRecords>',
                f"{_SHEET}.pivotCacheRecords+xml",
            ),
            "xl/pivotTables/pivotTable1.xml": Part(
                table, f"{_SHEET}.pivotTable+xml", (("C", "pivotCacheDefinition", f"../{definition}"),)
            ),
            **(more or {}),
        },
    )  # fmt: skip


def _slicer(kind: str, cache_data: str, base: Feature, uri: str) -> Feature:
    parts = {
        **base.parts,
        "xl/slicers/slicer1.xml": Part(
            f'{_START}<slicers xmlns="{_X14}"><slicer name="Item" cache="Slicer_Item" rowHeight="241300"/></slicers>',
            "application/vnd.ms-excel.slicer+xml",
        ),
        "xl/slicerCaches/slicerCache1.xml": Part(
            f'{_START}<slicerCacheDefinition xmlns="{_X14}" name="Slicer_Item" sourceName="Item">{cache_data}'
            "</slicerCacheDefinition>",
            "application/vnd.ms-excel.slicerCache+xml",
        ),
    }
    return Feature(
        rows=base.rows,
        after=base.after + _ext(uri, '<x14:slicerList><x14:slicer r:id="SL"/></x14:slicerList>'),
        links=(*base.links, ("SL", f"{_MS}/2007/relationships/slicer", "../slicers/slicer1.xml")),
        names='<definedName name="Slicer_Item">#N/A</definedName>',
        end=base.end
        + _ext(
            "{BBE1A952-AA13-448e-AADC-164F8A28A991}",
            '<x14:slicerCaches><x14:slicerCache r:id="SC"/></x14:slicerCaches>',
        ),
        book_links=(
            *base.book_links,
            ("SC", f"{_MS}/2007/relationships/slicerCache", "slicerCaches/slicerCache1.xml"),
        ),
        parts=parts,
    )


_VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" type="#_x0000_t202"><x:ClientData '
    'ObjectType="{kind}"><x:Row>1</x:Row><x:Column>1</x:Column></x:ClientData></v:shape></xml>'
)


def _vml(kind: str) -> Part:
    return Part(_VML.format(kind=kind), "application/vnd.openxmlformats-officedocument.vmlDrawing")


_NOTES = (
    f'{_START}<comments xmlns="{_MAIN}"><authors><author>Ann</author></authors><commentList><comment ref="B2" '
    'authorId="0"><text><r><rPr><b/></rPr><t>Call</t></r></text></comment></commentList></comments>'
)
_PERSONS = (
    f'{_START}<personList xmlns="{_MS}/spreadsheetml/2018/threadedcomments"><person displayName="Ann" '
    'id="{00000000-0000-0000-0000-000000000001}" userId="ann" providerId="None"/></personList>'
)
_THREAD = (
    f'{_START}<ThreadedComments xmlns="{_MS}/spreadsheetml/2018/threadedcomments"><threadedComment ref="B2" '
    'dT="2026-01-01T10:00:00.00" personId="{00000000-0000-0000-0000-000000000001}" '
    'id="{00000000-0000-0000-0000-000000000002}"><text>Call</text></threadedComment></ThreadedComments>'
)
_OTHER_SHEET = f'{_START}<worksheet xmlns="{_MAIN}"><sheetData/></worksheet>'


def _second_sheet(kind: str, content: str, content_type: str, element: str = "") -> Feature:
    return Feature(
        sheets=f'<sheet name="Other" sheetId="9" r:id="S2"{element}/>',
        book_links=(("S2", kind, "other/sheet1.xml"),),
        parts={"xl/other/sheet1.xml": Part(content, content_type)},
    )
