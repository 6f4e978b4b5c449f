"""A workbook of the first release with all that its owner may have put into it, part by part as Excel writes it.

Its tabs are renamed, its table of clients has a column of the owner's with values and one with a formula, a note, a
slicer and a conditional format; there are sheets with a chart, a pivot over Clients with a slicer, and a protected
one; a macro, a name and a drop-down.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

from pyopenvba import ExcelFile

RELEASED = Path(__file__).parents[2] / "workbooks" / "0.1.0.xlsm"
TABS = {"Clients": "My clients", "Forecast": "Next year", "Actions": "Log 2026"}
"""What some of our sheets are called in it."""
OWN_SHEETS = ("Charts", "By region", "Rates")
REGIONS = ("North", "South", "North", "South", "North", "South", "North", "South")
PASSWORD_HASH = 'algorithmName="SHA-512" hashValue="q1Y=" saltValue="c2E=" spinCount="100000"'

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MS = "http://schemas.microsoft.com/office"
_X14, _X15 = f"{_MS}/spreadsheetml/2009/9/main", f"{_MS}/spreadsheetml/2010/11/main"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DRAWING = "application/vnd.openxmlformats-officedocument.drawing+xml"
_START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CLIENTS, _CLIENTS_TABLE = "xl/worksheets/sheet2.xml", "xl/tables/table1.xml"
_SETTINGS = "xl/worksheets/sheet10.xml"
_BOOK = "xl/workbook.xml"


class _Parts:
    """The parts of a package as texts, with what their lists need for a new one."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.content = {name: archive.read(name) for name in archive.namelist()}

    def change(self, name: str, old: str, new: str) -> None:
        """Put one text in the place of another, which has to be there."""
        text = self.content[name].decode()
        assert old in text, (name, old)
        self.content[name] = text.replace(old, new, 1).encode()

    def add(self, name: str, content: str, kind: str = "") -> None:
        self.content[name] = f"{_START}{content}".encode()
        if kind:
            self.change(
                "[Content_Types].xml", "</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
            )

    def link(self, part: str, number: str, kind: str, target: str) -> None:
        folder, _, file = part.rpartition("/")
        rels = f"{folder}/_rels/{file}.rels"
        if rels not in self.content:
            self.add(rels, '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>')
            self.change(rels, "/>", "></Relationships>")
        full = kind if "://" in kind else f"{_OFFICE}/{kind}"
        made = f'<Relationship Id="{number}" Type="{full}" Target="/{target}"/></Relationships>'
        self.change(rels, "</Relationships>", made)

    def sheet(self, title: str, number: int, cells: str, after: str = "", before: str = "") -> str:
        """Add a sheet; return its part."""
        part = f"xl/worksheets/own{number}.xml"
        self.add(
            part,
            f'<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{before}<sheetData>{cells}</sheetData>{after}</worksheet>',
            f"{_SHEET}.worksheet+xml",
        )
        self.link(_BOOK, f"own{number}", "worksheet", part)
        made = f'<sheet xmlns:r="{_OFFICE}" name="{title}" sheetId="{number + 50}" r:id="own{number}"/></sheets>'
        self.change(_BOOK, "</sheets>", made)
        return part

    def save(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.content.items():
                archive.writestr(name, content)


def owned(path: Path) -> Path:
    """Make the workbook."""
    shutil.copy(RELEASED, path)
    with ExcelFile(path) as file:
        file.vba_project().add_module("Mine", "Sub Mine()\r\nEnd Sub\r\n")
        file.save(path)
    parts = _Parts(path)
    _rename(parts)
    _own_columns(parts)
    _note(parts)
    _chart(parts)
    _pivot(parts)
    _slicers(parts)
    rates = '<row r="1"><c r="A1" t="inlineStr"><is><t>VAT</t></is></c><c r="B1"><v>0.2</v></c></row>'
    choices = '<dataValidations count="1"><dataValidation type="list" sqref="C1"><formula1>"a,b"</formula1>'
    parts.sheet(
        "Rates", 3, rates, f'<sheetProtection {PASSWORD_HASH} sheet="1"/>{choices}</dataValidation></dataValidations>'
    )
    parts.change(_BOOK, "</definedNames>", '<definedName name="Vat">Rates!$B$1</definedName></definedNames>')
    parts.change(_SETTINGS, "</sheetData>", f'</sheetData><sheetProtection {PASSWORD_HASH} sheet="1"/>')
    parts.save(path)
    return path


def _rename(parts: _Parts) -> None:
    """Rename tabs, as Excel does: whatever refers to them follows, except texts of links."""
    for old, new in TABS.items():
        parts.change(_BOOK, f' name="{old}"', f' name="{new}"')
        refers = re.compile(rf"(?<![\w#\"])'?{old}'?!")
        for name, content in parts.content.items():
            if name.startswith(("xl/worksheets/", "xl/charts/", "xl/tables/")) or name == _BOOK:
                parts.content[name] = refers.sub(f"'{new}'!", content.decode()).encode()


def _own_columns(parts: _Parts) -> None:
    """Give the clients a column of values and one with a formula, and the first a format by condition."""
    text = parts.content[_CLIENTS].decode()

    def widened(row: re.Match[str]) -> str:
        at = int(row[1])
        if at == 1:
            more = "".join(
                f'<c r="{letter}1" t="inlineStr"><is><t>{head}</t></is></c>'
                for letter, head in (("K", "Region"), ("L", "Share"))
            )
        else:
            region = f'<c r="K{at}" t="inlineStr"><is><t>{REGIONS[at - 2]}</t></is></c>'
            more = f'{region}<c r="L{at}"><f>H{at}/100</f><v>0</v></c>' if at <= len(REGIONS) + 1 else ""
        return f"{row[0].removesuffix('</row>')}{more}</row>"

    text = re.sub(r'<row r="(\d+)".*?</row>', widened, text)
    rule = '<cfRule type="containsText" priority="20" operator="containsText" text="North"><formula>'
    rule = f'<conditionalFormatting sqref="K2:K9">{rule}NOT(ISERROR(SEARCH("North",K2)))</formula></cfRule>'
    text = text.replace('<dimension ref="A1:J9"/>', '<dimension ref="A1:L9"/>')
    text = text.replace("<printOptions", f"{rule}</conditionalFormatting><printOptions", 1)
    parts.content[_CLIENTS] = text.encode()
    parts.content[_CLIENTS_TABLE] = parts.content[_CLIENTS_TABLE].replace(b"A1:J9", b"A1:L9")
    parts.change(_CLIENTS_TABLE, 'count="10"', 'count="12"')
    share = "<calculatedColumnFormula>Clients[[#This Row],[Value]]/100</calculatedColumnFormula></tableColumn>"
    parts.change(
        _CLIENTS_TABLE,
        "</tableColumns>",
        f'<tableColumn id="11" name="Region"/><tableColumn id="12" name="Share">{share}</tableColumns>',
    )


def _note(parts: _Parts) -> None:
    note = '<comment ref="B2" authorId="0"><text><r><t>Asks for Ann</t></r></text></comment>'
    notes = f"<authors><author>Ann</author></authors><commentList>{note}</commentList>"
    parts.add(
        "xl/comments9.xml",
        f'<comments xmlns="{_MAIN}">{notes}</comments>',
        f"{_SHEET}.comments+xml",
    )
    shape = (
        '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"/>'
        '<v:shape id="_x0000_s1025" type="#_x0000_t202" style="visibility:hidden"><v:textbox/>'
        '<x:ClientData ObjectType="Note"><x:Anchor>3,15,0,10,5,15,4,4</x:Anchor><x:Row>1</x:Row><x:Column>1</x:Column>'
        "</x:ClientData></v:shape>"
    )
    parts.content["xl/drawings/vmlDrawing9.vml"] = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        f'xmlns:x="urn:schemas-microsoft-com:office:excel">{shape}</xml>'
    ).encode()
    default = (
        '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/></Types>'
    )
    if b'Extension="vml"' not in parts.content["[Content_Types].xml"]:
        parts.change("[Content_Types].xml", "</Types>", default)
    parts.link(_CLIENTS, "ownNotes", "comments", "xl/comments9.xml")
    parts.link(_CLIENTS, "ownVml", "vmlDrawing", "xl/drawings/vmlDrawing9.vml")


