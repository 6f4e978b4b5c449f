Option Explicit

' Asking Python, and what is said where it does not answer. KopilotStart starts it.

Private Const NOT_REACHED As String = "Python could not be reached. " & _
    "In a terminal: kopilot-xl install --check. Then click Connection."
Private Const FROM_LAST_REFRESH As String = "Until then the formulas answer from the last refresh."

' Python, once it has answered. Public: LibreOffice empties a private object between two cells.
Public KopilotServer As Object

Private out_of_reach As Boolean
Private refused_once As Boolean
Private waits_for_front As Boolean
Private busy As Boolean

Public Function KopilotIsBusy() As Boolean
    ' Whether Python is at work on this workbook.
    KopilotIsBusy = busy
End Function

Public Function KopilotIsOutOfReach() As Boolean
    KopilotIsOutOfReach = out_of_reach
End Function

Public Function KopilotMayAsk() As Boolean
    ' Formulas ask Python on a PC alone: elsewhere xlwings cannot. While another workbook is in front that could choose
    ' which Python is started, they wait until this one is.
    Dim trouble As String
    If out_of_reach Or refused_once Or busy Then Exit Function
    out_of_reach = Not HostOnPC()
    If out_of_reach Then Exit Function
    If KopilotServer Is Nothing And Not HostIsActive() Then
        If Not KopilotSettingsAreSafe(trouble) Then
            waits_for_front = True
            Exit Function
        End If
    End If
    KopilotMayAsk = True
End Function

Public Function KopilotWaitsForFront() As Boolean
    ' Whether formulas could not ask because another workbook was in front. Asking this ends it.
    KopilotWaitsForFront = waits_for_front
    waits_for_front = False
End Function

Public Sub KopilotAskAgain()
    ' The data are others: what Python refused it may take now.
    refused_once = False
End Sub

Public Function KopilotAsk(library As String, name As String, arguments As Variant, trouble As String) As Variant
    ' What a Python function answers; the trouble says why it did not. A server that is gone is started anew, once.
    Dim reached As Boolean, again As Boolean
    Dim failure As Long
    Dim reason As String
    trouble = ""
    On Error GoTo Failed
    busy = True
Start:
    reached = False
    If KopilotServer Is Nothing Then Set KopilotServer = KopilotStarted(trouble)
    If KopilotServer Is Nothing Then
        out_of_reach = True
        busy = False
        Exit Function
    End If
    reached = True
    KopilotAsk = KopilotServer.CallUDF(library, name, arguments, Application.ThisWorkbook, Nothing)
    busy = False
    Exit Function
Failed:
    failure = Err.Number
    reason = LastLine(Err.Description)
    If reached And Not again And IsGone(failure) Then
        Set KopilotServer = Nothing
        again = True
        Resume Start
    End If
    busy = False
    trouble = reason
    If reached And Not IsGone(failure) Then Exit Function
    Set KopilotServer = Nothing
    out_of_reach = True
    trouble = NOT_REACHED & vbLf & vbLf & reason
End Function

Public Sub KopilotTryAgain()
    ' Formulas may ask again: somebody clicked a button.
    out_of_reach = False
    refused_once = False
End Sub

Public Sub KopilotReconnect()
    ' The next question starts Python anew, whatever failed before.
    KopilotTryAgain
    KopilotForgetFailure
    Set KopilotServer = Nothing
End Sub

Public Sub KopilotNoteTrouble(trouble As String)
    ' From now on the formulas answer from the last refresh: until the data change or, where Python was not reached,
    ' until a button is clicked. It is said once; that there is no add-in is no trouble, and is not said.
    refused_once = True
    If trouble = NO_ADD_IN Then Exit Sub
    KopilotTell trouble & vbLf & vbLf & FROM_LAST_REFRESH, vbExclamation
End Sub

Public Sub KopilotTell(text As String, Optional look As Long = 64)
    If HostIsSeen() Then MsgBox text, look, TITLE
End Sub

Private Function IsGone(failure As Long) As Boolean
    ' Whether it is the connection that failed, not what was asked: the server ended, or its process is no more.
    Select Case failure
        Case &H1CE, &H800706BA, &H800706BE, &H800706B5, &H80010108, &H8001010E, &H80010005
            IsGone = True
    End Select
End Function

Public Function LastLine(text As String) As String
    ' What a person needs of a long report from Python.
    Dim lines() As String
    Dim i As Long, colon As Long
    lines = Split(Replace(text, vbCr, ""), vbLf)
    For i = UBound(lines) To LBound(lines) Step -1
        If Trim(lines(i)) <> "" Then
            LastLine = Trim(lines(i))
            Exit For
        End If
    Next i
    ' The name of a Python class before the text tells a user nothing.
    colon = InStr(LastLine, "Error: ")
    If colon > 0 And InStr(LastLine, " ") = colon + 6 Then LastLine = Mid(LastLine, colon + 7)
End Function
