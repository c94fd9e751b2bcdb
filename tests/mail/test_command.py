"""`lemmy-lite mail-test` and what `check-config` says of mails."""

import asyncio
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from lemmy_lite.cli.main import main
from tests import instances
from tests.mail.mailbox import delivered


def _run(folder: Path, *arguments: str, **email: Any) -> Result:
    file = folder / "lemmy.hjson"
    file.write_text(json.dumps({"hostname": "here.test", "email": email or None, "mail": {"timeout": 2}}))
    return CliRunner().invoke(main, ["--config", str(file), *arguments])


def _server(port: int, **email: Any) -> dict[str, Any]:
    return {"smtp_server": f"127.0.0.1:{port}", "smtp_from_address": "noreply@here.test", "tls_type": "none", **email}


def test_a_test_mail_arrives_and_the_server_s_answer_is_shown(tmp_path: Path) -> None:
    async def story() -> None:
        async with delivered() as mailbox:
            result = await asyncio.to_thread(_run, tmp_path, "mail-test", "ada@mail.test", **_server(mailbox.port))
            assert result.exit_code == 0, result.output
            assert "took the mail to ada@mail.test; it says: Taken" in result.output
            mail = await mailbox.next()
            assert mail.header("Subject") == "A test mail from here.test"
            assert "Mails from here.test reach you." in mail.text

    asyncio.run(story())


def test_what_went_wrong_is_said_in_a_sentence(tmp_path: Path, free_port: Any) -> None:
    nothing = _run(tmp_path, "mail-test", "ada@mail.test")
    assert (nothing.exit_code, "No mails are sent" in nothing.output) == (1, True)
    down = _run(tmp_path, "mail-test", "ada@mail.test", **_server(free_port()))
    assert (down.exit_code, "cannot be reached" in down.output) == (1, True)
    settings = {"hostname": "here.test", "email": _server(free_port()), "mail": {"ca_file": str(tmp_path / "no.pem")}}
    (tmp_path / "ca.hjson").write_text(json.dumps(settings))
    no_authority = CliRunner().invoke(main, ["--config", str(tmp_path / "ca.hjson"), "mail-test", "ada@mail.test"])
    assert (no_authority.exit_code, "no.pem) cannot be read" in no_authority.output) == (1, True)
    no_file = CliRunner().invoke(main, ["--config", str(tmp_path / "none.hjson"), "mail-test", "ada@mail.test"])
    assert no_file.exit_code == 2

    async def story() -> None:
        async with delivered() as mailbox:
            for address, sentence in (("no address", "cannot be written to"), ("gone@mail.test", "550 no such user")):
                mailbox.refusals = {"gone@mail.test": ["550 no such user"]}
                result = await asyncio.to_thread(_run, tmp_path, "mail-test", address, **_server(mailbox.port))
                assert (result.exit_code, sentence in result.output) == (1, True), result.output

    asyncio.run(story())


def test_check_config_says_how_mails_leave_and_shows_no_password(tmp_path: Path) -> None:
    login = {"smtp_login": "postbox", "smtp_password": "sesame-secret", "smtp_server": "mail.test:25"}
    file = tmp_path / "lemmy.hjson"
    file.write_text(json.dumps({"hostname": "here.test", "email": _server(25, **login)}))
    result = CliRunner().invoke(main, ["check-config", "--config", str(file)])
    assert "Mails go to mail.test:25 (not encrypted) as postbox, from noreply@here.test." in result.output
    assert "in clear" in result.output
    assert "sesame-secret" not in result.output


def test_a_running_instance_sends_mails_and_what_waited_at_its_end_after_its_next_start(tmp_path: Path, free_port: Any) -> None:
    async def story() -> None:
        async with delivered() as mailbox:
            setup = {"admin_username": "admin", "admin_password": instances.PASSWORD, "site_name": "Test", "admin_email": "admin@mail.test"}
            config = {"email": _server(mailbox.port), "setup": setup}
            instance = instances.Instance(tmp_path, free_port(), config=config)
            try:
                await asyncio.to_thread(instance.start)
                await asyncio.to_thread(instance.client().post, "/user/password_reset", email="admin@mail.test")
                assert "/password_change/" in (await mailbox.next()).text
                await mailbox.close()
                await asyncio.to_thread(instance.client().post, "/user/password_reset", email="admin@mail.test")
                await asyncio.to_thread(instance.logged, "mails wait for another try")
                await asyncio.to_thread(instance.stop)
                await mailbox.open()
                await asyncio.to_thread(instance.start)
                second = await mailbox.next(2)
                assert second.to == ["admin@mail.test"]
                assert "/password_change/" in second.text
            finally:
                instance.kill()

    asyncio.run(story())
