"""A post and its community as they stand beside something else: below a comment, in a note of an answer, in a report.

Whoever may read a comment need not be allowed to read what it was said about. That the post was there, and its title, is told to all.
"""

from typing import Final

from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.shapes import Shape

READABLE: Final = """(NOT (post.removed OR post.deleted OR community.removed OR community.deleted)
          OR post.creator_id = :viewer
          OR EXISTS (SELECT 1 FROM community_moderator WHERE community_id = post.community_id AND person_id = :viewer)
          OR EXISTS (SELECT 1 FROM local_user WHERE person_id = :viewer AND admin))"""
"""SQL for whether the viewer may read a post, given `post`, `community` and `:viewer` (0 for nobody): what is removed or deleted, or lies
in a community that is, is for its author, moderators and admins (contract, "removed posts")."""


POST: Final = Shape(
    Post,
    "post",
    **{
        column: f"CASE WHEN {READABLE} THEN post.{column} END"
        for column in ("url", "body", "embed_title", "embed_description", "thumbnail_url", "embed_video_url", "alt_text")
    },
)
"""Without its texts, links and pictures where the viewer may not read it, as in the log of moderation."""

COMMUNITY: Final = Shape(
    Community,
    "community",
    **{
        column: f"CASE WHEN NOT (community.removed OR community.deleted) OR {READABLE} THEN community.{column} END"
        for column in ("description", "icon", "banner")
    },
)
"""Without its sidebar and pictures where it is closed to the viewer."""
