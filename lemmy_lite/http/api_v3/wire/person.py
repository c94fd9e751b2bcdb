"""People: profiles, blocks, bans, administrators."""

from lemmy_lite.http.api_v3.wire.bounds import CommunityId, Int64, PersonId
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.community import CommunityModeratorView
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.person import PersonView
from lemmy_lite.model.post import PostView
from lemmy_lite.model.site import Site
from lemmy_lite.model.struct import Struct


class GetPersonDetails(Struct, kw_only=True):
    """`GET /user`."""

    person_id: PersonId | None = None
    username: str | None = None
    sort: SortType | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    community_id: CommunityId | None = None
    saved_only: bool | None = None


class GetPersonDetailsResponse(Struct, kw_only=True):
    """The answer of getPersonDetails."""

    person_view: PersonView
    site: Site | None = None
    comments: list[CommentView]
    posts: list[PostView]
    moderates: list[CommunityModeratorView]


class BlockPerson(Struct, kw_only=True):
    """`POST /user/block`."""

    person_id: PersonId
    block: bool


class BlockPersonResponse(Struct, kw_only=True):
    """The answer of blockPerson."""

    person_view: PersonView
    blocked: bool


class BanPerson(Struct, kw_only=True):
    """`POST /user/ban`."""

    person_id: PersonId
    ban: bool
    remove_data: bool | None = None
    reason: str | None = None
    expires: Int64 | None = None


class BanPersonResponse(Struct, kw_only=True):
    """The answer of banPerson."""

    person_view: PersonView
    banned: bool


class BannedPersonsResponse(Struct, kw_only=True):
    """The answer of getBannedPersons."""

    banned: list[PersonView]


class AddAdmin(Struct, kw_only=True):
    """`POST /admin/add`."""

    person_id: PersonId
    added: bool


class AddAdminResponse(Struct, kw_only=True):
    """The answer of addAdmin."""

    admins: list[PersonView]
