Option Explicit

' The one snapshot all worksheet functions look up in: asked of Python once per state of the data and day, or, where
' Python is out of reach, read from what the last refresh stored. KopilotNames has the layout of both, which is one.
' This workbook is named through Application: ThisWorkbook alone is not to be found once LibreOffice saved the file.

' Excel's numbers of #VALUE! and #N/A, which other programs may not name.
Private Const ERROR_VALUE As Long = 2015
Private Const ERROR_NA As Long = 2042

Private Const UDFS As String = "kopilot_xl.excel.udfs"
Private Const DEFAULT_DAY As String = "default"
Private Const PLACE As String = " place"

Public Const NO_ADD_IN As String = "Excel has no xlwings add-in, through which it reaches Python. " & _
    "In a terminal: kopilot-xl install. Then start Excel again and click Connection."
Private Const NOT_REACHED As String = "Python could not be reached. " & _
    "In a terminal: kopilot-xl install --check. Then click Connection."
Private Const OTHER_VERSION As String = "Python answered for another version of this workbook. " & _
    "Update kopilot-xl, or bring the workbook to its version with kopilot-xl upgrade."
Private Const FROM_LAST_REFRESH As String = "Until then the formulas answer from the last refresh."

' Objects that must outlive a call are public: LibreOffice empties a private one between two cells.
' For each day asked for, the row of each client's key; under PLACE, which of the tables the rows are of.
Public KopilotSnapshots As Collection
' Python, once it has answered.
Public KopilotServer As Object

Private tables() As Variant
Private kept As Long
Private loaded_on As Date
Private out_of_reach As Boolean
Private refused_once As Boolean
Private stored_read As Boolean
Private stored_day As String
Private busy As Boolean

' ---------------------------------------------------------------------------------------------------- what cells ask

Public Function KopilotAnswer(client As Variant, column As Long, as_of As Variant) As Variant
    ' A column of the snapshot for an id, or for a range or array of ids.
    Dim ids As Variant, refused As Variant
    Dim answers() As Variant
    Dim known As Collection
    Dim r As Long, c As Long
    ids = KopilotPlain(client)
    Set known = SnapshotOf(as_of, refused)
    If Not IsArray(ids) Then
        KopilotAnswer = OneAnswer(ids, column, known, refused)
        Exit Function
    End If
    ReDim answers(1 To UBound(ids, 1) - LBound(ids, 1) + 1, 1 To UBound(ids, 2) - LBound(ids, 2) + 1)
    For r = LBound(ids, 1) To UBound(ids, 1)
        For c = LBound(ids, 2) To UBound(ids, 2)
            answers(r - LBound(ids, 1) + 1, c - LBound(ids, 2) + 1) = OneAnswer(ids(r, c), column, known, refused)
        Next c
    Next r
    KopilotAnswer = answers
End Function

Public Function KopilotShape(as_of As Variant) As Variant
    Dim refused As Variant
    Dim known As Collection
    Set known = SnapshotOf(as_of, refused)
    If known Is Nothing Then
        KopilotShape = refused
    Else
        KopilotShape = CellOf(known.Item(PLACE), SHAPE_ROW, 2)
    End If
End Function

Public Function KopilotCounts(as_of As Variant) As Variant
    Dim refused As Variant
    Dim counts() As Variant
    Dim known As Collection
    Dim bar As Long
    Set known = SnapshotOf(as_of, refused)
    If known Is Nothing Then
        KopilotCounts = refused
        Exit Function
    End If
    ReDim counts(1 To BARS, 1 To 2)
    For bar = 1 To BARS
        counts(bar, 1) = CellOf(known.Item(PLACE), COUNTS_ROW + bar - 1, 1)
        counts(bar, 2) = CellOf(known.Item(PLACE), COUNTS_ROW + bar - 1, 2)
    Next bar
    KopilotCounts = counts
End Function

Public Function KopilotRule( _
    created_on As Variant, last_invoice As Variant, next_planned As Variant, as_of As Variant _
) As Variant
    ' What the pure rule says of dates, or of ranges of them. Only Python knows it; without a day, AsOf's counts.
    Dim answer As Variant, day As Variant, given As Variant
    Dim trouble As String
    day = KopilotPlain(as_of)
    If IsMissingOrEmpty(day) Then day = SettingValue(AS_OF_NAME)
    If Not MayAsk() Then
        KopilotRule = CVErr(ERROR_NA)
        Exit Function
    End If
    given = Array(KopilotPlain(created_on), KopilotPlain(last_invoice), KopilotPlain(next_planned), day)
    answer = KopilotAsk(UDFS, "ACTIVITY_SEGMENT", given, trouble)
    If trouble = "" Then
        KopilotRule = WithErrors(answer)
    Else
        NoteTrouble trouble
        KopilotRule = CVErr(ERROR_NA)
    End If
