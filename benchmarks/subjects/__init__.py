"""
What is measured.  A module here has `prepare`, which makes books, and `Books`.

Only a worker imports these modules, each in a process of its own, so that a peer which is
not installed is missed by nobody else.  `catalogue` says what there is.
"""
