"""Accounts on this site: settings, sessions and what the account holder alone sees."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from lemmy_lite.model.community import CommunityBlockView, CommunityFollowerView, CommunityModeratorView
from lemmy_lite.model.ids import LanguageId, LocalUserId, PersonId
from lemmy_lite.model.instance import InstanceBlockView
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.person import Person, PersonAggregates, PersonBlockView
from lemmy_lite.model.site import PostListingMode
from lemmy_lite.model.struct import Struct


class LocalUser(Struct, kw_only=True):
    """The account behind a local person. The e-mail address is shown to its owner and to admins only."""

    id: LocalUserId
    person_id: PersonId
    email: str | None = None
    show_nsfw: bool
    theme: str
    default_sort_type: SortType
    default_listing_type: ListingType
    interface_language: str
    show_avatars: bool
    send_notifications_to_email: bool
    show_scores: bool
    show_bot_accounts: bool
    show_read_posts: bool
    email_verified: bool
    accepted_application: bool
    open_links_in_new_tab: bool
    blur_nsfw: bool
    auto_expand: bool
    infinite_scroll_enabled: bool
    admin: bool
    post_listing_mode: PostListingMode
    totp_2fa_enabled: bool
    enable_keyboard_navigation: bool
    enable_animated_images: bool
    collapse_bot_comments: bool
    last_donation_notification: datetime


class LocalUserVoteDisplayMode(Struct, kw_only=True):
    """Which figures of votes the user wants to see."""

    local_user_id: LocalUserId
    score: bool
    upvotes: bool
    downvotes: bool
    upvote_percentage: bool


class LocalUserView(Struct, kw_only=True):
    """An account with its person."""

    local_user: LocalUser
    local_user_vote_display_mode: LocalUserVoteDisplayMode
    person: Person
    counts: PersonAggregates


class LoginToken(Struct, kw_only=True):
    """One session. The token itself is never shown again; the address and program are those at login."""

    user_id: LocalUserId
    published: datetime
    ip: str | None = None
    user_agent: str | None = None


class MyUserInfo(Struct, kw_only=True):
    """All that the logged-in user gets to know about their own account."""

    local_user_view: LocalUserView
    follows: list[CommunityFollowerView]
    moderates: list[CommunityModeratorView]
    community_blocks: list[CommunityBlockView]
    instance_blocks: list[InstanceBlockView]
    person_blocks: list[PersonBlockView]
    discussion_languages: list[LanguageId]


class SettingsForm(Struct, kw_only=True):
    """The form with which people change their settings and profile; what is unset keeps its value, an empty text clears it."""

    show_nsfw: bool | UnsetType = UNSET
    blur_nsfw: bool | UnsetType = UNSET
    auto_expand: bool | UnsetType = UNSET
    theme: str | UnsetType = UNSET
    default_sort_type: SortType | UnsetType = UNSET
    default_listing_type: ListingType | UnsetType = UNSET
    interface_language: str | UnsetType = UNSET
    avatar: str | UnsetType = UNSET
    banner: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    bio: str | UnsetType = UNSET
    matrix_user_id: str | UnsetType = UNSET
    show_avatars: bool | UnsetType = UNSET
    send_notifications_to_email: bool | UnsetType = UNSET
    bot_account: bool | UnsetType = UNSET
    show_bot_accounts: bool | UnsetType = UNSET
    show_read_posts: bool | UnsetType = UNSET
    discussion_languages: list[LanguageId] | UnsetType = UNSET
    open_links_in_new_tab: bool | UnsetType = UNSET
    infinite_scroll_enabled: bool | UnsetType = UNSET
    post_listing_mode: PostListingMode | UnsetType = UNSET
    enable_keyboard_navigation: bool | UnsetType = UNSET
    enable_animated_images: bool | UnsetType = UNSET
    collapse_bot_comments: bool | UnsetType = UNSET
    show_scores: bool | UnsetType = UNSET
    show_upvotes: bool | UnsetType = UNSET
    show_downvotes: bool | UnsetType = UNSET
    show_upvote_percentage: bool | UnsetType = UNSET
