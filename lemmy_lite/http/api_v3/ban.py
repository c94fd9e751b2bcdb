"""Operations on bans, from a community and from the site."""

from lemmy_lite.domain import ban as bans
from lemmy_lite.domain.ban import Ban
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.community import BanFromCommunity, BanFromCommunityResponse
from lemmy_lite.http.api_v3.wire.person import BannedPersonsResponse, BanPerson, BanPersonResponse
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def ban_from_community(call: UserCall, form: BanFromCommunity) -> BanFromCommunityResponse:
    """Ban a person from a community, or lift the ban."""
    return await call.database.write(_from_community, call.viewer, form)


async def ban_person(call: UserCall, form: BanPerson) -> BanPersonResponse:
    """Ban a person from the site, or lift the ban."""
    return await call.database.write(_from_site, call.viewer, form)


async def get_banned_persons(call: UserCall) -> BannedPersonsResponse:
    """The local people who are banned from the site, all of them."""
    return BannedPersonsResponse(banned=await call.database.read(bans.banned, call.viewer.person))


def _from_community(tx: Transaction, viewer: Viewer, form: BanFromCommunity) -> BanFromCommunityResponse:
    view = bans.from_community(tx, viewer.person, form.community_id, form.person_id, _decreed(tx, form))
    return BanFromCommunityResponse(person_view=view, banned=form.ban)


def _from_site(tx: Transaction, viewer: Viewer, form: BanPerson) -> BanPersonResponse:
    return BanPersonResponse(person_view=bans.from_site(tx, viewer.person, form.person_id, _decreed(tx, form)), banned=form.ban)


def _decreed(tx: Transaction, form: BanFromCommunity | BanPerson) -> Ban:
    return Ban(banned=form.ban, remove_data=bool(form.remove_data), reason=form.reason, expires=bans.end_of(tx, form.expires))
