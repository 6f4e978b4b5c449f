Option Explicit

' What Python is given: the tables, and the settings by their names. Those of their cells that are formulas are
' remembered with what they showed, since Excel says of no formula's new result that a cell was edited.

' The ranges of inputs in which there are formulas. Public: LibreOffice empties a private object between two cells.
Public KopilotFormulaRanges As Collection

Private shown() As Variant
Private seen_while_calculating As Boolean

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

Public Function KopilotTableValues(name As String) As Variant
    ' A table with its headings; Empty if it is gone, which Python explains.
    Dim table As Object
    Set table = KopilotTable(name)
    If Not (table Is Nothing) Then
        If table.ShowTotals Then
            KopilotTableValues = table.Range.Resize(table.Range.Rows.Count - 1).Value
        Else
            KopilotTableValues = table.Range.Value
        End If
    End If
End Function

Public Function KopilotSettingValues() As Variant
    ' The settings by their names; one whose name is gone is left out, which Python explains.
    Dim names() As String
    Dim values() As Variant
    Dim found As Long, i As Long
    Dim cell As Object
    names = Split(SETTING_NAMES, ",")
    For i = LBound(names) To UBound(names)
        If Not (KopilotSettingCell(names(i)) Is Nothing) Then found = found + 1
    Next i
    If found = 0 Then Exit Function
    ReDim values(1 To found, 1 To 2)
    found = 0
    For i = LBound(names) To UBound(names)
        Set cell = KopilotSettingCell(names(i))
        If Not (cell Is Nothing) Then
            found = found + 1
            values(found, 1) = names(i)
            values(found, 2) = cell.Value
        End If
    Next i
    KopilotSettingValues = values
End Function

Public Function KopilotSetting(name As String) As Variant
    Dim cell As Object
    Set cell = KopilotSettingCell(name)
    If Not (cell Is Nothing) Then KopilotSetting = cell.Value
End Function

Public Function KopilotSettingCell(name As String) As Object
    On Error GoTo Missing
    Set KopilotSettingCell = Application.ThisWorkbook.Names.Item(name).RefersToRange
Missing:
End Function

Public Function KopilotIsInputHeading(table As String, heading As Variant) As Boolean
    ' Whether a column of a table is the user's, of those that can change a segment.
    Dim headings As String
    Dim start As Long
    start = InStr(INPUT_HEADINGS, "|" & table & "|")
    If start = 0 Then Exit Function
    headings = Mid(INPUT_HEADINGS, start, InStr(start, INPUT_HEADINGS, "||") - start + 1)
    KopilotIsInputHeading = InStr(1, headings, "|" & PlainHeading(heading) & "|", vbTextCompare) > 0
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

' ------------------------------------------------------------------------------------------------ inputs that are formulas

Public Sub KopilotNoteFormulas()
    ' Remembers what the inputs that are formulas show, right before Python is given them.
    Dim name As Variant, heading As Object, table As Object, cell As Object
    Dim i As Long
    On Error GoTo Unknown
    Set KopilotFormulaRanges = New Collection
    For Each name In Array(CLIENTS_TABLE, TRANSACTIONS_TABLE, ACTIONS_TABLE)
        Set table = KopilotTable(CStr(name))
        If HasRows(table) Then
            For Each heading In table.HeaderRowRange.Cells
                If KopilotIsInputHeading(CStr(name), heading.Value) Then
                    AddIfFormulas Application.Intersect(table.DataBodyRange, heading.EntireColumn)
                End If
            Next heading
        End If
    Next name
    For Each name In Split(SETTING_NAMES, ",")
        Set cell = KopilotSettingCell(CStr(name))
        If Not (cell Is Nothing) Then AddIfFormulas cell
    Next name
    If KopilotFormulaRanges.Count = 0 Then Exit Sub
    seen_while_calculating = HostIsCalculating()
    ReDim shown(1 To KopilotFormulaRanges.Count)
    For i = 1 To KopilotFormulaRanges.Count
        shown(i) = KopilotFormulaRanges.Item(i).Value
    Next i
Unknown:
End Sub

Private Function HasRows(table As Object) As Boolean
    If Not (table Is Nothing) Then HasRows = Not (table.DataBodyRange Is Nothing)
End Function

Private Sub AddIfFormulas(cells As Object)
    ' A range of formulas and values alike answers Null.
    Dim formulas As Variant
    formulas = cells.HasFormula
    If IsNull(formulas) Then formulas = True
    If formulas Then KopilotFormulaRanges.Add cells
End Sub

Public Function KopilotFormulasChanged(sheet As String) As Boolean
    ' Whether inputs on a sheet that was calculated show something else than what Python was given. What it was given
    ' while Excel still calculated is looked at whichever sheet it was.
    Dim i As Long
    Dim everywhere As Boolean
    If KopilotFormulaRanges Is Nothing Then Exit Function
    If KopilotFormulaRanges.Count = 0 Then Exit Function
    On Error GoTo Unsure
    everywhere = seen_while_calculating
    seen_while_calculating = seen_while_calculating And HostIsCalculating()
    For i = 1 To KopilotFormulaRanges.Count
        If everywhere Or KopilotFormulaRanges.Item(i).Worksheet.Name = sheet Then
            If Differs(shown(i), KopilotFormulaRanges.Item(i).Value) Then
                KopilotFormulasChanged = True
                Exit Function
            End If
        End If
    Next i
    Exit Function
Unsure:
    KopilotFormulasChanged = True
End Function

Private Function Differs(before As Variant, after As Variant) As Boolean
    Dim r As Long
    If IsArray(before) <> IsArray(after) Then
        Differs = True
    ElseIf Not IsArray(before) Then
        Differs = OneDiffers(before, after)
    ElseIf UBound(before, 1) <> UBound(after, 1) Then
        Differs = True
    Else
        For r = LBound(before, 1) To UBound(before, 1)
            If OneDiffers(before(r, 1), after(r, 1)) Then
                Differs = True
                Exit Function
            End If
        Next r
    End If
End Function

Private Function OneDiffers(before As Variant, after As Variant) As Boolean
    ' Of a moment the day counts: =NOW() is the same all day long.
    If VarType(before) <> VarType(after) Then
        OneDiffers = True
    ElseIf IsError(before) Then
        OneDiffers = CStr(before) <> CStr(after)
    ElseIf VarType(before) = vbDate Then
        OneDiffers = KopilotDay(before) <> KopilotDay(after)
    Else
        OneDiffers = before <> after
    End If
End Function
