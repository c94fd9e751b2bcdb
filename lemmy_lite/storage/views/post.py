"""Posts as one viewer sees them. Which posts, and in which order, is listing's part (post_listing.py)."""

from collections.abc import Sequence
from typing import Any

from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.model.image import ImageDetails
from lemmy_lite.model.post import Post, PostAggregates, PostView
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views.beside import READABLE
from lemmy_lite.storage.views.community import SUBSCRIBED, community_shape
from lemmy_lite.storage.views.counted import counted
from lemmy_lite.storage.views.person import person_shape

POST_VIEW: Shape[PostView] = Shape(
    PostView,
    post=Shape(Post, "post"),
    creator=person_shape("creator"),
    community=community_shape(),
    image_details=Shape(ImageDetails, "image_details"),
    creator_banned_from_community="creator_ban.person_id IS NOT NULL",
    banned_from_community="ban.person_id IS NOT NULL",
    creator_is_moderator="creator_role.person_id IS NOT NULL",
    creator_is_admin="COALESCE(creator_user.admin, FALSE)",
    counts=Shape(PostAggregates, "counts"),
    subscribed=SUBSCRIBED,
    saved="saved.person_id IS NOT NULL",
    read="COALESCE(visit.marked, FALSE)",
    hidden="hidden.person_id IS NOT NULL",
    creator_blocked="block.person_id IS NOT NULL",
    my_vote="vote.score",
    unread_comments="counts.comments - COALESCE(visit.read_comments, 0)",
)
# The picture's details hang on the thumbnail, as in Lemmy: that is what a list shows. Nobody has the id 0, so nothing joins for nobody.
POST_FROM = """
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
  LEFT JOIN community_follower follow ON follow.community_id = counts.community_id AND follow.person_id = :viewer
  LEFT JOIN post_saved saved ON saved.post_id = counts.post_id AND saved.person_id = :viewer
  LEFT JOIN post_read visit ON visit.post_id = counts.post_id AND visit.person_id = :viewer
  LEFT JOIN post_hidden hidden ON hidden.post_id = counts.post_id AND hidden.person_id = :viewer
  LEFT JOIN person_block block ON block.target_id = counts.creator_id AND block.person_id = :viewer
  LEFT JOIN post_vote vote ON vote.post_id = counts.post_id AND vote.person_id = :viewer
"""
"""The joins of POST_VIEW; they take `:viewer` (0 for nobody) and `:now`, and views that hold a post may build on them."""
_BY_IDS = f"SELECT {POST_VIEW.columns} {POST_FROM} WHERE counts.post_id AMONG :ids"
_READ = f"""
  SELECT {POST_VIEW.columns} {POST_FROM} WHERE counts.post_id = :post
     AND (community.visibility = 'Public' OR :viewer > 0)
     AND {READABLE}
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
    row = tx.one(_READ, post=post_id, **_viewer(tx, viewer.id if viewer else None))
    return counted(tx, [POST_VIEW.build(row)])[0] if row else None


def _viewer(tx: Transaction, viewer_id: PersonId | None) -> dict[str, Any]:
    return {"viewer": viewer_id or 0, "now": tx.now}
