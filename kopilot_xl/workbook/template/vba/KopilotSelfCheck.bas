Option Explicit

' What only Excel itself can show, tried out by a macro, for a person who runs it (Alt-F8, type KopilotSelfTest) and mails
' what it wrote. The sheet with the results is in a workbook of its own; this workbook ends as it was.

Private Const WIDTH As Long = 4
Private Const MANUAL As Long = -4135

Private report As Object
Private row As Long

Public Sub KopilotSelfTest(Optional nothing_given As Variant)
    ' The argument keeps it out of the list of macros.
    Dim saved As Boolean
    saved = Application.ThisWorkbook.Saved
    Set report = HostReport()
    row = 0
    Note "What was tried", "What was seen", "What is right", "Result"
    Tried "Excel", HostVersion(), "", True
    TryServer
    TryFunction
    TryEdit
    TryFormulaAsInput
    TryManual
    TryMap
    TryHidden
    TryMissingMacro
    Application.ThisWorkbook.Saved = saved
    HostShow report
End Sub

Private Sub TryServer()
    Dim trouble As String
    Dim answer As Variant
    Dim started As Double
    started = Timer
    KopilotReconnect
    answer = KopilotAsk("kopilot_xl.excel.ribbon", "connection", Array(), trouble)
    Tried "Python is started anew and answers", trouble & CStr(answer), "Python answers.", _
        InStr(CStr(answer), "Python answers.") = 1, Timer - started
End Sub

Private Sub TryFunction()
    ' A cell with a formula shows what the function answers.
    Dim started As Double
    started = Timer
    KopilotForget
    HostRecalculate
    Tried "The first client's Segment is computed anew", Shown(FirstCell("Segment")), Shown(FirstAnswer()), _
        Shown(FirstCell("Segment")) = Shown(FirstAnswer()), Timer - started
End Sub

Private Sub TryEdit()
    ' An input that is written over with what it holds is an edit too.
    Dim cell As Object
    Dim started As Double
    Dim asked As Boolean
    On Error GoTo Failed
    Set cell = KopilotTable(TRANSACTIONS_TABLE).DataBodyRange.Cells(1, 1)
    KopilotAnswer FirstId(), SEGMENT_COLUMN, Empty
    asked = KopilotIsKept()
    started = Timer
    KopilotMarked = True
    cell.Formula = cell.Formula
    Tried "An edit of Transactions drops the snapshot", "kept before: " & asked & ", marked after: " & KopilotMarked, _
        "kept before: True, marked after: False", asked And Not KopilotMarked, Timer - started
    Exit Sub
Failed:
    Tried "An edit of Transactions drops the snapshot", Err.Description, "no error", False
End Sub

Private Sub TryFormulaAsInput()
    ' The day of AsOf by a formula, once with one day and once with another.
    Dim cell As Object
    Dim before As String
    Dim first As String
    Set cell = KopilotSettingCell(AS_OF_NAME)
    If cell Is Nothing Then Exit Sub
    before = cell.Formula
    On Error GoTo Restore
    cell.Formula = "=DATE(2026,1,31)"
    KopilotAnswer FirstId(), SEGMENT_COLUMN, Empty
    KopilotMarked = True
    cell.Formula = "=DATE(2025,1,31)"
    first = "marked after: " & KopilotMarked
Restore:
    If Err.Number <> 0 Then first = Err.Description
    cell.Formula = before
    Tried "AsOf by a formula drops the snapshot when it shows another day", first, "marked after: False", _
        first = "marked after: False"
End Sub

Private Sub TryManual()
    ' Toggling EnableCalculation computes formulas in manual mode too.
    Dim mode As Long
    Dim asked As Boolean
    mode = Application.Calculation
    On Error GoTo Restore
    Application.Calculation = MANUAL
    KopilotForget
    HostRecalculate
    asked = KopilotIsKept()
Restore:
    Application.Calculation = mode
    Tried "Formulas are computed anew in manual mode", "computed: " & asked, "computed: True", asked
End Sub

Private Sub TryMap()
    Dim found As Variant
    Dim started As Double
    started = Timer
    found = KopilotMap()
    Tried "Where everything is", UBound(found, 1) & " rows", "more than 50 rows", UBound(found, 1) > 50, Timer - started
End Sub

Private Sub TryHidden()
    ' Of rows and columns some of which are hidden, Excel says neither yes nor no.
    Dim some As Boolean
    On Error GoTo Failed
    report.Rows(60).Hidden = True
    report.Columns(12).Hidden = True
    some = IsNull(report.Range("A59:A61").EntireRow.Hidden) And IsNull(report.Range("K1:M1").EntireColumn.Hidden)
    some = some And IsNull(report.Range("A1:A1048576").EntireRow.Hidden)
    report.Rows(60).Hidden = False
    report.Columns(12).Hidden = False
    Tried "Rows and columns of which some are hidden", "neither yes nor no: " & some, "neither yes nor no: True", some
    Exit Sub
Failed:
    Tried "Rows and columns of which some are hidden", Err.Description, "no error", False
End Sub

Private Sub TryMissingMacro()
    Dim failure As Long
    On Error Resume Next
    HostRunMissing
    failure = Err.Number
    On Error GoTo 0
    Tried "A macro that is not there", "error " & failure, "error 1004", failure = 1004
End Sub

Private Function FirstId() As Variant
    FirstId = FirstCell(CLIENT_ID_HEADING)
End Function

Private Function FirstAnswer() As Variant
    FirstAnswer = KopilotAnswer(FirstId(), SEGMENT_COLUMN, Empty)
End Function

Private Function FirstCell(heading As String) As Variant
    ' A cell of the first client.
    Dim cell As Object
    Dim table As Object
    Set table = KopilotTable(CLIENTS_TABLE)
    For Each cell In table.HeaderRowRange.Cells
        If StrComp(PlainHeading(cell.Value), heading, vbTextCompare) = 0 Then
            FirstCell = table.DataBodyRange.Cells(1, cell.Column - table.Range.Column + 1).Value
        End If
    Next cell
End Function

Private Function Shown(value As Variant) As String
    Shown = "(an error)"
    If Not IsError(value) Then Shown = CStr(value)
End Function

Private Sub Tried(what As String, seen As String, right_one As String, is_right As Boolean, Optional seconds As Double = -1)
    Dim took As String
    If seconds >= 0 Then took = ", " & Format(seconds, "0.00") & " s"
    Note what, seen, right_one, IIf(is_right, "as it should be", "please look") & took
End Sub

Private Sub Note(what As String, seen As String, right_one As String, result As String)
    row = row + 1
    report.Cells(row, 1).Value = what
    report.Cells(row, 2).Value = seen
    report.Cells(row, 3).Value = right_one
    report.Cells(row, WIDTH).Value = result
End Sub
