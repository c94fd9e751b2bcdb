"""The administration by plain forms: every setting of the site, emoji, admins, uploads; and what anybody may read of the site."""

from typing import Any

import pytest

from lemmy_lite.domain import instance as instances
from lemmy_lite.domain import site as sites
from lemmy_lite.http.web import site_fields
from lemmy_lite.http.web.site_fields import ALL_TABS, TABS, Kind
from lemmy_lite.model.site import SiteForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import emoji, local_user
from tests.http.api_v3.permission_scene import Role
from tests.http.web.moderation_scene import Pages, words

ADMINS = (Role.LOWER_ADMIN, Role.ADMIN)
NEW_VALUES: dict[str, str] = {
    "name": "Hearth",
    "description": "A quiet place",
    "sidebar": "# Rules\n\nBe **kind**.",
    "icon": "https://pictures.test/icon.png",
    "banner": "https://pictures.test/banner.png",
    "content_warning": "Only for adults",
    "legal_information": "Write to *us*.",
    "default_theme": "darkly",
    "default_post_listing_type": "All",
    "default_sort_type": "New",
    "default_post_listing_mode": "Card",
    "registration_mode": "Closed",
    "application_question": "Why **here**?",
    "captcha_difficulty": "hard",
    "actor_name_max_length": "33",
    "slur_filter_regex": "(bad|worse)",
    "blocked_urls": "evil.test/a\nevil.test/b",
    "blocked_instances": "evil.test\nworse.test",
    "allowed_instances": "good.test",
}


def test_every_field_of_the_form_that_edits_a_site_stands_in_one_tab() -> None:
    offered = [field.name for tab in TABS for field in site_fields.fields_of(tab)]
    assert len(offered) == len(set(offered))
    assert set(offered) == set(SiteForm.__struct_fields__) - {"federation_debug"}


@pytest.mark.parametrize("tab", TABS)
def test_what_is_typed_into_a_tab_is_stored_and_stands_there_afterwards(tab: str, pages: Pages) -> None:
    typed: dict[str, str] = {}
    for number, field in enumerate(site_fields.fields_of(tab)):
        if field.kind is Kind.BOX:
            typed[field.name] = "" if _stored(pages, tab)[field.name] == "true" else "true"
        elif field.kind is Kind.NUMBER:
            typed[field.name] = NEW_VALUES.get(field.name, str(1000 + number))
        elif field.kind in (Kind.LANGUAGES, Kind.TAGLINES):
            typed[field.name] = "37" if field.kind is Kind.LANGUAGES else "A *line*"
        else:
            typed[field.name] = NEW_VALUES[field.name]
    answer = pages.send(Role.ADMIN, "/admin", {"tab": tab, **typed})
    assert (answer.status, answer.headers.get("location")) == (303, f"/admin?tab={tab}&saved=1")
    stored = _stored(pages, tab)
    for name, value in typed.items():
        assert stored[name] in (value, [value]), name
    assert "The settings are saved." in words(pages.see(Role.ADMIN, answer.headers["location"]))


def _stored(pages: Pages, tab: str) -> dict[str, Any]:
    def read(tx: Transaction) -> dict[str, Any]:
        reading = sites.reading(tx, None)
        lists = site_fields.Lists(
            discussion_languages=reading.discussion_languages,
            blocked_urls=[each.url for each in reading.blocked_urls],
            taglines=[each.content for each in reading.taglines],
            allowed_instances=instances.allowed(tx),
            blocked_instances=instances.blocked(tx),
        )
        return site_fields.shown(tab, reading.site_view, lists)

    return pages.scene.read(read)


def test_saving_one_tab_leaves_the_others_alone(pages: Pages) -> None:
    before = {tab: _stored(pages, tab) for tab in TABS if tab != "taglines"}
    pages.send(Role.ADMIN, "/admin", {"tab": "taglines", "taglines": "One"})
    assert {tab: _stored(pages, tab) for tab in TABS if tab != "taglines"} == before


@pytest.mark.parametrize(
    ("tab", "fields", "fault"),
    [
        ("site", {"name": "", "sidebar": "<kept>"}, "name"),
        ("site", {"name": "x" * 500, "sidebar": "<kept>"}, "name"),
        ("rules", {"slur_filter_regex": "(", "blocked_urls": "<kept>"}, "slur_filter_regex"),
        ("rules", {"slur_filter_regex": ".*", "blocked_urls": "<kept>"}, "slur_filter_regex"),
        ("registration", {"registration_mode": "RequireApplication", "actor_name_max_length": "20"}, "application_question"),
        ("registration", {"actor_name_max_length": "2", "application_question": "<kept>"}, "actor_name_max_length"),
        ("rate_limits", {"rate_limit_message": "-1"}, "rate_limit_message"),
        ("rate_limits", {"rate_limit_search_per_second": "0"}, "rate_limit_search_per_second"),
    ],
)
def test_what_cannot_be_taken_is_told_beside_its_field_and_nothing_is_lost_or_changed(
    tab: str, fields: dict[str, str], fault: str, pages: Pages
) -> None:
    before = _stored(pages, tab)
    answer = pages.send(Role.ADMIN, "/admin", {"tab": tab, **fields})
    assert answer.status == 400
    assert f'id="{fault}-fault"' in words(answer)
    if "<kept>" in fields.values():
        assert b"&lt;kept&gt;" in answer.body
    assert _stored(pages, tab) == before


def test_a_server_that_is_no_server_is_refused_in_words(pages: Pages) -> None:
    answer = pages.send(Role.ADMIN, "/admin", {"tab": "federation", "federation_enabled": "true", "blocked_instances": "a b\n<c>"})
    assert answer.status == 400
    assert "This address names no server." in words(answer)
    assert b"a b\n&lt;c&gt;" in answer.body


