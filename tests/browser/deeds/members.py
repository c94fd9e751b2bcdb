"""What everybody with an account does, and the way into one."""

import pyotp

from tests.browser.deeds.deed import Added, Deed
from tests.browser.deeds.scene import PASSWORD, PICTURE, Scene

IN_PLACE, ASKED, LOOKED, OPENED = Added.IN_PLACE, Added.ASKED, Added.LOOKED, Added.OPENED
NEW_PASSWORD = "another long password"


def _code(scene: Scene) -> str:
    """What an authenticator shows now."""
    return pyotp.TOTP(scene.secret).now()


def _exported(scene: Scene) -> bytes:
    """Somebody's file, as another Lemmy hands it out."""
    return b'{"display_name": "Brought along", "bio": "From elsewhere"}'


_NO_CODE_USED = "UPDATE local_user SET totp_2fa_last_step = 0 WHERE person_id = {pia}"

DOORS = (
    Deed(
        "join the site", "/signup", "username", "nobody", "/", "main .button.main",
        "SELECT COUNT(*) FROM person WHERE name = 'new_{mode}'", 1,
        {"username": "new_{mode}", "email": "new_{mode}@mail.test", "password": PASSWORD, "password_verify": PASSWORD},
        through=(".foot a[href='/signup']",),
    ),
    Deed(
        "leave through the door", "/logout", "csrf", "nobody", "/", "form[action='/logout'] button",
        "SELECT COUNT(*) FROM login_token JOIN local_user ON local_user.id = local_user_id JOIN person ON person.id = person_id "
        "WHERE name = 'new_{mode}'", 0,
    ),
    Deed(
        "come back in", "/login", "username_or_email", "nobody", "/", "main .button.main",
        "SELECT COUNT(*) FROM login_token JOIN local_user ON local_user.id = local_user_id JOIN person ON person.id = person_id "
        "WHERE name = 'new_{mode}'", 1,
        {"username_or_email": "new_{mode}", "password": PASSWORD}, through=(".enter a[href^='/login']",),
    ),
    Deed(
        "ask for a new password", "/login_reset", "email", "stranger", "/login", "main .button.main",
        "SELECT COUNT(*) FROM password_reset_request JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia}", 1,
        {"email": "pia_{mode}@mail.test"}, through=("main a[href='/login_reset']",),
    ),
    Deed(
        "set a new password", "/password_change/{token}", "password", "stranger", "/password_change/{reset}", "main .button.main",
        "SELECT COUNT(*) FROM password_reset_request JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia}", 0,
        {"password": NEW_PASSWORD, "password_verify": NEW_PASSWORD},
    ),
    Deed(
        "come in with the new password", "/login", "password", "pia", "/login", "main .button.main",
        "SELECT COUNT(*) FROM login_token JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia}", 1,
        {"username_or_email": "pia_{mode}", "password": NEW_PASSWORD},
    ),
    Deed(
        "confirm an address", "/verify_email/{token}", "csrf", "stranger", "/verify_email/{confirm}", "main .button.main",
        "SELECT email FROM local_user WHERE person_id = {eve}", "eve_{mode}@mail.test",
    ),
    Deed(
        "end the mails", "/unsubscribe/{token}", "csrf", "stranger", "/unsubscribe/{unsubscribe}", "main .button.main",
        "SELECT send_notifications_to_email FROM local_user WHERE person_id = {eve}", 0,
        before=("UPDATE local_user SET send_notifications_to_email = true WHERE person_id = {eve}",),
    ),
)  # fmt: skip

_VOTE = "SELECT score FROM post_vote WHERE post_id = {post} AND person_id = {ann}"
_COMMENT_VOTE = "SELECT score FROM comment_vote WHERE comment_id = {comment} AND person_id = {ann}"
_LONG_VOTE = "SELECT score FROM comment_vote WHERE comment_id = {first} AND person_id = {ann}"
_POST, _SAID = "/post/{post}", "/comment/{comment}"
_SAVED = "SELECT COUNT(*) FROM post_saved WHERE post_id = {post} AND person_id = {ann}"
_READ = "SELECT COUNT(*) FROM post_read WHERE post_id = {post} AND person_id = {ann} AND marked"
_HIDDEN = "SELECT COUNT(*) FROM post_hidden WHERE post_id = {post} AND person_id = {ann}"
_GONE = "SELECT deleted FROM post WHERE id = {mine}"
_TOOLS = "#c{comment} .tools "
_FOLLOWS = "SELECT COUNT(*) FROM community_follower WHERE community_id = {away_id} AND person_id = {ann}"
_BLOCKS = "SELECT COUNT(*) FROM community_block WHERE community_id = {away_id} AND person_id = {ann}"
_SHUNS = "SELECT COUNT(*) FROM person_block WHERE target_id = {eve} AND person_id = {ann}"

