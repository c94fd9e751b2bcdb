"""Taking over the database of a Lemmy 0.19 server, live or as a dump: whose tables become which of ours.

`source` reads it, `columns` and `plan` say what becomes of each column, `taking` carries the rows over in pieces that can be taken up
again. Names and types are those of Lemmy's crates/db_schema/src/schema.rs (release/v0.19).
"""
