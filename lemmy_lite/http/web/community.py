"""Pages of communities: one of them, the directory, founding one, and the wishes of its buttons."""

import asyncio

from lemmy_lite.crypto import keys
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import community_listing, rendering
from lemmy_lite.domain.community_listing import CommunityQuery
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import community_settings, forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.front import Listed, data_type, listed
from lemmy_lite.http.web.listing import PER_PAGE, chosen, kept, listing, mode, sort
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import community_path
from lemmy_lite.model.community import (
    Community,
    CommunityForm,
    CommunityModeratorView,
    CommunityView,
)
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.storage.query import Transaction

_NAMED = {"invalid_name": "name", "invalid_body_field": "description", "couldnt_update_community": "title", "slurs": "name"}


async def community(visit: Visit) -> Response:
    """`GET /c/NAME[@host]`."""
    found = await _named(visit)

    def matter(tx: Transaction, frame: Frame) -> tuple[CommunityView, list[CommunityModeratorView], SortType, Listed, str | None]:
        view, order = communities.view(tx, visit.viewer, found.id), sort(frame, visit.viewer, visit.query.get("sort"))
        return (
            view,
            communities.moderators(tx, found.id),
            order,
            listed(tx, visit, ListingType.ALL, order, found.id),
            rendering.description(tx, visit.site.context, view.community),
        )

    frame, (view, moderators, order, page, description) = await visit.read(matter)
    return visit.page(
        frame,
        "community.html",
        community_view=view,
        moderators=moderators,
        posts=page.posts,
        comments=page.comments,
        sort=order.value,
        data_type=data_type(visit),
        kept=kept(visit.query) | {"listingType": None},
        mode=mode(frame, visit.viewer, visit.query.get("postListingMode")).value,
        next_page=page.next_page,
        html=visit.html(comments=page.comments_html, communities={found.id: description}),
    )


async def directory(visit: Visit) -> Response:
    """`GET /communities`."""
    number = forms.number(visit.query.get("page"), most=100) or 1
    order = chosen(SortType, visit.query.get("sort"), SortType.TOP_MONTH)

    def matter(tx: Transaction, frame: Frame) -> tuple[ListingType, list[CommunityView]]:
        kind = listing(frame, visit.viewer, visit.query.get("listingType") or ListingType.LOCAL)
        query = CommunityQuery(listing=kind, sort=order, page=number, limit=PER_PAGE)
        return kind, community_listing.listing(tx, visit.viewer, query)

    frame, (kind, found) = await visit.read(matter)
    return visit.page(
        frame,
        "communities.html",
        communities=found,
        listing=kind.value,
        sort=order.value,
        next_page=number + 1 if len(found) == PER_PAGE and number < 100 else None,
    )


async def wish(visit: Visit, form: Form) -> Response:
    """`POST /c/NAME`: follow or unfollow, block, delete or restore."""
    found = await _named(visit)
    if "followed" in form:
        await visit.site.database.write(communities.follow, visit.me.person, found.id, forms.ticked(form, "followed"))
    elif "blocked" in form:
        await visit.site.database.write(communities.block, visit.me.person, found.id, forms.ticked(form, "blocked"))
    elif "deleted" in form:
        await visit.site.database.write(communities.delete, visit.me.person, found.id, forms.ticked(form, "deleted"))
    else:
        raise Refused(400)
    return visit.back(community_path(found))


async def new(visit: Visit) -> Response:
    """`GET /create_community`."""
    _ = visit.me
    return _form(visit, await visit.frame(), {})


async def create(visit: Visit, form: Form) -> Response:
    """`POST /create_community`."""
    visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
    me = visit.me
    wanted = forms.into(CommunityForm, {"name": form.get("name", "")}, community_settings.fields(form))
    try:
        await visit.site.database.read(communities.check_new, visit.site.context, me.person, wanted)
        pair = await asyncio.to_thread(keys.generate_key_pair)
        made = await visit.site.database.write(communities.create, visit.site.context, me.person, wanted, pair)
    except LemmyError as error:
        return _form(visit, await visit.frame(), form, error)
    return redirect(community_path(made))


def _form(visit: Visit, frame: Frame, form: Form, error: LemmyError | None = None) -> Response:
    errors = forms.faults(error, _NAMED) if error else {}
    return visit.page(frame, "community_form.html", status=400 if error else 200, form=form, errors=errors)


async def _named(visit: Visit) -> Community:
    """The community of the address; one that is not known here is fetched for a logged-in reader."""
    name = visit.request.parameters["name"]
    found = await visit.site.database.read(communities.named, visit.site.context, name)
    if found is None and visit.viewer is not None and "@" in name:
        visit.site.limiter.take(Bucket.MESSAGE, visit.request.address)
        fetched = await visit.site.federation.resolve(f"!{name}")
        found = fetched if isinstance(fetched, Community) else None
    if found is None:
        raise LemmyError("couldnt_find_community", missing=True)
    return found
