"""The wishes of a post's buttons, one post's or those of a whole list."""

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import settings, vote
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Visit
from lemmy_lite.http.web.wording import community_path
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, LanguageId, PostId
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

MOST_AT_ONCE = 100
"""Posts of one page that can be marked together."""


OF_COMMENTS = {"up": 1, "down": -1, "unvote": 0}
"""Buttons of a long thread, whose comments share one form: the name is the vote, the value the comment's number."""


async def wish(visit: Visit, form: Form) -> Response:
    """`POST /post/ID`: vote, save, mark as read, hide, delete or restore; or vote on a comment beneath it."""
    number = post_id(visit)
    if name := next((name for name in OF_COMMENTS if name in form), None):
        said = forms.number(form[name])
        if said is None:
            raise Refused(400)
        await visit.site.database.write(_vote_on_comment, visit.me, CommentId(said), OF_COMMENTS[name])
        return visit.back(f"/post/{number}#c{said}", f"#c{said}")
    home = await visit.site.database.write(_wish, visit.me, number, form)
    anchor = f"#p{number}"
    if home is not None and visit.came_from.startswith(("/post/", "/comment/")):
        return redirect(home + anchor)
    return visit.back(f"/post/{number}", anchor)


def _wish(tx: Transaction, me: Viewer, number: PostId, form: Form) -> str | None:
    """Grants one wish. Answers the list to go to where the post's own page must not be shown again, as that would undo it."""
    if "score" in form:
        score = score_of(form)
        settings.require_vote_allowed(tx, me, score)
        vote.cast(tx, me.person, posts.existing(tx, number), score)
        posts.mark_as_read(tx, me.person, [number], True)
    elif "saved" in form:
        posts.save(tx, me.person, number, forms.ticked(form, "saved"))
    elif "read" in form:
        posts.mark_as_read(tx, me.person, [number], forms.ticked(form, "read"))
        if not forms.ticked(form, "read"):
            return community_path(communities.existing(tx, posts.existing(tx, number).community_id))
    elif "hidden" in form:
        posts.hide(tx, me.person, [number], forms.ticked(form, "hidden"))
    elif "deleted" in form:
        posts.delete(tx, me.person, number, forms.ticked(form, "deleted"))
    else:
        raise Refused(400)
    return None


def _vote_on_comment(tx: Transaction, me: Viewer, number: CommentId, score: int) -> None:
    settings.require_vote_allowed(tx, me, score)
    vote.cast(tx, me.person, comments.existing(tx, number), score)


async def wish_for_all(visit: Visit, form: Form) -> Response:
    """`POST /`: mark every post of a list as read, as its page named them in `posts`."""
    numbers = {PostId(found) for text in form.get("posts", "").split(",")[:MOST_AT_ONCE] if (found := forms.number(text)) is not None}
    if "read" not in form:
        raise Refused(400)
    await visit.site.database.note(posts.mark_as_read, visit.me.person, sorted(numbers), forms.ticked(form, "read"))
    return visit.back("/")


def score_of(form: Form) -> int:
    """The vote that a button stands for: 1, -1, or 0 to take it back."""
    return {"1": 1, "-1": -1}.get(form["score"], 0)


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
