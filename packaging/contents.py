"""What the executable carries beyond what PyInstaller finds by itself, and what it does not carry although something imports it."""

import re
from pathlib import Path

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

# Imported by name at run time: our own rooms (migrations and the like) and the optional Postgres.
PACKAGES_IN_FULL = ("lemmy_lite", "psycopg", "psycopg_pool")

# Read at run time: the sounds and the font of captchas.
DATA_IN_FULL = ("captcha",)

# Something imports each of these, in a part that an instance never runs.
LEFT_OUT = {
    "faker": "examples in Litestar's OpenAPI documents",
    "polyfactory": "the same",
    "jsonschema": "validation of such documents",
    "rich": "Litestar's own command line",
    "rich_click": "the same",
    "litestar.cli": "the same",
    "litestar.testing": "Litestar's test client",
    "httpx": "the same",
    "httpcore": "the same",
    "h11": "the same",
    "litestar.contrib": "plug-ins for libraries that are not used",
    "litestar.plugins.htmx": "the same",
    "litestar_htmx": "the same",
    "setuptools": "read by a hook of PyInstaller's",
    "pkg_resources": "the same",
    "_distutils_hack": "the same",
    "distutils": "the same",
    "pip": "never imported",
    "charset_normalizer": "guessing of encodings in BeautifulSoup; received HTML is UTF-8 text already",
    "chardet": "the same",
    "lxml": "another parser of BeautifulSoup's",
    "html5lib": "the same",
    "numpy": "conversions in Pillow and captcha",
    "PIL.ImageQt": "Pillow's windows",
    "PIL.ImageTk": "the same",
    "tkinter": "windows",
    "mypy": "annotations",
    "pygments": "coloured tracebacks",
    "pytest": "plug-ins of libraries",
    "hypothesis": "the same",
    "uvloop": "another event loop",
    "winloop": "the same",
    "rloop": "the same",
    "test": "the standard library's own tests",
    "lib2to3": "a tool",
    "ensurepip": "a tool",
    "idlelib": "a tool",
    "turtledemo": "a tool",
    "pydoc_data": "help texts of the interactive prompt",
    "curses": "terminal screens",
    "readline": "the interactive prompt",
}

# Files, by a pattern of their place in the executable.
FILES_LEFT_OUT = (
    r"^(?!assets/).*\.(c|pyx|pxd|pyi|h|md|rst)$",
    r"^faker/",
    r"^setuptools/",
    r"^frozenlist/_frozenlist\.",  # the only one in the server that needs libstdc++, 0.9 MB; it has the same in Python, for four lists
    r"\.dist-info/(?!METADATA$)",  # METADATA holds the version, which Litestar asks for
)

# babel knows a thousand languages in 30 MB; those that the site is translated into are enough.
LANGUAGE_FILE = re.compile(r"^babel/locale-data/(\w+)\.dat$")


def hidden_imports() -> list[str]:
    """Every module that must be carried although no import statement names it."""
    return [module for package in PACKAGES_IN_FULL for module in collect_submodules(package)]


def data_files() -> list[tuple[str, str]]:
    """The files of libraries that PyInstaller does not find by itself."""
    return [entry for package in DATA_IN_FULL for entry in collect_data_files(package)]


def trimmed(entries: list[tuple[str, str, str]], languages: set[str]) -> list[tuple[str, str, str]]:
    """The entries of a PyInstaller table of contents without FILES_LEFT_OUT and without languages other than the given ones."""
    return [
        entry
        for entry in entries
        if not any(re.search(pattern, entry[0]) for pattern in FILES_LEFT_OUT)
        and (not (language := LANGUAGE_FILE.match(entry[0])) or language[1].split("_")[0] in languages)
    ]


def languages(locale: Path) -> set[str]:
    """The languages of assets/locale, by the first part of each file's or folder's name, with babel's root and English."""
    return {"root", "en"} | {re.split(r"[-_.]", path.name)[0].lower() for path in locale.glob("*")}
