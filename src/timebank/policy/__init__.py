"""
A programme's rules as data, and what they mean as pure functions.

`files` and `grammar` read them, `check` finds what contradicts itself, `hints` words what
either finds.  `rules` are the values, `expressions`, `conditions` and `windows` their
grammar; `case` answers what a rule may ask, `needs` says beforehand what that will be,
`movement` drafts what the rules move.
"""
