Option Explicit

' What the buttons of the tab Kopilot do. Python decides and writes; here is asked what it needs to know.

Private Const RIBBON As String = "kopilot_xl.excel.ribbon"
Private Const ON_MAC As String = "import kopilot_xl.excel.ribbon as ribbon; ribbon.on_mac("
Private Const SHOWN As Long = 5

' On a Mac Python answers later: when a refresh was stored before it began, and whether no other day was asked for.
Private stored_before As Variant
Private asked_todays As Boolean

Public Sub KopilotRefreshPortfolio(control As IRibbonControl)
    AskPython "refresh_portfolio", Array(Empty)
End Sub

Public Sub KopilotAsOfDate(control As IRibbonControl)
    Dim day As String
    day = InputBox("Look at the portfolio as of which day? Type it as 2026-04-03." & vbLf & vbLf & _
        "The day is used this once. To keep one, write it on the sheet Settings.", TITLE, KopilotDayText(KopilotDay(Date)))
    If Trim(day) <> "" Then AskPython "refresh_portfolio", Array(Trim(day))
End Sub

Public Sub KopilotUpdate(control As IRibbonControl)
    ' The export that the workbook remembers; the first time, which files it is.
    Dim invoices As Variant, clients As Variant
    If HostOnMac() Then
        KopilotTell "On a Mac, save and close the workbook, then in Terminal: kopilot-xl update. Then open it again."
        Exit Sub
    End If
    If Not AskPython("update_from_export", Array(Empty, Empty)) Then Exit Sub
    invoices = HostFiles("Invoices: the file or files that your accounting program exported")
    If Not IsArray(invoices) Then Exit Sub
    clients = HostFiles("Clients: the exported list of them. Cancel if there is none")
    If Not IsArray(clients) Then clients = Empty
    AskPython "update_from_export", Array(invoices, clients)
End Sub

Public Sub KopilotPlanRevenue(control As IRibbonControl)
    RecordAction PLAN_REVENUE
End Sub

Public Sub KopilotMarkLost(control As IRibbonControl)
    RecordAction MARK_LOST
End Sub

Public Sub KopilotMarkCanceled(control As IRibbonControl)
    RecordAction MARK_CANCELED
End Sub

Public Sub KopilotReactivate(control As IRibbonControl)
    RecordAction REACTIVATE
End Sub

Public Sub KopilotGuide(control As IRibbonControl)
    ShowSheet GUIDE_SHEET
End Sub

Public Sub KopilotProblems(control As IRibbonControl)
    ' What the last refresh found and, where Python is there anyway, what one would find now.
    If ShowSheet(PROBLEMS_SHEET) Then
        If Not (KopilotServer Is Nothing) Then AskPython "problems", Array(), True
    End If
End Sub

Public Sub KopilotConnection(control As IRibbonControl)
    KopilotReconnect
    AskPython "connection", Array()
End Sub

Private Sub RecordAction(action As String)
    ' Asks what the action needs, each time telling for how many clients, and has it written for all of them.
    Dim clients As Variant
    Dim why As String, meant As String, issue_date As String, amount As String, note As String
    clients = SelectedClients(why)
    If why <> "" Then
        KopilotTell why, vbExclamation
        Exit Sub
    End If
    meant = action & ": " & Counted(clients) & vbLf
    If action = PLAN_REVENUE Then
        issue_date = Trim(InputBox(meant & vbLf & "Invoiced on which day? Type it as 2026-04-03.", TITLE))
        If issue_date = "" Then Exit Sub
        amount = Trim(InputBox(meant & vbLf & "What amount, for each client? Type it as 1200 or 1200.50.", TITLE))
        If amount = "" Then Exit Sub
        meant = meant & amount & " on " & issue_date & vbLf
    End If
    If HostAsked(meant & vbLf & "OK records it. A note to keep with it, or none:", TITLE, note) Then
        AskPython "record", Array(action, clients, issue_date, amount, Trim(note))
    End If
End Sub

Private Function Counted(clients As Variant) As String
    ' How many clients, and the first of them.
    Dim count As Long, i As Long
    count = UBound(clients) - LBound(clients) + 1
    Counted = count & IIf(count = 1, " client", " clients") & vbLf
    For i = LBound(clients) To UBound(clients)
        If i - LBound(clients) = SHOWN Then
            Counted = Counted & ", " & ChrW(8230)
            Exit Function
        End If
        Counted = Counted & IIf(i > LBound(clients), ", ", "") & CStr(clients(i))
    Next i
End Function

