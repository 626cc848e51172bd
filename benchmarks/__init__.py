"""
How fast timebank is, beside its peers and beside the floor.

A *question* is one module in `questions`: what is asked, the arithmetic of what to expect,
and the goals.  A *subject* is one module in `subjects`: something that keeps books, or the
floor, which writes the same rows without any rule.  `runner` measures subjects round by
round, `report` and `plots` show what was found.
"""
