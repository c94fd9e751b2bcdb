"""The log of moderation: fifteen lists of one table, in two statements whatever is asked.

The first finds the newest entries of every kind, the second reads them with all that any kind shows; each kind then takes its own columns.
"""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.modlog import (
    AdminPurgeComment,
    AdminPurgeCommentView,
    AdminPurgeCommunity,
    AdminPurgeCommunityView,
    AdminPurgePerson,
    AdminPurgePersonView,
    AdminPurgePost,
    AdminPurgePostView,
    ModAdd,
    ModAddCommunity,
    ModAddCommunityView,
    ModAddView,
    ModBan,
    ModBanFromCommunity,
    ModBanFromCommunityView,
    ModBanView,
    ModFeaturePost,
    ModFeaturePostView,
    ModHideCommunity,
    ModHideCommunityView,
    ModLockPost,
    ModLockPostView,
    ModlogActionType,
    ModRemoveComment,
    ModRemoveCommentView,
    ModRemoveCommunity,
    ModRemoveCommunityView,
    ModRemovePost,
    ModRemovePostView,
    ModTransferCommunity,
    ModTransferCommunityView,
)
from lemmy_lite.model.paging import Page
from lemmy_lite.model.post import Post
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views.person import person_shape


class ModlogQuery(Struct, kw_only=True):
    """What is asked of the log. `kind` ALL means every list; a list that cannot be filtered as asked stays empty, as in Lemmy.

    `named`: the viewer may know who acted. `whole`: the viewer is an admin, and sees what its author has deleted. `viewer_id` sees
    what was removed where they moderate. `local_only`: the viewer is logged in, and sees what happened in local-only communities.
    """

    kind: ModlogActionType = ModlogActionType.ALL
    mod_person_id: PersonId | None = None
    community_id: CommunityId | None = None
    other_person_id: PersonId | None = None
    post_id: PostId | None = None
    comment_id: CommentId | None = None
    page: Page
    named: bool
    whole: bool
    viewer_id: PersonId | None = None
    local_only: bool


def _unless(gone: str, alias: str, *columns: str) -> dict[str, str]:
    return {column: f"CASE WHEN {gone} THEN NULL ELSE {alias}.{column} END" for column in columns}


# Everybody sees that a thing was removed, and a post's title. What it said is for those who moderate (Lemmy shows it to all, and so keeps
# on show what was removed for good reason); what authors deleted themselves is for admins, and so is the text of a closed community.
_TRUSTED = (
    "(:whole OR EXISTS (SELECT 1 FROM community_moderator own WHERE own.community_id = log.community_id AND own.person_id = :viewer))"
)
_POST_GONE = f"((post.deleted AND NOT :whole) OR (post.removed AND NOT {_TRUSTED}))"
_COMMENT_GONE = f"((comment.deleted AND NOT :whole) OR (comment.removed AND NOT {_TRUSTED}))"
_MODERATOR = person_shape("moderator")
_OTHER = person_shape("other")
_COMMUNITY = Shape(
    Community,
    "community",
    **_unless("((community.deleted OR community.removed) AND NOT :whole)", "community", "description", "icon", "banner"),
)
_POST = Shape(
    Post,
    "post",
    name="CASE WHEN post.deleted AND NOT :whole THEN '' ELSE post.name END",
    **_unless(_POST_GONE, "post", "url", "body", "embed_title", "embed_description", "thumbnail_url", "embed_video_url", "alt_text"),
)
_COMMENT = Shape(Comment, "comment", content=f"CASE WHEN {_COMMENT_GONE} THEN '' ELSE comment.content END")

_ENTRY: Final = {"removed": "log.flag", "banned": "log.flag", "locked": "log.flag", "featured": "log.flag", "hidden": "log.flag"}


def _entry(struct: type[Struct], **parts: str) -> Shape[Any]:
    flags = {name: text for name, text in _ENTRY.items() if name in struct.__struct_fields__}
    return Shape(struct, "log", **flags, **parts)


