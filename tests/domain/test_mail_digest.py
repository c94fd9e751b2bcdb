"""The best of what one follows, by mail: off until chosen, once a day or a week, and ended by one click."""

from typing import Any

from lemmy_lite.domain import community, mail_digest, post
from lemmy_lite.domain import mail as mails
from lemmy_lite.model.clock import DAY, HOUR
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user
from lemmy_lite.storage.views import local_user as views
from tests.domain.post_office import URL, Office, with_post

TITLE = "Owls & <hawks> [x](https://spy.test)\x07"


async def viewer(office: Office, who: Person) -> Viewer:
    def read(tx: Transaction) -> Viewer:
        account = local_user.of_person(tx, who.id)
        assert account is not None
        found = views.by_id(tx, account.id)
        assert found is not None
        return found

    return await office.database.read(read)


async def village(office: Office, days: int, **account: Any) -> tuple[Person, int]:
    """Ada, who wants a digest and no notifications, and Bob's community, which she follows."""
    ada = await office.reader("ada", send_notifications_to_email=False, **account)
    bob = await office.house.person("bob")
    home = await office.house.community(bob, "birds")
    await office.database.write(community.follow, ada, home.id, True)
    await office.database.write(mail_digest.choose, await viewer(office, ada), days)
    await written(office, bob, home.id, TITLE)
    return ada, home.id


async def written(office: Office, who: Person, home: int, title: str) -> None:
    form = PostForm(name=title, community_id=CommunityId(home))
    await office.database.write(post.create, office.door.context, who, form)


async def days_pass(office: Office, days: int) -> None:
    """The digests are due that many days earlier than they were."""
    await office.database.write(lambda tx: tx.run("UPDATE mail_digest SET due = due - :past", past=days * DAY))


async def job(office: Office) -> int:
    return await office.database.write(mail_digest.queue_due, 100)


async def posted(office: Office) -> list[str]:
    """Let the postman, who is told of digests by nobody, look; answers who has got mail."""
    async with office.postman():
        return await office.quiet()


def test_a_digest_brings_the_best_of_what_one_follows_once_a_day_with_a_way_out_of_its_own(database_url: str) -> None:
    async def story(office: Office) -> None:
        ada, _ = await village(office, 1)
        assert await job(office) == 0, "the first one is a day away"
        await days_pass(office, 1)
        assert await job(office) == 1
        assert await job(office) == 0
        assert await posted(office) == ["ada@mail.test"]
        (letter,) = office.mailbox.mails
        assert letter.header("Subject") == "The best of what you follow (here.test)"
        assert "* Owls & <hawks> [x](https://spy.test)" in letter.text
        assert "birds, points: 1, comments: 0" in letter.text
        assert f"{URL}/post/" in letter.text
        assert "Owls &amp; &lt;hawks&gt;" in letter.html
        assert 'href="https://spy.test' not in letter.html
        assert "\x07" not in letter.text + letter.html
        way_out = letter.path(f"{URL}/unsubscribe/")
        assert letter.header("List-Unsubscribe") == f"<{URL}/unsubscribe/{way_out}>"

        await office.change(ada, send_notifications_to_email=True)
        await office.database.write(mails.unsubscribe, office.door.context, way_out)
        reader = await viewer(office, ada)
        assert reader.local_user.send_notifications_to_email, "notifications are another matter"
        assert await office.database.read(mail_digest.chosen, reader) == 0
        await days_pass(office, 9)
        assert await job(office) == 0

    with_post(database_url, story, at_work=False)


def test_a_weekly_digest_comes_after_a_week(database_url: str) -> None:
    async def story(office: Office) -> None:
        await village(office, 7)
        await days_pass(office, 6)
        assert await job(office) == 0
        await days_pass(office, 1)
        assert await job(office) == 1
        assert await posted(office) == ["ada@mail.test"]

    with_post(database_url, story, at_work=False)


def test_after_a_long_absence_of_ours_one_digest_comes_and_not_one_for_each_day(database_url: str) -> None:
    async def story(office: Office) -> None:
        await village(office, 1)
        await days_pass(office, 30)
        assert await job(office) == 1
        assert await job(office) == 0

    with_post(database_url, story, at_work=False)


def test_no_digest_comes_of_nothing_of_what_was_read_or_to_the_banned(database_url: str) -> None:
    async def story(office: Office) -> None:
        ada, _ = await village(office, 1)
        silent = await office.reader("carl")
        await office.database.write(mail_digest.choose, await viewer(office, silent), 1)
        await office.database.write(lambda tx: tx.run("UPDATE person SET banned = TRUE WHERE id = :id", id=ada.id))
        await days_pass(office, 1)
        assert await job(office) == 2
        assert await posted(office) == []

    with_post(database_url, story, at_work=False)


def test_who_changes_their_mind_before_the_mail_leaves_gets_none(database_url: str) -> None:
    async def story(office: Office) -> None:
        ada, _ = await village(office, 1)
        await days_pass(office, 1)
        assert await job(office) == 1
        await office.database.write(mail_digest.choose, await viewer(office, ada), 7)
        assert await posted(office) == []
        await office.database.write(mail_digest.choose, await viewer(office, ada), 0)
        await days_pass(office, 8)
        assert await job(office) == 0

    with_post(database_url, story, at_work=False)


def test_saving_the_same_choice_again_moves_nothing(database_url: str) -> None:
    async def story(office: Office) -> None:
        ada, _ = await village(office, 1)
        await office.database.write(lambda tx: tx.run("UPDATE mail_digest SET due = due - :past", past=23 * HOUR))
        before = await office.database.read(lambda tx: tx.value("SELECT due FROM mail_digest"))
        await office.database.write(mail_digest.choose, await viewer(office, ada), 1)
        assert await office.database.read(lambda tx: tx.value("SELECT due FROM mail_digest")) == before

    with_post(database_url, story, at_work=False)
