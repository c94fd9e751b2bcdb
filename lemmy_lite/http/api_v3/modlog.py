"""The operation on the log of moderation."""

from lemmy_lite.domain import modlog
from lemmy_lite.domain.modlog import Filter
from lemmy_lite.http.api_v3.call import Call
from lemmy_lite.http.api_v3.wire.modlog import GetModlog, GetModlogResponse
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.paging import page
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def get_modlog(call: Call, form: GetModlog) -> GetModlogResponse:
    """One page of every list of the log, or of one."""
    return await call.database.read(_read, call.viewer, form)


def _read(tx: Transaction, viewer: Viewer | None, form: GetModlog) -> GetModlogResponse:
    asked = Filter(
        kind=form.type_ or ModlogActionType.ALL,
        mod_person_id=form.mod_person_id,
        community_id=form.community_id,
        other_person_id=form.other_person_id,
        post_id=form.post_id,
        comment_id=form.comment_id,
    )
    found = modlog.entries(tx, viewer, asked, page(form.limit, form.page))
    return GetModlogResponse(
        removed_posts=found[ModlogActionType.MOD_REMOVE_POST],
        locked_posts=found[ModlogActionType.MOD_LOCK_POST],
        featured_posts=found[ModlogActionType.MOD_FEATURE_POST],
        removed_comments=found[ModlogActionType.MOD_REMOVE_COMMENT],
        removed_communities=found[ModlogActionType.MOD_REMOVE_COMMUNITY],
        banned_from_community=found[ModlogActionType.MOD_BAN_FROM_COMMUNITY],
        banned=found[ModlogActionType.MOD_BAN],
        added_to_community=found[ModlogActionType.MOD_ADD_COMMUNITY],
        transferred_to_community=found[ModlogActionType.MOD_TRANSFER_COMMUNITY],
        added=found[ModlogActionType.MOD_ADD],
        admin_purged_persons=found[ModlogActionType.ADMIN_PURGE_PERSON],
        admin_purged_communities=found[ModlogActionType.ADMIN_PURGE_COMMUNITY],
        admin_purged_posts=found[ModlogActionType.ADMIN_PURGE_POST],
        admin_purged_comments=found[ModlogActionType.ADMIN_PURGE_COMMENT],
        hidden_communities=found[ModlogActionType.MOD_HIDE_COMMUNITY],
    )