End Function

Public Function KopilotForecast(asked As Variant) As Variant
    ' What the last refresh expects of the month a day lies in, or of those of a range of days: what Forecast shows.
    Dim days As Variant, months As Variant
    Dim answers() As Variant
    Dim r As Long, c As Long
    days = KopilotPlain(asked)
    months = StoredMonths()
    If Not IsArray(days) Then
        KopilotForecast = OneMonth(days, months)
        Exit Function
    End If
    ReDim answers(1 To UBound(days, 1) - LBound(days, 1) + 1, 1 To UBound(days, 2) - LBound(days, 2) + 1)
    For r = LBound(days, 1) To UBound(days, 1)
        For c = LBound(days, 2) To UBound(days, 2)
            answers(r - LBound(days, 1) + 1, c - LBound(days, 2) + 1) = OneMonth(days(r, c), months)
        Next c
    Next r
    KopilotForecast = answers
End Function

Private Function StoredMonths() As Variant
    ' The first days of the months ahead and what is expected of each; Empty if the sheet is gone or another version's.
    Dim sheet As Object
    On Error GoTo Missing
    Set sheet = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
    If sheet.Range("B1").Value <> SNAPSHOT_FORMAT Then Exit Function
    StoredMonths = sheet.Range( _
        sheet.Cells(FIRST_MONTH_ROW, MONTH_COLUMN), sheet.Cells(FIRST_MONTH_ROW + MONTHS_AHEAD - 1, EXPECTED_COLUMN) _
    ).Value
Missing:
End Function

Private Function OneMonth(asked As Variant, months As Variant) As Variant
    Dim key As String
    Dim refused As Variant
    Dim first As Date
    Dim row As Long
    key = DayKey(asked, refused)
    If IsError(refused) Then
        OneMonth = refused
        Exit Function
    End If
    If key = DEFAULT_DAY Then
        OneMonth = ""
        Exit Function
    End If
    OneMonth = CVErr(ERROR_NA)
    If Not IsArray(months) Then Exit Function
    first = CDate(CLng(Mid(key, 5)))
    first = DateSerial(Year(first), Month(first), 1)
    For row = LBound(months, 1) To UBound(months, 1)
        If Not IsEmpty(months(row, 1)) Then
            If Int(CDbl(months(row, 1))) = CDbl(first) Then OneMonth = months(row, 2)
        End If
    Next row
End Function

Private Function OneAnswer(client As Variant, column As Long, known As Collection, refused As Variant) As Variant
    Dim key As String
    Dim row As Long
    If IsError(client) Then
        OneAnswer = client
        Exit Function
    End If
    key = ClientKey(client)
    If key = "" Then
        OneAnswer = ""
        Exit Function
    End If
    If known Is Nothing Then
        OneAnswer = refused
        Exit Function
    End If
    row = RowOf(known, CollectionKey(key))
    If row = 0 Then
        OneAnswer = CVErr(ERROR_NA)
    Else
        OneAnswer = CellOf(known.Item(PLACE), row, column)
        If IsEmpty(OneAnswer) Or IsNull(OneAnswer) Then OneAnswer = ""
    End If
End Function

Private Function RowOf(known As Collection, key As String) As Long
    ' The row of a client in the snapshot; 0 for an unknown one.
    On Error GoTo Missing
    RowOf = known.Item(key)
Missing:
End Function

Private Function CellOf(table As Long, row As Long, column As Long) As Variant
    ' A cell by its place on the sheet. Python's tables begin at 0, a sheet's at 1.
    Dim start As Long
    start = LBound(tables(table), 1)
    CellOf = tables(table)(row - 1 + start, column - 1 + start)
End Function

