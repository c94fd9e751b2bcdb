"""One mail through the configured server to try it: what the command and the page of the administrators send."""

import secrets
from typing import Final

from lemmy_lite.config import Config
from lemmy_lite.domain.postman import line
from lemmy_lite.mail import templates
from lemmy_lite.mail.letter import Letter
from lemmy_lite.mail.smtp import Connection
from lemmy_lite.mail.templates import Content
from lemmy_lite.model.clock import Clock, moment

_OPENING: Final = "This is the test that was asked for. Mails from {host} reach you."
_REASON: Final = "You get this mail because somebody who runs {host} typed your address."


async def send(loaded: Config, address: str) -> str:
    """Send a test mail; answers what the server said. Needs `config.email`. Raises MailError, a sentence."""
    host = loaded.hostname
    content = Content(
        language="en",
        site=host,
        subject=f"A test mail from {host}",
        greeting="Hello,",
        opening=_OPENING.format(host=host),
        reason=_REASON.format(host=host),
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
