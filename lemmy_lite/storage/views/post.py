"""Posts as one viewer sees them. Which posts, and in which order, is listing's part (post_listing.py)."""

from collections.abc import Sequence
from typing import Any

from lemmy_lite.model.community import SubscribedType
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.model.image import ImageDetails
from lemmy_lite.model.post import Post, PostAggregates, PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import post as posts
from lemmy_lite.storage.views.beside import READABLE
from lemmy_lite.storage.views.community import SUBSCRIBED, community_shape
from lemmy_lite.storage.views.counted import counted, counts
from lemmy_lite.storage.views.person import person_shape
from lemmy_lite.storage.views.standing import open_place, standing_in


class _Own(Struct, kw_only=True):
    """What of a view of a post nobody remembers: its counters, and what the viewer has to do with it."""

    image_details: ImageDetails | None = None
    counts: PostAggregates
    subscribed: SubscribedType
    saved: bool
    read: bool
    hidden: bool
    creator_blocked: bool
    my_vote: int | None = None
    unread_comments: int


_PARTS: dict[str, Shape[Any] | str] = {
    "image_details": Shape(ImageDetails, "image_details"),
    "counts": Shape(PostAggregates, "counts"),
    "subscribed": SUBSCRIBED,
    "saved": "saved.person_id IS NOT NULL",
    "read": "COALESCE(visit.marked, FALSE)",
    "hidden": "hidden.person_id IS NOT NULL",
    "creator_blocked": "block.person_id IS NOT NULL",
    "my_vote": "vote.score",
    "unread_comments": "counts.comments - COALESCE(visit.read_comments, 0)",
}
_OWN: Shape[_Own] = Shape(_Own, "", **_PARTS)
POST_VIEW: Shape[PostView] = Shape(
    PostView,
    "",
    post=Shape(Post, "post"),
    creator=person_shape("creator"),
    community=community_shape(),
    creator_banned_from_community="creator_ban.person_id IS NOT NULL",
    banned_from_community="ban.person_id IS NOT NULL",
    creator_is_moderator="creator_role.person_id IS NOT NULL",
    creator_is_admin="COALESCE(creator_user.admin, FALSE)",
    **_PARTS,
)
# Nobody has the id 0, so nothing joins for nobody.
_OF_VIEWER = """
  LEFT JOIN community_follower follow ON follow.community_id = counts.community_id AND follow.person_id = :viewer
  LEFT JOIN post_saved saved ON saved.post_id = counts.post_id AND saved.person_id = :viewer
  LEFT JOIN post_read visit ON visit.post_id = counts.post_id AND visit.person_id = :viewer
  LEFT JOIN post_hidden hidden ON hidden.post_id = counts.post_id AND hidden.person_id = :viewer
  LEFT JOIN person_block block ON block.target_id = counts.creator_id AND block.person_id = :viewer
  LEFT JOIN post_vote vote ON vote.post_id = counts.post_id AND vote.person_id = :viewer
"""
# The picture's details hang on the thumbnail, as in Lemmy: that is what a list shows.
POST_FROM = f"""
  FROM post_aggregates counts
  JOIN post ON post.id = counts.post_id
  JOIN person creator ON creator.id = counts.creator_id
  JOIN community ON community.id = counts.community_id
  LEFT JOIN image_details ON image_details.link = post.thumbnail_url
  LEFT JOIN local_user creator_user ON creator_user.person_id = counts.creator_id
  LEFT JOIN community_moderator creator_role ON creator_role.community_id = counts.community_id
    AND creator_role.person_id = counts.creator_id
  LEFT JOIN community_person_ban creator_ban ON creator_ban.community_id = counts.community_id
    AND creator_ban.person_id = counts.creator_id
    AND (creator_ban.expires IS NULL OR creator_ban.expires > :now)
  LEFT JOIN community_person_ban ban ON ban.community_id = counts.community_id AND ban.person_id = :viewer
    AND (ban.expires IS NULL OR ban.expires > :now)
  {_OF_VIEWER}
"""
"""The joins of POST_VIEW; they take `:viewer` (0 for nobody) and `:now`, and views that hold a post may build on them."""
_BY_IDS = f"SELECT {POST_VIEW.columns} {POST_FROM} WHERE counts.post_id AMONG :ids"
_READ = f"""
  SELECT {POST_VIEW.columns} {POST_FROM} WHERE counts.post_id = :post
     AND (community.visibility = 'Public' OR :viewer > 0)
     AND {READABLE}
"""
_READ_OWN = f"""
  SELECT {_OWN.columns} FROM post_aggregates counts
    LEFT JOIN image_details ON image_details.link = :thumbnail
    {_OF_VIEWER} WHERE counts.post_id = :post
"""


def by_ids(tx: Transaction, viewer_id: PersonId | None, ids: Sequence[PostId]) -> list[PostView]:
    """The posts with these ids, in their order, whatever their state: the caller has chosen what may be seen. One statement."""
    if not ids:
        return []
    rows = tx.all(_BY_IDS, ids=list(ids), **_viewer(tx, viewer_id))
    found = {row[0]: row for row in rows}
    return counted(tx, [POST_VIEW.build(found[number]) for number in ids if number in found])


def read(tx: Transaction, viewer: Viewer | None, post_id: PostId) -> PostView | None:
    """One post, or None where the viewer may not see it.

    Removed and deleted posts, and those of removed and deleted communities, are shown to their author, to moderators and to admins;
    local-only ones to whoever is logged in (contract, "removed posts"). Whether a private site shows anything is asked before.
    """
    if tx.remembers and viewer is not None and (found := _remembered(tx, viewer.id, post_id)) is not None:
        return found
    row = tx.one(_READ, post=post_id, **_viewer(tx, viewer.id if viewer else None))
    return counted(tx, [POST_VIEW.build(row)])[0] if row else None


def _remembered(tx: Transaction, viewer_id: PersonId, post_id: PostId) -> PostView | None:
    """The same for a viewer from whom it hides nothing, by what the writer remembers and a statement with half of the tables."""
    post = posts.get(tx, post_id)
    home = open_place(tx, post) if post is not None else None
    if post is None or home is None:
        return None
    row = tx.one(_READ_OWN, post=post_id, thumbnail=post.thumbnail_url, viewer=viewer_id)
    if row is None:
        return None
    own, standing = _OWN.build(row), standing_in(tx, home.id, post.creator_id, viewer_id)
    return PostView(
        post=post,
        creator=standing.creator,
        community=home,
        image_details=own.image_details,
        creator_banned_from_community=standing.creator_banned_from_community,
        banned_from_community=standing.banned_from_community,
        creator_is_moderator=standing.creator_is_moderator,
        creator_is_admin=standing.creator_is_admin,
        counts=counts(tx, own.counts),
        subscribed=own.subscribed,
        saved=own.saved,
        read=own.read,
        hidden=own.hidden,
        creator_blocked=own.creator_blocked,
        my_vote=own.my_vote,
        unread_comments=own.unread_comments,
    )


def _viewer(tx: Transaction, viewer_id: PersonId | None) -> dict[str, Any]:
    return {"viewer": viewer_id or 0, "now": tx.now}
