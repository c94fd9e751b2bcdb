"""A small Lemmy of 0.19 with something in every table, for those who take it over: three accounts, four communities, forty posts."""

import json
from typing import Any, Final

import jwt
import psycopg
from psycopg import sql

from tests.storage.lemmy_tables import KEYS, TABLES

HOST: Final = "old.test"
BASE: Final = f"https://{HOST}"
BCRYPT: Final = "$2b$04$kjMtIpQ8gvaWeynA7f4AzurY/GToDT7g3UJdsfh1tOdUkn4Qfx63K"
"""Of the password `password of old`."""

JWT_SECRET: Final = "5d4a3c2b-1a09-4f8e-9d7c-6b5a4f3e2d1c"
TOKEN: Final = jwt.encode({"sub": "1", "iss": HOST, "iat": 1_700_000_000}, JWT_SECRET, algorithm="HS256")
NASTY: Final = "tab\there, line\nthere, back\\slash, \\N, quote's, {curly}, ünïcode 🦣"

_TIME: Final = "2024-03-05 06:07:08.{:06d}+00"
_EMPTY: Final = {"text": "", "varchar": "", "bool": False, "timestamptz": _TIME.format(1), "float8": 0.0, "json": "{}"}
_ENUMS: Final = {
    "default_sort_type": "Hot",
    "default_listing_type": "All",
    "default_post_listing_type": "Local",
    "post_listing_mode": "Card",
    "default_post_listing_mode": "List",
    "registration_mode": "RequireApplication",
    "visibility": "Public",
    "actor_type": "community",
}

Rows = list[dict[str, Any]]


def at(number: int) -> str:
    """A moment, later for a larger number (microseconds)."""
    return _TIME.format(number)


def everything() -> dict[str, Rows]:
    """Rows for each table, in an order in which they can be entered; columns that are not said are empty, zero or false."""
    return {**_places(), **_people(), **_communities(), **_posts(), **_marks(), **_modlog(), **_rest()}


def fill(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    """Enter all of it; answers how many rows each table has. Counters that triggers have made already are put right."""
    for table, rows in everything().items():
        for row in rows:
            _enter(connection, table, row)
    found = {}
    for table in TABLES:
        counted = connection.execute(sql.SQL("SELECT COUNT(*) FROM {}").format(sql.Identifier(table))).fetchone()
        found[table] = counted[0] if counted else 0
    return found


def _enter(connection: "psycopg.Connection[Any]", table: str, row: dict[str, Any]) -> None:
    columns = dict(each.split() for each in TABLES[table].split(","))
    values = {
        name: row[name] if name in row else _ENUMS.get(name, _EMPTY.get(kind, 0))
        for name, kind in columns.items()
        if name in row or (not kind.endswith("?") and not kind.endswith("serial") and not kind.endswith("[]"))
    }
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    changed = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in values)
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
        sql.Identifier(table), names, sql.SQL(", ").join(sql.Placeholder() * len(values)), sql.SQL(KEYS[table]), changed
    )
    connection.execute(statement, list(values.values()))


def _actor(room: str, name: str, host: str) -> dict[str, Any]:
    actor_id = f"https://{host}/{room}/{name}"
    return {
        "name": name,
        "actor_id": actor_id,
        "local": host == HOST,
        "inbox_url": f"{actor_id}/inbox",
        "shared_inbox_url": f"https://{host}/inbox",
        "public_key": f"public key of {name}",
        "private_key": f"private key of {name}" if host == HOST else None,
        "instance_id": 1 if host == HOST else 2,
    }


def _places() -> dict[str, Rows]:
    return {
        "secret": [{"id": 1, "jwt_secret": JWT_SECRET}],
        "instance": [
            {"id": 1, "domain": HOST, "published": at(1)},
            {"id": 2, "domain": "far.test", "software": "lemmy", "version": "0.19.3", "published": at(2)},
            {"id": 3, "domain": "foe.test", "published": at(3)},
        ],
        "federation_allowlist": [{"instance_id": 2, "published": at(4)}],
        "federation_blocklist": [{"instance_id": 3, "published": at(5)}],
    }


