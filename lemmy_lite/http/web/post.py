"""Pages of posts: one with its thread, writing and changing one, and the wishes of its buttons."""

from lemmy_lite.context import Context
from lemmy_lite.domain import comment_listing, image_proxy, rendering, settings, vote
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.comment_listing import Node
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms, pictures
from lemmy_lite.http.web.comments import CommentNode
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.languages import offered
from lemmy_lite.http.web.listing import chosen
from lemmy_lite.http.web.render import stored_html
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import handle
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, CommunityId, LanguageId, PostId
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

COMMENTS_PER_PAGE = 100
"""Top-level comments of one page, each with all that hangs below it."""

_FIELDS = {"invalid_body_field": "body", "slurs": "name"}


async def post(visit: Visit) -> Response:
    """`GET /post/ID`, `GET /post/ID/COMMENT`: a post with its thread, or with one comment's."""
    focus = forms.number(visit.request.parameters.get("comment_id"))
    return await thread(visit, post_id(visit), CommentId(focus) if focus else None)


async def thread(visit: Visit, number: PostId | None, focus: CommentId | None) -> Response:
    """The page of a post, found by its own id or by that of the comment whose thread is shown."""
    order = chosen(CommentSortType, visit.query.get("sort"), CommentSortType.HOT)
    options = rendering.options(visit.site.context)

    def matter(tx: Transaction, frame: Frame) -> tuple[posts.Thread, list[Node], dict[int, str], str | None]:
        found = posts.thread(tx, visit.site.context, visit.viewer, number, focus)
        view = found.post_view
        return (
            found,
            comment_listing.thread(tx, visit.viewer, view.post.id, order, focus, options=options),
            rendering.posts(tx, visit.site.context, [view]),
            rendering.description(tx, visit.site.context, view.community),
        )

    frame, (found, nodes, body, description) = await visit.read(matter)
    if visit.viewer is not None:
        await visit.site.database.write(posts.visit, visit.viewer.person, found.post_view.post.id)
    start = ((forms.number(visit.query.get("page")) or 1) - 1) * COMMENTS_PER_PAGE
    return visit.page(
        frame,
        "post.html",
        post_view=found.post_view,
        community_view=found.community_view,
        moderators=found.moderators,
        cross_posts=found.cross_posts,
        nodes=shown(visit.site.context, nodes[start : start + COMMENTS_PER_PAGE]),
        sort=order.value,
        parent=focus,
        next_page=start // COMMENTS_PER_PAGE + 2 if start + COMMENTS_PER_PAGE < len(nodes) else None,
        html=visit.html(posts=body, communities={found.community_view.community.id: description}),
    )


def shown(context: Context, nodes: list[Node]) -> list[CommentNode]:
    """The same tree with its renderings declared as markup, pictures from here; without recursion, as a thread may be deep."""

    def copied(node: Node) -> CommentNode:
        return CommentNode(node.view, stored_html(image_proxy.in_page(context, node.html)), node.depth)

    roots = [copied(node) for node in nodes]
    waiting = list(zip(nodes, roots, strict=True))
    while waiting:
        node, copy = waiting.pop()
        copy.children = [copied(child) for child in node.children]
        waiting.extend(zip(node.children, copy.children, strict=True))
    return roots


async def wish(visit: Visit, form: Form) -> Response:
    """`POST /post/ID`: vote, save, mark as read, delete or restore."""
    number = post_id(visit)
    await visit.site.database.write(_wish, visit.me, number, form)
    return visit.back(f"/post/{number}", f"#p{number}")


def _wish(tx: Transaction, me: Viewer, number: PostId, form: Form) -> None:
    if "score" in form:
        score = score_of(form)
        settings.require_vote_allowed(tx, me, score)
        vote.cast(tx, me.person, posts.existing(tx, number), score)
    elif "saved" in form:
        posts.save(tx, me.person, number, forms.ticked(form, "saved"))
    elif "read" in form:
        posts.mark_as_read(tx, me.person, [number], forms.ticked(form, "read"))
    elif "deleted" in form:
        posts.delete(tx, me.person, number, forms.ticked(form, "deleted"))
    else:
        raise Refused(400)


