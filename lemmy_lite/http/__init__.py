"""Surfaces: every way in over HTTP. Each parses, authenticates, makes one domain call and answers; no rules and no SQL live here."""
