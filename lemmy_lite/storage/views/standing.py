"""What the writer remembers of where something stands and of who wrote it: the half of a view that most answers to a deed have in common.

A vote's answer shows eighty columns of fifteen tables, and what the vote has changed is three of them. Where the writer remembers rows
(storage/recollection.py), it puts the answer together from them and reads what only the viewer has; everybody else reads all at once.
"""

from typing import NamedTuple

from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, community_ban, community_moderator, local_user, person


class Standing(NamedTuple):
    """How an author and a viewer stand in a community. The names are those of views."""

    creator: Person
    creator_banned_from_community: bool
    banned_from_community: bool
    creator_is_moderator: bool
    creator_is_admin: bool


def open_place(tx: Transaction, post: Post) -> Community | None:
    """The community of a post, if both are open to whoever is logged in: then a view of the post, or of what is below it, hides nothing
    from them. None where somebody has to decide, which the whole statement does."""
    home = community.existing(tx, post.community_id)
    return None if post.deleted or post.removed or home.deleted or home.removed else home


def standing_in(tx: Transaction, community_id: CommunityId, creator_id: PersonId, viewer_id: PersonId) -> Standing:
    """How who wrote something and who looks at it stand in its community."""
    return Standing(
        person.existing(tx, creator_id),
        community_ban.holds(tx, community_id, creator_id),
        community_ban.holds(tx, community_id, viewer_id),
        creator_id in community_moderator.order(tx, community_id),
        creator_id in local_user.admin_order(tx),
    )
