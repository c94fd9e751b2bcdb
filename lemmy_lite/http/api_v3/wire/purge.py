"""Purging: erasing for good."""

from lemmy_lite.http.api_v3.wire.bounds import CommentId, CommunityId, LongText, PersonId, PostId
from lemmy_lite.model.struct import Struct


class PurgePerson(Struct, kw_only=True):
    """`POST /admin/purge/person`."""

    person_id: PersonId
    reason: LongText | None = None


class PurgeCommunity(Struct, kw_only=True):
    """`POST /admin/purge/community`."""

    community_id: CommunityId
    reason: LongText | None = None


class PurgePost(Struct, kw_only=True):
    """`POST /admin/purge/post`."""

    post_id: PostId
    reason: LongText | None = None


class PurgeComment(Struct, kw_only=True):
    """`POST /admin/purge/comment`."""

    comment_id: CommentId
    reason: LongText | None = None