READING = (
    Deed("vote a post up", "/post/{post_id}", "score", "ann", _POST, ".whole .up", _VOTE, 1, added=IN_PLACE, keys="a"),
    Deed("take the vote back", "/post/{post_id}", "score", "ann", _POST, ".whole .up", _VOTE, None, added=IN_PLACE),
    Deed("vote a post down", "/post/{post_id}", "score", "ann", _POST, ".whole .dn", _VOTE, -1, added=IN_PLACE, keys="z"),
    Deed("turn the vote round", "/post/{post_id}", "score", "ann", _POST, ".whole .up", _VOTE, 1, added=IN_PLACE),
    Deed("save a post", "/post/{post_id}", "saved", "ann", _POST, ".whole [name=saved]", _SAVED, 1, added=IN_PLACE, keys="s"),
    Deed("let go of a saved post", "/post/{post_id}", "saved", "ann", _POST, ".whole [name=saved]", _SAVED, 0, added=IN_PLACE),
    Deed("mark a post as unread", "/post/{post_id}", "read", "ann", _POST, ".whole [name=read]", _READ, 0, added=IN_PLACE),
    Deed("hide a post", "/post/{post_id}", "hidden", "ann", _POST, ".whole [name=hidden]", _HIDDEN, 1, added=IN_PLACE),
    Deed("show a hidden post again", "/post/{post_id}", "hidden", "ann", _POST, ".whole [name=hidden]", _HIDDEN, 0, added=IN_PLACE),
    Deed(
        "vote in a list", "/post/{post_id}", "score", "ann", "/c/{home}?sort=New", "#p{mine} .dn",
        "SELECT score FROM post_vote WHERE post_id = {mine} AND person_id = {ann}", -1, added=IN_PLACE,
    ),
    Deed(
        "mark a list as read", "/", "read", "ann", "/c/{home}?sort=New", "[name=posts] + [name=read]",
        "SELECT COUNT(*) FROM post_read WHERE person_id = {ann} AND post_id = {doomed_post} AND marked", 1,
    ),
    Deed("vote a comment up", "/comment/{comment_id}", "score", "ann", _SAID, _TOOLS + ".up", _COMMENT_VOTE, 1, added=IN_PLACE,
        keys="j j a"),
    Deed("vote a comment down", "/comment/{comment_id}", "score", "ann", _SAID, _TOOLS + ".dn", _COMMENT_VOTE, -1, added=IN_PLACE),
    Deed("take that back", "/comment/{comment_id}", "score", "ann", _SAID, _TOOLS + ".dn", _COMMENT_VOTE, None, added=IN_PLACE),
    Deed(
        "save a comment", "/comment/{comment_id}", "saved", "ann", _SAID, _TOOLS + "[name=saved]",
        "SELECT COUNT(*) FROM comment_saved WHERE comment_id = {comment} AND person_id = {ann}", 1, added=IN_PLACE, keys="j j s",
    ),
    Deed(
        "let go of it", "/comment/{comment_id}", "saved", "ann", _SAID, _TOOLS + "[name=saved]",
        "SELECT COUNT(*) FROM comment_saved WHERE comment_id = {comment} AND person_id = {ann}", 0, added=IN_PLACE,
    ),
    Deed("vote in a long thread", "/post/{post_id}", "up", "ann", "/post/{long}", "#c{first} .up", _LONG_VOTE, 1, added=IN_PLACE),
    Deed("vote it down", "/post/{post_id}", "down", "ann", "/post/{long}", "#c{first} .dn", _LONG_VOTE, -1, added=IN_PLACE),
    Deed("take it back there", "/post/{post_id}", "unvote", "ann", "/post/{long}", "#c{first} .dn", _LONG_VOTE, None, added=IN_PLACE),
    Deed("subscribe", "/c/{name}", "followed", "ann", "/c/{away}", ".hero [name=followed]", _FOLLOWS, 1),
    Deed("leave a community", "/c/{name}", "followed", "ann", "/c/{away}", ".hero [name=followed]", _FOLLOWS, 0),
    Deed("subscribe in the directory", "/c/{name}", "followed", "ann", "/communities?listingType=All&sort=New",
         "form[action='/c/{away}'] [name=followed]", _FOLLOWS, 1),
    Deed("block a community", "/c/{name}", "blocked", "ann", "/c/{away}", ".side [name=blocked]", _BLOCKS, 1),
    Deed("unblock a community", "/c/{name}", "blocked", "ann", "/c/{away}", ".side [name=blocked]", _BLOCKS, 0),
    Deed("block somebody", "/u/{name}", "blocked", "ann", "/u/eve_{mode}", "main [name=blocked]", _SHUNS, 1),
    Deed("unblock somebody", "/u/{name}", "blocked", "ann", "/u/eve_{mode}", "main [name=blocked]", _SHUNS, 0),
)  # fmt: skip

