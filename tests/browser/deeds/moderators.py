"""What those do who moderate a community, and what only its first moderator does."""

from tests.browser.deeds.deed import Added, Deed
from tests.browser.deeds.scene import PICTURE

_REMOVED = "SELECT removed FROM post WHERE id = {post}"
_SAID_REMOVED = "SELECT removed FROM comment WHERE id = {comment}"
_LOCKED = "SELECT locked FROM post WHERE id = {post}"
_PINNED = "SELECT featured_community FROM post WHERE id = {post}"
_BANNED = "SELECT COUNT(*) FROM community_person_ban WHERE community_id = {home_id} AND person_id = {eve}"
_LEADS = "SELECT COUNT(*) FROM community_moderator WHERE community_id = {home_id} AND person_id = {eve}"
_CARA_LEADS = "SELECT COUNT(*) FROM community_moderator WHERE community_id = {home_id} AND person_id = {cara}"
_FIRST = "SELECT person_id FROM community_moderator WHERE community_id = {home_id} ORDER BY id LIMIT 1"
_POST, _PAGE = "/post/{post}", "/post/{post}/moderate"
_COMMENT_PAGE = "/comment/{comment}/moderate"
_FORM, _COMMENT_FORM = "/post/{post_id}/moderate", "/comment/{comment_id}/moderate"
_PERSON, _PERSON_FORM = "/u/eve_{mode}/moderate", "/u/{name}/moderate"
_SETTINGS = "/c/{home}/settings"
_DELETED = "SELECT deleted FROM community WHERE id = {home_id}"
_RESOLVED = "SELECT resolved FROM post_report WHERE id = {post_report}"
ASKED = Added.ASKED

