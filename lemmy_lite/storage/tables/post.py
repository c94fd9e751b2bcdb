"""Posts and their counters. A post's listing facts stand twice: in `post` and, for the scans, in the narrow `post_aggregates`."""

from typing import Any

from msgspec import structs

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import CommunityId, LanguageId, PersonId, PostId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows, search_text, spent

POST = Shape(Post, "post")
_COUNTED = Shape(PostCounted, "post_aggregates")
_STORED = f"SELECT {_COUNTED.columns} FROM post_aggregates WHERE post_id = :id"
_LISTING_FACTS = {"nsfw", "language_id", "featured_community", "featured_local", "removed", "deleted"}


def insert(
    tx: Transaction,
    *,
    name: str,
    creator_id: PersonId,
    community_id: CommunityId,
    ap_id: str,
    local: bool,
    language_id: LanguageId,
    nsfw: bool,
    published: Micros | None = None,
    **values: Any,
) -> Post:
    """Enter a post with empty counters. Other columns may be given by name. `published` defaults to now."""
    when = tx.now if published is None else published
    if not local and (before := spent.take_number(tx, ap_id)) is not None:
        values["id"] = before  # it was here, left, and comes back under its number
    number = rows.insert(
        tx,
        "post",
        name=name,
        creator_id=creator_id,
        community_id=community_id,
        ap_id=ap_id,
        local=local,
        language_id=language_id,
        nsfw=nsfw,
        published=when,
        **values,
    )
    tx.run(
        """INSERT INTO post_aggregates (post_id, community_id, creator_id, published, nsfw, language_id, newest_comment_time,
                                        newest_comment_time_necro)
           VALUES (:id, :community, :creator, :published, :nsfw, :language, :published, :published)""",
        id=number,
        community=community_id,
        creator=creator_id,
        published=when,
        nsfw=nsfw,
        language=language_id,
    )
    search_text.enter(tx, search_text.POST, number, {"name": name, **values})
    return existing(tx, PostId(number))


def get(tx: Transaction, post_id: PostId) -> Post | None:
    """The post with this id."""
    return _one(tx, "id = :key", post_id)


def existing(tx: Transaction, post_id: PostId) -> Post:
    """The post of a row that a foreign key keeps there."""
    post = get(tx, post_id)
    if post is None:
        raise LookupError(f"post {post_id}")
    return post


def by_ap_id(tx: Transaction, ap_id: str) -> Post | None:
    """The post whose ActivityPub id this is."""
    return _one(tx, "ap_id = :key", ap_id)


def featured(tx: Transaction, community_id: CommunityId) -> list[PostId]:
    """The posts pinned in a community."""
    pinned = "SELECT post_id FROM post_aggregates WHERE community_id = :id AND featured_community ORDER BY post_id"
    return tx.column(pinned, id=community_id)


def update(tx: Transaction, post_id: PostId, **values: Any) -> None:
    """Change columns of a post; what listings and search need of them follows."""
    with search_text.following(tx, search_text.POST, post_id, values):
        rows.update(tx, "post", "id", post_id, **values)
    facts = values.keys() & _LISTING_FACTS
    if facts:
        changes = {name: values[name] for name in facts - {"removed", "deleted"}}
        if facts & {"removed", "deleted"}:
            post = existing(tx, post_id)
            changes["listed"] = not (post.removed or post.deleted)
        rows.update(tx, "post_aggregates", "post_id", post_id, **changes)


def html(tx: Transaction, post_ids: list[PostId]) -> dict[PostId, tuple[str | None, int]]:
    """The rendered bodies of some posts, each with the version of the renderer that made it."""
    found = tx.all("SELECT id, html, html_version FROM post WHERE id AMONG :ids", ids=list(post_ids))
    return {row[0]: (row[1], row[2]) for row in found}


def counters(tx: Transaction, post_id: PostId) -> PostCounted:
    """The counters of a post as they stand, votes that wait in the log included, in the form of the event that a change must announce."""
    found = counted(tx, post_id)
    if found is None:
        raise LookupError(f"post {post_id}")
    return found


def _stored(tx: Transaction, post_id: PostId) -> PostCounted | None:
    return tx.recalled(("post_aggregates",), _STORED, _COUNTED.build, id=post_id)


def counted(tx: Transaction, post_id: PostId) -> PostCounted | None:
    """The same; None where there is no such post."""
    found = _stored(tx, post_id)
    if found is None or tx.pending is None:
        return found
    up, down = tx.pending.moved(tx.share, "post", post_id)
    if not (up or down):
        return found
    return structs.replace(found, score=found.score + up - down, upvotes=found.upvotes + up, downvotes=found.downvotes + down)


def votes(tx: Transaction, post_id: PostId) -> tuple[int, int]:
    """Upvotes and downvotes as they are stored."""
    found = _stored(tx, post_id)
    if found is None:
        raise LookupError(f"post {post_id}")
    return found.upvotes, found.downvotes


def votes_if_there(tx: Transaction, post_id: PostId) -> tuple[int, int] | None:
    """The same, not remembered, as many are asked for once; None where there is no such post."""
    row = tx.one("SELECT upvotes, downvotes FROM post_aggregates WHERE post_id = :id", id=post_id)
    return (row[0], row[1]) if row else None


def controversy(upvotes: int, downvotes: int) -> float:
    """Lemmy's controversy: all votes to the power of how evenly they stand, 0 while one side is empty (performance.md 1.4)."""
    if upvotes <= 0 or downvotes <= 0:
        return 0.0
    return float((upvotes + downvotes) ** (min(upvotes, downvotes) / max(upvotes, downvotes)))


def set_votes(tx: Transaction, post_id: PostId, upvotes: int, downvotes: int) -> None:
    """The vote counters of a post, with the score and the controversy that follow from them. Where the others are remembered, all are:
    whoever is voted on now is voted on again."""
    before = _stored(tx, post_id) if tx.knows(_STORED, id=post_id) else None
    tx.run(
        """UPDATE post_aggregates SET score = :score, upvotes = :up, downvotes = :down, controversy = :controversy WHERE post_id = :id""",
        score=upvotes - downvotes,
        up=upvotes,
        down=downvotes,
        controversy=controversy(upvotes, downvotes),
        id=post_id,
    )
    if before is not None:
        after = structs.replace(before, score=upvotes - downvotes, upvotes=upvotes, downvotes=downvotes)
        tx.recall_as(("post_aggregates",), _STORED, after, id=post_id)


def set_comments(tx: Transaction, before: PostCounted, comments: int, newest: Micros, necro: Micros) -> None:
    """The comment counter of a post and the times that Active and NewComments sort by, each where it is another than `before`: the times
    of an old post stand still, and three indexes with them."""
    after = {"comments": comments, "newest_comment_time": newest, "newest_comment_time_necro": necro}
    changed = {name: value for name, value in after.items() if value != getattr(before, name)}
    if changed:
        rows.update(tx, "post_aggregates", "post_id", before.post_id, **changed)


def recount_comments(tx: Transaction, post_id: PostId) -> None:
    """Count the comments of a post that are here."""
    tx.run(
        """UPDATE post_aggregates
              SET comments = (SELECT COUNT(*) FROM comment WHERE comment.post_id = :id AND NOT comment.deleted AND NOT comment.removed)
            WHERE post_id = :id""",
        id=post_id,
    )


def _one(tx: Transaction, condition: str, key: int | str) -> Post | None:
    return tx.recalled(("post",), f"SELECT {POST.columns} FROM post WHERE {condition}", POST.build, key=key)
