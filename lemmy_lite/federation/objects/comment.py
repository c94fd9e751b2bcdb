"""Comments on the wire: Note with `inReplyTo`."""

import msgspec

from lemmy_lite.context import Context
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import moderation
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Needs, Refused
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.objects import attachments, texts, written
from lemmy_lite.federation.objects.post import context_id, is_newer
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.model.clock import micros
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, community_moderator, person, post
from lemmy_lite.text import mentions


def to_wire(tx: Transaction, context: Context, found: Comment) -> objects.Written:
    """The document of a comment. It goes to the public, its community, the author it answers, and whom it calls by name."""
    of_post = post.existing(tx, found.post_id)
    home = community.existing(tx, of_post.community_id)
    above = comments.ancestors(found.path)
    parent = comment.existing(tx, above[-1]) if above else None
    answered = person.existing(tx, parent.creator_id if parent else of_post.creator_id)
    people = {each.actor_id: each for each in (answered, *written.called_in(tx, found.content))}
    called = [written.call(each) for each in people.values()]
    return objects.Written(
        id=found.ap_id,
        type="Note",
        attributed_to=person.existing(tx, found.creator_id).actor_id,
        to=[values.PUBLIC],
        cc=list(dict.fromkeys([home.actor_id, *(each.href for each in called)])),
        content=texts.html(tx, context, found.content),
        media_type="text/html",
        source=values.written(found.content),
        in_reply_to=parent.ap_id if parent else of_post.ap_id,
        published=texts.when(found.published),
        updated=texts.when(found.updated),
        language=values.language(found.language_id),
        audience=home.actor_id,
        tag=called,
        attachment=[],
        context=context_id(of_post),
        distinguished=found.distinguished,
    )


def receive(tx: Transaction, evidence: Evidence, context: Context, wire: objects.Written, *, edited: bool = False) -> Comment:
    """Enter a comment below what it answers, or change it when this is newer; `edited` as for posts.

    Raises Needs (its parent, its author, its text), Refused, LemmyError.
    """
    written.verify(tx, context, wire)
    known = comment.by_ap_id(tx, wire.id)
    if known is not None:
        return _change(tx, evidence, context, known, wire, edited=edited)
    of_post, parent = _parents(tx, context, wire)
    home = community.existing(tx, of_post.community_id)
    if home.visibility is not CommunityVisibility.PUBLIC:
        raise Refused("not_a_community", f"{wire.id[:200]} answers in a community that others do not see")
    written.require_audience(wire, home)
    author = written.author(tx, wire)
    form = msgspec.structs.replace(_form(tx, evidence, wire, home), post_id=of_post.id, parent_id=parent.id if parent else msgspec.UNSET)
    created = comments.create(tx, context, author, form, origin=_origin(tx, wire, form))
    return _distinguished(tx, created, wire, author, home)


def _change(tx: Transaction, evidence: Evidence, context: Context, known: Comment, wire: objects.Written, *, edited: bool) -> Comment:
    author = person.existing(tx, known.creator_id)
    if author.actor_id != written.author_id(wire):
        raise Refused("foreign_object", f"{wire.id[:200]} was written by somebody else")
    home = community.existing(tx, post.existing(tx, known.post_id).community_id)
    written.require_audience(wire, home)
    origin = written.origin(tx, wire)
    stands = micros(known.updated) if known.updated else None
    if is_newer(origin, stands, edited=edited):
        form = _form(tx, evidence, wire, home)
        known = comments.edit(tx, context, author, known.id, form, origin=_origin(tx, wire, form))
    elif origin.updated is not None and stands is not None and origin.updated < stands:
        return known
    return _distinguished(tx, known, wire, author, home)


def _origin(tx: Transaction, wire: objects.Written, form: CommentForm) -> RemoteOrigin:
    """Its id and times, and the local people whom it calls by tags (PeerTube, Mbin) or by links that show another name (Friendica)."""
    linked = mentions.linked(form.content) if isinstance(form.content, str) else []
    named = dict.fromkeys([*(each.href for each in written.calls(wire)), *linked[: written.MOST_CALLED]])
    found = (person.by_actor_id(tx, ap_id) for ap_id in named)
    return msgspec.structs.replace(written.origin(tx, wire), called=tuple(each.id for each in found if each is not None and each.local))


def _distinguished(tx: Transaction, found: Comment, wire: objects.Written, author: Person, home: Community) -> Comment:
    """Mark it as spoken for the moderators, or no longer, if its author is one; Lemmy does so without a new `updated`."""
    wished = wire.distinguished
    if not isinstance(wished, bool) or wished == found.distinguished or not community_moderator.moderates(tx, author.id, home.id):
        return found
    return moderation.distinguish_comment(tx, author, found.id, wished)


def _parents(tx: Transaction, context: Context, wire: objects.Written) -> tuple[Post, Comment | None]:
    """The post it belongs to, and the comment it answers, if it answers one."""
    parent_id = values.one(wire.in_reply_to)
    if parent_id is None:
        raise Refused("no_parent", f"{wire.id[:200]} answers nothing")
    if (above := comment.by_ap_id(tx, parent_id)) is not None:
        return post.existing(tx, above.post_id), above
    if (found := post.by_ap_id(tx, parent_id)) is not None:
        return found, None
    origins.require_remote(context.config, parent_id)
    raise Needs(parent_id)


def _form(tx: Transaction, evidence: Evidence, wire: objects.Written, home: Community) -> CommentForm:
    content = texts.markdown_of(evidence, wire.id, wire.content, wire.source, wire.media_type) or ""
    content = attachments.appended(content, attachments.listed(wire))
    if not content:
        raise Refused("no_content", f"{wire.id[:200]} says nothing")
    return CommentForm(content=texts.shortened_to(content, "comment"), language_id=written.language(tx, wire, home))
