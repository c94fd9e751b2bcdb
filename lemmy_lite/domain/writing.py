"""The site's rules for what people write: slurs, blocked links, trackers, languages. One place for every noun with a text.

A text that is long is checked and rendered ahead of the unit of work that stores it (ahead.py).
"""

from functools import partial
from typing import Any

from msgspec import UNSET, UnsetType

from lemmy_lite.context import Context
from lemmy_lite.domain import ahead, image_proxy
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import LANGUAGES, UNDETERMINED
from lemmy_lite.model.person import Person
from lemmy_lite.model.site import LocalSite
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community as communities
from lemmy_lite.storage.tables import local_user, site
from lemmy_lite.text import blocked_links, links, markdown, names, slurs, stored_html, tracking


class House:
    """The rules of the local site, read once for a unit of work; `of` is the id of what was received, None for what is written here."""

    def __init__(self, tx: Transaction, context: Context, of: str | None = None) -> None:
        self._tx = tx
        self._context = context
        self._of = of
        self.site: LocalSite = site.local(tx)
        self._blocked = tuple([entry.url for entry in site.blocked_urls(tx)])

    def name(self, text: str) -> str:
        """A name or title, which must hold no slur. Raises slurs."""
        slurs.check(self.site.slur_filter_regex, text)
        return text

    def markdown(self, text: str, limit: str) -> str:
        """A body as it is stored: slurs replaced, trackers cut from links. Raises blocked_url and the code of the limit's row."""
        rules = limit, self.site.slur_filter_regex, self._blocked
        return ahead.of_text(self._tx, text, ("stored", *rules), partial(_stored, self._context, *rules), of=self._of)

    def url(self, text: str) -> str:
        """A post's link as it is stored. Raises invalid_url, invalid_url_scheme, url_length_overflow, blocked_url."""
        text = image_proxy.original(self._context, text)
        url = str(links.parse(text))
        blocked_links.check(url, self._blocked)
        return tracking.clean(links.check_post_url(text))

    def body(self, text: str, limit: str) -> tuple[str, dict[str, Any]]:
        """The same, with the columns that hold it as it is shown on this site."""
        rules = limit, self.site.slur_filter_regex, self._blocked
        if not ahead.takes_long(self._tx, text):
            stored = _stored(self._context, *rules, text)
            return stored, self.rendered(stored)
        make = partial(_stored_and_shown, self._context, *rules)
        stored, html = ahead.of_text(self._tx, text, ("stored and shown", *rules), make, of=self._of)
        return stored, _columns(html)

    def rendered(self, text: str | None) -> dict[str, Any]:
        """These columns alone, for a text to which no rules apply."""
        html = None if not text else ahead.of_text(self._tx, text, "shown", partial(_packed, self._context.config.hostname), of=self._of)
        return _columns(html)


def _stored(context: Context, limit: str, slur_filter: str | None, blocked: tuple[str, ...], text: str) -> str:
    text = image_proxy.originals_in(context, text)
    text = tracking.clean_links_in(slurs.replace(slur_filter, text))
    blocked_links.check(text, blocked)
    names.check(limit, text)
    return text


def _stored_and_shown(context: Context, limit: str, slur_filter: str | None, blocked: tuple[str, ...], text: str) -> tuple[str, str]:
    stored = _stored(context, limit, slur_filter, blocked, text)
    return stored, _packed(context.config.hostname, stored)


def _columns(html: str | None) -> dict[str, Any]:
    return {"html": html, "html_version": markdown.RENDERER_VERSION}


def _packed(host: str, text: str) -> str:
    return stored_html.pack(text, markdown.render(text, markdown.Options(host=host)))


def cleared(text: str | UnsetType) -> str | None:
    """What an optional text of a form means: an empty one clears the value."""
    return None if text is UNSET or not text else text


def language(tx: Transaction, actor: Person, community: Community, wanted: LanguageId | UnsetType) -> LanguageId:
    """The language of a new post or comment: what was wished, if the community has it; else the one that reader and community share.

    Lemmy's default_post_language: the only common language besides Undetermined, otherwise Undetermined. Raises language_not_allowed.
    """
    allowed = communities.languages(tx, community.id)
    if wanted is not UNSET:
        if not 0 <= wanted < len(LANGUAGES) or (allowed and wanted not in allowed):
            raise LemmyError("language_not_allowed")
        return wanted
    account = local_user.of_person(tx, actor.id)
    spoken = local_user.languages(tx, account.id) if account else []
    common = {number for number in spoken or allowed if not allowed or number in allowed} - {UNDETERMINED}
    return common.pop() if len(common) == 1 else UNDETERMINED