Private Function SelectedClients(why As String) As Variant
    ' The ids in the selected rows of the table Clients that can be seen: those a filter hides belong to a selection
    ' too, and nobody means them.
    Dim table As Object, heading As Object, ids As Object, area As Object, cell As Object
    Dim rows As Collection
    Dim found() As Variant
    Dim i As Long
    why = "Select cells of one or more clients in the table " & CLIENTS_TABLE & " first, then click again."
    If TypeName(Selection) <> "Range" Then Exit Function
    Set table = KopilotTable(CLIENTS_TABLE)
    If table Is Nothing Then
        why = "The table " & CLIENTS_TABLE & " is missing. Restore it, or take it from a backup."
        Exit Function
    End If
    If Selection.Worksheet.Parent.Name <> Application.ThisWorkbook.Name Then Exit Function
    If Selection.Worksheet.Name <> table.Range.Worksheet.Name Then Exit Function
    If table.DataBodyRange Is Nothing Then Exit Function
    For Each cell In table.HeaderRowRange.Cells
        If heading Is Nothing And StrComp(PlainHeading(cell.Value), CLIENT_ID_HEADING, vbTextCompare) = 0 Then
            Set heading = cell
        End If
    Next cell
    If heading Is Nothing Then
        why = "The table " & CLIENTS_TABLE & " has no column """ & CLIENT_ID_HEADING & """. Restore it or its header."
        Exit Function
    End If
    If Application.Intersect(Selection, table.DataBodyRange) Is Nothing Then Exit Function
    Set ids = Application.Intersect(Selection.EntireRow, table.DataBodyRange, heading.EntireColumn)
    Set rows = New Collection
    For Each area In ids.Areas
        For Each cell In area.Cells
            If Not cell.EntireRow.Hidden Then
                If Not IsError(cell.Value) Then
                    If ClientKey(cell.Value) <> "" Then AddOnce rows, cell.Value, CStr(cell.Row)
                End If
            End If
        Next cell
    Next area
    If rows.Count = 0 Then Exit Function
    ReDim found(0 To rows.Count - 1)
    For i = 1 To rows.Count
        found(i - 1) = rows.Item(i)
    Next i
    why = ""
    SelectedClients = found
End Function

Private Sub AddOnce(rows As Collection, id As Variant, row As String)
    ' Two selected areas may hold the same row.
    On Error Resume Next
    rows.Add id, row
End Sub

Private Function AskPython(name As String, arguments As Variant, Optional reads_only As Boolean = False) As Boolean
    ' Has Python do it, and tells what came of it. True if it answered nothing, because it must know more first.
    Dim answer As Variant
    Dim trouble As String
    If Not IsInFront() Then Exit Function
    KopilotTryAgain
    stored_before = KopilotStoredAt()
    asked_todays = IsToday(arguments)
    If HostOnMac() Then
        RunOnMac name, arguments
        Exit Function
    End If
    answer = AskQuietly(name, arguments, trouble)
    If trouble <> "" Then
        KopilotTell trouble, vbExclamation
        Exit Function
    End If
    AskPython = (CStr(answer) = "")
    If AskPython Then Exit Function
    If Not reads_only Then KopilotWorked stored_before, asked_todays
    KopilotTell CStr(answer)
End Function

Private Function AskQuietly(name As String, arguments As Variant, trouble As String) As Variant
    ' Python's own writing is unheard by this workbook's events, Excel does not say that it waits for another program,
    ' and Esc does not end this halfway. All of it is as before afterwards, and so is what Python sets itself meanwhile,
    ' which it cannot put back if it is ended.
    Dim events As Boolean, alerts As Boolean, redraws As Boolean
    Dim mode As Long
    events = Application.EnableEvents
    alerts = Application.DisplayAlerts
    redraws = Application.ScreenUpdating
    mode = Application.Calculation
    On Error GoTo Restore
    HostCanCancel False
    Application.EnableEvents = False
    Application.DisplayAlerts = False
    AskQuietly = KopilotAsk(RIBBON, name, arguments, trouble)
Restore:
    If Err.Number <> 0 Then trouble = Err.Description
    Application.DisplayAlerts = alerts
    If Application.ScreenUpdating <> redraws Then Application.ScreenUpdating = redraws
    If Application.Calculation <> mode Then Application.Calculation = mode
    If trouble <> "" Then HostSay ""
    Application.EnableEvents = events
    HostCanCancel True
End Function

Private Function IsInFront() As Boolean
    ' Two workbooks of ours have buttons of the same names, and Excel may take the one for the other.
    IsInFront = HostIsActive()
    If IsInFront Then Exit Function
    KopilotTell "This button is that of " & Application.ThisWorkbook.Name & ", and " & HostActiveName() & _
        " is in front. Nothing was done: go to " & Application.ThisWorkbook.Name & ", then click again.", vbExclamation
End Function

Private Function IsToday(arguments As Variant) As Boolean
    ' Whether no day was asked for.
    If UBound(arguments) < LBound(arguments) Then Exit Function
    IsToday = IsEmpty(arguments(LBound(arguments)))
End Function

Private Function ShowSheet(sheet As String) As Boolean
    Dim found As Object
    On Error GoTo Missing
    Set found = Application.ThisWorkbook.Worksheets(sheet)
    ' One that has nothing to show may be out of sight.
    If found.Visible <> -1 Then found.Visible = -1
    found.Activate
    ShowSheet = True
    Exit Function
Missing:
    KopilotTell "The sheet " & sheet & " is missing. kopilot-xl upgrade brings it back.", vbExclamation
End Function

' ------------------------------------------------------------------------------------------------------------ on a Mac

Private Sub RunOnMac(name As String, arguments As Variant)
    Dim i As Long
    Dim code As String
    code = ON_MAC & PythonText(name)
    For i = LBound(arguments) To UBound(arguments)
        ' The clients are left out: Python takes the selection itself.
        If Not IsArray(arguments(i)) Then code = code & "," & PythonText(CStr(arguments(i)))
    Next i
    On Error GoTo Failed
    HostRunPython code & ")"
    Exit Sub
Failed:
    KopilotTell NO_ADD_IN, vbExclamation
End Sub

Private Function PythonText(text As String) As String
    ' The text as Python reads it. On its way no character of it may mean anything to another program.
    Dim i As Long
    Dim character As String
    For i = 1 To Len(text)
        character = Mid(text, i, 1)
        If character Like "[A-Za-z0-9 .,:_-]" And AscW(character) > 0 And AscW(character) < 128 Then
            PythonText = PythonText & character
        Else
            PythonText = PythonText & "\u" & Right("000" & Hex(AscW(character)), 4)
        End If
    Next i
    PythonText = "'" & PythonText & "'"
End Function

Public Sub KopilotAfterPython(message As String)
    ' From Python on a Mac, at its end.
    KopilotWorked stored_before, asked_todays
    KopilotTell message
End Sub
