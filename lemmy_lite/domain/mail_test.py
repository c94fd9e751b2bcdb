"""One mail through the configured server to try it: what the command and the page of the administrators send."""

import secrets

from lemmy_lite.config import Config
from lemmy_lite.domain.mail_wording import DOMAIN, TEST, TEST_GREETING
from lemmy_lite.domain.postman import line
from lemmy_lite.mail import templates
from lemmy_lite.mail.letter import Letter
from lemmy_lite.mail.smtp import Connection
from lemmy_lite.mail.templates import Content
from lemmy_lite.model.clock import Clock, moment
from lemmy_lite.text import translations
from lemmy_lite.text.translations import SOURCE


async def send(loaded: Config, address: str, language: str = SOURCE) -> str:
    """Send a test mail in a language of the mails, else in English; answers what the server said. Needs `config.email`.

    Raises MailError, a sentence.
    """
    host, tongue = loaded.hostname, translations.best(DOMAIN, language)

    def said(sentence: str) -> str:
        return translations.said(DOMAIN, tongue, sentence, host=host)

    content = Content(
        language=tongue,
        site=host,
        subject=said(TEST.subject),
        greeting=said(TEST_GREETING),
        opening=said(TEST.opening),
        reason=said(TEST.reason),
    )
    letter = Letter(
        to_address=address,
        to_name="",
        subject=content.subject,
        language=content.language,
        text=templates.text(content),
        html=templates.html(content),
        written=moment(Clock().now()),
        number=f"test.{secrets.token_hex(8)}",
        host=loaded.domain,
    )
    async with Connection(loaded, line(loaded)) as talk:
        return await talk.send(letter)