Private Function WithErrors(answer As Variant) As Variant
    ' Python names an error; Excel wants it made.
    Dim r As Long, c As Long
    Dim made As Variant
    made = answer
    If Not IsArray(made) Then
        WithErrors = MadeError(made)
        Exit Function
    End If
    If Dimensions(made) = 1 Then
        For c = LBound(made) To UBound(made)
            made(c) = MadeError(made(c))
        Next c
    Else
        For r = LBound(made, 1) To UBound(made, 1)
            For c = LBound(made, 2) To UBound(made, 2)
                made(r, c) = MadeError(made(r, c))
            Next c
        Next r
    End If
    WithErrors = made
End Function

Private Function MadeError(value As Variant) As Variant
    MadeError = value
    If IsError(value) Then Exit Function
    If IsEmpty(value) Or IsNull(value) Then
        MadeError = ""
    ElseIf VarType(value) = vbString Then
        If value = "#VALUE!" Then MadeError = CVErr(ERROR_VALUE)
        If value = "#N/A" Then MadeError = CVErr(ERROR_NA)
    End If
End Function

Private Function Dimensions(values As Variant) As Long
    Dimensions = 1
    On Error GoTo OnlyOne
    If UBound(values, 2) >= LBound(values, 2) Then Dimensions = 2
OnlyOne:
End Function

Public Function KopilotPlain(given As Variant) As Variant
    ' What an argument holds: a range's values, or the argument itself. A variable of its own for the range, since
    ' LibreOffice fails on given.Value where given is no object, even in the branch that is not taken.
    Dim cells As Object
    If IsObject(given) Then
        Set cells = given
        KopilotPlain = cells.Value
    Else
        KopilotPlain = given
    End If
End Function

Private Function IsMissingOrEmpty(value As Variant) As Boolean
    If IsError(value) Or IsArray(value) Then Exit Function
    IsMissingOrEmpty = (CStr(value) = "")
End Function

' ------------------------------------------------------------------------------------------------------ the snapshots

Private Function SnapshotOf(as_of As Variant, refused As Variant) As Collection
    ' The snapshot of a day; Nothing, and the error to show, where there is none.
    Dim asked As Variant
    Dim day As String
    asked = KopilotPlain(as_of)
    day = DayKey(asked, refused)
    If IsError(refused) Then Exit Function
    If KopilotSnapshots Is Nothing Then
        KopilotForget
    ElseIf loaded_on <> Date Then
        KopilotForget
    End If
    Set SnapshotOf = Held(day)
    If Not (SnapshotOf Is Nothing) Then Exit Function
    ' The day of AsOf first: another one asked for by name may be the same.
    If Held(DEFAULT_DAY) Is Nothing Then Compute DEFAULT_DAY, Empty
    If Held(day) Is Nothing Then Compute day, asked
    If Held(day) Is Nothing Then UseStored Held(DEFAULT_DAY) Is Nothing
    Set SnapshotOf = Held(day)
    If SnapshotOf Is Nothing Then refused = CVErr(ERROR_NA)
End Function

Private Function DayKey(asked As Variant, refused As Variant) As String
    ' What a day's snapshot is kept under.
    DayKey = DEFAULT_DAY
    If IsError(asked) Then
        refused = asked
    ElseIf IsArray(asked) Then
        refused = CVErr(ERROR_VALUE)
    ElseIf IsEmpty(asked) Then
        Exit Function
    ElseIf VarType(asked) = vbDate Then
        DayKey = "day " & CLng(Int(CDbl(asked)))
    ElseIf VarType(asked) = vbString Then
        DayKey = TextKey(Trim(asked), refused)
    ElseIf Not IsNumeric(asked) Or VarType(asked) = vbBoolean Then
        refused = CVErr(ERROR_VALUE)
    ElseIf asked < 1 Or asked > 2958465 Then
        refused = CVErr(ERROR_VALUE)
    Else
        DayKey = "day " & CLng(Int(CDbl(asked)))
    End If
End Function

Private Function TextKey(text As String, refused As Variant) As String
    ' A day written as 2026-07-01: every other way of writing one is two different days to two readers.
    TextKey = DEFAULT_DAY
    If text = "" Then Exit Function
    refused = CVErr(ERROR_VALUE)
    If Not (text Like "####-##-##") Then Exit Function
    If Format(DateOf(text), "yyyy-mm-dd") <> text Then Exit Function
    refused = Empty
    TextKey = "day " & CLng(CDbl(DateOf(text)))
End Function