DEEDS = (
    Deed("resolve a report", "/reports", "post_report", "mona", "/reports", "#post_report-{post_report} [name=resolved]", _RESOLVED, 1),
    Deed("open a report again", "/reports", "resolved", "mona", "/reports?view=All", "#post_report-{post_report} [name=resolved]",
        _RESOLVED, 0),
    Deed(
        "resolve a report of a comment", "/reports", "comment_report", "mona", "/reports?type=Comments",
        "#comment_report-{comment_report} [name=resolved]", "SELECT resolved FROM comment_report WHERE id = {comment_report}", 1,
    ),
    Deed("lock a post", _FORM, "locked", "mona", _POST, ".whole [name=locked]", _LOCKED, 1),
    Deed("unlock a post", _FORM, "locked", "mona", _PAGE, "[name=locked]", _LOCKED, 0),
    Deed("pin a post", _FORM, "featured_community", "mona", _POST, ".whole [name=featured_community]", _PINNED, 1),
    Deed("unpin a post", _FORM, "featured_community", "mona", _PAGE, "[name=featured_community]", _PINNED, 0),
    Deed(
        "remove a post", _FORM, "removed", "mona", _POST, "[name=removed]", _REMOVED, 1, {"removed_reason": "Off topic"},
        added=Added.NOTHING,
        through=(".whole a[href$='/moderate']",),
    ),
    Deed("restore a removed post", _FORM, "removed", "mona", _PAGE, "[name=removed]", _REMOVED, 0, {"removed_reason": "My fault"}),
    Deed(
        "ban an author from the community", _FORM, "banned_here", "mona", _PAGE, "[name=banned_here]", _BANNED, 1,
        {"banned_here_reason": "Selling", "banned_here_days": "7"},
    ),
    Deed("lift that ban", _FORM, "banned_here", "mona", _PAGE, "[name=banned_here]", _BANNED, 0),
    Deed("make an author a moderator", _FORM, "moderator", "mona", _PAGE, "[name=moderator]", _LEADS, 1),
    Deed("and dismiss them", _FORM, "moderator", "mona", _PAGE, "[name=moderator]", _LEADS, 0),
    Deed(
        "remove a comment", _COMMENT_FORM, "removed", "mona", "/comment/{comment}", "[name=removed]", _SAID_REMOVED, 1,
        {"removed_reason": "Rude"}, through=("#c{comment} .tools a[href$='/moderate']",),
    ),
    Deed("restore a removed comment", _COMMENT_FORM, "removed", "mona", _COMMENT_PAGE, "[name=removed]", _SAID_REMOVED, 0),
    Deed(
        "ban a commenter from the community", _COMMENT_FORM, "banned_here", "mona", _COMMENT_PAGE, "[name=banned_here]", _BANNED, 1,
        {"banned_here_data": True},
    ),
    Deed("lift that ban and restore", _COMMENT_FORM, "banned_here", "mona", _COMMENT_PAGE, "[name=banned_here]", _SAID_REMOVED, 0,
         {"banned_here_data": True}),
    Deed("make a commenter a moderator", _COMMENT_FORM, "moderator", "mona", _COMMENT_PAGE, "[name=moderator]", _LEADS, 1),
    Deed("dismiss the commenter", _COMMENT_FORM, "moderator", "mona", _COMMENT_PAGE, "[name=moderator]", _LEADS, 0),
    Deed(
        "speak as a moderator", _COMMENT_FORM, "distinguished", "mona", "/comment/{spoken}/moderate", "[name=distinguished]",
        "SELECT distinguished FROM comment WHERE id = {spoken}", 1,
    ),
    Deed(
        "speak as anybody", _COMMENT_FORM, "distinguished", "mona", "/comment/{spoken}/moderate", "[name=distinguished]",
        "SELECT distinguished FROM comment WHERE id = {spoken}", 0,
    ),
    Deed(
        "ban a person from the community", _PERSON_FORM, "banned_here", "mona", "/u/eve_{mode}", "[name=banned_here][value=true]",
        _BANNED, 1,
        {"community_id": "{home_id}"}, through=("main a[href$='/moderate']",),
    ),
    Deed("lift the person's ban", _PERSON_FORM, "banned_here", "mona", _PERSON, "[name=banned_here][value=false]", _BANNED, 0,
         {"community_id": "{home_id}"}),
    Deed("make a person a moderator", _PERSON_FORM, "moderator", "mona", _PERSON, "[name=moderator][value=true]", _LEADS, 1,
         {"community_id": "{home_id}"}),
    Deed("dismiss a person", _PERSON_FORM, "moderator", "mona", _PERSON, "[name=moderator][value=false]", _LEADS, 0,
         {"community_id": "{home_id}"}),
    Deed(
        "change the community", "/c/{name}/settings", "title", "mona", "/c/{home}", "form.deed .button.main",
        "SELECT title FROM community WHERE id = {home_id}", "The quiet room",
        {"title": "The quiet room", "description": "Be *quiet*.", "posting_restricted_to_mods": False},
        through=(".side a[href$='/settings']",),
    ),
    Deed("give it an icon", "/c/{name}/settings", "icon_file", "mona", _SETTINGS, "form.deed .button.main",
         "SELECT COUNT(*) FROM community WHERE id = {home_id} AND icon LIKE '%/pictrs/image/%'", 1, {"icon_file": PICTURE}),
    Deed("take the icon away", "/c/{name}/settings", "no_icon", "mona", _SETTINGS, "form.deed .button.main",
         "SELECT icon FROM community WHERE id = {home_id}", None, {"no_icon": True}),
    Deed("close the community", "/c/{name}/moderate", "deleted", "mona", _SETTINGS, "[name=deleted]", _DELETED, 1, added=ASKED),
    Deed("open the community again", "/c/{name}/moderate", "deleted", "mona", _SETTINGS, "[name=deleted]", _DELETED, 0),
    Deed("appoint a moderator", "/c/{name}/mods", "name", "mona", _SETTINGS, ".deed .button.main", _CARA_LEADS, 1, {"name": "cara_{mode}"},
         through=("main a[href$='/mods']",)),
    Deed("hand the community over", "/c/{name}/mods", "transfer", "mona", "/c/{home}/mods", "[name=transfer][value='{cara}']", _FIRST,
        "{cara}",
         added=ASKED),
    Deed("hand it back", "/c/{name}/mods", "transfer", "cara", "/c/{home}/mods", "[name=transfer][value='{mona}']", _FIRST, "{mona}",
         added=ASKED),
    Deed("dismiss a moderator", "/c/{name}/mods", "dismiss", "mona", "/c/{home}/mods", "[name=dismiss][value='{cara}']", _CARA_LEADS, 0,
         added=ASKED),
)  # fmt: skip
