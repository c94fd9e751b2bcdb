"""Who is called by name in a text."""

import re
from typing import Final, NamedTuple

# The contract's pattern. The quantifiers are possessive or at the end, so that nothing is tried twice.
_MENTION: Final = re.compile(r"@(?P<name>[\w.]++)@(?P<host>[a-zA-Z0-9._:-]+)")


class Mention(NamedTuple):
    """A person as written in a text: a name and the host, lower case, with its port if one was written."""

    name: str
    host: str


# What HTML of peers becomes: Friendica's calls show a display name, with the person's address behind it.
_LINKED: Final = re.compile(r"\[@[^\[\]\n]{1,255}\]\((?P<href>https?://[^()\s<>]{1,2000})\)")


def linked(text: str) -> list[str]:
    """The address behind each link of a markdown text that is written as a call, `[@Ann](https://example.com/u/ann)`; once each."""
    return list(dict.fromkeys(match["href"] for match in _LINKED.finditer(text)))


def find(text: str) -> list[Mention]:
    """Every `@name@host` in a markdown text, once each, in order of appearance.

    A bare `@name` is no mention. Punctuation after the host ("thanks @ann@example.com.") is the sentence's, not the host's;
    Lemmy counts it in and so fails to notify.
    """
    mentions = (Mention(match["name"], match["host"].rstrip("._:-").lower()) for match in _MENTION.finditer(text))
    return list(dict.fromkeys(mention for mention in mentions if mention.host))
