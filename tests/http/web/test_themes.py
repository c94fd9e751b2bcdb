"""Themes from a folder: colours and nothing else."""

from pathlib import Path

import pytest

from lemmy_lite.http.web import themes
from lemmy_lite.http.web.themes import WrongTheme
from tests.http.web import lab

DUSK = "/* made at home */\n:root { color-scheme: dark; --bg: #10151C;\n --accent: oklch(70% 0.1 80 / 90%); }\n"


def test_a_theme_is_its_colours_alone() -> None:
    theme = themes.read("dusk", DUSK.encode())
    assert theme.words == "dark own-dusk"
    assert theme.sheet == b':root[data-theme~="own-dusk"]{--bg:#10151c;--accent:oklch(70% 0.1 80 / 90%)}'


@pytest.mark.parametrize(
    "sheet",
    [
        ":root{--bg:url(https://spy.example/x)}",
        ":root{--bg:#fff} body{display:none}",
        ":root{--bg:#fff}@import 'x';",
        ":root{--sans:Comic Sans}",
        ":root{--bg:red;}",
        ":root{--bg:var(--ink)}",
        ":root{--bg:#fff;background:#000}",
        "body{--bg:#fff}",
        ":root{--bg:#fff",
        ":root{--bg:rgb(1,2,3);--bg:\\75rl(x)}",
        "",
        "\udcff",
        ":root{" + "--bg:#fff;" * 2000 + "}",
    ],
)
def test_what_is_more_than_colours_is_no_theme(sheet: str) -> None:
    with pytest.raises(WrongTheme):
        themes.read("dusk", sheet.encode(errors="surrogateescape"))


@pytest.mark.parametrize("name", ["darkly", "browser", "Dusk", "dusk-compact", "9lives", "a b", '"]{}', "x" * 31])
def test_a_theme_has_a_plain_name_that_is_not_ours(name: str) -> None:
    with pytest.raises(WrongTheme):
        themes.read(name, DUSK.encode())


def test_a_reader_and_a_site_choose_a_theme_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "themes"
    folder.mkdir(parents=True, mode=0o700)
    (folder.parent).chmod(0o700)
    (folder / "dusk.css").write_text(DUSK)
    (folder / "broken.css").write_text("body{}")
    with lab.site(tmp_path) as place:
        ann = place.member("ann")
        page = ann.get("/settings")
        assert '<option value="dusk">Dusk</option>' in page.html
        assert "broken" not in page.html
        assert "own-dusk" not in page.html
        shown = page.submit(press="Save", theme="dusk", density="-compact")
        assert 'data-theme="dark own-dusk" class="compact"' in shown.html
        address = shown.html.partition("/theme-dusk.css")[0].rpartition('"')[2] + "/theme-dusk.css"
        sheet = ann.get(address)
        assert (sheet.status, sheet.answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert sheet.html.startswith(':root[data-theme~="own-dusk"]{')
        stranger = place.stranger()
        assert "own-dusk" not in stranger.get("/").html
        admin = place.log_in("admin")
        admin.get("/admin?tab=site").submit(press="Save", default_theme="dusk")
        assert 'data-theme="dark own-dusk"' in stranger.get("/communities").html


def test_a_theme_that_is_gone_leaves_the_device_to_choose(tmp_path: Path) -> None:
    with lab.site(tmp_path) as place:
        ann = place.member("ann", theme="dusk")
        page = ann.get("/settings")
        assert "data-theme" not in page.html
        assert "theme-dusk" not in page.html
