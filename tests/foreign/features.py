"""The features, by what they are called; each is a workbook of its own."""

from __future__ import annotations

from tests.foreign.packages import (
    _COLUMN,
    _DRAWING,
    _MAIN,
    _MS,
    _NOTES,
    _OFFICE,
    _OTHER_SHEET,
    _PERSONS,
    _PIXEL,
    _PLAIN_STYLES,
    _SHEET,
    _START,
    _TABLE_ROWS,
    _THREAD,
    _X14,
    _XM,
    Feature,
    Part,
    _book_part,
    _chart,
    _charted,
    _check,
    _drawing,
    _ext,
    _frame,
    _number,
    _pivot,
    _rows,
    _rule,
    _second_sheet,
    _series,
    _slicer,
    _styles,
    _table,
    _text,
    _vml,
    _with_table,
)

_SHARED = (
    f'{_START}<sst xmlns="{_MAIN}" count="3" uniqueCount="3"><si><t xml:space="preserve"> a </t></si><si><r><rPr><b/>'
    '</rPr><t>rich</t></r><r><t> text</t></r></si><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>'
    '<phoneticPr fontId="0"/></si></sst>'
)


def _shared(index: int) -> Feature:
    return Feature(
        rows=_rows(f'<c r="B2" t="s"><v>{index}</v></c>'),
        book_links=(("ST", "sharedStrings", "sharedStrings.xml"),),
        parts={"xl/sharedStrings.xml": Part(_SHARED, f"{_SHEET}.sharedStrings+xml")},
    )


CELLS: dict[str, Feature] = {
    "nothing": Feature(),
    "shared text": _shared(0),
    "rich text": _shared(1),
    "phonetic text": _shared(2),
    "rich text in a cell": Feature(
        rows=_rows('<c r="B2" t="inlineStr"><is><r><rPr><i/></rPr><t>a</t></r><r><t>b</t></r></is></c>')
    ),
    "truth": Feature(rows=_rows('<c r="B2" t="b"><v>1</v></c>')),
    "error": Feature(rows=_rows('<c r="B2" t="e"><v>#N/A</v></c>')),
    "newer error": Feature(rows=_rows('<c r="B2" t="e"><v>#SPILL!</v></c>')),
    "ISO date": Feature(rows=_rows('<c r="B2" t="d"><v>2026-01-31</v></c>')),
    "escaped text": Feature(rows=_rows(_text("B2", "a_x000D_b &amp; &lt;c&gt;"))),
    "formula": Feature(rows=_rows('<c r="B2"><f>A1*2</f><v>2</v></c>')),
    "formula of a text": Feature(rows=_rows('<c r="B2" t="str"><f>"a"&amp;A1</f><v>a1</v></c>')),
    "formula without a result": Feature(rows=_rows('<c r="B2"><f>A1+1</f></c>')),
    "shared formula": Feature(
        rows=_rows(
            '<c r="B2"><f t="shared" ref="B2:B3" si="0">A2+1</f><v>1</v></c>',
            '<c r="B3"><f t="shared" si="0"/><v>1</v></c>',
        )
    ),
    "array formula": Feature(
        rows=_rows('<c r="B2"><f t="array" ref="B2:B3">A1:A2*2</f><v>2</v></c>', '<c r="B3"><v>0</v></c>')
    ),
    "dynamic array": Feature(
        rows=_rows('<c r="B2" cm="1"><f t="array" ref="B2:B3">_xlfn.SEQUENCE(2)</f><v>1</v></c>', _number("B3", 2)),
        book_links=(("M", "sheetMetadata", "metadata.xml"),),
        parts={
            "xl/metadata.xml": Part(
                f'{_START}<metadata xmlns="{_MAIN}"><metadataTypes count="1"><metadataType name="XLDAPR" '
                'minSupportedVersion="120000" cellMeta="1"/></metadataTypes><cellMetadata '
                'count="1"><bk><rc t="1" v="0"/>'
                "</bk></cellMetadata></metadata>",
                f"{_SHEET}.sheetMetadata+xml",
            )
        },
    ),
    "table of what-ifs": Feature(
        rows=_rows('<c r="B2"><f t="dataTable" ref="B2:B3" dt2D="0" dtr="0" r1="A1"/><v>1</v></c>', _number("B3", 2))
    ),
    "lambda": Feature(
        rows=_rows('<c r="B2"><f>_xlfn.LAMBDA(_xlpm.x,_xlpm.x+1)(A1)</f><v>2</v></c>'),
        names='<definedName name="Twice">_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)</definedName>',
    ),
    "comment and instruction among rows": Feature(rows=f"<!-- kept --><?kept this?>{_COLUMN}"),
    "rows and cells without numbers": Feature(rows="<row><c><v>5</v></c></row>"),
    "spans and heights": Feature(
        rows='<row r="2" spans="1:3" ht="30" customHeight="1" thickBot="1"><c r="B2"><v>1</v></c></row>'
    ),
    "hidden and grouped rows": Feature(
        rows='<row r="2" outlineLevel="1" hidden="1"><c r="B2"><v>1</v></c></row><row r="3" collapsed="1"/>'
    ),
    "attributes of Excel 2010": Feature(
        root=' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" xmlns:mc="http://schemas.'
        'openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac"',
        rows='<row r="2" x14ac:dyDescent="0.25"><c r="B2"><v>1</v></c></row>',
    ),
    "a formatted cell far away": Feature(rows='<row r="1048576"><c r="XFD1048576"/></row>'),
}

