"""Answering, changing a comment, and the wishes of its buttons."""

from markupsafe import Markup

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import comment_listing, rendering, settings, vote
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.writing import House
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.emoji_page import spelled
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.languages import offered
from lemmy_lite.http.web.post import language_of, post_id, score_of
from lemmy_lite.http.web.render import stored_html
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.comment import Comment, CommentForm, CommentView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId
from lemmy_lite.model.post import Post
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

PREVIEW = "preview"
"""The deed of the button that shows a text as it will be read, before it is sent."""

_FIELDS = {"invalid_body_field": "content", "locked": ""}


async def wish(visit: Visit, form: Form) -> Response:
    """`POST /comment/ID`: vote, save, delete or restore."""
    number = comment_id(visit)
    await visit.site.database.write(_wish, visit.me, number, form)
    return visit.back(f"/comment/{number}", f"#c{number}")


def _wish(tx: Transaction, me: Viewer, number: CommentId, form: Form) -> None:
    if "score" in form:
        score = score_of(form)
        settings.require_vote_allowed(tx, me, score)
        vote.cast(tx, me.person, comments.existing(tx, number), score)
    elif "saved" in form:
        comments.save(tx, me.person, number, forms.ticked(form, "saved"))
    elif "deleted" in form:
        comments.delete(tx, me.person, number, forms.ticked(form, "deleted"))
    else:
        raise Refused(400)


async def reply_to_post_form(visit: Visit) -> Response:
    """`GET /post/ID/reply`."""
    return await _to_post(visit, {}, None)


async def reply_to_post(visit: Visit, form: Form) -> Response:
    """`POST /post/ID/reply`: a comment at the top level."""
    number, form = post_id(visit), await spelled(visit, form, "content")
    wanted = forms.into(CommentForm, {"post_id": number, "content": form.get("content", "")}, language_of(form))
    try:
        if form.get("deed") == PREVIEW:
            return await _to_post(visit, form, None)
        visit.site.limiter.take(Bucket.COMMENT, visit.request.address)
        await visit.site.federation.meet(wanted.content)
        written = await visit.site.database.write(comments.create, visit.site.context, visit.me.person, wanted)
    except LemmyError as error:
        return await _to_post(visit, form, error)
    return redirect(f"/post/{number}#c{written.id}")


async def reply_form(visit: Visit) -> Response:
    """`GET /comment/ID/reply`."""
    return await _to_comment(visit, {}, None)


async def reply(visit: Visit, form: Form) -> Response:
    """`POST /comment/ID/reply`: an answer to a comment."""
    number, form = comment_id(visit), await spelled(visit, form, "content")
    try:
        if form.get("deed") == PREVIEW:
            return await _to_comment(visit, form, None)
        visit.site.limiter.take(Bucket.COMMENT, visit.request.address)
        await visit.site.federation.meet(form.get("content"))
        written = await visit.site.database.write(_reply, visit, number, form)
    except LemmyError as error:
        return await _to_comment(visit, form, error)
    return redirect(f"/comment/{number}#c{written.id}")


def _reply(tx: Transaction, visit: Visit, number: CommentId, form: Form) -> Comment:
    parent = comments.existing(tx, number)
    at = {"post_id": parent.post_id, "parent_id": parent.id, "content": form.get("content", "")}
    wanted = forms.into(CommentForm, at, language_of(form))
    return comments.create(tx, visit.site.context, visit.me.person, wanted)


async def change(visit: Visit) -> Response:
    """`GET /comment/ID/edit`."""
    return await _edit_page(visit, None, None)


async def edit(visit: Visit, form: Form) -> Response:
    """`POST /comment/ID/edit`."""
    number, form = comment_id(visit), await spelled(visit, form, "content")
    wanted = forms.into(CommentForm, {"content": form.get("content", "")}, language_of(form))
    try:
        if form.get("deed") == PREVIEW:
            return await _edit_page(visit, form, None)
        await visit.site.federation.meet(wanted.content)
        await visit.site.database.write(comments.edit, visit.site.context, visit.me.person, number, wanted)
    except LemmyError as error:
        return await _edit_page(visit, form, error)
    return redirect(f"/comment/{number}")


async def _to_post(visit: Visit, form: Form, error: LemmyError | None) -> Response:
    number = post_id(visit)
    frame, found = await visit.read(lambda tx, _: posts.view(tx, visit.me, number).post)
    return await _form(visit, frame, form, error, found)


async def _to_comment(visit: Visit, form: Form, error: LemmyError | None) -> Response:
    frame, (parent, html) = await _one(visit)
    return await _form(visit, frame, form, error, parent.post, parent=parent, html=html)


async def _edit_page(visit: Visit, form: Form | None, error: LemmyError | None) -> Response:
    frame, (found, _) = await _one(visit)
    shown = form or {"content": found.comment.content, "language_id": str(found.comment.language_id)}
    return await _form(visit, frame, shown, error, found.post, comment=found.comment)


async def _one(visit: Visit) -> tuple[Frame, tuple[CommentView, str]]:
    number = comment_id(visit)

    def matter(tx: Transaction, frame: Frame) -> tuple[CommentView, str]:
        view = comment_listing.one(tx, visit.me, number)
        return view, rendering.comments(tx, visit.site.context, [view]).get(number, "")

    return await visit.read(matter)


async def previewed(visit: Visit, form: Form, field: str = "content", limit: str = "comment") -> Markup | None:
    """What a form's text will look like, if that was asked for. Raises the codes of House.markdown."""
    if form.get("deed") != PREVIEW or not form.get(field):
        return None
    context = visit.site.context
    shown = await visit.site.database.read(lambda tx: rendering.text(context, House(tx, context).markdown(form[field], limit)))
    return stored_html(shown or "")


async def _form(
    visit: Visit,
    frame: Frame,
    form: Form,
    error: LemmyError | None,
    post: Post,
    *,
    parent: CommentView | None = None,
    html: str = "",
    comment: Comment | None = None,
) -> Response:
    return visit.page(
        frame,
        "comment_form.html",
        preview=await previewed(visit, form) if error is None else None,
        status=400 if error else 200,
        form=form,
        errors=forms.faults(error, _FIELDS) if error else {},
        post=post,
        parent=parent,
        parent_html=stored_html(html) if parent else None,
        comment=comment,
        languages=offered(visit.me),
    )


def comment_id(visit: Visit) -> CommentId:
    """The number in the address. Raises couldnt_find_comment for what is no number."""
    number = forms.number(visit.request.parameters.get("comment_id"))
    if number is None:
        raise LemmyError("couldnt_find_comment", missing=True)
    return CommentId(number)
