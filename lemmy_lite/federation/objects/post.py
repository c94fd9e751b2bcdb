"""Posts on the wire: Page, and what other software calls Article, Video, Event or Question."""

from lemmy_lite.context import Context
from lemmy_lite.domain import post as posts
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.objects import texts, written
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.model.clock import micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person, post
from lemmy_lite.text import links, markdown, names

MOST_TITLE = names.LIMITS["post title"].most
MOST_ALT_TEXT = names.LIMITS["alt text"].most


def to_wire(tx: Transaction, context: Context, found: Post) -> objects.Written:
    """The document of a post."""
    home = community.existing(tx, found.community_id)
    return objects.Written(
        id=found.ap_id,
        type="Page",
        attributed_to=person.existing(tx, found.creator_id).actor_id,
        to=[home.actor_id, values.PUBLIC],
        cc=[],
        name=found.name,
        content=texts.html(context, found.body),
        media_type="text/html",
        source=values.written(found.body),
        attachment=[_attachment(found)] if found.url else [],
        image=values.image(found.thumbnail_url),
        sensitive=found.nsfw,
        published=texts.when(found.published),
        updated=texts.when(found.updated),
        language=values.language(found.language_id),
        audience=home.actor_id,
        tag=[objects.Hashtag(type="Hashtag", href=found.ap_id, name=f"#{home.name}")],
        context=context_id(found),
        stickied=found.featured_community,
        comments_enabled=not found.locked,
    )


def context_id(found: Post) -> str | None:
    """The collection of the thread below a post, in Lemmy's words of release 1.0; None where its home would have to serve it."""
    return f"{found.ap_id}/context" if found.local else None


def receive(tx: Transaction, context: Context, wire: objects.Written, *, edited: bool = False) -> Post:
    """Enter a post, or change it when this is newer than what stands here; `edited` takes one without times for newer.

    Raises Needs, Refused, LemmyError.
    """
    written.verify(tx, context, wire)
    known = post.by_ap_id(tx, wire.id)
    if known is not None:
        return _change(tx, context, known, wire, edited=edited)
    home = written.addressed_community(tx, wire)
    author = written.author(tx, wire)
    form = _form(tx, wire, home)
    return posts.create(tx, context, author, form, origin=written.origin(tx, wire))


def _change(tx: Transaction, context: Context, known: Post, wire: objects.Written, *, edited: bool) -> Post:
    author = person.existing(tx, known.creator_id)
    if author.actor_id != written.author_id(wire):
        raise Refused("foreign_object", f"{wire.id[:200]} was written by somebody else")
    home = community.existing(tx, known.community_id)
    written.require_audience(wire, home)
    origin = written.origin(tx, wire)
    if not is_newer(origin, micros(known.updated) if known.updated else None, edited=edited):
        return known
    return posts.edit(tx, context, author, known.id, _form(tx, wire, home), origin=origin)


def is_newer(origin: RemoteOrigin, stands: int | None, *, edited: bool) -> bool:
    """Whether a document that came in is younger than the row: what is not dated counts only as an Update, and only the first time."""
    if origin.updated is None:
        return edited and stands is None
    return stands is None or origin.updated > stands


def _form(tx: Transaction, wire: objects.Written, home: Community) -> PostForm:
    body = texts.markdown_of(wire.content, wire.source, wire.media_type)
    return PostForm(
        community_id=home.id,
        name=_title(wire, home, body),
        url=_url(wire),
        body=texts.shortened(body, names.LIMITS["post body"].most) or "",
        alt_text=texts.shortened(_alt_text(wire), MOST_ALT_TEXT) or "",
        nsfw=wire.sensitive is True,
        language_id=written.language(tx, wire, home),
    )


def _title(wire: objects.Written, home: Community, body: str | None) -> str:
    """Its name; the first line of the text where there is none, as in posts from Mastodon, without the call of the community."""
    name = values.text(wire.name)
    if name is None:
        lines = (markdown.plain(body) if body else "").replace(f"@{home.name}", "").strip().splitlines()
        name = lines[0].strip() if lines else ""
    name = " ".join(name.split())[:MOST_TITLE].strip()
    if not name:
        raise Refused("no_title", f"{wire.id[:200]} has neither a name nor a text")
    return name


def _url(wire: objects.Written) -> str:
    """The link of a post, the first of its attachments; a video is linked itself. One that no post may have is left out."""
    found = values.link(wire.attachment) or (wire.id if wire.type == "Video" else None)
    if found is None:
        return ""
    try:
        links.check_post_url(found)
    except LemmyError:
        return ""
    return found


def _alt_text(wire: objects.Written) -> str | None:
    first = wire.attachment[0] if isinstance(wire.attachment, list) and wire.attachment else wire.attachment
    return values.text(first.get("name")) if isinstance(first, dict) and first.get("type") != "Link" else None


def _attachment(found: Post) -> objects.Attachment:
    if (found.url_content_type or "").startswith("image"):
        return objects.Attachment(type="Image", url=found.url, media_type=found.url_content_type, name=found.alt_text)
    return objects.Attachment(type="Link", href=found.url, media_type=found.url_content_type)
