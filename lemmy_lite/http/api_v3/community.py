"""Operations on communities."""

import asyncio

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import community_listing, moderation, settings
from lemmy_lite.domain import site as sites
from lemmy_lite.domain.community_listing import CommunityQuery
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.http.api_v3.wire.community import (
    BlockCommunity,
    BlockCommunityResponse,
    CommunityResponse,
    CreateCommunity,
    DeleteCommunity,
    EditCommunity,
    FollowCommunity,
    GetCommunity,
    GetCommunityResponse,
    HideCommunity,
    ListCommunities,
    ListCommunitiesResponse,
    RemoveCommunity,
)
from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.model.community import Community, CommunityForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def create_community(call: UserCall, form: CreateCommunity) -> CommunityResponse:
    """Found a community."""
    await call.database.read(communities.check_new, call.context, call.viewer.person, form_of(CommunityForm, form))
    pair = await asyncio.to_thread(keys.generate_key_pair)
    return await call.database.write(_create, call.context, call.viewer, form, pair)


async def get_community(call: Call, form: GetCommunity) -> GetCommunityResponse:
    """One community with its moderators; one that is not known here is fetched for a logged-in user."""
    found = await call.database.read(_find, call.context, call.viewer, form)
    if found is None and call.viewer is not None and form.name and "@" in form.name:
        fetched = await call.federation.resolve(f"!{form.name.removeprefix('!')}")
        found = fetched if isinstance(fetched, Community) else None
    if found is None:
        raise LemmyError("couldnt_find_community", missing=True)
    return await call.database.read(_get, call.viewer, found.id)


async def edit_community(call: UserCall, form: EditCommunity) -> CommunityResponse:
    """Change a community."""
    return await call.database.write(_edit, call.context, call.viewer, form)


async def delete_community(call: UserCall, form: DeleteCommunity) -> CommunityResponse:
    """Delete or restore a community."""
    return await call.database.write(_delete, call.viewer, form)


async def remove_community(call: UserCall, form: RemoveCommunity) -> CommunityResponse:
    """Remove a community from this site as an admin, or restore it."""
    return await call.database.write(_remove, call.viewer, form)


async def hide_community(call: UserCall, form: HideCommunity) -> SuccessResponse:
    """Keep a community out of All as an admin, or no longer."""
    await call.database.write(moderation.hide_community, call.viewer.person, form.community_id, form.hidden, form.reason)
    return SuccessResponse(success=True)


async def follow_community(call: UserCall, form: FollowCommunity) -> CommunityResponse:
    """Follow a community, or no longer."""
    return await call.database.write(_follow, call.viewer, form)


async def block_community(call: UserCall, form: BlockCommunity) -> BlockCommunityResponse:
    """Block a community for oneself, which also unfollows it."""
    return await call.database.write(_block, call.viewer, form)


async def list_communities(call: Call, form: ListCommunities) -> ListCommunitiesResponse:
    """One page of a list of communities."""
    return await call.database.read(_list, call.viewer, form)


def _answer(tx: Transaction, viewer: Viewer, community_id: CommunityId) -> CommunityResponse:
    return CommunityResponse(
        community_view=communities.view(tx, viewer, community_id), discussion_languages=communities.languages(tx, community_id)
    )


def _create(tx: Transaction, context: Context, viewer: Viewer, form: CreateCommunity, pair: KeyPair) -> CommunityResponse:
    return _answer(tx, viewer, communities.create(tx, context, viewer.person, form_of(CommunityForm, form), pair).id)


def _edit(tx: Transaction, context: Context, viewer: Viewer, form: EditCommunity) -> CommunityResponse:
    return _answer(tx, viewer, communities.edit(tx, context, viewer.person, form.community_id, form_of(CommunityForm, form)).id)


def _delete(tx: Transaction, viewer: Viewer, form: DeleteCommunity) -> CommunityResponse:
    return _answer(tx, viewer, communities.delete(tx, viewer.person, form.community_id, form.deleted).id)


def _remove(tx: Transaction, viewer: Viewer, form: RemoveCommunity) -> CommunityResponse:
    return _answer(tx, viewer, moderation.remove_community(tx, viewer.person, form.community_id, form.removed, form.reason).id)


def _follow(tx: Transaction, viewer: Viewer, form: FollowCommunity) -> CommunityResponse:
    communities.follow(tx, viewer.person, form.community_id, form.follow)
    return _answer(tx, viewer, form.community_id)


def _block(tx: Transaction, viewer: Viewer, form: BlockCommunity) -> BlockCommunityResponse:
    communities.block(tx, viewer.person, form.community_id, form.block)
    return BlockCommunityResponse(community_view=communities.view(tx, viewer, form.community_id), blocked=form.block)


def _find(tx: Transaction, context: Context, viewer: Viewer | None, form: GetCommunity) -> Community | None:
    settings.require_open_to(tx, viewer)
    if form.id is not None:
        return communities.existing(tx, form.id)
    if form.name is None:
        raise LemmyError("no_id_given")
    return communities.named(tx, context, form.name)


def _get(tx: Transaction, viewer: Viewer | None, community_id: CommunityId) -> GetCommunityResponse:
    view = communities.view(tx, viewer, community_id)
    return GetCommunityResponse(
        community_view=view,
        site=sites.of_instance(tx, view.community.instance_id),
        moderators=communities.moderators(tx, community_id),
        discussion_languages=communities.languages(tx, community_id),
    )


def _list(tx: Transaction, viewer: Viewer | None, form: ListCommunities) -> ListCommunitiesResponse:
    query = CommunityQuery(listing=form.type_, sort=form.sort or SortType.HOT, show_nsfw=form.show_nsfw, page=form.page, limit=form.limit)
    return ListCommunitiesResponse(communities=community_listing.listing(tx, viewer, query))
