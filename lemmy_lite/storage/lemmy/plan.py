"""Which of Lemmy's tables becomes which of ours: the table of the whole undertaking, in the order in which it is done.

Ids stay. Not taken: `received_activity` and `captcha_answer` (worth an hour), links of mails under way, and what we count or know
otherwise (`language`, ranks). Undelivered activities are taken with how far each instance has been told, so nothing is lost.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from lemmy_lite.model.modlog import ModlogActionType as Kind
from lemmy_lite.storage.lemmy.columns import (
    ABOUT,
    ADDRESS,
    INBOXES,
    LINK,
    PAYLOAD,
    SIGNED_UP,
    Column,
    Found,
    columns,
    either,
    flag,
    given,
    hashed,
    is_local,
    number,
    small,
    text,
    time,
)


class Step(NamedTuple):
    """One table. `insert` is its statement where that is more than an INSERT; `sort` is the column by which rows are put in order first;
    rows in which a column of `unless_null` is NULL stay behind."""

    source: str
    target: str
    columns: Mapping[str, Column]
    insert: str | None = None
    sort: str | None = None
    unless_null: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What progress is kept under."""
        return f"{self.source} → {self.target}"


_BOTH: Final = "published updated"


def _followers(found: Found) -> str:
    return f"{found['actor_id']}/followers"


def _actor(source: str, key: str, *, shared: bool) -> Step:
    kept = columns(
        "inbox_url public_key private_key" + (" shared_inbox_url" if shared else ""),
        "instance_id",
        times="last_refreshed_at",
        others={"ap_id": text("actor_id"), key: number("id")},
    )
    return Step(source, "actor", kept)


def _votes(noun: str) -> Step:
    kept = columns(numbers=f"{noun}_id person_id score", times="published", others={"local": is_local("person_id")})
    return Step(f"{noun}_like", f"{noun}_vote", kept)


def _mark(source: str, target: str, *, noun: str) -> Step:
    return Step(source, target, columns(numbers=f"person_id {noun}_id", times="published"))


def _notice(table: str) -> Step:
    return Step(table, table, columns(numbers="id recipient_id comment_id", flags="read", times="published"))


def _report(noun: str, texts: str) -> Step:
    table = f"{noun}_report"
    kept = columns(f"{texts} reason", f"id creator_id {noun}_id resolver_id", "resolved", _BOTH)
    return Step(table, table, kept)


_PIECES: Final = 10**10


def _deed(source: str, kind: Kind, place: int, numbers: str = "", said: str | None = None, **others: Column) -> Step:
    """A table of the log of moderation. Rows get numbers below zero, which `taking` puts in the order of time at the end, as the log is one
    here and fifteen tables there."""
    first = -place * _PIECES
    kept = columns(
        numbers=numbers,
        times="when_",
        others={
            "id": Column(("id",), lambda found, facts: first - int(found["id"] or 0)),
            "kind": given(kind.value),
            "mod_person_id": number("admin_person_id" if kind.name.startswith("ADMIN_") else "mod_person_id"),
            **({"flag": flag(said)} if said else {}),
            **others,
        },
    )
    return Step(source, "modlog", kept)


_REASON: Final = text("reason")
_EXPIRES: Final = time("expires")

