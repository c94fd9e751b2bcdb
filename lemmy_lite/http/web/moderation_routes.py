"""The pages and forms of moderators and admins, as the table of the site takes them in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from lemmy_lite.http.response import Response
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Visit

Showing = Callable[[Visit], Awaitable[Response]]
Taking = Callable[[Visit, Form], Awaitable[Response]]

MODERATION_PAGES: tuple[tuple[str, Showing], ...] = ()

MODERATION_FORMS: tuple[tuple[str, Taking], ...] = ()

MODERATION_FOR_MEMBERS: frozenset[Showing] = frozenset()
"""Pages that strangers are sent to log in for."""

MODERATION_WITH_FILES: Mapping[Taking, int] = {}
"""Forms that may bring pictures along, and how many."""
