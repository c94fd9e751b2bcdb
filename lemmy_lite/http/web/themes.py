"""Themes of one's own: `themes/<name>.css` in the data folder, read at start, offered in the settings beside ours.

    :root { color-scheme: dark; --bg: #10151c; --card: #171e27; --accent: #f0b35a }

Such a file is no style sheet that a browser is given: its colours are read out, and a sheet with nothing but them is made. So it can
neither load nor hide nor move anything, whoever wrote it, and the policy of the pages stays as it is. The variables are those of the
first rules of assets/static/site.css; one that is left out is as in our own light or dark theme.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lemmy_lite.http.web import choices
from lemmy_lite.model.struct import Struct

log = logging.getLogger(__name__)

FOLDER: Final = "themes"
MOST_THEMES: Final = 50
LONGEST: Final = 16 * 2**10
"""Bytes of a file: some thirty colours take one kilobyte."""

_SHADES: Final = ("t0", "t1", "t2", "t3", "t4", "t5")
VARIABLES: Final = frozenset(
    (
        *("bg", "card", "ink", "soft", "line", "tint", "link", "seen"),
        *("accent", "on-accent", "accent-tint", "down", "down-tint", "bad", "bad-tint"),
        *_SHADES,
    )
)
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,29}")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_SHEET: Final = re.compile(r"\s*:root\s*\{([^{}]*)\}\s*")
_COLOUR: Final = re.compile(
    r"#(?:[0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})"
    r"|(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\([0-9a-z .,%/-]{1,60}\)"
)


class WrongTheme(ValueError):
    """Why a file is no theme, in a sentence."""


class Theme(Struct):
    """One theme: its name in the settings, the words of `data-theme` that choose it, and its sheet."""

    name: str
    words: str
    sheet: bytes


def load(data_dir: Path) -> Mapping[str, Theme]:
    """The themes of the data folder by name. A file that is none is passed over, and the log says why."""
    try:
        files = sorted(path for path in (data_dir / FOLDER).glob("*.css") if path.is_file())
    except OSError as error:
        log.warning("the folder of themes cannot be read: %s", error)
        return {}
    found: dict[str, Theme] = {}
    for path in files[:MOST_THEMES]:
        try:
            with path.open("rb") as file:
                found[path.stem] = read(path.stem, file.read(LONGEST + 1))
        except (OSError, WrongTheme) as error:
            log.warning("the theme %s is left out: %s", path.name, error)
    return found


def read(name: str, content: bytes) -> Theme:
    """A theme from its file. Raises WrongTheme."""
    if not _NAME.fullmatch(name) or name.endswith("-compact") or name in choices.THEME_COLOURS:
        raise WrongTheme(f"“{name}” is no name for a theme, or one of ours: lower-case letters, digits and hyphens.")
    if len(content) > LONGEST:
        raise WrongTheme(f"it is longer than {LONGEST} bytes.")
    try:
        sheet = _SHEET.fullmatch(_COMMENT.sub("", content.decode().lower()))
    except UnicodeDecodeError:
        sheet = None
    if sheet is None:
        raise WrongTheme("it is not one rule :root { … } with colours.")
    colours, scheme = _declared(sheet[1])
    rules = ";".join(f"--{variable}:{colour}" for variable, colour in colours.items())
    return Theme(name=name, words=f"{scheme} own-{name}", sheet=f':root[data-theme~="own-{name}"]{{{rules}}}'.encode())


def _declared(rule: str) -> tuple[dict[str, str], str]:
    """The colours by variable, and whether the theme is light or dark."""
    colours: dict[str, str] = {}
    scheme = "light"
    for line in filter(None, (part.strip() for part in rule.split(";"))):
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "color-scheme" and value in ("light", "dark"):
            scheme = value
        elif key.removeprefix("--") in VARIABLES and key.startswith("--") and _COLOUR.fullmatch(value):
            colours[key[2:]] = value
        else:
            raise WrongTheme(f"“{line[:60]}” sets no colour of ours to a colour.")
    return colours, scheme
