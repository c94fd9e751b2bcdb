"""A letter survives whatever people call themselves, and brings nothing along that is fetched or obeyed."""

from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmy_lite.mail import templates
from lemmy_lite.mail.letter import BadAddress, Letter, message, one_line, parted
from lemmy_lite.mail.templates import Button, Content, Quote

HOSTILE = [
    "Ada\r\nBcc: victim@mail.test",
    "Ada\nSubject: other",
    '"Ada" <root@mail.test>',
    "Ada\x00\x1b[31m",
    "\u202eadA",
    "Ada\u2028Bcc: x",
    "=?utf-8?q?Bcc:_x?=",
    "Ädä 🐦 名前 " * 20,
    "a" * 5000,
    "",
]
_UNSUBSCRIBE = ["List-Unsubscribe", "List-Unsubscribe-Post"]
HEADERS = sorted(
    ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type", *_UNSUBSCRIBE]
)


def _letter(name: str = "ada", subject: str = "Hello", address: str = "ada@mail.test", text: str = "Hello\n") -> Letter:
    return Letter(
        to_address=address,
        to_name=name,
        subject=subject,
        language="en",
        text=text,
        html=f"<p>{text}</p>",
        written=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        number="7.12",
        host="here.test",
        unsubscribe="https://here.test/unsubscribe/1-f",
    )


def _read(letter: Letter) -> EmailMessage:
    raw = bytes(message(letter, "Here <noreply@here.test>"))
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    return BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_or_title_begins_a_header_of_its_own(name: str) -> None:
    read = _read(_letter(name, f"{name} answered you"))
    assert sorted(read.keys()) == HEADERS
    assert [each.addr_spec for each in read["To"].addresses] == ["ada@mail.test"]
    assert [each.addr_spec for each in read["From"].addresses] == ["noreply@here.test"]
    assert not any(ord(character) < 32 or character in "\u202e\u2028" for character in str(read["Subject"]) + str(read["To"]))


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_any_text_makes_a_mail_with_the_same_headers(name: str, subject: str, text: str) -> None:
    read = _read(_letter(name, subject, text=text))
    assert sorted(read.keys()) == HEADERS
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_the_headers_say_that_a_machine_wrote_it_and_how_to_be_rid_of_it() -> None:
    read = _read(_letter())
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Message-ID"] == "<7.12.mail@here.test>"
    assert read["Date"] == "Fri, 02 Jan 2026 03:04:05 +0000"
    assert read["List-Unsubscribe"] == "<https://here.test/unsubscribe/1-f>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Content-Language"] == "en"


@pytest.mark.parametrize("text", ["", "ada", "a@b\r\nc@d", "a b@c", "<>", "a@b>", "a@b,c@d", "x" * 400 + "@mail.test"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        parted(text)


def test_a_line_is_cut_with_a_mark() -> None:
    assert one_line("one\r\n\ttwo  three", 50) == "one two three"
    assert one_line("x" * 20, 10) == "x" * 9 + "…"


def _content(**fields: object) -> Content:
    given: dict[str, object] = {"language": "de", "site": "<b>Here</b>", "subject": "<i>", "greeting": "Hi <x>", "opening": '"><script>'}
    given |= {"reason": "because & so", "button": Button(label="Go", url='https://here.test/"x')}
    return Content(**{**given, **fields})  # type: ignore[arg-type]  # each test gives what it is about


def test_templates_escape_all_but_what_was_sanitised() -> None:
    document = templates.html(_content(quote=Quote(text="**x**", html="<p><strong>x</strong></p>")))
    assert "<script>" not in document
    assert "&lt;b&gt;Here&lt;/b&gt;" in document
    assert "<p><strong>x</strong></p>" in document
    assert '<html lang="de" dir="ltr">' in document
    assert 'href="https://here.test/&#34;x"' in document


def test_a_letter_in_arabic_runs_from_the_right_and_what_it_quotes_as_it_was_written() -> None:
    document = templates.html(_content(language="ar", quote=Quote(text="x!", html="<p>x!</p>")))
    assert '<html lang="ar" dir="rtl">' in document
    quoted = document[document.index("<blockquote") :].partition(">")[0]
    assert 'dir="auto"' in quoted
    assert "border-right:" in quoted


def test_plain_text_is_not_escaped_and_quotes_each_line() -> None:
    plain = templates.text(_content(quote=Quote(text="one & two\n\nthree", html="")))
    assert "> one & two\n> \n> three\n" in plain
    assert "because & so" in plain
    assert 'Go:\nhttps://here.test/"x' in plain
