"""Deeds of moderators and admins about posts, comments and people: who may, what happens, and what a refusal looks like."""

import pytest

from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community_ban, community_moderator, person, post
from tests.http.api_v3.permission_scene import Role
from tests.http.web.moderation_scene import Pages, words

MODERATORS = (Role.MODERATOR, Role.TOP_MODERATOR, Role.LOWER_ADMIN, Role.ADMIN)
ADMINS = (Role.LOWER_ADMIN, Role.ADMIN)
OTHERS = (Role.USER, Role.ELSEWHERE)


def _post(pages: Pages, of: Role = Role.USER) -> str:
    return f"/post/{pages.scene.posts[of]}"


def _comment(pages: Pages, of: Role = Role.USER) -> str:
    return f"/comment/{pages.scene.comments[of]}"


@pytest.mark.parametrize("role", MODERATORS)
def test_a_moderator_removes_a_post_with_a_reason_and_restores_it(role: Role, pages: Pages) -> None:
    here = _post(pages)
    assert "Remove the post" in words(pages.see(role, f"{here}/moderate"))
    answer = pages.send(role, f"{here}/moderate", {"removed": "true", "removed_reason": "Off topic"}, came_from=f"{here}/moderate")
    assert (answer.status, answer.headers["location"]) == (303, here)
    assert pages.scene.read(post.existing, pages.scene.posts[Role.USER]).removed
    assert "Off topic" in words(pages.see(Role.ANONYMOUS, "/modlog?actionType=ModRemovePost"))
    assert "Restore the post" in words(pages.see(role, f"{here}/moderate"))
    pages.send(role, f"{here}/moderate", {"removed": "false"})
    assert not pages.scene.read(post.existing, pages.scene.posts[Role.USER]).removed


@pytest.mark.parametrize("role", MODERATORS)
def test_a_moderator_removes_a_comment_and_restores_it(role: Role, pages: Pages) -> None:
    here = _comment(pages)
    assert pages.send(role, f"{here}/moderate", {"removed": "true"}).status == 303
    assert pages.scene.read(comment.existing, pages.scene.comments[Role.USER]).removed
    assert "Moderate" in words(pages.see(role, _post(pages))), "the way back stands beside the removed comment"
    pages.send(role, f"{here}/moderate", {"removed": "false"})
    assert not pages.scene.read(comment.existing, pages.scene.comments[Role.USER]).removed


def test_a_button_of_a_list_locks_and_pins_and_leads_back_to_the_list(pages: Pages) -> None:
    here = _post(pages)
    for wish, read in (("locked", "locked"), ("featured_community", "featured_community")):
        answer = pages.send(Role.MODERATOR, f"{here}/moderate", {wish: "true"}, came_from="/c/home?sort=New")
        assert answer.headers["location"] == f"/c/home?sort=New#p{pages.scene.posts[Role.USER]}"
        assert getattr(pages.scene.read(post.existing, pages.scene.posts[Role.USER]), read)
        pages.send(Role.MODERATOR, f"{here}/moderate", {wish: "false"})
        assert not getattr(pages.scene.read(post.existing, pages.scene.posts[Role.USER]), read)


def test_only_an_admin_pins_to_the_front_page(pages: Pages) -> None:
    here = f"{_post(pages)}/moderate"
    refused = pages.send(Role.MODERATOR, here, {"featured_local": "true"})
    assert refused.status == 400
    assert "Only administrators may do this." in words(refused)
    assert "featured_local" not in words(pages.see(Role.MODERATOR, here))
    assert pages.send(Role.ADMIN, here, {"featured_local": "true"}).status == 303
    assert pages.scene.read(post.existing, pages.scene.posts[Role.USER]).featured_local


def test_a_moderator_marks_only_an_own_comment_as_spoken_for_the_moderators(pages: Pages) -> None:
    own = f"{_comment(pages, Role.MODERATOR)}/moderate"
    assert 'name="distinguished"' in words(pages.see(Role.MODERATOR, own))
    assert pages.send(Role.MODERATOR, own, {"distinguished": "true"}).status == 303
    assert pages.scene.read(comment.existing, pages.scene.comments[Role.MODERATOR]).distinguished
    assert 'name="distinguished"' not in words(pages.see(Role.MODERATOR, f"{_comment(pages)}/moderate"))
    assert pages.send(Role.MODERATOR, f"{_comment(pages)}/moderate", {"distinguished": "true"}).status == 400


