"""By the API and the pages alone: mails that lead somewhere, and the one click that ends them."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lemmy_lite.domain.postman import Pauses, Postman
from lemmy_lite.storage.tables import site as sites
from tests.http.asgi import ask
from tests.http.web import lab
from tests.mail.mailbox import Mail, Mailbox

ORIGIN = "http://hearth.test"
NEW = "a wholly new password"


class Post:
    """A site, its mail server, and the API."""

    def __init__(self, place: lab.Place, mailbox: Mailbox) -> None:
        self.place, self.mailbox = place, mailbox

    def mail(self, number: int) -> Mail:
        return self.place.run(self.mailbox.next(number))

    def call(self, path: str, **fields: Any) -> tuple[int, Any]:
        """POST to the API."""
        headers = [("content-type", "application/json"), ("host", "hearth.test")]
        answer = self.place.run(ask(self.place.application, "POST", f"/api/v3{path}", headers=headers, body=json.dumps(fields).encode()))
        return answer.status, json.loads(answer.body)


@contextmanager
def posted(folder: Path) -> Iterator[Post]:
    mailbox = Mailbox()
    with asyncio.Runner() as runner:  # only to find a port before the site reads its configuration
        runner.run(mailbox.open())
        runner.run(mailbox.close())
    email = {"smtp_server": f"127.0.0.1:{mailbox.port}", "smtp_from_address": "hearth@hearth.test", "tls_type": "none"}
    with lab.site(folder, email=email, mail={"per_minute": 6000}) as place:
        instance = place.instance
        postman = Postman(instance.context, instance.database, Pauses(server_first=0.02, server_longest=0.05))
        instance.database.after(postman.after)

        async def start() -> None:
            await mailbox.open()
            postman.start()

        place.run(start())
        try:
            yield Post(place, mailbox)
        finally:
            place.run(postman.close())
            place.run(mailbox.close())


def test_registering_verifying_resetting_and_logging_in_by_the_api_and_the_mails(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        post.place.write(
            lambda tx: sites.update_local(tx, require_email_verification=True, registration_mode="Open", captcha_enabled=False)
        )
        form = {"username": "ada", "password": lab.PASSWORD, "password_verify": lab.PASSWORD, "email": "ada@mail.test"}
        assert post.call("/user/register", **form) == (200, {"verify_email_sent": True, "registration_created": False})
        assert post.call("/user/login", username_or_email="ada", password=lab.PASSWORD)[1]["error"] == "email_not_verified"
        token = post.mail(1).path(f"{ORIGIN}/verify_email/")
        assert post.call("/user/verify_email", token=token)[0] == 200
        assert "jwt" in post.call("/user/login", username_or_email="ada", password=lab.PASSWORD)[1]
        assert post.call("/user/password_reset", email="ada@mail.test") == (200, {"success": True})
        token = post.mail(2).path(f"{ORIGIN}/password_change/")
        assert post.call("/user/password_change", token=token, password=NEW, password_verify=NEW)[0] == 200
        assert "jwt" in post.call("/user/login", username_or_email="ada", password=NEW)[1]
        assert post.call("/user/password_reset", email="nobody@mail.test") == (200, {"success": True})
        assert [mail.to for mail in post.mailbox.mails] == [["ada@mail.test"]] * 2


def test_the_links_of_the_mails_lead_to_pages_that_do_what_they_say(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        post.place.person("ada", email="ada@mail.test", email_verified=True)
        stranger = post.place.stranger()
        sent = stranger.get("/login_reset").submit(email="ada@mail.test")
        unknown = post.place.stranger().get("/login_reset").submit(email="nobody@mail.test")
        assert (sent.status, sent.text) == (unknown.status, unknown.text)
        page = stranger.get(f"/password_change/{post.mail(1).path(f'{ORIGIN}/password_change/')}")
        page.submit(password=NEW, password_verify=NEW)
        assert "session" in post.place.log_in("ada", NEW).cookies


def _way_out(post: Post) -> str:
    """ada gets a message from bob; answers the path behind List-Unsubscribe."""
    post.place.person("ada", email="ada@mail.test", send_notifications_to_email=True)
    bob = post.place.member("bob")
    ada = bob.get("/u/ada").html.partition("/create_private_message/")[2].partition('"')[0]
    bob.get(f"/create_private_message/{ada}").submit(content="psst")
    return post.mail(1).header("List-Unsubscribe").removeprefix(f"<{ORIGIN}").removesuffix(">")


def _wants(post: Post) -> bool:
    return bool(post.place.read(lambda tx: tx.value("SELECT send_notifications_to_email FROM local_user WHERE email = 'ada@mail.test'")))


def test_a_mail_program_unsubscribes_with_one_request_without_cookies_or_form_token(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        path = _way_out(post)
        headers = [("content-type", "application/x-www-form-urlencoded"), ("host", "hearth.test"), ("origin", "https://mail.example")]
        answer = post.place.run(ask(post.place.application, "POST", path, headers=headers, body=b"List-Unsubscribe=One-Click"))
        assert answer.status == 200
        assert not _wants(post)


def test_looking_at_the_page_changes_nothing_and_its_button_does(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        path = _way_out(post)
        page = post.place.stranger().get(path)
        assert page.status == 200
        assert _wants(post)
        assert "no more notifications by mail from Hearth" in page.submit().text
        assert not _wants(post)
        assert "no more notifications by mail from Hearth" in post.place.stranger().get(path).text


def test_a_made_up_way_out_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        path = _way_out(post)
        for wrong in (f"{path}0", "/unsubscribe/1-x", "/unsubscribe/%00"):
            assert post.place.stranger().get(wrong).status == 400
            assert post.place.stranger().post(wrong, {}).status == 400
        assert _wants(post)


def test_an_admin_sends_a_test_mail_and_reads_what_the_server_says(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        admin = post.place.log_in("admin")
        page = admin.get("/admin?tab=mail")
        assert "mail server" in page.text.lower() or "127.0.0.1" in page.text
        sent = page.submit(address="ada@mail.test")
        assert sent.status == 200
        assert "Taken" in sent.text
        assert post.mail(1).header("Subject").startswith("A test mail from hearth.test")
        refused = page.submit(address="no address <at all>")
        assert refused.status == 400
        post.place.run(post.mailbox.close())
        silent = page.submit(address="ada@mail.test")
        assert silent.status == 400
        assert "127.0.0.1" in silent.text
        post.place.run(post.mailbox.open())


def test_an_admin_reads_about_mail_in_the_language_of_the_pages_and_so_is_the_test_mail(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        admin = post.place.log_in("admin")
        settings = admin.get("/settings")
        settings.submit(settings.form(field="interface_language"), interface_language="de")
        page = admin.get("/admin?tab=mail")
        assert "Mails gehen an 127.0.0.1" in page.text
        assert "nicht verschlüsselt" in page.text
        page.submit(address="ada@mail.test")
        assert post.mail(1).header("Subject").startswith("Eine Testmail von hearth.test")
        post.place.run(post.mailbox.close())
        assert "ist nicht erreichbar" in page.submit(address="ada@mail.test").text
        post.place.run(post.mailbox.open())


def test_nobody_else_sends_test_mails(tmp_path: Path) -> None:
    with posted(tmp_path) as post:
        member = post.place.member("bob")
        assert member.get("/admin?tab=mail").status in (400, 403)
        assert member.post("/admin/mail", {"address": "ada@mail.test"}).status in (400, 403)
        assert not post.mailbox.mails
