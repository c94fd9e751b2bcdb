"""Every operation that is served, called on a running instance, and its answers and refusals held against the contract."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from lemmy_lite.http.api_v3.operations import OPERATIONS, Operation
from lemmy_lite.http.api_v3.routes import HANDLERS
from tests import instances
from tests.contract.conftest import Checker
from tests.contract.examples import EXAMPLES
from tests.contract.scene import NOBODY, Example, Scene, admin, anybody, member, stranger
from tests.instances import PASSWORD, Answer

BY_NAME: Mapping[str, Operation] = {operation.name: operation for operation in OPERATIONS}

REFUSALS: tuple[tuple[str, Callable[[Scene], Example], int, str], ...] = (
    ("getModlog", lambda s: anybody(limit=51), 400, "unknown"),
    ("getModlog", lambda s: anybody(type_="ModEverything"), 400, "unknown"),
    ("createCommunity", lambda s: member(name="ab", title="Short"), 400, "invalid_name"),
    ("createCommunity", lambda s: member(name="naïve_name", title="Mixed"), 400, "invalid_name"),
    ("getCommunity", lambda s: anybody(), 400, "no_id_given"),
    ("getCommunity", lambda s: anybody(id=NOBODY), 400, "couldnt_find_community"),
    ("getCommunity", lambda s: anybody(name="nowhere"), 404, "couldnt_find_community"),
    ("getCommunity", lambda s: anybody(name="nowhere@elsewhere.example"), 404, "couldnt_find_community"),
    ("editCommunity", lambda s: stranger(community_id=s.community_id, title="Mine"), 400, "not_a_mod_or_admin"),
    ("editCommunity", lambda s: admin(community_id=s.community_id, description="x" * 10_001), 400, "invalid_body_field"),
    ("deleteCommunity", lambda s: stranger(community_id=s.community_id, deleted=True), 400, "not_a_mod_or_admin"),
    ("deleteCommunity", lambda s: admin(community_id=s.community(by="member"), deleted=True), 400, "not_top_mod"),
    ("removeCommunity", lambda s: member(community_id=s.community(by="member"), removed=True), 400, "not_an_admin"),
    ("removeCommunity", lambda s: admin(community_id=NOBODY, removed=True), 400, "couldnt_find_community"),
    ("hideCommunity", lambda s: admin(community_id=NOBODY, hidden=True), 404, "couldnt_update_community_hidden_status"),
    ("transferCommunity", lambda s: admin(community_id=s.community_id, person_id=s.member_id), 400, "not_a_moderator"),
    ("transferCommunity", lambda s: member(community_id=s.community_of_two(), person_id=s.member_id), 400, "not_an_admin"),
    (
        "banFromCommunity",
        lambda s: admin(community_id=s.community_id, person_id=s.person(), ban=True, expires=1),
        400,
        "ban_expiration_in_past",
    ),
    (
        "banFromCommunity",
        lambda s: admin(community_id=s.community_id, person_id=s.person(), ban=True, expires=2**62),
        400,
        "invalid_unix_time",
    ),
    (
        "banFromCommunity",
        lambda s: admin(community_id=s.community_id, person_id=s.person(), ban=False),
        400,
        "community_user_already_banned",
    ),
    (
        "banFromCommunity",
        lambda s: member(community_id=s.community_of_two(), person_id=s.admin_id, ban=True),
        400,
        "not_higher_mod",
    ),
    (
        "addModToCommunity",
        lambda s: admin(community_id=s.community_id, person_id=s.admin_id, added=True),
        400,
        "community_moderator_already_exists",
    ),
    ("addModToCommunity", lambda s: member(community_id=s.community_of_two(), person_id=s.admin_id, added=False), 400, "not_higher_mod"),
    ("listCommunities", lambda s: anybody(limit=51), 400, "unknown"),
    ("listCommunities", lambda s: anybody(page=101), 400, "unknown"),
    ("followCommunity", lambda s: member(community_id=NOBODY, follow=True), 400, "couldnt_find_community"),
    ("createPost", lambda s: member(name="ab", community_id=s.community_id), 400, "invalid_post_title"),
    ("createPost", lambda s: member(name="x" * 201, community_id=s.community_id), 400, "invalid_post_title"),
    ("createPost", lambda s: member(name="Title", community_id=s.community_id, body="x" * 50_001), 400, "invalid_body_field"),
    ("createPost", lambda s: member(name="Title", community_id=s.community_id, alt_text="x" * 1501), 400, "alt_text_length_overflow"),
    ("createPost", lambda s: member(name="Title", community_id=s.community_id, url="ftp://link.example/"), 400, "invalid_url_scheme"),
    ("createPost", lambda s: member(name="Title", community_id=s.community_id, url="no address"), 400, "invalid_url"),
    (
        "createPost",
        lambda s: member(name="Title", community_id=s.community_id, url="https://link.example/" + "x" * 2000),
        400,
        "url_length_overflow",
    ),
    ("createPost", lambda s: member(name="Title", community_id=s.community_id, honeypot="honey"), 400, "honeypot_failed"),
    ("createPost", lambda s: member(name="Title", community_id=NOBODY), 400, "couldnt_find_community"),
    ("getPost", lambda s: anybody(id=NOBODY), 400, "couldnt_find_post"),
    ("getPost", lambda s: anybody(), 400, "couldnt_find_post"),
    ("editPost", lambda s: stranger(post_id=s.post_id, name="Mine"), 400, "no_post_edit_allowed"),
    ("deletePost", lambda s: stranger(post_id=s.post_id, deleted=True), 400, "no_post_edit_allowed"),
    ("getPosts", lambda s: anybody(limit=51), 400, "couldnt_get_posts"),
    ("getPosts", lambda s: anybody(limit=0), 400, "couldnt_get_posts"),
    ("getPosts", lambda s: anybody(page=101), 400, "couldnt_get_posts"),
    ("getPosts", lambda s: anybody(page_cursor="not a cursor"), 400, "couldnt_get_posts"),
    ("getPosts", lambda s: anybody(community_name="nowhere"), 404, "unknown"),
    ("getPosts", lambda s: member(liked_only=True, disliked_only=True), 400, "contradicting_filters"),
    ("getPosts", lambda s: anybody(sort="Best"), 400, "unknown"),
    ("likePost", lambda s: member(post_id=NOBODY, score=1), 400, "couldnt_find_post"),
    ("savePost", lambda s: member(post_id=NOBODY, save=True), 400, "couldnt_save_post"),
    ("listPostLikes", lambda s: admin(post_id=NOBODY), 400, "couldnt_find_post"),
    ("createPostReport", lambda s: member(post_id=s.post_id, reason=""), 400, "report_reason_required"),
    ("createPostReport", lambda s: member(post_id=s.post_id, reason="x" * 1001), 400, "report_too_long"),
    ("createPostReport", lambda s: member(post_id=NOBODY, reason="Spam"), 400, "couldnt_find_post"),
    ("resolvePostReport", lambda s: admin(report_id=NOBODY, resolved=True), 400, "couldnt_find_post_report"),
    ("listPostReports", lambda s: admin(limit=51), 400, "unknown"),
    ("createComment", lambda s: member(content="Late", post_id=s.locked_post()), 400, "locked"),
    ("createComment", lambda s: member(content="x" * 10_001, post_id=s.post_id), 400, "invalid_body_field"),
    ("createComment", lambda s: member(content="Lost", post_id=NOBODY), 400, "couldnt_find_post"),
    ("createComment", lambda s: member(content="Lost", post_id=s.post(), parent_id=s.comment_id), 400, "couldnt_create_comment"),
    ("getComment", lambda s: anybody(id=NOBODY), 400, "couldnt_find_comment"),
    ("editComment", lambda s: stranger(comment_id=s.comment_id, content="Mine"), 400, "no_comment_edit_allowed"),
    ("deleteComment", lambda s: stranger(comment_id=s.comment_id, deleted=True), 400, "no_comment_edit_allowed"),
    ("distinguishComment", lambda s: admin(comment_id=s.comment_id, distinguished=True), 400, "no_comment_edit_allowed"),
    ("likeComment", lambda s: member(comment_id=NOBODY, score=1), 400, "couldnt_find_comment"),
    ("saveComment", lambda s: member(comment_id=NOBODY, save=True), 400, "couldnt_save_comment"),
    ("markCommentReplyAsRead", lambda s: member(comment_reply_id=NOBODY, read=True), 400, "couldnt_find_comment_reply"),
    ("markCommentReplyAsRead", lambda s: stranger(comment_reply_id=s.reply(), read=True), 400, "couldnt_update_comment"),
    ("getComments", lambda s: anybody(limit=51), 400, "couldnt_get_comments"),
    ("getComments", lambda s: anybody(page=0), 400, "couldnt_get_comments"),
    ("createCommentReport", lambda s: member(comment_id=NOBODY, reason="Spam"), 400, "couldnt_find_comment"),
    ("resolveCommentReport", lambda s: admin(report_id=NOBODY, resolved=True), 400, "couldnt_find_comment_report"),
    ("getPrivateMessages", lambda s: member(limit=51), 400, "unknown"),
    ("createPrivateMessage", lambda s: member(content="Hello?", recipient_id=NOBODY), 400, "couldnt_create_private_message"),
    ("createPrivateMessage", lambda s: member(content="x" * 10_001, recipient_id=s.admin_id), 400, "invalid_body_field"),
    ("editPrivateMessage", lambda s: member(private_message_id=s.message(), content="Mine"), 400, "edit_private_message_not_allowed"),
    ("editPrivateMessage", lambda s: member(private_message_id=NOBODY, content="Lost"), 400, "couldnt_find_private_message"),
    ("deletePrivateMessage", lambda s: stranger(private_message_id=s.message(), deleted=True), 400, "edit_private_message_not_allowed"),
    ("markPrivateMessageAsRead", lambda s: admin(private_message_id=s.message(), read=True), 400, "couldnt_update_private_message"),
    ("createPrivateMessageReport", lambda s: member(private_message_id=NOBODY, reason="Spam"), 400, "couldnt_find_private_message"),
    ("createPrivateMessageReport", lambda s: stranger(private_message_id=s.message(), reason="Spam"), 400, "couldnt_create_report"),
    ("resolvePrivateMessageReport", lambda s: admin(report_id=NOBODY, resolved=True), 400, "couldnt_find_private_message_report"),
    ("register", lambda s: anybody(username=s.name(), password="short", password_verify="short"), 400, "invalid_password"),
    ("register", lambda s: anybody(username=s.name(), password=PASSWORD, password_verify=PASSWORD + "x"), 400, "passwords_do_not_match"),
    ("register", lambda s: anybody(username="member", password=PASSWORD, password_verify=PASSWORD), 400, "user_already_exists"),
    ("register", lambda s: anybody(username="a b c", password=PASSWORD, password_verify=PASSWORD), 400, "invalid_name"),
    ("login", lambda s: anybody(username_or_email="member", password="not this one"), 401, "incorrect_login"),
    ("login", lambda s: anybody(username_or_email="nobody", password=PASSWORD), 401, "incorrect_login"),
    ("getPersonDetails", lambda s: anybody(), 400, "no_id_given"),
    ("getPersonDetails", lambda s: anybody(person_id=NOBODY), 400, "couldnt_find_person"),
    ("getPersonDetails", lambda s: anybody(username="nobody"), 404, "couldnt_find_person"),
    ("getPersonMentions", lambda s: member(limit=0), 400, "unknown"),
    ("markPersonMentionAsRead", lambda s: member(person_mention_id=NOBODY, read=True), 400, "couldnt_find_person_mention"),
    ("markPersonMentionAsRead", lambda s: stranger(person_mention_id=s.mention(), read=True), 400, "couldnt_update_comment"),
    ("getReplies", lambda s: member(page=101), 400, "unknown"),
    ("banPerson", lambda s: s.later_admin(person_id=s.admin_id, ban=True), 400, "not_higher_admin"),
    ("banPerson", lambda s: admin(person_id=s.member_id, ban=True, reason="x" * 10_001), 400, "invalid_body_field"),
    ("addAdmin", lambda s: admin(person_id=NOBODY, added=True), 400, "object_not_local"),
    ("addAdmin", lambda s: s.later_admin(person_id=s.admin_id, added=False), 400, "not_higher_admin"),
    ("saveUserSettings", lambda s: member(bio="x" * 1001), 400, "bio_length_overflow"),
    ("saveUserSettings", lambda s: member(display_name="@member"), 400, "invalid_display_name"),
    ("saveUserSettings", lambda s: member(matrix_user_id="member"), 400, "invalid_matrix_id"),
    ("validateAuth", lambda s: anybody(), 400, "not_logged_in"),
    ("blockInstance", lambda s: member(instance_id=1, block=True), 400, "cant_block_local_instance"),
    ("blockInstance", lambda s: member(instance_id=NOBODY, block=True), 400, "instance_block_already_exists"),
    ("blockPerson", lambda s: member(person_id=s.member_id, block=True), 400, "cant_block_yourself"),
    ("blockPerson", lambda s: member(person_id=s.admin_id, block=True), 400, "cant_block_admin"),
    ("blockPerson", lambda s: member(person_id=NOBODY, block=True), 400, "person_block_already_exists"),
    ("importSettings", lambda s: member(saved_posts=["https://a.example/1"] * 10_001), 400, "too_many_items"),
    ("importSettings", lambda s: member(settings={"theme": "browser"}), 400, "unknown"),
    ("deleteAccount", lambda s: member(password="not this one", delete_content=True), 401, "incorrect_login"),
    ("passwordChangeAfterReset", lambda s: anybody(token="x", password=PASSWORD, password_verify=PASSWORD), 400, "token_not_found"),
    ("passwordChangeAfterReset", lambda s: anybody(token="x", password="short", password_verify="short"), 400, "invalid_password"),
    (
        "changePassword",
        lambda s: member(old_password="not this one", new_password=PASSWORD, new_password_verify=PASSWORD),
        401,
        "incorrect_login",
    ),
    (
        "changePassword",
        lambda s: member(old_password=PASSWORD, new_password=PASSWORD, new_password_verify="another"),
        400,
        "passwords_do_not_match",
    ),
    ("verifyEmail", lambda s: anybody(token="x"), 400, "token_not_found"),
    ("updateTotp", lambda s: s.newcomer(totp_token="000000", enabled=True), 400, "missing_totp_secret"),
    ("updateTotp", lambda s: s.with_second_factor(totp_token="no code", enabled=True), 400, "incorrect_totp_token"),
    ("updateTotp", lambda s: s.with_second_factor(totp_token="", enabled=True), 400, "missing_totp_token"),
    ("getRegistrationApplication", lambda s: admin(person_id=NOBODY), 400, "couldnt_find_registration_application"),
    ("approveRegistrationApplication", lambda s: admin(id=NOBODY, approve=True), 400, "couldnt_find_registration_application"),
    ("listRegistrationApplications", lambda s: admin(limit=51), 400, "unknown"),
    (
        "createCustomEmoji",
        lambda s: admin(shortcode="bird", image_url="no address", alt_text="", category="birds", keywords=[]),
        400,
        "invalid_url",
    ),
    (
        "editCustomEmoji",
        lambda s: admin(id=NOBODY, image_url="https://here.example/3.png", alt_text="", category="birds", keywords=[]),
        404,
        "unknown",
    ),
)

MAIL = {"smtp_server": "127.0.0.1:9", "smtp_from_address": "noreply@here.example", "tls_type": "none"}
"""A mail server that does not answer: what depends on mail being set up is here, mails are not."""

STATUS = {"uploadImage": 201, "deleteImage": 204}
"""Success where it is not 200 (contract, "success status")."""

ROLE_CODES = {"not_a_mod_or_admin", "not_an_admin", "not_top_mod", "no_comment_edit_allowed"}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Scene]:
    """A running instance on each database, with things to act upon."""
    database = request.getfixturevalue("postgres_server").create() if request.param == "postgres" else None
    with instances.running(
        tmp_path_factory.mktemp("contract"),
        free_port(),
        database=database,
        config={"email": MAIL, "federation": {"allow_private_addresses": True}},
    ) as instance:
        yield Scene(instance)


@pytest.fixture(scope="session")
def responses(contract: dict[str, Any]) -> dict[str, str | None]:
    """The type of each operation's answer."""
    return {endpoint["operation"]: endpoint["response"] for endpoint in contract["endpoints"]}


