"""Flag: a report goes to the community's home and to the home of who wrote what is reported, and to nobody else."""

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.outbox.log import Outbox, home_of_post
from lemmy_lite.model import events
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.tables import comment, person, post


def post_reported(outbox: Outbox, author: Person, event: events.PostReported) -> None:
    """One of our people reported a post."""
    _tell(outbox, author, post.existing(outbox.tx, event.post_id), event.reason)


def comment_reported(outbox: Outbox, author: Person, event: events.CommentReported) -> None:
    """One of our people reported a comment."""
    _tell(outbox, author, comment.existing(outbox.tx, event.comment_id), event.reason)


def _tell(outbox: Outbox, author: Person, target: Post | Comment, reason: str) -> None:
    home = home_of_post(outbox.tx, target.id if isinstance(target, Post) else target.post_id)
    if home.visibility is CommunityVisibility.PUBLIC:
        writer = person.existing(outbox.tx, target.creator_id)
        activity = outgoing.flag(outbox.context, author, home, target.ap_id, reason)
        outbox.to_some(activity, author.actor_id, [home.actor_id, writer.actor_id], target.ap_id)
