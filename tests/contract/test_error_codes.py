"""Every error code that Lemmy raises outside of federation is provoked once, or it is said why it cannot be.

The scene is that of the matrix of permissions: people of every standing, and SQL that makes the site another one for a single question.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lemmy_lite
from tests.contract.conftest import Checker
from tests.contract.scene import NOBODY
from tests.http.api_v3 import permission_scene
from tests.http.api_v3.permission_scene import PASSWORD, Role, Scene


class Deed(NamedTuple):
    """What provokes a code: who asks which operation for what, on a site that `given` statements have changed."""

    operation: str
    role: Role
    fields: Callable[[Scene], dict[str, Any]]
    given: str = ""


def _site(setting: str) -> str:
    return f"UPDATE local_site SET {setting}"


def _register(**fields: Any) -> Callable[[Scene], dict[str, Any]]:
    whole = {"username": "newcomer", "password": PASSWORD, "password_verify": PASSWORD, "answer": "Birds", **fields}
    return lambda _: whole


def _post(**fields: Any) -> Callable[[Scene], dict[str, Any]]:
    return lambda s: {"community_id": s.homes["home"], "name": "New post", **fields}


def _password(new: str, repeated: str) -> Callable[[Scene], dict[str, Any]]:
    return lambda _: {"old_password": PASSWORD, "new_password": new, "new_password_verify": repeated}


def _fields(**fields: Any) -> Callable[[Scene], dict[str, Any]]:
    return lambda _: fields


def _file_with_a_long_theme(scene: Scene) -> dict[str, Any]:
    file: dict[str, Any] = scene.ask("exportSettings", Role.USER, {}).json()
    return file | {"settings": file["settings"] | {"theme": "x" * 101}}


USER, ADMIN, ANYBODY, BYSTANDER = Role.USER, Role.ADMIN, Role.ANONYMOUS, Role.BYSTANDER
TOP, MODERATOR = Role.TOP_MODERATOR, Role.MODERATOR

NOW = "CAST(strftime('%s', 'now') AS INTEGER) * 1000000"
A_BLOCK = (
    "INSERT INTO person_block SELECT blocker.id, blocked.id, 0 FROM person blocker, person blocked "
    f"WHERE blocker.name = '{BYSTANDER}' AND blocked.name = '{USER}'"
)
A_COMMUNITY_BLOCK = (
    "INSERT INTO community_block SELECT person.id, community.id, 0 FROM person, community "
    f"WHERE person.name = '{USER}' AND community.name = 'home'"
)
REFUSED = f"UPDATE registration_application SET admin_id = (SELECT id FROM person WHERE name = '{Role.LOWER_ADMIN}'), deny_reason = 'No'"
DEEP = "UPDATE comment SET path = '0" + ".1" * 51 + "'"

PROVOKED: Mapping[str, Deed] = {
    "report_reason_required": Deed("createPostReport", USER, lambda s: {"post_id": s.posts[BYSTANDER], "reason": "  "}),
    "report_too_long": Deed("createPostReport", USER, lambda s: {"post_id": s.posts[BYSTANDER], "reason": "x" * 1001}),
    "not_a_moderator": Deed("transferCommunity", TOP, lambda s: {"community_id": s.homes["home"], "person_id": s.id(USER)}),
    "not_an_admin": Deed("hideCommunity", USER, lambda s: {"community_id": s.homes["home"], "hidden": True}),
    "cant_block_yourself": Deed("blockPerson", USER, lambda s: {"person_id": s.id(USER), "block": True}),
    "cant_block_admin": Deed("blockPerson", USER, lambda s: {"person_id": s.id(ADMIN), "block": True}),
    "couldnt_update_user": Deed("importSettings", USER, _file_with_a_long_theme),
    "passwords_do_not_match": Deed("changePassword", USER, _password(PASSWORD, PASSWORD + "!")),
    "email_not_verified": Deed(
        "login",
        ANYBODY,
        _fields(username_or_email=USER, password=PASSWORD),
        f"{_site('require_email_verification = true')};UPDATE local_user SET email_verified = false",
    ),
    "email_required": Deed("register", ANYBODY, _register(), _site("require_email_verification = true")),
    "couldnt_update_comment": Deed("deleteComment", USER, lambda s: {"comment_id": s.comments[USER], "deleted": False}),
    "couldnt_update_private_message": Deed("markPrivateMessageAsRead", USER, lambda s: {"private_message_id": s.sent[USER], "read": True}),
    "cannot_leave_admin": Deed(
        "leaveAdmin",
        ADMIN,
        _fields(),
        f"UPDATE local_user SET admin = false WHERE person_id = (SELECT id FROM person WHERE name = '{Role.LOWER_ADMIN}')",
    ),
    "not_a_mod_or_admin": Deed("lockPost", USER, lambda s: {"post_id": s.posts[USER], "locked": True}),
    "not_top_mod": Deed("deleteCommunity", MODERATOR, lambda s: {"community_id": s.homes["home"], "deleted": True}),
    "not_logged_in": Deed("validateAuth", ANYBODY, _fields()),
    "not_higher_mod": Deed("banFromCommunity", MODERATOR, lambda s: {"community_id": s.homes["home"], "person_id": s.id(TOP), "ban": True}),
    "not_higher_admin": Deed("banPerson", Role.LOWER_ADMIN, lambda s: {"person_id": s.id(ADMIN), "ban": True}),
    "site_ban": Deed("login", ANYBODY, _fields(username_or_email=Role.BANNED, password=PASSWORD)),
    "deleted": Deed("createPost", USER, _post(), "UPDATE community SET removed = true"),
    "banned_from_community": Deed("createPost", Role.BANNED_HERE, _post()),
    "couldnt_find_community": Deed("getCommunity", ANYBODY, _fields(id=NOBODY)),
    "couldnt_find_person": Deed("getPersonDetails", ANYBODY, _fields(username="nobody")),
    "couldnt_find_comment": Deed("getComment", ANYBODY, _fields(id=NOBODY)),
    "couldnt_find_comment_report": Deed("resolveCommentReport", ADMIN, _fields(report_id=NOBODY, resolved=True)),
    "couldnt_find_post_report": Deed("resolvePostReport", ADMIN, _fields(report_id=NOBODY, resolved=True)),
    "couldnt_find_private_message_report": Deed("resolvePrivateMessageReport", ADMIN, _fields(report_id=NOBODY, resolved=True)),
    "couldnt_find_person_mention": Deed("markPersonMentionAsRead", USER, _fields(person_mention_id=NOBODY, read=True)),
    "couldnt_find_registration_application": Deed("approveRegistrationApplication", ADMIN, _fields(id=NOBODY, approve=True)),
    "couldnt_find_comment_reply": Deed("markCommentReplyAsRead", USER, _fields(comment_reply_id=NOBODY, read=True)),
    "couldnt_find_private_message": Deed("editPrivateMessage", USER, _fields(private_message_id=NOBODY, content="Lost")),
    "person_is_blocked": Deed("createPrivateMessage", USER, lambda s: {"recipient_id": s.id(BYSTANDER), "content": "Hello"}, A_BLOCK),
    "community_is_blocked": Deed("followCommunity", USER, lambda s: {"community_id": s.homes["home"], "follow": True}, A_COMMUNITY_BLOCK),
    "downvotes_are_disabled": Deed(
        "likePost", USER, lambda s: {"post_id": s.posts[BYSTANDER], "score": -1}, _site("enable_downvotes = false")
    ),
    "instance_is_private": Deed("getPosts", ANYBODY, _fields(), _site("private_instance = true")),
    "invalid_password": Deed("changePassword", USER, _password("short", "short")),
    "site_description_length_overflow": Deed("editSite", ADMIN, _fields(description="x" * 151)),
    "honeypot_failed": Deed("createPost", USER, _post(honeypot="honey")),
    "registration_application_is_pending": Deed("login", ANYBODY, _fields(username_or_email=Role.APPLICANT, password=PASSWORD)),
    "registration_denied": Deed("login", ANYBODY, _fields(username_or_email=Role.APPLICANT, password=PASSWORD), REFUSED),
    "locked": Deed("createComment", USER, lambda s: {"post_id": s.one["locked_post"], "content": "Late"}),
    "couldnt_create_comment": Deed(
        "createComment", USER, lambda s: {"post_id": s.posts[USER], "parent_id": s.comments[BYSTANDER], "content": "Lost"}
    ),
    "max_comment_depth_reached": Deed(
        "createComment", USER, lambda s: {"post_id": s.posts[USER], "parent_id": s.comments[USER], "content": "Deep"}, DEEP
    ),
    "no_comment_edit_allowed": Deed("editComment", USER, lambda s: {"comment_id": s.comments[BYSTANDER], "content": "Mine"}),
    "only_admins_can_create_communities": Deed(
        "createCommunity", USER, _fields(name="founded", title="Founded"), _site("community_creation_admin_only = true")
    ),
    "community_already_exists": Deed("createCommunity", USER, _fields(name="home", title="Founded")),
    "language_not_allowed": Deed("editSite", ADMIN, _fields(discussion_languages=[9999])),
    "only_mods_can_post_in_community": Deed("createPost", USER, lambda s: {"community_id": s.homes["strict"], "name": "New post"}),
    "couldnt_update_post": Deed("deletePost", USER, lambda s: {"post_id": s.posts[USER], "deleted": False}),
    "no_post_edit_allowed": Deed("editPost", USER, lambda s: {"post_id": s.posts[BYSTANDER], "name": "Mine"}),
    "couldnt_find_post": Deed("getPost", ANYBODY, _fields(id=NOBODY)),
    "edit_private_message_not_allowed": Deed(
        "editPrivateMessage", USER, lambda s: {"private_message_id": s.received[USER], "content": "Mine"}
    ),
    "site_already_exists": Deed("createSite", ADMIN, _fields(name="New")),
    "application_question_required": Deed("editSite", ADMIN, _fields(application_question="")),
    "invalid_default_post_listing_type": Deed("editSite", ADMIN, _fields(default_post_listing_type="Subscribed")),
    "registration_closed": Deed("register", ANYBODY, _register(), _site("registration_mode = 'Closed'")),
    "registration_application_answer_required": Deed("register", ANYBODY, _register(answer="")),
    "email_already_exists": Deed("saveUserSettings", USER, _fields(email=f"{BYSTANDER}@MAIL.test")),
    "no_id_given": Deed("getCommunity", ANYBODY, _fields()),
    "incorrect_login": Deed("login", ANYBODY, _fields(username_or_email=USER, password="not this one")),
    "object_not_local": Deed("addAdmin", ADMIN, _fields(person_id=NOBODY, added=True)),
    "local_site_not_setup": Deed("getSite", ANYBODY, _fields(), "DELETE FROM local_site"),
    "rate_limit_error": Deed(
        "updateTotp",
        USER,
        _fields(totp_token="000000", enabled=True),
        f"UPDATE local_user SET totp_2fa_failures = 10, totp_2fa_failing_since = {NOW}",
    ),
    "invalid_name": Deed("createCommunity", USER, _fields(name="ab", title="Short")),
    "invalid_display_name": Deed("saveUserSettings", USER, _fields(display_name="@user")),
    "invalid_matrix_id": Deed("saveUserSettings", USER, _fields(matrix_user_id="user")),
    "invalid_post_title": Deed("createPost", USER, _post(name="ab")),
    "invalid_body_field": Deed("createPost", USER, _post(body="x" * 50_001)),
    "bio_length_overflow": Deed("saveUserSettings", USER, _fields(bio="x" * 1001)),
    "alt_text_length_overflow": Deed("createPost", USER, _post(alt_text="x" * 1501)),
    "missing_totp_token": Deed("updateTotp", USER, _fields(totp_token="", enabled=True)),
    "missing_totp_secret": Deed(
        "updateTotp", USER, _fields(totp_token="000000", enabled=True), "UPDATE local_user SET totp_2fa_secret = NULL"
    ),
    "incorrect_totp_token": Deed("updateTotp", USER, _fields(totp_token="no code", enabled=True)),
    "totp_already_enabled": Deed("generateTotpSecret", USER, _fields(), "UPDATE local_user SET totp_2fa_enabled = true"),
    "couldnt_save_comment": Deed("saveComment", USER, _fields(comment_id=NOBODY, save=True)),
    "couldnt_create_report": Deed("createPostReport", BYSTANDER, lambda s: {"post_id": s.posts[BYSTANDER], "reason": "Again"}),
    "community_moderator_already_exists": Deed(
        "addModToCommunity", TOP, lambda s: {"community_id": s.homes["home"], "person_id": s.id(MODERATOR), "added": True}
    ),
    "community_user_already_banned": Deed(
        "banFromCommunity", TOP, lambda s: {"community_id": s.homes["home"], "person_id": s.id(USER), "ban": False}
    ),
    "couldnt_update_community_hidden_status": Deed("hideCommunity", ADMIN, _fields(community_id=NOBODY, hidden=True)),
    "person_block_already_exists": Deed("blockPerson", USER, _fields(person_id=NOBODY, block=True)),
    "user_already_exists": Deed("register", ANYBODY, _register(username=USER)),
    "token_not_found": Deed("verifyEmail", ANYBODY, _fields(token="x")),
    "couldnt_save_post": Deed("savePost", USER, _fields(post_id=NOBODY, save=True)),
    "couldnt_mark_post_as_read": Deed("markPostAsRead", USER, _fields(post_ids=[NOBODY], read=True)),
    "couldnt_hide_post": Deed("hidePost", USER, _fields(post_ids=[NOBODY], hide=True)),
    "couldnt_update_community": Deed("editCommunity", TOP, lambda s: {"community_id": s.homes["home"], "title": "x" * 256}),
    "couldnt_create_private_message": Deed("createPrivateMessage", USER, _fields(recipient_id=NOBODY, content="Hello?")),
    "blocked_url": Deed(
        "createPost",
        USER,
        _post(url="https://blocked.example/a"),
        "INSERT INTO local_site_url_blocklist (url, published) VALUES ('blocked.example', 0)",
    ),
    "couldnt_get_comments": Deed("getComments", ANYBODY, _fields(page=0)),
    "couldnt_get_posts": Deed("getPosts", ANYBODY, _fields(limit=51)),
    "invalid_url": Deed("createPost", USER, _post(url="no address")),
    "slurs": Deed("createPost", USER, _post(name="A sheep post"), _site("slur_filter_regex = 'sheep'")),
    "couldnt_find_object": Deed("resolveObject", ANYBODY, _fields(q="https://site.test/post/999999")),
    "site_name_required": Deed("editSite", ADMIN, _fields(name="")),
    "site_name_length_overflow": Deed("editSite", ADMIN, _fields(name="x" * 21)),
    "permissive_regex": Deed("editSite", ADMIN, _fields(slur_filter_regex=".*")),
    "invalid_regex": Deed("editSite", ADMIN, _fields(slur_filter_regex="(")),
    "captcha_incorrect": Deed("register", ANYBODY, _register(captcha_uuid="x", captcha_answer="y"), _site("captcha_enabled = true")),
    "invalid_url_scheme": Deed("createPost", USER, _post(url="ftp://link.example/")),
    "contradicting_filters": Deed("getPosts", USER, _fields(liked_only=True, disliked_only=True)),
    "instance_block_already_exists": Deed("blockInstance", USER, _fields(instance_id=NOBODY, block=True)),
    "too_many_items": Deed("markPostAsRead", USER, _fields(post_ids=[1] * 10_001, read=True)),
    "ban_expiration_in_past": Deed("banPerson", ADMIN, lambda s: {"person_id": s.id(USER), "ban": True, "expires": 1}),
    "invalid_unix_time": Deed("banPerson", ADMIN, lambda s: {"person_id": s.id(USER), "ban": True, "expires": 2**62}),
    "invalid_bot_action": Deed(
        "likePost", USER, lambda s: {"post_id": s.posts[BYSTANDER], "score": 1}, "UPDATE person SET bot_account = true"
    ),
    "cant_block_local_instance": Deed("blockInstance", USER, lambda s: {"instance_id": s.people[USER].instance_id, "block": True}),
    "url_without_domain": Deed("editSite", ADMIN, _fields(blocked_instances=["/"])),
    "unknown": Deed("getPosts", ANYBODY, _fields(sort="Best")),
    "url_length_overflow": Deed("createPost", USER, _post(url="https://link.example/" + "x" * 2000)),
    "pictrs_response_error": Deed("uploadImage", USER, _fields()),
}

WITHOUT_MAIL: Mapping[str, Deed] = {
    "no_email_setup": Deed("passwordReset", ANYBODY, _fields(email=f"{USER}@mail.test")),
}
"""What only happens where no mail server is configured."""

FEDERATION = {
    "couldnt_find_activity",
    "object_is_not_public",
    "person_is_banned_from_community",
    "person_is_banned_from_site",
    "invalid_community",
    "cannot_create_post_or_comment_in_deleted_or_removed_community",
    "cannot_receive_page",
    "only_local_admin_can_remove_community",
    "only_local_admin_can_restore_community",
    "post_is_locked",
    "invalid_vote_value",
    "page_does_not_specify_creator",
    "federation_disabled",
    "domain_blocked",
    "domain_not_in_allow_list",
    "federation_disabled_by_strict_allow_list",
    "couldnt_send_webmention",
    "community_has_no_followers",
    "inbox_timeout",
    "cant_delete_site",
}
"""Raised where servers speak to each other (Lemmy's crates/apub, and webmentions)."""

_PICTRS = "Lemmy speaks here to pict-rs, a server of its own for pictures; ours are in this process"
_HARMLESS = "a repeat is harmless here: the wished state is there, so it is answered as done"
_BROKEN = "Lemmy's word for a write that its database refused; ours fails as a whole, with 5xx, and keeps nothing"
_MAIL = "mail leaves in the background here, after the answer; the configuration is read, and refused, at the start"

NEVER: Mapping[str, str] = {
    "pictrs_purge_response_error": _PICTRS,
    "pictrs_api_key_not_provided": _PICTRS,
    "image_url_missing_path_segments": _PICTRS,
    "image_url_missing_last_path_segment": _PICTRS,
    "no_content_type_header": "a linked picture is known by its bytes here, whatever its server says of it",
    "not_an_image_type": "a picture that is asked for in an unknown format is served as it is stored",
    "couldnt_find_local_user": "session and account are read in one statement: one is not there without the other",
    "instance_is_blocked": "Lemmy asks this only whether to notify somebody, and swallows the answer",
    "couldnt_like_comment": _BROKEN,
    "couldnt_like_post": _BROKEN,
    "couldnt_create_post": _BROKEN,
    "couldnt_resolve_report": _BROKEN,
    "couldnt_update_replies": _BROKEN,
    "couldnt_update_person_mentions": _BROKEN,
    "couldnt_set_all_registrations_accepted": _BROKEN,
    "couldnt_set_all_email_verified": _BROKEN,
    "system_err_login": _BROKEN,
    "community_block_already_exists": _HARMLESS,
    "community_follower_already_exists": _HARMLESS,
    "email_send_failed": _MAIL,
    "email_smtp_server_needs_a_port": _MAIL,
    "missing_an_email": _MAIL,
    "couldnt_parse_totp_secret": "every text is a secret here, so none is unreadable",
    "couldnt_generate_totp": "the clock before 1970 is all that could raise it",
    "banned": "Lemmy asks it of an admin after refusing everybody who is banned, so nobody meets it",
    "couldnt_create_audio_captcha": "the sounds are part of the program",
}
"""Codes that cannot occur here, and why."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A site with people of every standing."""
    with permission_scene.opened(tmp_path_factory.mktemp("codes")) as opened:
        yield opened


def test_every_code_that_is_raised_is_provoked_or_excused(contract: dict[str, Any]) -> None:
    raised = {entry["error"] for entry in contract["error_codes"] if entry["raised"]}
    tables = (set(PROVOKED), set(WITHOUT_MAIL), FEDERATION, set(NEVER))
    assert set().union(*tables) == raised
    assert sum(map(len, tables)) == len(raised), "a code stands in two tables"


@pytest.mark.parametrize("code", PROVOKED)
def test_a_code_is_answered_with_the_status_and_message_of_the_contract(
    code: str, scene: Scene, contract: dict[str, Any], checker: Checker
) -> None:
    _provoke(code, PROVOKED[code], scene, contract, checker)


@pytest.mark.parametrize("code", WITHOUT_MAIL)
def test_a_code_of_a_site_without_mail_is_answered_so_too(code: str, tmp_path: Path, contract: dict[str, Any], checker: Checker) -> None:
    with permission_scene.opened(tmp_path, mail=False) as scene:
        _provoke(code, WITHOUT_MAIL[code], scene, contract, checker)


def test_a_code_that_cannot_occur_stands_nowhere_in_the_program() -> None:
    top = Path(lemmy_lite.__file__).parent
    # The table of codes itself; and columns, kinds of deeds and fields of forms that have the same names.
    elsewhere = ("model/errors.py", "storage/views", "storage/lemmy", "http/web")
    texts = [file.read_text() for file in top.rglob("*.py") if not str(file.relative_to(top)).startswith(elsewhere)]
    found = {word for text in texts for word in re.findall(r'"([a-z_]+)"', text)}
    assert not found & set(NEVER)


def _provoke(code: str, deed: Deed, scene: Scene, contract: dict[str, Any], checker: Checker) -> None:
    entry = next(each for each in contract["error_codes"] if each["error"] == code)
    kind = {"content_type": "multipart/form-data; boundary=x", "body": b"--x--\r\n"} if deed.operation == "uploadImage" else {}
    answer = scene.ask(deed.operation, deed.role, deed.fields(scene), deed.given, **kind)  # type: ignore[arg-type]  # two kinds of value
    told = answer.json()
    assert told["error"] == code, told
    assert answer.status in (entry["http_status"], entry.get("http_status_row_missing"))
    assert checker.validate("LemmyErrorType", told) == []
    assert checker.extra_fields("LemmyErrorType", told) == []
    if entry["message"] is None:
        assert "message" not in told
    else:
        assert isinstance(told["message"], str)