_ADMIN = {"admin_person_id": "log.mod_person_id"}
SHAPES: Final[Mapping[ModlogActionType, Shape[Any]]] = {
    ModlogActionType.MOD_REMOVE_POST: Shape(
        ModRemovePostView, mod_remove_post=_entry(ModRemovePost), moderator=_MODERATOR, post=_POST, community=_COMMUNITY
    ),
    ModlogActionType.MOD_LOCK_POST: Shape(
        ModLockPostView, mod_lock_post=_entry(ModLockPost), moderator=_MODERATOR, post=_POST, community=_COMMUNITY
    ),
    ModlogActionType.MOD_FEATURE_POST: Shape(
        ModFeaturePostView,
        mod_feature_post=_entry(ModFeaturePost, is_featured_community="log.in_community"),
        moderator=_MODERATOR,
        post=_POST,
        community=_COMMUNITY,
    ),
    ModlogActionType.MOD_REMOVE_COMMENT: Shape(
        ModRemoveCommentView,
        mod_remove_comment=_entry(ModRemoveComment),
        moderator=_MODERATOR,
        comment=_COMMENT,
        commenter=person_shape("commenter"),
        post=_POST,
        community=_COMMUNITY,
    ),
    ModlogActionType.MOD_REMOVE_COMMUNITY: Shape(
        ModRemoveCommunityView, mod_remove_community=_entry(ModRemoveCommunity), moderator=_MODERATOR, community=_COMMUNITY
    ),
    ModlogActionType.MOD_BAN_FROM_COMMUNITY: Shape(
        ModBanFromCommunityView,
        mod_ban_from_community=_entry(ModBanFromCommunity),
        moderator=_MODERATOR,
        community=_COMMUNITY,
        banned_person=_OTHER,
    ),
    ModlogActionType.MOD_ADD_COMMUNITY: Shape(
        ModAddCommunityView, mod_add_community=_entry(ModAddCommunity), moderator=_MODERATOR, community=_COMMUNITY, modded_person=_OTHER
    ),
    ModlogActionType.MOD_TRANSFER_COMMUNITY: Shape(
        ModTransferCommunityView,
        mod_transfer_community=_entry(ModTransferCommunity),
        moderator=_MODERATOR,
        community=_COMMUNITY,
        modded_person=_OTHER,
    ),
    ModlogActionType.MOD_ADD: Shape(ModAddView, mod_add=_entry(ModAdd), moderator=_MODERATOR, modded_person=_OTHER),
    ModlogActionType.MOD_BAN: Shape(ModBanView, mod_ban=_entry(ModBan), moderator=_MODERATOR, banned_person=_OTHER),
    ModlogActionType.MOD_HIDE_COMMUNITY: Shape(
        ModHideCommunityView, mod_hide_community=_entry(ModHideCommunity), admin=_MODERATOR, community=_COMMUNITY
    ),
    ModlogActionType.ADMIN_PURGE_PERSON: Shape(
        AdminPurgePersonView, admin_purge_person=_entry(AdminPurgePerson, **_ADMIN), admin=_MODERATOR
    ),
    ModlogActionType.ADMIN_PURGE_COMMUNITY: Shape(
        AdminPurgeCommunityView, admin_purge_community=_entry(AdminPurgeCommunity, **_ADMIN), admin=_MODERATOR
    ),
    ModlogActionType.ADMIN_PURGE_POST: Shape(
        AdminPurgePostView, admin_purge_post=_entry(AdminPurgePost, **_ADMIN), admin=_MODERATOR, community=_COMMUNITY
    ),
    ModlogActionType.ADMIN_PURGE_COMMENT: Shape(
        AdminPurgeCommentView, admin_purge_comment=_entry(AdminPurgeComment, **_ADMIN), admin=_MODERATOR, post=_POST
    ),
}
"""How an entry of each kind is shown."""

_IN_COMMUNITY = {"community_id": "log.community_id = :community_id"}
_OF_POST = _IN_COMMUNITY | {
    "other_person_id": "EXISTS (SELECT 1 FROM post WHERE post.id = log.post_id AND post.creator_id = :other_person_id)",
    "post_id": "log.post_id = :post_id",
}
_OF_COMMENT = _IN_COMMUNITY | {
    "other_person_id": "EXISTS (SELECT 1 FROM comment WHERE comment.id = log.comment_id AND comment.creator_id = :other_person_id)",
    "comment_id": "log.comment_id = :comment_id",
}
_OF_PERSON = {"other_person_id": "log.other_person_id = :other_person_id"}
FILTERS: Final[Mapping[ModlogActionType, Mapping[str, str]]] = {
    ModlogActionType.MOD_REMOVE_POST: _OF_POST,
    ModlogActionType.MOD_LOCK_POST: _OF_POST,
    ModlogActionType.MOD_FEATURE_POST: _OF_POST,
    ModlogActionType.MOD_REMOVE_COMMENT: _OF_COMMENT,
    ModlogActionType.MOD_REMOVE_COMMUNITY: {},
    ModlogActionType.MOD_BAN_FROM_COMMUNITY: _IN_COMMUNITY | _OF_PERSON,
    ModlogActionType.MOD_ADD_COMMUNITY: _IN_COMMUNITY | _OF_PERSON,
    ModlogActionType.MOD_TRANSFER_COMMUNITY: _IN_COMMUNITY | _OF_PERSON,
    ModlogActionType.MOD_ADD: _OF_PERSON,
    ModlogActionType.MOD_BAN: _OF_PERSON,
    ModlogActionType.MOD_HIDE_COMMUNITY: _IN_COMMUNITY,
    ModlogActionType.ADMIN_PURGE_PERSON: {},
    ModlogActionType.ADMIN_PURGE_COMMUNITY: {},
    ModlogActionType.ADMIN_PURGE_POST: {},
    ModlogActionType.ADMIN_PURGE_COMMENT: {},
}
"""By what each kind can be filtered besides who acted (Lemmy 0.19: crates/api/src/site/mod_log.rs and db_views_moderator)."""