Private Function DateOf(text As String) As Date
    DateOf = DateSerial(CInt(Left(text, 4)), CInt(Mid(text, 6, 2)), CInt(Mid(text, 9, 2)))
End Function

Private Function Held(day As String) As Collection
    On Error GoTo Missing
    Set Held = KopilotSnapshots.Item(day)
Missing:
End Function

Private Sub Compute(day As String, asked As Variant)
    ' Asks Python. Nothing is kept where it fails; the formulas then answer from the last refresh.
    Dim answer As Variant, given As Variant
    Dim trouble As String
    If Not MayAsk() Then Exit Sub
    given = Array( _
        TableValues(CLIENTS_TABLE), TableValues(TRANSACTIONS_TABLE), TableValues(ACTIONS_TABLE), SettingValues(), _
        DayAsked(asked) _
    )
    answer = KopilotAsk(UDFS, "snapshot", given, trouble)
    If trouble = "" Then
        trouble = Reason(answer)
        If trouble = "" Then
            If Not Keep(answer, day = DEFAULT_DAY) Then trouble = OTHER_VERSION
        End If
    End If
    If trouble <> "" Then NoteTrouble trouble
End Sub

Private Function Reason(answer As Variant) As String
    ' Why Python has no snapshot of these data; blank where it has one.
    Dim start As Long
    If Not IsArray(answer) Then
        Reason = CStr(answer)
        Exit Function
    End If
    start = LBound(answer, 1)
    If CStr(answer(start, start)) = REFUSED_MARK Then Reason = CStr(answer(start, start + 1))
End Function

Private Function DayAsked(asked As Variant) As Variant
    ' A number is a day as Excel counts them.
    If IsEmpty(asked) Then Exit Function
    If VarType(asked) = vbString Then
        DayAsked = DateOf(Trim(asked))
    Else
        DayAsked = CDate(Int(CDbl(asked)))
    End If
End Function

Private Function MayAsk() As Boolean
    ' Python is asked by formulas on Windows alone: elsewhere xlwings cannot.
    If out_of_reach Or refused_once Or busy Then Exit Function
    out_of_reach = Not HostOnWindows()
    MayAsk = Not out_of_reach
End Function

Private Sub UseStored(todays As Boolean)
    ' What the last refresh stored stands in; for the day of AsOf too, where Python gave none.
    Dim sheet As Object
    Dim clients As Long
    On Error GoTo Missing
    If Not stored_read Then
        stored_read = True
        Set sheet = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
        If IsEmpty(sheet.Range("B1").Value) Then Exit Sub
        If sheet.Range("B1").Value <> SNAPSHOT_FORMAT Then Exit Sub
        clients = CLng(sheet.Range("B" & CLIENTS_ROW).Value)
        stored_day = "day " & CLng(Int(CDbl(sheet.Range("B" & AS_OF_ROW).Value)))
        Keep sheet.Range("A1").Resize(FIRST_CLIENT_ROW + clients, SNAPSHOT_COLUMNS).Value, False
    End If
    If todays And stored_day <> "" Then KopilotSnapshots.Add KopilotSnapshots.Item(stored_day), DEFAULT_DAY
Missing:
End Sub

Private Function Keep(table As Variant, todays As Boolean) As Boolean
    ' Keeps a snapshot, whoever computed it, under its own day; what cannot be read whole is not kept.
    Dim found As Collection
    Dim start As Long, row As Long, last As Long
    Dim day As String
    On Error GoTo Unreadable
    start = LBound(table, 1)
    If table(start, start + 1) <> SNAPSHOT_FORMAT Then Exit Function
    last = FIRST_CLIENT_ROW + CLng(table(CLIENTS_ROW - 1 + start, start + 1)) - 1
    day = "day " & CLng(Int(CDbl(table(AS_OF_ROW - 1 + start, start + 1))))
    Set found = New Collection
    found.Add kept + 1, PLACE
    For row = FIRST_CLIENT_ROW To last
        found.Add row, CollectionKey(ClientKey(table(row - 1 + start, start)))
    Next row
    ReDim Preserve tables(0 To kept + 1)
    tables(kept + 1) = table
    kept = kept + 1
    If Held(day) Is Nothing Then KopilotSnapshots.Add found, day
    If todays Then KopilotSnapshots.Add found, DEFAULT_DAY
    Keep = True
Unreadable:
End Function

