"""Bundled and static files, and the colours of the sheet."""

import re
import sys
from pathlib import Path

import pytest

from lemmy_lite import assets
from lemmy_lite.http.web.choices import THEME_COLOURS
from lemmy_lite.http.web.policy import CONTENT_SECURITY_POLICY
from lemmy_lite.http.web.static import Statics, load_statics, squeezed

TEXTS = ("ink", "soft", "link", "seen", "accent", "bad", "down")
GROUNDS = ("bg", "card")


def test_the_address_changes_with_the_content_and_an_old_one_answers_nothing() -> None:
    one, two = Statics({"a.css": b"a{}"}), Statics({"a.css": b"b{}"})
    assert one.address("a.css") != two.address("a.css")
    file = one.find(one.address("a.css"))
    assert file is not None
    assert (file.content, file.content_type) == (b"a{}", "text/css; charset=utf-8")
    assert two.find(one.address("a.css")) is None
    assert one.find("/static/../a.css") is None


def test_a_file_of_an_unknown_kind_stops_the_start() -> None:
    with pytest.raises(KeyError):
        Statics({"page.html": b""})


def test_the_frozen_program_finds_its_files_where_they_were_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "assets" / "static").mkdir(parents=True)
    (tmp_path / "assets" / "static" / "x.css").write_bytes(b"x{}")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assets.folder.cache_clear()
    try:
        assert assets.path("static/x.css").read_bytes() == b"x{}"
        with pytest.raises(FileNotFoundError, match=r"static/y\.css"):
            assets.path("static/y.css")
        monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "nowhere"))
        assets.folder.cache_clear()
        with pytest.raises(FileNotFoundError, match="bundled files are missing"):
            assets.folder()
    finally:
        assets.folder.cache_clear()


def test_squeezing_keeps_every_rule() -> None:
    assert squeezed(b"/* a\n b */\na{b:c}\n\n @media(x){\n d{e:f g}\n}\n") == b"a{b:c}@media(x){d{e:f g}}"


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


def test_the_sheet_and_the_sprite_load_nothing_from_anywhere() -> None:
    statics = load_statics()
    for name in ("site.css", "icons.svg", "logo.svg"):
        file = statics.find(statics.address(name))
        assert file is not None
        text = file.content.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"url\(|@import|https?:|<style|<script|style=", text), name


def test_every_icon_the_templates_name_is_in_the_sprite() -> None:
    sprite = assets.path("static/icons.svg").read_text()
    wanted = {
        name
        for path in assets.path("templates").glob("*.html")
        for call in re.findall(r"icon\(([^)]*)\)", path.read_text())
        for name in re.findall(r"'([a-z]+)'", call)
    }
    assert wanted
    assert wanted == {name for name in wanted if f'id="{name}"' in sprite}


def palettes() -> dict[str, dict[str, str]]:
    """The colours of each look, by the words of `data-theme`."""
    sheet = assets.path("static/site.css").read_text()

    def colours(rules: str) -> dict[str, str]:
        return dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]{3,8})", rules))

    light = colours(sheet[: sheet.index("@media(prefers-color-scheme")])
    dark_rules = sheet[sheet.index("@media(prefers-color-scheme") : sheet.index(":root[data-theme~=light]")]
    chosen = sheet[sheet.index(":root[data-theme~=dark]") : sheet.index(":root[data-theme~=red]")]
    assert colours(dark_rules) == colours(chosen)
    found = {"light": light, "dark": {**light, **colours(chosen)}}
    for words in filter(None, THEME_COLOURS.values()):
        first, _, special = words.partition(" ")
        if special:
            rules = re.findall(rf':root\[data-theme(?:~={special}|="{words}")\]\{{(.*?)\}}', sheet)
            assert rules, words
            found[words] = {**found[first], **colours("".join(rules))}
    return found


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two colours written as #rgb or #rrggbb."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", palettes())
def test_every_text_colour_can_be_read_on_every_ground(scheme: str) -> None:
    colours = palettes()[scheme]
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [
        ("ink", "tint"),
        ("soft", "tint"),
        ("accent", "accent-tint"),
        ("ink", "accent-tint"),
        ("bad", "bad-tint"),
        ("down", "down-tint"),
    ]
    pairs += [("on-accent", "accent")]
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("number", range(6))
def test_a_monogram_can_be_read_on_its_colour(number: int) -> None:
    assert contrast("#ffffff", palettes()["light"][f"t{number}"]) >= 4.5