def _people() -> dict[str, Rows]:
    local = [{"id": 2 + number, **_actor("u", name, HOST), "published": at(number)} for number, name in enumerate(("Ann", "bob", "cy"))]
    local[0] |= {"bio": NASTY, "display_name": "Ann of old", "avatar": f"{BASE}/pictrs/image/face.png"}
    remote = [{"id": 10 + number, **_actor("u", f"guest{number}", "far.test"), "published": at(100 + number)} for number in range(20)]
    remote[0] |= {"banned": True, "ban_expires": "2099-01-01 00:00:00+00"}
    accounts = [
        {"id": 1, "person_id": 2, "password_encrypted": BCRYPT, "email": "Ann@Example.com", "email_verified": True, "admin": True},
        {"id": 2, "person_id": 3, "password_encrypted": BCRYPT, "email": "bob@example.com", "totp_2fa_secret": "0123456789abcdef" * 2},
        {"id": 3, "person_id": 4, "password_encrypted": BCRYPT, "interface_language": "de", "theme": "darkly"},
    ]
    for account in accounts:
        account |= {"accepted_application": True, "show_avatars": True}
    return {
        "person": local + remote,
        "person_aggregates": [{"person_id": 2, "post_count": 38, "comment_count": 40}],
        "local_user": accounts,
        "local_user_vote_display_mode": [{"local_user_id": 2, "score": True, "upvote_percentage": True}],
        "local_user_language": [{"local_user_id": 1, "language_id": 37}, {"local_user_id": 1, "language_id": 0}],
        "login_token": [{"token": TOKEN, "user_id": 1, "published": at(7), "ip": "192.0.2.7", "user_agent": "an app"}],
        "registration_application": [{"id": 1, "local_user_id": 3, "answer": "let me in", "admin_id": 2, "published": at(8)}],
        "password_reset_request": [{"id": 1, "token": "x", "local_user_id": 1}],
        "email_verification": [{"id": 1, "local_user_id": 3, "email": "cy@example.com", "verification_token": "y"}],
        "captcha_answer": [{"uuid": "00000000-0000-0000-0000-000000000001", "answer": "z"}],
        "site": [
            {"id": 1, "name": "Old place", "actor_id": f"{BASE}/", "inbox_url": f"{BASE}/inbox", "sidebar": NASTY, "instance_id": 1}
            | {"public_key": "public key of the site", "private_key": "private key of the site", "published": at(9)},
            {"id": 2, "name": "Far place", "actor_id": "https://far.test/", "inbox_url": "https://far.test/inbox", "instance_id": 2}
            | {"public_key": "public key of far", "published": at(10)},
        ],
        "local_site": [
            {"id": 1, "site_id": 1, "site_setup": True, "enable_downvotes": True, "enable_nsfw": True, "federation_enabled": True}
            | {"legal_information": "Be kind.", "captcha_difficulty": "easy", "default_theme": "browser", "actor_name_max_length": 25}
        ],
        "local_site_rate_limit": [{"local_site_id": 1, "message": 999, "message_per_second": 60, "post": 77, "post_per_second": 60}],
        "site_aggregates": [{"site_id": 1, "users": 3, "posts": 38, "comments": 40, "communities": 2}],
        "site_language": [{"site_id": 1, "language_id": 0}, {"site_id": 1, "language_id": 37}],
        "tagline": [{"id": 4, "local_site_id": 1, "content": "Old and good", "published": at(11)}],
        "local_site_url_blocklist": [{"id": 1, "url": "https://spam.test", "published": at(12)}],
        "custom_emoji": [
            {"id": 1, "local_site_id": 1, "shortcode": "mammoth", "image_url": f"{BASE}/pictrs/image/mammoth.png", "category": "beasts"}
        ],
        "custom_emoji_keyword": [{"custom_emoji_id": 1, "keyword": "tusk"}],
    }


