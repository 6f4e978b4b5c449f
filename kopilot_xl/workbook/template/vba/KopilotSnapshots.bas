Option Explicit

' The one snapshot all worksheet functions look up in: asked of Python once per state of the data and day, or, where
' Python is out of reach, read from what the last refresh stored. Both have one layout, which KopilotNames tells.

' Excel's numbers of #VALUE! and #N/A, which other programs may not name.
Public Const ERROR_VALUE As Long = 2015
Public Const ERROR_NA As Long = 2042

Private Const UDFS As String = "kopilot_xl.excel.udfs"
Private Const DEFAULT_DAY As String = "default"
Private Const TABLE_NUMBER As String = " table"
Private Const OTHER_VERSION As String = "Python answered for another version of this workbook. " & _
    "Update kopilot-xl, or bring the workbook to its version with kopilot-xl upgrade."

' Objects that must outlive a question are public: LibreOffice empties a private one between two cells.
' For each day asked for, the row of each client's key; under TABLE_NUMBER, which of the tables the rows are of.
Public KopilotSnapshots As Collection
' For the self-test: whether nothing was forgotten since it set this.
Public KopilotMarked As Boolean

Private tables() As Variant
Private kept As Long
Private loaded_on As Date
Private stored_read As Boolean
Private stored_day As String
Private from_python As Boolean

Public Function KopilotSnapshotOf(as_of As Variant, refused As Variant) As Collection
    ' The snapshot of a day; Nothing, and the error to show, where there is none.
    Dim asked As Long
    Dim day As String
    asked = KopilotAskedDay(KopilotPlain(as_of), refused)
    If IsError(refused) Then Exit Function
    day = DayKey(asked)
    If KopilotSnapshots Is Nothing Then
        KopilotForget
    ElseIf loaded_on <> Date Then
        KopilotForget
    End If
    Set KopilotSnapshotOf = Held(day)
    If Not (KopilotSnapshotOf Is Nothing) Then Exit Function
    ' The day of AsOf first: another one asked for by name may be the same.
    If Held(DEFAULT_DAY) Is Nothing Then Compute 0
    If Held(day) Is Nothing Then Compute asked
    If Held(day) Is Nothing Then KopilotUseStored Held(DEFAULT_DAY) Is Nothing
    Set KopilotSnapshotOf = Held(day)
    If KopilotSnapshotOf Is Nothing Then refused = CVErr(ERROR_NA)
End Function

Public Function KopilotAskedDay(asked As Variant, refused As Variant) As Long
    ' The day a formula asks for; 0 for that of AsOf. A text is a day written as 2026-07-01: every other way of writing
    ' one is two different days to two readers.
    If IsError(asked) Then
        refused = asked
    ElseIf IsArray(asked) Then
        refused = CVErr(ERROR_VALUE)
    ElseIf IsEmpty(asked) Then
        Exit Function
    ElseIf VarType(asked) = vbDate Then
        KopilotAskedDay = KopilotDay(asked)
    ElseIf VarType(asked) = vbString Then
        If Trim(asked) = "" Then Exit Function
        KopilotAskedDay = KopilotDayOf(Trim(asked))
        If KopilotAskedDay = 0 Then refused = CVErr(ERROR_VALUE)
    ElseIf Not IsNumeric(asked) Or VarType(asked) = vbBoolean Then
        refused = CVErr(ERROR_VALUE)
    ElseIf asked < 1 Or asked >= LAST_DAY + 1 Then
        refused = CVErr(ERROR_VALUE)
    Else
        KopilotAskedDay = KopilotDay(asked)
    End If
End Function

Public Function KopilotIsFromPython() As Boolean
    ' Whether it is Python that told of the data as they are, not the last refresh.
    KopilotIsFromPython = from_python
End Function

Public Function KopilotIsKept() As Boolean
    ' Whether there is a snapshot of any day.
    If Not (KopilotSnapshots Is Nothing) Then KopilotIsKept = (KopilotSnapshots.Count > 0)
End Function

Private Function DayKey(day As Long) As String
    ' What a day's snapshot is kept under.
    DayKey = IIf(day = 0, DEFAULT_DAY, "day " & day)
End Function

Private Function Held(day As String) As Collection
    On Error GoTo Missing
    Set Held = KopilotSnapshots.Item(day)
Missing:
End Function

Public Function KopilotRowOf(known As Collection, key As String) As Long
    ' The row of a client in a snapshot; 0 for an unknown one.
    On Error GoTo Missing
    KopilotRowOf = known.Item(CollectionKey(key))
Missing:
End Function

