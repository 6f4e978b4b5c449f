"""Kopilot workbooks that hold everything Excel can put beside our cells, and as every program saves them.

What XlsxWriter can make is made by it and grafted; the rest is written by hand, as small as it can be.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import xlsxwriter

from kopilot_xl.workbook.sheets import actions, clients, settings, transactions
from kopilot_xl.workbook.tables.table import Format, Table
from tests import libreoffice
from tests.portfolios import CLIENTS, TRANSACTIONS, make_portfolio

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
X14 = f"{MICROSOFT}/spreadsheetml/2009/9/main"
X14AC = f"{MICROSOFT}/spreadsheetml/2009/9/ac"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_START = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
_GRAFT = "xl/grafted/"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Parts = dict[str, bytes]

FEATURES: dict[str, tuple[str, str]] = {
    "sparklines": (r"xl/grafted/worksheets/sheet1\.xml", "x14:sparklineGroup"),
    "x14 conditional formats": (r"xl/grafted/worksheets/sheet1\.xml", "x14:conditionalFormatting"),
    "x14 conditional formats on our sheet": ("Clients", "x14:conditionalFormatting"),
    "x14 validations on our sheet": ("Clients", "x14:dataValidation"),
    "slicers": (r"xl/slicers/slicer1\.xml", "<slicer "),
    "slicer caches": (r"xl/slicerCaches/slicerCache1\.xml", "slicerCacheDefinition"),
    "pivot tables": (r"xl/pivotTables/pivotTable1\.xml", "pivotTableDefinition"),
    "pivot caches": (r"xl/pivotCache/pivotCacheRecords1\.xml", "pivotCacheRecords"),
    "text boxes": (r"xl/grafted/drawings/drawing\d\.xml", "txBox"),
    "shapes": (r"xl/drawings/drawing9\.xml", "prst=\"star5\""),
    "form controls": (r"xl/ctrlProps/ctrlProp1\.xml", "formControlPr"),
    "threaded comments": (r"xl/threadedComments/threadedComment1\.xml", "threadedComment"),
    "persons": (r"xl/persons/person\.xml", "personList"),
    "notes": (r"xl/comments9\.xml", "<comment "),
    "legacy drawings of notes": (r"xl/drawings/vmlDrawing9\.vml", "x:ClientData"),
    "images": (r"xl/grafted/media/image1\.png", "PNG"),
    "3-D charts": (r"xl/drawings/charts/chart9\.xml", "bar3DChart"),
    "combined charts": (r"xl/grafted/charts/chart1\.xml", "c:lineChart"),
    "dynamic arrays": (r"xl/grafted/worksheets/sheet1\.xml", "cm=\"1\""),
    "metadata": (r"xl/grafted/metadata\.xml", "XLDAPR"),
    "checkboxes": (r"xl/grafted/featurePropertyBag/featurePropertyBag\.xml", "Checkbox"),
    "custom XML": (r"customXml/item1\.xml", "<mine"),
    "Power Query": (r"customXml/item2\.xml", "DataMashup"),
    "connections": (r"xl/connections\.xml", "Mashup"),
    "printer settings": (r"xl/printerSettings/printerSettings1\.bin", "DEVMODE"),
    "external links": (r"xl/externalLinks/externalLink1\.xml", "externalBook"),
    "sheet protection": ("Clients", "sheetProtection"),
    "custom views": (r"xl/workbook\.xml", "customWorkbookView"),
    "custom views of a sheet": ("Clients", "customSheetView"),
    "hidden sheets": (r"xl/workbook\.xml", "state=\"hidden\""),
    "very hidden sheets": (r"xl/workbook\.xml", "state=\"veryHidden\""),
    "names of one sheet": (r"xl/workbook\.xml", "localSheetId=\"1\""),
    "names that point nowhere": (r"xl/workbook\.xml", "#REF!"),
    "VBA projects": (r"xl/vbaProject\.bin", "VBA"),
    "signatures of VBA projects": (r"xl/vbaProjectSignature\.bin", "signed"),
    "customUI": (r"customUI/customUI\.xml", "2006/01/customui"),
    "customUI14": (r"customUI/customUI14\.xml", "2009/07/customui"),
    "xml:space": ("Clients", "xml:space=\"preserve\">  kept  <"),
    "comments in the XML": ("Clients", "<!-- kept -->"),
    "processing instructions": ("Clients", "<?kept this?>"),
    "other prefixes": ("Problems", "<s:sheetData"),
    "ignorable namespaces": ("Clients", "mc:Ignorable=\"x14ac\""),
}  # fmt: skip
"""What `everything` holds: where (a sheet of ours, or a pattern of part names), and by what it is recognised."""


def part_of(parts: Mapping[str, bytes], sheet: str) -> str:
    """Return the part of a sheet, whose relationships name it from the package's root."""
    found = re.search(rf'<sheet [^>]*name="{sheet}"[^>]* r:id="(\w+)"', parts["xl/workbook.xml"].decode())
    assert found, sheet
    rels = parts["xl/_rels/workbook.xml.rels"].decode()
    target = re.search(rf'Target="/([^"]+)" Id="{found[1]}"', rels)
    assert target, sheet
    return target[1]


