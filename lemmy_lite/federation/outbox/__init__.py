"""From events to the log of sent activities, in the transaction of the deed: a crash cannot part the two (design rule 21).

`subscriber` holds the table of who tells what; a file per family of activities says how; `log` is what they write to.
"""
