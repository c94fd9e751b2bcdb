"""A moderator's and an administrator's day without JavaScript, on a phone and at a desk, by day and by night."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload

from tests import instances
from tests.browser.conftest import Site
from tests.browser.walker import Scheme, Walker, log_in
from tests.instances import PASSWORD, Client

pytestmark = pytest.mark.browser

WINDOWS: tuple[tuple[int, Scheme], ...] = ((360, "light"), (1280, "dark"))
TABS = ("site", "registration", "rules", "languages", "federation", "rate_limits", "taglines", "emoji", "people", "uploads")


@pytest.fixture
def walker(request: pytest.FixtureRequest, browser: Browser, site: Site, screenshots: Path) -> Iterator[Walker]:
    """Somebody with a window of the kind that the test asks for."""
    width, scheme = request.param
    made = Walker(browser, site.instance.url, screenshots, width, scheme, prefix="desk")
    yield made
    made.close()


def _member(site: Site, name: str) -> Client:
    if site.instance.execute(f"SELECT 1 FROM person WHERE name = '{name}'"):
        return site.instance.logged_in(name)
    return site.instance.registered(name)


@pytest.mark.parametrize("walker", WINDOWS, indirect=True, ids=str)
def test_a_moderators_day(walker: Walker, site: Site) -> None:
    tag = walker.suffix.replace("-", "_")
    ann, bob, eve = (_member(site, name) for name in ("ann", "bob", "eve"))
    group = ann.post("/community", name=f"tea_{tag}", title="The tea room")["community_view"]["community"]
    post = eve.post("/post", name="Buy my pills", body="They are *very* good.", community_id=group["id"])["post_view"]["post"]
    said = eve.post("/comment", post_id=post["id"], content="Really, buy them")["comment_view"]["comment"]
    talk = ann.post("/comment", post_id=post["id"], content="Please do not")["comment_view"]["comment"]

    log_in(walker, "bob", PASSWORD)
    walker.go(f"/post/{post['id']}")
    walker.follow("Report or block")
    walker.shoot("report")
    walker.fill(reason="Spam")
    walker.press("Report")
    assert "Thank you" in walker.text()
    walker.shoot("report-sent")
    bob.post("/comment/report", comment_id=said["id"], reason="Spam as well")
    walker.press("Log out", "header")

    log_in(walker, "ann", PASSWORD)
    walker.shoot("front-with-reports")
    assert walker.text("header .bell[href='/reports'] b").startswith("2")
    walker.page.locator("header .bell[href='/reports']").click()
    walker.shoot("reports")
    walker.follow("Remove, ban…")
    walker.shoot("moderate-post")
    walker.fill(removed_reason="No selling here")
    walker.press("Remove")
    assert walker.path == f"/post/{post['id']}"
    walker.shoot("post-removed")
    walker.follow("Restore, ban…")
    walker.press("Restore")
    walker.press("Lock")
    assert "locked" in walker.text("#comments")
    walker.press("Pin in community")
    walker.press("Unpin from community")
    walker.press("Unlock")
    walker.follow("Moderate", f"#c{said['id']}")
    walker.shoot("moderate-comment")
    walker.fill(banned_here_reason="Selling", banned_here_days="x")
    walker.press("Ban from the community")
    assert walker.status == 400
    assert walker.sees("#banned_here_days-fault")
    walker.shoot("moderate-failed")
    walker.fill(banned_here_days="7")
    walker.field("banned_here_data").check()
    walker.press("Ban from the community")
    assert "Removed by a moderator." in walker.text(f"#c{said['id']}")
    walker.go("/reports")
    walker.press("Resolve")
    assert "Nothing waits" in walker.text()
    walker.shoot("reports-none")
    walker.go(f"/comment/{talk['id']}/moderate")
    walker.press("Mark")
    walker.go(f"/comment/{talk['id']}/votes")
    walker.shoot("votes")
    walker.go("/modlog")
    assert "banned eve" in walker.text().replace("\n", " ")
    walker.shoot("modlog")
    walker.go("/modlog?mod=nobody")
    assert walker.status == 404
    walker.shoot("modlog-nobody")

    walker.go(f"/c/{group['name']}")
    walker.follow("Settings", ".side")
    walker.shoot("community-settings")
    walker.fill(title="", description="New rules")
    walker.page.locator("main form").first.evaluate("each => each.noValidate = true")
    walker.press("Save")
    assert walker.status == 400
    assert walker.field("description").input_value() == "New rules"
    walker.fill(title="The quiet tea room")
    walker.press("Save")
    walker.go(f"/c/{group['name']}/mods")
    walker.fill(name="bob")
    walker.press("Appoint")
    walker.press("Make first")
    walker.shoot("moderators")
    walker.press("Leave")
    assert walker.path == f"/c/{group['name']}"
    walker.go(f"/c/{group['name']}/settings")
    assert walker.status == 403
    walker.shoot("refused")


@pytest.mark.parametrize("walker", WINDOWS, indirect=True, ids=str)
def test_an_administrators_day(walker: Walker, site: Site) -> None:
    eve = _member(site, "eve")
    group = site.instance.logged_in(site.admin, site.password).post("/community", name=f"x_{walker.suffix.replace('-', '_')}", title="X")
    home = group["community_view"]["community"]
    post = eve.post("/post", name="Something illegal", community_id=home["id"])["post_view"]["post"]
    site.instance.execute("UPDATE local_site SET registration_mode = 'RequireApplication', application_question = 'Why?'")
    name = f"new_{walker.suffix.replace('-', '_')}"
    site.instance.client().post("/user/register", username=name, password=PASSWORD, password_verify=PASSWORD, answer="I like *tea* <b>")

    log_in(walker, site.admin, site.password)
    for tab in TABS:
        walker.go(f"/admin?tab={tab}")
        assert walker.status == 200
        walker.shoot(f"admin-{tab}")
    walker.go("/admin?tab=taglines")
    walker.page.locator("main textarea").last.fill(f"A *line* of {walker.suffix}")
    walker.press("Save")
    assert walker.sees("main [role=status]")
    walker.go("/admin?tab=rules")
    walker.fill(slur_filter_regex="(", blocked_urls="evil.test/x")
    walker.press("Save")
    assert walker.status == 400
    assert walker.field("blocked_urls").input_value() == "evil.test/x"
    walker.shoot("admin-rules-failed")
    walker.go("/admin?tab=emoji")
    walker.fill(shortcode=f"e{walker.suffix}")
    walker.page.locator("main [name=category]").first.fill("birds")
    walker.page.locator("main [name=image_url]").first.fill(f"https://pictures.test/{walker.suffix}.png")
    walker.press("Add")
    assert f":e{walker.suffix}:" in walker.text()

    drawn = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(drawn, "PNG")
    icon = FilePayload(name="icon.png", mimeType="image/png", buffer=drawn.getvalue())
    walker.go("/admin?tab=site")
    walker.page.locator("[name=icon_file]").set_input_files(icon)
    walker.press("Save")
    assert walker.sees("main [role=status]")
    assert walker.sees(".now img")
    walker.shoot("admin-site-icon")
    walker.field("no_icon").check()
    walker.press("Save")
    assert not walker.sees(".now img")
    walker.go(f"/c/{home['name']}/settings")
    walker.page.locator("[name=icon_file]").set_input_files(icon)
    walker.page.locator("[name=banner_file]").set_input_files(FilePayload(name="x.png", mimeType="image/png", buffer=b"no picture"))
    walker.press("Save")
    assert walker.status == 400
    assert walker.sees("#icon_file-fault")
    walker.page.locator("[name=icon_file]").set_input_files(icon)
    walker.press("Save")
    assert walker.path == f"/c/{home['name']}"
    assert walker.sees("main img.face")
    walker.go("/admin?tab=uploads")
    walker.shoot("admin-uploads-some")
    walker.go("/admin?tab=emoji")
    walker.fill(shortcode=f"f{walker.suffix}")
    walker.page.locator("main [name=category]").first.fill("birds")
    walker.page.locator("[name=emoji_file]").set_input_files(icon)
    walker.press("Add")
    assert f":f{walker.suffix}:" in walker.text(), walker.page.locator(".fault").all_inner_texts()

    assert "application" in (walker.page.locator("header .bell").first.get_attribute("title") or "")
    walker.go("/registration_applications")
    walker.shoot("applications")
    walker.page.locator(f"article:has-text('{name}') summary").click()
    walker.page.locator(f"article:has-text('{name}') [name=deny_reason]").fill("Not today")
    walker.page.locator(f"article:has-text('{name}') button[value=false]").click()
    walker.page.wait_for_load_state()
    walker.go("/registration_applications?view=All")
    assert "Not today" in walker.text()
    walker.shoot("applications-all")

    walker.go(f"/post/{post['id']}/purge")
    walker.press("Purge")
    assert walker.sees("#sure-fault")
    walker.fill(reason="Illegal")
    walker.field("sure").check()
    walker.shoot("purge")
    walker.press("Purge")
    assert walker.path == f"/c/{home['name']}"
    walker.go("/u/eve")
    walker.follow("Moderate")
    walker.fill(banned_reason="Enough")
    walker.press("Ban from the site")
    walker.shoot("person-banned")
    walker.press("Lift the ban", "#banned")
    assert "Done." in walker.text()
    walker.go(f"/c/{home['name']}/settings")
    walker.fill(hidden_reason="Quiet")
    walker.press("Hide")
    walker.press("Show again")
    walker.go("/instances")
    walker.shoot("instances")
    walker.go("/modlog")
    walker.shoot("modlog-admin")
    site.instance.execute("UPDATE local_site SET registration_mode = 'Open', application_question = NULL")


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_a_newcomer_sets_the_site_up(
    window: tuple[int, Scheme], browser: Browser, tmp_path: Path, free_port: Callable[[], int], screenshots: Path
) -> None:
    with instances.running(tmp_path / "new", free_port(), config={"setup": None}) as instance:
        printed = re.search(r"http://\S+(/setup\?token=\S+)", instance.logged("/setup?token="))
        assert printed is not None
        walker = Walker(browser, instance.url, screenshots, *window, prefix="desk")
        walker.go("/setup")
        assert walker.status == 403
        walker.go(printed[1])
        walker.shoot("setup")
        walker.fill(username="ada", password="a long password", password_verify="another", site_name="Hearth", community_name="tea")
        walker.press("Set it up")
        assert walker.sees("#password_verify-fault")
        assert walker.field("site_name").input_value() == "Hearth"
        walker.fill(password="a long password", password_verify="a long password")
        walker.press("Set it up")
        assert walker.path == "/c/tea"
        assert walker.sees("header .account")
        walker.shoot("setup-done")
        walker.close()
