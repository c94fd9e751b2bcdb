"""Commands of whoever holds the machine, carried out by the running server: only it may write to its database (storage/sqlite.py)."""
