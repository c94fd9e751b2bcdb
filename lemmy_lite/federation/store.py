"""Documents into rows: fetch and convert first, then write (DESIGN §2).

A transaction that meets an unknown id raises `Needs`; it is undone, the document is fetched, stored by the same rules, and the transaction
runs again. So it is with foreign HTML (`NeedsText`), which is converted aside. A comment with sixty unknown ancestors is a stack of sixty
ids here, not a recursion.
"""

from collections.abc import Callable
from typing import TypeVar

from lemmy_lite.context import Context
from lemmy_lite.federation.converting import Converting
from lemmy_lite.federation.errors import Gone, Needs, NeedsText, Refused, TryLater
from lemmy_lite.federation.evidence import Evidence
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
Verb = Callable[[Transaction, Evidence], T]

MOST_ROUNDS = 400
"""Transactions run for one cause: for each of the hundred fetches that are allowed three, with that for its text, and room."""


class Store:
    """Runs transactions that may need documents from elsewhere."""

    def __init__(self, context: Context, database: Database, fetcher: Fetcher, converting: Converting) -> None:
        self._context = context
        self._database = database
        self._fetcher = fetcher
        self._converting = converting

    def through(self, fetcher: Fetcher) -> "Store":
        """The same, where another fetches."""
        return Store(self._context, self._database, fetcher, self._converting)

    def evidence(self, document: Document) -> Evidence:
        """What a transaction over a document begins with: its short texts are converted."""
        return self._converting.evidence(document)

    async def perform(self, verb: Verb[T], budget: Budget, evidence: Evidence | None = None) -> T:
        """Run a transaction, fetching, storing and converting what it needs; it begins with `evidence`.

        Raises what it raises, and Refused, Gone, TryLater.
        """
        evidence = evidence or Evidence()
        waiting: list[str] = []
        stored: set[str] = set()
        for _ in range(MOST_ROUNDS):
            try:
                if not waiting:
                    return await self._database.write(verb, evidence)
                document = evidence.document(waiting[-1])
                if document is None:
                    raise Gone(waiting[-1])
                await self._database.write(receive, evidence, self._context, document)
                stored.add(waiting.pop())
            except NeedsText as need:
                evidence.put_markdown(need.html, await self._converting.convert(need))
            except Needs as need:
                if need.ap_id in waiting or (need.ap_id in stored and not need.document_only):
                    raise Refused("circular", f"{need.ap_id[:200]} does not hold what is looked for there") from need
                await self._provide(need, evidence, waiting, budget)
        raise Refused("too_much", "one thing led to another without end")

    async def document(self, document: Document, budget: Budget) -> Stored:
        """Store a document that was fetched from its own id. Raises like `perform`."""
        return await self.perform(lambda tx, evidence: receive(tx, evidence, self._context, document), budget, self.evidence(document))

    async def _provide(self, need: Needs, evidence: Evidence, waiting: list[str], budget: Budget) -> None:
        try:
            document = await self._fetcher.exactly(need.ap_id, budget)
            self._converting.prepare(evidence, document)
            evidence.put(need.ap_id, document)
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


def receive(
    tx: Transaction, evidence: Evidence, context: Context, document: Document, *, edited: bool = False, announcer: Community | None = None
) -> Stored:
    """Enter or refresh what a document describes; it comes from its own origin. `announcer` is the community that showed it to us.

    Raises Needs, Refused.
    """
    kind = values.kind(document)
    try:
        if kind in actors.PERSON_TYPES:
            return person.receive(tx, evidence, context, into(actors.Person, document))
        if kind in actors.GROUP_TYPES:
            return community.receive(tx, evidence, context, into(actors.Group, document))
        if kind in objects.NOTE_TYPES and values.one(document.get("inReplyTo")) is not None:
            return comment.receive(tx, evidence, context, into(objects.Written, document), edited=edited)
        if kind in objects.PAGE_TYPES | objects.NOTE_TYPES:
            return post.receive(tx, evidence, context, into(objects.Written, document), edited=edited, announcer=announcer)
    except Malformed as cause:
        raise Refused("malformed", f"{str(document.get('id'))[:200]}: {cause}") from cause
    except LemmyError as cause:
        raise Refused(cause.code, f"{str(document.get('id'))[:200]}: {cause.sentence}") from cause
    if kind == "Tombstone":
        raise Gone(str(document.get("id")))
    raise Refused("unknown_type", f"{str(document.get('id'))[:200]} is a {kind[:50]!r}, which is nothing that we keep")
