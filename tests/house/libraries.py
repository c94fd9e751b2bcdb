"""One library, one room (DESIGN §7): who may import what from outside."""

import sys
from fnmatch import fnmatch
from pathlib import Path

from tests.house.imports import imports
from tests.house.sources import PACKAGE, sources

# Places are patterns of paths inside the package.
LIBRARIES = {
    "litestar": ("http/*", "app.py"),
    "granian": ("http/*", "app.py"),
    "aiosqlite": ("storage/*",),
    "psycopg": ("storage/*",),
    "psycopg_pool": ("storage/*",),
    "msgspec": ("*",),
    "cryptography": ("crypto/*",),
    "bcrypt": ("crypto/*",),
    "jwt": ("crypto/*",),
    "pyotp": ("crypto/*",),
    "PIL": ("media/*",),
    "multipart": ("http/*",),
    "mistune": ("text/*",),
    "nh3": ("text/*",),
    "markdownify": ("text/*",),
    "bs4": ("text/*",),
    "babel": ("text/*",),
    "selectolax": ("text/*",),
    "aiohttp": ("net/*",),
    "aiohttp_socks": ("net/*",),
    "python_socks": ("net/*",),
    "yarl": ("net/*",),
    "idna": ("net/*",),
    "jinja2": ("http/web/*", "mail/*"),
    "markupsafe": ("http/web/*", "http/feeds/items.py", "mail/*"),
    "hjson": ("config/*",),
    "click": ("cli/*",),
    "aiosmtplib": ("mail/*",),
    "prometheus_client": ("http/metrics.py",),
    "captcha": ("media/*",),
    "segno": ("text/*",),
}

# Parts of the standard library that a room owns: the database, what reaches the network, and what nobody should use.
STANDARD_LIBRARY = {
    "sqlite3": ("storage/*",),
    "socket": ("net/*", "http/server.py", "http/listening.py", "http/sieve.py", "control/*"),
    "socketserver": (),
    "http.client": ("net/*",),
    "http.server": (),
    "urllib.request": (),
    # Raises at some addresses: a stranger's is for model/web_address.py, configuration and what was checked may be read anywhere below.
    "urllib.parse.urlsplit": ("model/web_address.py", "config/*", "storage/*", "net/*", "domain/adoption/*", "http/export/*"),
    "urllib.parse.urlparse": (),
    "urllib.parse.urljoin": ("net/origin.py", "text/link_metadata.py", "text/activity_link.py", "text/oembed.py"),
    "smtplib": (),
    "ftplib": (),
    "xmlrpc": (),
    "pickle": (),
}


def violations(top: Path) -> list[str]:
    """Imports of an outside library where the tables do not allow it; a library in no table is allowed nowhere."""
    return [
        f"{source.at(each.line)}: {each.name} belongs to {' and '.join(places) or 'no room'}"
        for source in sources(top)
        for each in imports(source)
        if (places := _places(each.name)) is not None and not any(fnmatch(source.place, place) for place in places)
    ]


def _places(name: str) -> tuple[str, ...] | None:
    """Where a name may be imported; None where there is no rule."""
    for module, places in STANDARD_LIBRARY.items():
        if f"{name}.".startswith(f"{module}."):
            return places
    library = name.split(".")[0]
    if library == PACKAGE or library in sys.stdlib_module_names:
        return None
    return LIBRARIES.get(library, ())
