Option Explicit

' The worksheet functions. Each answers from what the last refresh stored; KopilotData does the looking up.
' A range gives an array of its own shape, a blank cell a blank, an unknown client #N/A. A missing date is passed on
' as Empty: not every host can pass on that an argument is missing.

Public Function SEGMENT(client As Variant, Optional as_of As Variant) As Variant
    ' The segment of a client, by its id.
    If IsMissing(as_of) Then
        SEGMENT = KopilotAnswer(client, 2, Empty)
    Else
        SEGMENT = KopilotAnswer(client, 2, as_of)
    End If
End Function

Public Function NEXT_ACTION(client As Variant, Optional as_of As Variant) As Variant
    ' What to do about a client, or the plan that is already there.
    If IsMissing(as_of) Then
        NEXT_ACTION = KopilotAnswer(client, 3, Empty)
    Else
        NEXT_ACTION = KopilotAnswer(client, 3, as_of)
    End If
End Function

Public Function LEAVES_ON(client As Variant, Optional as_of As Variant) As Variant
    ' The day a client leaves the portfolio if nothing happens; blank if there is none.
    If IsMissing(as_of) Then
        LEAVES_ON = KopilotAnswer(client, 4, Empty)
    Else
        LEAVES_ON = KopilotAnswer(client, 4, as_of)
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

Public Function SEGMENT_COUNTS(Optional as_of As Variant) As Variant
    ' The histogram: each segment and its number of clients, in 7 rows and 2 columns.
    If IsMissing(as_of) Then
        SEGMENT_COUNTS = KopilotCounts(Empty)
    Else
        SEGMENT_COUNTS = KopilotCounts(as_of)
    End If
End Function