@pytest.mark.parametrize("tab", [name for name, _ in ALL_TABS])
def test_only_admins_see_and_use_the_administration(tab: str, pages: Pages) -> None:
    for role in ADMINS:
        assert pages.see(role, f"/admin?tab={tab}").status == 200
    for role in (Role.USER, Role.MODERATOR, Role.TOP_MODERATOR):
        refused = pages.see(role, f"/admin?tab={tab}")
        assert refused.status == 403
        assert "Only administrators may do this." in words(refused)
        paths = {"dashboard": "/admin/retry", **{name: f"/admin/{name}" for name in ("emoji", "people", "uploads", "mail")}}
        target = paths.get(tab, "/admin")
        fields = {"tab": tab, "name": "Nobody", "shortcode": "x", "delete": "a.png", "actor_name_max_length": "20"}
        fields |= {field.name: "9" for field in site_fields.fields_of("rate_limits")} if tab == "rate_limits" else {}
        assert pages.send(role, target, fields).status == 403, tab
    assert pages.see(Role.ANONYMOUS, f"/admin?tab={tab}").status == 303


def test_an_emoji_is_made_changed_and_deleted(pages: Pages) -> None:
    fields = {
        "shortcode": "Wren",
        "image_url": "https://pictures.test/wren.png",
        "alt_text": "A wren",
        "category": "birds",
        "keywords": "small, brown",
    }
    assert pages.send(Role.ADMIN, "/admin/emoji", fields).status == 303
    shown = words(pages.see(Role.ADMIN, "/admin?tab=emoji"))
    assert ":wren:" in shown
    assert 'value="brown small"' in shown or 'value="small brown"' in shown
    number = pages.scene.read(lambda tx: tx.value("SELECT id FROM custom_emoji WHERE shortcode = 'wren'"))
    again = pages.send(Role.ADMIN, "/admin/emoji", {"id": str(number), **fields, "category": "little birds"})
    assert again.status == 303
    assert "little birds" in words(pages.see(Role.ADMIN, "/admin?tab=emoji"))
    pages.send(Role.ADMIN, "/admin/emoji", {"id": str(number), "delete": "true"})
    assert not pages.scene.read(emoji.taken, "shortcode", "wren", None)


def test_an_emoji_that_cannot_be_made_keeps_what_was_typed(pages: Pages) -> None:
    fields = {"shortcode": "new", "image_url": "javascript:alert(1)", "alt_text": "<b>", "category": "birds", "keywords": "a"}
    answer = pages.send(Role.ADMIN, "/admin/emoji", fields)
    assert answer.status == 400
    assert 'id="image_url-fault"' in words(answer)
    assert b'value="&lt;b&gt;"' in answer.body
    taken = pages.send(Role.ADMIN, "/admin/emoji", {**fields, "shortcode": "bird", "image_url": "https://pictures.test/x.png"})
    assert "This short code is taken." in words(taken)


def test_admins_are_appointed_by_name_and_dismissed(pages: Pages) -> None:
    who = pages.scene.people[Role.USER].id
    assert pages.send(Role.ADMIN, "/admin/people", {"name": Role.USER}).status == 303
    assert pages.scene.read(local_user.is_admin, who)
    pages.send(Role.ADMIN, "/admin/people", {"dismiss": str(who)})
    assert not pages.scene.read(local_user.is_admin, who)
    nobody = pages.send(Role.ADMIN, "/admin/people", {"name": "<nobody>"})
    assert nobody.status == 400
    assert b'value="&lt;nobody&gt;"' in nobody.body
    higher = pages.send(Role.LOWER_ADMIN, "/admin/people", {"dismiss": str(pages.scene.id(Role.ADMIN))})
    assert "You may act only on administrators who were appointed after you." in words(higher)


def test_an_admin_steps_down_unless_it_is_the_last_one(pages: Pages) -> None:
    assert pages.send(Role.LOWER_ADMIN, "/admin/people", {"leave": "true"}).status == 303
    assert pages.see(Role.LOWER_ADMIN, "/admin").status == 403
    last = pages.send(Role.ADMIN, "/admin/people", {"leave": "true"})
    assert last.status == 400
    assert "You are the only administrator, so you cannot step down." in words(last)


def test_an_admin_looks_through_uploads_and_deletes_one(pages: Pages) -> None:
    assert "/pictrs/image/user.png" in words(pages.see(Role.ADMIN, "/admin?tab=uploads"))
    assert pages.send(Role.ADMIN, "/admin/uploads", {"delete": "user.png"}).status == 303
    assert "/pictrs/image/user.png" not in words(pages.see(Role.ADMIN, "/admin?tab=uploads"))
    assert pages.send(Role.ADMIN, "/admin/uploads", {"delete": "../user.png"}).status == 404


def test_anybody_reads_the_instances_and_the_legal_information(pages: Pages) -> None:
    assert "elsewhere.test" in words(pages.see(Role.ANONYMOUS, "/instances"))
    assert "elsewhere.test" not in words(pages.see(Role.ANONYMOUS, "/instances?q=nowhere"))
    assert pages.see(Role.ANONYMOUS, "/instances?tab=<b>&page=x&q=%27%00").status == 200
    assert pages.see(Role.ANONYMOUS, "/legal").status == 404
    pages.send(Role.ADMIN, "/admin", {"tab": "site", "name": "Site", "legal_information": "Write to *us*. <script>alert(1)</script>"})
    shown = pages.see(Role.ANONYMOUS, "/legal")
    assert b"<em>us</em>" in shown.body
    assert b"<script>" not in shown.body
    assert 'href="/legal"' in words(pages.see(Role.ANONYMOUS, "/"))
