"""Like, Dislike and what takes them back.

A vote that a community announces counts on the community's word: the votes of its posts are its own to tell, and the ids of most votes
cannot be fetched (Mastodon's are fragments). It can lie only about what lies in it (threat "vote manipulation").
"""

from lemmy_lite.domain import vote
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Needs, Refused
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.tables import comment, community, post, site

SCORES = {"Like": 1, "EmojiReact": 1, "Dislike": -1}


def is_vote(document: object) -> bool:
    """Whether an activity is a vote, takes one back or announces either: of these many come, and an instance keeps little of each."""
    for _ in range(3):
        if not isinstance(document, dict):
            return False
        kind = values.kind(document)
        if kind in SCORES:
            return True
        if kind not in ("Announce", "Undo"):
            return False
        document = document.get("object")
    return False


def cast(given: Verified) -> None:
    """A vote. Where downvotes are switched off, one counts as no vote."""
    score = SCORES[given.activity.type]
    if score < 0 and not site.local(given.tx).enable_downvotes:
        score = 0
    _put(given, given, score)


def take_back(given: Verified, inner: Verified) -> None:
    """No vote any more, whichever it was: Lemmy takes back Dislikes as Likes."""
    _put(given, inner, 0)


def _put(given: Verified, inner: Verified, score: int) -> None:
    target = find(inner)
    if target is None:
        if score == 0:
            return
        if given.announcer is None:
            raise Refused("unknown_object", f"{inner.object_id[:200]} is not known here")
        origins.require_remote(given.context.config, inner.object_id)
        raise Needs(inner.object_id)
    home = home_of(inner, target)
    given.require_accepted_in(home)
    inner.require_accepted_in(home)
    given.require_addressed_to(home.actor_id)
    voter = written.known_person(given.tx, given.actor_id)
    vote.cast(given.tx, voter, target, score)
    given.pass_on(home, target.ap_id)


def find(given: Verified) -> Post | Comment | None:
    """The post or comment that an activity is about."""
    return post.by_ap_id(given.tx, given.object_id) or comment.by_ap_id(given.tx, given.object_id)


def home_of(given: Verified, target: Post | Comment) -> Community:
    """The community in which it stands."""
    of_post = target if isinstance(target, Post) else post.existing(given.tx, target.post_id)
    return community.existing(given.tx, of_post.community_id)
