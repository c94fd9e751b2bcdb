"""The static files of the site, addressed by their content, so that a browser may keep them for ever.

The address holds a hash of the bytes: `/static/<hash>/<name>`. A new release changes the address, never what an address answers.
All files together are some tens of kB, so they are read once and kept in memory.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from lemmy_lite import assets
from lemmy_lite.http.web import themes
from lemmy_lite.http.web.themes import Theme
from lemmy_lite.model.struct import Struct

HASH_LENGTH = 12
"""Hexadecimal digits of SHA-256 in an address: 48 bits, ample against a stale copy, short on a page that names the sprite often."""

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Every kind of file that may lie in `assets/static`; a file of another kind stops the start."""

CACHE_CONTROL = "public, max-age=31536000, immutable"


_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def squeezed(sheet: bytes) -> bytes:
    """A style sheet without its comments and line breaks, which our own sheets never need inside a value."""
    lines = _COMMENT.sub("", sheet.decode()).splitlines()
    return "".join(line.strip() for line in lines).encode()


def squeezed_script(script: bytes) -> bytes:
    """A script without comment lines and indentation. Ours has no text over several lines, the only place where either could matter."""
    lines = (line.strip() for line in script.decode().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


SQUEEZED = {".css": squeezed, ".js": squeezed_script}


class StaticFile(Struct):
    """One file as it is answered."""

    name: str
    address: str
    content_type: str
    content: bytes


class Statics:
    """All static files by address and by name."""

    def __init__(self, files: Mapping[str, bytes], themes: Mapping[str, Theme] | None = None) -> None:
        """`themes` are those of the data folder by name; their sheets are `theme-NAME.css`. Raises KeyError for a file whose kind is not in
        CONTENT_TYPES."""
        self.themes = {} if themes is None else themes
        files = {**files, **{f"theme-{theme.name}.css": theme.sheet for theme in self.themes.values()}}
        self._by_name: dict[str, StaticFile] = {}
        self._by_address: dict[str, StaticFile] = {}
        for name, content in files.items():
            digest = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
            kind = CONTENT_TYPES[name[name.rindex(".") :]]
            file = StaticFile(name=name, address=f"/static/{digest}/{name}", content_type=kind, content=content)
            self._by_name[name] = file
            self._by_address[file.address] = file

    def address(self, name: str) -> str:
        """The address a page links to. Raises KeyError for an unknown name: a template's typing error, found by its test."""
        return self._by_name[name].address

    def find(self, address: str) -> StaticFile | None:
        """The file behind a request's path; None for an unknown name or an outdated hash."""
        return self._by_address.get(address)


def load_statics(data_dir: Path | None = None) -> Statics:
    """Reads `assets/static` once, at start, and the themes of the data folder."""
    files = {file.name: file.read_bytes() for file in sorted(assets.path("static").iterdir()) if file.is_file()}
    own = themes.load(data_dir) if data_dir is not None else None
    return Statics({name: _squeezed(name, content) for name, content in files.items()}, own)


def _squeezed(name: str, content: bytes) -> bytes:
    by = SQUEEZED.get(name[name.rindex(".") :])
    return by(content) if by else content
