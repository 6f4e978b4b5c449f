Option Explicit

' What happens in the workbook, and what becomes of the snapshot then.

Public Sub KopilotChanged(sheet As Object, target As Object)
    ' Excel computed the formulas that name the changed cells already, with the old snapshot; the others it leaves as
    ' they are. So the snapshot is dropped and the workbook recalculated, once for whatever was pasted.
    If KopilotIsBusy() Or KopilotIsOutOfReach() Then Exit Sub
    If Not IsInput(sheet, target) Then Exit Sub
    KopilotForget
    HostRecalculate
End Sub

Public Sub KopilotOpened()
    ' A refresh from outside Excel leaves formulas on the user's own sheets as they were, and so does a night.
    Dim sheet As Object
    On Error GoTo Unknown
    Set sheet = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
    If IsEmpty(sheet.Range("B" & AS_OF_ROW).Value) Then Exit Sub
    If sheet.Range(FORMULAS_CELL).Value <> DUE Then
        If Not KopilotIsBlank(KopilotSetting(AS_OF_NAME)) Then Exit Sub
        If KopilotDay(sheet.Range("B" & AS_OF_ROW).Value) = KopilotDay(Date) Then Exit Sub
    End If
    FormulasAreDone
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
        KopilotUseStored todays
        FormulasAreDone
    End If
    HostRecalculate
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