def test_every_operation_that_is_served_has_an_example() -> None:
    assert set(HANDLERS) - set(EXAMPLES) == set()


@pytest.mark.parametrize("name", HANDLERS)
def test_an_operation_answers_as_the_contract_says(name: str, scene: Scene, responses: dict[str, str | None], checker: Checker) -> None:
    operation = BY_NAME[name]
    for example in EXAMPLES[name](scene):
        answer = scene.call(operation.method, operation.path, example)
        assert answer.status == STATUS.get(name, 200), (example, answer)
        if responses[name] is None:
            assert answer.body == b""
            continue
        assert checker.validate(responses[name], answer.json) == [], example
        assert checker.extra_fields(responses[name], answer.json) == [], example
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == _cacheable(operation, example), example


@pytest.mark.parametrize(
    ("name", "example", "status", "code"), REFUSALS, ids=[f"{name}-{code}-{line}" for line, (name, _, _, code) in enumerate(REFUSALS)]
)
def test_a_refusal_has_the_code_and_the_status_of_the_contract(
    name: str, example: Callable[[Scene], Example], status: int, code: str, scene: Scene, contract: dict[str, Any], checker: Checker
) -> None:
    answer = scene.call(BY_NAME[name].method, BY_NAME[name].path, example(scene))
    assert (answer.status, answer.json["error"]) == (status, code)
    assert _error_violations(answer, contract, checker) == []


