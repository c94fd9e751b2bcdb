"""Which addresses of the site become files, and of what name.

Every page is a file `NAME.html`, its following pages lie in a folder beside it (`c/tea.html`, `c/tea/2.html`): links end in files, so a
browser that opens them from a disk needs no server that knows of an index.
"""

import posixpath
import re
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from lemmy_lite.http.web.wording import href


class Kind(StrEnum):
    """What is done with what comes back."""

    PAGE = "page"
    FEED = "feed"
    FILE = "file"


class Place(NamedTuple):
    """`target` is asked for, and lies in `file` then; of a post's page `post` is the number."""

    target: str
    file: str
    kind: Kind = Kind.PAGE
    post: int | None = None


TILE: Final = "static/tile.svg"

LISTS: Final = {"listingType": "Local", "sort": "New"}
"""How the front page is asked for: what is said here, the newest first, as an order that moves with time means nothing in a file."""

_COMMUNITIES: Final = {"listingType": "Local", "sort": "New"}
_NEWEST: Final = {"sort": "New"}
_DEFAULTS: Final = {"dataType": "Post", "postListingMode": "List", "view": "Overview"}

_SEGMENT: Final = re.compile(r"[^\x00-\x1f/\\:*?\"<>|.@][^\x00-\x1f/\\:*?\"<>|@]{0,254}")
"""A name that any file system takes."""
_NUMBER: Final = re.compile(r"\d{1,18}")
_SUFFIX: Final = re.compile(r"\.(?:xml|rss|atom)$")

_CONTENT: Final = frozenset(
    {"", "forum", "archive", "language", "about", "c", "u", "post", "comment", "communities", "legal", "feeds", "pictrs", "static"}
)


def offers(path: str) -> bool:
    """Whether an address of ours is a door, such as `/login`, and no content."""
    return path.partition("?")[0].strip("/").partition("/")[0] not in _CONTENT


def place(target: str, hostname: str, *, blog: bool) -> Place | None:
    """Where an address of ours lies in the export, None if nowhere. `target` is path and query; `blog`: the front page is one."""
    path, _, query = target.partition("#")[0].partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if any(part and not _SEGMENT.fullmatch(part.partition("@")[0]) for part in parts):
        return None
    match parts:
        case [""] if blog:
            return Place("/", "index.html") if not asked else _listed(asked, "forum.html")
        case [""]:
            return _listed(asked, "index.html")
        case ["forum"]:
            return _listed(asked, "forum.html" if blog else "index.html")
        case ["communities"]:
            return _page("/communities", _COMMUNITIES, asked, "communities.html")
        case ["legal"] | ["about"] | ["archive"]:
            return _page(f"/{parts[0]}", {}, asked, f"{parts[0]}.html")
        case ["archive", *dates] if len(dates) < 3 and all(_NUMBER.fullmatch(each) for each in dates):
            # With a dash, as `archive/2026/10.html` is the tenth page of that year.
            return _page(path, {}, asked, f"archive/{'-'.join(dates)}.html")
        case ["language", code]:
            return _page(path, {}, asked, f"language/{code}.html")
        case [("c" | "u") as kind, name]:
            short = _local(name, hostname)
            return None if short is None else _page(f"/{kind}/{quote(short)}", _NEWEST, asked, f"{kind}/{short}.html")
        case ["post", number] if _NUMBER.fullmatch(number):
            found = _page(f"/post/{int(number)}", {}, asked, f"post/{int(number)}.html")
            return None if found is None else found._replace(post=int(number))
        case ["comment", number] if _NUMBER.fullmatch(number):
            return _page(f"/comment/{int(number)}", {}, asked, f"comment/{int(number)}.html")
        case ["static", _, name]:
            return Place(path, f"static/{name}", Kind.FILE)
        case ["pictrs", "image", name]:
            return Place(target.partition("#")[0], _picture(name, asked), Kind.FILE)
        case ["feeds", *rest]:
            return _feed(rest, hostname)
    return None


def numbered(of: Place, target: str, number: int) -> Place:
    """A following page, counted from 2."""
    return of._replace(target=target, file=f"{of.file.removesuffix('.html')}/{number}.html")


def relative(source: str, target: str) -> str:
    """The way from one file of the export to another, as it stands in a link."""
    return quote(posixpath.relpath(target, posixpath.dirname(source) or "."), safe="/")


def _listed(asked: dict[str, str], file: str) -> Place | None:
    return _page("/", LISTS, asked, file)


def _page(path: str, wanted: dict[str, str], asked: dict[str, str], file: str) -> Place | None:
    """The page, unless another order or another part of it is asked for than that which is exported."""
    known = _DEFAULTS | wanted
    if any(known.get(name) != value for name, value in asked.items()):
        return None
    return Place(href(path, **wanted), file)


def _local(name: str, hostname: str) -> str | None:
    """The name of somebody of this site in small letters, as no two differ in these alone."""
    short, _, host = name.partition("@")
    return short.lower() if host.lower() in ("", hostname.lower()) and short else None


def _picture(name: str, asked: dict[str, str]) -> str:
    stem, _, suffix = name.rpartition(".")
    size = asked.get("thumbnail", "")
    suffix = asked.get("format", suffix)
    return f"pictures/{stem}{f'-{size}' if size.isdecimal() else ''}.{suffix if suffix.isalnum() else 'jpg'}"


def _feed(parts: list[str], hostname: str) -> Place | None:
    if not parts or not _SUFFIX.search(parts[-1]):
        return None
    match [*parts[:-1], _SUFFIX.sub("", parts[-1])]:
        case [("local" | "all" | "blog") as name]:
            name = "local" if name == "all" else name
            return Place(f"/feeds/{name}.atom", f"feeds/{name}.atom", Kind.FEED)
        case [("c" | "u") as kind, name] if (short := _local(name, hostname)) is not None:
            return Place(f"/feeds/{kind}/{quote(short)}.atom", f"feeds/{kind}/{short}.atom", Kind.FEED)
    return None