def _anchored(content: str, row: int) -> str:
    """A drawing with one thing on it."""
    return (
        '<wsDr xmlns="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="{_OFFICE}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><twoCellAnchor><from><col>13</col>'
        f"<colOff>0</colOff><row>{row}</row><rowOff>0</rowOff></from><to><col>19</col><colOff>0</colOff>"
        f"<row>{row + 12}</row><rowOff>0</rowOff></to>{content}<clientData/></twoCellAnchor></wsDr>"
    )


def _frame(name: str, uri: str, content: str) -> str:
    return (
        f'<graphicFrame macro=""><nvGraphicFramePr><cNvPr id="2" name="{name}"/><cNvGraphicFramePr/></nvGraphicFramePr>'
        '<xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xfrm><a:graphic>'
        f'<a:graphicData uri="{uri}">{content}</a:graphicData></a:graphic></graphicFrame>'
    )


def _chart(parts: _Parts) -> None:
    """A sheet with a chart of the values of the clients, beside which they are added up."""
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    series = (
        '<c:ser><c:idx val="0"/><c:order val="0"/><c:val><c:numRef><c:f>\'My clients\'!$H$2:$H$9</c:f></c:numRef>'
        "</c:val></c:ser>"
    )

    def axis(kind: str, own: int, other: int, where: str) -> str:
        return (
            f'<c:{kind}><c:axId val="{own}"/><c:scaling><c:orientation val="minMax"/></c:scaling>'
            f'<c:delete val="0"/><c:axPos val="{where}"/><c:crossAx val="{other}"/></c:{kind}>'
        )

    axes = axis("catAx", 1, 2, "b") + axis("valAx", 2, 1, "l")
    plot = f'<c:barChart><c:barDir val="col"/>{series}<c:axId val="1"/><c:axId val="2"/></c:barChart>{axes}'
    chart = f"<c:chart><c:plotArea><c:layout/>{plot}</c:plotArea></c:chart>"
    parts.add(
        "xl/charts/chart99.xml",
        f'<c:chartSpace xmlns:c="{space}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">{chart}'
        "</c:chartSpace>",
        "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    )
    frame = _frame("My chart", space, f'<c:chart xmlns:c="{space}" r:id="rId1"/>')
    parts.add("xl/drawings/drawing99.xml", _anchored(frame, 1), _DRAWING)
    total = '<row r="1"><c r="A1"><f>SUM(Clients[Value])</f><v>0</v></c></row>'
    sheet = parts.sheet("Charts", 1, total, '<drawing r:id="rId1"/>')
    parts.link(sheet, "rId1", "drawing", "xl/drawings/drawing99.xml")
    parts.link("xl/drawings/drawing99.xml", "rId1", "chart", "xl/charts/chart99.xml")


def _pivot(parts: _Parts) -> None:
    """A sheet with a pivot over Clients: value by region."""
    heads = re.findall(r'<tableColumn id="\d+" name="([^"]*)"', parts.content[_CLIENTS_TABLE].decode())
    items = '<sharedItems count="2"><s v="North"/><s v="South"/></sharedItems>'
    fields = "".join(
        f'<cacheField name="{head}" numFmtId="0">{items if head == "Region" else "<sharedItems/>"}</cacheField>'
        for head in heads
    )
    cache, records = "xl/pivotCache/pivotCacheDefinition9.xml", "xl/pivotCache/pivotCacheRecords9.xml"
    parts.add(
        cache,
        f'<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_OFFICE}" r:id="rId1" refreshOnLoad="1" recordCount="0">'
        '<cacheSource type="worksheet"><worksheetSource name="Clients"/></cacheSource>'
        f'<cacheFields count="{len(heads)}">{fields}</cacheFields></pivotCacheDefinition>',
        f"{_SHEET}.pivotCacheDefinition+xml",
    )
    parts.add(records, f'<pivotCacheRecords xmlns="{_MAIN}" count="0"/>', f"{_SHEET}.pivotCacheRecords+xml")
    rows = '<item x="0"/><item x="1"/><item t="default"/>'
    shown = "".join(
        f'<pivotField axis="axisRow" showAll="0"><items count="3">{rows}</items></pivotField>'
        if head == "Region"
        else f'<pivotField showAll="0"{" dataField=" + chr(34) + "1" + chr(34) if head == "Value" else ""}/>'
        for head in heads
    )
    region, value = heads.index("Region"), heads.index("Value")
    table = "xl/pivotTables/pivotTable9.xml"
    parts.add(
        table,
        f'<pivotTableDefinition xmlns="{_MAIN}" name="ByRegion" cacheId="77" dataCaption="Values">'
        '<location ref="A3:B6" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/>'
        f'<pivotFields count="{len(heads)}">{shown}</pivotFields><rowFields count="1"><field x="{region}"/></rowFields>'
        '<rowItems count="3"><i><x/></i><i><x v="1"/></i><i t="grand"><x/></i></rowItems>'
        '<colItems count="1"><i/></colItems>'
        f'<dataFields count="1"><dataField name="Sum of Value" fld="{value}"/></dataFields></pivotTableDefinition>',
        f"{_SHEET}.pivotTable+xml",
    )
    cells = "".join(
        f'<row r="{at}"><c r="A{at}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for at, text in enumerate(("Row Labels", "North", "South", "Grand Total"), 3)
    )
    sheet = parts.sheet("By region", 2, cells)
    parts.link(sheet, "rId1", "pivotTable", table)
    parts.link(table, "rId1", "pivotCacheDefinition", cache)
    parts.link(cache, "rId1", "pivotCacheRecords", records)
    parts.link(_BOOK, "ownCache", "pivotCacheDefinition", cache)
    made = f'<pivotCaches><pivotCache xmlns:r="{_OFFICE}" cacheId="77" r:id="ownCache"/></pivotCaches></workbook>'
    parts.change(_BOOK, "</workbook>", made)


def _slicers(parts: _Parts) -> None:
    """A slicer of the table of clients by region, and one of the pivot."""
    kind = "http://schemas.microsoft.com/office/2007/relationships/"
    table = f'<x15:tableSlicerCache xmlns:x15="{_X15}" tableId="1" column="11"/>'
    table = f'<extLst><x:ext xmlns:x="{_MAIN}" uri="{{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}}">{table}</x:ext></extLst>'
    tabular = (
        '<data><tabular pivotCacheId="77"><items count="2"><i x="0" s="1"/><i x="1" s="1"/></items></tabular></data>'
    )
    pivot = f'<pivotTables><pivotTable tabId="52" name="ByRegion"/></pivotTables>{tabular}'
    where = ((1, _CLIENTS, table), (2, "xl/worksheets/own2.xml", pivot))
    uris = {1: "{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}", 2: "{A8765BA9-456A-4dab-B4F3-ACF838C121DE}"}
    for number, sheet, data in where:
        name = f"Slicer_Region{number}"
        parts.add(
            f"xl/slicers/slicer{number}.xml",
            f'<slicers xmlns="{_X14}"><slicer name="Region {number}" cache="{name}" rowHeight="241300"/></slicers>',
            "application/vnd.ms-excel.slicer+xml",
        )
        cache = f"xl/slicerCaches/slicerCache{number}.xml"
        parts.add(
            cache,
            f'<slicerCacheDefinition xmlns="{_X14}" name="{name}" sourceName="Region">{data}</slicerCacheDefinition>',
            "application/vnd.ms-excel.slicerCache+xml",
        )
        parts.link(sheet, "ownSlicer", f"{kind}slicer", f"xl/slicers/slicer{number}.xml")
        parts.link(_BOOK, f"ownSlicer{number}", f"{kind}slicerCache", cache)
        frame = _frame(
            f"Region {number}",
            f"{_MS}/drawing/2010/slicer",
            f'<sle:slicer xmlns:sle="{_MS}/drawing/2010/slicer" name="Region {number}"/>',
        )
        parts.add(f"xl/drawings/drawing9{number}.xml", _anchored(frame, 1), _DRAWING)
        parts.link(sheet, "ownDrawing", "drawing", f"xl/drawings/drawing9{number}.xml")
        kept = '<legacyDrawing r:id="ownVml"/>' if number == 1 else ""
        drawn = f'<drawing r:id="ownDrawing"/>{kept}'.replace("r:id", f'xmlns:r="{_OFFICE}" r:id')
        listed = (
            f'<x14:slicerList xmlns:x14="{_X14}"><x14:slicer xmlns:r="{_OFFICE}" r:id="ownSlicer"/></x14:slicerList>'
        )
        ext = f'<extLst><ext uri="{uris[number]}">{listed}</ext></extLst></worksheet>'
        if number == 1:
            parts.change(sheet, "<tableParts", f"{drawn}<tableParts")
            parts.change(sheet, "</worksheet>", ext)
        else:
            parts.change(sheet, "</worksheet>", f"{drawn}{ext}")
        parts.change(_BOOK, "</definedNames>", f'<definedName name="{name}">#N/A</definedName></definedNames>')
    slicers = (
        '<x14:slicerCaches xmlns:x14="{x14}"><x14:slicerCache xmlns:r="{r}" r:id="ownSlicer2"/></x14:slicerCaches>'
    )
    tables = (
        '<x15:slicerCaches xmlns:x15="{x15}"><x14:slicerCache xmlns:x14="{x14}" xmlns:r="{r}" r:id="ownSlicer1"/>'
        "</x15:slicerCaches>"
    )
    ends = (
        f'<ext uri="{{BBE1A952-AA13-448e-AADC-164F8A28A991}}">{slicers}</ext>'
        f'<ext uri="{{46BE6895-7355-4a93-B00E-2C351335B9C9}}">{tables}</ext>'
    ).replace("{x14}", _X14).replace("{x15}", _X15).replace("{r}", _OFFICE)  # fmt: skip
    parts.change(_BOOK, "</workbook>", f"<extLst>{ends}</extLst></workbook>")
