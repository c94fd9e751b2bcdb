"""The tools that verbs and surfaces work with, passed on explicitly: never a global."""

from dataclasses import dataclass

from lemmy_lite.config import Config
from lemmy_lite.media.images import Images
from lemmy_lite.model.clock import Clock
from lemmy_lite.net.client import Client
from lemmy_lite.storage.history import History


@dataclass(frozen=True, slots=True)
class Context:
    """What does not change while the process runs. The database is not here: a verb holds its transaction, a surface its Database.

    `history` remembers what posts counted before recent changes, so that walks of a list keep their order. `images` is None where pictures
    are switched off (`pictrs: null`).
    """

    config: Config
    clock: Clock
    net: Client
    jwt_secret: str
    history: History
    images: Images | None = None
