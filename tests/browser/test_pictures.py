"""A picture's life in a browser: uploaded with a post, seen, deleted and purged; each step leaves exactly the files it should."""

from pathlib import Path

import pytest

from tests.browser.conftest import Site
from tests.browser.walker import Walker
from tests.interop.network import eventually
from tests.media import pictures

pytestmark = pytest.mark.browser


def _files(site: Site) -> list[str]:
    folder = site.instance.data_dir / "images"
    return sorted(path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file())


def test_a_picture_is_posted_seen_and_purged_and_no_file_of_it_stays(admin: Walker, site: Site, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(pictures.with_metadata("JPEG", size=(900, 600)))
    page, base = admin.page, site.instance.url
    page.goto(f"{base}/create_community")
    page.fill("[name=name]", "photos")
    page.fill("[name=title]", "Photos")
    page.locator("main button.main").last.click()
    assert _files(site) == []

    page.goto(f"{base}/create_post?communityId=2")
    page.fill("[name=name]", "Seen from a train")
    page.set_input_files("[name=picture]", str(photo))
    page.locator("main button[type=submit].main, main button.main").last.click()
    page.wait_for_url("**/post/*")
    shown = page.locator("main img[src*='/pictrs/image/']").first
    shown.wait_for()
    assert page.evaluate("image => image.decode().then(() => image.naturalWidth)", shown.element_handle()) > 0
    assert _files(site).count("uploads") == 1
    (stored,) = (path for path in (site.instance.data_dir / "images/uploads").rglob("*") if path.is_file())
    assert pictures.GPS not in stored.read_bytes()

    address = page.url
    page.goto(f"{address.partition('?')[0]}/purge")
    page.check("[name=sure]")
    page.locator("main form[action$='/purge'] button").last.click()
    page.wait_for_load_state()
    eventually(lambda: not _files(site))
