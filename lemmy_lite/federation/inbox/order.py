"""Which votes need not wait behind the activities of their host that are kept in rows.

A host's activities have their effect in the order in which they came, but a vote only has to come after votes of the same person on the
same thing, and after what decides who may vote at all. So while a lane waits for a stranger's document or works through comments, the other
votes of its host, four activities in five, have their effect at once and need no row.
"""

from collections import Counter
from typing import NamedTuple

from lemmy_lite.federation.fetch import Document
from lemmy_lite.federation.inbox import voting
from lemmy_lite.federation.protocol import values

_WRAPPERS = ("Announce", "Undo")
_MOST_LEVELS = 3


class About(NamedTuple):
    """What a kept activity holds up: with `key` None all votes of its host, with "" none, else those that have this key."""

    key: str | None


EVERYTHING = About(None)
NOTHING = About("")


class Order:
    """What the rows of each host hold up. Rows of an earlier run, whose contents are not known here, hold up everything."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, About]] = {}
        self._keys: dict[str, Counter[About]] = {}
        self._unknown: set[str] = set()

    def keep(self, host: str, ap_id: str, document: Document) -> bool:
        """An activity is about to be kept in a row; call it before the row is written. Answers False when it was kept already."""
        kept = self._kept.setdefault(host, {})
        if ap_id in kept:
            return False
        kept[ap_id] = about(document)
        self._keys.setdefault(host, Counter())[kept[ap_id]] += 1
        return True

    def settled(self, host: str, ap_id: str) -> None:
        """A row has left, was put aside, or was never written."""
        kept = self._kept.get(host)
        held = kept.pop(ap_id, None) if kept is not None else None
        if held is None:
            return
        self._keys[host][held] -= 1
        if not self._keys[host][held]:
            del self._keys[host][held]
        if not kept:
            del self._kept[host], self._keys[host]

    def found(self, host: str) -> None:
        """A host has rows of which nothing is known."""
        self._unknown.add(host)

    def rested(self, host: str) -> None:
        """The last row of a host that was found is settled."""
        self._unknown.discard(host)

    def lets_pass(self, host: str, vote: Document) -> bool:
        """Whether a vote of a host may have its effect before what the host's rows hold."""
        keys = self._keys.get(host, ())
        return host not in self._unknown and not (keys and {EVERYTHING, about(vote), About(object_of(vote))}.intersection(keys))


def about(document: Document) -> About:
    """What an activity holds up as long as it waits: a vote those of the same person on the same thing, what was written those on it."""
    inner = _innermost(document)
    kind, target = values.kind(inner), values.one(inner.get("object"))
    if kind in voting.SCORES:
        return About(f"{values.one(inner.get('actor'))} {target}")
    if kind == "Create" and target:
        return About(target)
    # A person who leaves takes along what they may do.
    return NOTHING if kind in ("Delete", "Update") and target != values.one(inner.get("actor")) else EVERYTHING


def object_of(document: Document) -> str:
    """The id of what an activity is about in the end; empty for none."""
    return values.one(_innermost(document).get("object")) or ""


def _innermost(document: Document) -> Document:
    for _ in range(_MOST_LEVELS):
        inside = document.get("object")
        if values.kind(document) not in _WRAPPERS or not isinstance(inside, dict):
            break
        document = inside
    return document
