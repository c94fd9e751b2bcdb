"""What a viewer sees, one file per noun: visibility is decided here, in SQL that takes the viewer (security.md, rule 10)."""
