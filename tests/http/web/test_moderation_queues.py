"""What waits for moderators and admins: reports, applications; and the log that everybody reads."""

import pytest

from lemmy_lite.http.web.modlog_line import WORDINGS
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block
from lemmy_lite.storage.views import modlog as views
from tests.http.api_v3.permission_scene import Role
from tests.http.web.moderation_scene import Pages, words

MODERATORS = (Role.MODERATOR, Role.TOP_MODERATOR)
ADMINS = (Role.LOWER_ADMIN, Role.ADMIN)


def _unresolved(pages: Pages, kind: str) -> int:
    def count(tx: Transaction) -> int:
        number: int = tx.value(f"SELECT COUNT(*) FROM {kind}_report WHERE NOT resolved")
        return number

    return pages.scene.read(count)


def test_a_member_reports_a_post_a_comment_and_a_message(pages: Pages) -> None:
    targets = {
        "post": f"/post/{pages.scene.posts[Role.MODERATOR]}",
        "comment": f"/comment/{pages.scene.comments[Role.MODERATOR]}",
        "private_message": f"/private_message/{pages.scene.received[Role.USER]}",
    }
    for kind, target in targets.items():
        before = _unresolved(pages, kind)
        assert "Report this" in words(pages.see(Role.USER, f"{target}/report"))
        answer = pages.send(Role.USER, f"{target}/report", {"reason": "Spam & more"})
        assert "Thank you" in words(pages.see(Role.USER, answer.headers["location"]))
        assert _unresolved(pages, kind) == before + 1
        again = pages.send(Role.USER, f"{target}/report", {"reason": "Once more <b>"})
        assert again.status == 400
        assert "already" in words(again)
        assert b"Once more &lt;b&gt;</textarea>" in again.body


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1001])
def test_a_report_without_a_reason_or_with_a_novel_is_told_so_beside_the_field(reason: str, pages: Pages) -> None:
    answer = pages.send(Role.USER, f"/post/{pages.scene.posts[Role.MODERATOR]}/report", {"reason": reason})
    assert answer.status == 400
    assert 'id="reason-fault"' in words(answer)


def test_somebody_elses_message_is_neither_shown_nor_reported(pages: Pages) -> None:
    target = f"/private_message/{pages.scene.received[Role.MODERATOR]}/report"
    assert pages.see(Role.USER, target).status in (400, 404)
    assert pages.send(Role.USER, target, {"reason": "Nosy"}).status in (400, 404)


def test_the_author_is_blocked_and_unblocked_from_the_page_of_the_report(pages: Pages) -> None:
    target, author = f"/comment/{pages.scene.comments[Role.MODERATOR]}/report", pages.scene.id(Role.MODERATOR)
    assert pages.send(Role.USER, target, {"blocked": "true"}).status == 303
    assert pages.scene.read(block.holds, "person", pages.scene.id(Role.USER), author)
    pages.send(Role.USER, target, {"blocked": "false"})
    assert not pages.scene.read(block.holds, "person", pages.scene.id(Role.USER), author)
    own = f"/comment/{pages.scene.comments[Role.USER]}/report"
    assert "blocked" not in words(pages.see(Role.USER, own))
    assert "You cannot block yourself." in words(pages.send(Role.USER, own, {"blocked": "true"}))


@pytest.mark.parametrize("role", MODERATORS + ADMINS)
def test_reports_are_resolved_and_opened_again(role: Role, pages: Pages) -> None:
    queue = words(pages.see(role, "/reports"))
    assert "Spam" in queue
    kinds = ["post_report", "comment_report"] + (["private_message_report"] if role in ADMINS else [])
    for kind in kinds:
        number = str(pages.scene.one["message_report" if kind.startswith("private") else kind])
        answer = pages.send(role, "/reports", {kind: number, "resolved": "true", "back": "/reports?view=All"})
        assert answer.headers["location"] == "/reports?view=All"
        assert _unresolved(pages, kind.removesuffix("_report")) == 0
    assert "Nothing waits" in words(pages.see(role, "/reports"))
    assert "Open again" in words(pages.see(role, "/reports?view=All"))
    pages.send(role, "/reports", {"post_report": str(pages.scene.one["post_report"]), "resolved": "false"})
    assert _unresolved(pages, "post") == 1


def test_messages_are_in_the_queue_of_admins_alone(pages: Pages) -> None:
    assert "type=Messages" in words(pages.see(Role.ADMIN, "/reports"))
    assert "type=Messages" not in words(pages.see(Role.MODERATOR, "/reports"))
    assert "private message" not in words(pages.see(Role.MODERATOR, "/reports?type=Messages"))
    number = str(pages.scene.one["message_report"])
    assert pages.send(Role.MODERATOR, "/reports", {"private_message_report": number, "resolved": "true"}).status == 403


