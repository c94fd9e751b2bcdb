"""The pages of a blog: `site.front` names the community whose posts they show. Without it their addresses lead to the forum."""

import re
from collections.abc import Iterable, Sequence
from html import unescape
from typing import Final

from lemmy_lite.domain import blog, rendering
from lemmy_lite.domain import community as communities
from lemmy_lite.domain.blog import Archive, Entries
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.listing import KEPT
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.community import Community, CommunityModeratorView, CommunityView
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9998
MOST_AUTHORS: Final = 6
MOST_ELSEWHERE: Final = 12
OF_LISTS = frozenset({*KEPT, "pageCursor"})
"""What bookmarks of lemmy-ui's front page ask for: they show the list as ever, with a blog in front as well."""


async def front(visit: Visit) -> Response:
    """`GET /` of a blog: its newest posts, whole."""
    return await _whole(visit)


async def language(visit: Visit) -> Response:
    """`GET /language/CODE`: whole posts in one language."""
    spoken = blog.language_of(visit.request.parameters["code"])
    if spoken is None:
        raise Refused(404, "There is no language of this name.")
    return await _whole(visit, spoken)


async def _whole(visit: Visit, spoken: LanguageId | None = None) -> Response:
    after = visit.query.get("before")

    def matter(tx: Transaction, frame: Frame) -> tuple[Entries, dict[int, str], CommunityView, list[Person], list[tuple[LanguageId, int]]]:
        of = _front(frame)
        found = blog.entries(tx, visit.viewer, of, after, spoken)
        return (
            found,
            rendering.posts(tx, visit.site.context, found.posts),
            communities.view(tx, visit.viewer, of.id),
            _authors(communities.moderators(tx, of.id)),
            blog.languages(tx, visit.viewer, of),
        )

    frame, (found, texts, view, authors, languages) = await visit.read(matter)
    bios = [rendering.text(visit.site.context, each.bio) for each in authors]
    here = f"/language/{LANGUAGES[spoken].code}" if spoken else "/"
    return visit.page(
        frame,
        "blog.html",
        community_view=view,
        posts=found.posts,
        languages=languages,
        language=LANGUAGES[spoken] if spoken else None,
        first=after is None,
        here=here,
        older=href(here, before=found.older) if found.older else None,
        elsewhere=elsewhere(bios),
        html=visit.html(posts=texts, frame=frame),
    )


async def archive(visit: Visit) -> Response:
    """`GET /archive`, `/archive/YEAR`, `/archive/YEAR/MONTH`: titles by date. Without a year, all of them."""
    year = forms.number(visit.request.parameters.get("year"), most=LAST_YEAR)
    month = forms.number(visit.request.parameters.get("month"), most=12)
    if (year is None or year < FIRST_YEAR) and "year" in visit.request.parameters:
        raise Refused(404)
    if not month and "month" in visit.request.parameters:
        raise Refused(404)

    def matter(tx: Transaction, frame: Frame) -> Archive:
        return blog.archive(tx, visit.viewer, _front(frame), year, month, visit.query.get("before"))

    frame, found = await visit.read(matter)
    here = "/".join(("/archive", *([str(year)] if year else []), *([f"{month:02}"] if month else [])))
    return visit.page(
        frame,
        "blog_archive.html",
        archive=found,
        year=year,
        month=month,
        here=here,
        older=href(here, before=found.older) if found.older else None,
    )


async def about(visit: Visit) -> Response:
    """`GET /about`: what the blog says of itself, and who writes it."""

    def matter(tx: Transaction, frame: Frame) -> tuple[str | None, CommunityView, list[Person]]:
        of = _front(frame)
        return (
            rendering.description(tx, visit.site.context, of),
            communities.view(tx, visit.viewer, of.id),
            _authors(communities.moderators(tx, of.id)),
        )

    frame, (description, view, authors) = await visit.read(matter)
    bios: dict[int, str | None] = {each.id: rendering.text(visit.site.context, each.bio) for each in authors}
    return visit.page(
        frame,
        "blog_about.html",
        community_view=view,
        authors=authors,
        elsewhere=elsewhere(bios.values()),
        html=visit.html(communities={view.community.id: description}, persons=bios, frame=frame),
    )


async def feed(visit: Visit) -> Response:
    """`GET /feed`, where many look for one."""
    frame = await visit.frame()
    return redirect("/feeds/blog.xml" if frame.front is not None else "/feeds/local.xml")


def wants_lists(visit: Visit) -> bool:
    """Whether the address of the front page asks for a list of the forum."""
    return not OF_LISTS.isdisjoint(visit.query)


def _front(frame: Frame) -> Community:
    if frame.front is None:
        raise Refused(404, "This site has no blog.")
    return frame.front


def _authors(moderators: Sequence[CommunityModeratorView]) -> list[Person]:
    """Whose blog it is: those who moderate it, who came first first."""
    return [each.moderator for each in moderators if not each.moderator.deleted][:MOST_AUTHORS]


_LINK: Final = re.compile(r'<a href="(https?://[^"]+)"')


def elsewhere(bios: Iterable[str | None]) -> list[str]:
    """Pages that people call theirs, for rel=me: the links of their profiles, of the rendered text."""
    found = (unescape(link) for bio in bios for link in _LINK.findall(bio or ""))
    return list(dict.fromkeys(found))[:MOST_ELSEWHERE]
