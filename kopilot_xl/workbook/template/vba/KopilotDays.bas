Option Explicit

' Days as numbers, counted as Excel counts them. Format, Year and DateSerial follow the calendar of the country, Thai or
' Hijri among them: whatever is compared or sent to Python is reckoned here.

' Half a second: a time that was computed may end up a hair below the midnight that is meant.
Private Const HAIR As Double = 0.5 / 86400
' 1 March of the year 0, from which the reckoning begins; an era is 400 years.
Private Const ERA_DAYS As Long = 146097
Private Const FIRST_DAY As Long = 693899
Public Const LAST_DAY As Long = 2958465

Public Function KopilotDay(moment As Variant) As Long
    ' The day a moment lies in.
    KopilotDay = Int(CDbl(moment) + HAIR)
End Function

Public Function KopilotDayText(day As Long) As String
    ' A day as 2026-07-01.
    Dim y As Long, m As Long, d As Long
    SplitDay day, y, m, d
    KopilotDayText = Right("000" & y, 4) & "-" & Right("0" & m, 2) & "-" & Right("0" & d, 2)
End Function

Public Function KopilotDayOf(text As String) As Long
    ' The day that a text such as 2026-07-01 names; 0 if it names none.
    Dim y As Long, m As Long, d As Long, day As Long
    If Not (text Like "####-##-##") Then Exit Function
    y = CLng(Left(text, 4))
    m = CLng(Mid(text, 6, 2))
    d = CLng(Mid(text, 9, 2))
    If m < 1 Or m > 12 Or y < 1900 Then Exit Function
    day = DayNumber(y, m, d)
    If day < 1 Or day > LAST_DAY Then Exit Function
    If KopilotDayText(day) = text Then KopilotDayOf = day
End Function

Public Function KopilotMonthStart(day As Long) As Long
    ' The first day of the month a day lies in.
    Dim y As Long, m As Long, d As Long
    SplitDay day, y, m, d
    KopilotMonthStart = day - d + 1
End Function

Private Sub SplitDay(day As Long, y As Long, m As Long, d As Long)
    ' Years begin in March here, so that the leap day is the last one.
    Dim era As Long, in_era As Long, in_year As Long, month As Long
    era = (day + FIRST_DAY) \ ERA_DAYS
    in_era = day + FIRST_DAY - era * ERA_DAYS
    y = (in_era - in_era \ 1460 + in_era \ 36524 - in_era \ 146096) \ 365
    in_year = in_era - (365 * y + y \ 4 - y \ 100)
    month = (5 * in_year + 2) \ 153
    d = in_year - (153 * month + 2) \ 5 + 1
    m = IIf(month < 10, month + 3, month - 9)
    y = y + era * 400 + IIf(m <= 2, 1, 0)
End Sub

Private Function DayNumber(y As Long, m As Long, d As Long) As Long
    Dim year As Long, era As Long, in_era As Long
    year = y - IIf(m <= 2, 1, 0)
    era = year \ 400
    in_era = year - era * 400
    in_era = in_era * 365 + in_era \ 4 - in_era \ 100 + (153 * ((m + 9) Mod 12) + 2) \ 5 + d - 1
    DayNumber = era * ERA_DAYS + in_era - FIRST_DAY
End Function
