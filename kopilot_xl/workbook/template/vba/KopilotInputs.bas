Option Explicit

' What Python is given: the tables, and the settings by their names.

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
