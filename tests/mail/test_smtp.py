"""The talk with the mail server, each way that email.tls_type names, and what people are told where it fails."""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.config import Config
from lemmy_lite.domain.postman import line
from lemmy_lite.mail.letter import Letter
from lemmy_lite.mail.smtp import Connection, Line, MailError, description, warnings
from lemmy_lite.net import tls
from tests.mail.mailbox import LOGIN, PASSWORD, delivered
from tests.net.servers import certificate, socks_proxy

TO = "ada@mail.test"


def _letter(to: str = TO) -> Letter:
    written = datetime(2026, 1, 1, tzinfo=UTC)
    parts = {"subject": "Hello", "language": "en", "text": "Hello\n", "html": "<p>Hello</p>"}
    return Letter(to_address=to, to_name="ada", written=written, number="1", host="here.test", **parts)


def _config(port: int, tls_type: str, host: str = "localhost", *, through: Mapping[str, str] | None = None, **email: Any) -> Config:
    settings = {"smtp_server": f"{host}:{port}", "smtp_from_address": "Here <noreply@here.test>", "tls_type": tls_type, **email}
    mail = {"timeout": 2, **{name: text for name, text in (through or {}).items() if name == "ca_file"}}
    proxy = {name: text for name, text in (through or {}).items() if name == "socks_proxy"}
    return config.read({"hostname": "here.test", "email": settings, "mail": mail, **proxy}, environment={})


async def _sent(settings: Config, authority: Path | None = None, *letters: Letter) -> list[str]:
    async with Connection(settings, Line(tls.context(str(authority) if authority else None))) as talk:
        return [await talk.send(letter) for letter in letters or [_letter()]]


@pytest.mark.parametrize("tls_type", ["none", "starttls", "tls"])
@pytest.mark.parametrize("auth", [False, True])
def test_a_letter_arrives_each_way_with_and_without_a_login(tls_type: str, auth: bool, tmp_path: Path) -> None:
    async def story() -> None:
        server, authority = certificate(tmp_path, "localhost")
        offered: dict[str, Any] = {"none": {}, "starttls": {"starttls": server}, "tls": {"tls": server}}[tls_type]
        async with delivered(auth=auth, **offered) as mailbox:
            login: dict[str, Any] = {"smtp_login": LOGIN, "smtp_password": PASSWORD} if auth else {}
            assert await _sent(_config(mailbox.port, tls_type, **login), authority) == ["Taken"]
            (mail,) = mailbox.mails
            assert (mail.sender, mail.to) == ("noreply@here.test", [TO])
            assert mailbox.logins == ([LOGIN] if auth else [])

    asyncio.run(story())


@pytest.mark.parametrize("tls_type", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["unknown authority", "another name"])
def test_a_certificate_that_is_not_good_for_the_host_is_refused_and_nothing_is_said(tls_type: str, fault: str, tmp_path: Path) -> None:
    async def story() -> None:
        server, authority = certificate(tmp_path, "localhost" if fault == "unknown authority" else "elsewhere.test")
        offered: dict[str, ssl.SSLContext] = {tls_type: server}
        async with delivered(auth=True, **offered) as mailbox:
            settings = _config(mailbox.port, tls_type, smtp_login=LOGIN, smtp_password=PASSWORD)
            with pytest.raises(MailError, match=r"certificate of the mail server localhost:.* is not trusted") as failed:
                await _sent(settings, None if fault == "unknown authority" else authority)
            assert failed.value.server_wide
            assert mailbox.mails == []
            assert mailbox.logins == []

    asyncio.run(story())


def test_a_server_without_starttls_is_told_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with delivered() as mailbox:
            with pytest.raises(MailError, match="offers no STARTTLS, so nothing was sent"):
                await _sent(_config(mailbox.port, "starttls", smtp_login=LOGIN, smtp_password=PASSWORD))
            assert mailbox.mails == []

    asyncio.run(story())


