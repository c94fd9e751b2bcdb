"""Stories about comments: a database at a fixed moment, a transaction, and comments entered as they stand."""

import asyncio
from collections.abc import Callable
from typing import Any

from lemmy_lite.model.clock import HOUR, Clock, Micros
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.ids import CommentId, LanguageId, PersonId, PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as table
from tests.storage import rows
from tests.storage.databases import migrated


def told(url: str, story: Callable[[Transaction], None]) -> None:
    """Run a story in one transaction at noon."""

    async def run() -> None:
        async with migrated(url, clock=Clock(lambda: rows.NOON)) as database:
            await database.write(story)

    asyncio.run(run())


def comment(
    tx: Transaction,
    author: PersonId,
    post_id: PostId,
    content: str = "Hello",
    *,
    below: CommentId | None = None,
    published: Micros = rows.NOON - HOUR,
    upvotes: int = 1,
    downvotes: int = 0,
    language: int = 0,
    **values: Any,
) -> CommentId:
    """A comment with its votes."""
    number = tx.value("SELECT COALESCE(MAX(id), 0) FROM comment")
    written = table.insert(
        tx,
        post_id=post_id,
        creator_id=author,
        content=content,
        parent_path=table.existing(tx, below).path if below else "0",
        local=True,
        ap_id=f"https://here.test/comment/{number + 1}",
        language_id=LanguageId(language),
        published=published,
        **values,
    )
    table.set_votes(tx, written.id, upvotes, downvotes)
    return written.id


def vote(tx: Transaction, person: PersonId, comment_id: CommentId, score: int) -> None:
    """A vote of somebody here."""
    rows.link(tx, "comment_vote", comment_id=comment_id, person_id=person, score=score, local=True)


def ids(views: list[CommentView]) -> list[CommentId]:
    """The comments of a list, by id."""
    return [view.comment.id for view in views]
