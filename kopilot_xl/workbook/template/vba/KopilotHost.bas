Option Explicit

' What only Excel itself can do. Tests put another module in the place of this one.

Private Const ADD_IN As String = "xlwings.xlam!"

Public Function HostServer() As Object
    ' Python, through the xlwings add-in.
    Set HostServer = Application.Run(ADD_IN & "XLPy")
End Function

Public Function HostHasNoAddIn(failure As Long) As Boolean
    ' Whether asking for Python failed because there is no add-in to ask: Excel's number for a macro it cannot find.
    HostHasNoAddIn = (failure = 1004)
End Function

Public Function HostOnMac() As Boolean
    HostOnMac = InStr(1, Application.OperatingSystem, "Mac", vbTextCompare) > 0
End Function

Public Function HostOnPC() As Boolean
    HostOnPC = InStr(1, Application.OperatingSystem, "Windows", vbTextCompare) > 0
End Function

Public Sub HostRunPython(command As String)
    ' Starts Python on a Mac, and does not wait for it.
    Application.Run ADD_IN & "RunPython", command
End Sub

Public Function HostAsked(prompt As String, heading As String, answer As String) As Boolean
    ' Asks for a text that may stay blank; False if the box was canceled, which blank alone does not tell.
    answer = InputBox(prompt, heading)
    HostAsked = (StrPtr(answer) <> 0)
End Function

Public Sub HostRecalculate()
    ' Every formula of this workbook, whatever it depends on, and no other workbook's. Writes no cell: that would
    ' take the user's Undo away.
    Dim sheet As Object
    For Each sheet In Application.ThisWorkbook.Worksheets
        sheet.EnableCalculation = False
        sheet.EnableCalculation = True
    Next sheet
End Sub