_LAST = "SELECT {what} FROM post WHERE creator_id = {{ann}} ORDER BY id DESC LIMIT 1"
_LAST_SAID = "SELECT content FROM comment WHERE creator_id = {ann} ORDER BY id DESC LIMIT 1"
_SEND = ".sheet .button.main"
_DRAFT = "SELECT COUNT(*) FROM post WHERE creator_id = {ann} AND name = 'Only a draft'"

WRITING = (
    Deed(
        "write a text", "/create_post", "body", "ann", "/c/{home}", _SEND, _LAST.format(what="body"), "Some *words*.",
        {"name": "A text", "body": "Some *words*."}, through=(".side a[href^='/create_post']",),
    ),
    Deed(
        "look at a post before it is sent", "/create_post", "deed", "ann", "/create_post?community={home}", "[value=preview]", _DRAFT, 0,
        {"name": "Only a draft", "body": "Not **yet**"}, added=LOOKED,
    ),
    Deed(
        "take the title from a link", "/create_post", "deed", "ann", "/create_post?community={home}", "[value=fetch]", _DRAFT, 0,
        {"url": "{site}/legal"}, added=LOOKED,
    ),
    Deed(
        "post a link", "/create_post", "url", "ann", "/create_post?community={home}", _SEND, _LAST.format(what="url"),
        "https://link.example/{mode}", {"name": "A link", "url": "https://link.example/{mode}"},
    ),
    Deed(
        "post it a second time all the same", "/create_post", "sure", "ann",
        "/create_post?communityId={home_id}&title=Again&url=https://link.example/{mode}", _SEND,
        "SELECT COUNT(*) FROM post WHERE url = 'https://link.example/{mode}'", 2, through=("ask: " + _SEND,),
    ),
    Deed(
        "post a picture", "/create_post", "picture", "ann", "/create_post?community={home}", _SEND,
        "SELECT alt_text FROM post WHERE creator_id = {ann} AND url LIKE '%/pictrs/image/%' ORDER BY id DESC LIMIT 1", "Teal all over",
        {"name": "A picture", "picture": PICTURE, "alt_text": "Teal all over", "nsfw": True},
    ),
    Deed(
        "cross-post", "/create_post", "community", "ann", "/post/{linked}", _SEND, _LAST.format(what="community_id"), "{home_id}",
        {"community": "{home}"}, through=(".whole a[href*='crossPost']",),
    ),
    Deed(
        "change a post", "/post/{post_id}/edit", "name", "ann", "/post/{mine}", _SEND, "SELECT name FROM post WHERE id = {mine}",
        "Mine, changed", {"name": "Mine, changed"}, keys="e", through=(".whole a[href$='/edit']",),
    ),
    Deed("look at the change first", "/post/{post_id}/edit", "deed", "ann", "/post/{mine}/edit", "[value=preview]",
         "SELECT body FROM post WHERE id = {mine}", "My own words", {"body": "Not *yet*"}, added=LOOKED),
    Deed("delete a post", "/post/{post_id}", "deleted", "ann", "/post/{mine}", ".whole [name=deleted]", _GONE, 1, added=ASKED),
    Deed("restore a post", "/post/{post_id}", "deleted", "ann", "/post/{mine}", ".whole [name=deleted]", _GONE, 0),
    Deed(
        "comment", "/post/{post_id}/reply", "content", "ann", _POST, ".write .button.main", _LAST_SAID, "A first thought",
        {"content": "A first thought"},
    ),
    Deed(
        "look at a comment before it is sent", "/post/{post_id}/reply", "deed", "ann", _POST, ".write [value=preview]", _LAST_SAID,
        "A first thought", {"content": "Not **yet**"}, added=LOOKED,
    ),
    Deed(
        "answer", "/comment/{comment_id}/reply", "content", "ann", _SAID, ".button.main", _LAST_SAID, "Well said",
        {"content": "Well said"}, added=OPENED, through=(_TOOLS + "a[href$='/reply']",),
    ),
    Deed(
        "look at an answer first", "/comment/{comment_id}/reply", "deed", "ann", "/comment/{comment}/reply", "[value=preview]", _LAST_SAID,
        "Well said", {"content": "Or *badly*"}, added=LOOKED,
    ),
    Deed(
        "change a comment", "/comment/{comment_id}/edit", "content", "ann", "/comment/{my_comment}", ".button.main",
        "SELECT content FROM comment WHERE id = {my_comment}", "Better said", {"content": "Better said"}, added=OPENED,
        through=("#c{my_comment} .tools a[href$='/edit']",),
    ),
    Deed("look at that change first", "/comment/{comment_id}/edit", "deed", "ann", "/comment/{my_comment}/edit", "[value=preview]",
         "SELECT content FROM comment WHERE id = {my_comment}", "Better said", {"content": "Or not"}, added=LOOKED),
    Deed(
        "delete a comment", "/comment/{comment_id}", "deleted", "ann", "/comment/{my_comment}", "#c{my_comment} [name=deleted]",
        "SELECT deleted FROM comment WHERE id = {my_comment}", 1, added=ASKED,
    ),
    Deed(
        "restore a comment", "/comment/{comment_id}", "deleted", "ann", "/comment/{my_comment}", "#c{my_comment} [name=deleted]",
        "SELECT deleted FROM comment WHERE id = {my_comment}", 0,
    ),
    Deed(
        "found a community", "/create_community", "name", "ann", "/communities", _SEND,
        "SELECT title FROM community WHERE name = 'own_{mode}'", "My own", {"name": "own_{mode}", "title": "My own"},
        through=(".head a[href='/create_community']",),
    ),
    Deed(
        "report a post", "/post/{post_id}/report", "reason", "ann", _POST, ".sheet form .button.main",
        "SELECT reason FROM post_report WHERE post_id = {post} AND creator_id = {ann}", "Spam", {"reason": "Spam"},
        through=(".whole a[href$='/report']",),
    ),
    Deed("block the author of a post", "/post/{post_id}/report", "blocked", "ann", "/post/{post}/report", "[name=blocked]", _SHUNS, 1),
    Deed("and unblock them", "/post/{post_id}/report", "blocked", "ann", "/post/{post}/report", "[name=blocked]", _SHUNS, 0),
    Deed(
        "report a comment", "/comment/{comment_id}/report", "reason", "ann", _SAID, ".sheet form .button.main",
        "SELECT reason FROM comment_report WHERE comment_id = {comment} AND creator_id = {ann}", "Rude", {"reason": "Rude"},
        through=(_TOOLS + "a[href$='/report']",),
    ),
)  # fmt: skip

