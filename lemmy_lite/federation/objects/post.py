"""Posts on the wire: Page, and what other software calls Article, Video, Event or Question."""

from lemmy_lite.context import Context
from lemmy_lite.domain import disk_thread
from lemmy_lite.domain import post as posts
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.objects import received_post, texts, written
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.model.clock import micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person, post


def to_wire(tx: Transaction, context: Context, found: Post) -> objects.Written:
    """The document of a post."""
    home = community.existing(tx, found.community_id)
    called = [written.call(each) for each in written.called_in(tx, found.body)]
    return objects.Written(
        id=found.ap_id,
        type="Page",
        attributed_to=person.existing(tx, found.creator_id).actor_id,
        to=[home.actor_id, values.PUBLIC],
        cc=[each.href for each in called],
        name=found.name,
        content=texts.html(tx, context, found.body),
        media_type="text/html",
        source=values.written(found.body),
        attachment=[_attachment(found)] if found.url else [],
        image=values.image(found.thumbnail_url),
        sensitive=found.nsfw,
        published=texts.when(found.published),
        updated=texts.when(found.updated),
        language=values.language(found.language_id),
        audience=home.actor_id,
        tag=[objects.Hashtag(type="Hashtag", href=found.ap_id, name=f"#{home.name}"), *called],
        context=context_id(found),
        stickied=found.featured_community,
        comments_enabled=not found.locked,
    )


def context_id(found: Post) -> str | None:
    """The collection of the thread below a post, in Lemmy's words of release 1.0; None where its home would have to serve it."""
    return f"{found.ap_id}/context" if found.local else None


def receive(
    tx: Transaction,
    evidence: Evidence,
    context: Context,
    wire: objects.Written,
    *,
    edited: bool = False,
    announcer: Community | None = None,
) -> Post:
    """Enter a post, or change it when this is newer than what stands here; `edited` takes one without times for newer.

    It belongs to the community that it names, else to the `announcer` of its own host. Raises Needs, Refused, LemmyError.
    """
    written.verify(tx, context, wire)
    known = post.by_ap_id(tx, wire.id)
    if known is not None:
        return _change(tx, evidence, context, known, wire, edited=edited)
    home = written.addressed_community(tx, wire, announcer)
    author = written.author(tx, wire)
    made = posts.create(tx, context, author, received_post.form(tx, evidence, wire, home), origin=written.origin(tx, wire))
    if wire.comments_enabled is False and origins.origin(home.actor_id) == origins.origin(wire.id):
        # Only who keeps the community may close a thread in it; PeerTube says so in the film itself.
        post.update(tx, made.id, locked=True)
    return post.existing(tx, made.id)


def _change(tx: Transaction, evidence: Evidence, context: Context, known: Post, wire: objects.Written, *, edited: bool) -> Post:
    author = person.existing(tx, known.creator_id)
    if author.actor_id != written.author_id(wire):
        raise Refused("foreign_object", f"{wire.id[:200]} was written by somebody else")
    home = community.existing(tx, known.community_id)
    written.require_audience(wire, home)
    origin = written.origin(tx, wire)
    if disk_thread.missing(tx, known.id) is not None:
        disk_thread.come_back(tx, context, known, received_post.form(tx, evidence, wire, home))
    if not is_newer(origin, micros(known.updated) if known.updated else None, edited=edited):
        return known
    return posts.edit(tx, context, author, known.id, received_post.form(tx, evidence, wire, home), origin=origin)


def is_newer(origin: RemoteOrigin, stands: int | None, *, edited: bool) -> bool:
    """Whether a document that came in is younger than the row: what is not dated counts only as an Update, and only the first time."""
    if origin.updated is None:
        return edited and stands is None
    return stands is None or origin.updated > stands


def _attachment(found: Post) -> objects.Attachment:
    if (found.url_content_type or "").startswith("image"):
        return objects.Attachment(type="Image", url=found.url, media_type=found.url_content_type, name=found.alt_text)
    return objects.Attachment(type="Link", href=found.url, media_type=found.url_content_type)
