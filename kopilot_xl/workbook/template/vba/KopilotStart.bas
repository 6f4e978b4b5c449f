Option Explicit

' Starting Python: whose it is, whether it works, and ending it. xlwings waits two minutes for one that does not start,
' and asks the active workbook and a file beside it which one to start before it asks the user's own settings.

Public Const NO_ADD_IN As String = "Excel has no xlwings add-in, through which it reaches Python. " & _
    "In a terminal: kopilot-xl install. Then start Excel again and click Connection."
Private Const NOT_SAFE As String = "Python was not started: "
Private Const NO_INTERPRETER As String = "xlwings' settings do not say which Python to start. " & _
    "In a terminal: kopilot-xl install. Then click Connection."
Private Const NOT_STARTED As String = "Python could not be started. " & _
    "In a terminal: kopilot-xl install --check. Then click Connection."
Private Const STARTING As String = "Kopilot: starting Python"
Private Const TRIAL As String = "import xlwings, win32com.server.policy, kopilot_xl.excel.udfs, kopilot_xl.excel.ribbon"
Private Const SECONDS As Long = 10

' Whatever xlwings reads before it starts Python, but for whether the workbook's folder is to be imported from.
Private Const SETTINGS_READ As String = "INTERPRETER_WIN,INTERPRETER,PYTHONPATH,CONDA PATH,CONDA ENV,DEBUG UDFS," & _
    "LICENSE_KEY,ONEDRIVE_CONSUMER_WIN,ONEDRIVE_COMMERCIAL_WIN,SHAREPOINT_WIN"
Private Const FOLDER_SETTING As String = "ADD_WORKBOOK_TO_PYTHONPATH"

Private failed As String
Private started_as As String
Private started_in_front As Boolean

Public Function KopilotStarted(trouble As String) As Object
    ' Python; Nothing, and the trouble, where it may not or cannot be started. What failed once is not tried again until
    ' Connection is clicked: it would hold Excel up each time.
    Dim reason As String
    If failed <> "" Then
        trouble = failed
        Exit Function
    End If
    If Not HostHasAddIn() Then
        trouble = NO_ADD_IN
        Exit Function
    End If
    If Not KopilotSettingsAreSafe(trouble) Then Exit Function
    On Error GoTo NotStarted
    HostSay STARTING
    If Not HostTries(Interpreter(), TRIAL, SECONDS, reason) Then
        HostSay ""
        failed = NOT_STARTED & vbLf & vbLf & LastLine(reason)
        trouble = failed
        Exit Function
    End If
    Set KopilotStarted = HostServer()
    started_in_front = HostIsActive()
    started_as = HostServerName()
    HostSay ""
    Exit Function
NotStarted:
    reason = Err.Description
    HostSay ""
    failed = NOT_STARTED & vbLf & vbLf & LastLine(reason)
    trouble = failed
End Function

Public Sub KopilotForgetFailure()
    failed = ""
End Sub

Public Function KopilotSettingsAreSafe(trouble As String) As Boolean
    ' Whether it is the user's own settings that say which Python is started, and nothing in the active workbook or
    ' beside it, where whoever made the workbook may have put it.
    Dim key As Variant
    On Error GoTo Unknown
    For Each key In Split(SETTINGS_READ, ",")
        If HostSetting(CStr(key), "sheet") <> "" Then
            trouble = NOT_SAFE & "the sheet xlwings.conf of " & HostActiveName() & " sets " & key & _
                ", and so would choose what is started. Delete that line, then click Connection."
            Exit Function
        End If
        If HostSetting(CStr(key), "directory") <> "" Then
            trouble = NOT_SAFE & "a file xlwings.conf lies in the folder of " & HostActiveName() & " and sets " & key & _
                ", and so would choose what is started. Move it away, then click Connection."
            Exit Function
        End If
    Next key
    If ImportsFromFolder() Then
        trouble = NOT_SAFE & "it would import from the folder of " & HostActiveName() & ". On its sheet xlwings.conf " & _
            FOLDER_SETTING & " must be FALSE: restore it, then click Connection."
        Exit Function
    End If
    If Not HostIsFile(Interpreter()) Then
        trouble = NO_INTERPRETER
        Exit Function
    End If
    KopilotSettingsAreSafe = True
    Exit Function
Unknown:
    trouble = NOT_SAFE & LastLine(Err.Description)
End Function

Private Function ImportsFromFolder() As Boolean
    ' The first of the three places that has the setting counts; without it, the folder is imported from.
    Dim source As Variant
    Dim said As String
    For Each source In Array("sheet", "directory", "user")
        said = LCase(HostSetting(FOLDER_SETTING, CStr(source)))
        If said <> "" Then
            ImportsFromFolder = (said = "true")
            Exit Function
        End If
    Next source
    ImportsFromFolder = True
End Function

Private Function Interpreter() As String
    ' The Python of the user's own settings, by its whole path, without a window where there is one of that kind.
    Dim path As String, environment As String
    path = HostSetting("INTERPRETER_WIN", "user")
    If path = "" Then path = HostSetting("INTERPRETER", "user")
    If InStr(path, "\") = 0 Then
        path = HostSetting("CONDA PATH", "user")
        environment = HostSetting("CONDA ENV", "user")
        If path = "" Or environment = "" Then Exit Function
        If InStr(environment, "\") > 0 Then
            path = environment
        ElseIf environment <> "base" Then
            path = path & "\envs\" & environment
        End If
        path = path & "\python.exe"
    End If
    Interpreter = path
    If LCase(Right(path, 11)) = "\python.exe" Then
        If HostIsFile(Left(path, Len(path) - 4) & "w.exe") Then Interpreter = Left(path, Len(path) - 4) & "w.exe"
    End If
End Function

Public Sub KopilotWarmUp()
    ' Right after the workbook was opened: the first formula need not wait then. What fails is said when it is needed.
    Dim trouble As String
    On Error GoTo NotNow
    If Not (KopilotServer Is Nothing) Or KopilotIsBusy() Then Exit Sub
    Set KopilotServer = KopilotStarted(trouble)
NotNow:
End Sub

Public Sub KopilotEndServer()
    ' A server that was started with this workbook in front is its own; another one ends with the last of ours.
    Dim server As Object
    If KopilotServer Is Nothing Then Exit Sub
    On Error Resume Next
    Set server = KopilotServer
    Set KopilotServer = Nothing
    If Not started_in_front And Not HostIsLast() Then Exit Sub
    If HostServerName() = started_as Then
        Set server = Nothing
        HostEndServer
    Else
        server.CallUDF "kopilot_xl.excel.server", "end", Array(), Application.ThisWorkbook, Nothing
    End If
End Sub
