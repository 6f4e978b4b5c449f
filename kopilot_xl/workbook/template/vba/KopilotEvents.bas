Option Explicit

' What happens in the workbook, and what becomes of the snapshot then. No error may leave an event: Excel would show it
' to whoever typed into a cell.

Private Const DATA_CHANGED As String = "Data changed since the last refresh"

' From so many rows of Transactions on, edits wait for one another.
Private Const MANY As Long = 5000

Private recalculating As Boolean
Private recalculation_due As Boolean
Private edited As Boolean

Public Sub KopilotChanged(sheet As Object, target As Object)
    ' Excel computed the formulas that name the changed cells already, with the old snapshot; the others it leaves as
    ' they are. So the snapshot is dropped and the workbook recalculated, once for whatever was pasted.
    On Error GoTo Unknown
    If KopilotIsBusy() Or recalculating Then Exit Sub
    If IsInput(sheet, target) Then TakeChange
Unknown:
End Sub

Public Sub KopilotCalculated(sheet As Object)
    ' Inputs that are formulas change without being edited: the day of AsOf by =M3, a date that is looked up. Where no
    ' input is a formula, this costs nothing.
    On Error GoTo Unknown
    If KopilotIsBusy() Or recalculating Then Exit Sub
    If KopilotFormulasChanged(sheet.Name) Then TakeChange
Unknown:
End Sub

Public Sub KopilotSelected()
    ' What waited for the end of copying.
    If recalculation_due Then Recalculate
End Sub

Public Sub KopilotActivated()
    On Error GoTo Unknown
    If KopilotWaitsForFront() Then
        KopilotForget
        Recalculate
    End If
Unknown:
End Sub

Public Sub KopilotOpened()
    ' A refresh from outside Excel leaves formulas on the user's own sheets as they were, and so does a night; what was
    ' computed while macros were blocked shows #NAME?.
    Dim sheet As Object
    On Error GoTo Unknown
    Set sheet = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
    If IsEmpty(sheet.Range("B" & AS_OF_ROW).Value) Then Exit Sub
    If HostOnPC() Then
        If HostIsSeen() And HostHasAddIn() Then HostWarmUpSoon
    End If
    If IsStale(sheet) Then
        FormulasAreDone
        KopilotForget
        Recalculate
    End If
Unknown:
End Sub

Private Function IsStale(sheet As Object) As Boolean
    IsStale = True
    If sheet.Range(FORMULAS_CELL).Value = DUE Then Exit Function
    If HostShowsNameError() Then Exit Function
    IsStale = False
    If Not KopilotIsBlank(KopilotSetting(AS_OF_NAME)) Then Exit Function
    IsStale = KopilotDay(sheet.Range("B" & AS_OF_ROW).Value) <> KopilotDay(Date)
End Function

Public Sub KopilotClosing()
    On Error GoTo Unknown
    If Not HostOnPC() Then Exit Sub
    HostNothingToCome
    KopilotEndServer
Unknown:
End Sub

Private Sub TakeChange()
    edited = True
    If KopilotIsOutOfReach() Then
        ' The formulas go on answering from the last refresh; Portfolio says that the data are others now.
        KopilotNoteFormulas
        RecalculateNotice
        Exit Sub
    End If
    KopilotForget
    If HasMany() Then
        HostRecalculateSoon
    Else
        Recalculate
    End If
End Sub

Private Function HasMany() As Boolean
    ' Whether a question to Python is long enough to be felt: then edits in quick succession share one, a moment after the
    ' last of them. A formula that Excel computes meanwhile asks at once.
    Dim table As Object
    Set table = KopilotTable(TRANSACTIONS_TABLE)
    If Not (table Is Nothing) Then HasMany = (table.Range.Rows.Count > MANY)
End Function

Public Sub KopilotCatchUp()
    ' A moment after the last of some edits.
    On Error GoTo Unknown
    Recalculate
Unknown:
End Sub

Private Sub Recalculate()
    ' While cells wait to be pasted it is put off: it would end the copying.
    recalculation_due = HostIsCopying()
    If recalculation_due Then Exit Sub
    On Error GoTo Restore
    recalculating = True
    HostRecalculate
Restore:
    recalculating = False
End Sub

Private Sub RecalculateNotice()
    Dim cell As Object
    Set cell = KopilotSettingCell(DATA_STATE_NAME)
    If cell Is Nothing Then Exit Sub
    On Error GoTo Restore
    recalculating = True
    HostRecalculateCell cell
Restore:
    recalculating = False
End Sub

Public Function KopilotDataState() As String
    ' For a cell of Portfolio: whether what it shows is of the data as they are. Python tells by a mark of the data,
    ' which every refresh stores; without Python, what was edited since the workbook was opened counts.
    Dim known As Collection
    Dim refused As Variant, now_mark As Variant, stored_mark As Variant
    On Error GoTo Unknown
    Set known = KopilotSnapshotOf(Empty, refused)
    stored_mark = KopilotStored(SHAPE_ROW, DATA_COLUMN)
    If KopilotIsBlank(stored_mark) Then Exit Function
    If KopilotIsFromPython() And Not (known Is Nothing) Then
        now_mark = KopilotCell(known, SHAPE_ROW, DATA_COLUMN)
        If CStr(now_mark) <> CStr(stored_mark) Then KopilotDataState = DATA_CHANGED
    ElseIf edited Then
        KopilotDataState = DATA_CHANGED
    End If
Unknown:
End Function

Public Function KopilotStored(row As Long, column As Long) As Variant
    ' A cell of what the last refresh stored; Empty if there is none.
    On Error GoTo Missing
    KopilotStored = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET).Cells(row, column).Value
Missing:
End Function

Public Function KopilotStoredAt() As Variant
    ' When the stored refresh ran; Empty if there is none.
    KopilotStoredAt = KopilotStored(REFRESHED_ROW, 2)
End Function

Public Sub KopilotWorked(before As Variant, todays As Boolean)
    ' Python worked on the open workbook. If it stored a refresh, that is the newest, and needs no second question: for
    ' formulas without a day too, unless another day was asked for.
    KopilotForget
    If KopilotStoredAt() <> before Then
        edited = False
        KopilotUseStored todays
        FormulasAreDone
    End If
    Recalculate
End Sub

Private Sub FormulasAreDone()
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
            If TouchesInput(table, target) Then
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

Private Function TouchesInput(table As Object, target As Object) As Boolean
    ' An input column counts beyond the table's end too: a row typed there may not have joined it yet.
    Dim heading As Object
    If Not (Application.Intersect(target, table.HeaderRowRange) Is Nothing) Then
        TouchesInput = True
        Exit Function
    End If
    For Each heading In table.HeaderRowRange.Cells
        If KopilotIsInputHeading(table.Name, heading.Value) Then
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
        Set cell = KopilotSettingCell(CStr(name))
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
