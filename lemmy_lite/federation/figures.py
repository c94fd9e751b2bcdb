"""The figures of federation at this moment, for metrics and for people who look after an instance."""

from collections.abc import Mapping

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.struct import Struct


class Figures(Struct):
    """Of this process since its start; nothing here costs a look at the database.

    `told` instances have heard all that concerns them, `under_way` are being told something, the oldest of it from `oldest_under_way`
    (microseconds), `failing` wait for another try, `asleep` of these get one a day. `inbox_waiting` activities were acknowledged and are
    not in effect yet, in `inbox_lanes`, one for each sending host. `inbox_refused` counts, by reason, what was turned away at the door.
    `clock_doubt` says why nothing is signed or judged now; it is absent while the clock is believed.
    """

    told: int
    under_way: int
    failing: int
    asleep: int
    inbox_waiting: int
    inbox_lanes: int
    inbox_refused: Mapping[str, int]
    clock_doubt: str | None = None
    oldest_under_way: Micros | None = None
