"""What those do who run the site."""

from tests.browser.deeds.deed import Added, Deed
from tests.browser.deeds.scene import PICTURE

ASKED = Added.ASKED
_SAVE = "main .desk .button.main"
_BANNED = "SELECT banned FROM person WHERE id = {eve}"
_PINNED = "SELECT featured_local FROM post WHERE id = {post}"
_ADMIN = "SELECT admin FROM local_user WHERE person_id = {cara}"
_CLOSED = "SELECT removed FROM community WHERE id = {quiet_id}"
_HIDDEN = "SELECT hidden FROM community WHERE id = {quiet_id}"
_EMOJI = "SELECT {what} FROM custom_emoji WHERE shortcode = 'duck_{{mode}}'"
_MUTE = "(SELECT id FROM instance WHERE domain = 'mute-{mode}.example')"
_OF_POST, _OF_COMMENT, _OF_PERSON = "/post/{post_id}/moderate", "/comment/{comment_id}/moderate", "/u/{name}/moderate"
_SURE = {"sure": True, "reason": "Illegal"}

PEOPLE = (
    Deed("accept an application", "/registration_applications", "approve", "root", "/", "article:has-text('hopes_{mode}') [value=true]",
         "SELECT accepted_application FROM local_user WHERE person_id = {hopes}", 1,
         through=("header .account a[href='/registration_applications']",)),
    Deed("deny an application", "/registration_applications", "deny_reason", "root", "/registration_applications",
         "article:has-text('lurks_{mode}') [value=false]",
         "SELECT deny_reason FROM registration_application JOIN local_user ON local_user.id = local_user_id WHERE person_id = {lurks}",
         "Not today",
         {"deny_reason": "Not today"}),
    Deed("resolve a report of a message", "/reports", "private_message_report", "root", "/reports?type=Messages",
         "#private_message_report-{message_report} [name=resolved]",
         "SELECT resolved FROM private_message_report WHERE id = {message_report}", 1),
    Deed("pin a post to the front page", _OF_POST, "featured_local", "root", "/post/{post}", ".whole [name=featured_local]", _PINNED, 1),
    Deed("unpin it", _OF_POST, "featured_local", "root", "/post/{post}/moderate", "[name=featured_local]", _PINNED, 0),
    Deed("ban the author of a post", _OF_POST, "banned", "root", "/post/{post}/moderate", "[name=banned]", _BANNED, 1,
         {"banned_reason": "Enough", "banned_days": "3"}),
    Deed("lift the ban there", _OF_POST, "banned", "root", "/post/{post}/moderate", "[name=banned]", _BANNED, 0),
    Deed("ban the author of a comment", _OF_COMMENT, "banned", "root", "/comment/{comment}/moderate", "[name=banned]", _BANNED, 1),
    Deed("lift the ban at the comment", _OF_COMMENT, "banned", "root", "/comment/{comment}/moderate", "[name=banned]", _BANNED, 0),
    Deed("ban a person from the site", _OF_PERSON, "banned", "root", "/u/eve_{mode}", "[name=banned]", _BANNED, 1,
         {"banned_data": True}, through=("main a[href$='/moderate']",)),
    Deed("lift a ban and restore", _OF_PERSON, "banned", "root", "/u/eve_{mode}/moderate", "[name=banned]", _BANNED, 0,
        {"banned_data": True}),
    Deed("appoint an admin", _OF_PERSON, "admin", "root", "/u/cara_{mode}/moderate", "[name=admin]", _ADMIN, 1),
    Deed("dismiss an admin", _OF_PERSON, "admin", "root", "/u/cara_{mode}/moderate", "[name=admin]", _ADMIN, 0),
    Deed("appoint an admin by name", "/admin/people", "name", "root", "/admin?tab=people", ".deed .button.main", _ADMIN, 1,
         {"name": "cara_{mode}"}),
    Deed("step down", "/admin/people", "leave", "cara", "/admin?tab=people", "[name=leave]", _ADMIN, 0, added=ASKED),
    Deed("dismiss an admin in the list", "/admin/people", "dismiss", "root", "/admin?tab=people", "[name=dismiss][value='{cara}']",
        _ADMIN, 0,
         added=ASKED, before=("UPDATE local_user SET admin = true, admin_since = 9000000000000000 WHERE person_id = {cara}",)),
    Deed("remove a community", "/c/{name}/moderate", "removed", "root", "/c/{quiet}/settings", "[name=removed]", _CLOSED, 1,
         {"removed_reason": "Spam"}),
    Deed("restore a community", "/c/{name}/moderate", "removed", "root", "/c/{quiet}/settings", "[name=removed]", _CLOSED, 0),
    Deed("hide a community", "/c/{name}/moderate", "hidden", "root", "/c/{quiet}/settings", "[name=hidden]", _HIDDEN, 1,
         {"hidden_reason": "Loud"}),
    Deed("show a community again", "/c/{name}/moderate", "hidden", "root", "/c/{quiet}/settings", "[name=hidden]", _HIDDEN, 0),
    Deed("purge a comment", "/comment/{comment_id}/purge", "sure", "root", "/comment/{doomed_comment}/moderate", ".button.bad",
         "SELECT COUNT(*) FROM comment WHERE id = {doomed_comment}", 0, _SURE, through=("main a[href$='/purge']",)),
    Deed("purge a post", "/post/{post_id}/purge", "sure", "root", "/post/{doomed_post}/moderate", ".button.bad",
         "SELECT COUNT(*) FROM post WHERE id = {doomed_post}", 0, _SURE, through=("main a[href$='/purge']",)),
    Deed("purge a person", "/u/{name}/purge", "sure", "root", "/u/doe_{mode}/moderate", ".button.bad",
         "SELECT COUNT(*) FROM post WHERE creator_id = {doe}", 0, _SURE, through=("main a[href$='/purge']",)),
    Deed("purge a community", "/c/{name}/purge", "sure", "root", "/c/doomed_{mode}/settings", ".button.bad",
         "SELECT COUNT(*) FROM community WHERE name = 'doomed_{mode}'", 0, _SURE, through=("main a[href$='/purge']",)),
)  # fmt: skip

