"""Role × operation × owner: the API grants exactly what the table of permissions allows, and refuses the rest with the table's code.

Each line says which rules of `domain/permissions.py` an operation asks, in their order; who holds which relation is said here once more,
in the roles of the scene, so that nothing of the code that is judged takes part in judging. What a verb refuses besides, when all rules
are content, is `then`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from lemmy_lite.domain import link_preview
from lemmy_lite.domain.permissions import RULES, Relation
from lemmy_lite.http.api_v3 import adapter
from lemmy_lite.http.api_v3.adapter import LOGGED_IN, BadTable, Tools, api_v3
from lemmy_lite.http.api_v3.asked import ASKS
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.ratelimit import RateLimiter
from lemmy_lite.model.post import LinkMetadata
from tests import uploads
from tests.http.api_v3 import permission_scene
from tests.http.api_v3.permission_scene import ASKING, BY_NAME, NOBODY, OWNING, PASSWORD, Role, Scene
from tests.media import pictures

MODERATORS = frozenset({Role.MODERATOR, Role.TOP_MODERATOR})
ADMINS = frozenset({Role.LOWER_ADMIN, Role.ADMIN})

HOLDERS: Mapping[Relation, frozenset[Role]] = {
    Relation.PERSON: frozenset(OWNING),
    Relation.MODERATOR: MODERATORS,
    Relation.MODERATOR_ANYWHERE: MODERATORS | {Role.ELSEWHERE},
    Relation.TOP_MODERATOR: frozenset({Role.TOP_MODERATOR}),
    Relation.ADMIN: ADMINS,
    Relation.HOME_ADMIN: frozenset(),
}
"""Who holds each relation, but for AUTHOR, which the owner of the thing holds."""

SITE_ORDER = (Role.ADMIN, Role.LOWER_ADMIN)
HOME_ORDER = (*SITE_ORDER, Role.TOP_MODERATOR, Role.MODERATOR)
"""Who comes first may remove who comes later."""

Then = Callable[[Role, Role], str | None]


class Line(NamedTuple):
    """One way to call an operation. `fields` are made for an owner: who wrote, received or is what is asked about.

    `asks` are rules in their order. With `of_site` no community is looked at. `given` is SQL that changes the site before. `strangers` is
    what those who are not logged in are told by an operation for everybody.
    """

    operation: str
    asks: tuple[str, ...]
    fields: Callable[[Scene, Role], dict[str, Any]] = lambda _, __: {}
    owners: tuple[Role, ...] = ()
    of_site: bool = False
    given: str = ""
    strangers: str | None = None
    then: Then = lambda _, __: None


NOTHING: tuple[str, ...] = ()
"""No rule: the operation is for anybody, or for one's own account, as the table of operations says."""

PRIVATE = "UPDATE local_site SET private_instance = true"
FORM = uploads.form(("images[]", "a.png", pictures.file(pictures.noise(), "PNG")))


def _blocked(role: Role, owner: Role) -> str | None:
    if role is owner:
        return "cant_block_yourself"
    return "cant_block_admin" if owner in ADMINS else None


def _new_password(_: Scene, __: Role) -> dict[str, Any]:
    return {"old_password": PASSWORD, "new_password": f"{PASSWORD}!", "new_password_verify": f"{PASSWORD}!"}


READING: tuple[tuple[str, Callable[[Scene, Role], dict[str, Any]]], ...] = (
    ("getModlog", lambda _, __: {}),
    ("search", lambda _, __: {"q": "post"}),
    ("resolveObject", lambda s, o: {"q": f"https://site.test/post/{s.posts[o]}"}),
    ("getCommunity", lambda s, _: {"id": s.homes["home"]}),
    ("listCommunities", lambda _, __: {"type_": "All"}),
    ("getPost", lambda s, o: {"id": s.posts[o]}),
    ("getPosts", lambda _, __: {"type_": "All"}),
    ("getComment", lambda s, o: {"id": s.comments[o]}),
    ("getComments", lambda _, __: {"type_": "All"}),
    ("getPersonDetails", lambda s, o: {"person_id": s.id(o)}),
)
"""What everybody may read, unless the instance is private."""

