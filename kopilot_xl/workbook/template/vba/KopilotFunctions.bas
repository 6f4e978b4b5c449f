Option Explicit

' The worksheet functions. KopilotData does the looking up, in one snapshot of the whole portfolio.
' A range gives an array of its own shape, a blank cell a blank, an unknown client #N/A. A missing date is passed on
' as Empty: not every host can pass on that an argument is missing.

Public Function SEGMENT(client As Variant, Optional as_of As Variant) As Variant
    ' The segment of a client, by its id.
    If IsMissing(as_of) Then
        SEGMENT = KopilotAnswer(client, SEGMENT_COLUMN, Empty)
    Else
        SEGMENT = KopilotAnswer(client, SEGMENT_COLUMN, as_of)
    End If
End Function

Public Function NEXT_ACTION(client As Variant, Optional as_of As Variant) As Variant
    ' What to do about a client, or the plan that is already there.
    If IsMissing(as_of) Then
        NEXT_ACTION = KopilotAnswer(client, NEXT_ACTION_COLUMN, Empty)
    Else
        NEXT_ACTION = KopilotAnswer(client, NEXT_ACTION_COLUMN, as_of)
    End If
End Function

Public Function LEAVES_ON(client As Variant, Optional as_of As Variant) As Variant
    ' The day a client leaves the portfolio if nothing happens; blank if there is none.
    If IsMissing(as_of) Then
        LEAVES_ON = KopilotAnswer(client, LEAVES_ON_COLUMN, Empty)
    Else
        LEAVES_ON = KopilotAnswer(client, LEAVES_ON_COLUMN, as_of)
    End If
End Function

Public Function ACTIVITY_SEGMENT( _
    created_on As Variant, last_invoice As Variant, next_planned As Variant, Optional as_of As Variant _
) As Variant
    ' The segment that follows from dates alone, whatever table they stand in. Give it ranges: that is one call.
    If IsMissing(as_of) Then
        ACTIVITY_SEGMENT = KopilotRule(created_on, last_invoice, next_planned, Empty)
    Else
        ACTIVITY_SEGMENT = KopilotRule(created_on, last_invoice, next_planned, as_of)
    End If
End Function

Public Function PORTFOLIO_SHAPE(Optional as_of As Variant) As Variant
    ' The shape of the portfolio.
    If IsMissing(as_of) Then
        PORTFOLIO_SHAPE = KopilotShape(Empty)
    Else
        PORTFOLIO_SHAPE = KopilotShape(as_of)
    End If
End Function

Public Function FORECAST_REVENUE(day_of_month As Variant) As Variant
    ' What the last refresh expects of the month a day lies in, one of the next twelve.
    FORECAST_REVENUE = KopilotForecast(day_of_month)
End Function

Public Function SEGMENT_COUNTS(Optional as_of As Variant) As Variant
    ' The histogram: each segment and its number of clients, in 7 rows and 2 columns.
    If IsMissing(as_of) Then
        SEGMENT_COUNTS = KopilotCounts(Empty)
    Else
        SEGMENT_COUNTS = KopilotCounts(as_of)
    End If
End Function