def test_asking_for_a_new_password_does_not_tell_who_is_here_although_the_contract_would_allow_it(scene: Scene) -> None:
    """The contract has 401 incorrect_login for an address that nobody has: refused on purpose (domain/README.md)."""
    operation = BY_NAME["passwordReset"]
    known, unknown = (
        scene.call(operation.method, operation.path, anybody(email=each)) for each in (scene.address(), "nobody@mail.example")
    )
    assert (known.status, known.body) == (unknown.status, unknown.body) == (200, b'{"success":true}')


@pytest.mark.parametrize("name", [name for name in HANDLERS if BY_NAME[name].auth.name in ("REQUIRED", "MODERATOR", "ADMIN")])
def test_an_operation_for_users_refuses_those_who_are_not_logged_in(name: str, scene: Scene) -> None:
    operation = BY_NAME[name]
    answer = scene.call(operation.method, operation.path, anybody())
    assert (answer.status, answer.json) == (401, {"error": "incorrect_login"})


@pytest.mark.parametrize("name", [name for name in HANDLERS if BY_NAME[name].auth.name in ("MODERATOR", "ADMIN")])
def test_an_operation_for_moderators_refuses_everybody_else_with_400(
    name: str, scene: Scene, contract: dict[str, Any], checker: Checker
) -> None:
    operation = BY_NAME[name]
    for example in EXAMPLES[name](scene):
        answer = scene.call(operation.method, operation.path, example._replace(caller="stranger"))
        assert answer.status == 400
        assert answer.json["error"] in ROLE_CODES
        assert _error_violations(answer, contract, checker) == []