SHEETS: dict[str, Feature] = {
    "colour of the tab": Feature(before='<sheetPr><tabColor rgb="FFFF0000"/></sheetPr>'),
    "name for macros": Feature(before='<sheetPr codeName="MyCode"/>'),
    "outline settings": Feature(before='<sheetPr><outlinePr summaryBelow="0"/></sheetPr>'),
    "fit to page": Feature(
        before='<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>', after='<pageSetup fitToHeight="0"/>'
    ),
    "dimension": Feature(before='<dimension ref="A1:B4"/>', rows=_COLUMN),
    "frozen panes": Feature(
        before='<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="B2" sqref="B2"/></sheetView></sheetViews>'
    ),
    "right to left": Feature(before='<sheetViews><sheetView rightToLeft="1" workbookViewId="0"/></sheetViews>'),
    "formulas shown": Feature(before='<sheetViews><sheetView showFormulas="1" workbookViewId="0"/></sheetViews>'),
    "usual heights": Feature(before='<sheetFormatPr baseColWidth="10" defaultRowHeight="16"/>'),
    "widths": Feature(
        before='<cols><col min="1" max="3" width="20" customWidth="1"/><col min="5" max="5" hidden="1"/></cols>'
    ),
    "calculation of the sheet": Feature(after='<sheetCalcPr fullCalcOnLoad="1"/>'),
    "protection": Feature(
        after='<sheetProtection algorithmName="SHA-512" hashValue="q1Y=" saltValue="c2E=" '
        'spinCount="100000" sheet="1"/>'
    ),
    "ranges that may be changed": Feature(
        after='<sheetProtection sheet="1"/><protectedRanges><protectedRange sqref="B2" name="Mine"/></protectedRanges>'
    ),
    "scenarios": Feature(
        after='<scenarios current="0"><scenario name="Best" count="1" user="Ann"><inputCells r="A1" '
        'val="9"/></scenario>'
        "</scenarios>"
    ),
    "filter": Feature(
        rows=_COLUMN,
        after='<autoFilter ref="B1:B4"><filterColumn colId="0"><filters><filter val="3"/></filters></filterColumn>'
        "</autoFilter>",
        names='<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Data!$B$1:$B$4</definedName>',
    ),
    "filter by colour and date": Feature(
        rows=_COLUMN,
        after='<autoFilter ref="B1:B4"><filterColumn colId="0"><filters><dateGroupItem year="2026" '
        'dateTimeGrouping="year"/></filters></filterColumn></autoFilter>',
    ),
    "sorting": Feature(rows=_COLUMN, after='<sortState ref="B2:B4"><sortCondition ref="B2:B4"/></sortState>'),
    "consolidation": Feature(
        after='<dataConsolidate function="sum"><dataRefs count="1"><dataRef ref="A1:B2" sheet="Data"/></dataRefs>'
        "</dataConsolidate>"
    ),
    "merged cells": Feature(after='<mergeCells count="1"><mergeCell ref="C2:D3"/></mergeCells>'),
    "phonetic settings": Feature(after='<phoneticPr fontId="0" type="noConversion"/>'),
    "a format by value": _rule("cellIs", "<formula>2</formula>", ' operator="greaterThan"'),
    "a format by formula": _rule("expression", "<formula>$A$1&gt;1</formula>"),
    "a scale of colours": _rule(
        "colorScale",
        '<colorScale><cfvo type="min"/><cfvo type="max"/><color rgb="FFFF0000"/><color rgb="FF00FF00"/></colorScale>',
    ),
    "bars": _rule("dataBar", '<dataBar><cfvo type="min"/><cfvo type="max"/><color rgb="FF638EC6"/></dataBar>'),
    "icons": _rule(
        "iconSet",
        '<iconSet iconSet="3Arrows"><cfvo type="percent" val="0"/><cfvo type="percent" val="33"/>'
        '<cfvo type="percent" val="67"/></iconSet>',
    ),
    "duplicates": _rule("duplicateValues", ""),
    "newer bars": Feature(
        rows=_COLUMN,
        after=_ext(
            "{78C0D931-6437-407d-A8EE-F0AAD7539E65}",
            '<x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type="dataBar" '
            'id="{00000000-000E-0000-0000-000001000000}"><x14:dataBar gradient="0"><x14:cfvo type="autoMin"/>'
            '<x14:cfvo type="autoMax"/></x14:dataBar></x14:cfRule><xm:sqref>B2:B4</xm:sqref>'
            "</x14:conditionalFormatting></x14:conditionalFormattings>",
        ),
    ),
    "list to choose from": _check(
        '<dataValidation type="list" allowBlank="1" sqref="B2:B9"><formula1>"a,b"</formula1></dataValidation>'
    ),
    "a check by formula": _check(
        '<dataValidation type="custom" showErrorMessage="1" errorTitle="No" error="Not so" '
        'sqref="B2"><formula1>B2&gt;A1'
        "</formula1></dataValidation>"
    ),
    "a list on another sheet": Feature(
        after=_ext(
            "{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}",
            '<x14:dataValidations count="1"><x14:dataValidation type="list"><x14:formula1><xm:f>Data!$A$1:$A$3</xm:f>'
            "</x14:formula1><xm:sqref>C2:C9</xm:sqref></x14:dataValidation></x14:dataValidations>",
        )
    ),
    "link to the web": Feature(
        after='<hyperlinks><hyperlink ref="B2" r:id="H" tooltip="there"/></hyperlinks>',
        links=(("H", "hyperlink", "https://example.com/a?b=c&amp;d=e"),),
    ),
    "link within": Feature(after='<hyperlinks><hyperlink ref="B2" location="Data!A1" display="up"/></hyperlinks>'),
    "how it is printed": Feature(
        after='<printOptions gridLines="1"/><pageMargins left="1" right="1" top="1" bottom="1" '
        'header="0.5" footer="0.5"/>'
        '<pageSetup paperSize="9" orientation="landscape"/>',
        names='<definedName name="_xlnm.Print_Area" localSheetId="0">Data!$A$1:$B$4</definedName>',
    ),
    "settings of a printer": Feature(
        after='<pageSetup r:id="PS"/>',
        links=(("PS", "printerSettings", "../printerSettings/printerSettings1.bin"),),
        parts={"xl/printerSettings/printerSettings1.bin": Part(b"\0\1DEVMODE\xff" * 20, f"{_SHEET}.printerSettings")},
    ),
    "headers and footers": Feature(after="<headerFooter><oddHeader>&amp;C&amp;P of &amp;N</oddHeader></headerFooter>"),
    "a picture in the header": Feature(
        after='<headerFooter><oddHeader>&amp;L&amp;G</oddHeader></headerFooter><legacyDrawingHF r:id="V"/>',
        links=(("V", "vmlDrawing", "../drawings/vmlDrawing9.vml"),),
        parts={"xl/drawings/vmlDrawing9.vml": _vml("Pict")},
    ),
    "page breaks": Feature(
        after='<rowBreaks count="1" manualBreakCount="1"><brk id="2" max="16383" '
        'man="1"/></rowBreaks><colBreaks count="1" '
        'manualBreakCount="1"><brk id="3" max="1048575" man="1"/></colBreaks>'
    ),
    "properties of the sheet": Feature(
        after='<customProperties><customPr name="mine" r:id="CP"/></customProperties>',
        links=(("CP", "customProperty", "../customProperty1.bin"),),
        parts={"xl/customProperty1.bin": Part(b"m\0i\0n\0e\0", f"{_SHEET}.customProperty")},
    ),
    "watched cells": Feature(after='<cellWatches><cellWatch r="A1"/></cellWatches>'),
    "errors that are not marked": Feature(
        after='<ignoredErrors><ignoredError sqref="B2" numberStoredAsText="1"/></ignoredErrors>'
    ),
    "smart tags": Feature(
        after='<smartTags><cellSmartTags r="B2"><cellSmartTag type="0"><cellSmartTagPr key="k" val="v"/></cellSmartTag>'
        "</cellSmartTags></smartTags>"
    ),
    "background": Feature(
        after='<picture r:id="B"/>',
        links=(("B", "image", "../media/image1.png"),),
        parts={"xl/media/image1.png": Part(_PIXEL, "image/png")},
    ),
    "published on the web": Feature(
        after='<webPublishItems count="1"><webPublishItem id="1" divId="d" sourceType="sheet" '
        'destinationFile="a.htm"/></webPublishItems>'
    ),
    "sparklines": Feature(
        rows=_COLUMN,
        after=_ext(
            "{05C60535-1F16-4fd2-B633-F4F36F0B64E0}",
            '<x14:sparklineGroups><x14:sparklineGroup type="column"><x14:colorSeries rgb="FF376092"/><x14:sparklines>'
            "<x14:sparkline><xm:f>Data!B2:B4</xm:f><xm:sqref>C2</xm:sqref></x14:sparkline></x14:sparklines>"
            "</x14:sparklineGroup></x14:sparklineGroups>",
        ),
    ),
    "an extension that nobody knows": Feature(after=_ext("{DEADBEEF-0000-0000-0000-000000000000}", "<x14:mine/>")),
    "views of several people": Feature(
        after='<customSheetViews><customSheetView guid="{00000000-0000-0000-0000-000000000001}"/></customSheetViews>',
        end='<customWorkbookViews><customWorkbookView name="Ann" guid="{00000000-0000-0000-0000-000000000001}" '
        'windowWidth="9" windowHeight="9" activeSheetId="1"/></customWorkbookViews>',
    ),
}

