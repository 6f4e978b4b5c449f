Option Explicit

' When two client ids are the same: the rule of Python's domain, by which every id is compared on this side, those in
' Python's answer and in _Segments too, which are as the table Clients has them.

Public Function ClientKey(id As Variant) As String
    ' What an id is compared by: case and surrounding blanks do not count, 1001 and "1001.0" are the same.
    Select Case VarType(id)
        Case vbEmpty, vbNull
            Exit Function
        Case vbInteger, vbLong, vbSingle, vbDouble, vbCurrency, vbDecimal, vbByte
            ClientKey = NumberKey(id)
        Case vbBoolean
            ClientKey = IIf(id, "true", "false")
        Case vbDate
            ClientKey = KopilotDayText(KopilotDay(id))
        Case Else
            ClientKey = WithoutZeroDecimals(KopilotFolded(Stripped(CStr(id))))
    End Select
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
        If Not IsBlankCharacter(Mid(text, first, 1)) Then Exit Do
        first = first + 1
    Loop
    Do While last >= first
        If Not IsBlankCharacter(Mid(text, last, 1)) Then Exit Do
        last = last - 1
    Loop
    Stripped = Mid(text, first, last - first + 1)
End Function

Private Function IsBlankCharacter(character As String) As Boolean
    ' Blanks, tabs and line breaks, the wide and the unbreakable ones too.
    Select Case AscW(character)
        Case 9 To 13, 28 To 32, 133, 160, 5760, 8192 To 8202, 8232, 8233, 8239, 8287, 12288
            IsBlankCharacter = True
    End Select
End Function

Private Function WithoutZeroDecimals(text As String) As String
    ' 1001.0 becomes 1001; every other text stays.
    Dim point As Long
    WithoutZeroDecimals = text
    point = InStr(text, ".")
    If point < 2 Or point = Len(text) Then Exit Function
    If Not LiesBetween(Mid(text, point + 1), "0", "0") Then Exit Function
    If Left(text, 1) = "-" Then
        If LiesBetween(Mid(text, 2, point - 2), "0", "9") Then WithoutZeroDecimals = Left(text, point - 1)
    Else
        If LiesBetween(Left(text, point - 1), "0", "9") Then WithoutZeroDecimals = Left(text, point - 1)
    End If
End Function

Private Function LiesBetween(text As String, lowest As String, highest As String) As Boolean
    ' Whether a text has characters, and all of them lie between two.
    Dim i As Long
    For i = 1 To Len(text)
        If AscW(Mid(text, i, 1)) < AscW(lowest) Or AscW(Mid(text, i, 1)) > AscW(highest) Then Exit Function
    Next i
    LiesBetween = Len(text) > 0
End Function

Public Function CollectionKey(key As String) As String
    ' A key as a Collection takes it. A Collection compares by the country's rules, which hold some letters for the
    ' same that are not: whatever is beyond ASCII is spelt out.
    Dim i As Long, code As Long
    Dim spelt As String
    If Not (key Like "*[! -Z^-~]*") Then
        CollectionKey = key
        Exit Function
    End If
    For i = 1 To Len(key)
        code = KopilotCode(key, i)
        If code >= 32 And code < 127 And code <> 92 Then
            spelt = spelt & Mid(key, i, 1)
        Else
            spelt = spelt & "\" & Hex(code) & ";"
        End If
    Next i
    CollectionKey = spelt
End Function
