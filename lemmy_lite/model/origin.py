"""Where something comes from that was not written here."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.struct import Struct


class RemoteOrigin(Struct, kw_only=True):
    """What a received object brings of its own: its id and its times, kept to the microsecond. None in a verb means: written here."""

    ap_id: str
    published: Micros
    updated: Micros | None = None
