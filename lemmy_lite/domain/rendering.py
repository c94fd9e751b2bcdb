"""Stored renderings for pages and feeds: what was rendered when it was written, or, if the renderer has changed since, rendered anew.

A read does not write: a text of an older version is rendered at each reading until it is edited (or the job of a later release renews it).
"""

from collections.abc import Sequence
from functools import lru_cache

from lemmy_lite.context import Context
from lemmy_lite.domain import image_proxy
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.community import Community
from lemmy_lite.model.notification import CommentReplyView, PersonMentionView
from lemmy_lite.model.post import PostView
from lemmy_lite.model.private_message import PrivateMessageView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, post
from lemmy_lite.text import markdown, stored_html
from lemmy_lite.text.markdown import RENDERER_VERSION, Options


def options(context: Context) -> Options:
    """How this site renders: names of its own are shortened, its own links are not external."""
    return Options(host=context.config.hostname)


def posts(tx: Transaction, context: Context, views: Sequence[PostView]) -> dict[int, str]:
    """The bodies of these posts as HTML; those without a body are left out."""
    texts = {view.post.id: view.post.body for view in views if view.post.body}
    return {number: _fresh(context, texts[number], stored) for number, stored in (post.html(tx, list(texts)) if texts else {}).items()}


def comments(tx: Transaction, context: Context, views: Sequence[CommentView | CommentReplyView | PersonMentionView]) -> dict[int, str]:
    """The contents of these comments as HTML; those whose text the viewer may not see (it is empty in the view) are left out."""
    texts = {view.comment.id: view.comment.content for view in views if view.comment.content}
    return {number: _fresh(context, texts[number], stored) for number, stored in (comment.html(tx, list(texts)) if texts else {}).items()}


def description(tx: Transaction, context: Context, of: Community) -> str | None:
    """A community's description as HTML."""
    return _fresh(context, of.description, community.html(tx, of.id)) if of.description else None


def messages(context: Context, views: Sequence[PrivateMessageView]) -> dict[int, str]:
    """The contents of private messages as HTML, which is not stored, as only two people ever read it."""
    return {view.private_message.id: text(context, view.private_message.content) or "" for view in views}


def text(context: Context, source: str | None) -> str | None:
    """A text that is not stored rendered, such as a profile's or the site's own; the latest are remembered."""
    return image_proxy.in_page(context, _rendered(source, context.config.hostname)) if source else None


def _fresh(context: Context, source: str, stored: tuple[str | None, int]) -> str:
    return image_proxy.in_page(context, of_stored(source, stored, options(context)))


def of_stored(source: str, stored: tuple[str | None, int], how: Options) -> str:
    """The HTML of a text, from what is stored of it and by which version of the renderer, where that is good still."""
    html, version = stored
    return markdown.render(source, how) if html is None or version != RENDERER_VERSION else stored_html.unpack(source, html)


@lru_cache(maxsize=64)
def _rendered(source: str, host: str) -> str:
    return markdown.render(source, Options(host=host))
