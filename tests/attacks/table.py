"""Each class of attack that servers of this kind have met, where it was met, and the tests that hold against it here.

`held_by` are tests that fail if the attack works; `control` is one in which the same thing, done rightly, succeeds, so that nothing is
proven by a door that is shut to everybody. Names are `folder/test_file::test_name` below `tests/`; `test_table.py` checks that they exist.
Ids are of published advisories; a name in brackets is the class of servers or a commit where no id was given.
"""

from typing import Final, NamedTuple


class Attack(NamedTuple):
    """A row."""

    kind: str
    seen_in: str
    held_by: tuple[str, ...]
    control: str


TAMPERING: Final = "federation/test_tampering::test_a_field_of_another_origin_is_refused_and_the_true_message_passes"
REQUESTS: Final = "crypto/test_signatures::test_a_tampered_request_is_refused"
SIGNED: Final = "crypto/test_signatures::test_what_we_sign_we_also_believe"
EXCHANGE: Final = "federation/test_exchange::test_posts_comments_and_votes_travel_both_ways_to_the_microsecond"
ADDRESSES: Final = "attacks/test_private_addresses::test_no_sink_reaches_a_private_address_however_it_is_spelled"
TURNING: Final = "attacks/test_private_addresses::test_no_sink_follows_a_name_that_turns_private_or_a_redirect_to_a_private_address"
MARKERS: Final = "http/test_nothing_leaks::test_no_hidden_text_is_found_by_who_may_not_read_it"
MATRIX: Final = "http/api_v3/test_permission_matrix::test_an_operation_is_granted_exactly_where_the_table_of_permissions_allows"
BOTH_WAYS: Final = "http/api_v3/test_permission_matrix::test_the_matrix_meets_both_grants_and_refusals_for_every_role"
HOSTILE_PAGES: Final = "http/web/test_pages::test_hostile_text_stays_text"
UPLOAD: Final = "http/test_images::test_an_upload_is_served_so_that_it_can_do_nothing"
ENDED: Final = "attacks/test_tokens::test_a_token_opens_nothing_once_its_session_has_ended"

