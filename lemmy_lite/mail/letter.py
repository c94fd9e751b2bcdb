"""A letter: who gets it and what it says, and the bytes that a mail server takes.

Nothing here trusts a name. Every header is one line of printable characters before the library that writes headers sees it, so that no
name of a person or community can begin a header of its own (security.md, "mail injection").
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from lemmy_lite.model.struct import Struct

if TYPE_CHECKING:
    from email.headerregistry import Address
    from email.message import EmailMessage

_MOST_SUBJECT: Final = 150
_MOST_NAME: Final = 80
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that are not seen or turn the direction of writing: they could disguise who writes, or end a header."""
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{1,64}@[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{1,255}")

_NAMED: Final = re.compile(r"([^<>\r\n]*)<([^<>\r\n]*)>")


class Letter(Struct, kw_only=True):
    """One mail. `text` is plain, `html` a whole document; `number` is unique among all letters of `host`, and the same at each try.

    `unsubscribe` is the https address where one click ends such mails (RFC 8058), absent for mails that somebody asked for.
    """

    to_address: str
    to_name: str
    subject: str
    language: str
    text: str
    html: str
    written: datetime
    number: str
    host: str
    unsubscribe: str | None = None


class BadAddress(ValueError):
    """What was given as a mail address is none that a mail server would take."""


def one_line(text: str, limit: int) -> str:
    """Printable text on one line, for headers: what cannot be seen is left out, blanks are joined."""
    seen = "".join(" " if character.isspace() else character for character in text)
    shown = " ".join("".join(each for each in seen if unicodedata.category(each) not in _HIDDEN).split())
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def parted(text: str) -> tuple[str, str]:
    """Name and address of `Name <name@example.org>` or of a bare address, whose name is empty. Raises BadAddress for all else."""
    found = _NAMED.fullmatch(text)
    name, bare = (found[1].strip().strip('"'), found[2]) if found else ("", text)
    if not _ADDRESS.fullmatch(bare):
        raise BadAddress("This is no mail address.")
    return name, bare


def message(letter: Letter, sender: str, sender_name: str = "") -> EmailMessage:
    """The letter as a mail with a plain and an HTML part. `sender` may bring its own name, else `sender_name` is shown.

    Raises BadAddress for a recipient or sender that cannot be written to.
    """
    from email.message import EmailMessage
    from email.policy import SMTP

    # Lines of at most 998 octets and 7-bit bodies pass every server, extensions or not (RFC 5321 4.5.3, RFC 5322 2.1.1).
    made = EmailMessage(SMTP.clone(cte_type="7bit", raise_on_defect=False))
    own_name, own_address = parted(sender)
    made["From"] = _mailbox(own_address, own_name or sender_name)
    made["To"] = _mailbox(letter.to_address, letter.to_name)
    made["Subject"] = one_line(letter.subject, _MOST_SUBJECT)
    made["Date"] = format_datetime(letter.written)
    made["Message-ID"] = f"<{letter.number}.mail@{letter.host}>"
    # Nobody's "I am on holiday" shall answer a machine, nor this machine another one (RFC 3834).
    made["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe is not None:
        made["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(_encodable(letter.text), cte="quoted-printable")
    made.add_alternative(_encodable(letter.html), subtype="html", cte="quoted-printable")
    made["Content-Language"] = letter.language
    return made


def _mailbox(address: str, name: str) -> Address:
    if not _ADDRESS.fullmatch(address):
        raise BadAddress("This is no mail address.")
    from email.headerregistry import Address

    return Address(display_name=one_line(name, _MOST_NAME), addr_spec=address)


def _encodable(text: str) -> str:
    """Half a surrogate pair cannot be sent."""
    return text.encode(errors="replace").decode()
