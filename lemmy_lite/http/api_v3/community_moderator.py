"""Operations on who moderates a community."""

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import community_moderator
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.community import (
    AddModToCommunity,
    AddModToCommunityResponse,
    GetCommunityResponse,
    TransferCommunity,
)
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def transfer_community(call: UserCall, form: TransferCommunity) -> GetCommunityResponse:
    """Hand a community to another of its moderators."""
    return await call.database.write(_transfer, call.viewer, form)


async def add_mod_to_community(call: UserCall, form: AddModToCommunity) -> AddModToCommunityResponse:
    """Appoint or dismiss a moderator."""
    return await call.database.write(_appoint, call.viewer, form)


def _transfer(tx: Transaction, viewer: Viewer, form: TransferCommunity) -> GetCommunityResponse:
    community_moderator.transfer(tx, viewer.person, form.community_id, form.person_id)
    # Without site and languages: clients of Lemmy know no others in this answer (behaviour.md, "API").
    return GetCommunityResponse(
        community_view=communities.view(tx, viewer, form.community_id),
        moderators=communities.moderators(tx, form.community_id),
        discussion_languages=[],
    )


def _appoint(tx: Transaction, viewer: Viewer, form: AddModToCommunity) -> AddModToCommunityResponse:
    community_moderator.appoint(tx, viewer.person, form.community_id, form.person_id, form.added)
    return AddModToCommunityResponse(moderators=communities.moderators(tx, form.community_id))
