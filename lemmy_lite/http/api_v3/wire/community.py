"""Communities."""

from lemmy_lite.http.api_v3.wire.bounds import CommunityId, Int64, LanguageId, LongText, PersonId
from lemmy_lite.model.community import CommunityModeratorView, CommunityView, CommunityVisibility
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.person import PersonView
from lemmy_lite.model.site import Site
from lemmy_lite.model.struct import Struct


class CreateCommunity(Struct, kw_only=True):
    """`POST /community`."""

    name: str
    title: str
    description: str | None = None
    icon: str | None = None
    banner: str | None = None
    nsfw: bool | None = None
    posting_restricted_to_mods: bool | None = None
    discussion_languages: list[LanguageId] | None = None
    visibility: CommunityVisibility | None = None


class GetCommunity(Struct, kw_only=True):
    """`GET /community`."""

    id: CommunityId | None = None
    name: str | None = None


class GetCommunityResponse(Struct, kw_only=True):
    """The answer of getCommunity and transferCommunity."""

    community_view: CommunityView
    site: Site | None = None
    moderators: list[CommunityModeratorView]
    discussion_languages: list[LanguageId]


class EditCommunity(Struct, kw_only=True):
    """`PUT /community`."""

    community_id: CommunityId
    title: str | None = None
    description: str | None = None
    icon: str | None = None
    banner: str | None = None
    nsfw: bool | None = None
    posting_restricted_to_mods: bool | None = None
    discussion_languages: list[LanguageId] | None = None
    visibility: CommunityVisibility | None = None


class HideCommunity(Struct, kw_only=True):
    """`PUT /community/hide`."""

    community_id: CommunityId
    hidden: bool
    reason: LongText | None = None


class ListCommunities(Struct, kw_only=True):
    """`GET /community/list`."""

    type_: ListingType | None = None
    sort: SortType | None = None
    show_nsfw: bool | None = None
    page: Int64 | None = None
    limit: Int64 | None = None


class ListCommunitiesResponse(Struct, kw_only=True):
    """The answer of listCommunities."""

    communities: list[CommunityView]


class FollowCommunity(Struct, kw_only=True):
    """`POST /community/follow`."""

    community_id: CommunityId
    follow: bool


class BlockCommunity(Struct, kw_only=True):
    """`POST /community/block`."""

    community_id: CommunityId
    block: bool


class BlockCommunityResponse(Struct, kw_only=True):
    """The answer of blockCommunity."""

    community_view: CommunityView
    blocked: bool


class DeleteCommunity(Struct, kw_only=True):
    """`POST /community/delete`."""

    community_id: CommunityId
    deleted: bool


class RemoveCommunity(Struct, kw_only=True):
    """`POST /community/remove`."""

    community_id: CommunityId
    removed: bool
    reason: LongText | None = None


class TransferCommunity(Struct, kw_only=True):
    """`POST /community/transfer`."""

    community_id: CommunityId
    person_id: PersonId


class BanFromCommunity(Struct, kw_only=True):
    """`POST /community/ban_user`."""

    community_id: CommunityId
    person_id: PersonId
    ban: bool
    remove_data: bool | None = None
    reason: str | None = None
    expires: Int64 | None = None


class BanFromCommunityResponse(Struct, kw_only=True):
    """The answer of banFromCommunity."""

    person_view: PersonView
    banned: bool


class AddModToCommunity(Struct, kw_only=True):
    """`POST /community/mod`."""

    community_id: CommunityId
    person_id: PersonId
    added: bool


class AddModToCommunityResponse(Struct, kw_only=True):
    """The answer of addModToCommunity."""

    moderators: list[CommunityModeratorView]


class CommunityResponse(Struct, kw_only=True):
    """The answer of the operations on one community."""

    community_view: CommunityView
    discussion_languages: list[LanguageId]