_MESSAGE = "#m{message} "
_SENT = "SELECT content FROM private_message WHERE creator_id = {ann} ORDER BY id DESC LIMIT 1"

TALKING = (
    Deed("mark an answer as read", "/inbox/reply/{number}", "read", "ann", "/inbox", "#r{reply} .mark [name=read]",
         "SELECT read FROM comment_reply WHERE id = {reply}", 1, added=IN_PLACE),
    Deed("mark it as unread", "/inbox/reply/{number}", "read", "ann", "/inbox?view=All", "#r{reply} .mark [name=read]",
         "SELECT read FROM comment_reply WHERE id = {reply}", 0, added=IN_PLACE),
    Deed("mark a mention as read", "/inbox/mention/{number}", "read", "ann", "/inbox", "#n{mention} .mark [name=read]",
         "SELECT read FROM person_mention WHERE id = {mention}", 1, added=IN_PLACE),
    Deed("mark a message as read", "/inbox/message/{number}", "read", "ann", "/inbox", _MESSAGE + "[name=read]",
         "SELECT read FROM private_message WHERE id = {message}", 1, added=IN_PLACE),
    Deed("mark everything as read", "/inbox/all", "read", "ann", "/inbox", "form[action='/inbox/all'] [name=read]",
         "SELECT COUNT(*) FROM comment_reply WHERE recipient_id = {ann} AND NOT read", 0),
    Deed(
        "report a message", "/private_message/{message_id}/report", "reason", "ann", "/inbox?view=All", ".sheet form .button.main",
        "SELECT reason FROM private_message_report WHERE private_message_id = {message} AND creator_id = {ann}", "Asks for my password",
        {"reason": "Asks for my password"}, through=(_MESSAGE + "a[href$='/report']",),
    ),
    Deed(
        "write a message", "/create_private_message/{recipient_id}", "content", "ann", "/u/eve_{mode}", _SEND, _SENT, "Hello *there*",
        {"content": "Hello *there*"}, through=("main a[href^='/create_private_message/']",),
    ),
    Deed(
        "look at a message before it is sent", "/create_private_message/{recipient_id}", "deed", "ann", "/create_private_message/{eve}",
        "[value=preview]", _SENT, "Hello *there*", {"content": "Not **yet**"}, added=LOOKED,
    ),
    Deed(
        "change a message", "/private_message/{message_id}/edit", "content", "ann", "/create_private_message/{eve}", _SEND, _SENT,
        "Goodbye",
        {"content": "Goodbye"}, through=(".talk-list a[href$='/edit']",),
    ),
    Deed(
        "delete a message", "/private_message/{message_id}", "deleted", "ann", "/create_private_message/{eve}",
        ".talk-list [name=deleted]",
        "SELECT deleted FROM private_message WHERE creator_id = {ann} ORDER BY id DESC LIMIT 1", 1, added=ASKED,
    ),
    Deed(
        "restore a message", "/private_message/{message_id}", "deleted", "ann", "/create_private_message/{eve}?deleted={last_message}",
        ".undo [name=deleted]",
        "SELECT deleted FROM private_message WHERE creator_id = {ann} ORDER BY id DESC LIMIT 1", 0,
    ),
)  # fmt: skip

