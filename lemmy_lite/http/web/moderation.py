"""The page of what moderators and admins may do about a post or a comment, and its forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lemmy_lite.domain import ban as bans
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import comment_listing, community_moderator, moderation, permissions, rendering
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import ban, forms
from lemmy_lite.http.web.comment import comment_id
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.post import post_id
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostFeatureType, PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


class Target(Struct, kw_only=True):
    """What a page of deeds is about: a post, or a comment with its post."""

    path: str
    anchor: str
    post_id: PostId | None = None
    comment_id: CommentId | None = None


class Judged(Struct, kw_only=True):
    """A post or comment as its moderators see it, with its rendering and what is known of its author."""

    post_view: PostView | None = None
    comment_view: CommentView | None = None
    html: str | None = None
    community: Community
    author: Person
    author_leads: bool


class Deed(Struct, kw_only=True):
    """One pressed button: who presses it, the form around it, and what it is about."""

    me: Viewer
    form: Form
    target: Target
    community_id: CommunityId
    author_id: PersonId

    def wishes(self, name: str) -> bool:
        """Whether the button asks for the thing or for its end."""
        return forms.ticked(self.form, name)

    @property
    def post_id(self) -> PostId:
        """The post; comments have no such deed. Raises Refused."""
        if self.target.post_id is None:
            raise Refused(400)
        return self.target.post_id


def _removed(tx: Transaction, deed: Deed) -> None:
    reason = deed.form.get("removed_reason", "").strip() or None
    if deed.target.comment_id is not None:
        moderation.remove_comment(tx, deed.me.person, deed.target.comment_id, deed.wishes("removed"), reason)
    else:
        moderation.remove_post(tx, deed.me.person, deed.post_id, deed.wishes("removed"), reason)


def _locked(tx: Transaction, deed: Deed) -> None:
    moderation.lock_post(tx, deed.me.person, deed.post_id, deed.wishes("locked"))


def _featured_community(tx: Transaction, deed: Deed) -> None:
    moderation.feature_post(tx, deed.me.person, deed.post_id, deed.wishes("featured_community"), PostFeatureType.COMMUNITY)


def _featured_local(tx: Transaction, deed: Deed) -> None:
    moderation.feature_post(tx, deed.me.person, deed.post_id, deed.wishes("featured_local"), PostFeatureType.LOCAL)


def _distinguished(tx: Transaction, deed: Deed) -> None:
    if deed.target.comment_id is None:
        raise Refused(400)
    moderation.distinguish_comment(tx, deed.me.person, deed.target.comment_id, deed.wishes("distinguished"))


def _banned_here(tx: Transaction, deed: Deed) -> None:
    bans.from_community(tx, deed.me.person, deed.community_id, deed.author_id, ban.decreed(tx, deed.form, "banned_here"))


def _banned(tx: Transaction, deed: Deed) -> None:
    bans.from_site(tx, deed.me.person, deed.author_id, ban.decreed(tx, deed.form, "banned"))


def _moderator(tx: Transaction, deed: Deed) -> None:
    community_moderator.appoint(tx, deed.me.person, deed.community_id, deed.author_id, deed.wishes("moderator"))


DEEDS: Final[Mapping[str, Callable[[Transaction, Deed], None]]] = {
    "removed": _removed,
    "locked": _locked,
    "featured_community": _featured_community,
    "featured_local": _featured_local,
    "distinguished": _distinguished,
    "banned_here": _banned_here,
    "banned": _banned,
    "moderator": _moderator,
}
"""What a form wishes, by the name of its button; the value is the wished result."""


async def post(visit: Visit) -> Response:
    """`GET /post/ID/moderate`."""
    return await _page(visit, _post(visit))


async def decide_post(visit: Visit, form: Form) -> Response:
    """`POST /post/ID/moderate`: one deed."""
    return await _decide(visit, form, _post(visit))


async def comment(visit: Visit) -> Response:
    """`GET /comment/ID/moderate`."""
    return await _page(visit, _comment(visit))


async def decide_comment(visit: Visit, form: Form) -> Response:
    """`POST /comment/ID/moderate`: one deed."""
    return await _decide(visit, form, _comment(visit))


def _post(visit: Visit) -> Target:
    number = post_id(visit)
    return Target(path=f"/post/{number}", anchor=f"#p{number}", post_id=number)


def _comment(visit: Visit) -> Target:
    number = comment_id(visit)
    return Target(path=f"/comment/{number}", anchor=f"#c{number}", comment_id=number)


async def _decide(visit: Visit, form: Form, target: Target) -> Response:
    me = visit.me
    wish = next((name for name in DEEDS if name in form), None)
    if wish is None:
        raise Refused(400)

    def write(tx: Transaction) -> None:
        DEEDS[wish](tx, _deed(tx, me, form, target))

    try:
        await visit.site.database.write(write)
    except LemmyError as error:
        return await _page(visit, target, form, ban.faults(error, wish))
    # A button in a list leads back to the list; from the page of deeds the way goes to the thing itself.
    return visit.back(target.path, target.anchor)


def _deed(tx: Transaction, me: Viewer, form: Form, target: Target) -> Deed:
    if target.comment_id is not None:
        found = comments.existing(tx, target.comment_id)
        of_post = posts.existing(tx, found.post_id)
        return Deed(me=me, form=form, target=target, community_id=of_post.community_id, author_id=found.creator_id)
    written = posts.existing(tx, target.post_id or PostId(0))
    return Deed(me=me, form=form, target=target, community_id=written.community_id, author_id=written.creator_id)


def judged(tx: Transaction, visit: Visit, target: Target) -> Judged:
    """What the page is about, for those who may judge it. Raises not_a_mod_or_admin, couldnt_find_post, couldnt_find_comment."""
    me = visit.me
    deed = _deed(tx, me, {}, target)
    home = communities.existing(tx, deed.community_id)
    permissions.require(tx, "post.lock" if target.post_id else "comment.list_votes", me.person, community=home)
    leads = any(each.moderator.id == deed.author_id for each in communities.moderators(tx, home.id))
    if target.comment_id is not None:
        view = comment_listing.one(tx, me, target.comment_id)
        html = rendering.comments(tx, visit.site.context, [view]).get(target.comment_id)
        return Judged(comment_view=view, html=html, community=home, author=view.creator, author_leads=leads)
    shown = posts.view(tx, me, deed.target.post_id or PostId(0))
    return Judged(post_view=shown, community=home, author=shown.creator, author_leads=leads)


async def _page(visit: Visit, target: Target, form: Form | None = None, errors: Mapping[str, str] | None = None) -> Response:
    def matter(tx: Transaction, frame: Frame) -> Judged:
        return judged(tx, visit, target)

    frame, found = await visit.read(matter)
    return visit.page(
        frame,
        "moderate.html",
        status=400 if errors else 200,
        judged=found,
        here=target.path,
        html=visit.html(comments={target.comment_id: found.html} if target.comment_id and found.html else {}),
        form=form or {},
        errors=errors or {},
    )
