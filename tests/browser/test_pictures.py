"""A picture's life in a browser: uploaded with a post, seen, deleted and purged; each step leaves exactly the files it should."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site
from tests.browser.walker import Walker
from tests.interop.network import eventually
from tests.media import pictures

pytestmark = pytest.mark.browser


def _files(site: Site) -> list[str]:
    folder = site.instance.data_dir / "images"
    return sorted(path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file())


def _posted(page: Page, base: str, photo: Path, name: str) -> str:
    """Post a picture by the form; answers the post's address."""
    page.goto(f"{base}/create_post?communityId=2")
    page.fill("[name=name]", name)
    page.set_input_files("[name=picture]", str(photo))
    page.locator("main button[type=submit].main, main button.main").last.click()
    page.wait_for_url("**/post/*")
    return page.url.partition("?")[0]


def _sees(page: Page, selector: str) -> None:
    shown = page.locator(selector).first
    shown.scroll_into_view_if_needed()
    assert page.evaluate("image => image.decode().then(() => image.naturalWidth)", shown.element_handle()) > 0


def test_a_picture_is_posted_seen_deleted_by_its_author_and_another_purged_and_no_file_stays(
    admin: Walker, site: Site, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(pictures.with_metadata("JPEG", size=(900, 600)))
    page, base = admin.page, site.instance.url
    page.goto(f"{base}/create_community")
    page.fill("[name=name]", "photos")
    page.fill("[name=title]", "Photos")
    page.locator("main button.main").last.click()
    assert _files(site) == []

    post = _posted(page, base, photo, "Seen from a train")
    _sees(page, "main img[src*='/pictrs/image/']")
    assert _files(site).count("uploads") == 1
    address = str(page.locator("main img[src*='/pictrs/image/']").first.get_attribute("src"))
    assert page.request.get(f"{base}{address}").status == 200
    (stored,) = (path for path in (site.instance.data_dir / "images/uploads").rglob("*") if path.is_file())
    assert pictures.GPS not in stored.read_bytes()
    page.goto(f"{base}/settings/uploads")
    _sees(page, "main .gallery img")
    assert set(_files(site)) == {"uploads", "cache"}, "a small one was made"

    page.goto(post)
    admin.press("Delete", "article.whole .deeds")
    assert "Deleted by its author." in admin.text("article.whole")
    assert _files(site).count("uploads") == 1, "its author may bring the post back"
    page.goto(f"{base}/settings/uploads")
    page.locator("main .gallery [name=deleted]").click()
    page.wait_for_url("**done=delete*")
    assert page.locator("main .gallery").count() == 0
    eventually(lambda: not _files(site))
    assert page.request.get(f"{base}{address}").status == 404

    post = _posted(page, base, photo, "Seen again")
    assert _files(site).count("uploads") == 1
    page.goto(f"{post}/purge")
    page.check("[name=sure]")
    page.locator("main form[action$='/purge'] button").last.click()
    page.wait_for_load_state()
    eventually(lambda: not _files(site))
