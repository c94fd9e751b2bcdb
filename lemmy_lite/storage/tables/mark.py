"""What people have put aside for themselves: saved posts and comments, read posts, hidden posts."""

from typing import Final, Literal

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def save(tx: Transaction, kind: Literal["post", "comment"], person_id: PersonId, number: int, *, saved: bool) -> None:
    """Save or unsave; a repeat is harmless."""
    if saved:
        rows.insert_plain(tx, f"{kind}_saved", person_id=person_id, published=tx.now, **{f"{kind}_id": number})
    else:
        tx.run(f"DELETE FROM {kind}_saved WHERE person_id = :person AND {kind}_id = :number", person=person_id, number=number)


_MARK: Final = """INSERT INTO post_read (person_id, post_id, published, marked) VALUES (:person, :post, :now, :marked)
    ON CONFLICT (person_id, post_id) DO UPDATE SET marked = excluded.marked WHERE post_read.marked <> excluded.marked"""


def read(tx: Transaction, person_id: PersonId, post_ids: list[PostId], *, marked: bool) -> None:
    """Mark posts as read or unread; how many comments were seen stays known."""
    for post in post_ids:
        tx.run(_MARK, person=person_id, post=post, now=tx.now, marked=marked)


def visit(tx: Transaction, person_id: PersonId, post_id: PostId, comments: int) -> None:
    """Remember that a person has opened a post now, when it had so many comments."""
    tx.run(
        """INSERT INTO post_read (person_id, post_id, published, read_comments) VALUES (:person, :post, :now, :comments)
           ON CONFLICT (person_id, post_id) DO UPDATE
             SET read_comments = excluded.read_comments, marked = excluded.marked, published = excluded.published""",
        person=person_id,
        post=post_id,
        now=tx.now,
        comments=comments,
    )


def last_visit(tx: Transaction, person_id: PersonId, post_id: PostId) -> Micros | None:
    """When a person opened a post last (or first marked it as read, unopened); None for a post that is new to them."""
    found: Micros | None = tx.value(
        "SELECT published FROM post_read WHERE person_id = :person AND post_id = :post", person=person_id, post=post_id
    )
    return found


def hide(tx: Transaction, person_id: PersonId, post_ids: list[PostId], *, hidden: bool) -> None:
    """Hide posts from a person's listings, or show them again."""
    if hidden:
        tx.run_many(
            "INSERT INTO post_hidden (person_id, post_id, published) VALUES (:person, :post, :now) ON CONFLICT DO NOTHING",
            [{"person": person_id, "post": post, "now": tx.now} for post in post_ids],
        )
    else:
        tx.run("DELETE FROM post_hidden WHERE person_id = :person AND post_id AMONG :posts", person=person_id, posts=list(post_ids))


def existing_posts(tx: Transaction, post_ids: list[PostId]) -> list[PostId]:
    """Those of the ids that posts have."""
    return tx.column("SELECT id FROM post WHERE id AMONG :ids", ids=list(post_ids))
