"""What is in the queue arrives, once, whatever the mail server does meanwhile; or is given up after a day with a line in the log."""

import asyncio
from typing import Any

import pytest

from lemmy_lite.domain import mail_matter, password
from lemmy_lite.model.clock import DAY, HOUR, MINUTE
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.query import Transaction
from tests.domain.post_office import QUICK, Office, with_post

ADA = "ada@mail.test"
NEW = "a wholly new password"


async def _ask(office: Office, name: str = "ada") -> None:
    await office.door.register(name, email=f"{name}@mail.test")
    await password.request_reset(office.database, office.door.context, f"{name}@mail.test")


async def _told(office: Office, messages: int) -> None:
    """ada, who wants mails, gets messages."""
    ada, bob = await office.reader("ada"), await office.house.person("bob")
    for number in range(messages):
        await office.message(bob, ada, f"number {number}")


def test_a_server_that_was_down_for_a_while_gets_everything_once(database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.mailbox.close()
        await _told(office, 5)
        async with office.postman():
            await office.eventually("SELECT MIN(attempts) >= 2 FROM mail WHERE id = 1")
            await office.mailbox.open()
            assert await office.quiet() == [ADA] * 5
        assert sorted(mail.text.partition("> number ")[2][:1] for mail in office.mailbox.mails) == list("01234")
        assert len({mail.header("Message-ID") for mail in office.mailbox.mails}) == 5

    with_post(database_url, story, at_work=False)


def test_what_waits_when_the_program_ends_is_sent_after_the_next_start(database_url: str) -> None:
    async def story(office: Office) -> None:
        await _told(office, 2)
        assert office.mailbox.mails == []
        async with office.postman():
            assert await office.quiet() == [ADA] * 2

    with_post(database_url, story, at_work=False)


def test_two_postmen_share_a_queue_and_no_mail_comes_twice(database_url: str) -> None:
    async def story(office: Office) -> None:
        await _told(office, 20)
        async with office.postman(), office.postman():
            assert await office.quiet() == [ADA] * 20

    with_post(database_url, story, at_work=False)


def test_come_back_later_is_obeyed_and_no_such_user_believed(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(office: Office) -> None:
        office.mailbox.refusals = {ADA: ["451 greylisted"] * 2, "bob@mail.test": ["550 no such user"]}
        await _ask(office, "bob")
        await _ask(office, "ada")
        assert await office.quiet() == [ADA]
        given_up = [record.getMessage() for record in caplog.records if "given up" in record.getMessage()]
        assert len(given_up) == 1
        assert "no such user" in given_up[0]

    with_post(database_url, story)


def _age(by: int) -> Any:
    def age(tx: Transaction) -> None:
        tx.run("UPDATE mail SET tried = COALESCE(tried, published) - :by", by=by)

    return age


def test_after_a_day_of_trying_a_mail_is_given_up_and_a_line_says_so(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(office: Office) -> None:
        await office.mailbox.close()
        await _told(office, 2)
        await office.database.write(_age(DAY - HOUR))
        async with office.postman():
            await office.eventually("SELECT MAX(attempts) >= 2 FROM mail")
            assert await office.waiting() == 2
            await office.database.write(_age(HOUR + MINUTE))
            await office.until(0)
        lines = [record.getMessage() for record in caplog.records if "given up after a day" in record.getMessage()]
        assert len(lines) == 2
        assert all("cannot be reached" in line and "@mail.test" not in line for line in lines)

    with_post(database_url, story, at_work=False)


def test_a_mail_that_cannot_be_written_holds_up_no_other(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(office: Office) -> None:
        bob = await office.house.person("bob")
        odd = await office.reader("odd", email="ada@mail.test\r\nRCPT TO:<victim@mail.test>")
        await office.message(bob, odd, "psst")
        await office.message(bob, await office.reader("ada"), "psst")
        assert await office.quiet() == [ADA]
        assert "given up" in caplog.text

    with_post(database_url, story)


def test_each_further_try_carries_another_token_and_only_the_last_one_counts(database_url: str) -> None:
    async def story(office: Office) -> None:
        await _ask(office)
        seen = []
        for _ in range(2):
            matter = await office.database.write(mail_matter.take, office.door.context, 0)
            assert matter is not None
            seen.append(matter.path.removeprefix("/password_change/"))
        with pytest.raises(LemmyError, match="token_not_found"):
            await password.set_by_token(office.database, office.door.context, seen[0], NEW, NEW)
        await password.set_by_token(office.database, office.door.context, seen[1], NEW, NEW)
        async with office.postman():
            assert await office.quiet() == []  # the link has been used: there is nothing to send

    with_post(database_url, story, at_work=False)


def test_news_of_last_week_is_dropped(database_url: str) -> None:
    async def story(office: Office) -> None:
        await _told(office, 2)
        await office.database.write(lambda tx: tx.run("UPDATE mail SET published = published - :by WHERE id = 1", by=8 * DAY))
        async with office.postman():
            assert await office.quiet() == [ADA]

    with_post(database_url, story, at_work=False)


def test_once_nothing_waits_any_more_for_a_silent_server_the_next_mail_is_tried_at_once(database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.mailbox.close()
        ada, bob = await office.reader("ada"), await office.house.person("bob")
        async with office.postman():
            await office.message(bob, ada, "read on the site meanwhile")
            await office.eventually("SELECT MIN(tried) IS NOT NULL FROM mail")
            await office.database.write(lambda tx: tx.run("DELETE FROM mail"))
            await asyncio.sleep(10 * QUICK.server_longest)
            await office.mailbox.open()
            await office.message(bob, ada, "news")
            assert await office.quiet() == [ADA]

    with_post(database_url, story, at_work=False)


def test_a_postman_who_waits_for_the_server_can_be_sent_home(database_url: str) -> None:
    async def story(office: Office) -> None:
        await office.mailbox.close()
        await _told(office, 1)
        async with office.postman():
            await office.eventually("SELECT MIN(tried) IS NOT NULL FROM mail")
        assert await office.waiting() == 1

    with_post(database_url, story, at_work=False)
