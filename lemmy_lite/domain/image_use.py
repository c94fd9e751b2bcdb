"""Where pictures are used, so that what goes takes its own along and nobody else's (security.md, "purge too little/too much").

A use counts only for whoever uploaded the picture: to write somebody else's address into a post neither keeps that picture from being
deleted nor deletes it. Copies of what posts link to belong to nobody and go with the last post that shows them.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import ahead
from lemmy_lite.domain import image as images
from lemmy_lite.model.events import (
    CommentCreated,
    CommentEdited,
    CommunityCreated,
    CommunityEdited,
    Event,
    PersonEdited,
    PostCreated,
    PostEdited,
    SiteEdited,
)
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, image, local_user, person, post, site
from lemmy_lite.text import image_links

FACES = ("person", "community", "site")
"""Nouns whose picture goes when it is replaced, as in Lemmy: avatars, icons, banners."""


HEARS: Final = (
    *(PostCreated, PostEdited, CommentCreated, CommentEdited),
    *(PersonEdited, CommunityCreated, CommunityEdited, SiteEdited),
)
Subscriber = Callable[[Transaction, Event], None]


def within(context: Context) -> Subscriber:
    """Subscriber in the transaction of each event: follows which pictures are used where."""
    return partial(_follow, context)


def _follow(context: Context, tx: Transaction, event: Event) -> None:
    match event:
        case PostCreated() | PostEdited():
            of_post(tx, context, event.post_id)
        case CommentCreated() | CommentEdited():
            found = comment.get(tx, event.comment_id)
            if found is not None:
                _set(tx, context, "comment", found.id, found.creator_id, (), found.content)
        case PersonEdited():
            someone = person.get(tx, event.actor_id)
            if someone is not None and someone.local:
                _set(tx, context, "person", someone.id, someone.id, (someone.avatar, someone.banner))
                _set(tx, context, "profile", someone.id, someone.id, (), someone.bio)
        case CommunityCreated() | CommunityEdited():
            home = community.get(tx, event.community_id)
            if home is not None and home.local:
                _set(tx, context, "community", home.id, event.actor_id, (home.icon, home.banner))
                _set(tx, context, "description", home.id, event.actor_id, (), home.description)
        case SiteEdited():
            view = site.view(tx)
            if view is not None:
                _set(tx, context, "site", view.site.id, event.actor_id, (view.site.icon, view.site.banner))
                _set(tx, context, "sidebar", view.site.id, event.actor_id, (), view.site.sidebar)


def of_post(tx: Transaction, context: Context, post_id: PostId) -> None:
    """Follow the pictures of a post; a copy that it no longer shows goes."""
    found = post.get(tx, post_id)
    if found is not None:
        _set(tx, context, "post", found.id, found.creator_id, (found.url, found.thumbnail_url), found.body)


def _set(
    tx: Transaction,
    context: Context,
    noun: str,
    number: int,
    author_id: PersonId,
    links: Iterable[str | None],
    text: str | None = None,
) -> None:
    shown = [*links, *(ahead.of_text(tx, text, "images", image_links.image_urls) if text and images.PATH in text else ())]
    used = {alias for alias in (images.alias_of(context, link) for link in shown) if alias is not None}
    dropped = image.without_use(tx, image.set_uses(tx, noun, number, used, author_id))
    images.discard(tx, [alias for alias in dropped if _goes(tx, alias, noun, author_id)])


def _goes(tx: Transaction, alias: str, noun: str, author_id: PersonId) -> bool:
    """Whether a picture that was replaced, and is used nowhere else, is deleted: one's own avatar, icon or banner, and copies."""
    found = image.get(tx, alias)
    if found is None or found.local_user_id is None:
        return found is not None
    owner = local_user.of_person(tx, author_id)
    return noun in FACES and owner is not None and owner.id == found.local_user_id


def gone_with_post(tx: Transaction, post_id: PostId) -> None:
    """Delete the pictures of a post and of its comments. To be called before the rows go."""
    _release(tx, {"comment": image.comments_of_posts(tx, [post_id]), "post": [post_id]})


def gone_with_comment(tx: Transaction, comment_id: CommentId, post_id: PostId, path: str) -> None:
    """Delete the pictures of a comment and of those below it. To be called before the rows go."""
    _release(tx, {"comment": [comment_id, *image.comments_below(tx, post_id, path)]})


def gone_with_community(tx: Transaction, community_id: CommunityId) -> None:
    """Delete the pictures of a community, of its posts and of their comments. To be called before the rows go."""
    _release(
        tx,
        {
            "comment": image.comments_of_community(tx, community_id),
            "post": image.posts_of_community(tx, community_id),
            "community": [community_id],
            "description": [community_id],
        },
    )


def gone_with_words(tx: Transaction, person_id: PersonId) -> None:
    """Delete everything that somebody has uploaded, and the copies that their posts show."""
    _release(tx, {"post": image.posts_of_person(tx, person_id)})
    account = local_user.of_person(tx, person_id)
    if account is not None:
        images.discard(tx, image.of_user(tx, account.id))


def gone_with_profile(tx: Transaction, person_id: PersonId) -> None:
    """Delete somebody's avatar and banner."""
    _release(tx, {"person": [person_id], "profile": [person_id]})


def _release(tx: Transaction, things: dict[str, list[int]]) -> None:
    used = {alias for noun, numbers in things.items() for alias in image.uses(tx, noun, numbers)}
    for noun, numbers in things.items():
        image.clear_uses(tx, noun, numbers)
    images.discard(tx, image.without_use(tx, sorted(used)))
