"""What each feed lists: a function of a transaction per kind, through the same reads as the pages and the API (security.md, rule 10)."""

from collections.abc import Sequence
from typing import TypeVar

from msgspec import structs

from lemmy_lite.context import Context
from lemmy_lite.domain import blog as blogs
from lemmy_lite.domain import comment_listing, image_proxy, notification, post_listing, rendering, search, settings
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import person as persons
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import site as sites
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.http.feeds import items
from lemmy_lite.http.feeds.asked import LIMIT_DEFAULT, FeedParams
from lemmy_lite.http.feeds.feed import Feed, Item
from lemmy_lite.http.web.wording import community_path, handle, href, person_path
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, PersonId, PostId
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.model.notification import CommentReplyView, PersonMentionView
from lemmy_lite.model.paging import page
from lemmy_lite.model.post import PostView
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

V = TypeVar("V")


class Asking:
    """One request for a feed: who reads, what was asked, and in which snapshot. `address` is the feed's own."""

    def __init__(self, tx: Transaction, context: Context, viewer: Viewer | None, params: FeedParams, address: str) -> None:
        self.tx = tx
        self.context = context
        self.viewer = viewer
        self.params = params
        self.address = address
        self.site = sites.view(tx).site

    def feed(self, name: str, path: str, listed: list[Item], description: str | None = None, icon: str | None = None) -> Feed:
        """A feed of this site; `path` is the page that shows the same."""
        return Feed(
            title=f"{self.site.name} - {name}",
            home=f"{self.context.config.base_url}{path}",
            address=self.address,
            description=description or self.site.description,
            icon=icon or self.site.icon,
            items=listed,
        )

    def shown(self, view: V) -> V:
        """What is stored, with its pictures as this instance shows them outside its pages."""
        return image_proxy.shown(self.context, view) if image_proxy.rewrites(self.context) else view

    def posts(self, views: Sequence[PostView]) -> list[Item]:
        """Posts as items."""
        html = rendering.posts(self.tx, self.context, views)
        return [items.of_post(self.context, self.shown(view), html.get(view.post.id)) for view in views]

    def comments(self, views: Sequence[CommentView]) -> list[Item]:
        """Comments as items."""
        html = rendering.comments(self.tx, self.context, views)
        return [
            items.of_comment(self.context, view, html.get(view.comment.id), f"{handle(view.creator)} on {view.post.name}") for view in views
        ]

    def listed(
        self, listing: ListingType | None, *, community_id: CommunityId | None = None, creator_id: PersonId | None = None
    ) -> list[Item]:
        """One page of a list of posts, or of comments where they are asked for."""
        asked = self.params
        if asked.of_comments:
            comments = CommentQuery(
                listing=listing,
                sort=CommentSortType.NEW if asked.sort is SortType.NEW else persons.comment_sort(asked.sort),
                community_id=community_id,
                creator_id=creator_id,
                limit=asked.limit,
                page=asked.page,
            )
            return self.comments(comment_listing.listing(self.tx, self.viewer, comments))
        query = PostQuery(
            listing=listing, sort=asked.sort, community_id=community_id, creator_id=creator_id, limit=asked.limit, page=asked.page
        )
        return self.posts(post_listing.page(self.tx, self.context.history, self.viewer, query).posts)


def front(asking: Asking, listing: ListingType) -> Feed:
    """A front page: All, Local or, with a viewer, Subscribed."""
    path = href("/", listingType=listing, sort=asking.params.sort, dataType="Comment" if asking.params.of_comments else None)
    return asking.feed(listing.value, path, asking.listed(listing))


def community(asking: Asking, name: str) -> Feed:
    """One community. Raises couldnt_find_community for what the viewer may not see."""
    settings.require_open_to(asking.tx, asking.viewer)
    found = communities.named(asking.tx, asking.context, name)
    if found is None or found.deleted or found.removed:
        raise LemmyError("couldnt_find_community", missing=True)
    view = communities.view(asking.tx, asking.viewer, found.id)
    listed = asking.listed(ListingType.ALL, community_id=view.community.id)
    return asking.feed(handle(found), community_path(found), listed, found.title, found.icon)


