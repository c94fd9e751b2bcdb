"""What rows that left the disk still count for, and where what left came from (domain/README.md, "What leaves first")."""

from collections.abc import Sequence
from typing import NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import PostId
from lemmy_lite.storage.pending import Kind
from lemmy_lite.storage.query import Transaction


class Stub(NamedTuple):
    """A post whose text is not here, since when; `comments` of it left too. `asked` is when its home was asked last, with what trouble."""

    since: Micros | None
    comments: int
    asked: Micros | None
    trouble: str | None


class Lean(NamedTuple):
    """A post or comment whose votes are to become numbers: how many up, how many down."""

    number: int
    upvotes: int
    downvotes: int


def is_folded(tx: Transaction, kind: Kind, number: int) -> bool:
    """Whether the votes of other instances on something have become numbers: who voted is not known any more. Where the disk is roomy there
    is nothing of the kind, and the writer remembers that."""
    tables = (f"{kind}_spent",)
    if not tx.recalled(tables, f"SELECT 1 FROM {kind}_spent LIMIT 1", bool):
        return False
    condition = "post_id = :id AND folded" if kind == "post" else "comment_id = :id"
    return bool(tx.recalled(tables, f"SELECT 1 FROM {kind}_spent WHERE {condition}", bool, id=number))


def all_folded(tx: Transaction, kind: Kind, numbers: Sequence[int]) -> set[int]:
    """Those of some posts or comments of which that is so."""
    condition = " AND folded" if kind == "post" else ""
    return set(tx.column(f"SELECT {kind}_id FROM {kind}_spent WHERE {kind}_id AMONG :ids{condition}", ids=list(numbers)))


def fold(tx: Transaction, kind: Kind, targets: Sequence[Lean]) -> int:
    """Let the rows of other instances' votes go; answers how many. The counters stay as they are."""
    gone = tx.run(f"DELETE FROM {kind}_vote WHERE {kind}_id AMONG :ids AND NOT local", ids=[each.number for each in targets])
    flag, true = (", folded", ", :yes") if kind == "post" else ("", "")
    set_flag = ", folded = excluded.folded" if kind == "post" else ""
    tx.run_many(
        f"""INSERT INTO {kind}_spent ({kind}_id, upvotes, downvotes{flag}) VALUES (:id, :up, :down{true})
            ON CONFLICT ({kind}_id) DO UPDATE SET upvotes = {kind}_spent.upvotes + excluded.upvotes,
              downvotes = {kind}_spent.downvotes + excluded.downvotes{set_flag}""",
        [
            {"id": each.number, "up": each.upvotes, "down": each.downvotes, **({"yes": True} if kind == "post" else {})}
            for each in sorted(targets)
        ],
    )
    return gone


def stub(tx: Transaction, post_id: PostId) -> Stub | None:
    """What is missing of a post; None when nothing is."""
    row = tx.one(
        "SELECT stub, comments, asked, trouble FROM post_spent WHERE post_id = :id AND (stub IS NOT NULL OR comments > 0)", id=post_id
    )
    return Stub(*row) if row else None


def count_comments(tx: Transaction, post_id: PostId, by: int) -> None:
    """Comments of a post left, which goes on counting them."""
    tx.run(
        """INSERT INTO post_spent (post_id, comments) VALUES (:id, :by)
           ON CONFLICT (post_id) DO UPDATE SET comments = post_spent.comments + excluded.comments""",
        id=post_id,
        by=by,
    )


def make_stub(tx: Transaction, post_id: PostId) -> None:
    """The text of a post left now."""
    tx.run(
        "INSERT INTO post_spent (post_id, stub) VALUES (:id, :now) ON CONFLICT (post_id) DO UPDATE SET stub = excluded.stub",
        id=post_id,
        now=tx.now,
    )


def close_up(tx: Transaction, numbers: Sequence[int]) -> None:
    """Let the rows of posts that have become short lie close together.

    SQLite leaves a row that shrinks on its page, and fills pages up only where rows come or go: 97,000 stubs of 150 bytes kept 84 of 100 MB
    empty. So each row goes to the number below zero and comes back. What refers to it is looked at after both, as it is right again then.
    """
    if not tx.dialect.is_sqlite or not numbers:
        return
    tx.run("PRAGMA defer_foreign_keys = ON")
    try:
        for sign in (1, -1):
            tx.run("UPDATE post SET id = -id WHERE id AMONG :ids", ids=[sign * number for number in numbers])
    finally:
        # Whoever shares the commit is told of a broken reference at once, as ever.
        tx.run("PRAGMA defer_foreign_keys = OFF")


def fill_stub(tx: Transaction, post_id: PostId) -> None:
    """The text of a post is back, and comments are counted by their rows again."""
    tx.run("UPDATE post_spent SET stub = NULL, comments = 0, asked = NULL, trouble = NULL WHERE post_id = :id", id=post_id)
    tx.run("DELETE FROM post_spent WHERE post_id = :id AND NOT folded", id=post_id)


def note_trouble(tx: Transaction, post_id: PostId, trouble: str) -> None:
    """The text of a post could not be had."""
    tx.run("UPDATE post_spent SET asked = :now, trouble = :trouble WHERE post_id = :id", now=tx.now, trouble=trouble, id=post_id)


def remember(tx: Transaction, post_id: PostId, ap_id: str) -> None:
    """Keep the number of a post that leaves altogether."""
    tx.run("INSERT INTO post_gone (id, ap_id) VALUES (:id, :ap_id) ON CONFLICT DO NOTHING", id=post_id, ap_id=ap_id)


def ap_id_of(tx: Transaction, post_id: PostId) -> str | None:
    """The id of a post that left, by its number here."""
    found: str | None = tx.value("SELECT ap_id FROM post_gone WHERE id = :id", id=post_id)
    return found


def take_number(tx: Transaction, ap_id: str) -> PostId | None:
    """The number that a post had here before it left; it is given back."""
    found: PostId | None = tx.value("DELETE FROM post_gone WHERE ap_id = :ap_id RETURNING id", ap_id=ap_id)
    return found