LINES: tuple[Line, ...] = (
    *(Line(name, NOTHING, fields, OWNING) for name, fields in READING),
    *(Line(name, NOTHING, fields, (Role.BYSTANDER,), given=PRIVATE, strangers="instance_is_private") for name, fields in READING),
    Line("getSite", NOTHING),
    Line("getSite", NOTHING, given=PRIVATE),
    Line("getFederatedInstances", NOTHING),
    Line("createSite", ("site.edit",), lambda _, __: {"name": "New"}, given="UPDATE local_site SET site_setup = false"),
    Line("editSite", ("site.edit",), lambda _, __: {"name": "New"}),
    Line("blockInstance", ("instance.block",), lambda s, _: {"instance_id": s.one["instance"], "block": True}),
    Line("createCommunity", ("community.create",), lambda _, __: {"name": "founded", "title": "Founded"}),
    Line(
        "createCommunity",
        ("community.create_when_admins_only",),
        lambda _, __: {"name": "founded", "title": "Founded"},
        given="UPDATE local_site SET community_creation_admin_only = true",
    ),
    Line("editCommunity", ("community.edit",), lambda s, _: {"community_id": s.homes["home"], "title": "Changed"}),
    Line("hideCommunity", ("community.hide",), lambda s, _: {"community_id": s.homes["home"], "hidden": True}),
    Line("followCommunity", ("community.follow",), lambda s, _: {"community_id": s.homes["home"], "follow": True}),
    Line("followCommunity", ("community.unfollow",), lambda s, _: {"community_id": s.homes["home"], "follow": False}),
    Line("blockCommunity", ("community.block",), lambda s, _: {"community_id": s.homes["home"], "block": True}),
    Line("deleteCommunity", ("community.edit", "community.delete"), lambda s, _: {"community_id": s.homes["home"], "deleted": True}),
    Line("removeCommunity", ("community.edit", "community.remove"), lambda s, _: {"community_id": s.homes["home"], "removed": True}),
    Line(
        "transferCommunity",
        ("community.transfer",),
        lambda s, o: {"community_id": s.homes["home"], "person_id": s.id(o)},
        OWNING,
        then=lambda _, owner: None if owner in MODERATORS else "not_a_moderator",
    ),
    Line("banFromCommunity", ("community.ban",), lambda s, o: {"community_id": s.homes["home"], "person_id": s.id(o), "ban": True}, OWNING),
    Line(
        "addModToCommunity",
        ("community.appoint",),
        lambda s, o: {"community_id": s.homes["home"], "person_id": s.id(o), "added": True},
        OWNING,
        then=lambda _, owner: "community_moderator_already_exists" if owner in MODERATORS else None,
    ),
    Line(
        "addModToCommunity",
        ("community.dismiss",),
        lambda s, o: {"community_id": s.homes["home"], "person_id": s.id(o), "added": False},
        OWNING,
        then=lambda _, owner: None if owner in MODERATORS else "community_moderator_already_exists",
    ),
    Line("createPost", ("post.create",), lambda s, _: {"community_id": s.homes["home"], "name": "New post"}),
    Line(
        "createPost",
        ("post.create", "community.post_when_restricted"),
        lambda s, _: {"community_id": s.homes["strict"], "name": "New post"},
    ),
    Line("editPost", ("post.edit",), lambda s, o: {"post_id": s.posts[o], "name": "Changed"}, OWNING),
    Line("deletePost", ("post.delete",), lambda s, o: {"post_id": s.posts[o], "deleted": True}, OWNING),
    Line("removePost", ("post.remove",), lambda s, o: {"post_id": s.posts[o], "removed": True}, OWNING),
    Line("markPostAsRead", ("post.mark",), lambda s, o: {"post_ids": [s.posts[o]], "read": True}, OWNING),
    Line("hidePost", ("post.mark",), lambda s, o: {"post_ids": [s.posts[o]], "hide": True}, OWNING),
    Line("lockPost", ("post.lock",), lambda s, o: {"post_id": s.posts[o], "locked": True}, OWNING),
    Line(
        "featurePost",
        ("post.feature_in_community",),
        lambda s, o: {"post_id": s.posts[o], "featured": True, "feature_type": "Community"},
        OWNING,
    ),
    Line("featurePost", ("post.feature_locally",), lambda s, o: {"post_id": s.posts[o], "featured": True, "feature_type": "Local"}, OWNING),
    Line("likePost", ("post.vote", "post.mark"), lambda s, o: {"post_id": s.posts[o], "score": -1}, OWNING),
    Line("listPostLikes", ("post.list_votes",), lambda s, o: {"post_id": s.posts[o]}, OWNING),
    Line("savePost", ("post.mark",), lambda s, o: {"post_id": s.posts[o], "save": True}, OWNING),
    Line("createPostReport", ("post.report",), lambda s, o: {"post_id": s.posts[o], "reason": "Spam"}, OWNING),
    Line("resolvePostReport", ("report.resolve",), lambda s, _: {"report_id": s.one["post_report"], "resolved": True}),
    Line("listPostReports", ("report.list",)),
    Line("getSiteMetadata", NOTHING, lambda _, __: {"url": "https://link.example/"}),
    Line("createComment", ("comment.create",), lambda s, o: {"post_id": s.posts[o], "content": "New"}, OWNING),
    Line(
        "createComment",
        ("comment.create", "comment.create_in_locked_post"),
        lambda s, _: {"post_id": s.one["locked_post"], "content": "New"},
    ),
    Line("editComment", ("comment.edit",), lambda s, o: {"comment_id": s.comments[o], "content": "Changed"}, OWNING),
    Line("deleteComment", ("comment.delete",), lambda s, o: {"comment_id": s.comments[o], "deleted": True}, OWNING),
    Line("removeComment", ("comment.remove",), lambda s, o: {"comment_id": s.comments[o], "removed": True}, OWNING),
    Line(
        "markCommentReplyAsRead",
        ("notification.mark",),
        lambda s, o: {"comment_reply_id": s.notes["comment_reply"][o], "read": True},
        OWNING,
    ),
    Line(
        "distinguishComment",
        ("comment.edit", "comment.distinguish"),
        lambda s, o: {"comment_id": s.comments[o], "distinguished": True},
        OWNING,
    ),
    Line("likeComment", ("comment.vote",), lambda s, o: {"comment_id": s.comments[o], "score": -1}, OWNING),
    Line("listCommentLikes", ("comment.list_votes",), lambda s, o: {"comment_id": s.comments[o]}, OWNING),
    Line("saveComment", ("comment.mark",), lambda s, o: {"comment_id": s.comments[o], "save": True}, OWNING),
    Line("createCommentReport", ("comment.report",), lambda s, o: {"comment_id": s.comments[o], "reason": "Spam"}, OWNING),
    Line("resolveCommentReport", ("report.resolve",), lambda s, _: {"report_id": s.one["comment_report"], "resolved": True}),
    Line("listCommentReports", ("report.list",)),
    Line("getPrivateMessages", ("private_message.list",)),
    Line("createPrivateMessage", ("private_message.create",), lambda s, o: {"recipient_id": s.id(o), "content": "New"}, OWNING),
    Line("editPrivateMessage", ("private_message.edit",), lambda s, o: {"private_message_id": s.sent[o], "content": "Changed"}, OWNING),
    Line("deletePrivateMessage", ("private_message.delete",), lambda s, o: {"private_message_id": s.sent[o], "deleted": True}, OWNING),
    Line("markPrivateMessageAsRead", ("private_message.mark",), lambda s, o: {"private_message_id": s.received[o], "read": True}, OWNING),
    Line(
        "createPrivateMessageReport",
        ("private_message.report",),
        lambda s, o: {"private_message_id": s.received[o], "reason": "Spam"},
        OWNING,
    ),
    Line(
        "resolvePrivateMessageReport",
        ("private_message_report.resolve",),
        lambda s, _: {"report_id": s.one["message_report"], "resolved": True},
    ),
    Line("listPrivateMessageReports", ("private_message_report.list",)),
    Line(
        "register",
        NOTHING,
        lambda _, __: {"username": "newcomer", "password": PASSWORD, "password_verify": PASSWORD, "answer": "I like birds"},
    ),
    Line("login", NOTHING, lambda _, __: {"username_or_email": Role.BYSTANDER, "password": PASSWORD}),
    Line("passwordReset", NOTHING, lambda _, __: {"email": f"{Role.BYSTANDER}@mail.test"}),
    Line("passwordChangeAfterReset", NOTHING, lambda _, __: {"token": "reset", "password": PASSWORD, "password_verify": PASSWORD}),
    Line("verifyEmail", NOTHING, lambda _, __: {"token": "proof"}),
    Line("getCaptcha", NOTHING),
    Line("exportSettings", NOTHING),
    Line("importSettings", ("person.edit",), lambda _, __: {"bio": "Changed"}),
    Line("listMedia", NOTHING),
    Line("getPersonMentions", ("notification.list",)),
    Line(
        "markPersonMentionAsRead",
        ("notification.mark",),
        lambda s, o: {"person_mention_id": s.notes["person_mention"][o], "read": True},
        OWNING,
    ),
    Line("getReplies", ("notification.list",)),
    Line("banPerson", ("site.ban",), lambda s, o: {"person_id": s.id(o), "ban": True}, OWNING, of_site=True),
    Line("getBannedPersons", ("site.list_banned",)),
    Line("blockPerson", ("person.block",), lambda s, o: {"person_id": s.id(o), "block": True}, OWNING, then=_blocked),
    Line("logout", NOTHING),
    Line("deleteAccount", ("account.change",), lambda _, __: {"password": PASSWORD, "delete_content": True}),
    Line("markAllAsRead", ("notification.list",)),
    Line("saveUserSettings", ("person.edit",), lambda _, __: {"bio": "Changed"}),
    Line("changePassword", ("account.change",), _new_password),
    Line("getReportCount", ("report.list",)),
    Line("getUnreadCount", NOTHING),
    Line("leaveAdmin", ("admin.leave",)),
    Line("generateTotpSecret", ("account.change",)),
    Line("updateTotp", ("account.change",), lambda s, _: {"totp_token": s.code(), "enabled": True}),
    Line("listLogins", NOTHING),
    Line("validateAuth", NOTHING, strangers="not_logged_in"),
    Line("donation_dialog_shown", ("account.change",)),
    Line("addAdmin", ("admin.appoint",), lambda s, o: {"person_id": s.id(o), "added": True}, OWNING, of_site=True),
    Line("addAdmin", ("admin.dismiss",), lambda s, o: {"person_id": s.id(o), "added": False}, OWNING, of_site=True),
    Line("getUnreadRegistrationApplicationCount", ("application.read",)),
    Line("listRegistrationApplications", ("application.read",)),
    Line("getRegistrationApplication", ("application.read",), lambda s, _: {"person_id": s.id(Role.APPLICANT)}),
    Line("approveRegistrationApplication", ("application.decide",), lambda s, _: {"id": s.one["application"], "approve": True}),
    Line("listAllMedia", ("image.list_all",)),
    Line("purgePerson", ("site.purge",), lambda s, o: {"person_id": s.id(o)}, OWNING, of_site=True),
    Line("purgeCommunity", ("site.purge",), lambda s, _: {"community_id": s.homes["home"]}, of_site=True),
    Line("purgePost", ("site.purge",), lambda s, o: {"post_id": s.posts[o]}, OWNING, of_site=True),
    Line("purgeComment", ("site.purge",), lambda s, o: {"comment_id": s.comments[o]}, OWNING, of_site=True),
    Line(
        "createCustomEmoji",
        ("emoji.edit",),
        lambda _, __: {
            "shortcode": "new",
            "image_url": "https://site.test/new.png",
            "alt_text": "",
            "category": "birds",
            "keywords": ["a"],
        },
    ),
    Line(
        "editCustomEmoji",
        ("emoji.edit",),
        lambda s, _: {
            "id": s.one["emoji"],
            "image_url": "https://site.test/new.png",
            "alt_text": "",
            "category": "birds",
            "keywords": ["a"],
        },
    ),
    Line("deleteCustomEmoji", ("emoji.edit",), lambda s, _: {"id": s.one["emoji"]}),
    Line("uploadImage", ("image.upload",)),
    Line("deleteImage", ("image.delete",), lambda s, o: {"token": "token", "filename": s.uploads[o]}, OWNING),
)

