"""Each mail goes to whom it is for, once, with a link that works; and to nobody else."""

import logging
from typing import Any

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import email_address, password, private_message, recovery_code, registration, report
from lemmy_lite.domain import mail as mails
from lemmy_lite.model.clock import DAY, HOUR
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentCreated, PersonRegistered
from lemmy_lite.model.ids import RegistrationApplicationId
from lemmy_lite.model.local_user import LocalUser
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, comment, local_user, person
from tests.domain.post_office import URL, Office, with_post

NEW = "a wholly new password"


async def _account(office: Office, name: str) -> LocalUser:
    found = await office.database.read(local_user.by_name_or_email, name)
    assert found is not None
    return found


async def _reset(office: Office, email: str) -> None:
    await password.request_reset(office.database, office.door.context, email)


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_a_newcomer_verifies_the_address_by_the_link_of_the_mail_and_comes_in(database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.door.settings(require_email_verification=True)
        assert await office.door.register("ada", email="ada@mail.test") is None
        mail = await office.mailbox.next()
        assert mail.to == ["ada@mail.test"]
        assert "List-Unsubscribe" not in mail.message
        await office.database.write(email_address.verify, mail.path(f"{URL}/verify_email/"))
        assert await office.door.login("ada")
        assert await office.quiet() == ["ada@mail.test"]

    with_post(database_url, story)


def test_a_new_password_is_set_by_the_link_of_the_mail_which_works_once(database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.door.register("ada", email="ada@mail.test")
        await _reset(office, "Ada@mail.test")
        mail = await office.mailbox.next()
        assert mail.to == ["ada@mail.test"]
        token = mail.path(f"{URL}/password_change/")
        await password.set_by_token(office.database, office.door.context, token, NEW, NEW)
        assert await office.door.login("ada", NEW)
        with pytest.raises(LemmyError, match="token_not_found"):
            await password.set_by_token(office.database, office.door.context, token, NEW, NEW)
        assert await office.quiet() == ["ada@mail.test"]

    with_post(database_url, story)


def test_who_logs_in_by_a_recovery_code_is_told_how_many_are_left(database_url: str) -> None:
    async def story(office: Office) -> None:
        ada = await office.reader("ada", send_notifications_to_email=False)
        account, codes = await _account(office, ada.name), recovery_code.new()
        await office.database.write(recovery_code.give, account.id, codes)
        assert await office.database.write(recovery_code.spend, account.id, codes[0])
        mail = await office.mailbox.next()
        assert mail.to == ["ada@mail.test"]
        assert "Codes left: 9." in mail.text
        assert codes[0] not in str(mail.message)

    with_post(database_url, story)


def test_what_waits_holds_no_token_and_the_log_shows_none(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def story(office: Office) -> None:
        await office.door.register("ada", email="ada@mail.test")
        await _reset(office, "ada@mail.test")
        rows = await office.database.read(lambda tx: tx.all("SELECT * FROM mail"))
        async with office.postman():
            token = (await office.mailbox.next()).path(f"{URL}/password_change/")
        assert token not in repr(rows)
        ours = [record.getMessage() for record in caplog.records if record.name.startswith("lemmy_lite")]
        assert any("was sent" in line for line in ours)
        assert not any(token in line for line in ours)

    with_post(database_url, story, at_work=False)


def test_asking_for_a_password_tells_nobody_whether_the_address_is_known(database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.door.register("ada", email="ada@mail.test")
        commits = []
        for address in ("ada@mail.test", "nobody@mail.test", "no address"):
            before = office.database.commits, await office.waiting()
            await _reset(office, address)
            commits.append((office.database.commits - before[0], await office.waiting() - before[1]))
        assert commits == [(1, 1)] * 3
        async with office.postman():
            assert await office.quiet() == ["ada@mail.test"]

    with_post(database_url, story, at_work=False)


def test_who_has_yet_to_prove_the_address_is_sent_that_mail_instead_once_an_hour(database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.door.register("ada", email="ada@mail.test")
        await office.door.settings(require_email_verification=True)
        for _ in range(3):
            await _reset(office, "ada@mail.test")
        mail = await office.mailbox.next()
        await office.quiet()
        assert len(office.mailbox.mails) == 1
        await office.database.write(email_address.verify, mail.path(f"{URL}/verify_email/"))
        assert await office.door.login("ada")

    with_post(database_url, story)


def test_without_a_mail_server_nothing_is_queued_and_people_are_told(database_url: str) -> None:
    async def story(office: Office) -> None:
        office.door.context = office.house.context
        with pytest.raises(LemmyError, match="no_email_setup"):
            await _reset(office, "ada@mail.test")
        event = PersonRegistered(actor_id=office.door.admin.id, local_user_id=(await _account(office, "admin")).id)
        await office.database.write(lambda tx: mails.within(office.house.context, tx, event))
        assert await office.waiting() == 0

    with_post(database_url, story, at_work=False)


async def _applied(office: Office, **settings: Any) -> RegistrationApplicationId:
    await office.door.settings(registration_mode="RequireApplication", application_email_admins=True, **settings)
    await office.change(office.door.admin, email="admin@mail.test")
    await office.door.register("ada", email="ada@mail.test", answer="I *like* <birds>")
    view = await office.database.read(registration.of_person, office.door.admin, (await _account(office, "ada")).person_id)
    return view.registration_application.id


def test_admins_hear_of_an_application_and_the_applicant_of_the_decision_with_its_reason(database_url: str) -> None:
    async def story(office: Office) -> None:
        number = await _applied(office)
        mail = await office.mailbox.next()
        assert mail.to == ["admin@mail.test"]
        assert "I *like* <birds>" in mail.text
        assert f"{URL}/registration_applications" in mail.text
        assert "<em>like</em>" in mail.html
        await office.database.write(registration.decide, office.door.admin, number, approve=False, deny_reason="Too many birds & <cats>")
        mail = await office.mailbox.next(2)
        assert mail.to == ["ada@mail.test"]
        assert "Too many birds & <cats>" in mail.text
        await office.database.write(registration.decide, office.door.admin, number, approve=True)
        mail = await office.mailbox.next(3)
        assert mail.header("Subject") == "Welcome to here.test"
        assert await office.quiet() == ["ada@mail.test", "ada@mail.test", "admin@mail.test"]

    with_post(database_url, story)


def test_an_applicant_is_one_only_when_the_address_is_proven(database_url: str) -> None:
    async def story(office: Office) -> None:
        await _applied(office, require_email_verification=True)
        mail = await office.mailbox.next()
        assert await office.quiet() == ["ada@mail.test"]
        await office.database.write(email_address.verify, mail.path(f"{URL}/verify_email/"))
        assert (await office.mailbox.next(2)).to == ["admin@mail.test"]
        assert await office.quiet() == ["ada@mail.test", "admin@mail.test"]

    with_post(database_url, story)


# --- notifications ----------------------------------------------------------------------------------------------------


class Village:
    """ada, who is told by mail, has a post; bob answers."""

    def __init__(self, office: Office, ada: Person, bob: Person, community_id: Any, post_id: Any) -> None:
        self.office, self.ada, self.bob, self.community_id, self.post_id = office, ada, bob, community_id, post_id


async def _village(office: Office) -> Village:
    ada, bob = await office.reader("ada"), await office.house.person("bob")
    home = await office.house.community(office.door.admin)
    post = await office.house.post(ada, home.id, "Owls & <hawks>")
    return Village(office, ada, bob, home.id, post.id)


def test_a_reply_a_mention_and_a_message_reach_who_wants_them_with_a_way_out(database_url: str) -> None:
    async def story(office: Office) -> None:
        village = await _village(office)
        await office.reader("carl")
        written = await office.say(village.bob, village.post_id, "Look, @carl@here.test: **owls** ![x](https://spy.test/p.png)")
        await office.message(village.bob, village.ada, "psst")
        assert await office.quiet() == ["ada@mail.test", "ada@mail.test", "carl@mail.test"]
        (mention,) = office.mailbox.to("carl@mail.test")
        reply, message = sorted(office.mailbox.to("ada@mail.test"), key=lambda mail: "psst" in mail.text)
        assert reply.header("Subject") == "bob answered you in “Owls & <hawks>”"
        assert mention.header("Subject") == "bob mentioned you in “Owls & <hawks>”"
        for mail in (reply, mention):
            assert f"{URL}/comment/{written.id}" in mail.text
            assert "<strong>owls</strong>" in mail.html
            assert "Owls &amp; &lt;hawks&gt;" in mail.html
            assert "<img" not in mail.html
            assert "spy.test" not in mail.html
        assert f"{URL}/inbox" in message.text
        assert message.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
        way_out = message.header("List-Unsubscribe").removeprefix(f"<{URL}/unsubscribe/").removesuffix(">")
        assert message.path(f"{URL}/unsubscribe/") == way_out
        await office.database.write(mails.unsubscribe, office.door.context, way_out)
        await office.message(village.bob, village.ada, "psst again")
        assert len(await office.quiet()) == 3

    with_post(database_url, story)


def test_a_way_out_is_only_its_owners_and_dies_with_the_address(database_url: str) -> None:
    async def story(office: Office) -> None:
        ada = await office.reader("ada")
        account = await _account(office, "ada")
        way_out = mails.way_out(office.door.context, account)
        for wrong in ("", "x", f"{account.id}-", f"{account.id + 1}-{way_out.partition('-')[2]}", way_out[:-1], "9" * 30 + "-x", "١-x"):
            with pytest.raises(LemmyError, match="token_not_found"):
                await office.database.write(mails.unsubscribe, office.door.context, wrong)
        await office.change(ada, email="other@mail.test")
        with pytest.raises(LemmyError, match="token_not_found"):
            await office.database.write(mails.unsubscribe, office.door.context, way_out)
        assert (await _account(office, "ada")).send_notifications_to_email

    with_post(database_url, story, at_work=False)


async def _switches_off(village: Village) -> None:
    await village.office.change(village.ada, send_notifications_to_email=False)


async def _blocks_author(village: Village) -> None:
    await village.office.database.write(block.put, "person", village.ada.id, village.bob.id)


async def _blocks_community(village: Village) -> None:
    await village.office.database.write(block.put, "community", village.ada.id, village.community_id)


async def _is_banned(village: Village) -> None:
    await village.office.database.write(lambda tx: person.update(tx, village.ada.id, banned=True))


async def _hides_bots(village: Village) -> None:
    await village.office.change(village.ada, show_bot_accounts=False)
    await village.office.database.write(lambda tx: person.update(tx, village.bob.id, bot_account=True))


async def _has_no_address(village: Village) -> None:
    await village.office.change(village.ada, email=None)


_UNWANTED = [_switches_off, _blocks_author, _blocks_community, _is_banned, _hides_bots, _has_no_address]


@pytest.mark.parametrize("deed", _UNWANTED)
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_nobody_gets_an_answer_by_mail_who_does_not_want_it(deed: Any, when: str, tmp_path: Any) -> None:
    async def story(office: Office) -> None:
        village = await _village(office)
        if when == "before":
            await deed(village)
        await office.say(village.bob, village.post_id, "unwanted")
        if when == "meanwhile":
            assert await office.waiting() == 1
            await deed(village)
        async with office.postman():
            assert await office.quiet() == []

    with_post(f"sqlite://{tmp_path}/lemmy.db", story, at_work=False)


def test_what_was_read_deleted_or_is_one_s_own_is_not_mailed(database_url: str) -> None:
    async def story(office: Office) -> None:
        village = await _village(office)
        await office.say(village.ada, village.post_id, "my own, @ada@here.test")
        gone = await office.say(village.bob, village.post_id, "gone")
        await office.database.write(comments.delete, village.bob, gone.id, True)
        read = await office.message(village.bob, village.ada, "read already")
        await office.database.write(private_message.mark_as_read, village.ada, read.id, True)
        taken_back = await office.message(village.bob, village.ada, "taken back")
        await office.database.write(private_message.delete, village.bob, taken_back.id, True)
        async with office.postman():
            assert await office.quiet() == []

    with_post(database_url, story, at_work=False)


def test_old_comments_that_are_fetched_only_now_are_no_news(database_url: str) -> None:
    async def story(office: Office) -> None:
        village = await _village(office)
        written = await office.say(village.bob, village.post_id, "old")
        event = CommentCreated(actor_id=village.bob.id, comment_id=written.id)

        def aged(tx: Transaction) -> None:
            tx.run("DELETE FROM mail")
            comment.update(tx, written.id, published=tx.now - DAY - HOUR)
            mails.within(office.door.context, tx, event)

        await office.database.write(aged)
        assert await office.waiting() == 0

    with_post(database_url, story, at_work=False)


def test_who_is_flooded_gets_a_hundred_mails_and_the_link_for_a_password_first(database_url: str) -> None:
    async def story(office: Office) -> None:
        village = await _village(office)
        for number in range(mails.MOST_WAITING + 20):
            await office.message(village.bob, village.ada, f"number {number}")
        await _reset(office, "ada@mail.test")
        assert await office.waiting() == mails.MOST_WAITING + 1
        async with office.postman():
            first = await office.mailbox.next()
            assert "/password_change/" in first.text

    with_post(database_url, story, at_work=False)


def test_reports_reach_admins_by_office_and_moderators_by_wish_but_not_who_reported(database_url: str) -> None:
    async def story(office: Office) -> None:
        village = await _village(office)
        await office.change(office.door.admin, email="admin@mail.test")
        keeper = await office.reader("keeper")
        home = await office.house.community(keeper, "hawks")
        post = await office.house.post(village.bob, home.id, "Bad")
        written = await office.say(village.bob, post.id, "worse")
        await office.database.write(report.report_post, office.door.context, village.ada, post.id, "spam")
        assert await office.quiet() == []  # the site has not asked for it
        await office.door.settings(reports_email_admins=True)
        await office.database.write(report.report_comment, office.door.context, village.ada, written.id, "<b>rude</b>")
        await office.quiet()
        (to_admin,), (to_keeper,) = office.mailbox.to("admin@mail.test"), office.mailbox.to("keeper@mail.test")
        assert to_admin.header("Subject") == "ada reported a comment of bob (here.test)"
        assert f"{URL}/reports" in to_admin.text
        assert "<b>" not in to_admin.html
        assert "List-Unsubscribe" not in to_admin.message
        assert "List-Unsubscribe" in to_keeper.message
        assert "moderate hawks" in to_keeper.text
        message = await office.message(village.bob, village.ada, "psst")
        await office.database.write(report.report_private_message, office.door.context, village.ada, message.id, "threat")
        await office.database.write(report.report_post, office.door.context, keeper, post.id, "spam")
        addressed = await office.quiet()
        assert addressed.count("admin@mail.test") == 3
        assert addressed.count("keeper@mail.test") == 1

    with_post(database_url, story)


_GREETINGS = [("de", "Hallo ada,"), ("fr", "Bonjour ada,"), ("es-MX", "Hola, ada:"), ("browser", "Hello ada,")]


@pytest.mark.parametrize(("language", "greeting"), _GREETINGS)
def test_a_mail_speaks_the_reader_s_language(language: str, greeting: str, tmp_path: Any) -> None:
    async def story(office: Office) -> None:
        village = await _village(office)
        await office.change(village.ada, interface_language=language)
        await office.message(village.bob, village.ada, "psst")
        mail = await office.mailbox.next()
        assert mail.text.startswith(greeting)
        assert mail.header("Content-Language") == language.split("-")[0].replace("browser", "en")

    with_post(f"sqlite://{tmp_path}/lemmy.db", story)