def test_who_moderates_nothing_has_no_queue(pages: Pages) -> None:
    for address in ("/reports", "/registration_applications"):
        refused = pages.see(Role.USER, address)
        assert refused.status == 403
        assert "may do this" in words(refused)
        assert pages.see(Role.ANONYMOUS, address).status == 303
    assert pages.see(Role.MODERATOR, "/registration_applications").status == 403
    number = str(pages.scene.one["post_report"])
    assert pages.send(Role.USER, "/reports", {"post_report": number, "resolved": "true"}).status == 403
    assert pages.send(Role.USER, "/registration_applications", {"id": "1", "approve": "true"}).status == 403


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"post_report": "x", "resolved": "true"},
        {"post_report": "999999", "resolved": "true"},
        {"post_report": "1"},
        {"back": "//evil.test"},
    ],
)
def test_a_form_of_the_queue_that_names_nothing_is_refused_in_words(fields: dict[str, str], pages: Pages) -> None:
    answer = pages.send(Role.ADMIN, "/reports", fields)
    assert answer.status in (400, 404)
    assert b"<h1>" in answer.body


@pytest.mark.parametrize("back", ["https://evil.test/reports", "//evil.test/reports", "/reports\\@evil", "/login"])
def test_the_way_back_leads_nowhere_but_to_the_queue(back: str, pages: Pages) -> None:
    number = str(pages.scene.one["post_report"])
    assert pages.send(Role.ADMIN, "/reports", {"post_report": number, "resolved": "true", "back": back}).headers["location"] == "/reports"


def test_the_head_of_every_page_tells_what_waits_to_those_alone_whom_it_concerns(pages: Pages) -> None:
    for role in ADMINS:
        assert "3 reports, 1 application waiting" in words(pages.see(role, "/communities"))
    for role in MODERATORS:
        assert "2 reports waiting" in words(pages.see(role, "/communities"))
    assert "waiting" not in words(pages.see(Role.USER, "/communities"))


@pytest.mark.parametrize("role", ADMINS)
def test_an_application_is_read_denied_with_a_reason_and_accepted_after_all(role: Role, pages: Pages) -> None:
    number = str(pages.scene.one["application"])
    assert "I like birds" in words(pages.see(role, "/registration_applications"))
    denied = pages.send(role, "/registration_applications", {"id": number, "approve": "false", "deny_reason": "No <birds>"})
    assert denied.status == 303
    assert "I like birds" not in words(pages.see(role, "/registration_applications"))
    shown = pages.see(role, "/registration_applications?view=All")
    assert b"No &lt;birds&gt;" in shown.body
    assert pages.send(role, "/registration_applications", {"id": number, "approve": "true"}).status == 303
    assert "Accepted" in words(pages.see(role, "/registration_applications?view=All"))


def test_a_reason_that_is_too_long_comes_back_with_the_form(pages: Pages) -> None:
    number = str(pages.scene.one["application"])
    answer = pages.send(Role.ADMIN, "/registration_applications", {"id": number, "approve": "false", "deny_reason": "x" * 10_001})
    assert answer.status == 400
    assert f'id="deny_reason_{number}-fault"' in words(answer)
    assert b"x" * 10_001 in answer.body


def test_every_kind_of_the_log_has_its_words() -> None:
    assert set(WORDINGS) == set(views.SHAPES)


def test_the_log_is_sifted_by_kind_moderator_person_and_community(pages: Pages) -> None:
    post = pages.scene.posts[Role.USER]
    pages.send(Role.MODERATOR, f"/post/{post}/moderate", {"removed": "true", "removed_reason": "A reason of mine"})
    pages.send(Role.ADMIN, f"/post/{post}/moderate", {"locked": "true"})
    home, mod, user = pages.scene.homes["home"], pages.scene.id(Role.MODERATOR), pages.scene.id(Role.USER)
    for query in (
        "actionType=ModRemovePost",
        f"userId={user}",
        f"user={Role.USER}",
        f"postId={post}",
        "community=home",
        f"communityId={home}",
    ):
        assert "A reason of mine" in words(pages.see(Role.ANONYMOUS, f"/modlog?{query}")), query
    assert "A reason of mine" in words(pages.see(Role.ANONYMOUS, f"/modlog/{home}"))
    for query in ("actionType=ModBan", "community=far", f"user={Role.ELSEWHERE}"):
        assert "A reason of mine" not in words(pages.see(Role.ANONYMOUS, f"/modlog?{query}")), query
    for query in (f"modId={mod}", f"mod={Role.MODERATOR}"):
        shown = words(pages.see(Role.ADMIN, f"/modlog?{query}"))
        assert "A reason of mine" in shown
        assert "locked the post" not in shown


@pytest.mark.parametrize(
    "query",
    [
        "mod=<script>",
        "user=@@@",
        "community=nowhere",
        "modId=999999",
        "actionType=%00",
        "page=x&postId=-1",
        "userId=" + "9" * 400,
        "mod=" + "x" * 4000,
    ],
)
def test_a_log_asked_for_nonsense_answers_in_words(query: str, pages: Pages) -> None:
    answer = pages.see(Role.ANONYMOUS, f"/modlog?{query}")
    assert answer.status in (200, 404)
    assert b"<script>" not in answer.body
    assert b"<h1>Moderation log</h1>" in answer.body


def test_the_log_of_a_community_that_is_none_is_not_found(pages: Pages) -> None:
    assert pages.see(Role.ANONYMOUS, "/modlog/999999").status == 404
    assert pages.see(Role.ANONYMOUS, "/modlog/x").status == 404
