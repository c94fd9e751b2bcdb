"""What a viewer sees of one thing that was looked up by its address: exactly one of four views."""

from lemmy_lite.domain import comment_listing
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import person as people
from lemmy_lite.domain import post as posts
from lemmy_lite.model.comment import Comment, CommentView
from lemmy_lite.model.community import Community, CommunityView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.model.post import Post, PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

Found = Person | Community | Post | Comment


class LookedUp(Struct, kw_only=True):
    """One of the four is there."""

    comment: CommentView | None = None
    post: PostView | None = None
    community: CommunityView | None = None
    person: PersonView | None = None


def view(tx: Transaction, viewer: Viewer | None, found: Found) -> LookedUp:
    """The thing as the viewer may see it. Raises couldnt_find_object, as a missing row, for what is removed, deleted or not for them."""
    try:
        match found:
            case Person():
                if found.deleted:
                    raise LemmyError("couldnt_find_object", missing=True)
                return LookedUp(person=people.view(tx, found.id))
            case Community():
                return LookedUp(community=communities.view(tx, viewer, found.id))
            case Post():
                return LookedUp(post=posts.view(tx, viewer, found.id))
            case Comment():
                if found.deleted or found.removed:
                    raise LemmyError("couldnt_find_object", missing=True)
                return LookedUp(comment=comment_listing.one(tx, viewer, found.id))
    except LemmyError as error:
        if error.code == "instance_is_private":
            raise
        raise LemmyError("couldnt_find_object", missing=True, cause=error) from error
