"""Communities: the groups people follow and post to."""

from datetime import datetime
from enum import StrEnum

from msgspec import UNSET, UnsetType

from lemmy_lite.model.ids import CommunityId, InstanceId, LanguageId
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct


class CommunityVisibility(StrEnum):
    """LocalOnly content is seen by logged-in users of this site only and never leaves it."""

    PUBLIC = "Public"
    LOCAL_ONLY = "LocalOnly"


class SubscribedType(StrEnum):
    """How the viewer follows a community; Pending until a remote one has accepted."""

    SUBSCRIBED = "Subscribed"
    NOT_SUBSCRIBED = "NotSubscribed"
    PENDING = "Pending"


class Community(Struct, kw_only=True):
    """A community, local or remote. `description` is markdown."""

    id: CommunityId
    name: str
    title: str
    description: str | None = None
    removed: bool
    published: datetime
    updated: datetime | None = None
    deleted: bool
    nsfw: bool
    actor_id: str
    local: bool
    icon: str | None = None
    banner: str | None = None
    hidden: bool
    posting_restricted_to_mods: bool
    instance_id: InstanceId
    visibility: CommunityVisibility


class CommunityAggregates(Struct, kw_only=True):
    """The counters of a community; active users are counted over all instances known here."""

    community_id: CommunityId
    subscribers: int
    posts: int
    comments: int
    published: datetime
    users_active_day: int
    users_active_week: int
    users_active_month: int
    users_active_half_year: int
    subscribers_local: int


class CommunityView(Struct, kw_only=True):
    """A community as one viewer sees it."""

    community: Community
    subscribed: SubscribedType
    blocked: bool
    counts: CommunityAggregates
    banned_from_community: bool


class CommunityModeratorView(Struct, kw_only=True):
    """Who moderates what; lists are ordered by appointment, the top moderator first."""

    community: Community
    moderator: Person


class CommunityFollowerView(Struct, kw_only=True):
    """Who follows what."""

    community: Community
    follower: Person


class CommunityBlockView(Struct, kw_only=True):
    """Who has blocked which community."""

    person: Person
    community: Community


class CommunityForm(Struct, kw_only=True):
    """The form that creates or edits a community; what is unset keeps its value, an empty text clears it.

    `name` counts at creation only. An empty `discussion_languages` means all languages.
    """

    name: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    icon: str | UnsetType = UNSET
    banner: str | UnsetType = UNSET
    nsfw: bool | UnsetType = UNSET
    posting_restricted_to_mods: bool | UnsetType = UNSET
    discussion_languages: list[LanguageId] | UnsetType = UNSET
    visibility: CommunityVisibility | UnsetType = UNSET
