"""The site: its settings, and what the front door tells everybody."""

from lemmy_lite.http.api_v3.wire.bounds import Int32, LanguageId, LegalText, LongText, ShortText
from lemmy_lite.model.emoji import CustomEmojiView
from lemmy_lite.model.language import Language
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.local_user import MyUserInfo
from lemmy_lite.model.person import PersonView
from lemmy_lite.model.site import LocalSiteUrlBlocklist, PostListingMode, RegistrationMode, SiteView, Tagline
from lemmy_lite.model.struct import Struct


class GetSiteResponse(Struct, kw_only=True):
    """The answer of getSite and leaveAdmin."""

    site_view: SiteView
    admins: list[PersonView]
    version: str
    my_user: MyUserInfo | None = None
    all_languages: list[Language]
    discussion_languages: list[LanguageId]
    taglines: list[Tagline]
    custom_emojis: list[CustomEmojiView]
    blocked_urls: list[LocalSiteUrlBlocklist]


class CreateSite(Struct, kw_only=True):
    """`POST /site`."""

    name: str
    sidebar: str | None = None
    description: str | None = None
    icon: str | None = None
    banner: str | None = None
    enable_downvotes: bool | None = None
    enable_nsfw: bool | None = None
    community_creation_admin_only: bool | None = None
    require_email_verification: bool | None = None
    application_question: LongText | None = None
    private_instance: bool | None = None
    default_theme: ShortText | None = None
    default_post_listing_type: ListingType | None = None
    default_sort_type: SortType | None = None
    legal_information: LegalText | None = None
    application_email_admins: bool | None = None
    hide_modlog_mod_names: bool | None = None
    discussion_languages: list[LanguageId] | None = None
    slur_filter_regex: str | None = None
    actor_name_max_length: Int32 | None = None
    rate_limit_message: Int32 | None = None
    rate_limit_message_per_second: Int32 | None = None
    rate_limit_post: Int32 | None = None
    rate_limit_post_per_second: Int32 | None = None
    rate_limit_register: Int32 | None = None
    rate_limit_register_per_second: Int32 | None = None
    rate_limit_image: Int32 | None = None
    rate_limit_image_per_second: Int32 | None = None
    rate_limit_comment: Int32 | None = None
    rate_limit_comment_per_second: Int32 | None = None
    rate_limit_search: Int32 | None = None
    rate_limit_search_per_second: Int32 | None = None
    federation_enabled: bool | None = None
    federation_debug: bool | None = None
    captcha_enabled: bool | None = None
    captcha_difficulty: ShortText | None = None
    allowed_instances: list[str] | None = None
    blocked_instances: list[str] | None = None
    taglines: list[str] | None = None
    registration_mode: RegistrationMode | None = None
    content_warning: LongText | None = None
    default_post_listing_mode: PostListingMode | None = None


class EditSite(Struct, kw_only=True):
    """`PUT /site`."""

    name: str | None = None
    sidebar: str | None = None
    description: str | None = None
    icon: str | None = None
    banner: str | None = None
    enable_downvotes: bool | None = None
    enable_nsfw: bool | None = None
    community_creation_admin_only: bool | None = None
    require_email_verification: bool | None = None
    application_question: LongText | None = None
    private_instance: bool | None = None
    default_theme: ShortText | None = None
    default_post_listing_type: ListingType | None = None
    default_sort_type: SortType | None = None
    legal_information: LegalText | None = None
    application_email_admins: bool | None = None
    hide_modlog_mod_names: bool | None = None
    discussion_languages: list[LanguageId] | None = None
    slur_filter_regex: str | None = None
    actor_name_max_length: Int32 | None = None
    rate_limit_message: Int32 | None = None
    rate_limit_message_per_second: Int32 | None = None
    rate_limit_post: Int32 | None = None
    rate_limit_post_per_second: Int32 | None = None
    rate_limit_register: Int32 | None = None
    rate_limit_register_per_second: Int32 | None = None
    rate_limit_image: Int32 | None = None
    rate_limit_image_per_second: Int32 | None = None
    rate_limit_comment: Int32 | None = None
    rate_limit_comment_per_second: Int32 | None = None
    rate_limit_search: Int32 | None = None
    rate_limit_search_per_second: Int32 | None = None
    federation_enabled: bool | None = None
    federation_debug: bool | None = None
    captcha_enabled: bool | None = None
    captcha_difficulty: ShortText | None = None
    allowed_instances: list[str] | None = None
    blocked_instances: list[str] | None = None
    blocked_urls: list[str] | None = None
    taglines: list[str] | None = None
    registration_mode: RegistrationMode | None = None
    reports_email_admins: bool | None = None
    content_warning: LongText | None = None
    default_post_listing_mode: PostListingMode | None = None


class SiteResponse(Struct, kw_only=True):
    """The answer of createSite and editSite."""

    site_view: SiteView
    taglines: list[Tagline]
