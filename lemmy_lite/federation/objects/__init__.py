"""A file per noun: the document of a local row, what makes a received document believable, and how it becomes a row.

`receive` functions are functions of a transaction; what they lack they ask for with `Needs`. Callers have made sure that the document
comes from its own origin (design rule 7): it was fetched from its id, or its own host signed it.
"""