def test_a_ban_from_the_community_has_a_reason_an_end_and_an_undo(pages: Pages) -> None:
    here = f"{_post(pages)}/moderate"
    home, target = pages.scene.homes["home"], pages.scene.people[Role.USER].id
    fields = {"banned_here": "true", "banned_here_reason": "Spam", "banned_here_days": "3", "banned_here_data": "true"}
    assert pages.send(Role.MODERATOR, here, fields).status == 303
    assert pages.scene.read(community_ban.holds, home, target)
    assert pages.scene.read(post.existing, pages.scene.posts[Role.USER]).removed
    log = words(pages.see(Role.ANONYMOUS, "/modlog?actionType=ModBanFromCommunity"))
    assert "Spam" in log
    assert "until 20" in log
    assert "Lift the ban" in words(pages.see(Role.MODERATOR, here))
    pages.send(Role.MODERATOR, here, {"banned_here": "false"})
    assert not pages.scene.read(community_ban.holds, home, target)


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5", "99999", "३", "9" * 400])
def test_days_that_are_no_number_are_told_beside_their_field_and_the_words_stay(days: str, pages: Pages) -> None:
    here = f"{_post(pages)}/moderate"
    answer = pages.send(Role.ADMIN, here, {"banned": "true", "banned_reason": "What I <wrote>", "banned_days": days})
    assert answer.status == 400
    assert 'id="banned_days-fault"' in words(answer)
    assert b'value="What I &lt;wrote&gt;"' in answer.body
    assert not pages.scene.read(person.existing, pages.scene.people[Role.USER].id).banned


@pytest.mark.parametrize("role", ADMINS)
def test_an_admin_bans_from_the_site_and_lifts_it(role: Role, pages: Pages) -> None:
    here = f"{_comment(pages)}/moderate"
    assert pages.send(role, here, {"banned": "true", "banned_reason": "Spam"}).status == 303
    assert pages.scene.read(person.existing, pages.scene.people[Role.USER].id).banned
    pages.send(role, here, {"banned": "false"})
    assert not pages.scene.read(person.existing, pages.scene.people[Role.USER].id).banned


def test_a_moderator_appoints_and_dismisses_the_author(pages: Pages) -> None:
    here = f"{_post(pages)}/moderate"
    home, target = pages.scene.homes["home"], pages.scene.people[Role.USER].id
    assert pages.send(Role.MODERATOR, here, {"moderator": "true"}).status == 303
    assert pages.scene.read(community_moderator.moderates, target, home)
    assert pages.send(Role.MODERATOR, here, {"moderator": "false"}).status == 303
    assert not pages.scene.read(community_moderator.moderates, target, home)


def test_who_is_outranked_is_told_so_on_the_same_page(pages: Pages) -> None:
    answer = pages.send(Role.MODERATOR, f"{_post(pages, Role.TOP_MODERATOR)}/moderate", {"removed": "true", "removed_reason": "No"})
    assert answer.status == 400
    assert "You may act only on moderators who were appointed after you." in words(answer)
    assert b'value="No"' in answer.body


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize("page", ["moderate", "votes", "purge"])
def test_who_does_not_moderate_there_gets_a_clear_page_and_changes_nothing(role: Role, page: str, pages: Pages) -> None:
    for here in (_post(pages, Role.BYSTANDER), _comment(pages, Role.BYSTANDER)):
        answer = pages.see(role, f"{here}/{page}")
        assert answer.status == 403
        assert "may do this" in words(answer)
    before = pages.scene.read(modlog_size)
    for wish in ("removed", "locked", "featured_community", "featured_local", "banned_here", "banned", "moderator"):
        assert pages.send(role, f"{_post(pages, Role.BYSTANDER)}/moderate", {wish: "true"}).status == 403
    assert pages.send(role, f"{_post(pages, Role.BYSTANDER)}/purge", {"sure": "true"}).status == 403
    assert pages.scene.read(modlog_size) == before