DRAWN: dict[str, Feature] = {
    "picture": _drawing(
        '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="Logo"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip '
        'r:embed="I"/></xdr:blipFill><xdr:spPr/></xdr:pic>',
        (("I", "image", "../media/image1.png"),),
        {"xl/media/image1.png": Part(_PIXEL, "image/png")},
    ),
    "shape": _drawing(
        '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="2" name="Box"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr><xdr:txBody><a:bodyPr/><a:p><a:r><a:t>Mine</a:t>'
        "</a:r></a:p></xdr:txBody></xdr:sp>"
    ),
    "connector": _drawing(
        '<xdr:cxnSp macro=""><xdr:nvCxnSpPr><xdr:cNvPr id="2" name="Line"/><xdr:cNvCxnSpPr/></xdr:nvCxnSpPr><xdr:spPr/>'
        "</xdr:cxnSp>"
    ),
    "group of shapes": _drawing(
        '<xdr:grpSp><xdr:nvGrpSpPr><xdr:cNvPr id="2" name="Group"/><xdr:cNvGrpSpPr/></xdr:nvGrpSpPr><xdr:grpSpPr/>'
        "</xdr:grpSp>"
    ),
    "column chart": _charted(_series("barChart", '<c:barDir val="col"/>')),
    "line chart": _charted(_series("lineChart")),
    "pie": _charted(_series("pieChart")),
    "scatter": _charted(_series("scatterChart", '<c:scatterStyle val="line"/>')),
    "stock chart": _charted(_series("stockChart")),
    "surface": _charted(_series("surfaceChart")),
    "combined chart": _charted(_series("barChart", '<c:barDir val="col"/>') + _series("lineChart")),
    "chart with a style of its own": _charted(
        _series("barChart", '<c:barDir val="col"/>'),
        links=(
            ("ST", f"{_MS}/2011/relationships/chartStyle", "style1.xml"),
            ("CO", f"{_MS}/2011/relationships/chartColorStyle", "colors1.xml"),
        ),
        parts={
            "xl/charts/style1.xml": Part(
                f'{_START}<cs:chartStyle xmlns:cs="{_MS}/drawing/2012/chartStyle" id="201"/>',
                "application/vnd.ms-office.chartstyle+xml",
            ),
            "xl/charts/colors1.xml": Part(
                f'{_START}<cs:colorStyle xmlns:cs="{_MS}/drawing/2012/chartStyle" meth="cycle" id="10"/>',
                "application/vnd.ms-office.chartcolorstyle+xml",
            ),
        },
    ),
    "chart with its own workbook": _charted(
        _series("barChart", '<c:barDir val="col"/>'),
        '<c:externalData r:id="E"/>',
        links=(("E", "package", "../embeddings/Book1.bin"),),
        parts={"xl/embeddings/Book1.bin": Part(b"PK not really", "application/octet-stream")},
    ),
    "waterfall": _drawing(
        _frame(f"{_MS}/drawing/2014/chartex", f'<cx:chart xmlns:cx="{_MS}/drawing/2014/chartex" r:id="C"/>'),
        (("C", f"{_MS}/2014/relationships/chartEx", "../charts/chartEx1.xml"),),
        {
            "xl/charts/chartEx1.xml": Part(
                f'{_START}<cx:chartSpace xmlns:cx="{_MS}/drawing/2014/chartex"><cx:chartData/></cx:chartSpace>',
                "application/vnd.ms-office.chartex+xml",
            )
        },
    ),
    "diagram": _drawing(
        _frame(
            "http://schemas.openxmlformats.org/drawingml/2006/diagram",
            '<dgm:relIds xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" r:dm="DM"/>',
        ),
        (("DM", "diagramData", "../diagrams/data1.xml"),),
        {
            "xl/diagrams/data1.xml": Part(
                f'{_START}<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"/>',
                f"{_DRAWING}.diagramData+xml",
            )
        },
    ),
    "notes": Feature(
        rows=_COLUMN,
        after='<legacyDrawing r:id="V"/>',
        links=(("N", "comments", "../comments1.xml"), ("V", "vmlDrawing", "../drawings/vmlDrawing9.vml")),
        parts={
            "xl/comments1.xml": Part(_NOTES, f"{_SHEET}.comments+xml"),
            "xl/drawings/vmlDrawing9.vml": _vml("Note"),
        },
    ),
    "comments with answers": Feature(
        rows=_COLUMN,
        links=(
            ("N", "comments", "../comments1.xml"),
            ("TC", f"{_MS}/2017/10/relationships/threadedComment", "../threadedComments/threadedComment1.xml"),
        ),
        book_links=(("PE", f"{_MS}/2017/10/relationships/person", "persons/person.xml"),),
        parts={
            "xl/comments1.xml": Part(_NOTES, f"{_SHEET}.comments+xml"),
            "xl/threadedComments/threadedComment1.xml": Part(_THREAD, "application/vnd.ms-excel.threadedcomments+xml"),
            "xl/persons/person.xml": Part(_PERSONS, "application/vnd.ms-excel.person+xml"),
        },
    ),
    "button": Feature(
        after='<legacyDrawing r:id="V"/><controls><control shapeId="1025" r:id="CT" name="Go"/></controls>',
        links=(("CT", "ctrlProp", "../ctrlProps/ctrlProp1.xml"), ("V", "vmlDrawing", "../drawings/vmlDrawing9.vml")),
        parts={
            "xl/ctrlProps/ctrlProp1.xml": Part(
                f'{_START}<formControlPr xmlns="{_X14}" objectType="Button"/>',
                "application/vnd.ms-excel.controlproperties+xml",
            ),
            "xl/drawings/vmlDrawing9.vml": _vml("Button"),
        },
    ),
    "ActiveX": Feature(
        after='<controls><control shapeId="1026" r:id="AX" name="Box"/></controls>',
        links=(("AX", "control", "../activeX/activeX1.xml"),),
        parts={
            "xl/activeX/activeX1.xml": Part(
                f'{_START}<ax:ocx xmlns:ax="{_MS}/2006/activeX" ax:classid="{{0}}" '
                f'ax:persistence="persistStreamInit"/>',
                "application/vnd.ms-office.activeX+xml",
                (("B", f"{_MS}/2006/relationships/activeXControlBinary", "activeX1.bin"),),
            ),
            "xl/activeX/activeX1.bin": Part(b"\0\1\2", "application/vnd.ms-office.activeX"),
        },
    ),
    "embedded document": Feature(
        after='<oleObjects><oleObject progId="Word.Document.12" shapeId="1027" r:id="OLE"/></oleObjects>',
        links=(("OLE", "oleObject", "../embeddings/oleObject1.bin"),),
        parts={
            "xl/embeddings/oleObject1.bin": Part(
                b"\xd0\xcf\x11\xe0" * 8, "application/vnd.openxmlformats-officedocument.oleObject"
            )
        },
    ),
}

