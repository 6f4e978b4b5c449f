Option Explicit

' What Python has written in one go, during a refresh.

Private Const LONGEST As Long = 8203

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
    ' An array takes no text beyond LONGEST characters, a single cell does.
    Dim target As Object
    Dim cells As Variant, whole As Variant
    Dim r As Long, c As Long
    Set target = PlaceOf(plan, heading, top, first).Resize(height, width)
    cells = CellsOf(plan, heading + 1 + top, LBound(plan, 2) + first, height, width)
    If plan(heading, LBound(plan, 2) + 5) Then
        target.Formula = cells
        Exit Sub
    End If
    For r = 1 To height
        For c = 1 To width
            If IsLong(cells(r, c)) Then cells(r, c) = ""
        Next c
    Next r
    target.Value = cells
    For r = 1 To height
        For c = 1 To width
            whole = plan(heading + top + r, LBound(plan, 2) + first + c - 1)
            If IsLong(whole) Then target.Cells(r, c).Value = whole
        Next c
    Next r
End Sub

Private Function IsLong(value As Variant) As Boolean
    If VarType(value) = vbString Then IsLong = Len(value) > LONGEST
End Function

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
