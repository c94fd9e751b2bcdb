"""What every page knows besides its own matter: the site, the reader, the moment."""

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from lemmy_lite.domain.desk import Desk
from lemmy_lite.http.web import choices
from lemmy_lite.http.web.themes import Theme
from lemmy_lite.model.comment import CommentAggregates
from lemmy_lite.model.community import Community, CommunityFollowerView
from lemmy_lite.model.local_user import LocalUser, LocalUserVoteDisplayMode, MyUserInfo
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostAggregates
from lemmy_lite.model.site import SiteView
from lemmy_lite.model.struct import Struct
from lemmy_lite.text.figures import SOURCE, direction
from lemmy_lite.text.translations import Phrase, phrase


class StoredHtml(Struct):
    """The stored renderings a page shows, by id; a text that is not in here is not shown. Each is a `Markup` of `render.stored_html`."""

    posts: Mapping[int, Markup] = {}
    comments: Mapping[int, Markup] = {}
    communities: Mapping[int, Markup] = {}
    persons: Mapping[int, Markup] = {}
    messages: Mapping[int, Markup] = {}
    site: Markup | None = None
    application_question: Markup | None = None


def figures(account: LocalUser, wish: LocalUserVoteDisplayMode) -> dict[str, bool]:
    """Which figures of votes a reader wants to see, by the names of SaveUserSettings.

    Lemmy's default is up and down without the score. Nobody chose it, and our pages have both in the hint of the score, so it counts as
    the score alone.
    """
    default = account.show_scores and wish.upvotes and wish.downvotes and not (wish.score or wish.upvote_percentage)
    return {
        "show_scores": account.show_scores,
        "show_upvotes": wish.upvotes and not default,
        "show_downvotes": wish.downvotes and not default,
        "show_upvote_percentage": wish.upvote_percentage,
    }