def score_of(form: Form) -> int:
    """The vote that a button stands for: 1, -1, or 0 to take it back."""
    return {"1": 1, "-1": -1}.get(form["score"], 0)


async def new(visit: Visit) -> Response:
    """`GET /create_post`: empty, or filled from the address as lemmy-ui's links do."""
    _ = visit.me
    asked = visit.query

    def matter(tx: Transaction, frame: Frame) -> str:
        number = forms.number(asked.get("communityId"))
        return handle(communities.existing(tx, CommunityId(number))) if number else ""

    frame, community = await visit.read(matter)
    names = {"name": "title", "url": "url", "body": "body", "alt_text": "altText", "custom_thumbnail": "customThumbnailUrl", "nsfw": "nsfw"}
    form = {field: asked.get(name, "") for field, name in names.items()}
    return _form(visit, frame, {**form, "community": community or asked.get("community", "")}, None)


async def create(visit: Visit, form: Form) -> Response:
    """`POST /create_post`."""
    visit.site.limiter.take(Bucket.POST, visit.request.address)
    try:
        pictures.require_taken(form)
        wanted = await visit.site.database.read(_wanted, visit, form)
        written = await posts.publish(visit.site.database, visit.site.context, visit.me.person, wanted)
    except LemmyError as error:
        return _form(visit, await visit.frame(), form, None, error)
    return redirect(f"/post/{written.id}")


def _wanted(tx: Transaction, visit: Visit, form: Form) -> PostForm:
    found = communities.named(tx, visit.site.context, form.get("community", "").strip())
    if found is None:
        raise LemmyError("couldnt_find_community")
    always = {
        "community_id": found.id,
        "name": _one_line(form.get("name", "")),
        "nsfw": forms.ticked(form, "nsfw"),
        "honeypot": form.get("honeypot", ""),
    }
    given = {name: form[name] for name in ("url", "body", "alt_text", "custom_thumbnail") if form.get(name)}
    return forms.into(PostForm, always, given, language_of(form))


async def change(visit: Visit) -> Response:
    """`GET /post/ID/edit`."""
    number = post_id(visit)
    frame, found = await visit.read(lambda tx, _: posts.view(tx, visit.me, number).post)
    form = {
        "name": found.name,
        "url": found.url or "",
        "body": found.body or "",
        "alt_text": found.alt_text or "",
        "language_id": str(found.language_id),
        "nsfw": "true" if found.nsfw else "",
    }
    return _form(visit, frame, form, found)


async def edit(visit: Visit, form: Form) -> Response:
    """`POST /post/ID/edit`."""
    number = post_id(visit)
    always = {name: form.get(name, "") for name in ("url", "body", "alt_text")}
    given = {name: form[name] for name in ("custom_thumbnail",) if form.get(name)}
    checked = {"name": _one_line(form.get("name", "")), "nsfw": forms.ticked(form, "nsfw")}
    wanted = forms.into(PostForm, always, given, checked, language_of(form))
    try:
        pictures.require_taken(form)
        await posts.revise(visit.site.database, visit.site.context, visit.me.person, number, wanted)
    except LemmyError as error:
        frame, found = await visit.read(lambda tx, _: posts.view(tx, visit.me, number).post)
        return _form(visit, frame, form, found, error)
    return redirect(f"/post/{number}")


def _form(visit: Visit, frame: Frame, form: Form, found: Post | None, error: LemmyError | None = None) -> Response:
    return visit.page(
        frame,
        "post_form.html",
        status=400 if error else 200,
        form=form,
        errors=forms.faults(error, _FIELDS) if error else {},
        post=found,
        languages=offered(visit.me),
        uploads=pictures.offered(visit),
    )


def _one_line(title: str) -> str:
    """A title typed over several lines of its box is one line."""
    return " ".join(title.split("\n"))


def language_of(form: Form) -> dict[str, LanguageId]:
    """The language chosen in a form, if it offered any."""
    number = forms.number(form.get("language_id"), least=0)
    return {} if number is None else {"language_id": LanguageId(number)}


def post_id(visit: Visit) -> PostId:
    """The number in the address. Raises couldnt_find_post for what is no number."""
    number = forms.number(visit.request.parameters.get("post_id"))
    if number is None:
        raise LemmyError("couldnt_find_post", missing=True)
    return PostId(number)
