"""Create and Update of posts and comments, and Update of communities."""

from lemmy_lite.federation import origins, store
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.tables import community, community_follower, post


def receive(given: Verified) -> None:
    """A post, a comment or a community was written or changed."""
    given.require_public()
    if given.announcer is None:
        origins.require_same(given.object_id, given.actor_id, "object")
    if isinstance(given.activity.object, dict) and given.activity.object.get("type") in actors.GROUP_TYPES:
        _update_community(given)
        return
    _require_followed(given)
    document = given.object()
    if given.actor_id not in values.every(document.get("attributedTo")):
        raise Refused("foreign_author", f"{given.actor_id[:200]} sends what somebody else wrote")
    stored = store.receive(given.tx, given.context, document, edited=given.activity.type == "Update")
    home = home_of(given, stored)
    given.require_accepted_in(home)
    given.pass_on(home, given.object_id)


def home_of(given: Verified, stored: store.Stored) -> Community:
    """The community of a post or comment. Raises Refused for anything else."""
    if isinstance(stored, Post):
        return community.existing(given.tx, stored.community_id)
    if isinstance(stored, Comment):
        return community.existing(given.tx, post.existing(given.tx, stored.post_id).community_id)
    raise Refused("unknown_type", f"{given.object_id[:200]} is neither a post nor a comment")


def _require_followed(given: Verified) -> None:
    """Refuse early, before anything is fetched, what names a community that nobody here follows."""
    audience = values.one(given.activity.audience)
    if audience is None:
        return
    home = community.by_actor_id(given.tx, audience)
    if home is None or not (home.local or community_follower.has_local(given.tx, home.id)):
        raise Refused("community_has_no_followers", f"nobody here follows {audience[:200]}")


def _update_community(given: Verified) -> None:
    """A moderator changed a community elsewhere: what it says of itself at its own id counts, whoever told us."""
    home = community.by_actor_id(given.tx, given.object_id)
    if home is None:
        raise Refused("not_a_community", f"{given.object_id[:200]} is not known here")
    if home.local:
        raise Refused("claims_to_be_local", f"{home.actor_id} is changed here only")
    given.require_accepted_in(home)
    document = given.evidence.document(home.actor_id)
    if document is None or document.get("type") not in actors.GROUP_TYPES:
        raise Refused("gone", f"{home.actor_id} is no community any more")
    store.receive(given.tx, given.context, document)
