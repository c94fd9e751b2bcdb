"""Create and Update of posts and comments, and Update of communities."""

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.objects import comment as of_comments
from lemmy_lite.federation.objects import community as of_communities
from lemmy_lite.federation.objects import post as of_posts
from lemmy_lite.federation.objects.written import calls_of
from lemmy_lite.federation.outbox.log import Outbox, home_of_post
from lemmy_lite.federation.protocol.wire import Wire, builtins
from lemmy_lite.model import events
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import actor, comment, community, post


def post_written(outbox: Outbox, author: Person, event: events.PostCreated | events.PostEdited) -> None:
    """A post is new, or changed."""
    tx, found = outbox.tx, post.existing(outbox.tx, event.post_id)
    home = community.existing(tx, found.community_id)
    page = of_posts.to_wire(tx, outbox.context, found)
    kind = "Create" if isinstance(event, events.PostCreated) else "Update"
    outbox.in_community(outgoing.written(outbox.context, kind, author, home, page), home, found.ap_id, calls_of(page), author)
    if home.local:
        # Mastodon and Pleroma know Announce of an object only, so followers there see posts by this second form.
        outbox.announce(home, builtins(page), found.ap_id)


def comment_written(outbox: Outbox, author: Person, event: events.CommentCreated | events.CommentEdited) -> None:
    """A comment is new, or changed."""
    tx, found = outbox.tx, comment.existing(outbox.tx, event.comment_id)
    home = home_of_post(tx, found.post_id)
    note = of_comments.to_wire(tx, outbox.context, found)
    kind = "Create" if isinstance(event, events.CommentCreated) else "Update"
    outbox.in_community(outgoing.written(outbox.context, kind, author, home, note), home, found.ap_id, calls_of(note), author)


def community_edited(outbox: Outbox, author: Person, event: events.CommunityEdited) -> None:
    """A moderator changed a community, ours or one elsewhere that they moderate."""
    home = community.existing(outbox.tx, event.community_id)
    if outbox.speaks_in(author, home):
        tell_community(outbox, author, home)


def tell_community(outbox: Outbox, author: Person, home: Community) -> None:
    """Send the community as it is now."""
    own = actor.of_community(outbox.tx, home.id)
    if own is not None:
        group: Wire = of_communities.to_wire(outbox.tx, outbox.context, home, own)
        outbox.in_community(outgoing.written(outbox.context, "Update", author, home, group), home, home.actor_id)
