"""With whom this instance speaks: federation on or off, the admins' allow and block lists, and which schemes are fit for ids.

Lists hold within a second of a change (behaviour.md, "Federation"), so they are read at most once a second and not per activity.
"""

import asyncio
import math
import time
from collections.abc import Callable
from functools import lru_cache

from lemmy_lite.config import Config
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.model.struct import Struct
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import normal_host
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import instance, site

SECONDS_KEPT = 0.9


class Lists(Struct):
    """The admins' decisions, hosts in normal form. An empty `allowed` allows everybody who is not blocked.

    `private` is a site that shows nothing to visitors without an account.
    """

    enabled: bool
    private: bool
    allowed: frozenset[str]
    blocked: frozenset[str]


class Policy:
    """Answers for one id at a time."""

    def __init__(self, config: Config, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._lists: Lists | None = None
        self._read_at = 0.0
        self._decisions = 0
        self._reading = asyncio.Lock()

    async def require(self, ap_id: str) -> None:
        """Refuse an id of an instance we do not speak with.

        Raises Refused: federation_disabled, domain_blocked, domain_not_in_allow_list, insecure, malformed_id.
        """
        judge(await self.lists(), ap_id, self._config)

    async def require_host(self, host: str) -> None:
        """Refuse a host by the lists alone. Raises Refused."""
        judge_host(await self.lists(), host)

    async def lists(self) -> Lists:
        """The decisions of at most a second ago."""
        oldest = self._clock() - SECONDS_KEPT
        if self._lists is not None and self._read_at >= oldest:
            return self._lists
        async with self._reading:  # of a thousand sends that begin at once one looks, and the others wait for it
            if self._lists is None or self._read_at < oldest:
                began, decisions = self._clock(), self._decisions
                self._lists = await self._database.read(read)
                self._read_at = began if decisions == self._decisions else -math.inf
            return self._lists

    def forget(self) -> None:
        """The admins have just decided something: look again at once. Other processes follow within the second."""
        self._read_at = -math.inf
        self._decisions += 1


def judge(lists: Lists, ap_id: str, config: Config) -> None:
    """Refuse an id by these lists; http is for laboratories and tests only. Raises Refused like `Policy.require`."""
    origin = origins.origin(ap_id)
    judge_host(lists, origin.host)
    laboratory = config.federation.allow_private_addresses or bool(config.testing.allow_nets)
    if origin.scheme == "http" and not (laboratory or origin.is_onion):
        raise Refused("insecure", f"{origin.host} is spoken with by https only")


def judge_host(lists: Lists, host: str) -> None:
    """Refuse a host in normal form. Raises Refused: federation_disabled, domain_blocked, domain_not_in_allow_list."""
    if not lists.enabled:
        raise Refused("federation_disabled", "this instance does not speak with others")
    if host in lists.blocked:
        raise Refused("domain_blocked", f"{host} is blocked")
    if lists.allowed and host not in lists.allowed:
        raise Refused("domain_not_in_allow_list", f"{host} is not in the allow list")


def read(tx: Transaction) -> Lists:
    """The lists as they stand."""
    local = site.local(tx)
    return Lists(
        enabled=local.federation_enabled,
        private=local.private_instance,
        allowed=_normal_all(tuple(instance.allowed(tx))),
        blocked=_normal_all(tuple(instance.blocked(tx))),
    )


@lru_cache(maxsize=4)
def _normal_all(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_normal(name) for name in names)


def _normal(name: str) -> str:
    """A listed host as origins have it, so that no spelling slips through (CVE-2023-42451)."""
    try:
        return normal_host(name.strip())
    except NetError:
        return name.strip().lower()
