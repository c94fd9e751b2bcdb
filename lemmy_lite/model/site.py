"""The site: how this instance presents itself and what it allows."""

from datetime import datetime
from enum import StrEnum

from msgspec import UNSET, UnsetType

from lemmy_lite.model.ids import InstanceId, LanguageId, LocalSiteId, SiteId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.struct import Struct


class RegistrationMode(StrEnum):
    """Who may register."""

    CLOSED = "Closed"
    REQUIRE_APPLICATION = "RequireApplication"
    OPEN = "Open"


class PostListingMode(StrEnum):
    """How the web site lays out lists of posts."""

    LIST = "List"
    CARD = "Card"
    SMALL_CARD = "SmallCard"


class CaptchaDifficulty(StrEnum):
    """The levels offered; the stored text may be anything, and what is unknown acts as medium."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Site(Struct, kw_only=True):
    """The public face of an instance, ours or another: an actor of type Application. `sidebar` is markdown."""

    id: SiteId
    name: str
    sidebar: str | None = None
    published: datetime
    updated: datetime | None = None
    icon: str | None = None
    banner: str | None = None
    description: str | None = None
    actor_id: str
    last_refreshed_at: datetime
    inbox_url: str
    public_key: str
    instance_id: InstanceId
    content_warning: str | None = None


class LocalSite(Struct, kw_only=True):
    """The settings of this instance."""

    id: LocalSiteId
    site_id: SiteId
    site_setup: bool
    enable_downvotes: bool
    enable_nsfw: bool
    community_creation_admin_only: bool
    require_email_verification: bool
    application_question: str | None = None
    private_instance: bool
    default_theme: str
    default_post_listing_type: ListingType
    legal_information: str | None = None
    hide_modlog_mod_names: bool
    application_email_admins: bool
    slur_filter_regex: str | None = None
    actor_name_max_length: int
    federation_enabled: bool
    captcha_enabled: bool
    captcha_difficulty: str
    published: datetime
    updated: datetime | None = None
    registration_mode: RegistrationMode
    reports_email_admins: bool
    federation_signed_fetch: bool
    default_post_listing_mode: PostListingMode
    default_sort_type: SortType


class LocalSiteRateLimit(Struct, kw_only=True):
    """How many requests each bucket grants per so many seconds and client address."""

    local_site_id: LocalSiteId
    message: int
    message_per_second: int
    post: int
    post_per_second: int
    register: int
    register_per_second: int
    image: int
    image_per_second: int
    comment: int
    comment_per_second: int
    search: int
    search_per_second: int
    published: datetime
    updated: datetime | None = None
    import_user_settings: int
    import_user_settings_per_second: int


class SiteAggregates(Struct, kw_only=True):
    """The counters of this site."""

    site_id: SiteId
    users: int
    posts: int
    comments: int
    communities: int
    users_active_day: int
    users_active_week: int
    users_active_month: int
    users_active_half_year: int


class SiteView(Struct, kw_only=True):
    """This site with settings and counters."""

    site: Site
    local_site: LocalSite
    local_site_rate_limit: LocalSiteRateLimit
    counts: SiteAggregates


class Tagline(Struct, kw_only=True):
    """One of the lines shown in turn above the front page."""

    id: int
    local_site_id: LocalSiteId
    content: str
    published: datetime
    updated: datetime | None = None


class LocalSiteUrlBlocklist(Struct, kw_only=True):
    """An address that posts may not link to."""

    id: int
    url: str
    published: datetime
    updated: datetime | None = None


class SiteForm(Struct, kw_only=True):
    """The form that sets up or edits the site; what is unset keeps its value, an empty text clears it.

    Lists replace what was there. `captcha_difficulty` is free text (see CaptchaDifficulty).
    """

    name: str | UnsetType = UNSET
    sidebar: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    icon: str | UnsetType = UNSET
    banner: str | UnsetType = UNSET
    enable_downvotes: bool | UnsetType = UNSET
    enable_nsfw: bool | UnsetType = UNSET
    community_creation_admin_only: bool | UnsetType = UNSET
    require_email_verification: bool | UnsetType = UNSET
    application_question: str | UnsetType = UNSET
    private_instance: bool | UnsetType = UNSET
    default_theme: str | UnsetType = UNSET
    default_post_listing_type: ListingType | UnsetType = UNSET
    default_sort_type: SortType | UnsetType = UNSET
    legal_information: str | UnsetType = UNSET
    application_email_admins: bool | UnsetType = UNSET
    hide_modlog_mod_names: bool | UnsetType = UNSET
    discussion_languages: list[LanguageId] | UnsetType = UNSET
    slur_filter_regex: str | UnsetType = UNSET
    actor_name_max_length: int | UnsetType = UNSET
    rate_limit_message: int | UnsetType = UNSET
    rate_limit_message_per_second: int | UnsetType = UNSET
    rate_limit_post: int | UnsetType = UNSET
    rate_limit_post_per_second: int | UnsetType = UNSET
    rate_limit_register: int | UnsetType = UNSET
    rate_limit_register_per_second: int | UnsetType = UNSET
    rate_limit_image: int | UnsetType = UNSET
    rate_limit_image_per_second: int | UnsetType = UNSET
    rate_limit_comment: int | UnsetType = UNSET
    rate_limit_comment_per_second: int | UnsetType = UNSET
    rate_limit_search: int | UnsetType = UNSET
    rate_limit_search_per_second: int | UnsetType = UNSET
    federation_enabled: bool | UnsetType = UNSET
    federation_debug: bool | UnsetType = UNSET
    captcha_enabled: bool | UnsetType = UNSET
    captcha_difficulty: str | UnsetType = UNSET
    allowed_instances: list[str] | UnsetType = UNSET
    blocked_instances: list[str] | UnsetType = UNSET
    blocked_urls: list[str] | UnsetType = UNSET
    taglines: list[str] | UnsetType = UNSET
    registration_mode: RegistrationMode | UnsetType = UNSET
    reports_email_admins: bool | UnsetType = UNSET
    content_warning: str | UnsetType = UNSET
    default_post_listing_mode: PostListingMode | UnsetType = UNSET