Public Sub KopilotForget()
    ' The next formula asks anew.
    kept = 0
    ReDim tables(0 To 0)
    refused_once = False
    stored_read = False
    stored_day = ""
    loaded_on = Date
    Set KopilotSnapshots = New Collection
End Sub

' ---------------------------------------------------------------------------------------------- what the workbook tells

Public Sub KopilotChanged(sheet As Object, target As Object)
    ' Excel computed the formulas that name the changed cells already, with the old snapshot; the others it leaves as
    ' they are. So the snapshot is dropped and the workbook recalculated, once for whatever was pasted.
    If busy Or out_of_reach Then Exit Sub
    If Not IsInput(sheet, target) Then Exit Sub
    KopilotForget
    HostRecalculate
End Sub

Public Sub KopilotOpened()
    ' A refresh from outside Excel leaves formulas on the user's own sheets as they were, and so does a night.
    Dim sheet As Object
    On Error GoTo Unknown
    Set sheet = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
    If IsEmpty(sheet.Range("B1").Value) Then Exit Sub
    If sheet.Range(FORMULAS_CELL).Value <> DUE Then
        If Not IsMissingOrEmpty(SettingValue(AS_OF_NAME)) Then Exit Sub
        If Int(CDbl(sheet.Range("B" & AS_OF_ROW).Value)) = CDbl(Date) Then Exit Sub
    End If
    KopilotRecalculated
    KopilotForget
    HostRecalculate
Unknown:
End Sub

Public Function KopilotStoredAt() As Variant
    ' When the stored refresh ran; Empty if there is none.
    On Error GoTo Missing
    KopilotStoredAt = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET).Range("B" & REFRESHED_ROW).Value
Missing:
End Function

Public Sub KopilotWorked(before As Variant, todays As Boolean)
    ' Python worked on the open workbook. If it stored a refresh, that is the newest, and needs no second call: for
    ' formulas without a day too, unless another day was asked for.
    KopilotForget
    If KopilotStoredAt() <> before Then
        UseStored todays
        KopilotRecalculated
    End If
    HostRecalculate
End Sub

Private Sub KopilotRecalculated()
    ' Tells the next opening that the formulas show the stored refresh.
    Dim events As Boolean
    events = Application.EnableEvents
    On Error GoTo Restore
    Application.EnableEvents = False
    Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET).Range(FORMULAS_CELL).Value = DONE
Restore:
    Application.EnableEvents = events
End Sub

Private Function IsInput(sheet As Object, target As Object) As Boolean
    ' Whether a change can change a segment. What cannot be told counts as one.
    Dim table As Object
    On Error GoTo Unsure
    For Each table In sheet.ListObjects
        If InStr(INPUT_HEADINGS, "|" & table.Name & "|") > 0 Then
            If TouchesInput(sheet, table, target) Then
                IsInput = True
                Exit Function
            End If
        End If
    Next table
    IsInput = TouchesSetting(sheet, target)
    Exit Function
Unsure:
    IsInput = True
End Function

Private Function TouchesInput(sheet As Object, table As Object, target As Object) As Boolean
    ' An input column counts beyond the table's end too: a row typed there may not have joined it yet.
    Dim heading As Object
    Dim headings As String
    Dim start As Long
    If Not (Application.Intersect(target, table.HeaderRowRange) Is Nothing) Then
        TouchesInput = True
        Exit Function
    End If
    start = InStr(INPUT_HEADINGS, "|" & table.Name & "|")
    headings = Mid(INPUT_HEADINGS, start, InStr(start, INPUT_HEADINGS, "||") - start + 1)
    For Each heading In table.HeaderRowRange.Cells
        If InStr(1, headings, "|" & PlainHeading(heading.Value) & "|", vbTextCompare) > 0 Then
            If Not (Application.Intersect(target, heading.EntireColumn) Is Nothing) Then
                TouchesInput = True
                Exit Function
            End If
        End If
    Next heading
End Function

Private Function TouchesSetting(sheet As Object, target As Object) As Boolean
    Dim name As Variant
    Dim cell As Object
    For Each name In Split(SETTING_NAMES, ",")
        Set cell = SettingCell(CStr(name))
        If Not (cell Is Nothing) Then
            If cell.Worksheet.Name = sheet.Name Then
                If Not (Application.Intersect(target, cell) Is Nothing) Then
                    TouchesSetting = True
                    Exit Function
                End If
            End If
        End If
    Next name
End Function

