"""
A programme's rules as data, and what they mean as pure functions.

`files` reads them, `check` finds what contradicts itself, `rules` are the values,
`expressions` and `windows` their grammar; `case` answers what a rule may ask, `needs` says
beforehand what that will be, `movement` drafts what the rules move.
"""