_QUERY = Part(
    f'{_START}<queryTable xmlns="{_MAIN}" name="Items" connectionId="1"><queryTableRefresh '
    f'nextId="3"><queryTableFields '
    'count="2"><queryTableField id="1" name="Item" tableColumnId="1"/><queryTableField id="2" name="Price" '
    'tableColumnId="2"/></queryTableFields></queryTableRefresh></queryTable>',
    f"{_SHEET}.queryTable+xml",
)
_CONNECTIONS = Part(
    f'{_START}<connections xmlns="{_MAIN}"><connection id="1" name="Query" type="5" refreshedVersion="8"><dbPr '
    'connection="Provider=Microsoft.Mashup.OleDb.1" command="SELECT * FROM [Items]"/></connection></connections>',
    f"{_SHEET}.connections+xml",
)
_TOTALS = _TABLE_ROWS + _rows(_text("C5", "Total") + '<c r="D5"><f>SUBTOTAL(109,D3:D4)</f><v>9</v></c>', first=5)

TABLES: dict[str, Feature] = {
    "table": _with_table(_table()),
    "table with totals": _with_table(
        _table(bottom=5, more=' totalsRowCount="1"', first=' totalsRowLabel="Total"'), rows=_TOTALS
    ),
    "table with a calculated column": _with_table(
        _table(last="<calculatedColumnFormula>Items[[#This Row],[Item]]</calculatedColumnFormula>")
    ),
    "table of a query": _with_table(
        _table(more=' tableType="queryTable"', links=(("Q", "queryTable", "../queryTables/queryTable1.xml"),)),
        parts={"xl/queryTables/queryTable1.xml": _QUERY, "xl/connections.xml": _CONNECTIONS},
        book_links=(("CN", "connections", "connections.xml"),),
    ),
    "table with a text beside": _with_table(
        _table(),
        after=_ext("{00000000-1111-2222-3333-444444444444}", "<x14:more/>"),
    ),
    "pivot": _pivot(),
    "pivot with a chart": _pivot(
        {"xl/charts/chart9.xml": Part(_chart(_series("barChart", '<c:barDir val="col"/>')), f"{_DRAWING}.chart+xml")},
        links=(("PCH", "chart", "../charts/chart9.xml"),),
    ),
    "slicer of a table": _slicer(
        "table",
        _ext("{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}", '<x15:tableSlicerCache tableId="7" column="1"/>'),
        _with_table(_table()),
        "{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}",
    ),
    "slicer of a pivot": _slicer(
        "pivot",
        '<pivotTables><pivotTable tabId="1" name="Pivot"/></pivotTables>',
        _pivot(),
        "{A8765BA9-456A-4dab-B4F3-ACF838C121DE}",
    ),
    "timeline": Feature(
        after=_ext(
            "{7E03D99C-DC04-49d9-9315-930204A7B6E9}",
            '<x15:timelineRefs><x15:timelineRef r:id="TL"/></x15:timelineRefs>',
        ),
        links=(("TL", f"{_MS}/2011/relationships/timeline", "../timelines/timeline1.xml"),),
        parts={
            "xl/timelines/timeline1.xml": Part(
                f'{_START}<timelines xmlns="{_MS}/spreadsheetml/2010/11/main"/>',
                "application/vnd.ms-excel.timeline+xml",
            )
        },
    ),
    "single cells of XML": Feature(
        links=(("SC", "tableSingleCells", "../tables/tableSingleCells1.xml"),),
        book_links=(("XM", "xmlMaps", "xmlMaps.xml"),),
        parts={
            "xl/tables/tableSingleCells1.xml": Part(
                f'{_START}<singleXmlCells xmlns="{_MAIN}"/>', f"{_SHEET}.tableSingleCells+xml"
            ),
            "xl/xmlMaps.xml": Part(f'{_START}<MapInfo xmlns="{_MAIN}" SelectionNamespaces=""/>'),
        },
    ),
}