_PUBLIC = """NOT EXISTS (
  SELECT 1 FROM community place WHERE place.visibility <> 'Public'
     AND place.id = COALESCE(log.community_id, (SELECT post.community_id FROM post WHERE post.id = log.post_id)))"""

_EXPRESSIONS = list(dict.fromkeys(["log.id", "log.kind", *(text for shape in SHAPES.values() for text in shape.expressions)]))
_OWN = {kind: itemgetter(*(_EXPRESSIONS.index(text) for text in shape.expressions)) for kind, shape in SHAPES.items()}
_READ = f"""
  SELECT {", ".join(_EXPRESSIONS)} FROM modlog log
    LEFT JOIN person moderator ON moderator.id = log.mod_person_id AND :named
    LEFT JOIN person other ON other.id = log.other_person_id
    LEFT JOIN community ON community.id = log.community_id
    LEFT JOIN post ON post.id = log.post_id
    LEFT JOIN comment ON comment.id = log.comment_id
    LEFT JOIN person commenter ON commenter.id = comment.creator_id
   WHERE log.id AMONG :ids ORDER BY log.id DESC
"""


def entries(tx: Transaction, query: ModlogQuery) -> dict[ModlogActionType, list[Any]]:
    """One page of each list, the newest entry first; every kind has its list of views, an empty one where nothing is found."""
    found: dict[ModlogActionType, list[Any]] = {kind: [] for kind in SHAPES}
    ids = _ids(tx, query)
    if ids:
        for row in tx.all(_READ, ids=ids, named=query.named, whole=query.whole, viewer=query.viewer_id or 0):
            kind = ModlogActionType(row[1])
            found[kind].append(SHAPES[kind].build(_OWN[kind](row)))
    return found


def _ids(tx: Transaction, query: ModlogQuery) -> list[int]:
    """The entries on the page of every list. Ids rise with time, so an index of each kind gives its newest."""
    asked = {name: getattr(query, name) for name in ("community_id", "other_person_id", "post_id", "comment_id")}
    wished = {name: value for name, value in asked.items() if value is not None}
    kinds = [kind for kind in SHAPES if query.kind in (ModlogActionType.ALL, kind) and FILTERS[kind].keys() >= wished.keys()]
    if not kinds:
        return []
    general = ["log.mod_person_id = :mod_person_id"] if query.mod_person_id is not None else []
    general += [] if query.local_only else [_PUBLIC]
    lists = [
        f"""SELECT id FROM (SELECT log.id FROM modlog log WHERE {" AND ".join([*_narrowed(kind, wished), *general])}
                             ORDER BY log.id DESC LIMIT :limit OFFSET :offset) {kind.name.lower()}"""
        for kind in kinds
    ]
    return tx.column(
        " UNION ALL ".join(lists), mod_person_id=query.mod_person_id, limit=query.page.limit, offset=query.page.offset, **wished
    )


def _narrowed(kind: ModlogActionType, wished: Mapping[str, Any]) -> list[str]:
    """The conditions of one list. Where a column of the log is given, its index leads and that of kinds is kept out: SQLite plans without
    statistics and could walk over all of a kind."""
    conditions = [FILTERS[kind][name] for name in wished]
    led = any(condition.startswith("log.") for condition in conditions)
    return [f"log.kind || '' = '{kind}'" if led else f"log.kind = '{kind}'", *conditions]
