"""Lemmy's HTTP API v3, as release 0.19.20 speaks it: `routes.py` lists all operations, `wire/` has what they take and give."""
