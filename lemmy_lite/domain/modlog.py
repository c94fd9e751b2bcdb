"""The public log of moderation, as each viewer may read it."""

from typing import Any

from lemmy_lite.domain import settings
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.paging import Page
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community_moderator
from lemmy_lite.storage.views import modlog as views
from lemmy_lite.storage.views.modlog import ModlogQuery


class Filter(Struct, kw_only=True):
    """What is asked of the log; a list that cannot be filtered as asked stays empty. `other_person_id` is the person whom a deed is about,
    or who wrote what it is about."""

    kind: ModlogActionType = ModlogActionType.ALL
    mod_person_id: PersonId | None = None
    community_id: CommunityId | None = None
    other_person_id: PersonId | None = None
    post_id: PostId | None = None
    comment_id: CommentId | None = None


def entries(tx: Transaction, viewer: Viewer | None, asked: Filter, page: Page) -> dict[ModlogActionType, list[Any]]:
    """One page of each list of the log, newest first; every kind has its list of the views of model/modlog.py.

    Where the site hides the names of moderators, only moderators and admins see them or can ask for the deeds of one (the id stays in every
    entry, as in Lemmy). What happened in local-only communities is for those who are logged in. Raises instance_is_private.
    """
    settings.require_open_to(tx, viewer)
    admin = viewer is not None and viewer.local_user.admin
    moderates = viewer is not None and community_moderator.moderates_any(tx, viewer.id)
    named = admin or moderates or not settings.read(tx).hide_modlog_mod_names
    query = ModlogQuery(
        kind=asked.kind,
        mod_person_id=asked.mod_person_id if named else None,
        community_id=asked.community_id,
        other_person_id=asked.other_person_id,
        post_id=asked.post_id,
        comment_id=asked.comment_id,
        page=page,
        named=named,
        whole=admin,
        viewer_id=viewer.id if viewer else None,
        local_only=viewer is not None,
    )
    return views.entries(tx, query)