Public Function KopilotCell(known As Collection, row As Long, column As Long) As Variant
    ' A cell of a snapshot by its row and column in _Segments. Python's tables begin at 0, a sheet's at 1.
    Dim table As Long, start As Long
    table = known.Item(TABLE_NUMBER)
    start = LBound(tables(table), 1)
    KopilotCell = tables(table)(row - 1 + start, column - 1 + start)
End Function

Private Sub Compute(day As Long)
    ' Asks Python. Nothing is kept where it fails; the formulas then answer from the last refresh.
    Dim answer As Variant, given As Variant, asked As Variant
    Dim trouble As String
    If Not KopilotMayAsk() Then Exit Sub
    If day > 0 Then asked = CDate(day)
    KopilotNoteFormulas
    given = Array( _
        KopilotTableValues(CLIENTS_TABLE), KopilotTableValues(TRANSACTIONS_TABLE), KopilotTableValues(ACTIONS_TABLE), _
        KopilotSettingValues(), asked, SNAPSHOT_FORMAT _
    )
    answer = KopilotAsk(UDFS, "snapshot", given, trouble)
    If trouble = "" Then
        trouble = Reason(answer)
        If trouble = "" Then
            If Keep(answer, day = 0) Then
                from_python = from_python Or day = 0
            Else
                trouble = OTHER_VERSION
            End If
        End If
    End If
    If trouble <> "" Then KopilotNoteTrouble trouble
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

Public Sub KopilotUseStored(todays As Boolean)
    ' What the last refresh stored stands in; for the day of AsOf too, where Python gave none.
    Dim sheet As Object
    Dim clients As Long
    On Error GoTo Missing
    If Not stored_read Then
        stored_read = True
        KopilotNoteFormulas
        Set sheet = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
        If IsEmpty(sheet.Range("B" & AS_OF_ROW).Value) Then Exit Sub
        If Not KopilotIsRead(sheet.Range("B1").Value) Then Exit Sub
        clients = CLng(sheet.Range("B" & CLIENTS_ROW).Value)
        stored_day = DayKey(KopilotDay(sheet.Range("B" & AS_OF_ROW).Value))
        Keep sheet.Range("A1").Resize(FIRST_CLIENT_ROW + clients, SNAPSHOT_COLUMNS).Value, False
    End If
    If todays And stored_day <> "" Then KopilotSnapshots.Add KopilotSnapshots.Item(stored_day), DEFAULT_DAY
Missing:
End Sub

Public Function KopilotIsRead(layout As Variant) As Boolean
    ' Whether a snapshot's format is read here. The one before named clients by their keys, which are ids as well.
    If IsNumeric(layout) Then KopilotIsRead = (layout = SNAPSHOT_FORMAT Or layout = SNAPSHOT_FORMAT - 1)
End Function

Private Function Keep(table As Variant, todays As Boolean) As Boolean
    ' Keeps a snapshot, whoever computed it, under its own day; what cannot be read whole is not kept.
    Dim found As Collection
    Dim start As Long, row As Long, last As Long
    Dim day As String
    On Error GoTo Unreadable
    start = LBound(table, 1)
    If Not KopilotIsRead(table(start, start + 1)) Then Exit Function
    last = FIRST_CLIENT_ROW + CLng(table(CLIENTS_ROW - 1 + start, start + 1)) - 1
    day = DayKey(KopilotDay(table(AS_OF_ROW - 1 + start, start + 1)))
    Set found = New Collection
    found.Add kept + 1, TABLE_NUMBER
    For row = FIRST_CLIENT_ROW To last
        AddRow found, row, CollectionKey(ClientKey(table(row - 1 + start, start)))
    Next row
    ReDim Preserve tables(0 To kept + 1)
    tables(kept + 1) = table
    kept = kept + 1
    If Held(day) Is Nothing Then KopilotSnapshots.Add found, day
    If todays Then KopilotSnapshots.Add found, DEFAULT_DAY
    Keep = True
Unreadable:
End Function

Private Sub AddRow(found As Collection, row As Long, key As String)
    ' Two clients of one key, which a Python that knows more letters may tell apart: none of them is answered for.
    On Error GoTo Known
    found.Add row, key
    Exit Sub
Known:
    found.Remove key
    found.Add 0, key
End Sub

Public Sub KopilotForget()
    ' The next formula asks anew.
    KopilotMarked = False
    kept = 0
    ReDim tables(0 To 0)
    stored_read = False
    stored_day = ""
    from_python = False
    loaded_on = Date
    KopilotAskAgain
    Set KopilotFormulaRanges = Nothing
    Set KopilotSnapshots = New Collection
End Sub
