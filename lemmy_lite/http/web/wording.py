"""How values are worded on a page: times, numbers, names and addresses. Pure functions, each a filter of the templates."""

import re
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote, urlencode

from lemmy_lite.model import web_address
from lemmy_lite.text.translations import phrase

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONTH = 30 * DAY
YEAR = 365 * DAY

SAFE_SCHEMES = frozenset({"http", "https", "magnet"})
"""What a post may link to (api-v3.json, validation "post url"); anything else is never made a link, however it got into a row."""

_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}|>|[-*+]|\d+[.)])\s+")
_MARK = re.compile(r"[*`~^]+|(?<!\w)_+|_+(?!\w)")
"""What markdown adds to words; an underscore inside a word is part of it."""

TONES = 6
"""Number of muted colours for monograms and thread lines; the classes t0 to t5 of site.css."""


class Actor(Protocol):
    """What a person and a community have in common here."""

    @property
    def name(self) -> str: ...
    @property
    def actor_id(self) -> str: ...
    @property
    def local(self) -> bool: ...


def age(when: datetime, now: datetime) -> tuple[str, int]:
    """The age as a unit of AGES and how many of it; a time ahead of us (a peer's clock) is `now`."""
    seconds = int((now - when).total_seconds())
    if seconds < MINUTE:
        return "now", 0
    for below, step, unit in ((HOUR, MINUTE, "min"), (DAY, HOUR, "h"), (MONTH, DAY, "d"), (YEAR, MONTH, "mo")):
        if seconds < below:
            return unit, seconds // step
    return "y", seconds // YEAR


AGES: Mapping[str, tuple[str, str]] = {
    "now": ("just now", "just now"),
    "min": ("{count} min ago", "{count} min ago"),
    "h": ("{count} h ago", "{count} h ago"),
    "d": ("{count} d ago", "{count} d ago"),
    "mo": ("{count} mo ago", "{count} mo ago"),
    "y": ("{count} y ago", "{count} y ago"),
}
"""How ages are said, by unit: one and many, as other languages tell them apart."""


def exact_time(when: datetime) -> str:
    """The minute in UTC, as `2026-11-22 20:04 UTC`, for the title of a relative time."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def machine_time(when: datetime) -> str:
    """The same minute for `<time datetime>`, as `2026-11-22T20:04Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def excerpt(markdown: str, most: int = 140) -> str:
    """The first paragraph as plain words on one line, for a list where there is no room for its rendering."""
    for paragraph in re.split(r"\n\s*\n", markdown):
        lines = (_LINE_MARK.sub("", line) for line in paragraph.splitlines() if not line.lstrip().startswith((":::", "```", "|")))
        words = _MARK.sub("", _LINK.sub(r"\1", _PICTURE.sub("", " ".join(lines)))).split()
        if words:
            return textwrap.shorten(" ".join(words), most, placeholder=" …")
    return ""


def host(address: str) -> str:
    """The host of an address without `www.`, with a port that is not the scheme's own; empty for magnet links and broken addresses."""
    named, port = web_address.host(address), web_address.port(address)
    return named.removeprefix("www.") + (f":{port}" if port not in (None, 80, 443) else "")


def short_address(address: str) -> str:
    """An address as people say it, without its scheme and a last slash."""
    return address.partition("://")[2].removeprefix("www.").rstrip("/") or address


def outbound(address: str | None) -> str | None:
    """The address if it may stand in a link, else None."""
    if address is None:
        return None
    scheme, colon, _ = address.partition(":")
    return address if colon and scheme.strip().lower() in SAFE_SCHEMES and scheme == scheme.strip() else None


def handle(actor: Actor) -> str:
    """`name` of a local actor, `name@host` of a remote one (the port belongs to it, as in webfinger)."""
    place = "" if actor.local else web_address.parts(actor.actor_id).netloc
    return f"{actor.name}@{place}" if place else actor.name


def community_path(community: Actor) -> str:
    """`/c/NAME` or `/c/NAME@host`, percent-encoded: names may be Arabic or Cyrillic."""
    return "/c/" + quote(handle(community), safe="@:")


def person_path(person: Actor) -> str:
    """`/u/NAME` or `/u/NAME@host`, percent-encoded."""
    return "/u/" + quote(handle(person), safe="@:")


def href(path: str, **query: object) -> str:
    """A path of ours with those query values that are set: None, False and the empty string are left out."""
    given = {name: value for name, value in query.items() if value is not None and value is not False and value != ""}
    return f"{path}?{urlencode(given)}" if given else path


_PROGRAMS = (
    ("Tor Browser", r"Tor Browser"),
    ("Edge", r"\bEdg(?:A|iOS)?/"),
    ("Opera", r"\bOPR/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|Chromium|CriOS)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("Mac", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def program(user_agent: str | None) -> str:
    """The program of a session in a few words, as `Firefox (Linux)`; what is no browser by its own first word, as apps name themselves."""
    if not user_agent:
        return phrase("Unknown program")
    name = next((name for name, mark in _PROGRAMS if re.search(mark, user_agent)), None)
    if name is None:
        return textwrap.shorten(user_agent.split("/")[0], 40, placeholder="…") or phrase("Unknown program")
    system = next((name for name, mark in _SYSTEMS if re.search(mark, user_agent)), None)
    return f"{name} ({system})" if system else name


def initial(name: str) -> str:
    """The first letter or digit of a name, upper case, for a monogram."""
    return next((letter.upper() for letter in name if letter.isalnum()), "\u2022")


def tone(row_id: int) -> str:
    """The colour class of a row's monogram: the same community always wears the same colour."""
    return f"t{row_id % TONES}"
