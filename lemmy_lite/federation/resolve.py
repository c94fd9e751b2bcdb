"""From what a person types into the search box to a row: `!community@host`, `@person@host`, or the address of anything.

What is known already is answered from the database; the rest is asked for, with its ancestors, within one budget.
"""

import logging
import re

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import person as persons
from lemmy_lite.federation import origins
from lemmy_lite.federation.backfill.backfills import Backfills
from lemmy_lite.federation.errors import LeadsHere, Refused, TryLater
from lemmy_lite.federation.fetch import Document, Fetcher
from lemmy_lite.federation.handles import Handles
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.refresh import Refresh
from lemmy_lite.federation.store import Store, Stored
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.post import Post
from lemmy_lite.net.budget import Budget
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, person, post

log = logging.getLogger(__name__)

_NAME = re.compile(r"(?:acct:)?([!@]?)([^@!\s/]+)@([^@\s/?#]+)")
_OWN_PATH = re.compile(r"/(c|u|post|comment)/([^/?#]+)/?")
_KINDS = {"!": "Group", "@": "Person", "": None}


class Resolving:
    """Looks things up, here and elsewhere."""

    def __init__(
        self, context: Context, database: Database, policy: Policy, fetcher: Fetcher, store: Store, backfills: Backfills, refresh: Refresh
    ) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._fetcher = fetcher
        self._store = store
        self._backfills = backfills
        self._refresh = refresh
        self._handles = Handles(fetcher, policy, context.config.protocol)

    async def resolve(self, query: str) -> Stored:
        """The person, community, post or comment that is meant, fetched and stored if it is not here.

        Raises LemmyError: couldnt_find_object when there is no such thing or its home does not answer, domain_blocked,
        domain_not_in_allow_list, federation_disabled, invalid_query.
        """
        try:
            return await self._resolve(query.strip())
        except Refused as refusal:
            log.info("could not resolve %r: %s", query[:200], refusal)
            known = ("domain_blocked", "domain_not_in_allow_list", "federation_disabled")
            raise LemmyError(refusal.code if refusal.code in known else "couldnt_find_object", cause=refusal) from refusal
        except (TryLater, NetError) as trouble:
            log.info("could not resolve %r: %s", query[:200], trouble)
            raise LemmyError("couldnt_find_object", cause=trouble) from trouble

    async def local(self, query: str) -> Stored | None:
        """What is meant, if it is here; for visitors who may not make us ask others."""
        return await self._database.read(_known, self._context, query.strip())

    async def _resolve(self, query: str) -> Stored:
        known = await self._database.read(_known, self._context, query)
        if known is not None:
            return await self._fresh(known)
        budget = self._fetcher.budget()
        if name := _NAME.fullmatch(query):
            return await self._by_name(name, budget)
        if query.startswith(("https://", "http://")):
            return await self._by_address(query, budget)
        raise LemmyError("invalid_query")

    async def _fresh(self, known: Stored) -> Stored:
        """What is known, looked at anew where it is an actor whose home has not been asked for a day, or a post that left the disk."""
        if isinstance(known, Post) and not known.local and await self._backfills.reopen(known.id, by_account=True):
            return await self._database.read(post.existing, known.id)
        if isinstance(known, Post | Comment) or known.local:
            return known
        await self._refresh.looked_up(known.actor_id, self._fetcher)
        return await self._database.read(_known, self._context, known.actor_id) or known

    async def _by_address(self, url: str, budget: Budget) -> Stored:
        try:
            document = await self._fetcher.found_at(url, budget)
        except LeadsHere as here:
            known = await self._database.read(_known, self._context, here.url)
            if known is None:
                raise Refused("not_found", f"{url[:200]} leads to {here.url[:200]}, which is not here") from None
            return known
        return await self._enter(document, budget)

    async def _by_name(self, name: re.Match[str], budget: Budget) -> Stored:
        mark, short, host = name.groups()
        scheme = self._context.config.protocol
        await self._policy.require(f"{scheme}://{host}")
        origins.require_remote(self._context.config, f"{scheme}://{host}/")
        kind = _KINDS[mark]
        for ap_id in await self._handles.ids(short, host, kind, budget):
            origins.require_remote(self._context.config, ap_id)
            known = await self._database.read(_known, self._context, ap_id)
            if known is not None and not isinstance(known, Post | Comment):
                await self._handles.require_confirmed(ap_id, known.name, host, budget)
                found: Stored = known
            else:
                document = await self._fetcher.exactly(ap_id, budget)
                await self._handles.require_confirmed(ap_id, document.get("preferredUsername"), host, budget)
                found = await self._enter(document, budget)
            if kind is None or isinstance(found, Community) == (kind == "Group"):
                return found
        raise Refused("not_found", f"{name[0][:200]} is not known there")

    async def _enter(self, document: Document, budget: Budget) -> Stored:
        """Store a document, and with a community what belongs to it: moderators and count at once, posts after the answer."""
        stored = await self._store.document(document, budget)
        if isinstance(stored, Community):
            await self._backfills.resolved(stored, budget)
        return stored


def _known(tx: Transaction, context: Context, query: str) -> Stored | None:
    if name := _NAME.fullmatch(query):
        full = f"{name[2]}@{name[3]}"
        group = communities.named(tx, context, full) if name[1] in ("!", "") else None
        return group or (persons.named(tx, context, full) if name[1] in ("@", "") else None)
    if context.config.local(query) and (found := _by_own_path(tx, context, query.removeprefix(context.config.base_url))):
        return found
    return person.by_actor_id(tx, query) or community.by_actor_id(tx, query) or post.by_ap_id(tx, query) or comment.by_ap_id(tx, query)


def _by_own_path(tx: Transaction, context: Context, path: str) -> Stored | None:
    """What an address of our own pages shows, remote things too: `/post/5` may be a post from elsewhere."""
    found = _OWN_PATH.fullmatch(path)
    if not found:
        return None
    room, name = found.groups()
    if room == "c":
        return communities.named(tx, context, name)
    if room == "u":
        return persons.named(tx, context, name)
    if not (name.isascii() and name.isdecimal() and len(name) < 19):
        return None
    return post.get(tx, PostId(int(name))) if room == "post" else comment.get(tx, CommentId(int(name)))
