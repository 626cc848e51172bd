"""
Evidence that the books are right.
"""
