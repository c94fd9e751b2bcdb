"""Posts and comments as entries of a feed, worded as Lemmy's feeds word them. HTML is made by escaping templates only."""

import re
from collections.abc import Iterable
from datetime import datetime

from markupsafe import Markup

from lemmy_lite.context import Context
from lemmy_lite.http.feeds.feed import Author, Item, Media
from lemmy_lite.http.web.wording import community_path, outbound
from lemmy_lite.model.comment import Comment, CommentView
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.notification import CommentReplyView, PersonMentionView
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostView

_HEAD = Markup(
    'submitted by <a href="{author_url}">{author}</a> to <a href="{community_url}">{community}</a><br>'
    '{score} points | <a href="{url}">{comments} comments</a>'
)
_PICTURE = Markup('<br><a href="{link}"><img src="{link}" alt="{alt}"></a>')
_LINK = Markup('<br><a href="{link}">{link}</a>')
_COMMENT_HEAD = Markup('<a href="{author_url}">{author}</a> on <a href="{post_url}">{title}</a>, {score} points<br>')

_NAMED = Markup('<a href="{url}">{words}</a>')
_QUOTED = Markup("<br><q>{quoted}</q>")

_OWN_LINK = re.compile(r'(<[a-z]+ [^<>]*?(?:href|src)=")/(?!/)')
"""A link within the site; a feed reader does not know which site that is."""


def of_post(context: Context, view: PostView, html: str | None) -> Item:
    """A post as `image_proxy.shown` has it; `html` is its rendered body."""
    base = context.config.base_url
    post, url = view.post, f"{base}/post/{view.post.id}"
    link = outbound(post.url)
    head = _HEAD.format(
        author_url=view.creator.actor_id,
        author=view.creator.name,
        community_url=f"{base}{community_path(view.community)}",
        community=view.community.name,
        score=view.counts.score,
        url=url,
        comments=view.counts.comments,
    )
    return Item(
        url=url,
        title=post.name,
        html=absolute(context, f"{head}{_linked(post, link)}{html or ''}"),
        published=post.published,
        updated=_edited(post.published, post.updated),
        author=_author(view.creator),
        category=view.community.title,
        external=link,
        enclosure=Media(url=link, type=post.url_content_type or "application/octet-stream") if link else None,
        image=outbound(post.thumbnail_url),
        comments=url,
    )


def of_essay(context: Context, view: PostView, html: str | None) -> Item:
    """A post of a blog: its text and nothing else, as it stands on its page. Its category is its language."""
    url = f"{context.config.base_url}/post/{view.post.id}"
    link = outbound(view.post.url)
    spoken = LANGUAGES[view.post.language_id].name if 0 < view.post.language_id < len(LANGUAGES) else None
    return Item(
        url=url,
        title=view.post.name,
        html=absolute(context, f"{_linked(view.post, link)}".removeprefix("<br>") + (html or "")),
        published=view.post.published,
        updated=_edited(view.post.published, view.post.updated),
        author=_author(view.creator),
        category=spoken,
        external=link,
        image=outbound(view.post.thumbnail_url),
        comments=f"{url}#comments",
    )


def of_comment(context: Context, view: CommentView | CommentReplyView | PersonMentionView, html: str | None, title: str) -> Item:
    """A comment; `html` is its rendered text, None where it is not shown."""
    base = context.config.base_url
    url = f"{base}/comment/{view.comment.id}"
    head = _COMMENT_HEAD.format(
        author_url=view.creator.actor_id,
        author=view.creator.name,
        post_url=f"{base}/post/{view.post.id}",
        title=view.post.name,
        score=view.counts.score,
    )
    return Item(
        url=url,
        title=title,
        html=absolute(context, f"{head}{html or _absent(view.comment)}"),
        published=view.comment.published,
        updated=_edited(view.comment.published, view.comment.updated),
        author=_author(view.creator),
        category=view.community.title,
        comments=url,
    )


def sentence(parts: Iterable[str | tuple[str, str]], quoted: str | None = None) -> str:
    """HTML of plain words and of things, each its words and address; after it what somebody is quoted with."""
    said = Markup(" ").join(_NAMED.format(url=part[1], words=part[0]) if isinstance(part, tuple) else part for part in parts if part)
    return str(said + _QUOTED.format(quoted=quoted) if quoted else said)


def absolute(context: Context, html: str) -> str:
    """HTML whose links lead to this site from anywhere."""
    return _OWN_LINK.sub(rf"\1{context.config.base_url}/", html)


def _linked(post: Post, link: str | None) -> Markup:
    if link is None:
        return Markup()
    if (post.url_content_type or "").startswith("image/"):
        return _PICTURE.format(link=link, alt=post.alt_text or "")
    return _LINK.format(link=link)


def _absent(comment: Comment) -> str:
    return "deleted by its author" if comment.deleted else "removed by a moderator" if comment.removed else ""


def _author(person: Person) -> Author:
    return Author(name=person.display_name or person.name, url=person.actor_id)


def _edited(published: datetime, updated: datetime | None) -> datetime | None:
    return updated if updated is not None and updated > published else None