_DOC_LINK = f"{_OFFICE}/externalLinkPath"

BOOKS: dict[str, Feature] = {
    "days from 1904": Feature(workbook='<workbookPr date1904="1"/>'),
    "who saved it": Feature(workbook='<fileVersion appName="xl" lastEdited="7" lowestEdited="7" rupBuild="22228"/>'),
    "read-only recommended": Feature(workbook='<fileSharing readOnlyRecommended="1" userName="Ann"/>'),
    "windows protected": Feature(workbook='<workbookPr/><workbookProtection lockWindows="1"/>'),
    "views": Feature(
        workbook='<bookViews><workbookView xWindow="1" yWindow="1" activeTab="0" firstSheet="0"/></bookViews>'
    ),
    "link to another workbook": Feature(
        between='<externalReferences><externalReference r:id="X"/></externalReferences>',
        names='<definedName name="Rate">[1]Rates!$A$1</definedName>',
        book_links=(("X", "externalLink", "externalLinks/externalLink1.xml"),),
        parts={
            "xl/externalLinks/externalLink1.xml": Part(
                f'{_START}<externalLink xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><externalBook '
                f'r:id="P"><sheetNames><sheetName '
                'val="Rates"/></sheetNames></externalBook></externalLink>',
                f"{_SHEET}.externalLink+xml",
                (("P", _DOC_LINK, "file:///Z:/Rates.xlsx"),),
            )
        },
    ),
    "link to another program": Feature(
        between='<externalReferences><externalReference r:id="X"/></externalReferences>',
        book_links=(("X", "externalLink", "externalLinks/externalLink1.xml"),),
        parts={
            "xl/externalLinks/externalLink1.xml": Part(
                f'{_START}<externalLink xmlns="{_MAIN}"><ddeLink ddeService="S" '
                f'ddeTopic="T"><ddeItems><ddeItem name="I"/>'
                "</ddeItems></ddeLink></externalLink>",
                f"{_SHEET}.externalLink+xml",
            )
        },
    ),
    "names of all kinds": Feature(
        names='<definedName name="Gone">Data!#REF!</definedName><definedName name="Local" localSheetId="0" hidden="1">'
        'Data!$B$2</definedName><definedName name="Sum" comment="mine">SUM(Data!$A:$A)</definedName><definedName '
        'name="Text">"a"</definedName>'
    ),
    "calculated by hand": Feature(end='<calcPr calcId="191029" calcMode="manual" iterate="1"/>'),
    "chain of calculation": Feature(
        rows=_rows('<c r="B2"><f>A1*2</f><v>2</v></c>'),
        book_links=(("CC", "calcChain", "calcChain.xml"),),
        parts={
            "xl/calcChain.xml": Part(
                f'{_START}<calcChain xmlns="{_MAIN}"><c r="B2" i="1"/></calcChain>', f"{_SHEET}.calcChain+xml"
            )
        },
    ),
    "data of the firm": Feature(
        book_links=(("CX", "customXml", "../customXml/item1.xml"),),
        parts={
            "customXml/item1.xml": Part('<mine xmlns="urn:mine"><!-- kept --> as it is </mine>'),
        },
    ),
    "properties of its own": Feature(
        package_links=(
            ("CU", "custom-properties", "docProps/custom.xml"),
            ("AP", "extended-properties", "docProps/app.xml"),
        ),
        parts={
            "docProps/custom.xml": Part(
                f"{_START}<Properties "
                f'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
                "application/vnd.openxmlformats-officedocument.custom-properties+xml",
            ),
            "docProps/app.xml": Part(
                f"{_START}<Properties "
                f'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
                "<Application>Other</Application></Properties>",
                "application/vnd.openxmlformats-officedocument.extended-properties+xml",
            ),
        },
    ),
    "thumbnail": Feature(
        package_links=(
            ("TN", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail", "docProps/t.png"),
        ),
        parts={"docProps/t.png": Part(_PIXEL, "image/png")},
    ),
    "label of secrecy": Feature(
        package_links=(("LB", f"{_MS}/2020/02/relationships/classificationlabels", "docMetadata/LabelInfo.xml"),),
        parts={
            "docMetadata/LabelInfo.xml": Part(
                f'{_START}<clbl:labelList xmlns:clbl="{_MS}/2020/mipLabelMetadata"/>',
                "application/vnd.ms-office.classificationlabels+xml",
            )
        },
    ),
    "data model": Feature(
        book_links=(
            ("DM", f"{_MS}/2011/relationships/model", "model/item.data"),
            ("CN", "connections", "connections.xml"),
        ),
        parts={
            "xl/model/item.data": Part(
                b"\x01\x00model" * 9, "application/vnd.openxmlformats-officedocument.model+data"
            ),
            "xl/connections.xml": _CONNECTIONS,
        },
    ),
    "theme": _book_part(
        "theme/theme1.xml",
        "theme",
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Mine"/>',
        "application/vnd.openxmlformats-officedocument.theme+xml",
    ),
    "cells that answer late": _book_part(
        "volatileDependencies.xml",
        "volatileDependencies",
        f'<volTypes xmlns="{_MAIN}"/>',
        f"{_SHEET}.volatileDependencies+xml",
    ),
    "rich data": _book_part(
        "richData/rdrichvalue.xml",
        f"{_MS}/2017/06/relationships/rdRichValue",
        f'<rvData xmlns="{_MS}/spreadsheetml/2017/richdata" count="0"/>',
        "application/vnd.ms-excel.rdrichvalue+xml",
    ),
    "check boxes in cells": _book_part(
        "featurePropertyBag/featurePropertyBag.xml",
        f"{_MS}/2022/11/relationships/FeaturePropertyBag",
        f'<FeaturePropertyBags xmlns="{_MS}/spreadsheetml/2022/featurepropertybag"/>',
        "application/vnd.ms-excel.featurepropertybag+xml",
    ),
    "shared by several": _book_part(
        "revisions/revisionHeaders.xml",
        "revisionHeaders",
        f'<headers xmlns="{_MAIN}" guid="{{00000000-0000-0000-0000-000000000001}}"/>',
        f"{_SHEET}.revisionHeaders+xml",
    ),
    "ribbon": Feature(
        package_links=(("UI", f"{_MS}/2006/relationships/ui/extensibility", "customUI/customUI.xml"),),
        parts={"customUI/customUI.xml": Part(f'<customUI xmlns="{_MS}/2006/01/customui"><ribbon/></customUI>')},
    ),
    "add-in panes": Feature(
        package_links=(("TP", f"{_MS}/2011/relationships/webextensiontaskpanes", "xl/webextensions/taskpanes.xml"),),
        parts={
            "xl/webextensions/taskpanes.xml": Part(
                f'{_START}<wetp:taskpanes xmlns:wetp="{_MS}/webextensions/taskpanes/2010/11"/>',
                "application/vnd.ms-office.webextensiontaskpanes+xml",
            )
        },
    ),
    "Python in cells": _book_part(
        "python.xml",
        f"{_MS}/2023/09/relationships/Python",
        f'<python xmlns="{_MS}/spreadsheetml/2023/python"/>',
        "application/vnd.ms-excel.python+xml",
    ),
    "hidden sheet": _second_sheet("worksheet", _OTHER_SHEET, f"{_SHEET}.worksheet+xml", ' state="hidden"'),
    "very hidden sheet": _second_sheet("worksheet", _OTHER_SHEET, f"{_SHEET}.worksheet+xml", ' state="veryHidden"'),
    "sheet of a chart": _second_sheet(
        "chartsheet", f'{_START}<chartsheet xmlns="{_MAIN}"><sheetViews/></chartsheet>', f"{_SHEET}.chartsheet+xml"
    ),
    "sheet of a dialog": _second_sheet(
        "dialogsheet", f'{_START}<dialogsheet xmlns="{_MAIN}"/>', f"{_SHEET}.dialogsheet+xml"
    ),
    "sheet of old macros": _second_sheet(
        f"{_MS}/2006/relationships/xlMacrosheet",
        f'{_START}<xm:macrosheet xmlns:xm="{_XM}"/>',
        "application/vnd.ms-excel.macrosheet+xml",
    ),
    "many formats": _styles(
        _PLAIN_STYLES.format(
            xfs=3, cells='<xf/><xf numFmtId="164" applyNumberFormat="1"/><xf><alignment wrapText="1"/></xf>'
        )
    ),
    "formats of its own": _styles(
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="0.0&quot; h&quot;"/></numFmts>'
        + _PLAIN_STYLES.format(xfs=1, cells="<xf/>")
        + '<dxfs count="1"><dxf><font><b/></font></dxf></dxfs><tableStyles count="0"/><colors><mruColors><color '
        'rgb="FF00FF00"/></mruColors></colors>'
    ),
    "formats with extensions": _styles(
        _PLAIN_STYLES.format(xfs=1, cells="<xf/>")
        + _ext("{EB79DEF2-80B8-43e5-95BD-54CBDDF9020C}", '<x14:slicerStyles defaultSlicerStyle="SlicerStyleLight1"/>')
    ),
    "an extension of the workbook": Feature(
        end=_ext("{B58B0392-4F1F-4190-BB64-5DF3571DCE5F}", '<x15:workbookPr chartTrackingRefBase="1"/>')
    ),
}

FEATURES: dict[str, Feature] = {**CELLS, **SHEETS, **DRAWN, **TABLES, **BOOKS}
