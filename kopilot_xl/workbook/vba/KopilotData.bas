Option Explicit

' What the last refresh stored on the sheet _Segments, read once, and looking up in it.

Private Const SNAPSHOT_SHEET As String = "_Segments"
Private Const SNAPSHOT_FORMAT As Long = 1
Private Const AS_OF_ROW As Long = 2
Private Const SHAPE_ROW As Long = 4
Private Const COUNTS_ROW As Long = 7
Private Const BARS As Long = 7
Private Const CLIENTS_ROW As Long = 15
Private Const FIRST_CLIENT_ROW As Long = 17

' Excel's numbers of #VALUE! and #N/A, which other programs may not name.
Private Const ERROR_VALUE As Long = 2015
Private Const ERROR_NA As Long = 2042

Private snapshot As Variant

' The row of each client's key. Public, because LibreOffice empties a private object variable between two cells.
Public KopilotKnown As Collection

Public Sub KopilotForget()
    ' The next formula reads the stored snapshot anew.
    Set KopilotKnown = Nothing
End Sub

Public Function KopilotAnswer(client As Variant, column As Long, as_of As Variant) As Variant
    ' A column of the snapshot for an id, or for a range or array of ids.
    Dim ids As Variant, refused As Variant
    Dim answers() As Variant
    Dim r As Long, c As Long
    ids = PlainValue(client)
    refused = Refusal(as_of)
    If Not IsArray(ids) Then
        KopilotAnswer = OneAnswer(ids, column, refused)
        Exit Function
    End If
    ReDim answers(1 To UBound(ids, 1) - LBound(ids, 1) + 1, 1 To UBound(ids, 2) - LBound(ids, 2) + 1)
    For r = LBound(ids, 1) To UBound(ids, 1)
        For c = LBound(ids, 2) To UBound(ids, 2)
            answers(r - LBound(ids, 1) + 1, c - LBound(ids, 2) + 1) = OneAnswer(ids(r, c), column, refused)
        Next c
    Next r
    KopilotAnswer = answers
End Function

Public Function KopilotShape(as_of As Variant) As Variant
    Dim refused As Variant
    refused = Refusal(as_of)
    If IsError(refused) Then
        KopilotShape = refused
    Else
        KopilotShape = snapshot(SHAPE_ROW, 2)
    End If
End Function

Public Function KopilotCounts(as_of As Variant) As Variant
    Dim refused As Variant
    Dim counts() As Variant
    Dim bar As Long
    refused = Refusal(as_of)
    If IsError(refused) Then
        KopilotCounts = refused
        Exit Function
    End If
    ReDim counts(1 To BARS, 1 To 2)
    For bar = 1 To BARS
        counts(bar, 1) = snapshot(COUNTS_ROW + bar - 1, 1)
        counts(bar, 2) = snapshot(COUNTS_ROW + bar - 1, 2)
    Next bar
    KopilotCounts = counts
End Function

Private Function OneAnswer(client As Variant, column As Long, refused As Variant) As Variant
    Dim key As String
    Dim row As Long
    If IsError(client) Then
        OneAnswer = client
        Exit Function
    End If
    key = ClientKey(client)
    If key = "" Then
        OneAnswer = ""
        Exit Function
    End If
    If IsError(refused) Then
        OneAnswer = refused
        Exit Function
    End If
    row = RowOf(key)
    If row = 0 Then
        OneAnswer = CVErr(ERROR_NA)
    ElseIf IsEmpty(snapshot(row, column)) Then
        OneAnswer = ""
    Else
        OneAnswer = snapshot(row, column)
    End If
End Function

Private Function Refusal(as_of As Variant) As Variant
    ' The error to show where there is no snapshot, or none of the date asked for; else Empty.
    Dim asked As Variant
    If Not Loaded() Then
        Refusal = CVErr(ERROR_NA)
        Exit Function
    End If
    asked = PlainValue(as_of)
    If IsError(asked) Then
        Refusal = asked
    ElseIf IsArray(asked) Then
        Refusal = CVErr(ERROR_VALUE)
    ElseIf IsEmpty(asked) Then
        Exit Function
    ElseIf IsDate(asked) Then
        If Int(CDbl(CDate(asked))) <> StoredDay() Then Refusal = CVErr(ERROR_NA)
    ElseIf IsNumeric(asked) Then
        If Int(CDbl(asked)) <> StoredDay() Then Refusal = CVErr(ERROR_NA)
    Else
        Refusal = CVErr(ERROR_VALUE)
    End If
End Function

Private Function StoredDay() As Double
    StoredDay = Int(CDbl(snapshot(AS_OF_ROW, 2)))
End Function

