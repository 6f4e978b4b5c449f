Option Explicit

' What only Excel itself can do. Tests put another module in the place of this one.

Private Const ADD_IN As String = "xlwings.xlam"
Private Const KINDS As String = "Exports,*.csv;*.txt;*.tsv;*.xlsx;*.xlsm;*.xls;*.ods;*.parquet;*.xml;*.pdf;*.zip"
Private Const WARM_UP As String = "KopilotWarmUp"
Private Const CATCH_UP As String = "KopilotCatchUp"
' Excel's number of #NAME?, and its words for a range of formulas that show errors.
Private Const NAME_ERROR As Long = 2029
Private Const FORMULA_CELLS As Long = -4123
Private Const SHOWING_ERRORS As Long = 16

Private warm_up_at As Date
Private catch_up_at As Date

' ------------------------------------------------------------------------------------------------- Excel and the system

Public Function HostOnMac() As Boolean
    HostOnMac = InStr(1, Application.OperatingSystem, "Mac", vbTextCompare) > 0
End Function

Public Function HostOnPC() As Boolean
    HostOnPC = LCase(Left(Application.OperatingSystem, 3)) = "win"
End Function

Public Function HostIsSeen() As Boolean
    ' Whether somebody sits before Excel: a message box of an Excel that another program drives unseen waits for ever.
    HostIsSeen = Application.Visible And Application.Interactive
End Function

Public Function HostIsActive() As Boolean
    ' Whether this workbook is the one in front, of two that may both be ours.
    If Application.ActiveWorkbook Is Nothing Then Exit Function
    HostIsActive = Application.ActiveWorkbook.FullName = Application.ThisWorkbook.FullName
End Function

Public Function HostIsCalculating() As Boolean
    HostIsCalculating = Application.CalculationState <> 0
End Function

Public Function HostIsCopying() As Boolean
    ' Whether cells wait to be pasted, which a recalculation by a macro would end.
    HostIsCopying = Application.CutCopyMode <> 0
End Function

Public Sub HostSay(text As String)
    ' In the status bar; no text gives it back to Excel.
    If text = "" Then
        Application.StatusBar = False
    Else
        Application.StatusBar = text
    End If
End Sub

Public Sub HostCanCancel(can As Boolean)
    ' Esc while Python is at work would end this macro in the middle, and leave Excel's settings as they are then.
    Application.EnableCancelKey = IIf(can, 1, 0)
End Sub

Public Function HostAsked(prompt As String, heading As String, answer As String) As Boolean
    ' Asks for a text that may stay blank; False if the box was canceled, which blank alone does not tell.
    answer = InputBox(prompt, heading)
    HostAsked = (StrPtr(answer) <> 0)
End Function

Public Function HostFiles(heading As String) As Variant
    ' Asks for files; an array of their paths, False if it was canceled.
    HostFiles = Application.GetOpenFilename(KINDS, , heading, , True)
End Function

' ------------------------------------------------------------------------------------------------------- the self-test

Public Function HostReport() As Object
    ' A sheet of a new workbook. This one stays in front: xlwings asks the one in front which Python to start.
    Set HostReport = Application.Workbooks.Add.Worksheets(1)
    Application.ThisWorkbook.Activate
End Function

Public Sub HostShow(sheet As Object)
    sheet.Columns("A:D").ColumnWidth = 50
    sheet.Parent.Activate
End Sub

Public Function HostVersion() As String
    HostVersion = Application.Name & " " & Application.Version & "." & Application.Build & ", " & _
        Application.OperatingSystem & ", " & Application.International(5)
End Function

Public Sub HostRunMissing()
    Application.Run NameOf("KopilotNoSuchMacro")
End Sub

' ------------------------------------------------------------------------------------------------------- recalculating

Public Sub HostRecalculate()
    ' Every formula of this workbook, whatever it depends on, and no other workbook's. It changes no cell: that would
    ' take the user's Undo away.
    Dim sheet As Object
    For Each sheet In Application.ThisWorkbook.Worksheets
        sheet.EnableCalculation = False
        sheet.EnableCalculation = True
    Next sheet
End Sub

Public Sub HostRecalculateCell(cell As Object)
    cell.Calculate
End Sub

Public Function HostShowsNameError() As Boolean
    ' Whether a formula shows #NAME?, as ours do when they are computed while macros are blocked.
    Dim sheet As Object, area As Object
    For Each sheet In Application.ThisWorkbook.Worksheets
        For Each area In ErrorAreas(sheet)
            If HasNameError(area.Value) Then
                HostShowsNameError = True
                Exit Function
            End If
        Next area
    Next sheet
End Function

Private Function ErrorAreas(sheet As Object) As Object
    On Error GoTo Missing
    Set ErrorAreas = sheet.UsedRange.SpecialCells(FORMULA_CELLS, SHOWING_ERRORS).Areas
    Exit Function
Missing:
    Set ErrorAreas = New Collection
End Function

