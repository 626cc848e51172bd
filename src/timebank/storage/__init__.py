"""
Where journals are kept: the contract every store honours, and the stores that ship.

Storage knows entries and how they fold, and neither rules nor laws.
"""
