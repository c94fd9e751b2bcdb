"""The tools that verbs and surfaces work with, passed on explicitly: never a global."""

from dataclasses import dataclass, field

from lemmy_lite.config import Config
from lemmy_lite.crypto.guesses import Guesses
from lemmy_lite.media.images import Images
from lemmy_lite.model.clock import Clock
from lemmy_lite.net.client import Client
from lemmy_lite.storage.history import History
from lemmy_lite.storage.meter import Meter
from lemmy_lite.storage.room import Room


@dataclass(frozen=True, slots=True)
class Context:
    """What does not change while the process runs, but for `jwt_secret`.

    The database is not here: a verb holds its transaction, a surface its Database. `history` remembers what posts counted before recent
    changes, so that walks of a list keep their order. `images` is None where pictures are switched off (`pictrs: null`).
    `room` says whether there is any on the disk; None, as in most tests, is endless. `meter` counts what is written to it.
    `guesses` counts wrong passwords.
    """

    config: Config
    clock: Clock
    net: Client
    jwt_secret: str
    history: History
    images: Images | None = None
    room: Room | None = None
    meter: Meter | None = None
    guesses: Guesses = field(default_factory=Guesses)

    def renew_jwt_secret(self, secret: str) -> None:
        """Another secret counts from now on, as somebody has replaced it in the database. The one thing here that changes, and by this
        alone: whoever needs it asks for it each time."""
        object.__setattr__(self, "jwt_secret", secret)
