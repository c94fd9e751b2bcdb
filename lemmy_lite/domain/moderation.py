"""What moderators and admins do to posts and comments: remove, lock, feature, distinguish. Each deed goes into the modlog."""

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import permissions
from lemmy_lite.domain import post as posts
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentEdited, CommentRemoved, CommunityHidden, CommunityRemoved, PostFeatured, PostLocked, PostRemoved
from lemmy_lite.model.ids import CommentId, CommunityId, PostId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostFeatureType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, community_moderator, modlog, person, post, report, site


def remove_post(tx: Transaction, actor: Person, post_id: PostId, removed: bool, reason: str | None = None) -> Post:
    """Remove a post, or restore it. Raises LemmyError: couldnt_find_post, not_a_mod_or_admin, not_higher_mod."""
    found = posts.existing(tx, post_id)
    home = community.existing(tx, found.community_id)
    permissions.require(tx, "post.remove", actor, community=home, author_id=found.creator_id)
    post.update(tx, found.id, removed=removed)
    posts.recount(tx, found)
    report.resolve_all(tx, "post", found.id, actor.id)
    modlog.insert(tx, ModlogActionType.MOD_REMOVE_POST, actor.id, post_id=found.id, community_id=home.id, flag=removed, reason=reason)
    tx.append(PostRemoved(actor_id=actor.id, post_id=found.id, removed=removed, reason=reason))
    return post.existing(tx, found.id)


def lock_post(tx: Transaction, actor: Person, post_id: PostId, locked: bool) -> Post:
    """Close a post to comments, or open it again. Raises LemmyError: couldnt_find_post, not_a_mod_or_admin."""
    found = posts.existing(tx, post_id)
    home = community.existing(tx, found.community_id)
    permissions.require(tx, "post.lock", actor, community=home, author_id=found.creator_id)
    post.update(tx, found.id, locked=locked)
    modlog.insert(tx, ModlogActionType.MOD_LOCK_POST, actor.id, post_id=found.id, community_id=home.id, flag=locked)
    tx.append(PostLocked(actor_id=actor.id, post_id=found.id, locked=locked))
    return post.existing(tx, found.id)


def feature_post(tx: Transaction, actor: Person, post_id: PostId, featured: bool, where: PostFeatureType) -> Post:
    """Pin a post in its community or, as an admin, on the front page. Raises couldnt_find_post, not_a_mod_or_admin, not_an_admin."""
    found = posts.existing(tx, post_id)
    home = community.existing(tx, found.community_id)
    locally = where is PostFeatureType.LOCAL
    permissions.require(tx, "post.feature_locally" if locally else "post.feature_in_community", actor, community=home)
    post.update(tx, found.id, **{"featured_local" if locally else "featured_community": featured})
    modlog.insert(
        tx,
        ModlogActionType.MOD_FEATURE_POST,
        actor.id,
        post_id=found.id,
        community_id=home.id,
        flag=featured,
        in_community=not locally,
    )
    tx.append(PostFeatured(actor_id=actor.id, post_id=found.id, featured=featured, locally=locally))
    return post.existing(tx, found.id)


def remove_comment(tx: Transaction, actor: Person, comment_id: CommentId, removed: bool, reason: str | None = None) -> Comment:
    """Remove a comment, or restore it; one deleted by its author stays as it is.

    Raises LemmyError: couldnt_find_comment, couldnt_update_comment, not_a_mod_or_admin, not_higher_mod.
    """
    found = comments.existing(tx, comment_id)
    of_post = post.existing(tx, found.post_id)
    home = community.existing(tx, of_post.community_id)
    permissions.require(tx, "comment.remove", actor, community=home, author_id=found.creator_id)
    if found.deleted:
        raise LemmyError("couldnt_update_comment")
    comment.update(tx, found.id, removed=removed)
    comments.recount(tx, found)
    report.resolve_all(tx, "comment", found.id, actor.id)
    modlog.insert(
        tx,
        ModlogActionType.MOD_REMOVE_COMMENT,
        actor.id,
        post_id=of_post.id,
        community_id=home.id,
        comment_id=found.id,
        flag=removed,
        reason=reason,
    )
    tx.append(CommentRemoved(actor_id=actor.id, comment_id=found.id, removed=removed, reason=reason))
    return comment.existing(tx, found.id)


