"""The tables of Lemmy 0.19 for whoever reads them: names and types, as its crates/db_schema/src/schema.rs has them (release/v0.19).

No triggers, defaults or enums: COPY shows values of an enum as text, and the tests fill in counters. A type with ? may be NULL.
"""

from typing import Final

TABLES: Final = {
    "admin_purge_comment": """
        id serial, admin_person_id int4, post_id int4, reason text?, when_ timestamptz""",
    "admin_purge_community": """
        id serial, admin_person_id int4, reason text?, when_ timestamptz""",
    "admin_purge_person": """
        id serial, admin_person_id int4, reason text?, when_ timestamptz""",
    "admin_purge_post": """
        id serial, admin_person_id int4, community_id int4, reason text?, when_ timestamptz""",
    "captcha_answer": """
        uuid uuid, answer text, published timestamptz""",
    "comment": """
        id serial, creator_id int4, post_id int4, content text, removed bool, published timestamptz,
        updated timestamptz?, deleted bool, ap_id varchar, local bool, path text, distinguished bool,
        language_id int4""",
    "comment_aggregates": """
        comment_id int4, score int8, upvotes int8, downvotes int8, published timestamptz, child_count int4,
        hot_rank float8, controversy_rank float8""",
    "comment_like": """
        person_id int4, comment_id int4, post_id int4, score int2, published timestamptz""",
    "comment_reply": """
        id serial, recipient_id int4, comment_id int4, read bool, published timestamptz""",
    "comment_report": """
        id serial, creator_id int4, comment_id int4, original_comment_text text, reason text, resolved bool,
        resolver_id int4?, published timestamptz, updated timestamptz?""",
    "comment_saved": """
        comment_id int4, person_id int4, published timestamptz""",
    "community": """
        id serial, name varchar, title varchar, description text?, removed bool, published timestamptz,
        updated timestamptz?, deleted bool, nsfw bool, actor_id varchar, local bool, private_key text?,
        public_key text, last_refreshed_at timestamptz, icon text?, banner text?, followers_url varchar?,
        inbox_url varchar, shared_inbox_url varchar?, hidden bool, posting_restricted_to_mods bool, instance_id int4,
        moderators_url varchar?, featured_url varchar?, visibility text""",
    "community_aggregates": """
        community_id int4, subscribers int8, posts int8, comments int8, published timestamptz, users_active_day int8,
        users_active_week int8, users_active_month int8, users_active_half_year int8, hot_rank float8,
        subscribers_local int8""",
    "community_block": """
        person_id int4, community_id int4, published timestamptz""",
    "community_follower": """
        community_id int4, person_id int4, published timestamptz, pending bool""",
    "community_language": """
        community_id int4, language_id int4""",
    "community_moderator": """
        community_id int4, person_id int4, published timestamptz""",
    "community_person_ban": """
        community_id int4, person_id int4, published timestamptz, expires timestamptz?""",
    "custom_emoji": """
        id serial, local_site_id int4, shortcode varchar, image_url text, alt_text text, category text,
        published timestamptz, updated timestamptz?""",
    "custom_emoji_keyword": """
        custom_emoji_id int4, keyword varchar""",
    "email_verification": """
        id serial, local_user_id int4, email text, verification_token text, published timestamptz""",
    "federation_allowlist": """
        instance_id int4, published timestamptz, updated timestamptz?""",
    "federation_blocklist": """
        instance_id int4, published timestamptz, updated timestamptz?""",
    "federation_queue_state": """
        instance_id int4, last_successful_id int8?, fail_count int4, last_retry timestamptz?,
        last_successful_published_time timestamptz?""",
    "image_details": """
        link text, width int4, height int4, content_type text""",
    "instance": """
        id serial, domain varchar, published timestamptz, updated timestamptz?, software varchar?, version varchar?""",
    "instance_block": """
        person_id int4, instance_id int4, published timestamptz""",
    "language": """
        id serial, code varchar, name text""",
    "local_image": """
        local_user_id int4?, pictrs_alias text, pictrs_delete_token text, published timestamptz""",
    "local_site": """
        id serial, site_id int4, site_setup bool, enable_downvotes bool, enable_nsfw bool,
        community_creation_admin_only bool, require_email_verification bool, application_question text?,
        private_instance bool, default_theme text, default_post_listing_type text, legal_information text?,
        hide_modlog_mod_names bool, application_email_admins bool, slur_filter_regex text?,
        actor_name_max_length int4, federation_enabled bool, captcha_enabled bool, captcha_difficulty varchar,
        published timestamptz, updated timestamptz?, registration_mode text, reports_email_admins bool,
        federation_signed_fetch bool, default_post_listing_mode text, default_sort_type text""",
    "local_site_rate_limit": """
        local_site_id int4, message int4, message_per_second int4, post int4, post_per_second int4, register int4,
        register_per_second int4, image int4, image_per_second int4, comment int4, comment_per_second int4,
        search int4, search_per_second int4, published timestamptz, updated timestamptz?, import_user_settings int4,
        import_user_settings_per_second int4""",
    "local_site_url_blocklist": """
        id serial, url text, published timestamptz, updated timestamptz?""",
    "local_user": """
        id serial, person_id int4, password_encrypted text, email text?, show_nsfw bool, theme text,
        default_sort_type text, default_listing_type text, interface_language varchar, show_avatars bool,
        send_notifications_to_email bool, show_scores bool, show_bot_accounts bool, show_read_posts bool,
        email_verified bool, accepted_application bool, totp_2fa_secret text?, open_links_in_new_tab bool,
        blur_nsfw bool, auto_expand bool, infinite_scroll_enabled bool, admin bool, post_listing_mode text,
        totp_2fa_enabled bool, enable_keyboard_navigation bool, enable_animated_images bool,
        collapse_bot_comments bool, last_donation_notification timestamptz""",
    "local_user_language": """
        local_user_id int4, language_id int4""",
    "local_user_vote_display_mode": """
        local_user_id int4, score bool, upvotes bool, downvotes bool, upvote_percentage bool""",
    "login_token": """
        token text, user_id int4, published timestamptz, ip text?, user_agent text?""",
    "mod_add": """
        id serial, mod_person_id int4, other_person_id int4, removed bool, when_ timestamptz""",
    "mod_add_community": """
        id serial, mod_person_id int4, other_person_id int4, community_id int4, removed bool, when_ timestamptz""",
    "mod_ban": """
        id serial, mod_person_id int4, other_person_id int4, reason text?, banned bool, expires timestamptz?,
        when_ timestamptz""",
    "mod_ban_from_community": """
        id serial, mod_person_id int4, other_person_id int4, community_id int4, reason text?, banned bool,
        expires timestamptz?, when_ timestamptz""",
    "mod_feature_post": """
        id serial, mod_person_id int4, post_id int4, featured bool, when_ timestamptz, is_featured_community bool""",
    "mod_hide_community": """
        id serial, community_id int4, mod_person_id int4, when_ timestamptz, reason text?, hidden bool""",
    "mod_lock_post": """
        id serial, mod_person_id int4, post_id int4, locked bool, when_ timestamptz""",
    "mod_remove_comment": """
        id serial, mod_person_id int4, comment_id int4, reason text?, removed bool, when_ timestamptz""",
    "mod_remove_community": """
        id serial, mod_person_id int4, community_id int4, reason text?, removed bool, when_ timestamptz""",
    "mod_remove_post": """
        id serial, mod_person_id int4, post_id int4, reason text?, removed bool, when_ timestamptz""",
    "mod_transfer_community": """
        id serial, mod_person_id int4, other_person_id int4, community_id int4, when_ timestamptz""",
    "password_reset_request": """
        id serial, token text, published timestamptz, local_user_id int4""",
    "person": """
        id serial, name varchar, display_name varchar?, avatar text?, banned bool, published timestamptz,
        updated timestamptz?, actor_id varchar, bio text?, local bool, private_key text?, public_key text,
        last_refreshed_at timestamptz, banner text?, deleted bool, inbox_url varchar, shared_inbox_url varchar?,
        matrix_user_id text?, bot_account bool, ban_expires timestamptz?, instance_id int4""",
    "person_aggregates": """
        person_id int4, post_count int8, post_score int8, comment_count int8, comment_score int8""",
    "person_ban": """
        person_id int4, published timestamptz""",
    "person_block": """
        person_id int4, target_id int4, published timestamptz""",
    "person_follower": """
        person_id int4, follower_id int4, published timestamptz, pending bool""",
    "person_mention": """
        id serial, recipient_id int4, comment_id int4, read bool, published timestamptz""",
    "person_post_aggregates": """
        person_id int4, post_id int4, read_comments int8, published timestamptz""",
    "post": """
        id serial, name varchar, url varchar?, body text?, creator_id int4, community_id int4, removed bool,
        locked bool, published timestamptz, updated timestamptz?, deleted bool, nsfw bool, embed_title text?,
        embed_description text?, thumbnail_url text?, ap_id varchar, local bool, embed_video_url text?,
        language_id int4, featured_community bool, featured_local bool, url_content_type text?, alt_text text?""",
    "post_aggregates": """
        post_id int4, comments int8, score int8, upvotes int8, downvotes int8, published timestamptz,
        newest_comment_time_necro timestamptz, newest_comment_time timestamptz, featured_community bool,
        featured_local bool, hot_rank float8, hot_rank_active float8, community_id int4, creator_id int4,
        controversy_rank float8, instance_id int4, scaled_rank float8""",
    "post_hide": """
        post_id int4, person_id int4, published timestamptz""",
    "post_like": """
        post_id int4, person_id int4, score int2, published timestamptz""",
    "post_read": """
        post_id int4, person_id int4, published timestamptz""",
    "post_report": """
        id serial, creator_id int4, post_id int4, original_post_name varchar, original_post_url text?,
        original_post_body text?, reason text, resolved bool, resolver_id int4?, published timestamptz,
        updated timestamptz?""",
    "post_saved": """
        post_id int4, person_id int4, published timestamptz""",
    "private_message": """
        id serial, creator_id int4, recipient_id int4, content text, deleted bool, read bool, published timestamptz,
        updated timestamptz?, ap_id varchar, local bool, removed bool""",
    "private_message_report": """
        id serial, creator_id int4, private_message_id int4, original_pm_text text, reason text, resolved bool,
        resolver_id int4?, published timestamptz, updated timestamptz?""",
    "received_activity": """
        ap_id text, published timestamptz""",
    "registration_application": """
        id serial, local_user_id int4, answer text, admin_id int4?, deny_reason text?, published timestamptz""",
    "remote_image": """
        link text, published timestamptz""",
    "secret": """
        id serial, jwt_secret varchar""",
    "sent_activity": """
        id bigserial, ap_id text, data json, sensitive bool, published timestamptz, send_inboxes text[],
        send_community_followers_of int4?, send_all_instances bool, actor_type text, actor_apub_id text?""",
    "site": """
        id serial, name varchar, sidebar text?, published timestamptz, updated timestamptz?, icon text?,
        banner text?, description varchar?, actor_id varchar, last_refreshed_at timestamptz, inbox_url varchar,
        private_key text?, public_key text, instance_id int4, content_warning text?""",
    "site_aggregates": """
        site_id int4, users int8, posts int8, comments int8, communities int8, users_active_day int8,
        users_active_week int8, users_active_month int8, users_active_half_year int8""",
    "site_language": """
        site_id int4, language_id int4""",
    "tagline": """
        id serial, local_site_id int4, content text, published timestamptz, updated timestamptz?""",
}