_PLACES: Final = (
    # In the place of one that `lemmy-lite migrate` made in an empty database: with another secret no session would hold.
    Step(
        "secret",
        "secret",
        {"name": given("jwt"), "value": text("jwt_secret")},
        insert="INSERT INTO secret (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    ),
    Step("instance", "instance", columns("domain software version", "id", times=_BOTH)),
    Step("federation_allowlist", "federation_allowlist", columns(numbers="instance_id", times="published")),
    Step("federation_blocklist", "federation_blocklist", columns(numbers="instance_id", times="published")),
)
_PEOPLE: Final = (
    Step(
        "person",
        "person",
        columns(
            "name actor_id display_name avatar banner matrix_user_id bio",
            "id instance_id",
            "local banned deleted bot_account",
            f"ban_expires {_BOTH}",
            others={"name_folded": small("name")},
        ),
    ),
    _actor("person", "person_id", shared=True),
    Step("person_aggregates", "person_aggregates", columns(numbers="person_id post_count comment_count")),
    Step(
        "local_user",
        "local_user",
        columns(
            "password_encrypted theme default_sort_type default_listing_type interface_language post_listing_mode totp_2fa_secret",
            "id person_id",
            """show_nsfw show_avatars send_notifications_to_email show_scores show_bot_accounts show_read_posts email_verified
               accepted_application open_links_in_new_tab blur_nsfw auto_expand infinite_scroll_enabled admin totp_2fa_enabled
               enable_keyboard_navigation enable_animated_images collapse_bot_comments""",
            others={
                "email": ADDRESS,
                "admin_since": SIGNED_UP,
                "last_donation_notification": time("last_donation_notification"),
            },
        ),
    ),
    Step(
        "local_user_vote_display_mode",
        "local_user",
        columns(
            numbers="local_user_id",
            others={f"vote_{name}": flag(name) for name in ("score", "upvotes", "downvotes", "upvote_percentage")},
        ),
        insert="""UPDATE local_user SET vote_score = :vote_score, vote_upvotes = :vote_upvotes, vote_downvotes = :vote_downvotes,
                         vote_upvote_percentage = :vote_upvote_percentage WHERE id = :local_user_id""",
    ),
    Step("local_user_language", "local_user_language", columns(numbers="local_user_id language_id")),
    Step(
        "login_token",
        "login_token",
        columns("ip user_agent", times="published", others={"token_hash": hashed("token"), "local_user_id": number("user_id")}),
    ),
    Step(
        "registration_application",
        "registration_application",
        columns("answer deny_reason", "id local_user_id admin_id", times="published"),
    ),
)
_LIMITED: Final = ("message", "post", "register", "image", "comment", "search", "import_user_settings")
_SITES: Final = (
    Step(
        "site",
        "site",
        columns(
            "name actor_id inbox_url public_key icon banner description content_warning sidebar",
            "id instance_id",
            times=f"last_refreshed_at {_BOTH}",
        ),
    ),
    _actor("site", "site_id", shared=False),
    Step(
        "local_site",
        "local_site",
        columns(
            """application_question default_theme default_post_listing_type legal_information slur_filter_regex captcha_difficulty
               registration_mode default_post_listing_mode default_sort_type""",
            "id site_id actor_name_max_length",
            """site_setup enable_downvotes enable_nsfw community_creation_admin_only require_email_verification private_instance
               hide_modlog_mod_names application_email_admins federation_enabled captcha_enabled reports_email_admins
               federation_signed_fetch""",
            _BOTH,
        ),
    ),
    Step(
        "local_site_rate_limit",
        "local_site_rate_limit",
        columns(
            numbers=" ".join(["local_site_id", *_LIMITED, *(f"{kind}_per_second" for kind in _LIMITED)]),
            times=_BOTH,
        ),
    ),
    Step(
        "site_aggregates",
        "site_aggregates",
        columns(
            numbers="""site_id users posts comments communities users_active_day users_active_week users_active_month
                       users_active_half_year"""
        ),
    ),
    Step("site_language", "site_language", columns(numbers="site_id language_id")),
    Step("tagline", "tagline", columns("content", "id local_site_id", times=_BOTH)),
    Step("local_site_url_blocklist", "local_site_url_blocklist", columns("url", "id", times=_BOTH)),
    Step("custom_emoji", "custom_emoji", columns("shortcode image_url alt_text category", "id local_site_id", times=_BOTH)),
    Step("custom_emoji_keyword", "custom_emoji_keyword", columns("keyword", "custom_emoji_id")),
)
_COMMUNITIES: Final = (
    Step(
        "community",
        "community",
        columns(
            "name visibility actor_id moderators_url featured_url title icon banner description",
            "id instance_id",
            "local removed deleted nsfw hidden posting_restricted_to_mods",
            _BOTH,
            others={"name_folded": small("name"), "followers_url": either("followers_url", _followers)},
        ),
    ),
    _actor("community", "community_id", shared=True),
    Step(
        "community_aggregates",
        "community_aggregates",
        columns(
            numbers="""community_id subscribers subscribers_local posts comments users_active_day users_active_week users_active_month
                       users_active_half_year""",
            times="published",
        ),
    ),
    Step("community_language", "community_language", columns(numbers="community_id language_id")),
    Step("community_follower", "community_follower", columns(numbers="person_id community_id", flags="pending", times="published")),
    # The order in which moderators came decides who may act on whom, and here that is the order of ids.
    Step("community_moderator", "community_moderator", columns(numbers="community_id person_id", times="published"), sort="published"),
    Step("community_person_ban", "community_person_ban", columns(numbers="community_id person_id", times="published expires")),
    Step("person_follower", "person_follower", columns(numbers="person_id follower_id", times="published")),
    Step("person_block", "person_block", columns(numbers="person_id target_id", times="published")),
    Step("community_block", "community_block", columns(numbers="person_id community_id", times="published")),
    Step("instance_block", "instance_block", columns(numbers="person_id instance_id", times="published")),
)
_POSTS: Final = (
    Step(
        "post",
        "post",
        columns(
            "name ap_id url url_content_type thumbnail_url alt_text embed_title embed_description embed_video_url body",
            "id creator_id community_id language_id",
            "local removed deleted locked nsfw featured_community featured_local",
            _BOTH,
        ),
    ),
    Step(
        "post_aggregates",
        "post_aggregates",
        columns(
            numbers="post_id score upvotes downvotes comments",
            times="newest_comment_time newest_comment_time_necro",
            reals="controversy_rank",
        ),
        insert="""INSERT INTO post_aggregates (post_id, community_id, creator_id, published, listed, nsfw, language_id, featured_community,
                         featured_local, score, upvotes, downvotes, comments, newest_comment_time, newest_comment_time_necro, controversy)
                  SELECT id, community_id, creator_id, published, NOT removed AND NOT deleted, nsfw, language_id, featured_community,
                         featured_local, :score, :upvotes, :downvotes, :comments, :newest_comment_time, :newest_comment_time_necro,
                         :controversy_rank FROM post WHERE id = :post_id ON CONFLICT DO NOTHING""",
    ),
    Step(
        "comment",
        "comment",
        columns("content ap_id path", "id post_id creator_id language_id", "local removed deleted distinguished", _BOTH),
    ),
    Step("comment_aggregates", "comment_aggregates", columns(numbers="comment_id score upvotes downvotes child_count", times="published")),
    _votes("post"),
    _votes("comment"),
    _mark("post_saved", "post_saved", noun="post"),
    _mark("comment_saved", "comment_saved", noun="comment"),
    _mark("post_hide", "post_hidden", noun="post"),
    _mark("post_read", "post_read", noun="post"),
    Step(
        "person_post_aggregates",
        "post_read",
        columns(numbers="person_id post_id read_comments", times="published", others={"marked": given(False)}),
        insert="""INSERT INTO post_read (person_id, post_id, published, read_comments, marked)
                  VALUES (:person_id, :post_id, :published, :read_comments, :marked)
                  ON CONFLICT (person_id, post_id) DO UPDATE SET read_comments = excluded.read_comments""",
    ),
    _notice("comment_reply"),
    _notice("person_mention"),
    Step(
        "private_message",
        "private_message",
        columns("content ap_id", "id creator_id recipient_id", "deleted removed read local", _BOTH),
    ),
    _report("post", "original_post_name original_post_url original_post_body"),
    _report("comment", "original_comment_text"),
    _report("private_message", "original_pm_text"),
)
_MODLOG: Final = (
    _deed("mod_remove_post", Kind.MOD_REMOVE_POST, 1, "post_id", "removed", reason=_REASON),
    _deed("mod_lock_post", Kind.MOD_LOCK_POST, 2, "post_id", "locked"),
    _deed("mod_feature_post", Kind.MOD_FEATURE_POST, 3, "post_id", "featured", in_community=flag("is_featured_community")),
    _deed("mod_remove_comment", Kind.MOD_REMOVE_COMMENT, 4, "comment_id", "removed", reason=_REASON),
    _deed("mod_remove_community", Kind.MOD_REMOVE_COMMUNITY, 5, "community_id", "removed", reason=_REASON),
    _deed(
        "mod_ban_from_community",
        Kind.MOD_BAN_FROM_COMMUNITY,
        6,
        "other_person_id community_id",
        "banned",
        reason=_REASON,
        expires=_EXPIRES,
    ),
    _deed("mod_add_community", Kind.MOD_ADD_COMMUNITY, 7, "other_person_id community_id", "removed"),
    _deed("mod_transfer_community", Kind.MOD_TRANSFER_COMMUNITY, 8, "other_person_id community_id"),
    _deed("mod_add", Kind.MOD_ADD, 9, "other_person_id", "removed"),
    _deed("mod_ban", Kind.MOD_BAN, 10, "other_person_id", "banned", reason=_REASON, expires=_EXPIRES),
    _deed("mod_hide_community", Kind.MOD_HIDE_COMMUNITY, 11, "community_id", "hidden", reason=_REASON),
    _deed("admin_purge_person", Kind.ADMIN_PURGE_PERSON, 12, reason=_REASON),
    _deed("admin_purge_community", Kind.ADMIN_PURGE_COMMUNITY, 13, reason=_REASON),
    _deed("admin_purge_post", Kind.ADMIN_PURGE_POST, 14, "community_id", reason=_REASON),
    _deed("admin_purge_comment", Kind.ADMIN_PURGE_COMMENT, 15, "post_id", reason=_REASON),
)
_REST: Final = (
    Step(
        "local_image",
        "local_image",
        columns(
            numbers="local_user_id",
            times="published",
            others={"alias": text("pictrs_alias"), "link": LINK, "delete_token": text("pictrs_delete_token")},
        ),
    ),
    Step("remote_image", "remote_image", columns("link", times="published")),
    Step("image_details", "image_details", columns("link content_type", "width height")),
    Step(
        "sent_activity",
        "sent_activity",
        columns(
            "ap_id",
            "id",
            "sensitive",
            "published",
            others={
                "actor_ap_id": text("actor_apub_id"),
                "community_id": number("send_community_followers_of"),
                "everyone": flag("send_all_instances"),
                "inboxes": INBOXES,
                "data": PAYLOAD,
                "object_ap_id": ABOUT,
            },
        ),
        unless_null=("actor_apub_id",),
    ),
    Step(
        "federation_queue_state",
        "delivery",
        columns(numbers="instance_id last_successful_id fail_count", times="last_retry last_successful_published_time"),
        unless_null=("last_successful_id",),
    ),
)

PLAN: Final = (*_PLACES, *_PEOPLE, *_SITES, *_COMMUNITIES, *_POSTS, *_MODLOG, *_REST)

NOT_TAKEN: Final = {
    "received_activity": "remembers for a week what was received; peers repeat nothing that old",
    "captcha_answer": "open captchas",
    "password_reset_request": "links in mails under way: whoever waits for one asks again",
    "email_verification": "links in mails under way: whoever waits for one asks again",
    "person_ban": "a copy of what the column person.banned says",
    "language": "the same list in every Lemmy, and here",
}
"""Tables that stay behind, and why."""

TABLES: Final = frozenset(step.source for step in PLAN) | NOT_TAKEN.keys()