Private Function HasNameError(shown As Variant) As Boolean
    Dim value As Variant
    If IsArray(shown) Then
        For Each value In shown
            If IsError(value) Then
                If value = CVErr(NAME_ERROR) Then HasNameError = True
            End If
        Next value
    ElseIf IsError(shown) Then
        HasNameError = (shown = CVErr(NAME_ERROR))
    End If
End Function

' ----------------------------------------------------------------------------------------------- Python, through xlwings

Public Function HostHasAddIn() As Boolean
    On Error GoTo Missing
    HostHasAddIn = Not (Application.Workbooks(ADD_IN) Is Nothing)
Missing:
End Function

Public Function HostSetting(key As String, source As String) As String
    ' A setting as xlwings finds it: on a sheet of the active workbook ("sheet"), in a file beside that workbook
    ' ("directory") or in the user's own file ("user").
    HostSetting = CStr(Application.Run(ADD_IN & "!GetConfig", key, "", source))
End Function

Public Function HostActiveName() As String
    If Not (Application.ActiveWorkbook Is Nothing) Then HostActiveName = Application.ActiveWorkbook.Name
End Function

Public Function HostIsFile(path As String) As Boolean
    On Error GoTo Missing
    HostIsFile = (Dir(path) <> "")
Missing:
End Function

Public Function HostTries(interpreter As String, code As String, seconds As Long, reason As String) As Boolean
    ' Whether an interpreter runs some code within so many seconds, out of sight; the reason says why it did not.
    Dim trial As Object
    Dim started As Date
    On Error GoTo Failed
    started = Now
    Set trial = Application.Run(ADD_IN & "!WScript").Exec("""" & interpreter & """ -P -B -c """ & code & """")
    Do While trial.Status = 0
        If (Now - started) * 86400 > seconds Then
            trial.Terminate
            reason = "it did not answer within " & seconds & " seconds"
            Exit Function
        End If
    Loop
    HostTries = (trial.ExitCode = 0)
    If Not HostTries Then reason = trial.StdErr.ReadAll
    Exit Function
Failed:
    reason = Err.Description
End Function

Public Function HostServer() As Object
    ' Python as a server. Excel's current folder, which may be one of downloads, is kept off the paths it imports from.
    Dim surroundings As Object
    Dim failure As Long
    Dim reason As String
    On Error Resume Next
    Set surroundings = Application.Run(ADD_IN & "!WScript").Environment("PROCESS")
    surroundings.Item("PYTHONSAFEPATH") = "1"
    On Error GoTo Failed
    Set HostServer = Application.Run(ADD_IN & "!XLPy")
Failed:
    failure = Err.Number
    reason = Err.Description
    On Error Resume Next
    surroundings.Remove "PYTHONSAFEPATH"
    On Error GoTo 0
    If failure <> 0 Then Err.Raise failure, , reason
End Function

Public Function HostServerName() As String
    ' What xlwings knows the server by that it would start or end now.
    HostServerName = CStr(Application.Run(ADD_IN & "!XLPyCommand"))
End Function

Public Sub HostEndServer()
    Application.Run ADD_IN & "!KillPy"
End Sub

Public Function HostIsLast() As Boolean
    ' Whether no other workbook of ours is open.
    Dim book As Object, sheet As Object
    For Each book In Application.Workbooks
        If book.FullName <> Application.ThisWorkbook.FullName Then
            For Each sheet In book.Worksheets
                If sheet.Name = SNAPSHOT_SHEET Then Exit Function
            Next sheet
        End If
    Next book
    HostIsLast = True
End Function

Public Sub HostWarmUpSoon()
    ' As soon as Excel has shown the workbook.
    warm_up_at = Now
    Application.OnTime warm_up_at, NameOf(WARM_UP)
End Sub

Public Sub HostRecalculateSoon()
    ' A second after the last of several calls.
    If catch_up_at <> 0 Then CallOff catch_up_at, CATCH_UP
    catch_up_at = Now + TimeSerial(0, 0, 1)
    Application.OnTime catch_up_at, NameOf(CATCH_UP)
End Sub

Public Sub HostNothingToCome()
    ' What is still to come would have Excel fetch the workbook again.
    If warm_up_at <> 0 Then CallOff warm_up_at, WARM_UP
    If catch_up_at <> 0 Then CallOff catch_up_at, CATCH_UP
    warm_up_at = 0
    catch_up_at = 0
End Sub

Private Sub CallOff(moment As Date, macro As String)
    ' What ran already cannot be called off, and need not be.
    On Error Resume Next
    Application.OnTime moment, NameOf(macro), , False
End Sub

Private Function NameOf(macro As String) As String
    NameOf = "'" & Replace(Application.ThisWorkbook.Name, "'", "''") & "'!" & macro
End Function

Public Sub HostRunPython(code As String)
    ' Starts Python on a Mac, and does not wait for it.
    Application.Run ADD_IN & "!RunPython", code
End Sub
