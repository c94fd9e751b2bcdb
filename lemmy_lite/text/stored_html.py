"""How the HTML of a body is stored beside its markdown: not at all where it is only the paragraphs of the text, as most comments are.

What is written here twice is half of what a comment takes on the disk, and such paragraphs cost less to write than to read.
"""

from html import escape
from typing import Final

PLAIN: Final = "="
"""Stands for HTML that `plain` makes of the text itself; what is rendered is empty or begins with a tag."""


def pack(source: str, rendered: str) -> str:
    """What to store for a text and its HTML: PLAIN, or the HTML."""
    return PLAIN if rendered == plain(source) else rendered


def unpack(source: str, stored: str) -> str:
    """The HTML of a text of which `stored` is kept."""
    return plain(source) if stored == PLAIN else stored


def plain(source: str) -> str:
    """Paragraphs without anything to mark up, exactly as `markdown.render` writes them where there is nothing."""
    return "<p>" + escape(source, quote=False).replace("\n\n", "</p>\n<p>") + "</p>\n"