Public Function PlainHeading(heading As Variant) As String
    ' Line breaks and extra blanks do not count in a heading.
    Dim text As String
    If IsError(heading) Then Exit Function
    text = Replace(Replace(Replace(CStr(heading), vbCr, " "), vbLf, " "), ChrW(160), " ")
    Do While InStr(text, "  ") > 0
        text = Replace(text, "  ", " ")
    Loop
    PlainHeading = Trim(text)
End Function

' ------------------------------------------------------------------------------------------------- what Python is given

Public Function KopilotTable(name As String) As Object
    ' A table of this workbook, on whatever sheet; Nothing if it is gone.
    Dim sheet As Object, table As Object
    For Each sheet In Application.ThisWorkbook.Worksheets
        For Each table In sheet.ListObjects
            If StrComp(table.Name, name, vbTextCompare) = 0 Then
                Set KopilotTable = table
                Exit Function
            End If
        Next table
    Next sheet
End Function

Private Function TableValues(name As String) As Variant
    ' A table with its headings; Empty if it is gone, which Python explains.
    Dim table As Object
    Set table = KopilotTable(name)
    If Not (table Is Nothing) Then
        If table.ShowTotals Then
            TableValues = table.Range.Resize(table.Range.Rows.Count - 1).Value
        Else
            TableValues = table.Range.Value
        End If
    End If
End Function

Private Function SettingValues() As Variant
    ' The settings by their names; one whose name is gone is left out, which Python explains.
    Dim names() As String
    Dim values() As Variant
    Dim found As Long, i As Long
    Dim cell As Object
    names = Split(SETTING_NAMES, ",")
    For i = LBound(names) To UBound(names)
        If Not (SettingCell(names(i)) Is Nothing) Then found = found + 1
    Next i
    If found = 0 Then Exit Function
    ReDim values(1 To found, 1 To 2)
    found = 0
    For i = LBound(names) To UBound(names)
        Set cell = SettingCell(names(i))
        If Not (cell Is Nothing) Then
            found = found + 1
            values(found, 1) = names(i)
            values(found, 2) = cell.Value
        End If
    Next i
    SettingValues = values
End Function

Private Function SettingValue(name As String) As Variant
    Dim cell As Object
    Set cell = SettingCell(name)
    If Not (cell Is Nothing) Then SettingValue = cell.Value
End Function

Private Function SettingCell(name As String) As Object
    On Error GoTo Missing
    Set SettingCell = Application.ThisWorkbook.Names.Item(name).RefersToRange
Missing:
End Function

' ---------------------------------------------------------------------------------------------- what Python has written

Public Function KopilotWrite(plan As Variant) As Long
    ' From Python, during a refresh: all it writes, in one call. Each patch of cells is a row that tells its sheet, row,
    ' column, height, width and whether it holds formulas, then its rows. Returns how many patches were written; Python
    ' tells what hindered the next one.
    Dim heading As Long, start As Long
    On Error GoTo Hindered
    start = LBound(plan, 2)
    heading = LBound(plan, 1)
    Do While heading <= UBound(plan, 1)
        WriteRows plan, heading, 0, CLng(plan(heading, start + 3)), CLng(plan(heading, start + 4))
        KopilotWrite = KopilotWrite + 1
        heading = heading + 1 + CLng(plan(heading, start + 3))
    Loop
Hindered:
End Function

Private Sub WriteRows(plan As Variant, heading As Long, top As Long, height As Long, width As Long)
    ' Some rows of a patch, counted from 0. Where a filter is on, Excel writes to what is seen of a range alone, each
    ' piece of it from the first value on; what is hidden as a whole it does write to. So each piece goes by itself.
    Dim rows As Object
    Dim half As Long, first As Long, c As Long
    Set rows = PlaceOf(plan, heading, top, 0).Resize(height, width)
    If height > 1 And IsNull(rows.RowHeight) Then
        half = height \ 2
        WriteRows plan, heading, top, half, width
        WriteRows plan, heading, top + half, height - half, width
        Exit Sub
    End If
    For c = 1 To width
        If c = width Then
            WriteCells plan, heading, top, first, height, c - first
        ElseIf IsHidden(rows, c) <> IsHidden(rows, c + 1) Then
            WriteCells plan, heading, top, first, height, c - first
            first = c
        End If
    Next c
End Sub