def blog(asking: Asking) -> Feed:
    """The posts of the blog that is in front of the site, whole. Raises couldnt_find_community where there is none."""
    found = blogs.front(asking.tx, asking.context, asking.viewer)
    if found is None:
        raise LemmyError("couldnt_find_community", missing=True)
    views = blogs.entries(asking.tx, asking.viewer, found, None, limit=asking.params.limit).posts
    html = rendering.posts(asking.tx, asking.context, views)
    listed = [items.of_essay(asking.context, asking.shown(view), html.get(view.post.id)) for view in views]
    listed.sort(key=lambda item: item.published, reverse=True)  # what is pinned in front is no news
    named = asking.feed("", "/", listed, asking.site.description or found.title, found.icon)
    return structs.replace(named, title=found.title)


def saved(asking: Asking) -> Feed:
    """What the reader has put aside: posts, or comments where they are asked for. Raises incorrect_login."""
    if asking.viewer is None:
        raise LemmyError("incorrect_login")
    asked = asking.params
    if asked.of_comments:
        comments = CommentQuery(saved_only=True, sort=CommentSortType.NEW, limit=asked.limit, page=asked.page)
        listed = asking.comments(comment_listing.listing(asking.tx, asking.viewer, comments))
    else:
        posts_ = PostQuery(listing=ListingType.ALL, sort=SortType.NEW, saved_only=True, limit=asked.limit, page=asked.page)
        listed = asking.posts(post_listing.page(asking.tx, asking.context.history, asking.viewer, posts_).posts)
    path = href(person_path(asking.viewer.person), view="Saved")
    return asking.feed("Saved", path, listed)


def person(asking: Asking, name: str) -> Feed:
    """What one person wrote. Raises couldnt_find_person."""
    settings.require_open_to(asking.tx, asking.viewer)
    found = persons.named(asking.tx, asking.context, name)
    if found is None or found.deleted:
        raise LemmyError("couldnt_find_person", missing=True)
    listed = asking.listed(None if asking.params.of_comments else ListingType.ALL, creator_id=found.id)
    return asking.feed(handle(found), person_path(found), listed, found.display_name, found.avatar)


def thread(asking: Asking, number: PostId) -> Feed:
    """The newest comments of a post. Raises couldnt_find_post."""
    found = posts.view(asking.tx, asking.viewer, number).post
    query = CommentQuery(post_id=number, sort=CommentSortType.NEW, limit=asking.params.limit, page=asking.params.page)
    listed = asking.comments(comment_listing.listing(asking.tx, asking.viewer, query))
    return asking.feed(found.name, f"/post/{number}", listed)


def searched(asking: Asking) -> Feed:
    """Posts and comments with certain words."""
    asked = asking.params
    query = SearchQuery(
        q=asked.q,
        type=asked.search_type,
        listing=asked.listing_type,
        sort=asked.sort,
        title_only=asked.title_only,
        page=asked.page,
        limit=asked.limit,
    )
    found = search.search(asking.tx, asking.context, asking.viewer, query)
    path = href("/search", q=asked.q, type=asked.search_type, listingType=asked.listing_type, sort=asked.sort)
    return asking.feed(f"“{asked.q}”", path, [*asking.posts(found.posts), *asking.comments(found.comments)])


def inbox(asking: Asking) -> Feed:
    """Replies and mentions, 20 of each, as in Lemmy, the newest first."""
    if asking.viewer is None:
        raise LemmyError("incorrect_login")
    first = page(LIMIT_DEFAULT, 1)
    notes: list[CommentReplyView | PersonMentionView] = [
        *notification.replies(asking.tx, asking.viewer, first),
        *notification.person_mentions(asking.tx, asking.viewer, first, sort=CommentSortType.NEW),
    ]
    notes.sort(key=lambda note: note.comment.published, reverse=True)
    html = rendering.comments(asking.tx, asking.context, notes)
    listed = [items.of_comment(asking.context, note, html.get(note.comment.id), _noted(note)) for note in notes]
    return asking.feed("Inbox", "/inbox", listed)


def _about(view: CommentView) -> str:
    return f"{handle(view.creator)} on {view.post.name}"


def _noted(note: CommentReplyView | PersonMentionView) -> str:
    kind = "Reply" if isinstance(note, CommentReplyView) else "Mention"
    return f"{kind} from {handle(note.creator)}"