ENTRIES: Mapping[str, tuple[str, int]] = {
    # Whether somebody else has such a picture is nobody's business, so it is not there for those who may not delete it.
    "deleteImage": ("unknown", 404),
}
"""Operations that hide the rule's code behind one of their own."""


def refusal(line: Line, role: Role, owner: Role) -> str | None:
    """The code by which the table refuses, or None."""
    if role in NOBODY:
        return "incorrect_login" if BY_NAME[line.operation].auth in LOGGED_IN else line.strangers
    for action in line.asks:
        rule = RULES[action]
        if rule.in_community and role is Role.BANNED_HERE:
            return "banned_from_community"
        if not any(role is owner if relation is Relation.AUTHOR else role in HOLDERS[relation] for relation in rule.may):
            return rule.otherwise
        if rule.outranks and line.owners and not _outranks(SITE_ORDER if line.of_site else HOME_ORDER, role, owner):
            return "not_higher_admin" if line.of_site else "not_higher_mod"
    return line.then(role, owner)


def _outranks(order: tuple[Role, ...], role: Role, other: Role) -> bool:
    ranks = {each: rank for rank, each in enumerate(order)}
    return role is other or ranks.get(role, len(order)) <= ranks.get(other, len(order))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The people, on both databases, and a network in which every linked page has no preview."""
    url = request.getfixturevalue("postgres_server").create() if request.param == "postgres" else None

    async def nothing(*_: object) -> LinkMetadata:
        return LinkMetadata()

    with pytest.MonkeyPatch.context() as patch, permission_scene.opened(tmp_path_factory.mktemp("permissions"), url=url) as opened:
        patch.setattr(link_preview, "fetch", nothing)
        yield opened


@pytest.mark.parametrize("line", LINES, ids=[f"{number}-{line.operation}" for number, line in enumerate(LINES)])
def test_an_operation_is_granted_exactly_where_the_table_of_permissions_allows(
    line: Line, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = []
    for role in ASKING:
        for owner in line.owners or (role,):
            code = refusal(line, role, owner)
            status = 401 if code == "incorrect_login" else 400
            if code not in (None, "incorrect_login") and line.operation in ENTRIES:
                code, status = ENTRIES[line.operation]
            body, kind = FORM if line.operation == "uploadImage" else (b"", "application/json")
            answer = scene.ask(line.operation, role, line.fields(scene, owner), line.given, body=body, content_type=kind)
            granted = answer.status in (200, 201, 204)
            told = None if granted else answer.json()["error"]
            if told != code or (code is not None and answer.status != status):
                wrong.append(f"{role} on what is of {owner}: {told} ({answer.status}) instead of {code}")
            wrong += [f"{role} is told {name}" for name, secret in scene.secrets.items() if secret.encode() in answer.body]
    wrong += [f"the log holds {name}" for name, secret in scene.secrets.items() if secret in caplog.text]
    assert not wrong, "\n".join(wrong)


def test_the_lines_ask_what_the_server_says_that_each_operation_asks() -> None:
    asked: dict[str, set[str]] = {}
    for line in LINES:
        asked.setdefault(line.operation, set()).update(line.asks)
    assert asked == {name: set(rules) for name, rules in ASKS.items()}
    assert list(ASKS) == list(HANDLERS)


@pytest.mark.parametrize("asks", [None, ("post.paint",)], ids=["no line", "an unknown rule"])
def test_an_operation_whose_permissions_nobody_named_does_not_start(
    asks: tuple[str, ...] | None, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {name: rules for name, rules in ASKS.items() if name != "lockPost"} | ({} if asks is None else {"lockPost": asks})
    monkeypatch.setattr(adapter, "ASKS", changed)
    tools = Tools(scene.instance.context, scene.instance.database, RateLimiter(), scene.instance.federation)
    with pytest.raises(BadTable, match="lockPost"):
        api_v3(tools, HANDLERS)


def test_every_rule_is_asked_by_some_operation() -> None:
    for_others = {action for action, rule in RULES.items() if rule.may == (Relation.HOME_ADMIN,)}
    assert {action for line in LINES for action in line.asks} == set(RULES) - for_others


def test_who_waits_to_be_accepted_gets_no_session(scene: Scene) -> None:
    answer = scene.ask("login", Role.ANONYMOUS, {"username_or_email": Role.APPLICANT, "password": PASSWORD})
    assert (answer.status, answer.json()["error"]) == (400, "registration_application_is_pending")


@pytest.mark.parametrize(("role", "code"), [(Role.BANNED, "site_ban"), (Role.DELETED, "deleted")])
def test_who_is_banned_or_has_left_gets_no_session(role: Role, code: str, scene: Scene) -> None:
    answer = scene.ask("login", Role.ANONYMOUS, {"username_or_email": role, "password": PASSWORD})
    assert (answer.status, answer.json()["error"]) == (400, code)


def test_the_matrix_meets_both_grants_and_refusals_for_every_role() -> None:
    for role in ASKING:
        met = {refusal(line, role, owner) is None for line in LINES for owner in line.owners or (role,)}
        assert met == {True, False}, role