def modlog_size(tx: Transaction) -> int:
    size: int = tx.value("SELECT COUNT(*) FROM modlog")
    return size


@pytest.mark.parametrize("page", ["moderate", "votes", "purge", "report"])
def test_a_stranger_is_sent_to_log_in_and_comes_back(page: str, pages: Pages) -> None:
    answer = pages.see(Role.ANONYMOUS, f"{_post(pages)}/{page}")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/login?prev=%2Fpost%2F")


def test_a_deed_without_the_token_of_our_page_is_refused(pages: Pages) -> None:
    for target, fields in (
        (f"{_post(pages)}/moderate", {"removed": "true"}),
        (f"{_comment(pages)}/moderate", {"removed": "true"}),
        (f"{_post(pages)}/purge", {"sure": "true"}),
        (f"/u/{Role.USER}/moderate", {"banned": "true"}),
        ("/reports", {"post_report": "1", "resolved": "true"}),
        ("/registration_applications", {"id": "1", "approve": "true"}),
    ):
        assert pages.send(Role.ADMIN, target, fields, token="x" * 43).status == 403
    assert not pages.scene.read(post.existing, pages.scene.posts[Role.USER]).removed


def test_who_voted_is_shown_to_moderators(pages: Pages) -> None:
    shown = words(pages.see(Role.MODERATOR, f"{_post(pages)}/votes"))
    assert "Upvote" in shown
    assert f"/u/{Role.USER}" in shown
    assert pages.see(Role.MODERATOR, f"{_comment(pages)}/votes").status == 200


@pytest.mark.parametrize("role", ADMINS)
def test_an_admin_purges_after_saying_so_twice(role: Role, pages: Pages) -> None:
    for here in (_comment(pages), _post(pages), f"/u/{Role.BYSTANDER}", "/c/home"):
        assert "for good" in words(pages.see(role, f"{here}/purge"))
        unsure = pages.send(role, f"{here}/purge", {"reason": "Illegal"})
        assert unsure.status == 400
        assert 'id="sure-fault"' in words(unsure)
        assert b'value="Illegal"' in unsure.body
        gone = pages.send(role, f"{here}/purge", {"reason": "Illegal", "sure": "true"})
        assert gone.status == 303
        assert pages.see(role, gone.headers["location"]).status == 200
        assert "Illegal" in words(pages.see(Role.ANONYMOUS, "/modlog"))
    assert pages.scene.read(post.get, pages.scene.posts[Role.USER]) is None


def test_the_page_of_a_person_bans_where_its_reader_moderates_and_appoints_admins(pages: Pages) -> None:
    here = f"/u/{Role.USER}/moderate"
    home, target = pages.scene.homes["home"], pages.scene.people[Role.USER].id
    shown = words(pages.see(Role.MODERATOR, here))
    assert 'name="banned"' not in shown
    assert 'name="admin"' not in shown
    done = pages.send(Role.MODERATOR, here, {"community_id": str(home), "banned_here": "true"})
    assert "Done." in words(pages.see(Role.MODERATOR, done.headers["location"]))
    assert pages.scene.read(community_ban.holds, home, target)
    assert pages.send(Role.MODERATOR, here, {"banned": "true"}).status == 400
    assert pages.send(Role.ADMIN, here, {"admin": "true"}).status == 303
    assert "Administrates this site" in words(pages.see(Role.ADMIN, here))
    assert pages.send(Role.ADMIN, here, {"admin": "false"}).status == 303
    assert pages.see(Role.USER, f"/u/{Role.BYSTANDER}/moderate").status == 403


@pytest.mark.parametrize("fields", [{}, {"nonsense": "1"}, {"banned_here": "true", "community_id": "x"}, {"moderator": "true"}])
def test_a_form_that_wishes_nothing_sensible_is_refused_in_words(fields: dict[str, str], pages: Pages) -> None:
    answer = pages.send(Role.MODERATOR, f"/u/{Role.USER}/moderate", fields)
    assert answer.status in (400, 404)
    assert "<h1>" in words(answer)
