"""The log of moderation as a feed, in the words of its page (`http/web/modlog_line.py`)."""

from collections.abc import Iterator
from typing import Any

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import modlog
from lemmy_lite.domain.modlog import Filter
from lemmy_lite.http.feeds import items
from lemmy_lite.http.feeds.feed import Author, Feed, Item
from lemmy_lite.http.feeds.sources import Asking
from lemmy_lite.http.web.modlog_line import Line, line_of
from lemmy_lite.http.web.wording import community_path, excerpt, handle, href, person_path
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.paging import page

_SOMEBODY = "A moderator"


def log(asking: Asking, community_id: CommunityId | None = None) -> Feed:
    """The newest entries of all kinds, or of `actionType`; of one community or of the site. Raises couldnt_find_community."""
    path, name = "/modlog", "Moderation log"
    if community_id is not None:
        found = communities.existing(asking.tx, community_id)
        # Of a community that only members see, strangers learn not even the name.
        if found.visibility is CommunityVisibility.LOCAL_ONLY and asking.viewer is None:
            raise LemmyError("couldnt_find_community", missing=True)
        path, name = f"/modlog/{community_id}", f"Moderation log of {handle(found)}"
    asked = asking.params
    entries = modlog.entries(
        asking.tx, asking.viewer, Filter(kind=asked.action_type, community_id=community_id), page(asked.limit, asked.page)
    )
    lines = [line_of(kind, view) for kind, views in entries.items() for view in views]
    lines.sort(key=lambda line: line.when, reverse=True)
    return asking.feed(name, path, [_item(asking, line) for line in lines[: asked.limit]])


def _item(asking: Asking, line: Line) -> Item:
    base = asking.context.config.base_url
    who = handle(line.moderator) if line.moderator else _SOMEBODY
    parts: list[str | tuple[str, str]] = [(who, base + person_path(line.moderator)) if line.moderator else who, line.deed]
    for preposition, kind, what in line.parts:
        words, path = _thing(kind, what)
        parts += [preposition, (words, base + path)]
    parts += _ends(line)
    return Item(
        url=f"{base}{href('/modlog', actionType=line.kind.value)}#{line.kind.value}-{line.id}",
        title=" ".join(part[0] if isinstance(part, tuple) else part for part in parts if part),
        html=items.sentence(parts, line.reason),
        published=line.when,
        author=Author(name=who, url=line.moderator.actor_id if line.moderator else base),
        category=line.kind.value,
    )


def _thing(kind: str, what: Any) -> tuple[str, str]:
    """What a sentence is about: words, and the path of its page."""
    match kind:
        case "post":
            return what.name or "a deleted post", f"/post/{what.id}"
        case "comment":
            return excerpt(what.content, 100) or "a comment", f"/comment/{what.id}"
        case "community":
            return handle(what), community_path(what)
        case _:
            return handle(what), person_path(what)


def _ends(line: Line) -> Iterator[str]:
    if line.where:
        yield line.where
    if line.expires:
        yield f"until {line.expires:%Y-%m-%d %H:%M} UTC"
