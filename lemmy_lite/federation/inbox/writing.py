"""Create and Update of posts and comments, and Update of communities."""

from lemmy_lite.federation import origins, store
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.fetch import Document
from lemmy_lite.federation.inbox import messaging, profiles
from lemmy_lite.federation.inbox.moderating import update_community
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.objects.written import candidates
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.federation.protocol.objects import Written
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.tables import comment, community, community_follower, post


def receive(given: Verified) -> None:
    """A post, a comment or a community was written or changed; or a private message, or somebody's own profile."""
    if messaging.is_private(given):
        messaging.receive(given)
        return
    if values.kind(given.activity.object) in actors.PERSON_TYPES:
        profiles.update(given)
        return
    given.require_public()
    if values.kind(given.activity.object) in actors.GROUP_TYPES:
        update_community(given)
        return
    origins.require_same(given.object_id, given.actor_id, "object")
    _require_followed(given, given.activity.object)
    document = given.object()
    _require_followed(given, document)
    if given.actor_id not in values.every(document.get("attributedTo")):
        raise Refused("foreign_author", f"{given.actor_id[:200]} sends what somebody else wrote")
    stored = store.receive(given.tx, given.evidence, given.context, document, edited=given.activity.type == "Update")
    home = home_of(given, stored)
    given.require_accepted_in(home)
    given.pass_on(home, given.object_id)
    if isinstance(stored, Post):
        given.show_on(home, document)


def home_of(given: Verified, stored: store.Stored) -> Community:
    """The community of a post or comment. Raises Refused for anything else."""
    if isinstance(stored, Post):
        return community.existing(given.tx, stored.community_id)
    if isinstance(stored, Comment):
        return community.existing(given.tx, post.existing(given.tx, stored.post_id).community_id)
    raise Refused("unknown_type", f"{given.object_id[:200]} is neither a post nor a comment")


def _require_followed(given: Verified, document: object) -> None:
    """Refuse early, before anything else is fetched, what is not written to a community here or one that somebody here follows.

    What a followed community announces may leave its name out; what comes straight from a stranger must name it or answer what is here.
    """
    inside: Document = document if isinstance(document, dict) else {}
    named = {found for each in (given.activity.audience, inside.get("audience")) if (found := values.one(each)) is not None}
    if len(named) > 1:
        raise Refused("wrong_audience", f"{given.activity.id[:200]} and its object name different communities")
    if not named and (given.announcer is not None or not inside):
        return
    if not named and _answers_known(given, inside):
        return
    if not any(_is_followed(given, ap_id) for ap_id in named or _candidates(inside)):
        raise Refused("community_has_no_followers", f"{given.activity.id[:200]} is for no community that anybody here follows")


def _candidates(document: Document) -> list[str]:
    """Who may be the community of what names none. Raises Refused."""
    try:
        return candidates(into(Written, document))
    except Malformed as cause:
        raise Refused("malformed", str(cause)) from cause


def _answers_known(given: Verified, document: Document) -> bool:
    parent_id = values.one(document.get("inReplyTo"))
    if parent_id is None:
        return False
    return post.by_ap_id(given.tx, parent_id) is not None or comment.by_ap_id(given.tx, parent_id) is not None


def _is_followed(given: Verified, ap_id: str) -> bool:
    home = community.by_actor_id(given.tx, ap_id)
    return home is not None and (home.local or community_follower.has_local(given.tx, home.id))
