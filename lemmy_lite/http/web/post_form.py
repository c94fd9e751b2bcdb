"""Writing and changing posts: the form as it is filled, looked at, and sent."""

import re
from collections.abc import Sequence

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import link_preview, post_listing, rendering
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import search as searching
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.domain.writing import House
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms, pictures
from lemmy_lite.http.web.emoji_page import spelled
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.languages import offered
from lemmy_lite.http.web.post import language_of, post_id
from lemmy_lite.http.web.render import stored_html
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import handle
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, PostId
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.model.post import LinkMetadata, Post, PostForm, PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction

MOST_ALIKE = 5
_TELLING = 4
"""Words of a title, the longest ones, that another title must have to count as similar."""

_FIELDS = {"invalid_body_field": "body", "slurs": "name"}
_QUERY = {
    "name": "title",
    "url": "url",
    "body": "body",
    "alt_text": "altText",
    "custom_thumbnail": "customThumbnailUrl",
    "nsfw": "nsfw",
    "language_id": "languageId",
}
"""Fields of the form, and lemmy-ui's names of them in links that fill it."""


class Looked(Struct, kw_only=True):
    """What the page shows besides the form after a look before sending: the text as it will be read, what the link says of itself, posts of
    the same link and of a similar title. `sure`: the same link stands in the same community, so it is asked whether to post it all the
    same."""

    html: str | None = None
    card: LinkMetadata | None = None
    same: Sequence[PostView] = ()
    similar: Sequence[PostView] = ()
    sure: bool = False


async def new(visit: Visit) -> Response:
    """`GET /create_post`: empty, or filled from the address as lemmy-ui's links do; `crossPost` is a post to carry elsewhere."""
    me, asked = visit.me, visit.query

    def matter(tx: Transaction, frame: Frame) -> dict[str, str]:
        number, other = forms.number(asked.get("communityId")), forms.number(asked.get("crossPost"))
        community = handle(communities.existing(tx, CommunityId(number))) if number else asked.get("community", "")
        carried = _carried(posts.view(tx, me, PostId(other)).post) if other else {}
        return {"community": community, **carried}

    frame, filled = await visit.read(matter)
    return _form(visit, frame, {**{field: asked.get(name, "") for field, name in _QUERY.items()}, **filled}, None)


def _carried(of: Post) -> dict[str, str]:
    """The form that posts the same once more, with a word on where it comes from."""
    quoted = "".join(f"> {line}\n" for line in (of.body or "").split("\n")) if of.body else ""
    return {
        "name": of.name,
        "url": of.url or "",
        "body": f"cross-posted from: {of.ap_id}\n\n{quoted}".strip(),
        "alt_text": of.alt_text or "",
        "nsfw": "true" if of.nsfw else "",
        "language_id": str(of.language_id),
    }


async def create(visit: Visit, form: Form) -> Response:
    """`POST /create_post`: `deed` is `preview` or `fetch` for a look before sending."""
    me = visit.me
    try:
        pictures.require_taken(form)
        form = await spelled(visit, form, "body")
        if form.get("deed") in ("preview", "fetch"):
            return await _look(visit, form, None)
        wanted, looked = await visit.site.database.read(_wanted, visit, form)
        if looked is not None and not forms.ticked(form, "sure"):
            return _form(visit, await visit.frame(), form, None, looked=looked)
        visit.site.limiter.take(Bucket.POST, visit.request.address)
        await visit.site.federation.meet(wanted.body)
        written = await posts.publish(visit.site.database, visit.site.context, me.person, wanted)
    except LemmyError as error:
        return _form(visit, await visit.frame(), form, None, error)
    return redirect(f"/post/{written.id}")


def _wanted(tx: Transaction, visit: Visit, form: Form) -> tuple[PostForm, Looked | None]:
    """The post as it is to be written, and what stands there already with the same link, if something does."""
    found = _community(tx, visit, form)
    always = {
        "community_id": found.id,
        "name": _one_line(form.get("name", "")),
        "nsfw": forms.ticked(form, "nsfw"),
        "honeypot": form.get("honeypot", ""),
    }
    given = {name: form[name] for name in ("url", "body", "alt_text", "custom_thumbnail") if form.get(name)}
    same = [each for each in _same_link(tx, visit, form) if each.community.id == found.id]
    return forms.into(PostForm, always, given, language_of(form)), Looked(same=same, sure=True) if same else None