def remove_community(tx: Transaction, actor: Person, community_id: CommunityId, removed: bool, reason: str | None = None) -> Community:
    """Remove a community from this site, or restore it. Raises LemmyError: couldnt_find_community, not_a_mod_or_admin, not_an_admin for
    its moderators."""
    home = communities.existing(tx, community_id)
    # As with deleting: Lemmy asks first whether the actor has any office there (crates/api_crud/src/community/remove.rs).
    permissions.require(tx, "community.edit", actor, community=home)
    permissions.require(tx, "community.remove", actor, community=home)
    if home.removed != removed:
        community.update(tx, home.id, removed=removed)
        if home.local and not home.deleted:
            site.count(tx, communities=-1 if removed else 1)
    modlog.insert(tx, ModlogActionType.MOD_REMOVE_COMMUNITY, actor.id, community_id=home.id, flag=removed, reason=reason)
    tx.append(CommunityRemoved(actor_id=actor.id, community_id=home.id, removed=removed, reason=reason))
    return community.existing(tx, home.id)


def hide_community(tx: Transaction, actor: Person, community_id: CommunityId, hidden: bool, reason: str | None = None) -> None:
    """Keep a community out of All for those who do not follow it, or no longer. Raises not_an_admin,
    couldnt_update_community_hidden_status when there is no such community."""
    permissions.require(tx, "community.hide", actor)
    home = community.get(tx, community_id)
    if home is None:
        raise LemmyError("couldnt_update_community_hidden_status", missing=True)
    community.update(tx, home.id, hidden=hidden)
    modlog.insert(tx, ModlogActionType.MOD_HIDE_COMMUNITY, actor.id, community_id=home.id, flag=hidden, reason=reason)
    tx.append(CommunityHidden(actor_id=actor.id, community_id=home.id, hidden=hidden))


def distinguish_comment(tx: Transaction, actor: Person, comment_id: CommentId, distinguished: bool) -> Comment:
    """Mark one's own comment as spoken for the moderators. Raises LemmyError: couldnt_find_comment, no_comment_edit_allowed,
    not_a_mod_or_admin."""
    found = comments.existing(tx, comment_id)
    home = community.existing(tx, post.existing(tx, found.post_id).community_id)
    permissions.require(tx, "comment.edit", actor, community=home, author_id=found.creator_id)
    permissions.require(tx, "comment.distinguish", actor, community=home, author_id=found.creator_id)
    comment.update(tx, found.id, distinguished=distinguished)
    tx.append(CommentEdited(actor_id=actor.id, comment_id=found.id))
    return comment.existing(tx, found.id)


def is_our_verdict(tx: Transaction, kind: ModlogActionType, home: Community, **about: int) -> bool:
    """Whether something in a remote community was closed last by one of our admins, for this site alone: its home cannot open it here.

    `about` names the ids in the log (post_id, comment_id, community_id, other_person_id). Where our person acted as a moderator of `home`,
    it was no verdict of this site alone.
    """
    word = modlog.last(tx, kind, **about)
    if home.local or word is None:
        return False
    judge_id, closed = word
    return closed and person.existing(tx, judge_id).local and not community_moderator.moderates(tx, judge_id, home.id)


def was_judged_elsewhere(tx: Transaction, kind: ModlogActionType, **about: int) -> bool:
    """Whether the last word of a kind came from another instance; `about` as for `is_our_verdict`."""
    word = modlog.last(tx, kind, **about)
    return word is not None and not person.existing(tx, word[0]).local
