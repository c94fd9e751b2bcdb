"""Activities on the wire: one Struct for all types, as their fields differ little and peers mix them.

Lemmy names a community in `audience`, a moderator's reason in `summary`, the collection of Add and Remove in `target`, the end of a ban in
`endTime` and, as it did before, in `expires`. Mastodon gives the reason of a report in `content`.
"""

from typing import Any

from lemmy_lite.federation.protocol.wire import Wire


class Activity(Wire, kw_only=True):
    """Who did what to which object."""

    id: str
    actor: Any
    to: Any = None
    object: Any
    cc: Any = None
    audience: Any = None
    target: Any = None
    summary: str | None = None
    tag: Any = None
    content: Any = None
    remove_data: bool | None = None
    restore_data: bool | None = None
    end_time: Any = None
    expires: Any = None
    type: str
