"""Rows as they are, one file per noun: plain reads and writes without a viewer, for verbs alone."""