def _communities() -> dict[str, Rows]:
    rows = [{"id": 2 + number, **_actor("c", name, HOST), "title": name} for number, name in enumerate(("hearth", "barn"))]
    rows += [{"id": 4 + number, **_actor("c", name, "far.test"), "title": name} for number, name in enumerate(("town", "port"))]
    for row in rows:
        row |= {"followers_url": f"{row['actor_id']}/followers", "published": at(20 + row["id"])}
    return {
        "community": rows,
        "community_aggregates": [{"community_id": 2, "subscribers": 9, "subscribers_local": 2, "posts": 20, "comments": 80}],
        "community_language": [{"community_id": 2, "language_id": 37}],
        "community_follower": [{"person_id": 2, "community_id": 2, "published": at(30)}, {"person_id": 3, "community_id": 4}]
        + [{"person_id": 10 + number, "community_id": 2} for number in range(7)],
        # Bob came before Ann, though his number is higher.
        "community_moderator": [
            {"community_id": 2, "person_id": 2, "published": at(50)},
            {"community_id": 2, "person_id": 3, "published": at(40)},
        ],
        "community_person_ban": [{"community_id": 2, "person_id": 15, "published": at(51), "expires": None}],
        "person_follower": [{"person_id": 2, "follower_id": 11, "published": at(52)}],
        "person_block": [{"person_id": 2, "target_id": 12, "published": at(53)}],
        "community_block": [{"person_id": 2, "community_id": 5, "published": at(54)}],
        "instance_block": [{"person_id": 2, "instance_id": 3, "published": at(55)}],
    }


def _posts() -> dict[str, Rows]:
    posts = [
        {"id": number, "name": f"Post {number}", "ap_id": f"{BASE}/post/{number}", "local": True, "creator_id": 2, "community_id": 2}
        | {"published": at(1000 + number), "language_id": 37}
        for number in range(1, 41)
    ]
    posts[0] |= {"body": NASTY, "url": f"{BASE}/pictrs/image/shown.png", "thumbnail_url": f"{BASE}/pictrs/image/small.webp"}
    posts[1] |= {"deleted": True, "ap_id": "https://far.test/post/2", "local": False, "creator_id": 10, "community_id": 4}
    posts[2] |= {"removed": True, "featured_community": True, "nsfw": True, "alt_text": "what it shows"}
    comments = [
        {"id": number, "post_id": 1, "creator_id": 2 if number % 2 else 11, "content": f"Comment {number}", "local": bool(number % 2)}
        | {"path": f"0.{number}" if number == 1 else f"0.1.{number}", "published": at(2000 + number), "language_id": 37}
        | {"ap_id": f"{BASE if number % 2 else 'https://far.test'}/comment/{number}"}
        for number in range(1, 81)
    ]
    comments[4] |= {"content": NASTY}
    return {
        "post": posts,
        "post_aggregates": [
            {"post_id": each["id"], "score": each["id"] - 2, "upvotes": each["id"], "downvotes": 2, "comments": 80 * (each["id"] == 1)}
            | {"published": each["published"], "newest_comment_time": at(2080), "newest_comment_time_necro": at(2079)}
            | {"community_id": each["community_id"], "creator_id": each["creator_id"], "controversy_rank": 1.5, "instance_id": 1}
            for each in posts
        ],
        "comment": comments,
        "comment_aggregates": [
            {"comment_id": each["id"], "score": 1, "upvotes": 3, "downvotes": 2, "published": each["published"]}
            | {"child_count": 79 * (each["id"] == 1)}
            for each in comments
        ],
        "post_like": [{"post_id": 1, "person_id": person, "score": 1, "published": at(3000)} for person in (2, 3, 10, 11)],
        "comment_like": [{"post_id": 1, "comment_id": 1, "person_id": 12, "score": -1, "published": at(3001)}],
    }


