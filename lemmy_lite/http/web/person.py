"""Profiles."""

from collections.abc import Sequence

from lemmy_lite.domain import block, rendering
from lemmy_lite.domain import person as people
from lemmy_lite.domain.person import Profile, ProfileQuery
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import blog, forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import PER_PAGE, chosen, private_feed
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import person_path
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostView
from lemmy_lite.storage.query import Transaction

_VIEWS = ("Overview", "Posts", "Comments", "Saved")

Item = PostView | CommentView


async def person(visit: Visit) -> Response:
    """`GET /u/NAME[@host]`."""
    found = await _named(visit)
    view = visit.query.get("view") if visit.query.get("view") in _VIEWS else "Overview"
    if visit.query.get("view") == "Uploads" and visit.viewer is not None and visit.viewer.id == found.id:
        return redirect("/settings/uploads")
    if view == "Saved" and (visit.viewer is None or visit.viewer.id != found.id):
        view = "Overview"
    order = chosen(SortType, visit.query.get("sort"), SortType.NEW)
    number = forms.number(visit.query.get("page"), most=100) or 1
    query = ProfileQuery(person_id=found.id, sort=order, page=number, limit=PER_PAGE, saved_only=view == "Saved")

    def matter(tx: Transaction, frame: Frame) -> tuple[Profile, dict[int, str], str | None, str | None]:
        profile = people.profile(tx, visit.site.context, visit.viewer, query)
        feed = private_feed(tx, visit.site.context, visit.viewer, "saved") if view == "Saved" else f"/feeds{person_path(found)}"
        bio = rendering.text(visit.site.context, profile.person_view.person.bio)
        return profile, rendering.comments(tx, visit.site.context, profile.comments), bio, feed

    frame, (profile, texts, bio, feed) = await visit.read(matter)
    posts, comments = profile.posts if view != "Comments" else [], profile.comments if view != "Posts" else []
    full = max(len(posts), len(comments)) == PER_PAGE
    return visit.page(
        frame,
        "profile.html",
        person_view=profile.person_view,
        items=mixed(posts, comments, order),
        moderates=profile.moderates,
        elsewhere=blog.elsewhere([bio]) if found.local else [],
        view=view,
        sort=order.value,
        next_page=number + 1 if full and number < 100 else None,
        html=visit.html(comments=texts, persons={found.id: bio}),
        feed=feed,
    )


async def wish(visit: Visit, form: Form) -> Response:
    """`POST /u/NAME`: block somebody, or no longer."""
    found = await _named(visit)
    if "blocked" not in form:
        raise Refused(400)
    await visit.site.database.write(block.block_person, visit.me.person, found.id, forms.ticked(form, "blocked"))
    return visit.back(person_path(found))


def mixed(posts: Sequence[PostView], comments: Sequence[CommentView], order: SortType) -> list[Item]:
    """Posts and comments of one page in one list: by time, by age, or by score."""
    items: list[Item] = [*posts, *comments]
    if order is SortType.OLD:
        return sorted(items, key=lambda item: item.counts.published)
    if order.value.startswith("Top"):
        return sorted(items, key=lambda item: (item.counts.score, item.counts.published), reverse=True)
    return sorted(items, key=lambda item: item.counts.published, reverse=True)


async def _named(visit: Visit) -> Person:
    """The person of the address; somebody who is not known here is fetched for a logged-in reader."""
    name = visit.request.parameters["name"]
    found = await visit.site.database.read(people.named, visit.site.context, name)
    if found is None and visit.viewer is not None and "@" in name:
        visit.site.limiter.take(Bucket.MESSAGE, visit.request.address)
        fetched = await visit.site.federation.resolve(f"@{name}")
        found = fetched if isinstance(fetched, Person) else None
    if found is None:
        raise LemmyError("couldnt_find_person", missing=True)
    return found