Private Function IsHidden(rows As Object, column As Long) As Boolean
    IsHidden = rows.Columns(column).EntireColumn.Hidden
End Function

Private Sub WriteCells(plan As Variant, heading As Long, top As Long, first As Long, height As Long, width As Long)
    Dim target As Object
    Set target = PlaceOf(plan, heading, top, first).Resize(height, width)
    If plan(heading, LBound(plan, 2) + 5) Then
        target.Formula = CellsOf(plan, heading + 1 + top, LBound(plan, 2) + first, height, width)
    Else
        target.Value = CellsOf(plan, heading + 1 + top, LBound(plan, 2) + first, height, width)
    End If
End Sub

Private Function PlaceOf(plan As Variant, heading As Long, top As Long, first As Long) As Object
    Dim start As Long
    start = LBound(plan, 2)
    Set PlaceOf = Application.ThisWorkbook.Worksheets(CStr(plan(heading, start))) _
        .Cells(CLng(plan(heading, start + 1)) + top, CLng(plan(heading, start + 2)) + first)
End Function

Private Function CellsOf(plan As Variant, row As Long, column As Long, height As Long, width As Long) As Variant
    Dim cells() As Variant
    Dim r As Long, c As Long
    ReDim cells(1 To height, 1 To width)
    For r = 1 To height
        For c = 1 To width
            cells(r, c) = plan(row + r - 1, column + c - 1)
        Next c
    Next r
    CellsOf = cells
End Function

' ---------------------------------------------------------------------------------------------------- asking Python

Public Function KopilotAsk( _
    library As String, name As String, arguments As Variant, trouble As String _
) As Variant
    ' What a Python function answers; the trouble says why it did not. A server that is gone is started anew, once.
    Dim reached As Boolean, again As Boolean
    Dim failure As Long
    Dim reason As String
    trouble = ""
    On Error GoTo Failed
    busy = True
Start:
    reached = False
    If KopilotServer Is Nothing Then Set KopilotServer = HostServer()
    reached = True
    KopilotAsk = KopilotServer.CallUDF(library, name, arguments, Application.ThisWorkbook, Nothing)
    busy = False
    Exit Function
Failed:
    failure = Err.Number
    reason = LastLine(Err.Description)
    If reached And Not again And IsGone(failure) Then
        Set KopilotServer = Nothing
        again = True
        Resume Start
    End If
    busy = False
    trouble = reason
    If reached And Not IsGone(failure) Then Exit Function
    Set KopilotServer = Nothing
    out_of_reach = True
    If reached Or Not HostHasNoAddIn(failure) Then
        trouble = NOT_REACHED & vbLf & vbLf & reason
    Else
        trouble = NO_ADD_IN
    End If
End Function

Public Sub KopilotReconnect()
    ' The next question goes to Python again, whatever failed before.
    out_of_reach = False
    refused_once = False
    Set KopilotServer = Nothing
End Sub

Private Sub NoteTrouble(trouble As String)
    ' From now on the formulas answer from the last refresh: until the data change or, where Python was not reached,
    ' until Connection or Refresh. It is told once; that there is no add-in is no trouble, and is not told.
    refused_once = True
    If trouble = NO_ADD_IN Then Exit Sub
    KopilotTell trouble & vbLf & vbLf & FROM_LAST_REFRESH, vbExclamation
End Sub

Public Sub KopilotTell(text As String, Optional look As Long = 64)
    MsgBox text, look, TITLE
End Sub

Private Function IsGone(failure As Long) As Boolean
    ' Whether it is the connection that failed, not what was asked: the server ended, or its process is no more.
    Select Case failure
        Case 462, -2147023174, -2147023170, -2147023179, -2147417848, -2147417842, -2147418107
            IsGone = True
    End Select
End Function

Private Function LastLine(text As String) As String
    ' What a person needs of a long report from Python.
    Dim lines() As String
    Dim i As Long, colon As Long
    lines = Split(Replace(text, vbCr, ""), vbLf)
    For i = UBound(lines) To LBound(lines) Step -1
        If Trim(lines(i)) <> "" Then
            LastLine = Trim(lines(i))
            Exit For
        End If
    Next i
    ' The name of a Python class before the text tells a user nothing.
    colon = InStr(LastLine, "Error: ")
    If colon > 0 And InStr(LastLine, " ") = colon + 6 Then LastLine = Mid(LastLine, colon + 7)
End Function
