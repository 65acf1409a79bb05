"""The stages of a quarter, one file each: a stage reads named arrays, returns named arrays, and touches nothing else.

What a stage may read and must write is declared in model/schedule.py and enforced at every step.
"""
