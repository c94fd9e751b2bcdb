"""One visit to a page: who reads, what was asked, and how the answer is framed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl

from lemmy_lite.context import Context
from lemmy_lite.domain import blog, desk, notification, rendering
from lemmy_lite.domain import site as sites
from lemmy_lite.domain.backup.by_hand import ByHand
from lemmy_lite.domain.desk import Desk
from lemmy_lite.federation.service import Federation
from lemmy_lite.http.negotiation import languages, spoken
from lemmy_lite.http.onion import OnionName
from lemmy_lite.http.ratelimit import RateLimiter
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, html_response, redirect
from lemmy_lite.http.web.page import Page, StoredHtml
from lemmy_lite.http.web.render import Templates, stored_html
from lemmy_lite.http.web.session import Cookies
from lemmy_lite.http.web.static import Statics
from lemmy_lite.http.web.template_language import DOMAIN
from lemmy_lite.model import web_address
from lemmy_lite.model.clock import moment
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.local_user import MyUserInfo
from lemmy_lite.model.site import SiteView
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import translations

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Site:
    """What every page works with."""

    context: Context
    database: Database
    limiter: RateLimiter
    templates: Templates
    statics: Statics
    cookies: Cookies
    federation: Federation
    onion: OnionName
    backups: ByHand


@dataclass(frozen=True, slots=True)
class Frame:
    """The site and the reader's account, read in the same snapshot as the page's own matter.

    `unread` counts replies, mentions and messages. `front` is the community whose blog is in front, if one is.
    """

    site: SiteView
    me: MyUserInfo | None
    unread: tuple[int, int, int]
    desk: Desk | None = None
    front: Community | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to the site."""

    site: Site
    request: Request
    viewer: Viewer | None

    @property
    def query(self) -> Mapping[str, str]:
        """The query of the address; of a name given twice the last counts, what is no text is replaced."""
        return dict(parse_qsl(self.request.query.decode("latin-1")[:8192], keep_blank_values=True, max_num_fields=None))

    @property
    def me(self) -> Viewer:
        """The logged-in reader. Raises incorrect_login for strangers."""
        if self.viewer is None:
            raise LemmyError("incorrect_login")
        return self.viewer

    async def read(self, view: Callable[[Transaction, Frame], T]) -> tuple[Frame, T]:
        """The frame of the page and its matter, in one snapshot."""
        return await self.site.database.read(self._framed, view)

    def _framed(self, tx: Transaction, view: Callable[[Transaction, Frame], T]) -> tuple[Frame, T]:
        site, me = sites.frame(tx, self.viewer)
        unread = notification.unread(tx, self.viewer.id) if self.viewer else (0, 0, 0)
        waiting = desk.desk(tx, self.viewer, me) if self.viewer and me else None
        frame = Frame(site, me, unread, waiting, blog.front(tx, self.site.context, self.viewer))
        return frame, view(tx, frame)

    async def frame(self) -> Frame:
        """The frame alone, for pages without matter of their own."""
        return (await self.read(lambda _tx, _frame: None))[0]

    def page(
        self, frame: Frame, template: str, *, status: int = 200, notice: str | None = None, with_form: bool = False, **data: object
    ) -> Response:
        """The finished page, which knows its status. `with_form`: strangers get a form too, and the cookie that belongs to it."""
        cookies = self.site.cookies
        seed = cookies.seed(self.request) if with_form and self.viewer is None else None
        csrf = cookies.seed_token(seed) if seed else cookies.form_token(self.request, self.viewer) if self.viewer else ""
        now = moment(self.site.context.clock.now())
        shown = Page(
            site=frame.site,
            me=frame.me,
            desk=frame.desk,
            csrf=csrf,
            path=self.address,
            now=now,
            notice=notice,
            unread=sum(frame.unread),
            language=self.language(frame.me),
            themes=self.site.statics.themes,
            front=frame.front,
        )
        response = html_response(self.site.templates.render(template, shown, status=status, **data), status)
        if seed:
            cookies.seeded(self.request, response, seed)
        return response

    def language(self, me: MyUserInfo | None) -> str:
        """The language of the page's own words: what the reader has set, else what the browser wishes, else English."""
        wished = self.request.header("accept-language") or ""
        if me is None:
            return spoken(wished)
        own = me.local_user_view.local_user.interface_language
        return translations.best(DOMAIN, own, *languages(wished)) if own != "browser" else spoken(wished)

    @property
    def address(self) -> str:
        """The path and query that was asked for."""
        query = self.request.query.decode("latin-1")
        return f"{self.request.path}?{query}" if query else self.request.path

    def html(
        self,
        *,
        posts: Mapping[int, str] | None = None,
        comments: Mapping[int, str] | None = None,
        communities: Mapping[int, str | None] | None = None,
        persons: Mapping[int, str | None] | None = None,
        messages: Mapping[int, str] | None = None,
        frame: Frame | None = None,
    ) -> StoredHtml:
        """Renderings for a page, declared as markup here and nowhere else. `frame` adds the site's own texts."""
        context = self.site.context
        sidebar = rendering.text(context, frame.site.site.sidebar) if frame else None
        question = rendering.text(context, frame.site.local_site.application_question) if frame else None
        return StoredHtml(
            posts={number: stored_html(text) for number, text in (posts or {}).items()},
            comments={number: stored_html(text) for number, text in (comments or {}).items()},
            communities={number: stored_html(text) for number, text in (communities or {}).items() if text},
            persons={number: stored_html(text) for number, text in (persons or {}).items() if text},
            messages={number: stored_html(text) for number, text in (messages or {}).items()},
            site=stored_html(sidebar) if sidebar else None,
            application_question=stored_html(question) if question else None,
        )

    def back(self, otherwise: str, anchor: str = "") -> Response:
        """Back to the page of ours that the form stood on, at the thing's place; else to the thing's own page."""
        path = self.came_from
        if not path or path.partition("?")[0] == self.request.path:
            return redirect(otherwise)
        return redirect(path + anchor)

    @property
    def came_from(self) -> str:
        """Path and query of the page of ours that a form stood on; empty where none is told."""
        told = web_address.parts(self.request.header("referer") or "")
        own = web_address.parts(self.site.context.config.base_url)
        if (told.scheme, told.netloc) != (own.scheme, own.netloc):
            return ""
        path = told.path or "/"
        # Our own address may have two slashes behind its host, and as a Location they would begin the name of another.
        return own_path(f"{path}?{told.query}" if told.query else path) or ""


def own_path(text: str | None) -> str | None:
    """A path of ours to go to, or None: nothing that a browser could read as another site (security.md, "open redirect")."""
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text or any(ord(character) < 33 for character in text):
        return None
    return text