def test_an_operation_that_is_not_served_is_simply_not_there(scene: Scene) -> None:
    served = {BY_NAME[name].path for name in HANDLERS}
    for operation in OPERATIONS:
        if operation.name not in HANDLERS and operation.path not in served and operation.path.startswith("/api/v3/"):
            answer = scene.call(operation.method, operation.path, admin())
            assert (answer.status, answer.body) == (404, b""), operation.name


def test_a_client_that_asks_too_often_is_refused_with_400_and_told_when_to_come_back(
    scene: Scene, contract: dict[str, Any], checker: Checker
) -> None:
    eager = scene.instance.client(address="192.0.2.7")
    answers = [eager.call("POST", "/user/login", {"username_or_email": "nobody"}) for _ in range(11)]
    assert {each.json["error"] for each in answers[:10]} == {"unknown"}
    assert (answers[10].status, answers[10].json) == (400, {"error": "rate_limit_error"})
    assert int(answers[10].headers["retry-after"]) > 0
    assert _error_violations(answers[10], contract, checker) == []


def _cacheable(operation: Operation, example: Example) -> str:
    if operation.name == "getCaptcha":
        return "no-store"
    public = operation.method == "GET" and example.caller == "anybody"
    return "public, max-age=60" if public else "private"


def _error_violations(answer: Answer, contract: dict[str, Any], checker: Checker) -> list[str]:
    """What is wrong with a refusal: its shape, a code that Lemmy does not have, or has with another status."""
    problems = checker.validate("LemmyErrorType", answer.json) + checker.extra_fields("LemmyErrorType", answer.json)
    entry = next((each for each in contract["error_codes"] if each["error"] == answer.json["error"]), None)
    if entry is None:
        return [*problems, f"no code of the contract: {answer.json['error']}"]
    if answer.json["error"] != "unknown" and answer.status not in (entry["http_status"], entry.get("http_status_row_missing")):
        problems.append(f"status {answer.status}")
    return problems
