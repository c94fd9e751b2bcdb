"""Documents into rows: fetch first, then write (DESIGN §2).

A transaction that meets an unknown id raises `Needs`; it is undone, the document is fetched, stored by the same rules, and the transaction
runs again. A comment with sixty unknown ancestors is a stack of sixty ids here, not a recursion.
"""

from collections.abc import Callable
from typing import TypeVar

from lemmy_lite.context import Context
from lemmy_lite.federation.errors import Gone, Needs, Refused, TryLater
from lemmy_lite.federation.fetch import Document, Fetcher
from lemmy_lite.federation.objects import comment, community, person, post
from lemmy_lite.federation.protocol import actors, objects, values
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.net.budget import Budget
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction

T = TypeVar("T")
Stored = Person | Community | Post | Comment
Verb = Callable[[Transaction, "Evidence"], T]

MOST_ROUNDS = 400
"""Transactions run for one cause: twice the hundred fetches that are allowed, and room."""


class Evidence:
    """Documents that were fetched from their own ids for one cause, and ids under which there is nothing any more."""

    def __init__(self) -> None:
        self._documents: dict[str, Document | None] = {}

    def document(self, ap_id: str) -> Document | None:
        """What stands at an id, None when its origin says that it is gone. Raises Needs when nobody has looked."""
        if ap_id not in self._documents:
            raise Needs(ap_id, document_only=True)
        return self._documents[ap_id]

    def optional(self, ap_id: str) -> Document | None:
        """The same, and None as well when it cannot be had."""
        if ap_id not in self._documents:
            raise Needs(ap_id, document_only=True, optional=True)
        return self._documents[ap_id]

    def put(self, ap_id: str, document: Document | None) -> None:
        """Remember what a look brought."""
        self._documents[ap_id] = document


class Store:
    """Runs transactions that may need documents from elsewhere."""

    def __init__(self, context: Context, database: Database, fetcher: Fetcher) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher

    async def perform(self, verb: Verb[T], budget: Budget) -> T:
        """Run a transaction, fetching and storing what it needs. Raises what it raises, and Refused, Gone, TryLater."""
        evidence = Evidence()
        waiting: list[str] = []
        stored: set[str] = set()
        for _ in range(MOST_ROUNDS):
            try:
                if not waiting:
                    return await self._database.write(verb, evidence)
                document = evidence.document(waiting[-1])
                if document is None:
                    raise Gone(waiting[-1])
                await self._database.write(receive, self._context, document)
                stored.add(waiting.pop())
            except Needs as need:
                if need.ap_id in waiting or (need.ap_id in stored and not need.document_only):
                    raise Refused("circular", f"{need.ap_id[:200]} does not hold what is looked for there") from need
                await self._provide(need, evidence, waiting, budget)
        raise Refused("too_much", "one thing led to another without end")

    async def document(self, document: Document, budget: Budget) -> Stored:
        """Store a document that was fetched from its own id. Raises like `perform`."""
        return await self.perform(lambda tx, _: receive(tx, self._context, document), budget)

    async def _provide(self, need: Needs, evidence: Evidence, waiting: list[str], budget: Budget) -> None:
        try:
            evidence.put(need.ap_id, await self._fetcher.exactly(need.ap_id, budget))
        except Gone:
            if not need.document_only:
                raise
            evidence.put(need.ap_id, None)
        except (Refused, TryLater):
            if not need.optional:
                raise
            evidence.put(need.ap_id, None)
        if not need.document_only:
            waiting.append(need.ap_id)


def receive(tx: Transaction, context: Context, document: Document, *, edited: bool = False, announcer: Community | None = None) -> Stored:
    """Enter or refresh what a document describes; it comes from its own origin. `announcer` is the community that showed it to us.

    Raises Needs, Refused.
    """
    kind = values.kind(document)
    try:
        if kind in actors.PERSON_TYPES:
            return person.receive(tx, context, into(actors.Person, document))
        if kind in actors.GROUP_TYPES:
            return community.receive(tx, context, into(actors.Group, document))
        if kind in objects.NOTE_TYPES and values.one(document.get("inReplyTo")) is not None:
            return comment.receive(tx, context, into(objects.Written, document), edited=edited)
        if kind in objects.PAGE_TYPES | objects.NOTE_TYPES:
            return post.receive(tx, context, into(objects.Written, document), edited=edited, announcer=announcer)
    except Malformed as cause:
        raise Refused("malformed", f"{str(document.get('id'))[:200]}: {cause}") from cause
    except LemmyError as cause:
        raise Refused(cause.code, f"{str(document.get('id'))[:200]}: {cause.sentence}") from cause
    if kind == "Tombstone":
        raise Gone(str(document.get("id")))
    raise Refused("unknown_type", f"{str(document.get('id'))[:200]} is a {kind[:50]!r}, which is nothing that we keep")
