"""Accounts on this site: settings, sessions and what the account holder alone sees."""

from datetime import datetime

from lemmy_lite.model.ids import LocalUserId, PersonId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.person import Person, PersonAggregates
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
