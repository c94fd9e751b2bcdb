"""Comments as one viewer sees them. Which comments, and in which order, is listing's part (comment_listing.py)."""

from collections.abc import Sequence
from typing import Any

from lemmy_lite.model.comment import Comment, CommentAggregates, CommentView
from lemmy_lite.model.community import SubscribedType
from lemmy_lite.model.ids import CommentId, PersonId
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import post as posts
from lemmy_lite.storage.views import beside
from lemmy_lite.storage.views.community import SUBSCRIBED
from lemmy_lite.storage.views.counted import counted, counts
from lemmy_lite.storage.views.person import person_shape
from lemmy_lite.storage.views.standing import open_place, standing_in


def shown(text: str) -> str:
    """SQL for the expression `text`, or for nothing where the comment is deleted or removed and the viewer no admin (contract, "deleted
    content")."""
    return (
        f"CASE WHEN (comment.deleted OR comment.removed) AND NOT EXISTS (SELECT 1 FROM local_user WHERE person_id = :viewer AND admin)"
        f" THEN '' ELSE {text} END"
    )


class _Own(Struct, kw_only=True):
    """What of a view of a comment nobody remembers: its counters, and what the viewer has to do with it."""

    counts: CommentAggregates
    subscribed: SubscribedType
    saved: bool
    creator_blocked: bool
    my_vote: int | None = None


_PARTS: dict[str, Shape[Any] | str] = {
    "counts": Shape(CommentAggregates, "counts"),
    "subscribed": SUBSCRIBED,
    "saved": "saved.person_id IS NOT NULL",
    "creator_blocked": "block.person_id IS NOT NULL",
    "my_vote": "vote.score",
}
_OWN: Shape[_Own] = Shape(_Own, "", **_PARTS)
COMMENT_VIEW: Shape[CommentView] = Shape(
    CommentView,
    "",
    comment=Shape(Comment, "comment", content=shown("comment.content")),
    creator=person_shape("creator"),
    post=beside.POST,
    community=beside.COMMUNITY,
    creator_banned_from_community="creator_ban.person_id IS NOT NULL",
    banned_from_community="ban.person_id IS NOT NULL",
    creator_is_moderator="creator_role.person_id IS NOT NULL",
    creator_is_admin="COALESCE(creator_user.admin, FALSE)",
    **_PARTS,
)
# Nobody has the id 0, so an anonymous viewer joins nothing.
COMMENT_FROM = """
  FROM comment
  JOIN comment_aggregates counts ON counts.comment_id = comment.id
  JOIN person creator ON creator.id = comment.creator_id
  JOIN post ON post.id = comment.post_id
  JOIN community ON community.id = post.community_id
  LEFT JOIN local_user creator_user ON creator_user.person_id = comment.creator_id
  LEFT JOIN community_moderator creator_role ON creator_role.community_id = post.community_id AND creator_role.person_id = creator.id
  LEFT JOIN community_person_ban creator_ban ON creator_ban.community_id = post.community_id AND creator_ban.person_id = creator.id
    AND (creator_ban.expires IS NULL OR creator_ban.expires > :now)
  LEFT JOIN community_person_ban ban ON ban.community_id = post.community_id AND ban.person_id = :viewer
    AND (ban.expires IS NULL OR ban.expires > :now)
  LEFT JOIN community_follower follow ON follow.community_id = post.community_id AND follow.person_id = :viewer
  LEFT JOIN comment_saved saved ON saved.comment_id = comment.id AND saved.person_id = :viewer
  LEFT JOIN person_block block ON block.target_id = comment.creator_id AND block.person_id = :viewer
  LEFT JOIN comment_vote vote ON vote.comment_id = comment.id AND vote.person_id = :viewer
"""
"""The joins of COMMENT_VIEW; they take `:viewer` (0 for nobody) and `:now`, and views that hold a comment may build on them."""
_BY_IDS = f"SELECT {COMMENT_VIEW.columns} {COMMENT_FROM} WHERE comment.id AMONG :ids"
_READ = f"SELECT {COMMENT_VIEW.columns} {COMMENT_FROM} WHERE comment.id = :id AND (community.visibility = 'Public' OR :viewer > 0)"
_READ_OWN = f"""
  SELECT {_OWN.columns} FROM comment_aggregates counts
    LEFT JOIN community_follower follow ON follow.community_id = :community AND follow.person_id = :viewer
    LEFT JOIN comment_saved saved ON saved.comment_id = counts.comment_id AND saved.person_id = :viewer
    LEFT JOIN person_block block ON block.target_id = :creator AND block.person_id = :viewer
    LEFT JOIN comment_vote vote ON vote.comment_id = counts.comment_id AND vote.person_id = :viewer
   WHERE counts.comment_id = :id
"""


def by_ids(tx: Transaction, viewer_id: PersonId | None, ids: Sequence[CommentId]) -> list[CommentView]:
    """The comments with these ids, in their order: the caller has chosen what may be seen. One statement.

    Deleted and removed ones come with an empty content, to admins in full.
    """
    if not ids:
        return []
    rows = tx.all(_BY_IDS, ids=list(ids), **_viewer(tx, viewer_id))
    found = {row[0]: row for row in rows}
    return counted(tx, [COMMENT_VIEW.build(found[number]) for number in ids if number in found])


def read(tx: Transaction, viewer: Viewer | None, comment_id: CommentId) -> CommentView | None:
    """One comment, or None where the viewer may not see it: those of local-only communities are for whoever is logged in.

    As in Lemmy, comments of removed posts and communities can be read by their id; unlike there, their post cannot (beside.py).
    """
    if tx.remembers and viewer is not None and (found := _remembered(tx, viewer.id, comment_id)) is not None:
        return found
    row = tx.one(_READ, id=comment_id, **_viewer(tx, viewer.id if viewer else None))
    return counted(tx, [COMMENT_VIEW.build(row)])[0] if row else None


def _remembered(tx: Transaction, viewer_id: PersonId, comment_id: CommentId) -> CommentView | None:
    """The same for a viewer from whom it hides nothing, by what the writer remembers and a statement with a third of the tables."""
    comment = comments.get(tx, comment_id)
    if comment is None or comment.deleted or comment.removed:
        return None
    post = posts.existing(tx, comment.post_id)
    home = open_place(tx, post)
    if home is None:
        return None
    row = tx.one(_READ_OWN, id=comment_id, community=home.id, creator=comment.creator_id, viewer=viewer_id)
    if row is None:
        return None
    own, standing = _OWN.build(row), standing_in(tx, home.id, comment.creator_id, viewer_id)
    return CommentView(
        comment=comment,
        creator=standing.creator,
        post=post,
        community=home,
        counts=counts(tx, own.counts),
        creator_banned_from_community=standing.creator_banned_from_community,
        banned_from_community=standing.banned_from_community,
        creator_is_moderator=standing.creator_is_moderator,
        creator_is_admin=standing.creator_is_admin,
        subscribed=own.subscribed,
        saved=own.saved,
        creator_blocked=own.creator_blocked,
        my_vote=own.my_vote,
    )


def _viewer(tx: Transaction, viewer_id: PersonId | None) -> dict[str, Any]:
    return {"viewer": viewer_id or 0, "now": tx.now}
