"""What other instances run, by their NodeInfo: shown in the list of instances.

A few are asked at a time, each at most once a day, whether it answers or not.
"""

import asyncio
import json
import logging
from typing import Any, Final

from lemmy_lite.context import Context
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.policy import Policy
from lemmy_lite.model import web_address
from lemmy_lite.model.clock import DAY, Micros, micros
from lemmy_lite.model.ids import InstanceId
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import instance

log = logging.getLogger(__name__)

MOST_A_ROUND: Final = 100
"""Instances asked in one round; an hour between rounds makes 2,400 a day."""
AT_ONCE: Final = 4
"""Instances asked at the same time: a hundred dead ones in a row would take most of the hour."""
LIMITS: Final = Limits(requests=6, depth=2, wire_bytes=2**18, decoded_bytes=2**19, seconds=20)
"""Two small documents and a redirect or two."""
LONGEST: Final = 100
"""Characters of a name or version that are kept."""

_SCHEMAS: Final = "http://nodeinfo.diaspora.software/ns/schema/"
_TROUBLE = (Refused, TryLater, Gone, NetError)


class Software:
    """Asks round after round, each time the next ones."""

    def __init__(self, context: Context, database: Database, policy: Policy, fetcher: Fetcher) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._fetcher = fetcher
        self._asked_to = InstanceId(0)
        self._in_vain: dict[InstanceId, Micros] = {}

    async def survey(self) -> int:
        """Ask the next instances that were not asked for a day; answers how many of them told what they run.

        Who answers is marked as seen (`instance.updated`), so that who has not been for days is shown as dead.
        """
        if not (await self._policy.lists()).enabled:
            return 0
        since = self._context.clock.now() - DAY
        self._in_vain = {number: asked for number, asked in self._in_vain.items() if asked > since}
        waiting = await self._database.read(instance.unseen, self._asked_to, since, MOST_A_ROUND)
        self._asked_to = waiting[-1][0] if len(waiting) == MOST_A_ROUND else InstanceId(0)
        left = [each for each in waiting if each[0] not in self._in_vain]
        told = 0

        async def work() -> None:
            nonlocal told
            while left:
                number, domain, inbox = left.pop(0)
                # Not in one line: that would read the sum before the wait, and lose what the others add meanwhile.
                answered = await self._try(number, domain, self._origin(domain, inbox))
                told += answered

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
        return told

    async def of(self, number: InstanceId, ap_id: str) -> str | None:
        """What the instance of an actor runs, asked now if nobody has asked it today; None when it does not tell."""
        known = await self._database.read(instance.get, number)
        since = self._context.clock.now() - DAY
        if known is None or known.software or self._in_vain.get(number, 0) > since or (known.updated and micros(known.updated) > since):
            return known.software if known else None
        origin = origins.origin(ap_id)
        await self._try(number, known.domain, f"{origin.scheme}://{origin.authority}")
        known = await self._database.read(instance.get, number)
        return known.software if known else None

    async def _try(self, number: InstanceId, domain: str, origin: str) -> bool:
        try:
            await self._policy.require(f"{origin}/")
        except Refused:
            return False
        try:
            return await self._ask(number, origin)
        except _TROUBLE as trouble:
            self._in_vain[number] = self._context.clock.now()
            log.debug("software of %s: %s", domain, trouble)
            return False

    def _origin(self, domain: str, inbox: str | None) -> str:
        """Where to ask: where the instance's actors live, as rows of instances have no port."""
        parts = web_address.parts(inbox or "")
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{self._context.config.protocol}://{domain}"

    async def _ask(self, number: InstanceId, origin: str) -> bool:
        budget = Budget(LIMITS)
        listed = await self._json(f"{origin}/.well-known/nodeinfo", budget)
        told = await self._json(url, budget) if (url := _link(listed, origin)) else None
        software = told.get("software") if isinstance(told, dict) else None
        name, version = (_text(software.get(key)) for key in ("name", "version")) if isinstance(software, dict) else (None, None)
        await self._database.write(instance.set_software, number, name, version)
        return name is not None

    async def _json(self, url: str, budget: Budget) -> Any:
        response = await self._fetcher.get(url, budget, accept="application/json", same_origin=True)
        try:
            return json.loads(response.body)
        except (ValueError, RecursionError):
            return None


def _link(listed: object, origin: str) -> str | None:
    """The newest document that is offered, of this very origin."""
    links = listed.get("links") if isinstance(listed, dict) else None
    offered = {
        str(each.get("rel")): str(each.get("href"))
        for each in (links if isinstance(links, list) else [])[:20]
        if isinstance(each, dict) and str(each.get("rel")).startswith(_SCHEMAS) and str(each.get("href")).startswith(f"{origin}/")
    }
    return offered[max(offered)] if offered else None


def _text(value: object) -> str | None:
    return value[:LONGEST].replace("\0", "") if isinstance(value, str) and value else None
