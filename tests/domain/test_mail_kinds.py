"""Every kind of mail, sealed and in the reader's language, over a mail server that is down at first: none is lost, none comes twice."""

import re
from pathlib import Path

from lemmy_lite.domain import community, email_address, mail_digest, password, registration, report
from lemmy_lite.domain import mail as mails
from lemmy_lite.domain.mail_wording import DOMAIN, WORDINGS
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.events import RecoveryCodeUsed
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.mail import MailKind
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user
from lemmy_lite.text import translations
from tests.domain.post_office import URL, Office, with_post
from tests.domain.test_mail_digest import viewer
from tests.mail.mailbox import LOGIN, Mail

TO_ADMIN = {MailKind.APPLICATION_RECEIVED, MailKind.POST_REPORT, MailKind.COMMENT_REPORT, MailKind.PRIVATE_MESSAGE_REPORT}
MAY_BE_ENDED = {MailKind.EMAIL_VERIFIED, MailKind.REPLY, MailKind.MENTION, MailKind.PRIVATE_MESSAGE, MailKind.DIGEST}


async def one_of_each(office: Office) -> None:
    """What is the reason for each kind, in the life of eve, who applies, and of ada, who is here already."""
    await office.door.settings(application_email_admins=True, reports_email_admins=True)
    await office.change(office.door.admin, email="admin@mail.test", interface_language="de")
    ada, bob = await office.reader("ada", interface_language="de"), await office.house.person("bob")
    home = await office.house.community(office.door.admin)
    post = await office.house.post(ada, home.id, "Eulen & <Falken>")
    written = await office.say(bob, post.id, "eine Antwort")
    await office.say(office.door.admin, (await office.house.post(bob, home.id, "Anderswo")).id, "Schau, @ada@here.test")
    message = await office.message(bob, ada, "psst")
    await office.database.write(report.report_post, office.door.context, bob, post.id, "Werbung")
    await office.database.write(report.report_comment, office.door.context, ada, written.id, "<b>grob</b>")
    await office.database.write(report.report_private_message, office.door.context, ada, message.id, "Drohung")
    await office.database.write(community.follow, ada, home.id, True)
    await office.database.write(mail_digest.choose, await viewer(office, ada), 1)
    await office.database.write(lambda tx: tx.run("UPDATE mail_digest SET due = due - :past", past=DAY))
    await office.database.write(mail_digest.queue_due, 100)
    await password.request_reset(office.database, office.door.context, "ada@mail.test")
    account = await office.database.read(local_user.by_name_or_email, "ada")
    assert account is not None
    used = RecoveryCodeUsed(local_user_id=account.id)
    await office.database.write(lambda tx: tx.append(used))

    await office.door.settings(registration_mode="RequireApplication")
    for name, decision in (("eve", False), ("fay", True), ("gil", None)):
        await office.door.register(name, email=f"{name}@mail.test", answer="Ich *mag* <Vögel>")
        account = await office.database.read(local_user.by_name_or_email, name)
        assert account is not None
        await office.database.write(_in_german, account.id)
        view = await office.database.read(registration.of_person, office.door.admin, account.person_id)
        number = view.registration_application.id
        if decision is not None:
            await office.database.write(registration.decide, office.door.admin, number, approve=decision, deny_reason="Zu viele Vögel")
        else:
            await office.database.write(email_address.ask_for_proof, account.id, "gil@mail.test")


def _in_german(tx: Transaction, number: LocalUserId) -> None:
    local_user.update(tx, number, interface_language="de", send_notifications_to_email=True)


def kind_of(mail: Mail) -> MailKind:
    """The kind whose German subject a mail has."""
    sentences = translations.catalogue(DOMAIN, "de").sentences
    subject = mail.header("Subject")
    (found,) = [
        kind
        for kind, wording in WORDINGS.items()
        if re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(sentences[wording.subject])), subject)
    ]
    return found


def test_each_kind_arrives_sealed_in_german_after_the_server_was_down_and_can_be_ended(database_url: str, tmp_path: Path) -> None:
    async def story(office: Office) -> None:
        await office.mailbox.close()
        async with office.postman():
            await one_of_each(office)
            await office.eventually("SELECT MAX(attempts) >= 2 FROM mail")
            assert not office.mailbox.mails
            waiting = await office.waiting()
            await office.mailbox.reopen()
            await office.quiet()
            (proof,) = [mail for mail in office.mailbox.mails if kind_of(mail) is MailKind.VERIFICATION]
            await office.database.write(email_address.verify, proof.path(f"{URL}/verify_email/"))
            await office.quiet()
        arrived = {kind_of(mail): mail for mail in office.mailbox.mails}
        assert set(arrived) == set(MailKind)
        assert len(office.mailbox.mails) == len({mail.header("Message-ID") for mail in office.mailbox.mails}) <= waiting + 1
        assert set(office.mailbox.logins) == {LOGIN}
        for kind, mail in arrived.items():
            assert (mail.to == ["admin@mail.test"]) == (kind in TO_ADMIN)
            assert mail.header("Content-Language") == "de"
            assert mail.text.startswith("Hallo ")
            assert '<html lang="de"' in mail.html
            assert not re.search(r"\{\w+\}|<b>|<Vögel>|<Falken>", mail.html), "every placeholder is filled, and nobody's words are HTML"
            assert ("List-Unsubscribe" in mail.message) == (kind in MAY_BE_ENDED), kind
        for kind in MAY_BE_ENDED:
            way_out = arrived[kind].header("List-Unsubscribe").removeprefix(f"<{URL}/unsubscribe/").removesuffix(">")
            assert arrived[kind].header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
            assert (await office.database.write(mails.unsubscribe, office.door.context, way_out)).digest == (kind is MailKind.DIGEST)

    with_post(database_url, story, at_work=False, sealed=tmp_path)
