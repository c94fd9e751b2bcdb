"""Where something comes from that was not written here."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.struct import Struct


class RemoteOrigin(Struct, kw_only=True):
    """What a received object brings of its own: its id and its times, kept to the microsecond. None in a verb means: written here.

    `called` are local people whom a comment calls by tags or links, besides those whose names stand in its text.
    """

    ap_id: str
    published: Micros
    updated: Micros | None = None
    called: tuple[PersonId, ...] = ()