SITE = (
    Deed("set the site up in one go", "/setup", "site_name", "root", "/admin?tab=site", "main form[action='/setup'] .button.main",
         "SELECT COUNT(*) FROM community WHERE name = 'first_{mode}'", 1, {"site_name": "Hearth", "community_name": "first_{mode}",
         "registration_mode": "Open"}, through=("main a[href='/setup']",),
         before=("INSERT INTO secret (name, value) VALUES ('setup', 'x 1 1 x')",)),
    Deed("name the site", "/admin", "tab", "root", "/admin?tab=site", _SAVE, "SELECT description FROM site WHERE id = 1", "By {mode}",
         {"name": "Hearth", "description": "By {mode}", "sidebar": "Be *kind*.", "legal_information": "None."}),
    Deed("give the site an icon", "/admin", "icon_file", "root", "/admin?tab=site", _SAVE,
         "SELECT COUNT(*) FROM site WHERE id = 1 AND icon LIKE '%/pictrs/image/%'", 1, {"icon_file": PICTURE}),
    Deed("take the icon of the site away", "/admin", "no_icon", "root", "/admin?tab=site", _SAVE, "SELECT icon FROM site WHERE id = 1",
        None,
         {"no_icon": True}),
    Deed("ask applicants a question", "/admin", "application_question", "root", "/admin?tab=registration", _SAVE,
         "SELECT application_question FROM local_site", "Why, {mode}?", {"registration_mode": "Open",
         "application_question": "Why, {mode}?"}),
    Deed("refuse words and links", "/admin", "slur_filter_regex", "root", "/admin?tab=rules", _SAVE,
         "SELECT COUNT(*) FROM local_site_url_blocklist", 1, {"slur_filter_regex": "(slurry)", "blocked_urls": "https://evil.example/"}),
    Deed("refuse no words", "/admin", "blocked_urls", "root", "/admin?tab=rules", _SAVE,
         "SELECT COUNT(*) FROM local_site_url_blocklist", 0, {"slur_filter_regex": "", "blocked_urls": ""}),
    Deed("choose the languages of the site", "/admin", "discussion_languages", "root", "/admin?tab=languages", _SAVE,
         "SELECT COUNT(*) FROM site_language WHERE language_id = 37", 1, {"discussion_languages=0": True,
         "discussion_languages=37": True}),
    Deed("keep a server out", "/admin", "blocked_instances", "root", "/admin?tab=federation", _SAVE,
         "SELECT COUNT(*) FROM federation_blocklist", 1, {"blocked_instances": "loud-{mode}.example"}),
    Deed("let it in again", "/admin", "blocked_instances", "root", "/admin?tab=federation", _SAVE,
         "SELECT COUNT(*) FROM federation_blocklist", 0, {"blocked_instances": ""}),
    Deed("speak only with some servers", "/admin", "allowed_instances", "root", "/admin?tab=federation", _SAVE,
         "SELECT COUNT(*) FROM federation_allowlist", 1, {"allowed_instances": "kind-{mode}.example"}),
    Deed("speak with all again", "/admin", "allowed_instances", "root", "/admin?tab=federation", _SAVE,
         "SELECT COUNT(*) FROM federation_allowlist", 0, {"allowed_instances": ""}),
    Deed("set the limits", "/admin", "rate_limit_search", "root", "/admin?tab=rate_limits", _SAVE,
         "SELECT search FROM local_site_rate_limit", "{limit}", {"rate_limit_search": "{limit}"}),
    Deed("write a tagline", "/admin", "taglines", "root", "/admin?tab=taglines", _SAVE,
         "SELECT content FROM tagline ORDER BY id DESC LIMIT 1", "A *line* of {mode}", {"taglines": "A *line* of {mode}"}),
    Deed("add an emoji", "/admin/emoji", "shortcode", "root", "/admin?tab=emoji", "form:has(#shortcode) .button.main",
         _EMOJI.format(what="category"), "birds", {"shortcode": "duck_{mode}", "category": "birds", "emoji_file": PICTURE,
         "keywords": "quack"}),
    Deed("change an emoji", "/admin/emoji", "id", "root", "/admin?tab=emoji", "article:has-text('duck_{mode}') .button.main",
         _EMOJI.format(what="category"), "water birds", {"category": "water birds"}),
    Deed("delete an emoji", "/admin/emoji", "delete", "root", "/admin?tab=emoji", "article:has-text('duck_{mode}') [name=delete]",
         _EMOJI.format(what="COUNT(*)"), 0),
    Deed("delete somebody's upload", "/admin/uploads", "delete", "root", "/admin?tab=uploads", "[name=delete][value='{upload}']",
         "SELECT COUNT(*) FROM local_image WHERE alias = '{upload}'", 0, added=ASKED),
    Deed("send a test mail", "/admin/mail", "address", "root", "/admin?tab=mail", _SAVE, "mails: test_{mode}@mail.test", 1,
         {"address": "test_{mode}@mail.test"}),
    Deed("try a silent server again", "/admin/retry", "domain", "root", "/admin", "[value='mute-{mode}.example']",
         f"SELECT fail_count FROM delivery WHERE instance_id = {_MUTE}", 0,
         before=("INSERT INTO instance (domain, published) VALUES ('mute-{mode}.example', 1)",
                 f"INSERT INTO delivery VALUES ({_MUTE}, 0, NULL, 9, 1, NULL, 9000000000000000, false, 'It does not answer')")),
    Deed("make a backup", "/admin/backup", "now", "root", "/", "form[action='/admin/backup'] [name=now]", "backups: ", "{backups}",
         through=(".account a[href='/admin']",)),
)  # fmt: skip

DEEDS = PEOPLE + SITE
