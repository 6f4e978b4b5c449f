Option Explicit

' Where everything is, told to Python in one go: to ask Excel for each sheet, table and name is a call for each.

Private Const WIDTH As Long = 6

Public Function KopilotMap() As Variant
    ' For Python, before it reads: a row for each sheet (its name, nothing, the cells in use, whether it takes no writing),
    ' each table (its name, its sheet, its cells, whether it shows headings and totals) and each name of the whole
    ' workbook (nothing, what it refers to).
    Dim rows() As Variant
    Dim sheet As Object, table As Object, name As Object
    Dim count As Long
    count = Application.ThisWorkbook.Worksheets.Count + Application.ThisWorkbook.Names.Count
    For Each sheet In Application.ThisWorkbook.Worksheets
        count = count + sheet.ListObjects.Count
    Next sheet
    ReDim rows(1 To count, 1 To WIDTH)
    count = 0
    For Each sheet In Application.ThisWorkbook.Worksheets
        Note rows, count, "sheet", sheet.Name, "", sheet.UsedRange.Address
        rows(count, 5) = sheet.ProtectContents And Not sheet.ProtectionMode
        For Each table In sheet.ListObjects
            Note rows, count, "table", table.Name, sheet.Name, table.Range.Address
            rows(count, 5) = table.ShowHeaders
            rows(count, 6) = table.ShowTotals
        Next table
    Next sheet
    For Each name In Application.ThisWorkbook.Names
        Note rows, count, "name", name.Name, "", RefersTo(name)
    Next name
    KopilotMap = rows
End Function

Private Sub Note(rows() As Variant, count As Long, kind As String, name As String, sheet As String, cells As String)
    Dim column As Long
    count = count + 1
    rows(count, 1) = kind
    rows(count, 2) = name
    rows(count, 3) = sheet
    rows(count, 4) = cells
    For column = 5 To WIDTH
        rows(count, column) = False
    Next column
End Sub

Private Function RefersTo(name As Object) As String
    On Error GoTo Unknown
    RefersTo = name.RefersTo
Unknown:
End Function