ATTACKS: Final = (
    # --- what other servers say -----------------------------------------------------------------------------------------------------
    Attack(
        "object-id spoofing",
        "CVE-2024-23832, CVE-2024-52590, Pleroma's containment commits",
        (TAMPERING, "federation/test_backfill::test_what_is_listed_is_believed_at_its_own_id_only"),
        EXCHANGE,
    ),
    Attack(
        "author spoofing",
        "NodeBB 2026",
        (TAMPERING, "federation/test_backfill::test_a_conversation_cannot_vouch_for_what_others_say"),
        EXCHANGE,
    ),
    Attack(
        "key of another actor",
        "CVE-2025-54888, CVE-2026-28432",
        ("crypto/test_signatures::test_another_actors_key_is_refused", TAMPERING),
        SIGNED,
    ),
    Attack(
        "key document confusion",
        "Fedify #963",
        ("federation/test_signed_fetch::test_a_signature_that_does_not_hold_opens_nothing", TAMPERING),
        "federation/test_signed_fetch::test_a_key_that_has_an_address_of_its_own_is_found",
    ),
    Attack(
        "forged requests that silence whom they name, slow hosts that silence all",
        "(generic)",
        (
            "federation/test_looks::test_a_forgery_silences_nobody_and_makes_us_ask_once",
            "federation/test_looks::test_a_slow_host_keeps_nobody_else_from_being_met",
        ),
        TAMPERING,
    ),
    Attack("digest missing, unsigned or wrong", "activitypub_federation #6 and #109, Egregoros F-04", (REQUESTS,), SIGNED),
    Attack(
        "target and host substitution", "Egregoros F-04", (REQUESTS,), "crypto/test_signatures::test_the_hosts_own_port_may_be_spelled_out"
    ),
    Attack(
        "replay and freshness",
        "wordpress-activitypub #3212",
        (
            "crypto/test_signatures::test_a_signature_is_good_for_an_hour_and_may_be_five_minutes_ahead",
            "crypto/test_signatures::test_a_fresh_created_does_not_excuse_a_stale_date",
            "federation/test_inbox::test_fifty_copies_of_one_vote_count_once",
        ),
        SIGNED,
    ),
    Attack(
        "ambiguous signature header",
        "Mastodon #37375",
        (REQUESTS, "crypto/test_signatures::test_hostile_headers_are_refused"),
        "crypto/test_signature_vectors::test_the_rsa_signature_of_rfc_9421_section_4_3_is_verified",
    ),
    Attack(
        "algorithm and key size chosen by the sender",
        "(generic)",
        (
            "crypto/test_signatures::test_the_key_decides_the_arithmetic_and_not_the_senders_word",
            "crypto/test_keys::test_a_short_key_is_refused",
            "crypto/test_keys::test_a_key_that_costs_too_much_is_refused",
        ),
        "crypto/test_keys::test_rsa_keys_of_2048_to_4096_bits_are_accepted",
    ),
    Attack(
        "linked-data signatures and JSON-LD restructuring",
        "CVE-2026-46349, CVE-2026-42462",
        (
            "attacks/test_confusion::test_no_signature_inside_a_document_and_no_graph_around_it_gives_it_another_author",
            "federation/test_reading::test_what_two_programs_might_read_differently_is_refused",
            "interop/test_refusals::test_an_activity_that_nobody_signed_is_refused_for_good",
        ),
        "federation/test_reading::test_what_is_plain_is_read",
    ),
    Attack(
        "Announce as a tool of forgery",
        "Lemmy 181ff133b",
        (
            TAMPERING,
            "federation/test_tampering::test_a_community_vouches_for_people_of_its_own_host_alone_and_in_what_is_its_own",
        ),
        "federation/test_inbox::test_what_a_third_instance_wrote_is_read_at_its_own_id_when_a_community_announces_it",
    ),
    Attack(
        "Update and Delete by who does not own it",
        "Pleroma 2020 and 2022, NodeBB",
        (
            TAMPERING,
            "federation/test_messaging::test_nobody_changes_or_deletes_the_message_of_somebody_else",
            "federation/test_inbox::test_an_old_update_does_not_replace_a_new_one",
        ),
        "federation/test_exchange::test_edits_deletions_and_restorations_travel",
    ),
    Attack(
        "Accept or Reject of what was not asked",
        "Egregoros F-03, CVE-2025-30741",
        (TAMPERING,),
        "federation/test_inbox::test_a_person_elsewhere_follows_and_the_community_accepts",
    ),
    Attack(
        "media served as an activity",
        "CVE-2024-25623, CVE-2024-25636",
        ("attacks/test_confusion::test_what_a_host_serves_as_media_is_never_read_as_activitypub",),
        EXCHANGE,
    ),
    Attack(
        "redirect of a fetch",
        "Pleroma adb5cb96, activitypub_federation #95",
        ("net/test_egress::test_an_object_is_not_fetched_from_elsewhere_by_a_redirect",),
        "net/test_egress::test_three_hops_are_followed_and_a_fourth_is_not",
    ),
    Attack(
        "WebFinger spoofing",
        "Pleroma b15f8b06",
        ("federation/test_resolving::test_a_name_is_nobodys_whose_own_host_does_not_lead_there",),
        "federation/test_resolving::test_a_host_may_answer_for_names_of_another_that_confirms_them",
    ),
    Attack(
        "moderators' privilege over federation",
        "GHSA-xmpx-2j2f-c7g7, GHSA-gwfj-h8r7-792v",
        (
            "federation/test_moderating::test_a_lower_moderator_elsewhere_does_not_prevail_over_a_higher_one",
            "federation/test_tampering::test_who_does_not_moderate_a_community_here_changes_nothing_in_it",
        ),
        "federation/test_moderating::test_a_remote_moderator_locks_pins_removes_and_edits_the_community",
    ),
    Attack(
        "remote admins over local content",
        "Lemmy 0.19 verify_mod_action",
        (
            "federation/test_tampering::test_a_community_elsewhere_goes_only_if_it_says_so_itself",
            "federation/test_banning::test_the_home_of_a_person_cannot_lift_our_ban_nor_restore_what_our_moderators_removed",
        ),
        "federation/test_moderating::test_an_admin_of_the_home_is_believed_when_the_community_announces_it",
    ),
    Attack(
        "evasion by banned, blocked and removed people",
        "CVE-2026-23961",
        (
            "federation/test_messaging::test_who_is_blocked_or_banned_neither_writes_nor_changes_what_was_written_before",
            "federation/test_banning::test_who_is_banned_elsewhere_by_their_home_does_not_write_here",
        ),
        "federation/test_banning::test_a_remote_moderator_bans_and_lifts_the_ban",
    ),
    Attack(
        "evasion by blocked instances",
        "CVE-2023-42451",
        (
            "federation/test_policy::test_a_blocked_host_stays_blocked_however_it_is_spelled",
            "federation/test_policy::test_an_id_of_a_blocked_host_is_refused_however_it_is_spelled",
            "federation/test_policy::test_what_the_blocked_say_does_not_come_by_way_of_others",
        ),
        "federation/test_policy::test_an_open_instance_speaks_with_everybody",
    ),
    Attack(
        "private messages leak",
        "CVE-2024-23649, Mbin 1.8.4, Friendica #13263",
        (
            "federation/test_messaging::test_a_message_goes_to_the_inbox_of_its_receiver_alone_and_is_shown_to_nobody",
            "federation/test_documents::test_a_private_message_has_no_address_at_which_anybody_could_read_it",
            "domain/test_private_message::test_nobody_but_the_two_finds_a_message",
        ),
        "domain/test_private_message::test_a_message_reaches_its_recipient_unread_and_both_can_see_it",
    ),
    Attack(
        "a blocked person edits an old message",
        "GHSA-46g9-847m-qf8r",
        ("domain/test_private_message::test_who_was_blocked_by_the_recipient_can_neither_write_nor_change_what_was_written",),
        "domain/test_private_message::test_only_the_sender_changes_or_takes_back_a_message",
    ),
    Attack(
        "manipulated votes",
        "Lemmy 0.19, Like inside Announce",
        (TAMPERING, "federation/test_inbox::test_fifty_copies_of_one_vote_count_once"),
        EXCHANGE,
    ),
    Attack(
        "fetching without end",
        "CVE-2025-23221, CVE-2026-34148, CVE-2025-32947, CVE-2022-46405",
        (
            "net/test_budget::test_requests_are_counted_across_all_levels",
            "federation/test_backfill::test_a_listing_without_end_is_left_when_the_account_is_spent",
        ),
        "federation/test_inbox::test_a_comment_brings_its_fifty_unknown_ancestors",
    ),
    Attack(
        "hostile JSON",
        "RecursionError, NaN and doubled keys in Python's readers",
        (
            "federation/test_hostile_values::test_hostile_values_are_refused_or_harmless",
            "http/api_v3/wire/test_body::test_any_bytes_are_read_or_refused_and_nothing_else_is_raised",
            "http/api_v3/wire/test_body::test_deep_nesting_is_refused",
        ),
        "http/api_v3/wire/test_body::test_null_and_absent_are_the_same_and_unknown_fields_are_ignored",
    ),
    Attack(
        "hostile sizes",
        "CVE-2023-36461",
        (
            "net/test_budget::test_a_bomb_is_never_unpacked_beyond_the_bound",
            "net/test_client::test_a_misbehaving_server_costs_what_was_allowed_and_an_error_with_its_kind",
        ),
        "net/test_client::test_compressed_answers_are_decoded",
    ),
    Attack(
        "poisoned queues",
        "CVE-2026-69132",
        (
            "federation/test_schedule::test_a_host_that_is_put_again_and_again_takes_no_more_room",
            "federation/test_trouble::test_an_activity_that_we_cannot_send_is_passed_over_and_those_behind_it_go_out",
        ),
        "federation/test_delivery::test_what_fails_is_sent_again_in_order_until_it_arrives",
    ),
    Attack(
        "hijacked shared inbox",
        "GHSA-m2gq-69fp-6hv4",
        ("attacks/test_confusion::test_nobody_has_the_messages_of_an_instance_sent_to_an_inbox_of_another_host",),
        "federation/test_tables::test_a_host_that_shares_its_inbox_is_told_once_and_another_in_each",
    ),
    Attack(
        "one long field that is repeated in every view",
        "(generic)",
        (
            "federation/test_hostile_values::test_no_field_that_comes_in_is_longer_than_ours_may_be",
            "load/test_limits::test_every_address_answers_at_its_limits_without_a_fault_and_within_bounds",
            "domain/test_comment_thread::test_a_whole_thread_of_very_much_text_ends_and_leaves_no_answer_without_its_parent",
        ),
        "federation/test_people::test_a_changed_profile_comes_in_if_it_is_newer_and_ones_own",
    ),
    # --- where we ask ---------------------------------------------------------------------------------------------------------------
    Attack(
        "server-side request forgery",
        "CVE-2025-25194, CVE-2026-33693, -42180, -42181, GHSA-c482-7gjx-pp36, CVE-2024-39687, CVE-2026-22245, -46348, CVE-2024-52579",
        (
            ADDRESSES,
            "attacks/test_private_addresses::test_no_sink_leads_a_proxy_that_is_not_tor_into_its_own_network",
            "net/test_egress::test_no_spelling_of_our_own_machine_is_ever_called",
            "net/test_addresses::test_a_special_address_is_refused_by_name",
        ),
        "net/test_egress::test_the_canary_sings_where_a_laboratory_allows_it",
    ),
    Attack(
        "DNS rebinding",
        "GHSA-q537-8fr5-cw35, Egregoros F-06",
        (TURNING, "net/test_egress::test_the_address_that_was_judged_is_the_one_that_is_dialled"),
        "net/test_client::test_names_are_asked_at_the_given_name_server_and_remembered",
    ),
    Attack(
        "redirect to a private address",
        "CVE-2026-77632, CVE-2026-34148",
        (TURNING, "net/test_egress::test_a_redirect_to_a_forbidden_place_is_not_followed"),
        "net/test_egress::test_three_hops_are_followed_and_a_fourth_is_not",
    ),
    Attack(
        "the image proxy as an open relay",
        "CVE-2024-49363, CVE-2024-56200",
        ("http/test_images::test_the_proxy_is_no_relay",),
        "http/test_images::test_a_page_shows_foreign_pictures_from_here",
    ),
    Attack(
        "past Tor",
        "(generic)",
        (
            "net/test_egress::test_an_onion_name_is_never_looked_up_and_refused_without_a_proxy",
            "net/test_egress::test_without_its_proxy_the_client_reaches_nothing",
            "mail/test_smtp::test_a_proxy_that_is_down_is_never_gone_around",
        ),
        "net/test_egress::test_an_onion_name_goes_to_the_proxy_as_a_name",
    ),
    # --- what browsers show ---------------------------------------------------------------------------------------------------------
    Attack(
        "stored script in texts, emojis and titles",
        "lemmy-ui #1895 and #1897, GHSA-2g66-9fr3-ppwj, CVE-2023-36459, CVE-2023-42452",
        (
            HOSTILE_PAGES,
            "browser/test_every_page::test_no_page_lets_hostile_text_live_or_bars_anybody",
            "text/test_markdown::test_whatever_the_text_the_html_holds_only_what_the_allow_list_names",
            "text/test_markdown::test_the_renderer_is_safe_without_its_sanitiser",
        ),
        "text/test_markdown::test_commonmark_and_its_extras_become_html",
    ),
    Attack(
        "no second line behind the sanitiser",
        "(all, late)",
        (
            "http/web/test_static::test_the_policy_allows_nothing_inline_and_nothing_foreign",
            "http/web/test_pages::test_a_page_renders_to_whole_html_without_anything_inline",
        ),
        "http/web/test_browser::test_no_page_is_wider_than_its_window_or_breaks_the_policy",
    ),
    Attack(
        "style injection by themes",
        "Autentico #218",
        (
            "http/web/test_themes::test_what_is_more_than_colours_is_no_theme",
            "http/web/test_themes::test_a_theme_has_a_plain_name_that_is_not_ours",
        ),
        "http/web/test_themes::test_a_reader_and_a_site_choose_a_theme_of_the_folder",
    ),
    Attack(
        "script and XML in feeds",
        "lemmy #3774",
        (
            "http/feeds/test_feeds::test_hostile_names_end_no_element",
            "http/feeds/test_kinds::test_a_feed_reader_reads_every_feed_whatever_people_called_their_things",
        ),
        "http/feeds/test_feeds::test_every_list_speaks_every_format",
    ),
    Attack(
        "open redirect",
        "CVE-2026-33868, PieFed 468a083d",
        (
            "attacks/test_doors::test_no_way_back_leads_to_another_site",
            "attacks/test_doors::test_no_path_of_ours_redirects_to_another_site",
            "http/web/test_moderation_queues::test_the_way_back_leads_nowhere_but_to_the_queue",
        ),
        "attacks/test_doors::test_no_way_back_leads_to_another_site",
    ),
    Attack(
        "cross-site request forgery",
        "CVE-2026-48060",
        (
            "attacks/test_doors::test_a_form_of_another_site_changes_nothing_and_one_of_ours_does",
            "attacks/test_doors::test_looking_at_a_text_deletes_no_picture",
            "http/web/test_session::test_a_form_of_another_sites_page_is_refused_even_with_the_token",
            "http/api_v3/test_adapter::test_only_json_is_taken_so_that_no_foreign_form_can_speak",
        ),
        "http/web/test_session::test_a_form_of_our_own_page_is_taken",
    ),
    Attack(
        "poisoned host header and cache",
        "CVE-2026-48061, -25479, -25478, -25480, -25540",
        (
            "attacks/test_doors::test_a_host_header_changes_no_address_that_we_write",
            "http/test_kept::test_who_shows_anything_of_their_own_is_never_answered_from_memory",
            "http/test_surface::test_a_host_header_from_nowhere_is_400",
        ),
        "http/test_kept::test_the_second_stranger_is_answered_from_memory_in_the_same_bytes",
    ),
    Attack(
        "response splitting",
        "CVE-2026-42544, -42545",
        (
            "http/test_surface::test_a_header_cannot_break_the_response_in_two",
            "http/test_server::test_what_is_no_request_is_refused_and_harms_nobody_else",
        ),
        "http/test_surface::test_a_redirect_carries_any_name",
    ),
    Attack(
        "foreign frames, referers and opened windows",
        "CVE-2023-36459",
        (
            "http/web/test_static::test_the_policy_allows_nothing_inline_and_nothing_foreign",
            "text/test_markdown::test_only_links_to_other_hosts_are_marked_as_external",
            "domain/test_page_zoo::test_a_hostile_oembed_document_adds_nothing",
        ),
        "domain/test_page_zoo::test_an_oembed_document_fills_what_a_page_leaves_out",
    ),
    # --- who is there ---------------------------------------------------------------------------------------------------------------
    Attack(
        "a token outlives its session",
        "lemmy #1462, #3364, #3499, CVE-2025-24896",
        (ENDED, "attacks/test_tokens::test_the_key_of_private_feeds_opens_nothing_once_the_account_has_ended"),
        ENDED,
    ),
    Attack(
        "forged tokens",
        "(generic)",
        (
            "attacks/test_tokens::test_a_token_that_we_did_not_sign_or_not_for_a_living_session_opens_nothing",
            "crypto/test_tokens::test_anything_else_is_no_token",
        ),
        "crypto/test_tokens::test_a_jwt_says_for_whom_by_whom_and_since_when",
    ),
    Attack(
        "session fixation",
        "(generic)",
        ("attacks/test_tokens::test_a_login_never_takes_over_a_session_that_was_put_into_the_browser_before",),
        "domain/test_password::test_a_changed_password_ends_every_session_and_begins_one",
    ),
    Attack(
        "the second factor tried out or used twice",
        "Lemmy 0.19 check_current",
        (
            "domain/test_second_factor::test_codes_cannot_be_tried_out_from_however_many_addresses",
            "domain/test_second_factor::test_once_it_is_on_a_login_needs_a_code_that_was_not_used",
        ),
        "domain/test_second_factor::test_a_right_code_forgives_the_wrong_ones_before_it",
    ),
    Attack(
        "passwords tried out",
        "(generic)",
        (
            "domain/test_guessing::test_passwords_cannot_be_tried_out_from_however_many_addresses",
            "domain/test_guessing::test_a_stolen_session_guesses_ten_passwords_an_hour_and_does_not_hinder_the_owner",
            "crypto/test_passwords::test_who_waits_for_a_password_holds_no_thread_that_files_are_read_by",
        ),
        "domain/test_guessing::test_who_guesses_keeps_nobody_out_of_where_they_live_nor_who_reads_their_mail",
    ),
    Attack(
        "enumeration of accounts, also by time",
        "GHSA-xgg7-8hvq-8m65, GHSA-qxrw-f6fh-34r7",
        (
            "crypto/test_passwords::test_a_refusal_costs_the_same_for_nobody_and_for_everybody",
            "domain/test_guessing::test_every_refused_login_is_made_to_cost_the_same",
            "domain/test_mail::test_asking_for_a_password_tells_nobody_whether_the_address_is_known",
            "domain/test_captcha::test_without_a_captcha_nobody_learns_which_names_are_taken",
        ),
        "crypto/test_passwords::test_a_password_is_stored_as_argon2id_and_opens_again",
    ),
    Attack(
        "tokens of mails kept in clear, reused or with a host of the attacker's",
        "CVE-2026-48061",
        (
            "domain/test_password::test_the_token_is_stored_as_a_hash_and_shown_by_no_event_that_is_printed",
            "domain/test_password::test_the_token_of_a_mail_sets_a_new_password_once_and_logs_out_everywhere",
            "attacks/test_doors::test_a_host_header_changes_no_address_that_we_write",
        ),
        "domain/test_mail::test_a_new_password_is_set_by_the_link_of_the_mail_which_works_once",
    ),
    Attack(
        "registration past its rules",
        "PieFed 492cf91e and 3671c855, CVE-2026-41259, CVE-2025-54879",
        (
            "domain/test_registration::test_an_applicant_waits_until_an_admin_has_accepted",
            "domain/test_captcha::test_a_wrong_answer_spends_the_captcha",
            "http/api_v3/test_permission_matrix::test_who_waits_to_be_accepted_gets_no_session",
        ),
        "domain/test_captcha::test_a_right_answer_opens_the_door_once",
    ),
    Attack(
        "around the rate limits",
        "GHSA-2hrg-7x4g-9vpg, CVE-2023-49952, CVE-2025-66482, CVE-2025-59152",
        (
            "attacks/test_doors::test_no_header_of_a_stranger_gets_around_the_limit_of_logins",
            "http/test_limits_of_addresses::test_every_address_takes_the_limit_of_what_it_does",
            "http/test_address::test_a_stranger_cannot_name_another_address",
            "http/test_ratelimit::test_one_ipv6_customer_has_one_bucket_however_many_addresses_he_takes",
        ),
        "http/test_address::test_a_trusted_proxy_names_the_client",
    ),
    # --- what may be seen and done --------------------------------------------------------------------------------------------------
    Attack(
        "private communities and instances leak",
        "GHSA-95q8-x6r6-672m, GHSA-jmxc-hhwx-gvv3, lemmy #6270, #6559, #6446, CVE-2026-28431",
        (
            MARKERS,
            "http/test_nothing_leaks::test_a_private_site_opens_to_strangers_nothing_but_its_doors",
            "http/feeds/test_feeds::test_what_is_for_members_is_in_no_public_feed",
        ),
        "domain/test_post_filters::test_local_only_posts_are_listed_to_whoever_is_logged_in",
    ),
    Attack("removed and deleted content", "lemmy #3652, #4663, #4503, #891", (MARKERS,), MARKERS),
    Attack(
        "others' things by their number",
        "CVE-2026-22246, CVE-2026-28433, lemmy #6504",
        (MATRIX, "http/web/test_inbox::test_nobody_reads_marks_or_changes_what_is_not_theirs"),
        BOTH_WAYS,
    ),
    Attack(
        "the ranks of moderators",
        "lemmy e49959178, ba044c7d9",
        (
            "domain/test_community_moderator::test_who_came_first_dismisses_who_came_later_and_everybody_themselves",
            "domain/test_ban::test_only_admins_ban_from_the_site_and_none_who_came_before_them",
        ),
        "domain/test_ban::test_moderators_ban_members_and_those_who_came_after_them",
    ),
    Attack(
        "fields that nobody asked for",
        "CVE-2026-23963, lemmy 26dd0a0b8",
        (
            "federation/test_importing::test_a_profile_that_breaks_a_rule_is_refused_whole",
            "federation/test_importing::test_too_many_items_are_refused_before_anything_is_changed",
            "http/test_hostile_input::test_a_hostile_value_of_the_right_type_is_taken_or_refused",
        ),
        "federation/test_importing::test_settings_and_lists_come_along_from_one_instance_to_the_next",
    ),
    Attack(
        "lines injected into mails and logs",
        "CVE-2026-29178",
        (
            "mail/test_letter::test_no_name_or_title_begins_a_header_of_its_own",
            "http/test_surface::test_the_log_has_one_line_a_request_without_query_and_secrets",
        ),
        "mail/test_letter::test_the_headers_say_that_a_machine_wrote_it_and_how_to_be_rid_of_it",
    ),
    Attack(
        "SQL and full-text injection",
        "PieFed d3b170f2",
        (
            "house/test_statements::test_sql_stands_only_in_storage",
            "http/api_v3/test_search::test_bad_searches_are_refused_with_a_code",
            "http/test_hostile_input::test_a_query_with_a_hostile_value_of_the_right_type_is_answered_or_refused",
        ),
        "storage/test_search::test_each_query_finds_the_same_on_both_databases",
    ),
    Attack(
        "texts that cost too much time",
        "CVE-2025-68475",
        (
            "text/test_hostile_text::test_rendering_takes_steps_in_proportion_to_the_text",
            "text/test_hostile_text::test_reading_received_html_takes_steps_in_proportion_to_the_text",
            "text/test_slurs::test_a_text_made_to_hang_the_filter_does_not",
        ),
        "text/test_slurs::test_the_automaton_matches_where_a_backtracking_engine_does",
    ),
    Attack(
        "a text that is costly to convert stops everybody's writes",
        "(generic)",
        (
            "federation/test_converting::test_no_unit_of_work_converts_a_text_whichever_way_it_came",
            "federation/test_converting::test_whoever_sends_what_is_costly_to_convert_makes_only_their_own_lane_wait",
            "federation/test_converting::test_hosts_take_turns",
            "text/test_received::test_a_text_that_is_costly_to_convert_is_bounded_in_what_is_read_worked_and_written",
        ),
        "text/test_received::test_a_long_article_with_thousands_of_tags_stays_whole",
    ),
    Attack(
        "a text that is costly to read as markdown stops everybody's writes",
        "(generic)",
        (
            "federation/test_rendering_ahead::test_what_is_long_is_read_ahead_of_the_unit_that_stores_and_tells_it",
            "federation/test_rendering_ahead::test_whoever_sends_what_is_costly_to_read_makes_only_their_own_lane_wait",
            "federation/test_rendering_ahead::test_nobody_else_reads_markdown",
            "storage/test_aside::test_hosts_take_turns_and_our_own_people_wait_for_none_of_them",
            "text/test_hostile_text::test_a_text_that_counts_as_cheap_costs_a_tenth_of_a_costly_one_at_most",
        ),
        "federation/test_rendering_ahead::test_a_text_of_common_length_is_read_while_its_sender_waits_and_keeps_nobody_else_from_it",
    ),
    Attack(
        "secrets in logs and files",
        "(generic)",
        (
            "attacks/test_secrets::test_no_password_or_token_is_logged_or_stored_in_clear",
            "attacks/test_secrets::test_nothing_in_the_data_folder_is_for_others_on_the_machine",
            "attacks/test_secrets::test_no_secret_of_the_configuration_is_printed_logged_answered_or_seen_in_the_list_of_processes",
            "attacks/test_secrets::test_a_configuration_that_cannot_be_used_is_told_without_its_secrets",
            "attacks/test_secrets::test_a_password_on_the_command_line_is_warned_of_and_can_be_given_otherwise",
            "attacks/test_secrets::test_a_password_that_looks_like_an_address_is_hidden_as_well",
            "attacks/test_secrets::test_a_backup_without_a_passphrase_says_what_it_holds",
            MARKERS,
            MATRIX,
            "domain/test_mail::test_what_waits_holds_no_token_and_the_log_shows_none",
        ),
        "crypto/test_tokens::test_random_tokens_have_256_bits_and_are_stored_as_their_hash",
    ),
    Attack(
        "a stolen key goes on counting",
        "(generic)",
        (
            "federation/test_key_rotation::test_peers_take_what_is_signed_with_the_new_key_and_refuse_the_old",
            "federation/test_key_rotation::test_old_keys_go_after_two_days_and_with_their_owner",
            "cli/test_admin_commands::test_keys_and_sessions_are_replaced_beside_the_server_and_count_at_once",
        ),
        "federation/test_key_rotation::test_who_does_not_know_the_new_key_is_asked_again_with_the_old_one_for_two_days",
    ),
    Attack(
        "a poisoned or outdated dependency, a program that calls home",
        "xz CVE-2024-3094, litestar and Granian as listed above",
        (
            "attacks/test_supply_chain::test_every_version_is_pinned_and_hashed",
            "attacks/test_supply_chain::test_no_version_is_below_the_last_known_weakness",
            "attacks/test_supply_chain::test_what_an_instance_runs_on_is_pure_python_or_known_to_have_wheels_for_arm64",
            "attacks/test_supply_chain::test_a_start_calls_nobody_and_asks_no_name_server",
        ),
        "attacks/test_supply_chain::test_the_command_says_what_is_outdated_and_what_it_cannot_know",
    ),
    # --- files ----------------------------------------------------------------------------------------------------------------------
    Attack(
        "place and camera in pictures",
        "lemmy #2454",
        (
            "media/test_uploads::test_nothing_of_place_camera_and_comments_is_left",
            "media/test_film::test_the_place_is_blanked_where_it_lies_and_the_samples_stay",
        ),
        "media/test_uploads::test_transparency_and_colours_stay",
    ),
    Attack(
        "image bombs",
        "(generic)",
        (
            "media/test_uploads::test_hostile_files_are_refused_and_the_next_upload_is_fine",
            "media/test_uploads::test_a_picture_that_is_too_much_for_the_child_ends_the_child_alone",
        ),
        "media/test_uploads::test_an_animation_keeps_its_frames_and_their_pace",
    ),
    Attack(
        "files that are two things, SVG and HTML",
        "CVE-2023-36460, CVE-2026-8461",
        (
            UPLOAD,
            "media/test_uploads::test_what_hangs_behind_a_picture_is_cut_off",
            "http/test_images::test_what_is_no_good_picture_is_refused_and_leaves_nothing",
        ),
        "http/test_images::test_a_picture_comes_in_the_format_and_size_asked_for",
    ),
    Attack(
        "path traversal",
        "CVE-2026-29178, Pleroma's packs of emojis",
        (
            "media/test_uploads::test_no_name_leads_out_of_the_folder",
            "http/test_images::test_names_and_claims_of_a_file_count_for_nothing",
            "http/test_hostile_input::test_a_hostile_path_is_not_found",
        ),
        UPLOAD,
    ),
    Attack(
        "links that lead root elsewhere",
        "CVE-2018-6954 (systemd-tmpfiles)",
        (
            "cli/test_ownership::test_nothing_that_lies_in_the_folder_leads_elsewhere",
            "cli/test_ownership::test_the_way_to_the_folder_may_lead_over_links_of_root_and_of_nobody_else",
            "cli/test_loading::test_what_root_makes_in_the_data_folder_belongs_to_whom_the_folder_belongs",
        ),
        "cli/test_ownership::test_installing_lets_the_account_to_the_folders_that_the_configuration_names_and_not_to_those_of_others",
    ),
    Attack(
        "purges that leave something or take too much",
        "lemmy #3931, GHSA-wr2m-38xh-rpc9",
        (
            "domain/test_image::test_purging_a_post_takes_its_authors_picture_and_nobody_elses",
            "domain/test_image::test_another_person_can_neither_pin_nor_purge_a_picture_by_naming_it",
        ),
        "domain/test_image::test_the_same_picture_of_two_people_is_one_file_until_the_second_is_gone",
    ),
    Attack(
        "slow and huge requests",
        "CVE-2024-52581, Granian's bodies without an end",
        (
            "http/test_server::test_a_body_that_drips_is_cut_off_and_one_that_flows_is_not",
            "http/test_server::test_no_client_can_hold_up_a_stop",
            "http/test_hostile_input::test_a_body_beyond_2_mib_is_refused_with_413",
        ),
        "http/test_surface::test_a_body_up_to_the_limit_is_read_and_a_larger_one_is_413",
    ),
)