_BLOCKING = "section:has([id={}]) .add .button"
_TURNED = "SELECT totp_2fa_enabled FROM local_user WHERE person_id = {pia}"
_OPEN = "SELECT COUNT(*) FROM login_token JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia}"
_UPLOADS = "SELECT COUNT(*) FROM local_image JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia}"

SETTLING = (
    Deed(
        "change the profile", "/settings", "display_name", "pia", "/", _SEND, "SELECT display_name FROM person WHERE id = {pia}",
        "Pia of {mode}",
        {"display_name": "Pia of {mode}", "bio": "I like *tea*."}, through=(".account a[href='/settings']",),
    ),
    Deed(
        "show a face", "/settings", "avatar_file", "pia", "/settings", _SEND,
        "SELECT COUNT(*) FROM person WHERE id = {pia} AND avatar LIKE '%/pictrs/image/%'", 1, {"avatar_file": PICTURE},
    ),
    Deed("take the face away", "/settings", "no_avatar", "pia", "/settings", _SEND, "SELECT avatar FROM person WHERE id = {pia}", None,
         {"no_avatar": True}),
    Deed("choose the colours", "/settings", "theme", "pia", "/settings", _SEND, "SELECT theme FROM local_user WHERE person_id = {pia}",
        "paper",
         {"theme": "paper"}),
    Deed(
        "choose what the front page shows", "/settings", "default_sort_type", "pia", "/settings", _SEND,
        "SELECT default_sort_type FROM local_user WHERE person_id = {pia}", "Hot", {"default_sort_type": "Hot"},
    ),
    Deed("choose languages", "/settings", "languages", "pia", "/settings", _SEND,
         "SELECT COUNT(*) FROM local_user_language JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia} "
         "AND language_id = 37",
         1, {"languages=37": True, "languages=0": True}),
    Deed(
        "change the password", "/settings/password", "old_password", "pia", "/settings/security",
        "section:has(#old_password) .button.main",
        _OPEN, 1, {"old_password": NEW_PASSWORD, "new_password": PASSWORD, "new_password_verify": PASSWORD},
    ),
    Deed(
        "prepare a second factor", "/settings/second_factor", "prepare", "pia", "/settings/security", "[name=prepare]",
        "SELECT COUNT(*) FROM local_user WHERE person_id = {pia} AND totp_2fa_secret IS NOT NULL", 1,
    ),
    Deed("turn it on", "/settings/second_factor", "enabled", "pia", "/settings/security", "[name=enabled]", _TURNED, 1,
         {"totp_2fa_token": _code}, before=(_NO_CODE_USED,)),
    Deed("make new recovery codes", "/settings/second_factor", "renew", "pia", "/settings/security", "[name=renew]",
         "SELECT COUNT(*) FROM recovery_code", 10, {"totp_2fa_token": _code}, before=("DELETE FROM recovery_code", _NO_CODE_USED)),
    Deed("turn it off", "/settings/second_factor", "enabled", "pia", "/settings/security", "[name=enabled]", _TURNED, 0,
         {"totp_2fa_token": _code}, before=(_NO_CODE_USED,)),
    Deed("end another session", "/settings/sessions", "session", "pia", "/settings/security?{another_session}", "[name=session]", _OPEN,
        1),
    Deed("end all other sessions", "/settings/sessions", "others", "pia", "/settings/security?{more_sessions}", "[name=others]", _OPEN, 1,
         added=ASKED),
    Deed(
        "block a person by name", "/settings/blocks", "person", "pia", "/settings/blocks", _BLOCKING.format("person"),
        "SELECT COUNT(*) FROM person_block WHERE person_id = {pia} AND target_id = {eve}", 1, {"person": "eve_{mode}"},
    ),
    Deed(
        "unblock a person", "/settings/blocks", "blocked", "pia", "/settings/blocks", "[name=person] + [name=blocked]",
        "SELECT COUNT(*) FROM person_block WHERE person_id = {pia}", 0,
    ),
    Deed(
        "block a community by name", "/settings/blocks", "community", "pia", "/settings/blocks", _BLOCKING.format("community"),
        "SELECT COUNT(*) FROM community_block WHERE person_id = {pia} AND community_id = {away_id}", 1, {"community": "{away}"},
    ),
    Deed(
        "block a server", "/settings/blocks", "instance", "pia", "/settings/blocks", _BLOCKING.format("instance"),
        "SELECT COUNT(*) FROM instance_block WHERE person_id = {pia}", 1, {"instance": "loud.example"},
    ),
    Deed(
        "unblock a server", "/settings/blocks", "blocked", "pia", "/settings/blocks", "[name=instance] + [name=blocked]",
        "SELECT COUNT(*) FROM instance_block WHERE person_id = {pia}", 0,
    ),
    Deed("upload a picture", "/settings/uploads", "picture", "pia", "/settings/uploads", ".add .button", _UPLOADS, 1,
        {"picture": PICTURE}),
    Deed("delete a picture", "/settings/uploads", "deleted", "pia", "/settings/uploads", "[name=deleted]", _UPLOADS, 0, added=ASKED),
    Deed(
        "make private feeds", "/settings/feeds", "renew", "pia", "/settings/data", "[name=renew]",
        "SELECT COUNT(*) FROM feed_key JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia}", 1,
    ),
    Deed(
        "close private feeds", "/settings/feeds", "revoke", "pia", "/settings/data", "[name=revoke]",
        "SELECT COUNT(*) FROM feed_key JOIN local_user ON local_user.id = local_user_id WHERE person_id = {pia}", 0, added=ASKED,
    ),
    Deed(
        "bring settings along", "/settings/import", "settings_file", "pia", "/settings/data", "section:has(#settings_file) .button",
        "SELECT display_name FROM person WHERE id = {pia}", "Brought along", {"settings_file": _exported},
    ),
    Deed(
        "delete the account", "/settings/delete_account", "sure", "pia", "/settings/data", "section:has(#sure) .button.bad",
        "SELECT deleted FROM person WHERE id = {pia}", 1, {"sure": True, "delete_content": True, "password": PASSWORD},
    ),
)  # fmt: skip

DEEDS = DOORS + READING + WRITING + TALKING + SETTLING
