Option Explicit

' What cells ask, looked up in the snapshot of a day (KopilotSnapshots). KopilotNames has its layout.
' This workbook is named through Application: ThisWorkbook alone is not to be found once LibreOffice saved the file.

Public Function KopilotAnswer(client As Variant, column As Long, as_of As Variant) As Variant
    ' A column of the snapshot for an id, or for a range or array of ids.
    Dim ids As Variant, refused As Variant
    Dim answers() As Variant
    Dim known As Collection
    Dim r As Long, c As Long
    ids = KopilotPlain(client)
    Set known = KopilotSnapshotOf(as_of, refused)
    If Not IsArray(ids) Then
        KopilotAnswer = OneAnswer(ids, column, known, refused)
        Exit Function
    End If
    ReDim answers(1 To UBound(ids, 1) - LBound(ids, 1) + 1, 1 To UBound(ids, 2) - LBound(ids, 2) + 1)
    For r = LBound(ids, 1) To UBound(ids, 1)
        For c = LBound(ids, 2) To UBound(ids, 2)
            answers(r - LBound(ids, 1) + 1, c - LBound(ids, 2) + 1) = OneAnswer(ids(r, c), column, known, refused)
        Next c
    Next r
    KopilotAnswer = answers
End Function

Public Function KopilotShape(as_of As Variant) As Variant
    Dim refused As Variant
    Dim known As Collection
    Set known = KopilotSnapshotOf(as_of, refused)
    If known Is Nothing Then
        KopilotShape = refused
    Else
        KopilotShape = KopilotCell(known, SHAPE_ROW, 2)
    End If
End Function

Public Function KopilotCounts(as_of As Variant) As Variant
    Dim refused As Variant
    Dim counts() As Variant
    Dim known As Collection
    Dim bar As Long
    Set known = KopilotSnapshotOf(as_of, refused)
    If known Is Nothing Then
        KopilotCounts = refused
        Exit Function
    End If
    ReDim counts(1 To BARS, 1 To 2)
    For bar = 1 To BARS
        counts(bar, 1) = KopilotCell(known, COUNTS_ROW + bar - 1, 1)
        counts(bar, 2) = KopilotCell(known, COUNTS_ROW + bar - 1, 2)
    Next bar
    KopilotCounts = counts
End Function

Public Function KopilotRule( _
    created_on As Variant, last_invoice As Variant, next_planned As Variant, as_of As Variant _
) As Variant
    ' What the pure rule says of dates, or of ranges of them. Only Python knows it; without a day, AsOf's counts.
    Dim answer As Variant, day As Variant, given As Variant
    Dim trouble As String
    day = KopilotPlain(as_of)
    If KopilotIsBlank(day) Then day = KopilotSetting(AS_OF_NAME)
    If Not KopilotMayAsk() Then
        KopilotRule = CVErr(ERROR_NA)
        Exit Function
    End If
    given = Array(KopilotPlain(created_on), KopilotPlain(last_invoice), KopilotPlain(next_planned), day)
    answer = KopilotAsk("kopilot_xl.excel.udfs", "ACTIVITY_SEGMENT", given, trouble)
    If trouble = "" Then
        KopilotRule = WithErrors(answer)
    Else
        KopilotNoteTrouble trouble
        KopilotRule = CVErr(ERROR_NA)
    End If
End Function

Public Function KopilotForecast(asked As Variant) As Variant
    ' What the last refresh expects of the month a day lies in, or of those of a range of days: what Forecast shows.
    Dim days As Variant, months As Variant
    Dim answers() As Variant
    Dim r As Long, c As Long
    days = KopilotPlain(asked)
    months = StoredMonths()
    If Not IsArray(days) Then
        KopilotForecast = OneMonth(days, months)
        Exit Function
    End If
    ReDim answers(1 To UBound(days, 1) - LBound(days, 1) + 1, 1 To UBound(days, 2) - LBound(days, 2) + 1)
    For r = LBound(days, 1) To UBound(days, 1)
        For c = LBound(days, 2) To UBound(days, 2)
            answers(r - LBound(days, 1) + 1, c - LBound(days, 2) + 1) = OneMonth(days(r, c), months)
        Next c
    Next r
    KopilotForecast = answers
