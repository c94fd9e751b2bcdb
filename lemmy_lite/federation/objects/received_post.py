"""What a received object is as a post: title, link, text. Each software says these in its own way.

| software | type | link | title |
| --- | --- | --- | --- |
| Lemmy, PieFed, Mbin | Page, Note | first attachment: Link or Image | `name` |
| lotide, Friendica | Page | `url`, where it leads to another host | `name` |
| PeerTube | Video | its page, the text/html one in the list of `url` | `name` |
| Mobilizon | Event | first attachment: Document or Link | `name` |
| WordPress, NodeBB, Discourse | Article, Note | first attachment, or the page of an Article at `url` | `name` |
| Mastodon, Pleroma | Note, Question | first attachment: Document, with its description | first line of the text |
"""

import re
from collections.abc import Iterator
from typing import Final

from lemmy_lite.domain import ahead
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.objects import attachments, texts, written
from lemmy_lite.federation.objects.attachments import Attached
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import links, markdown, names

MOST_TITLE = names.LIMITS["post title"].most
MOST_OPTIONS = 20
"""Answers of a poll that are shown; Mastodon allows four, others ten."""
LINKED_ITSELF: Final = frozenset({"Video", "Article", "Audio"})
"""What is more than its text, so that its own page is the link: Lemmy links films so; an Article may have lost its pictures here."""


def form(tx: Transaction, evidence: Evidence, wire: objects.Written, home: Community) -> PostForm:
    """The post that an object describes, within Lemmy's bounds. Raises NeedsText, Unready, Refused (`no_title`)."""
    attached = attachments.listed(wire)
    text = texts.markdown_of(evidence, wire.id, wire.content, wire.source, wire.media_type) or ""
    url = _url(wire, attached)
    shown_already = attached[:1] if attached and attached[0].url == url else []
    body = text if values.source(wire.source) is not None else "\n\n".join(_with_the_rest(wire, text, attached[len(shown_already) :]))
    alt_text = next((each.alt_text for each in shown_already if each.kind != "Link"), None)
    return PostForm(
        community_id=home.id,
        name=_title(tx, wire, home, text),
        url=url,
        body=texts.shortened_to(body, "post body"),
        alt_text=texts.shortened_to(alt_text or "", "alt text"),
        nsfw=wire.sensitive is True,
        language_id=written.language(tx, wire, home),
    )


def _title(tx: Transaction, wire: objects.Written, home: Community, text: str) -> str:
    """Its name; the first line of the text where there is none, without the call of the community."""
    name = values.text(wire.name)
    if name is None:
        called = re.compile(rf"@{re.escape(home.name)}(?:@[\w.:-]+)?", re.IGNORECASE)
        lines = (called.sub("", line).strip() for line in ahead.of_text(tx, text, "plain", markdown.plain, of=wire.id).splitlines())
        name = next((line for line in lines if line), "")
    name = " ".join(name.split())[:MOST_TITLE].strip()
    if not name:
        raise Refused("no_title", f"{wire.id[:200]} has neither a name nor a text")
    return name


def _with_the_rest(wire: objects.Written, text: str, attached: list[Attached]) -> Iterator[str]:
    """The text, the answers of a poll, and the pictures beside the first, which is the link."""
    if text:
        yield text
    if options := "\n".join(f"- {name}" for name in _options(wire)):
        yield options
    if pictures := attachments.appended("", [each for each in attached if each.is_shown]):
        yield pictures


def _options(wire: objects.Written) -> Iterator[str]:
    listed = wire.one_of if isinstance(wire.one_of, list) else wire.any_of
    for each in listed[:MOST_OPTIONS] if isinstance(listed, list) else []:
        if isinstance(each, dict) and (name := values.text(each.get("name"))):
            yield " ".join(name.split())


def _url(wire: objects.Written, attached: list[Attached]) -> str:
    """The link of a post; none where it is one that no post may have."""
    found = next((each.url for each in attached), None) or _own_page(wire)
    if found is None:
        return ""
    try:
        links.check_post_url(found)
    except LemmyError:
        return ""
    return found


def _own_page(wire: objects.Written) -> str | None:
    """What `url` says besides: the page of a film or article, or what a link post of lotide and Friendica leads to."""
    listed = wire.url if isinstance(wire.url, list) else [wire.url]
    pages = [each for each in listed[: values.MOST_VALUES] if not isinstance(each, dict) or each.get("mediaType") in (None, "text/html")]
    page = values.link(pages)
    if wire.type in LINKED_ITSELF:
        return page or wire.id
    if wire.type != "Page" or page is None:
        return None
    try:
        return page if origins.origin(page) != origins.origin(wire.id) else None
    except Refused:
        return None