def everything(path: Path) -> Path:
    """Make a Kopilot workbook with every one of `FEATURES` in it."""
    make_portfolio(path)
    parts = unpacked(path)
    _graft(parts)
    _pivot(parts)
    _notes_and_controls(parts)
    _links_and_queries(parts)
    _workbook_parts(parts)
    _our_own_sheets(parts)
    return packed(path, parts)


def unpacked(path: Path) -> Parts:
    """Return a workbook's parts in their order."""
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def packed(path: Path, parts: Mapping[str, bytes]) -> Path:
    """Write parts as a workbook."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def changed(parts: Parts, name: str, old: str, new: str) -> None:
    """Replace a text that stands once in a part."""
    text = parts[name].decode()
    assert text.count(old) == 1, (name, text.count(old), old)
    parts[name] = text.replace(old, new).encode()


def _before(parts: Parts, name: str, mark: str, new: str) -> None:
    changed(parts, name, mark, new + mark)


def _typed(parts: Parts, name: str, kind: str) -> None:
    _before(parts, "[Content_Types].xml", "</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/>')


def _default(parts: Parts, extension: str, kind: str) -> None:
    types = parts["[Content_Types].xml"].decode()
    if f'Extension="{extension}"' not in types:
        types = types.replace("<Override", f'<Default Extension="{extension}" ContentType="{kind}"/><Override', 1)
        parts["[Content_Types].xml"] = types.encode()


def _related(parts: Parts, source: str, identifier: str, kind: str, target: str, mode: str = "") -> None:
    """Add a relationship; `kind` is a word of the usual ones or a whole type."""
    folder, _, name = source.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels".lstrip("/")
    if rels not in parts:
        parts[rels] = (
            f'{_START}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            "</Relationships>"
        ).encode()
    kind = kind if kind.startswith("http") else f"{OFFICE}/{kind}"
    mode = f' TargetMode="{mode}"' if mode else ""
    _before(
        parts, rels, "</Relationships>",
        f'<Relationship Id="{identifier}" Type="{kind}" Target="{escape(target)}"{mode}/>',
    )  # fmt: skip


def _add(parts: Parts, name: str, content: str | bytes, kind: str) -> None:
    parts[name] = content if isinstance(content, bytes) else (_START + content).encode()
    _typed(parts, name, kind)


def _graft(parts: Parts) -> None:
    """Bring in the sheets that XlsxWriter makes, with all that hangs on them."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("Extra")
    sheet.write("A1", "  blanks kept  ")
    sheet.write("A2", "العربية 😀")
    for row in range(5):
        sheet.write(row, 2, row * row)
    sheet.insert_checkbox("A4", True)
    sheet.write_dynamic_array_formula("F1:F8", "=SORT(Clients[Value])", None, 80)
    sheet.add_sparkline("G2", {"range": "Extra!C1:C5"})
    sheet.conditional_format("C1:C5", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("A6", {"validate": "list", "source": ["one", "two"]})
    sheet.insert_textbox("H2", "A note in a box")
    sheet.insert_image("H20", "pixel.png", {"image_data": io.BytesIO(_pixel())})
    sheet.write_comment("B2", "Called in May")
    chart, line = book.add_chart({"type": "column"}), book.add_chart({"type": "line"})
    chart.add_series({"values": "=Extra!$C$1:$C$5"})
    line.add_series({"values": "=Extra!$C$1:$C$5", "y2_axis": True})
    chart.combine(line)
    sheet.insert_chart("H8", chart)
    hidden = book.add_worksheet("Far away")
    hidden.write_array_formula("A1:A3", "{=Extra!C1:C3*2}", None, 0)
    hidden.protect("secret")
    book.close()
    with zipfile.ZipFile(buffer) as archive:
        made = {info.filename: archive.read(info) for info in archive.infolist()}
    types = made["[Content_Types].xml"].decode()
    left = ("xl/workbook.xml", "xl/styles.xml", "xl/theme/theme1.xml")
    for name, content in made.items():
        if name.startswith("xl/") and name not in left and not name.startswith("xl/_rels/"):
            grafted = name.replace("xl/", _GRAFT, 1)
            # Styles are the other workbook's; every cell takes the first one here.
            parts[grafted] = re.sub(rb' s="\d+"', b"", content) if "worksheets/sheet" in name else content
            kind = re.search(rf'PartName="/{re.escape(name)}" ContentType="([^"]+)"', types)
            if kind:
                _typed(parts, grafted, kind[1])
    for extension, kind_of in re.findall(r'Default Extension="(\w+)" ContentType="([^"]+)"', types):
        _default(parts, extension, kind_of)
    relations = made["xl/_rels/workbook.xml.rels"].decode()
    wanted = {
        "sheet1.xml": "Extra", "sheet2.xml": "FarAway", "sharedStrings.xml": "Strings", "metadata.xml": "Metadata",
        "featurePropertyBag.xml": "Bag",
    }  # fmt: skip
    for kind_of, target in re.findall(r'Type="([^"]+)" Target="([^"]+)"', relations):
        identifier = wanted.get(target.rpartition("/")[2])
        if identifier and identifier != "Strings":
            _related(parts, "xl/workbook.xml", identifier, kind_of, f"grafted/{target}")
    # Readers look for the shared strings where they always are.
    parts["xl/sharedStrings.xml"] = parts.pop(f"{_GRAFT}sharedStrings.xml")
    changed(parts, "[Content_Types].xml", f"/{_GRAFT}sharedStrings.xml", "/xl/sharedStrings.xml")
    _related(parts, "xl/workbook.xml", "Strings", "sharedStrings", "sharedStrings.xml")
    _before(
        parts, "xl/workbook.xml", "</sheets>",
        f'<sheet xmlns:r="{OFFICE}" name="Extra" sheetId="41" r:id="Extra"/>'
        f'<sheet xmlns:r="{OFFICE}" name="Far away" sheetId="42" state="veryHidden" r:id="FarAway"/>',
    )  # fmt: skip


def _pixel() -> bytes:
    """Return a picture of one dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">2L5B", 1, 1, 8, 2, 0, 0, 0)
    dot = zlib.compress(b"\0\0\x99\x99")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", dot) + chunk(b"IEND", b"")


def _pivot(parts: Parts) -> None:
    """A pivot table over Transactions on a hidden sheet, with a slicer."""
    items = '<sharedItems count="2"><s v="A1"/><s v="B2"/></sharedItems>'
    _add(
        parts, "xl/pivotCache/pivotCacheDefinition1.xml",
        f'<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{OFFICE}" r:id="rId1" refreshedBy="Me" recordCount="2">'
        '<cacheSource type="worksheet"><worksheetSource name="Transactions"/></cacheSource><cacheFields count="2">'
        f'<cacheField name="Client ID" numFmtId="0">{items}</cacheField><cacheField name="Amount" numFmtId="0">'
        '<sharedItems containsNumber="1" minValue="1" maxValue="2"/></cacheField></cacheFields></pivotCacheDefinition>',
        f"{_SPREADSHEET}.pivotCacheDefinition+xml",
    )  # fmt: skip
    _add(
        parts, "xl/pivotCache/pivotCacheRecords1.xml",
        f'<pivotCacheRecords xmlns="{MAIN}" count="2"><r><x v="0"/><n v="1"/></r><r><x v="1"/><n v="2"/></r>'
        "</pivotCacheRecords>",
        f"{_SPREADSHEET}.pivotCacheRecords+xml",
    )  # fmt: skip
    _related(parts, "xl/pivotCache/pivotCacheDefinition1.xml", "rId1", "pivotCacheRecords", "pivotCacheRecords1.xml")
    _related(
        parts, "xl/workbook.xml", "Pivot", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"
    )  # fmt: skip
    _add(
        parts, "xl/pivotTables/pivotTable1.xml",
        f'<pivotTableDefinition xmlns="{MAIN}" name="Pivot" cacheId="7" dataCaption="Values">'
        '<location ref="A3:B6" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2">'
        '<pivotField axis="axisRow" showAll="0"><items count="3"><item x="0"/><item x="1"/><item t="default"/></items>'
        '</pivotField><pivotField dataField="1" showAll="0"/></pivotFields><rowFields count="1"><field x="0"/>'
        '</rowFields><rowItems count="3"><i><x/></i><i><x v="1"/></i><i t="grand"><x/></i></rowItems>'
        '<colItems count="1">'
        '<i/></colItems><dataFields count="1"><dataField name="Sum" fld="1"/></dataFields></pivotTableDefinition>',
        f"{_SPREADSHEET}.pivotTable+xml",
    )  # fmt: skip
    _related(
        parts, "xl/pivotTables/pivotTable1.xml", "rId1", "pivotCacheDefinition",
        "../pivotCache/pivotCacheDefinition1.xml",
    )  # fmt: skip
    sheet = f"{_GRAFT}worksheets/sheet2.xml"
    _related(parts, sheet, "Pivot", "pivotTable", "/xl/pivotTables/pivotTable1.xml")
    _add(
        parts, "xl/slicerCaches/slicerCache1.xml",
        f'<slicerCacheDefinition xmlns="{X14}" name="Slicer_Client" sourceName="Client ID"><pivotTables>'
        '<pivotTable tabId="42" name="Pivot"/></pivotTables><data><tabular pivotCacheId="7"><items count="2">'
        '<i x="0" s="1"/><i x="1" s="1"/></items></tabular></data></slicerCacheDefinition>',
        "application/vnd.ms-excel.slicerCache+xml",
    )  # fmt: skip
    _add(
        parts, "xl/slicers/slicer1.xml",
        f'<slicers xmlns="{X14}"><slicer name="Client ID" cache="Slicer_Client" caption="Client ID" '
        'rowHeight="241300"/></slicers>',
        "application/vnd.ms-excel.slicer+xml",
    )  # fmt: skip
    _related(
        parts, "xl/workbook.xml", "SlicerCache", f"{MICROSOFT}/2007/relationships/slicerCache",
        "slicerCaches/slicerCache1.xml",
    )  # fmt: skip
    _related(parts, sheet, "Slicer", f"{MICROSOFT}/2007/relationships/slicer", "/xl/slicers/slicer1.xml")
    _before(
        parts, sheet, "</worksheet>",
        f'<extLst><ext uri="{{A8765BA9-456A-4dab-B4F3-ACF838C121DE}}" xmlns:x14="{X14}"><x14:slicerList>'
        f'<x14:slicer xmlns:r="{OFFICE}" r:id="Slicer"/></x14:slicerList></ext></extLst>',
    )  # fmt: skip


def _notes_and_controls(parts: Parts) -> None:
    """Notes, threaded comments, a button, a shape, a 3-D chart and printer settings on the Clients sheet."""
    _add(
        parts, "xl/comments9.xml",
        f'<comments xmlns="{MAIN}"><authors><author>tc={{6F9619FF-8B86-D011-B42D-00C04FC964FF}}</author></authors>'
        '<commentList><comment ref="B2" authorId="0"><text><t xml:space="preserve"> Called in May </t></text></comment>'
        "</commentList></comments>",
        f"{_SPREADSHEET}.comments+xml",
    )  # fmt: skip
    threaded = f"{MICROSOFT}/spreadsheetml/2018/threadedcomments"
    _add(
        parts, "xl/threadedComments/threadedComment1.xml",
        f'<ThreadedComments xmlns="{threaded}"><threadedComment ref="B2" dT="2026-05-01T10:00:00.00" '
        'personId="{1F9619FF-8B86-D011-B42D-00C04FC964FF}" id="{6F9619FF-8B86-D011-B42D-00C04FC964FF}">'
        "<text>Called in May</text></threadedComment></ThreadedComments>",
        "application/vnd.ms-excel.threadedcomments+xml",
    )  # fmt: skip
    _add(
        parts, "xl/persons/person.xml",
        f'<personList xmlns="{threaded}"><person displayName="Me" id="{{1F9619FF-8B86-D011-B42D-00C04FC964FF}}" '
        'userId="Me" providerId="None"/></personList>',
        "application/vnd.ms-excel.person+xml",
    )  # fmt: skip
    anchor = "<x:Anchor>3,15,1,10,5,15,5,4</x:Anchor>"
    parts["xl/drawings/vmlDrawing9.vml"] = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" type="#_x0000_t202" '
        f'style="visibility:hidden"><x:ClientData ObjectType="Note">{anchor}<x:Row>1</x:Row><x:Column>1</x:Column>'
        '</x:ClientData></v:shape><v:shape id="_x0000_s1026" type="#_x0000_t201"><x:ClientData ObjectType="Button">'
        f"{anchor}<x:FmlaMacro>Refresh</x:FmlaMacro></x:ClientData></v:shape></xml>"
    ).encode()
    _default(parts, "vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
    _add(
        parts, "xl/ctrlProps/ctrlProp1.xml",
        f'<formControlPr xmlns="{X14}" objectType="Button" lockText="1"/>',
        "application/vnd.ms-excel.controlproperties+xml",
    )  # fmt: skip
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    place = (
        "<xdr:from><xdr:col>{0}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff>"
        "</xdr:from><xdr:to><xdr:col>{1}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>9</xdr:row><xdr:rowOff>0"
        "</xdr:rowOff></xdr:to>"
    )
    _add(
        parts, "xl/drawings/drawing9.xml",
        f'<xdr:wsDr xmlns:xdr="{drawing}/spreadsheetDrawing" xmlns:a="{drawing}/main"><xdr:twoCellAnchor>'
        f'{place.format(11, 13)}<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="2" name="Star"/><xdr:cNvSpPr/>'
        '</xdr:nvSpPr><xdr:spPr><a:prstGeom prst="star5"><a:avLst/></a:prstGeom></xdr:spPr></xdr:sp><xdr:clientData/>'
        f"</xdr:twoCellAnchor><xdr:twoCellAnchor>{place.format(14, 20)}<xdr:graphicFrame macro=\"\">"
        '<xdr:nvGraphicFramePr><xdr:cNvPr id="3" name="Chart"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>'
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic>'
        f'<a:graphicData uri="{drawing}/chart"><c:chart xmlns:c="{drawing}/chart" xmlns:r="{OFFICE}" r:id="rId1"/>'
        "</a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>",
        "application/vnd.openxmlformats-officedocument.drawing+xml",
    )  # fmt: skip
    _related(parts, "xl/drawings/drawing9.xml", "rId1", "chart", "charts/chart9.xml")
    axes = '<c:axId val="1"/><c:axId val="2"/>'
    _add(
        parts, "xl/drawings/charts/chart9.xml",
        f'<c:chartSpace xmlns:c="{drawing}/chart"><c:chart><c:view3D><c:rotX val="15"/></c:view3D><c:plotArea>'
        '<c:layout/><c:bar3DChart><c:barDir val="col"/><c:grouping val="clustered"/><c:ser><c:idx val="0"/>'
        '<c:order val="0"/><c:val><c:numRef><c:f>Clients!$H$2:$H$9</c:f></c:numRef></c:val></c:ser>'
        f'<c:shape val="box"/>{axes}</c:bar3DChart><c:catAx><c:axId val="1"/><c:scaling/><c:delete val="0"/>'
        '<c:axPos val="b"/><c:crossAx val="2"/></c:catAx><c:valAx><c:axId val="2"/><c:scaling/><c:delete val="0"/>'
        '<c:axPos val="l"/><c:crossAx val="1"/></c:valAx></c:plotArea></c:chart></c:chartSpace>',
        "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    )  # fmt: skip
    _add(
        parts, "xl/printerSettings/printerSettings1.bin", b"\0\1DEVMODE\xff\xfe" * 40,
        f"{_SPREADSHEET}.printerSettings",
    )  # fmt: skip
    for identifier, kind, target in (
        ("Notes", "comments", "../comments9.xml"),
        ("Legacy", "vmlDrawing", "../drawings/vmlDrawing9.vml"),
        ("Threads", f"{MICROSOFT}/2017/10/relationships/threadedComment", "../threadedComments/threadedComment1.xml"),
        ("Button", "ctrlProp", "../ctrlProps/ctrlProp1.xml"),
        ("Drawing", "drawing", "../drawings/drawing9.xml"),
        ("Printer", "printerSettings", "../printerSettings/printerSettings1.bin"),
    ):
        _related(parts, part_of(parts, "Clients"), identifier, kind, target)


def _links_and_queries(parts: Parts) -> None:
    _add(
        parts, "xl/externalLinks/externalLink1.xml",
        f'<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="rId1"><sheetNames>'
        '<sheetName val="Rates"/></sheetNames><sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1">'
        "<v>1.07</v></cell></row></sheetData>"
        "</sheetDataSet></externalBook></externalLink>",
        f"{_SPREADSHEET}.externalLink+xml",
    )  # fmt: skip
    _related(
        parts, "xl/externalLinks/externalLink1.xml", "rId1", "externalLinkPath", "file:///Z:/Rates & more.xlsx",
        "External",
    )  # fmt: skip
    _related(parts, "xl/workbook.xml", "Link", "externalLink", "externalLinks/externalLink1.xml")
    _add(
        parts, "xl/connections.xml",
        f'<connections xmlns="{MAIN}"><connection id="1" name="Query - Invoices" type="5" refreshedVersion="8" '
        'background="1"><dbPr connection="Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location=Invoices" '
        'command="SELECT * FROM [Invoices]"/></connection></connections>',
        f"{_SPREADSHEET}.connections+xml",
    )  # fmt: skip
    _related(parts, "xl/workbook.xml", "Connections", "connections", "connections.xml")
    for number, content in enumerate(
        (
            (_START + '<mine xmlns="urn:mine"><!-- kept --> as it is </mine>').encode(),
            '<?xml version="1.0" encoding="utf-16"?><DataMashup xmlns="http://schemas.microsoft.com/DataMashup">'
            "AAAAANsDAABQSwMEFAACAAgA</DataMashup>".encode("utf-16"),
        ),
        1,
    ):
        parts[f"customXml/item{number}.xml"] = content
        _add(
            parts, f"customXml/itemProps{number}.xml",
            f'<ds:datastoreItem xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml" '
            f'ds:itemID="{{0F9619FF-8B86-D011-B42D-00C04FC9640{number}}}"/>',
            "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
        )  # fmt: skip
        _related(
            parts, f"customXml/item{number}.xml", "rId1", "customXmlProps", f"itemProps{number}.xml"
        )  # fmt: skip
        _related(parts, "xl/workbook.xml", f"Custom{number}", "customXml", f"../customXml/item{number}.xml")


def _workbook_parts(parts: Parts) -> None:
    """What hangs on the workbook and on the package: views, names, a signature, ribbons."""
    parts["xl/vbaProjectSignature.bin"] = b"\x30\x82signed" * 30
    _typed(parts, "xl/vbaProjectSignature.bin", "application/vnd.ms-office.vbaProjectSignature")
    _related(
        parts, "xl/vbaProject.bin", "rId1", f"{MICROSOFT}/2006/relationships/vbaProjectSignature",
        "vbaProjectSignature.bin",
    )  # fmt: skip
    for name, year, identifier, kind in (
        ("customUI", "2006/01", "Ribbon", f"{MICROSOFT}/2006/relationships/ui/extensibility"),
        ("customUI14", "2009/07", "Ribbon14", f"{MICROSOFT}/2007/relationships/ui/extensibility"),
    ):
        if f"customUI/{name}.xml" not in parts:
            ribbon = f'<customUI xmlns="http://schemas.microsoft.com/office/{year}/customui"><ribbon/></customUI>'
            parts[f"customUI/{name}.xml"] = (_START + ribbon).encode()
            _related(parts, "", identifier, kind, f"customUI/{name}.xml")
    _related(
        parts, "xl/workbook.xml", "Persons", f"{MICROSOFT}/2017/10/relationships/person", "persons/person.xml"
    )  # fmt: skip
    text = parts["xl/workbook.xml"].decode()
    text = text.replace(
        "</definedNames>",
        "<definedName name=\"Mine\" localSheetId=\"1\" hidden=\"1\">Clients!$A$1</definedName>"
        "<definedName name=\"Company\" localSheetId=\"1\">Clients!$B$2</definedName>"
        "<definedName name=\"Gone\">Clients!#REF!</definedName>"
        "<definedName name=\"Rate\" comment=\"a &lt;note&gt;\">'[1]Rates'!$A$1</definedName>"
        "<definedName name=\"Twice\">Clients!$A$2,Clients!$A$4</definedName>"
        "<definedName name=\"Computed\">LAMBDA(x,x+1)</definedName></definedNames>",
    )  # fmt: skip
    text = text.replace(
        "<definedNames>",
        f'<externalReferences><externalReference xmlns:r="{OFFICE}" r:id="Link"/></externalReferences><definedNames>',
    )
    text = text.replace(
        "</workbook>",
        '<customWorkbookViews><customWorkbookView name="Mine" guid="{00000000-0000-0000-0000-000000000001}" '
        'windowWidth="1" windowHeight="1" activeSheetId="1"/></customWorkbookViews>'
        f'<pivotCaches><pivotCache xmlns:r="{OFFICE}" cacheId="7" r:id="Pivot"/></pivotCaches>'
        f'<extLst><ext uri="{{BBE1A952-AA13-448e-AADC-164F8A28A991}}" xmlns:x14="{X14}"><x14:slicerCaches>'
        f'<x14:slicerCache xmlns:r="{OFFICE}" r:id="SlicerCache"/></x14:slicerCaches></ext></extLst></workbook>',
    )
    parts["xl/workbook.xml"] = text.encode()


def _our_own_sheets(parts: Parts) -> None:
    """What stands in the XML of the sheets that a refresh writes."""
    ours = part_of(parts, "Clients")
    text = parts[ours].decode()
    text = text.replace(
        f'<worksheet xmlns="{MAIN}">',
        f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:mc="{COMPATIBILITY}" mc:Ignorable="x14ac" '
        f'xmlns:x14ac="{X14AC}">',
    )
    text = text.replace('<row r="3">', '<!-- kept --><row r="3" spans="1:10" x14ac:dyDescent="0.25">')
    text = text.replace('<row r="4">', '<?kept this?>\n<row r="4" spans="1:10">')
    text = re.sub(
        r'(<row r="5".*?)</row>',
        r'\1<c r="L5" t="str"><f>"mine"</f><v xml:space="preserve">  kept  </v></c><c r="M5"><v>1.50</v></c></row>',
        text,
    )
    text = text.replace('<dimension ref="A1:J9"/>', '<dimension ref="A1:M9"/>')
    view = '<customSheetView guid="{00000000-0000-0000-0000-000000000001}"/>'
    text = text.replace(
        "</sheetData>",
        '</sheetData><sheetProtection sheet="1" objects="1" scenarios="1" password="CC1A"/>'
        f"<customSheetViews>{view}</customSheetViews>",
    )
    text = re.sub(r"(<pageSetup )", r'\1r:id="Printer" ', text, count=1)
    guid = "{00000000-0000-0000-0000-00000000000A}"
    text = text.replace(
        "<tableParts",
        '<drawing r:id="Drawing"/><legacyDrawing r:id="Legacy"/>'
        f'<mc:AlternateContent><mc:Choice xmlns:x14="{X14}" Requires="x14"><controls><control shapeId="1026" '
        'r:id="Button" name="Button 1"/></controls></mc:Choice></mc:AlternateContent><tableParts',
    )
    text = text.replace(
        "</worksheet>",
        f'<extLst><ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}" xmlns:x14="{X14}">'
        f'<x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="{MICROSOFT}/excel/2006/main">'
        f'<x14:cfRule type="dataBar" id="{guid}"><x14:dataBar><x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/>'
        "</x14:dataBar></x14:cfRule><xm:sqref>H2:H9</xm:sqref></x14:conditionalFormatting>"
        '</x14:conditionalFormattings></ext><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" '
        f'xmlns:x14="{X14}"><x14:dataValidations count="1" xmlns:xm="{MICROSOFT}/excel/2006/main">'
        '<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>Extra!$C$1:$C$5</xm:f></x14:formula1>'
        "<xm:sqref>K2:K9</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst></worksheet>",
    )
    parts[ours] = text.encode()
    # A sheet all of whose elements have a prefix, as some programs write them.
    prefixed = part_of(parts, "Problems")
    other = parts[prefixed].decode().replace("xmlns=", "xmlns:s=")
    parts[prefixed] = re.sub(r"<(/?)(?=[A-Za-z])", r"<\1s:", other).encode()


# as other programs save them


def by_openpyxl(path: Path) -> Path:
    """A Kopilot workbook loaded and saved by openpyxl."""
    book = openpyxl.load_workbook(make_portfolio(path), keep_vba=True)
    book.calculation.fullCalcOnLoad = False
    book.save(path)
    return path


def by_libreoffice(path: Path) -> Path:
    """A Kopilot workbook saved by LibreOffice as the kind its name says."""
    path.write_bytes(_from_libreoffice(path.name))
    return path


@cache
def _from_libreoffice(name: str) -> bytes:
    kind = {".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML"}[Path(name).suffix]
    with TemporaryDirectory() as folder:
        source = make_portfolio(Path(folder) / "source.xlsm")
        return libreoffice.store(source, Path(folder) / name, kind).read_bytes()


def by_xlsxwriter(path: Path) -> Path:
    """A workbook with our tables and settings, made by XlsxWriter; it has no sheet that only a refresh writes."""
    book = xlsxwriter.Workbook(str(path))
    for table, rows in ((clients.TABLE, CLIENTS), (transactions.TABLE, TRANSACTIONS), (actions.TABLE, [])):
        _write_table(book, table, [list(row) for row in rows])
    sheet = book.add_worksheet(settings.SHEET)
    for row, setting in enumerate(settings.ALL):
        sheet.write(row, 0, setting.label)
        if setting.default is not None:
            sheet.write(row, 1, setting.default)
        book.define_name(setting.name, f"={settings.SHEET}!$B${row + 1}")
    book.close()
    parts = unpacked(path)
    # It asks for a full calculation on loading, which its makers' checks are told of.
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    return packed(path, parts)


def _write_table(book: Any, table: Table, rows: list[list[Any]]) -> None:
    sheet = book.add_worksheet(table.name)
    day = book.add_format({"num_format": Format.DATE.value})
    height = max(len(rows), 1)
    columns = [{"header": header} for header in table.headers]
    sheet.add_table(0, 0, height, len(columns) - 1, {"name": table.name, "columns": columns})
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(at, column, value, day)
            elif value is not None:
                sheet.write(at, column, value)


def like_excel(path: Path) -> Path:
    """A Kopilot workbook in Excel's own manner: shared strings, spans, declarations and extensions."""
    parts = unpacked(make_portfolio(path))
    strings: dict[str, int] = {}
    for name in [name for name in parts if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]:
        text = _with_shared_strings(parts[name].decode(), strings)
        text = re.sub(r'<row r="(\d+)"', r'<row r="\1" spans="1:99" x14ac:dyDescent="0.25"', text)
        text = text.replace(
            f'<worksheet xmlns="{MAIN}">',
            f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:mc="{COMPATIBILITY}" mc:Ignorable="x14ac xr" '
            f'xmlns:x14ac="{X14AC}" xmlns:xr="{MICROSOFT}/spreadsheetml/2014/revision" '
            'xr:uid="{00000000-0001-0000-0000-000000000000}">',
        )
        parts[name] = (_START + text).encode()
    _shared_strings(parts, strings)
    return packed(path, parts)


def like_google(path: Path) -> Path:
    """A Kopilot workbook in the manner of Google Sheets' export: no tables, no macros, shared strings, own prefixes."""
    parts = unpacked(make_portfolio(path))
    strings: dict[str, int] = {}
    for name in list(parts):
        if re.fullmatch(r"xl/tables/.*|xl/vbaProject\.bin|customUI/.*", name):
            del parts[name]
        elif re.fullmatch(r"xl/worksheets/_rels/.*|xl/_rels/.*|_rels/.*", name):
            parts[name] = re.sub(rb"<Relationship [^>]*(?:/table\d+\.xml|vbaProject|customUI)[^>]*/>", b"", parts[name])
    types = parts["[Content_Types].xml"].decode()
    types = re.sub(
        r'<Override PartName="/(?:xl/tables/|xl/vba|customUI/)[^>]*/>|<Default Extension="bin"[^>]*/>', "", types
    )
    parts["[Content_Types].xml"] = types.replace(
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml", f"{_SPREADSHEET}.sheet.main+xml"
    ).encode()
    changed(parts, "xl/workbook.xml", "Clients[Client ID]", "Clients!$A$2:$A$9")
    for name in [name for name in parts if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]:
        text = re.sub(r"<tableParts.*?</tableParts>", "", parts[name].decode())
        text = _with_shared_strings(text, strings).replace(
            f'<worksheet xmlns="{MAIN}">',
            f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:mx="{MICROSOFT}/mac/excel/2008/main" '
            f'xmlns:mc="{COMPATIBILITY}" xmlns:mv="urn:schemas-microsoft-com:mac:vml" xmlns:x14="{X14}" '
            f'xmlns:x14ac="{X14AC}" xmlns:xm="{MICROSOFT}/excel/2006/main">',
        )
        parts[name] = (_START.replace("\r\n", "") + text).encode()
    _shared_strings(parts, strings)
    return packed(path, parts)


def _with_shared_strings(text: str, strings: dict[str, int]) -> str:
    def shared(match: re.Match[str]) -> str:
        number = strings.setdefault(match[2], len(strings))
        return f'<c{match[1]} t="s"><v>{number}</v></c>'

    return re.sub(r'<c((?: [rs]="[^"]*")*) t="inlineStr"><is>(<t.*?</t>)</is></c>', shared, text, flags=re.DOTALL)


def _shared_strings(parts: Parts, strings: Mapping[str, int]) -> None:
    items = "".join(f"<si>{text}</si>" for text in strings)
    count = len(strings)
    _add(
        parts, "xl/sharedStrings.xml", f'<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}">{items}</sst>',
        f"{_SPREADSHEET}.sharedStrings+xml",
    )  # fmt: skip
    _related(parts, "xl/workbook.xml", "rIdStrings", "sharedStrings", "sharedStrings.xml")


QUICK: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "everything": ("book.xlsm", everything),
    "openpyxl": ("book.xlsm", by_openpyxl),
    "XlsxWriter": ("book.xlsx", by_xlsxwriter),
    "Excel": ("book.xlsm", like_excel),
    "Google Sheets": ("book.xlsx", like_google),
}
"""Workbooks by who saved them last, with their file name."""
BY_LIBREOFFICE: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "LibreOffice xlsx": ("book.xlsx", by_libreoffice),
    "LibreOffice xlsm": ("book.xlsm", by_libreoffice),
}