class Page(Struct):
    """The frame of one page.

    `site` is None only where the database cannot be asked (an error page). `csrf` is the reader's token, put into each form; an
    anonymous reader has one only on pages with a form, so that reading needs no cookie. `path` is the path and query asked for;
    after logging in the reader comes back to it. `notice` is one sentence above the page, as after a settings change. `desk` is what waits
    for those who hold an office, `unread` how much is new in the reader's inbox. `language` is that of the page's own
    words, a code of `choices.interface_languages`, `themes` are those of the data folder. `front` is the community whose blog is the
    front page, if one is.
    """

    site: SiteView | None
    me: MyUserInfo | None
    csrf: str
    path: str
    now: datetime
    notice: str | None = None
    desk: Desk | None = None
    unread: int = 0
    language: str = SOURCE
    themes: Mapping[str, Theme] = {}
    front: Community | None = None

    @property
    def origin(self) -> str:
        """Scheme and name of this site, for the few addresses that must be whole: canonical links and pictures of previews."""
        return self.site.site.actor_id.rstrip("/") if self.site is not None else ""

    def whole(self, address: str | None) -> str | None:
        """An address of ours with the site's name before it."""
        return f"{self.origin}{address}" if address is not None and address.startswith("/") else address

    @property
    def forum(self) -> str:
        """Where the lists of everybody's posts begin."""
        return "/forum" if self.front is not None else "/"

    @property
    def direction(self) -> str:
        """Whether the page is read from the left or from the right: `ltr` or `rtl`."""
        return direction(self.language)

    @property
    def site_name(self) -> str:
        return self.site.site.name if self.site is not None else "lemmy_lite"

    @property
    def viewer(self) -> Person | None:
        return self.me.local_user_view.person if self.me is not None else None

    @property
    def _theme(self) -> str:
        if self.me is not None:
            return self.me.local_user_view.local_user.theme.lower()
        return self.site.local_site.default_theme.lower() if self.site is not None else "browser"

    @property
    def theme(self) -> str | None:
        """The colours that the reader, or else the site, chose: a name of `choices.THEMES` that site.css knows, `dark` or `light` for a
        theme that only lemmy-ui has; None follows the device."""
        name = self._theme.removesuffix("-compact")
        if name in self.themes:
            return self.themes[name].words
        if name in choices.THEME_COLOURS:
            return choices.THEME_COLOURS[name]
        return "dark" if "dark" in name else "light" if "lite" in name or "light" in name else None

    @property
    def own_theme(self) -> str | None:
        """The name of the theme, where it is one of the data folder, so that its sheet is wanted."""
        name = self._theme.removesuffix("-compact")
        return name if name in self.themes else None

    @property
    def compact(self) -> bool:
        """Whether lists stand close together, as lemmy-ui's compact themes have it."""
        return self._theme.endswith("-compact")

    @property
    def listings(self) -> tuple[tuple[str, str], ...]:
        """Whose posts this reader can ask for."""
        if self.me is None:
            return choices.LISTINGS[1:]
        return (*choices.LISTINGS, choices.MODERATED) if self.me.moderates else choices.LISTINGS

    @property
    def expands(self) -> bool:
        """Whether pictures in lists are open."""
        return self.me is not None and self.me.local_user_view.local_user.auto_expand

    @property
    def keys(self) -> bool:
        """Whether the script may listen to single keys (WCAG 2.1.4: only where somebody asked for it)."""
        return self.me is not None and self.me.local_user_view.local_user.enable_keyboard_navigation

    @property
    def endless(self) -> bool:
        """Whether lists go on by script when their end comes into sight."""
        return self.me is not None and self.me.local_user_view.local_user.infinite_scroll_enabled

    @property
    def folds_bots(self) -> bool:
        return self.me is not None and self.me.local_user_view.local_user.collapse_bot_comments

    def figures(self, counts: PostAggregates | CommentAggregates) -> list[Phrase]:
        """The figures of votes that the reader asked to see besides the score, in words."""
        if self.me is None:
            return []
        mine = self.me.local_user_view
        wish, votes = figures(mine.local_user, mine.local_user_vote_display_mode), counts.upvotes + counts.downvotes
        shown = (
            (wish["show_upvotes"], phrase("{upvotes} up", upvotes=counts.upvotes)),
            (wish["show_downvotes"] and self.downvotes, phrase("{downvotes} down", downvotes=counts.downvotes)),
            (wish["show_upvote_percentage"] and votes > 0, phrase("{percent}% liked it", percent=100 * counts.upvotes // max(1, votes))),
        )
        return [words for wanted, words in shown if wanted]

    def is_ours(self, url: str) -> bool:
        """Whether an address lies on this site."""
        return self.site is not None and url.startswith(self.site.site.actor_id)

    @property
    def animates(self) -> bool:
        return self.me is None or self.me.local_user_view.local_user.enable_animated_images

    @property
    def downvotes(self) -> bool:
        """Whether a downvote button is shown at all."""
        return self.site is not None and self.site.local_site.enable_downvotes

    @property
    def scores(self) -> bool:
        """Whether numbers stand beside the vote buttons."""
        return self.me is None or self.me.local_user_view.local_user.show_scores

    @property
    def avatars(self) -> bool:
        return self.me is None or self.me.local_user_view.local_user.show_avatars

    @property
    def blurs(self) -> bool:
        """Whether pictures marked NSFW wait behind a click."""
        return self.me is None or self.me.local_user_view.local_user.blur_nsfw

    @property
    def new_tab(self) -> bool:
        return self.me is not None and self.me.local_user_view.local_user.open_links_in_new_tab

    @property
    def may_register(self) -> bool:
        return self.site is None or self.site.local_site.registration_mode != "Closed"

    @property
    def may_create_community(self) -> bool:
        """Anyone logged in, unless the site keeps that to its admins."""
        if self.me is None or self.site is None:
            return False
        return self.me.local_user_view.local_user.admin or not self.site.local_site.community_creation_admin_only

    @property
    def follows(self) -> list[CommunityFollowerView]:
        """The reader's communities by name."""
        return sorted(self.me.follows, key=lambda follow: follow.community.title.lower()) if self.me is not None else []

    def blocks_person(self, person_id: int) -> bool:
        """Whether the reader has blocked somebody."""
        return self.me is not None and any(each.target.id == person_id for each in self.me.person_blocks)

    def is_me(self, person_id: int) -> bool:
        return self.viewer is not None and self.viewer.id == person_id

    @property
    def admin(self) -> bool:
        """Whether the reader administers this site."""
        return self.me is not None and self.me.local_user_view.local_user.admin

    def may_moderate(self, community: Community) -> bool:
        """Whether the reader may judge what is posted there: its moderator, or an admin of this site wherever it lives."""
        return self.me is not None and (self.admin or any(each.community.id == community.id for each in self.me.moderates))

    def moderates(self, community: Community) -> bool:
        """Whether the reader may change this community: its moderator, or an admin of the site where it lives."""
        if self.me is None:
            return False
        admin = self.me.local_user_view.local_user.admin and community.local
        return admin or any(each.community.id == community.id for each in self.me.moderates)
