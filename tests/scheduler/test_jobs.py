"""What each job does, and what it leaves alone."""

from lemmy_lite.domain import ban, comment, local_user, post, registration
from lemmy_lite.federation.service import Federation
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from lemmy_lite.model.person import Person
from lemmy_lite.scheduler.jobs import BATCH, JOBS, Tools
from lemmy_lite.storage import upkeep
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.digests import digest
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    account_token,
    captcha_answer,
    inbox_activity,
    login_token,
    received_activity,
    registration_application,
    sent_activity,
)
from lemmy_lite.storage.tables import local_user as accounts
from tests.domain.house import House, key_pair, told


async def _run(house: House, name: str) -> int:
    job = next(job for job in JOBS if job.name == name)
    return await job.run(Tools(house.context, house.database, Federation(house.context, house.database)))


async def _age(database: Database, table: str, column: str, by: Micros, key: str, value: int | str) -> None:
    def verb(tx: Transaction) -> None:
        tx.run(f"UPDATE {table} SET {column} = {column} - :by WHERE {key} = :value", by=by, value=value)

    await database.write(verb)


async def _column(database: Database, sql: str) -> list[object]:
    return await database.read(lambda tx: tx.column(sql))


def test_a_captcha_that_nobody_answered_is_dropped_after_ten_minutes(database_url: str) -> None:
    async def story(house: House) -> None:
        for name in ("old", "young"):
            await house.database.write(captcha_answer.insert, name, "1234")
        await _age(house.database, "captcha_answer", "published", 10 * MINUTE, "uuid", "old")
        await _age(house.database, "captcha_answer", "published", 9 * MINUTE, "uuid", "young")
        assert await _run(house, "captchas") == 1
        assert await _column(house.database, "SELECT uuid FROM captcha_answer") == ["young"]

    told(database_url, story)


def test_bans_whose_end_has_come_are_cleared_and_others_stay(database_url: str) -> None:
    async def story(house: House) -> None:
        ada, bob, eve = [await house.person(name) for name in ("ada", "bob", "eve")]
        now = house.context.clock.now()
        for target, expires in ((ada, now + HOUR), (bob, now + DAY), (eve, None)):
            await house.database.write(ban.from_site, house.admin, target.id, ban.Ban(banned=True, expires=expires))
        await _age(house.database, "person", "ban_expires", 2 * HOUR, "id", ada.id)
        assert await _run(house, "bans") == 1
        assert await _column(house.database, "SELECT name FROM person WHERE banned ORDER BY name") == ["bob", "eve"]

    told(database_url, story)