End Function

Private Function StoredMonths() As Variant
    ' The first days of the months ahead and what is expected of each; Empty if the sheet is gone or another version's.
    Dim sheet As Object
    On Error GoTo Missing
    Set sheet = Application.ThisWorkbook.Worksheets(SNAPSHOT_SHEET)
    If Not KopilotIsRead(sheet.Range("B1").Value) Then Exit Function
    StoredMonths = sheet.Range( _
        sheet.Cells(FIRST_MONTH_ROW, MONTH_COLUMN), sheet.Cells(FIRST_MONTH_ROW + MONTHS_AHEAD - 1, EXPECTED_COLUMN) _
    ).Value
Missing:
End Function

Private Function OneMonth(asked As Variant, months As Variant) As Variant
    Dim refused As Variant
    Dim day As Long, first As Long, row As Long
    day = KopilotAskedDay(asked, refused)
    If IsError(refused) Then
        OneMonth = refused
        Exit Function
    End If
    If day = 0 Then
        OneMonth = ""
        Exit Function
    End If
    OneMonth = CVErr(ERROR_NA)
    If Not IsArray(months) Then Exit Function
    first = KopilotMonthStart(day)
    For row = LBound(months, 1) To UBound(months, 1)
        If Not IsEmpty(months(row, 1)) Then
            If KopilotDay(months(row, 1)) = first Then OneMonth = months(row, 2)
        End If
    Next row
End Function

Private Function OneAnswer(client As Variant, column As Long, known As Collection, refused As Variant) As Variant
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
    If known Is Nothing Then
        OneAnswer = refused
        Exit Function
    End If
    row = KopilotRowOf(known, key)
    If row = 0 Then
        OneAnswer = CVErr(ERROR_NA)
    Else
        OneAnswer = KopilotCell(known, row, column)
        If IsEmpty(OneAnswer) Or IsNull(OneAnswer) Then OneAnswer = ""
    End If
End Function

Private Function WithErrors(answer As Variant) As Variant
    ' Python names an error; Excel wants it made.
    Dim r As Long, c As Long
    Dim made As Variant
    made = answer
    If Not IsArray(made) Then
        WithErrors = MadeError(made)
        Exit Function
    End If
    If Dimensions(made) = 1 Then
        For c = LBound(made) To UBound(made)
            made(c) = MadeError(made(c))
        Next c
    Else
        For r = LBound(made, 1) To UBound(made, 1)
            For c = LBound(made, 2) To UBound(made, 2)
                made(r, c) = MadeError(made(r, c))
            Next c
        Next r
    End If
    WithErrors = made
End Function

Private Function MadeError(value As Variant) As Variant
    MadeError = value
    If IsError(value) Then Exit Function
    If IsEmpty(value) Or IsNull(value) Then
        MadeError = ""
    ElseIf VarType(value) = vbString Then
        If value = "#VALUE!" Then MadeError = CVErr(ERROR_VALUE)
        If value = "#N/A" Then MadeError = CVErr(ERROR_NA)
    End If
End Function

Private Function Dimensions(values As Variant) As Long
    Dimensions = 1
    On Error GoTo OnlyOne
    If UBound(values, 2) >= LBound(values, 2) Then Dimensions = 2
OnlyOne:
End Function

Public Function KopilotPlain(given As Variant) As Variant
    ' What an argument holds: a range's values, or the argument itself. A variable of its own for the range, since
    ' LibreOffice fails on given.Value where given is no object, even in the branch that is not taken.
    Dim cells As Object
    If IsObject(given) Then
        Set cells = given
        KopilotPlain = cells.Value
    Else
        KopilotPlain = given
    End If
End Function

Public Function KopilotIsBlank(value As Variant) As Boolean
    If IsError(value) Or IsArray(value) Then Exit Function
    KopilotIsBlank = (CStr(value) = "")
End Function