def test_each_failure_is_told_in_a_sentence_without_the_password(free_port: Any) -> None:
    async def story() -> None:
        async with delivered(auth=True) as mailbox:
            cases = [
                (_config(free_port(), "none"), "cannot be reached"),
                (_config(mailbox.port, "tls"), "There is no TLS"),
                (_config(mailbox.port, "none", smtp_login=LOGIN, smtp_password="wrong-secret"), "refuses the login or password.*535"),
                (_config(mailbox.port, "none"), "530"),
            ]
            for settings, sentence in cases:
                with pytest.raises(MailError, match=sentence) as failed:
                    await _sent(settings)
                assert "wrong-secret" not in str(failed.value)

    asyncio.run(story())


def test_a_server_that_says_nothing_costs_the_timeout_and_no_more() -> None:
    hung_up = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    async def story() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            with pytest.raises(MailError, match="does not answer in time"):
                await _sent(_config(server.sockets[0].getsockname()[1], "none", "127.0.0.1"))
            await hung_up.wait()

    asyncio.run(story())


def test_one_address_that_is_refused_does_not_keep_the_next_letter_from_its_own() -> None:
    async def story() -> None:
        async with delivered() as mailbox:
            mailbox.refusals = {"gone@mail.test": ["550 no such user"], "busy@mail.test": ["451 come back later"]}
            async with Connection(_config(mailbox.port, "none"), Line(ssl.create_default_context())) as talk:
                for address, permanent in (("gone@mail.test", True), ("busy@mail.test", False), ("not an address", True)):
                    with pytest.raises(MailError) as failed:
                        await talk.send(_letter(address))
                    assert (failed.value.permanent, failed.value.server_wide) == (permanent, False)
                await talk.send(_letter())
            assert [mail.to for mail in mailbox.mails] == [[TO]]

    asyncio.run(story())


def test_people_read_how_mails_leave_and_what_is_doubtful() -> None:
    assert "No mails are sent" in str(description(config.read({"hostname": "here.test"}, environment={})))
    plain = _config(25, "none", "mail.test", smtp_login=LOGIN, smtp_password=PASSWORD)
    assert str(description(plain)) == "Mails go to mail.test:25 (not encrypted) as postbox, from Here <noreply@here.test>."
    assert PASSWORD not in " ".join(map(str, warnings(plain)))
    assert any("in clear" in str(line) for line in warnings(plain))
    assert warnings(_config(25, "none")) == []


@pytest.mark.parametrize("tls_type", ["none", "starttls", "tls"])
def test_a_mail_server_outside_is_reached_through_the_proxy_alone(tls_type: str, tmp_path: Path) -> None:
    async def story() -> None:
        server, authority = certificate(tmp_path, "post.example")
        offered: dict[str, Any] = {"none": {}, "starttls": {"starttls": server}, "tls": {"tls": server}}[tls_type]
        async with delivered(**offered) as mailbox, socks_proxy(("127.0.0.1", mailbox.port)) as proxy:
            through = {"socks_proxy": f"socks5h://127.0.0.1:{proxy.port}", "ca_file": str(authority)}
            settings = _config(25, tls_type, "post.example", through=through)
            async with Connection(settings, line(settings)) as talk:
                await talk.send(_letter())
            assert [mail.to for mail in mailbox.mails] == [[TO]]
            assert proxy.asked == [("name", "post.example", 25)]

    asyncio.run(story())


def test_a_proxy_that_is_down_is_never_gone_around(free_port: Any) -> None:
    async def story() -> None:
        settings = _config(25, "none", "post.example", through={"socks_proxy": f"socks5://127.0.0.1:{free_port()}"})
        with pytest.raises(MailError, match="cannot be reached through the proxy"):
            async with Connection(settings, line(settings)):
                pass

    asyncio.run(story())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "192.168.1.5", "post", "post.local", "[::1]"])
def test_a_mail_server_of_one_s_own_network_is_reached_without_the_proxy(host: str) -> None:
    assert line(_config(25, "none", host, through={"socks_proxy": "socks5://127.0.0.1:9"})).dial is None
