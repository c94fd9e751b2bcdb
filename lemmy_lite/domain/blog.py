"""A blog: one local community as the front of the site (`site.front`), its posts read whole and by date."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import settings
from lemmy_lite.model.clock import DAY, Micros, micros, moment
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.ids import LanguageId, PostId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.post import Post, PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, site
from lemmy_lite.storage.views import blog as views
from lemmy_lite.storage.views import post as posts
from lemmy_lite.storage.views.blog import Place

ON_A_PAGE: Final = 6
"""Whole posts: as much as is read in one sitting, and some 40 kB."""
IN_AN_ARCHIVE: Final = 300
MOST_PINNED: Final = 3
MOST_NAMED: Final = 12


class FrontMissing(Exception):
    """`site.front` names what is no community of this site that everybody may read."""


class Entry(Struct):
    """A post as an archive lists it. `language` is its index in LANGUAGES, 0 where nobody told."""

    id: PostId
    name: str
    published: datetime
    language: LanguageId
    comments: int

    @property
    def month(self) -> str:
        """Its month, as `2026-11`."""
        return f"{self.published:%Y-%m}"


class Month(Struct):
    """How many posts a month has."""

    year: int
    month: int
    posts: int

    @property
    def name(self) -> str:
        """As `2026-11`."""
        return f"{self.year:04}-{self.month:02}"


class Entries(Struct, kw_only=True):
    """One page of whole posts; `older` asks for the next page, None at the end."""

    posts: Sequence[PostView]
    older: str | None = None


class Archive(Struct, kw_only=True):
    """All months with posts, and the titles of one stretch of time, newest first. `older` as of Entries."""

    months: Sequence[Month]
    languages: Sequence[tuple[LanguageId, int]]
    entries: Sequence[Entry]
    older: str | None = None


class Beside(Struct, kw_only=True):
    """What was written before and after a post."""

    older: Entry | None = None
    newer: Entry | None = None


def front(tx: Transaction, context: Context, viewer: Viewer | None) -> Community | None:
    """The community that is the front of the site; None where there is none, or none that this viewer may read: then the forum is."""
    name = context.config.site.front
    found = community.local_by_name(tx, name) if name is not None else None
    if found is None or found.deleted or found.removed:
        return None
    return found if viewer is not None or found.visibility is CommunityVisibility.PUBLIC else None


def check_front(tx: Transaction, context: Context) -> str | None:
    """Looks at the start whether the front is there. Answers a sentence where it is still to be founded, as on a new site without any
    community; raises FrontMissing where it is not among those that there are."""
    name = context.config.site.front
    if name is None or front(tx, context, None) is not None:
        return None
    known = views.local_communities(tx, MOST_NAMED + 1)
    if not known:
        return f"The front page is the forum until somebody founds the community {name!r} (site.front): /create_community."
    more = ", …" if len(known) > MOST_NAMED else ""
    raise FrontMissing(
        f"site.front: this site has no community named {name!r} that everybody may read. "
        f"It has: {', '.join(known[:MOST_NAMED])}{more}. Name one of these, or leave site.front out to have the forum in front."
    )


def entries(
    tx: Transaction, viewer: Viewer | None, of: Community, after: str | None, language: LanguageId | None = None, limit: int = ON_A_PAGE
) -> Entries:
    """Whole posts, newest first; what is pinned stands before all others on the first page. Those of a blocked author are left out.

    Raises instance_is_private.
    """
    settings.require_open_to(tx, viewer)
    nsfw = _shows_nsfw(tx, viewer, of)
    place = _place(after)
    in_front = language is None
    found = views.numbers(tx, of.id, nsfw=nsfw, after=place, language_id=language, pinned=False if in_front else None, limit=limit + 1)
    first = (
        views.numbers(tx, of.id, nsfw=nsfw, after=Place(), language_id=None, pinned=True, limit=MOST_PINNED)
        if in_front and place == Place()
        else []
    )
    shown = found[:limit]
    listed = posts.by_ids(tx, viewer.id if viewer else None, [number for number, _ in (*first, *shown)])
    return Entries(
        posts=[view for view in listed if not view.creator_blocked],
        older=_after(shown[-1][1], shown[-1][0]) if len(found) > limit else None,
    )


def archive(
    tx: Transaction, viewer: Viewer | None, of: Community, year: int | None, month: int | None, after: str | None = None
) -> Archive:
    """The titles of a month, of a year, or of all years. Raises instance_is_private; a month out of 1 to 12 raises ValueError."""
    settings.require_open_to(tx, viewer)
    nsfw = _shows_nsfw(tx, viewer, of)
    since, until = _stretch(year, month)
    found = views.entries(tx, of.id, nsfw=nsfw, since=since, until=until, after=_place(after), limit=IN_AN_ARCHIVE + 1)
    shown = found[:IN_AN_ARCHIVE]
    return Archive(
        months=list(_months(views.days(tx, of.id, nsfw=nsfw))),
        languages=languages(tx, viewer, of),
        entries=[_entry(each) for each in shown],
        older=_after(shown[-1].published, shown[-1].id) if len(found) > IN_AN_ARCHIVE else None,
    )


def languages(tx: Transaction, viewer: Viewer | None, of: Community) -> list[tuple[LanguageId, int]]:
    """The languages of its posts with how many there are; empty unless there are two or more, as one tells nothing apart."""
    found = views.languages(tx, of.id, nsfw=_shows_nsfw(tx, viewer, of))
    return found if len(found) > 1 else []


def beside(tx: Transaction, viewer: Viewer | None, of: Community, post: Post) -> Beside:
    """The posts before and after one."""
    place = Place(micros(post.published), post.id)
    older, newer = views.neighbours(tx, of.id, nsfw=_shows_nsfw(tx, viewer, of), of=place)
    return Beside(older=_entry(older) if older else None, newer=_entry(newer) if newer else None)


def language_of(code: str) -> LanguageId | None:
    """The language of a code as `de`; None for what is none."""
    return next((each.id for each in LANGUAGES[1:] if each.code == code), None)


def _shows_nsfw(tx: Transaction, viewer: Viewer | None, of: Community) -> bool:
    """As in lists (post_listing.py): what is marked is for those who asked for it, and for all where the site or the blog says so."""
    if of.nsfw:
        return True
    if viewer is not None:
        return viewer.local_user.show_nsfw
    known = site.view(tx)
    return known is not None and known.site.content_warning is not None


def _entry(row: views.Entry) -> Entry:
    return Entry(id=row.id, name=row.name, published=moment(row.published), language=row.language_id, comments=row.comments)


def _months(days: Sequence[tuple[int, int]]) -> Iterator[Month]:
    """Days with their posts, newest first, summed up by month."""
    year = month = posts = 0
    for number, count in days:
        day = moment(number * DAY)
        if (day.year, day.month) != (year, month):
            if posts:
                yield Month(year=year, month=month, posts=posts)
            year, month, posts = day.year, day.month, 0
        posts += count
    if posts:
        yield Month(year=year, month=month, posts=posts)


def _stretch(year: int | None, month: int | None) -> tuple[Micros, Micros]:
    """From when until before when."""
    if year is None:
        return -(2**62), 2**62
    if month is None:
        return _first_of(year, 1), _first_of(year + 1, 1)
    return _first_of(year, month), _first_of(year + month // 12, month % 12 + 1)


def _first_of(year: int, month: int) -> Micros:
    return micros(datetime(year, month, 1, tzinfo=UTC))


def _after(published: Micros, number: int) -> str:
    return f"{published}-{number}"


def _place(after: str | None) -> Place:
    """The place that an address names; the newest for one that is not ours, so that old links lead somewhere."""
    when, _, number = (after or "").partition("-")
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (when, number)):
        return Place()
    return Place(int(when), int(number))
