Option Explicit

' The worksheet functions. Each answers from what the last refresh stored; KopilotData does the looking up.
' A range gives an array of its own shape, a blank cell a blank, an unknown client #N/A.

Public Function SEGMENT(client As Variant, Optional as_of As Variant) As Variant
    ' The segment of a client, by its id.
    SEGMENT = KopilotAnswer(client, 2, as_of)
End Function

Public Function NEXT_ACTION(client As Variant, Optional as_of As Variant) As Variant
    ' What to do about a client, or the plan that is already there.
    NEXT_ACTION = KopilotAnswer(client, 3, as_of)
End Function

Public Function LEAVES_ON(client As Variant, Optional as_of As Variant) As Variant
    ' The day a client leaves the portfolio if nothing happens; blank if there is none.
    LEAVES_ON = KopilotAnswer(client, 4, as_of)
End Function

Public Function PORTFOLIO_SHAPE(Optional as_of As Variant) As Variant
    ' The shape of the portfolio.
    PORTFOLIO_SHAPE = KopilotShape(as_of)
End Function

Public Function SEGMENT_COUNTS(Optional as_of As Variant) As Variant
    ' The histogram: each segment and its number of clients, in 7 rows and 2 columns.
    SEGMENT_COUNTS = KopilotCounts(as_of)
End Function