def _community(tx: Transaction, visit: Visit, form: Form) -> Community:
    found = communities.named(tx, visit.site.context, form.get("community", "").strip().removeprefix("!"))
    if found is None:
        raise LemmyError("couldnt_find_community")
    return found


def _same_link(tx: Transaction, visit: Visit, form: Form) -> list[PostView]:
    """What has been posted with the same link, newest first."""
    if not form.get("url"):
        return []
    address = House(tx, visit.site.context).url(form["url"])
    query = PostQuery(url=address, listing=ListingType.ALL, sort=SortType.NEW, limit=MOST_ALIKE)
    return post_listing.page(tx, visit.site.context.history, visit.me, query).posts


def _similar(tx: Transaction, visit: Visit, form: Form) -> list[PostView]:
    """Posts whose titles have the telling words of this one."""
    words = sorted(re.findall(r"\w{4,}", form.get("name", "")), key=len, reverse=True)[:_TELLING]
    if not words:
        return []
    query = SearchQuery(
        q=" ".join(words), type=SearchType.POSTS, title_only=True, listing=ListingType.ALL, sort=SortType.NEW, limit=MOST_ALIKE
    )
    return searching.search(tx, visit.site.context, visit.me, query).posts


async def _look(visit: Visit, form: Form, found: Post | None) -> Response:
    """The form once more, with how the post will look and what is like it. `fetch` takes the title from the linked page."""
    card = None
    shown = dict(form)
    if form.get("deed") == "fetch":
        card = await link_preview.fetch(visit.site.context, form.get("url", ""))
        shown["name"] = form.get("name") or " ".join((card.title or "").split())[:200]

    def matter(tx: Transaction, frame: Frame) -> Looked:
        text = House(tx, visit.site.context).markdown(form["body"], "post body") if form.get("body") else None
        same = [each for each in _same_link(tx, visit, shown) if found is None or each.post.id != found.id]
        known = {each.post.id for each in same} | ({found.id} if found else set())
        similar = [each for each in _similar(tx, visit, shown) if each.post.id not in known]
        return Looked(html=rendering.text(visit.site.context, text), card=card, same=same, similar=similar)

    frame, looked = await visit.read(matter)
    return _form(visit, frame, shown, found, looked=looked)


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
    pictured, form = form, await spelled(visit, form, "body")
    always = {name: form.get(name, "") for name in ("url", "body", "alt_text")}
    given = {name: form[name] for name in ("custom_thumbnail",) if form.get(name)}
    checked = {"name": _one_line(form.get("name", "")), "nsfw": forms.ticked(form, "nsfw")}
    wanted = forms.into(PostForm, always, given, checked, language_of(form))
    try:
        pictures.require_taken(pictured)
        if form.get("deed") in ("preview", "fetch"):
            return await _look(visit, form, await visit.site.database.read(lambda tx: posts.view(tx, visit.me, number).post))
        await visit.site.federation.meet(wanted.body)
        await posts.revise(visit.site.database, visit.site.context, visit.me.person, number, wanted)
    except LemmyError as error:
        frame, found = await visit.read(lambda tx, _: posts.view(tx, visit.me, number).post)
        return _form(visit, frame, form, found, error)
    return redirect(f"/post/{number}")


def _form(
    visit: Visit, frame: Frame, form: Form, found: Post | None, error: LemmyError | None = None, *, looked: Looked | None = None
) -> Response:
    looked = looked or Looked()
    return visit.page(
        frame,
        "post_form.html",
        status=400 if error else 200,
        form=form,
        errors=forms.faults(error, _FIELDS) if error else {},
        post=found,
        languages=offered(visit.me),
        uploads=pictures.offered(visit),
        looked=looked,
        preview=stored_html(looked.html) if looked.html else None,
    )


def _one_line(title: str) -> str:
    """A title typed over several lines of its box is one line."""
    return " ".join(title.split("\n"))
