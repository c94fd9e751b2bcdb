"""From what a mail is about to the letter: sentences in the reader's language, and what others wrote as text and as tame HTML."""

from datetime import datetime
from typing import Final

from lemmy_lite.config import Config
from lemmy_lite.domain.mail_matter import Listed, Matter
from lemmy_lite.domain.mail_wording import DENIAL_REASON, DOMAIN, GREETING, POINTS, UNSUBSCRIBE, WORDINGS, office
from lemmy_lite.mail import templates
from lemmy_lite.mail.letter import Letter
from lemmy_lite.mail.templates import Button, Content, Entry, Quote
from lemmy_lite.model.mail import MailKind
from lemmy_lite.text import markdown, translations
from lemmy_lite.text.markdown import Options

_OF_REPORTS: Final = frozenset({MailKind.POST_REPORT, MailKind.COMMENT_REPORT, MailKind.PRIVATE_MESSAGE_REPORT})
_UNSEEN: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
"""Control characters but for tab and line ends: some would act on a terminal in which mails are read."""


def letter(config: Config, matter: Matter, now: datetime) -> Letter:
    """The finished letter. Nothing in it is fetched when it is opened: pictures become their descriptions."""
    content = _content(config, matter)
    return Letter(
        to_address=matter.address,
        to_name=matter.name,
        subject=content.subject,
        language=content.language,
        text=templates.text(content),
        html=templates.html(content),
        written=now,
        number=f"{matter.mail.id}.{matter.mail.published}",
        host=config.domain,
        unsubscribe=content.unsubscribe.url if content.unsubscribe else None,
    )


def _content(config: Config, matter: Matter) -> Content:
    language = translations.best(DOMAIN, matter.language)
    kind, wording = matter.mail.kind, WORDINGS[matter.mail.kind]

    def said(sentence: str) -> str:
        return translations.said(DOMAIN, language, sentence, **matter.values)

    opening = said(wording.opening)
    if kind is MailKind.APPLICATION_DENIED and matter.quote:
        opening = f"{opening} {said(DENIAL_REASON)}"

    def entry(about: Listed) -> Entry:
        line = translations.said(DOMAIN, language, POINTS, community=about.community, score=str(about.score), comments=str(about.comments))
        return Entry(title=about.title.translate(_UNSEEN), url=f"{config.base_url}{about.path}", about=line)

    reason = office(kind, admin=matter.way_out is None) if kind in _OF_REPORTS else wording.reason
    return Content(
        language=language,
        site=matter.site_name,
        subject=said(wording.subject),
        greeting=said(GREETING),
        opening=opening,
        quote=_quote(config, matter.quote) if matter.quote else None,
        entries=tuple(map(entry, matter.entries)),
        closing=tuple(map(said, wording.closing)),
        button=Button(label=said(wording.button), url=f"{config.base_url}{matter.path}"),
        reason=said(reason),
        unsubscribe=Button(label=said(UNSUBSCRIBE), url=f"{config.base_url}/unsubscribe/{matter.way_out}") if matter.way_out else None,
    )


def _quote(config: Config, source: str) -> Quote:
    """Markdown is good plain text as it is; as HTML its links are absolute."""
    options = Options(host=config.hostname, base_url=config.base_url, image=lambda _url: None)
    return Quote(text=source.translate(_UNSEEN), html=markdown.render(source, options))
