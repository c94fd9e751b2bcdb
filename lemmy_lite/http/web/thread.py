"""The page of a post: itself, and what was said to it as a tree, as one thread of it, or in the order of a chat."""

from collections.abc import Mapping, Sequence
from functools import partial

from markupsafe import Markup

from lemmy_lite.context import Context
from lemmy_lite.domain import blog as blogs
from lemmy_lite.domain import comment_listing, image_proxy, rendering
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.blog import Beside
from lemmy_lite.domain.comment_listing import Node
from lemmy_lite.http import reopened
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import blog, comments, forms
from lemmy_lite.http.web.comment import comment_id
from lemmy_lite.http.web.comments import CommentNode
from lemmy_lite.http.web.languages import offered
from lemmy_lite.http.web.listing import chosen
from lemmy_lite.http.web.post import post_id
from lemmy_lite.http.web.render import stored_html
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction

MOST_PAGES = 100_000
FEW = 20
"""Comments of one page that carry a form with a menu each. On a longer page they share one form for their votes, and the menu is a link."""
FLAT = "Flat"


class Said(Struct, kw_only=True):
    """The comments of one page. `nodes` for a tree; `flat` for a chat, with the authors by number; `above` is what the comment answers
    whose thread is shown."""

    nodes: Sequence[CommentNode] = ()
    flat: Sequence[CommentNode] = ()
    authors: Mapping[str, Person] = {}
    above: CommentView | None = None
    html: Mapping[int, str] = {}
    more: bool = False
    count: int = 0


Matter = tuple[posts.Thread, CommentSortType, Said, dict[int, str], str | None, Beside | None]
"""The thread, its order, what was said in it, the texts of posts by number, the community's description, what stands beside an essay."""


async def post(visit: Visit) -> Response:
    """`GET /post/ID`, `GET /post/ID/COMMENT`: a post with its thread, or with one comment's."""
    focus = forms.number(visit.request.parameters.get("comment_id"))
    return await thread(visit, post_id(visit), CommentId(focus) if focus else None)


async def comment(visit: Visit) -> Response:
    """`GET /comment/ID`: the post with this comment's thread."""
    return await thread(visit, None, comment_id(visit))


async def thread(visit: Visit, number: PostId | None, focus: CommentId | None) -> Response:
    """The page of a post, found by its own id or by that of the comment whose thread is shown."""
    view = FLAT if visit.query.get("view", "").lower() in ("flat", "chat") and focus is None else "Tree"
    page = forms.number(visit.query.get("page"), most=MOST_PAGES) or 1

    def matter(tx: Transaction, frame: Frame) -> Matter:
        found = posts.thread(tx, visit.site.context, visit.viewer, number, focus)
        of_post = found.post_view
        in_blog = frame.front is not None and of_post.community.id == frame.front.id
        # Below an essay people read what was said in its order; in a forum, what is worth it.
        order = chosen(CommentSortType, visit.query.get("sort"), CommentSortType.OLD if in_blog else CommentSortType.HOT)
        said = _said(tx, visit, of_post.post.id, order, page, focus, flat=view == FLAT)
        description = rendering.description(tx, visit.site.context, of_post.community)
        beside = blogs.beside(tx, visit.viewer, of_post.community, of_post.post) if in_blog else None
        return found, order, said, rendering.posts(tx, visit.site.context, [of_post]), description, beside

    async def read() -> tuple[Frame, Matter]:
        return await visit.read(matter)

    frame, (found, order, said, body, description, beside) = await reopened.opened(
        visit.site.federation, number, read, lambda seen: seen[1][0], by_account=visit.viewer is not None
    )
    if visit.viewer is not None:
        await visit.site.database.note(posts.visit, visit.viewer.person, found.post_view.post.id)
    visit.site.federation.thread_opened(found.post_view.post.id, by_account=visit.viewer is not None)
    author = found.post_view.creator
    bio = rendering.text(visit.site.context, author.bio) if beside is not None else None
    return visit.page(
        frame,
        "post.html" if beside is None else "blog_post.html",
        beside=beside,
        elsewhere=blog.elsewhere([bio]),
        post_view=found.post_view,
        community_view=found.community_view,
        moderators=found.moderators,
        cross_posts=found.cross_posts,
        missing=found.missing,
        nodes=said.nodes,
        flat=said.flat,
        authors=said.authors,
        above=said.above,
        view=view,
        sort=order.value,
        parent=focus,
        number=page,
        slim=said.count > FEW,
        next_page=page + 1 if said.more else None,
        languages=offered(visit.viewer) if visit.viewer else [],
        html=visit.html(
            posts=body, comments=said.html, communities={found.community_view.community.id: description}, persons={author.id: bio}
        ),
    )


def _said(tx: Transaction, visit: Visit, number: PostId, order: CommentSortType, page: int, focus: CommentId | None, *, flat: bool) -> Said:
    context, viewer = visit.site.context, visit.viewer
    last_visit = posts.last_visit(tx, viewer, number)
    nodes = comment_listing.thread(tx, viewer, number, order, focus, options=rendering.options(context))

    def is_fresh(view: CommentView) -> bool:
        return last_visit is not None and viewer is not None and view.creator.id != viewer.id and view.comment.published > last_visit

    markup = partial(_markup, context)
    if flat:
        authors = _authors(nodes)
        told, more = comments.chat(nodes, order, page)
        return Said(flat=comments.shown(told, {}, markup, is_fresh), authors=authors, more=more, count=len(told))
    kept, elsewhere, more = comments.page(nodes, page, focus)
    above = _above(tx, visit, nodes) if focus is not None else None
    html = rendering.comments(tx, context, [above] if above else [])
    return Said(
        nodes=comments.shown(kept, elsewhere, markup, is_fresh), above=above, html=html, more=more, count=len(comments.everyone(kept))
    )


def _authors(nodes: Sequence[Node]) -> dict[str, Person]:
    """Who wrote what, by the comment's number as it stands in paths."""
    return {str(node.view.comment.id): node.view.creator for node in comments.everyone(nodes)}


def _markup(context: Context, html: str) -> Markup:
    return stored_html(image_proxy.in_page(context, html))


def _above(tx: Transaction, visit: Visit, nodes: Sequence[Node]) -> CommentView | None:
    """What the comment at the top of a thread answers, where that is a comment."""
    path = nodes[0].view.comment.path.split(".") if nodes else []
    parent = int(path[-2]) if len(path) > 1 else 0
    return comment_listing.one(tx, visit.viewer, CommentId(parent)) if parent else None
