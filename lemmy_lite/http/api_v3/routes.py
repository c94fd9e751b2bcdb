"""Which function answers which operation of API v3: one line each, in the order of `operations.py`.

Method, address, request, rate limit and role stand there; an operation that is not listed here is not served.
"""

from collections.abc import Mapping

from lemmy_lite.http.api_v3.adapter import Answering

HANDLERS: Mapping[str, Answering] = {}
