"""What API v3 puts on the wire: requests and answers per noun, and how query strings and bodies are read.

Entities and views stand in `model/`; here are the envelopes around them. In a request, None means the field was absent or null, which
are the same to Lemmy; unknown fields are ignored.
"""
