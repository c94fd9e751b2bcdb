"""The tools that verbs and surfaces work with, passed on explicitly: never a global."""

from dataclasses import dataclass

from lemmy_lite.config import Config
from lemmy_lite.model.clock import Clock
from lemmy_lite.net.client import Client


@dataclass(frozen=True, slots=True)
class Context:
    """What does not change while the process runs. The database is not here: a verb holds its transaction, a surface its Database."""

    config: Config
    clock: Clock
    net: Client
    jwt_secret: str
