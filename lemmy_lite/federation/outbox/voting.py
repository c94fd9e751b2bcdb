"""Like, Dislike and what takes them back."""

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.outbox.log import Outbox, home_of_post
from lemmy_lite.model import events
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import comment, post


def vote_cast(outbox: Outbox, author: Person, event: events.VoteCast) -> None:
    """A vote, or that it was taken back."""
    tx = outbox.tx
    home = home_of_post(tx, event.post_id)
    target = comment.existing(tx, event.comment_id) if event.comment_id is not None else post.existing(tx, event.post_id)
    if event.score:
        activity = outgoing.vote(outbox.context, author, home, target.ap_id, event.score)
    else:
        activity = outgoing.undo(outbox.context, outgoing.vote(outbox.context, author, home, target.ap_id, event.before))
    outbox.in_community(activity, home, target.ap_id)