Private Function Loaded() As Boolean
    ' Whether there is a snapshot; reads it the first time.
    Dim sheet As Object
    Dim found As Collection
    Dim clients As Long, row As Long
    If Not (KopilotKnown Is Nothing) Then
        Loaded = True
        Exit Function
    End If
    On Error GoTo Missing
    Set sheet = ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
    If IsEmpty(sheet.Range("B1").Value) Then Exit Function
    If sheet.Range("B1").Value <> SNAPSHOT_FORMAT Then Exit Function
    clients = CLng(sheet.Range("B" & CLIENTS_ROW).Value)
    snapshot = sheet.Range("A1:E" & (FIRST_CLIENT_ROW + clients)).Value
    Set found = New Collection
    For row = FIRST_CLIENT_ROW To FIRST_CLIENT_ROW + clients - 1
        found.Add row, CStr(snapshot(row, 1))
    Next row
    Set KopilotKnown = found
    Loaded = True
Missing:
End Function

Private Function RowOf(key As String) As Long
    ' The row of a client in the snapshot; 0 for an unknown one.
    On Error GoTo Missing
    RowOf = KopilotKnown.Item(key)
Missing:
End Function

Private Function PlainValue(given As Variant) As Variant
    ' What an argument holds: a range's values, or the argument itself. A variable of its own for the range, since
    ' LibreOffice fails on given.Value where given is no object, even in the branch that is not taken.
    Dim cells As Object
    If IsObject(given) Then
        Set cells = given
        PlainValue = cells.Value
    Else
        PlainValue = given
    End If
End Function

Public Function ClientKey(id As Variant) As String
    ' What an id is compared by: case and surrounding blanks do not count, 1001 and "1001.0" are the same.
    Dim text As String
    Select Case VarType(id)
        Case vbEmpty, vbNull
            Exit Function
        Case vbInteger, vbLong, vbSingle, vbDouble, vbCurrency, vbDecimal, vbByte
            ClientKey = NumberKey(id)
            Exit Function
        Case vbBoolean
            ClientKey = IIf(id, "true", "false")
            Exit Function
        Case vbDate
            ClientKey = Format(id, "yyyy-mm-dd")
            Exit Function
    End Select
    text = Replace(LCase(Stripped(CStr(id))), ChrW(223), "ss")
    ClientKey = WithoutZeroDecimals(text)
End Function

Private Function NumberKey(number As Variant) As String
    ' A whole number in digits, without exponent; another one with a point, whatever the country.
    Dim text As String
    If number = Int(number) Then
        NumberKey = Format(number, "0")
        Exit Function
    End If
    text = LCase(Trim(Str(number)))
    If Left(text, 1) = "." Then text = "0" & text
    If Left(text, 2) = "-." Then text = "-0" & Mid(text, 2)
    NumberKey = text
End Function

Private Function Stripped(text As String) As String
    Dim first As Long, last As Long
    first = 1
    last = Len(text)
    Do While first <= last
        If Not IsBlankSign(Mid(text, first, 1)) Then Exit Do
        first = first + 1
    Loop
    Do While last >= first
        If Not IsBlankSign(Mid(text, last, 1)) Then Exit Do
        last = last - 1
    Loop
    Stripped = Mid(text, first, last - first + 1)
End Function

Private Function IsBlankSign(sign As String) As Boolean
    ' Blanks, tabs and line breaks, the wide and the unbreakable ones too.
    Select Case AscW(sign)
        Case 9 To 13, 28 To 32, 133, 160, 5760, 8192 To 8202, 8232, 8233, 8239, 8287, 12288
            IsBlankSign = True
    End Select
End Function

Private Function WithoutZeroDecimals(text As String) As String
    ' 1001.0 becomes 1001; every other text stays.
    Dim point As Long
    WithoutZeroDecimals = text
    point = InStr(text, ".")
    If point < 2 Or point = Len(text) Then Exit Function
    If Not OnlySigns(Mid(text, point + 1), "0", "0") Then Exit Function
    If Left(text, 1) = "-" Then
        If OnlySigns(Mid(text, 2, point - 2), "0", "9") Then WithoutZeroDecimals = Left(text, point - 1)
    Else
        If OnlySigns(Left(text, point - 1), "0", "9") Then WithoutZeroDecimals = Left(text, point - 1)
    End If
End Function

Private Function OnlySigns(text As String, lowest As String, highest As String) As Boolean
    ' Whether a text has signs, and all of them lie between two.
    Dim place As Long
    For place = 1 To Len(text)
        If AscW(Mid(text, place, 1)) < AscW(lowest) Or AscW(Mid(text, place, 1)) > AscW(highest) Then Exit Function
    Next place
    OnlySigns = Len(text) > 0
End Function