def _marks() -> dict[str, Rows]:
    message = {"creator_id": 2, "recipient_id": 10, "local": True, "ap_id": f"{BASE}/private_message/1", "content": NASTY}
    return {
        "post_saved": [{"post_id": 1, "person_id": 3, "published": at(1)}],
        "comment_saved": [{"comment_id": 1, "person_id": 3, "published": at(2)}],
        "post_hide": [{"post_id": 4, "person_id": 3, "published": at(3)}],
        "post_read": [{"post_id": 1, "person_id": 3, "published": at(4)}],
        "person_post_aggregates": [
            {"post_id": 1, "person_id": 3, "read_comments": 12, "published": at(5)},
            {"post_id": 5, "person_id": 3, "read_comments": 1, "published": at(6)},
        ],
        "comment_reply": [{"id": 3, "recipient_id": 2, "comment_id": 2, "published": at(7)}],
        "person_mention": [{"id": 4, "recipient_id": 3, "comment_id": 3, "read": True, "published": at(8)}],
        "private_message": [{"id": 6, "published": at(9), **message}],
        "post_report": [{"id": 1, "creator_id": 3, "post_id": 1, "original_post_name": "Post 1", "reason": "dull"}],
        "comment_report": [{"id": 2, "creator_id": 3, "comment_id": 1, "original_comment_text": "Comment 1", "reason": "rude"}],
        "private_message_report": [{"id": 3, "creator_id": 3, "private_message_id": 6, "original_pm_text": NASTY, "reason": "odd"}],
    }


def _modlog() -> dict[str, Rows]:
    """Entered table by table, while each was done in its own time."""
    person, post, place = {"other_person_id": 10}, {"post_id": 3}, {"community_id": 2}
    deeds: dict[str, dict[str, Any]] = {
        "mod_remove_post": {**post, "removed": True, "reason": NASTY},
        "mod_lock_post": {**post, "locked": True},
        "mod_feature_post": {**post, "featured": True, "is_featured_community": True},
        "mod_remove_comment": {"comment_id": 5, "removed": True},
        "mod_remove_community": {"community_id": 5, "removed": True, "reason": "empty"},
        "mod_ban_from_community": {**person, **place, "banned": True, "expires": "2099-01-01 00:00:00+00"},
        "mod_add_community": {**person, **place, "removed": False},
        "mod_transfer_community": {**person, **place},
        "mod_add": {**person, "removed": True},
        "mod_ban": {**person, "banned": True, "reason": "spam"},
        "mod_hide_community": {"community_id": 5, "hidden": True},
        "admin_purge_person": {"reason": "asked for"},
        "admin_purge_community": {},
        "admin_purge_post": place,
        "admin_purge_comment": {"post_id": 1},
    }
    said = {}
    for number, (table, values) in enumerate(deeds.items()):
        who = "admin_person_id" if table.startswith("admin_") else "mod_person_id"
        said[table] = [{"id": 7, who: 2, "when_": at(900 - number), **values}]
    return said


def _rest() -> dict[str, Rows]:
    like = {"id": f"{BASE}/activities/like/1", "type": "Like", "object": f"{BASE}/post/1"}
    announce = {"id": f"{BASE}/activities/announce/1", "type": "Announce", "object": like}
    return {
        "local_image": [
            {"pictrs_alias": alias, "pictrs_delete_token": f"token of {alias}", "local_user_id": owner, "published": at(60)}
            for alias, owner in (("face.png", 1), ("shown.png", 1), ("mammoth.png", 1), ("small.webp", None), ("lost.png", 2))
        ],
        "remote_image": [{"link": "https://far.test/a.png", "published": at(61)}],
        "image_details": [{"link": "https://far.test/a.png", "width": 3, "height": 4, "content_type": "image/png"}],
        "sent_activity": [
            {"id": 77, "ap_id": announce["id"], "data": json.dumps(announce), "send_inboxes": [], "send_community_followers_of": 2}
            | {"actor_apub_id": f"{BASE}/c/hearth", "published": at(70)},
            {"id": 78, "ap_id": f"{BASE}/activities/create/2", "data": json.dumps({"object": {"id": f"{BASE}/private_message/1"}})}
            | {"send_inboxes": ["https://far.test/u/guest0/inbox"], "sensitive": True, "actor_apub_id": f"{BASE}/u/Ann"}
            | {"published": at(71), "actor_type": "person"},
        ],
        "federation_queue_state": [
            {"instance_id": 2, "last_successful_id": 77, "fail_count": 3, "last_retry": at(80), "last_successful_published_time": at(70)},
            {"instance_id": 3, "last_successful_id": None},
        ],
        "received_activity": [{"ap_id": "https://far.test/activities/1", "published": at(72)}],
        "person_ban": [{"person_id": 10, "published": at(73)}],
        "language": [{"id": 0, "code": "und", "name": "Undetermined"}, {"id": 37, "code": "en", "name": "English"}],
    }