KEYS: Final = {
    "admin_purge_comment": "id",
    "admin_purge_community": "id",
    "admin_purge_person": "id",
    "admin_purge_post": "id",
    "captcha_answer": "uuid",
    "comment": "id",
    "comment_aggregates": "comment_id",
    "comment_like": "person_id, comment_id",
    "comment_reply": "id",
    "comment_report": "id",
    "comment_saved": "person_id, comment_id",
    "community": "id",
    "community_aggregates": "community_id",
    "community_block": "person_id, community_id",
    "community_follower": "person_id, community_id",
    "community_language": "community_id, language_id",
    "community_moderator": "person_id, community_id",
    "community_person_ban": "person_id, community_id",
    "custom_emoji": "id",
    "custom_emoji_keyword": "custom_emoji_id, keyword",
    "email_verification": "id",
    "federation_allowlist": "instance_id",
    "federation_blocklist": "instance_id",
    "federation_queue_state": "instance_id",
    "image_details": "link",
    "instance": "id",
    "instance_block": "person_id, instance_id",
    "language": "id",
    "local_image": "pictrs_alias",
    "local_site": "id",
    "local_site_rate_limit": "local_site_id",
    "local_site_url_blocklist": "id",
    "local_user": "id",
    "local_user_language": "local_user_id, language_id",
    "local_user_vote_display_mode": "local_user_id",
    "login_token": "token",
    "mod_add": "id",
    "mod_add_community": "id",
    "mod_ban": "id",
    "mod_ban_from_community": "id",
    "mod_feature_post": "id",
    "mod_hide_community": "id",
    "mod_lock_post": "id",
    "mod_remove_comment": "id",
    "mod_remove_community": "id",
    "mod_remove_post": "id",
    "mod_transfer_community": "id",
    "password_reset_request": "id",
    "person": "id",
    "person_aggregates": "person_id",
    "person_ban": "person_id",
    "person_block": "person_id, target_id",
    "person_follower": "follower_id, person_id",
    "person_mention": "id",
    "person_post_aggregates": "person_id, post_id",
    "post": "id",
    "post_aggregates": "post_id",
    "post_hide": "person_id, post_id",
    "post_like": "person_id, post_id",
    "post_read": "person_id, post_id",
    "post_report": "id",
    "post_saved": "person_id, post_id",
    "private_message": "id",
    "private_message_report": "id",
    "received_activity": "ap_id",
    "registration_application": "id",
    "remote_image": "link",
    "secret": "id",
    "sent_activity": "id",
    "site": "id",
    "site_aggregates": "site_id",
    "site_language": "site_id, language_id",
    "tagline": "id",
}


def schema() -> str:
    """The statements that make all of them, each with its primary key."""
    made = []
    for table, columns in TABLES.items():
        listed = ", ".join(f"{each[:-1]}" if each.endswith("?") else f"{each} NOT NULL" for each in map(str.strip, columns.split(",")))
        made.append(f"CREATE TABLE {table} ({listed}, PRIMARY KEY ({KEYS[table]}));")
    return "\n".join(made)
