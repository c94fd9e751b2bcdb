"""Changing a community and choosing who moderates it, by plain forms."""

import pytest

from lemmy_lite.storage.tables import community, community_moderator
from tests.http.api_v3.permission_scene import Role
from tests.http.web.moderation_scene import Pages, words

MODERATORS = (Role.MODERATOR, Role.TOP_MODERATOR, Role.LOWER_ADMIN, Role.ADMIN)
TYPED = {
    "title": "The home of all",
    "description": "Be *kind*",
    "icon": "https://pictures.test/icon.png",
    "visibility": "LocalOnly",
    "posting_restricted_to_mods": "true",
    "nsfw": "true",
    "languages_shown": "true",
    "discussion_languages": "37",
}


@pytest.mark.parametrize("role", MODERATORS)
def test_a_moderator_changes_everything_about_the_community(role: Role, pages: Pages) -> None:
    home = pages.scene.homes["home"]
    assert 'name="discussion_languages"' in words(pages.see(role, "/c/home/settings"))
    assert pages.send(role, "/c/home/settings", TYPED).headers["location"] == "/c/home"
    found = pages.scene.read(community.existing, home)
    assert (found.title, found.description, found.icon) == (TYPED["title"], TYPED["description"], TYPED["icon"])
    assert (found.visibility, found.posting_restricted_to_mods, found.nsfw) == ("LocalOnly", True, True)
    assert pages.scene.read(community.languages, home) == [37]
    pages.send(role, "/c/home/settings", {"title": "Again", "no_icon": "true"})
    found = pages.scene.read(community.existing, home)
    assert (found.title, found.icon, found.nsfw) == ("Again", None, False)
    assert pages.scene.read(community.languages, home) == [37], "a form without the list leaves it"


@pytest.mark.parametrize(
    "wrong",
    [{"title": ""}, {"description": "x" * 10_001}, {"languages_shown": "true", "discussion_languages": "99999"}, {"icon": "javascript:x"}],
)
def test_what_cannot_be_taken_keeps_what_was_typed_and_changes_nothing(wrong: dict[str, str], pages: Pages) -> None:
    answer = pages.send(Role.MODERATOR, "/c/home/settings", {"title": "<kept>", **wrong})
    assert answer.status == 400
    assert "alert" in words(answer)
    assert "title" in wrong or b'value="&lt;kept&gt;"' in answer.body
    assert pages.scene.read(community.existing, pages.scene.homes["home"]).title == "home"


@pytest.mark.parametrize("page", ["settings", "mods"])
def test_who_does_not_moderate_it_gets_a_clear_page(page: str, pages: Pages) -> None:
    for role in (Role.USER, Role.ELSEWHERE):
        assert pages.see(role, f"/c/home/{page}").status == 403
        assert pages.send(role, f"/c/home/{page}", {"title": "Mine", "name": role}).status == 403
        for wish in ("deleted", "removed", "hidden"):
            assert pages.send(role, "/c/home/moderate", {wish: "true"}).status == 403
    assert pages.see(Role.ANONYMOUS, f"/c/home/{page}").headers["location"].startswith("/login?prev=")
    assert pages.see(Role.ADMIN, f"/c/nowhere/{page}").status == 404


def test_only_the_first_moderator_deletes_the_community(pages: Pages) -> None:
    refused = pages.send(Role.MODERATOR, "/c/home/moderate", {"deleted": "true"})
    assert refused.status == 400
    assert "Only the first moderator of the community may do this." in words(refused)
    assert pages.send(Role.TOP_MODERATOR, "/c/home/moderate", {"deleted": "true"}).status == 303
    assert pages.scene.read(community.existing, pages.scene.homes["home"]).deleted
    pages.send(Role.TOP_MODERATOR, "/c/home/moderate", {"deleted": "false"})
    assert not pages.scene.read(community.existing, pages.scene.homes["home"]).deleted


@pytest.mark.parametrize(("wish", "kind"), [("removed", "ModRemoveCommunity"), ("hidden", "ModHideCommunity")])
def test_an_admin_removes_and_hides_with_a_reason_and_takes_it_back(wish: str, kind: str, pages: Pages) -> None:
    home = pages.scene.homes["home"]
    answer = pages.send(Role.ADMIN, "/c/home/moderate", {wish: "true", f"{wish}_reason": "A *reason*"})
    assert pages.see(Role.ADMIN, answer.headers["location"]).status == 200
    assert getattr(pages.scene.read(community.existing, home), wish)
    assert "A *reason*" in words(pages.see(Role.ANONYMOUS, f"/modlog?actionType={kind}"))
    pages.send(Role.ADMIN, "/c/home/moderate", {wish: "false"})
    assert not getattr(pages.scene.read(community.existing, home), wish)
    assert pages.send(Role.TOP_MODERATOR, "/c/home/moderate", {wish: "true"}).status == 400


def test_moderators_are_appointed_by_name_put_first_and_dismissed(pages: Pages) -> None:
    home, user = pages.scene.homes["home"], pages.scene.people[Role.USER]
    assert pages.send(Role.TOP_MODERATOR, "/c/home/mods", {"name": f"@{Role.USER}"}).status == 303
    assert f"/u/{Role.USER}" in words(pages.see(Role.TOP_MODERATOR, "/c/home/mods"))
    again = pages.send(Role.TOP_MODERATOR, "/c/home/mods", {"name": Role.USER})
    assert 'id="name-fault"' in words(again)
    assert pages.send(Role.TOP_MODERATOR, "/c/home/mods", {"transfer": str(user.id)}).status == 303
    assert pages.scene.read(community_moderator.order, home)[0] == user.id
    assert "Make first" not in words(pages.see(Role.TOP_MODERATOR, "/c/home/mods")), "only the first one hands over"
    assert (
        pages.send(Role.USER, "/c/home/mods", {"dismiss": str(pages.scene.id(Role.TOP_MODERATOR))}).headers["location"].endswith("done=1")
    )
    left = pages.send(Role.USER, "/c/home/mods", {"dismiss": str(user.id)})
    assert left.headers["location"] == "/c/home", "who left has no business on that page"


@pytest.mark.parametrize("fields", [{"name": "<nobody>"}, {"name": "a@b@c"}, {"transfer": "999999"}, {"dismiss": "x"}, {}])
def test_a_wish_about_nobody_is_refused_in_words(fields: dict[str, str], pages: Pages) -> None:
    answer = pages.send(Role.TOP_MODERATOR, "/c/home/mods", fields)
    assert answer.status == 400
    assert b"<h1>" in answer.body
    assert b"<nobody>" not in answer.body


def test_the_settings_are_one_step_from_the_community_for_its_moderators_and_admins(pages: Pages) -> None:
    for role in MODERATORS:
        assert "/c/home/settings" in words(pages.see(role, "/c/home"))
    assert "/c/home/settings" not in words(pages.see(Role.USER, "/c/home"))