def test_links_from_mails_and_year_old_sessions_end(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")

        def enter(tx: Transaction) -> int:
            account = accounts.of_person(tx, ada.id)
            assert account is not None
            for name in ("old", "young"):
                account_token.insert_reset(tx, name, account.id)
                account_token.insert_verification(tx, name, account.id, "ada@mail.test")
                login_token.insert(tx, name, account.id, None, None)
            return account.id

        await house.database.write(enter)
        for table, life in (("password_reset_request", DAY), ("email_verification", 7 * DAY), ("login_token", 365 * DAY)):
            await _age(house.database, table, "published", life + SECOND, "token_hash", "old")
            await _age(house.database, table, "published", life - MINUTE, "token_hash", "young")
        assert await _run(house, "tokens") == 3
        for table in ("password_reset_request", "email_verification", "login_token"):
            assert await _column(house.database, f"SELECT token_hash FROM {table}") == ["young"]

    told(database_url, story)


def test_a_text_is_overwritten_30_days_after_its_deletion_and_not_before(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        birds = await house.community(ada)
        old, young, restored = [await house.post(ada, birds.id, name, body="Secret") for name in ("An old one", "A young one", "Restored")]
        said = await house.comment(ada, young.id, "Secret too")
        for each in (old, young, restored):
            await house.database.write(post.delete, ada, each.id, True)
        await house.database.write(comment.delete, ada, said.id, True)
        await house.database.write(post.delete, ada, restored.id, False)
        for table, number, age in (
            ("post", old.id, 30 * DAY + SECOND),
            ("post", young.id, 29 * DAY),
            ("post", restored.id, 40 * DAY),
            ("comment", said.id, 31 * DAY),
        ):
            await _age(house.database, table, "updated", age, "id", number)
        assert await _run(house, "deletions") == 2
        assert await _column(house.database, "SELECT body FROM post ORDER BY id") == ["*Permanently Deleted*", "Secret", "Secret"]
        assert await _column(house.database, "SELECT content FROM comment") == ["*Permanently Deleted*"]
        assert await _run(house, "deletions") == 0

    told(database_url, story)


def test_a_post_written_long_ago_and_deleted_today_can_still_be_restored(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        birds = await house.community(ada)
        written = await house.post(ada, birds.id, body="Kept")
        await _age(house.database, "post", "published", 400 * DAY, "id", written.id)
        await house.database.write(post.delete, ada, written.id, True)
        assert await _run(house, "deletions") == 0
        assert (await house.database.write(post.delete, ada, written.id, False)).body == "Kept"

    told(database_url, story)


def test_who_was_refused_a_week_ago_is_forgotten_unless_something_of_theirs_is_here(database_url: str) -> None:
    async def story(house: House) -> None:
        async def applicant(name: str) -> Person:
            def enter(tx: Transaction) -> Person:
                found, account = local_user.create(tx, house.context, name, "x", key_pair(), accepted_application=False)
                registration_application.insert(tx, account.id, "Please")
                return found

            return await house.database.write(enter)

        async def decide(who: Person, approve: bool) -> None:
            def verb(tx: Transaction) -> None:
                view = registration.of_person(tx, house.admin, who.id)
                registration.decide(tx, house.admin, view.registration_application.id, approve=approve)

            await house.database.write(verb)

        names = ("refused", "refused_lately", "waiting", "accepted", "once_a_member")
        people = {name: await applicant(name) for name in names}
        for name in ("refused", "refused_lately"):
            await decide(people[name], False)
        for name in ("accepted", "once_a_member"):
            await decide(people[name], True)
        birds = await house.community(people["once_a_member"])
        await house.post(people["once_a_member"], birds.id)
        await decide(people["once_a_member"], False)
        for name in names:
            if name != "refused_lately":
                view = await house.database.read(registration.of_person, house.admin, people[name].id)
                await _age(house.database, "registration_application", "published", 8 * DAY, "id", view.registration_application.id)
        assert await _run(house, "denied applicants") == 1
        left = await _column(house.database, "SELECT name FROM person ORDER BY id")
        assert left == ["admin", *names[1:]]
        await house.person("refused")

    told(database_url, story)


def test_the_sent_log_and_received_ids_age_in_batches(database_url: str) -> None:
    async def story(house: House) -> None:
        now, kept = house.context.clock.now(), digest("https://there.test/7")

        def enter(tx: Transaction) -> None:
            for number in range(BATCH + 10):
                sent_activity.insert(tx, ap_id=f"https://here.test/{number}", actor_ap_id="x", object_ap_id=None, data=b"{}")
                received_activity.insert(tx, f"https://there.test/{number}")
            for name in ("parked", "waiting"):
                inbox_activity.insert_new(tx, name, "there.test", "x", b"{}")
            tx.run("UPDATE inbox_activity SET parked = 'malformed' WHERE ap_id = 'parked'")
            tx.run("UPDATE inbox_activity SET received = :old", old=now - 8 * DAY)
            tx.run("UPDATE sent_activity SET published = :old WHERE ap_id NOT LIKE :kept", old=now - 8 * DAY, kept="%/7")
            tx.run("UPDATE received_activity SET published = :old WHERE digest <> :kept", old=now - 8 * DAY, kept=kept)

        await house.database.write(enter)
        assert await _run(house, "sent log") == BATCH + 9
        assert await _run(house, "received ids") == BATCH + 10
        assert await _column(house.database, "SELECT ap_id FROM sent_activity") == ["https://here.test/7"]
        assert await _column(house.database, "SELECT digest FROM received_activity") == [kept]
        assert await _column(house.database, "SELECT ap_id FROM inbox_activity") == ["waiting"]

    told(database_url, story)


def test_a_tidied_database_holds_what_it_held(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        birds = await house.community(ada)
        written = await house.post(ada, birds.id, body="x" * 50_000)
        await house.database.maintain(upkeep.tidy)
        assert (await house.database.read(lambda tx: post.existing(tx, written.id))).body == "x" * 50_000
        await house.post(ada, birds.id, "And it goes on")

    told(database_url, story)
