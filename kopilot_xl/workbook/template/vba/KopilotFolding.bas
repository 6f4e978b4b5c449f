Option Explicit

' Text without its case, as Python's casefold has it: full folding of all of Unicode, whatever the country. LCase knows
' neither the final sigma nor the ligatures, and follows the country in some letters.
' KopilotLetters has the table: ranges of letters with the distance to what they fold to, and those that become several.

' Characters beyond the first 65,536 are two: a high one, then a low one.
Private Const HIGH As Long = 55296
Private Const LOW As Long = 56320
Private Const SURROGATES As Long = 1024
Private Const PLANE As Long = 65536

Private firsts() As Long
Private lasts() As Long
Private steps() As Long
Private distances() As Long
Private singles() As Long
Private several() As String
Private loaded As Boolean

Public Function KopilotFolded(text As String) As String
    Dim i As Long, code As Long, second As Long
    If Not (text Like "*[! -@[-~]*") Then
        KopilotFolded = text
        Exit Function
    End If
    If Not loaded Then LoadLetters
    i = 1
    Do While i <= Len(text)
        code = KopilotCode(text, i)
        If code >= HIGH And code < LOW And i < Len(text) Then
            second = KopilotCode(text, i + 1)
            If second >= LOW And second < LOW + SURROGATES Then
                code = PLANE + (code - HIGH) * SURROGATES + second - LOW
                i = i + 1
            End If
        End If
        KopilotFolded = KopilotFolded & FoldedLetter(code)
        i = i + 1
    Loop
End Function

Public Function KopilotCode(text As String, at As Long) As Long
    ' The number of a character. AscW counts from -32768 on.
    KopilotCode = AscW(Mid(text, at, 1))
    If KopilotCode < 0 Then KopilotCode = KopilotCode + PLANE
End Function

Private Function FoldedLetter(code As Long) As String
    Dim i As Long
    If code < 128 Then
        If code >= 65 And code <= 90 Then code = code + 32
        FoldedLetter = ChrW(code)
        Exit Function
    End If
    i = Position(singles, code)
    If i >= 0 Then
        If singles(i) = code Then
            FoldedLetter = several(i)
            Exit Function
        End If
    End If
    i = Position(firsts, code)
    If i >= 0 Then
        If code <= lasts(i) Then
            If (code - firsts(i)) Mod steps(i) = 0 Then code = code + distances(i)
        End If
    End If
    FoldedLetter = Letter(code)
End Function

Private Function Position(sorted() As Long, code As Long) As Long
    ' The last item that is not above a code; -1 if all are.
    Dim bottom As Long, top As Long, middle As Long
    bottom = LBound(sorted) - 1
    top = UBound(sorted)
    Do While bottom < top
        middle = (bottom + top + 1) \ 2
        If sorted(middle) <= code Then
            bottom = middle
        Else
            top = middle - 1
        End If
    Loop
    Position = bottom
End Function

Private Function Letter(code As Long) As String
    If code < PLANE \ 2 Then
        Letter = ChrW(code)
    ElseIf code < PLANE Then
        Letter = ChrW(code - PLANE)
    Else
        Letter = ChrW((code - PLANE) \ SURROGATES + HIGH - PLANE) & ChrW((code - PLANE) Mod SURROGATES + LOW - PLANE)
    End If
End Function

Private Sub LoadLetters()
    Dim items() As String, parts() As String
    Dim i As Long, k As Long
    items = Split(KopilotLetterRanges(), ";")
    ReDim firsts(0 To UBound(items))
    ReDim lasts(0 To UBound(items))
    ReDim steps(0 To UBound(items))
    ReDim distances(0 To UBound(items))
    For i = 0 To UBound(items)
        parts = Split(items(i), ",")
        firsts(i) = CLng(parts(0))
        lasts(i) = firsts(i) + CLng(parts(1))
        steps(i) = CLng(parts(2))
        distances(i) = CLng(parts(3))
    Next i
    items = Split(KopilotLettersToSeveral(), ";")
    ReDim singles(0 To UBound(items))
    ReDim several(0 To UBound(items))
    For i = 0 To UBound(items)
        parts = Split(items(i), ",")
        singles(i) = CLng(parts(0))
        For k = 1 To UBound(parts)
            several(i) = several(i) & Letter(CLng(parts(k)))
        Next k
    Next i
    loaded = True
End Sub
