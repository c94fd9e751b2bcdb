"""Who counts as active, where, and for how long."""

import asyncio

from lemmy_lite.domain import active_users, vote
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import site as sites
from lemmy_lite.model.clock import DAY, HOUR, MINUTE
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import active_person, person
from lemmy_lite.storage.tables.active_person import Active
from lemmy_lite.storage.views import community as community_views
from tests.domain.house import House, told

NOBODY = Active(0, 0, 0, 0)


async def _in_community(house: House, community_id: CommunityId) -> Active:
    await active_users.count(house.database)
    view = await house.database.read(community_views.view, None, community_id)
    assert view is not None
    counts = view.counts
    return Active(counts.users_active_day, counts.users_active_week, counts.users_active_month, counts.users_active_half_year)


async def _on_site(house: House) -> Active:
    await active_users.count(house.database)
    counts = (await house.database.read(sites.view)).counts
    return Active(counts.users_active_day, counts.users_active_week, counts.users_active_month, counts.users_active_half_year)


async def _ago(house: House, micros: int) -> None:
    """Let that much time pass for everything that was noted."""
    await house.database.write(lambda tx: tx.run("UPDATE active_person SET last = last - :ago", ago=micros // HOUR))


def test_whoever_posts_comments_or_votes_is_active_in_that_community_once(database_url: str) -> None:
    async def story(house: House) -> None:
        house.database.within(active_users.within)
        ada, bob, eve = [await house.person(name) for name in ("ada", "bob", "eve")]
        birds, fish = await house.community(ada, "birds"), await house.community(ada, "fish")
        assert await _in_community(house, birds.id) == NOBODY
        written = await house.post(ada, birds.id)
        await house.post(ada, birds.id, "Another")
        await house.comment(bob, written.id)
        await house.database.write(lambda tx: vote.cast(tx, eve, written, 1))
        await house.database.write(lambda tx: vote.cast(tx, bob, written, -1))
        assert await _in_community(house, birds.id) == Active(3, 3, 3, 3)
        assert await _in_community(house, fish.id) == NOBODY
        await house.post(ada, fish.id)
        assert await _in_community(house, fish.id) == Active(1, 1, 1, 1)
        assert await _on_site(house) == Active(3, 3, 3, 3)

    told(database_url, story)


def test_what_was_written_long_ago_and_comes_today_makes_nobody_active(database_url: str) -> None:
    async def story(house: House) -> None:
        house.database.within(active_users.within)
        ada = await house.person("ada")
        birds = await house.community(ada)
        now = house.context.clock.now()
        long_ago = now - 200 * DAY

        def fetched(tx: Transaction) -> None:
            """As federation enters it: with the vote of its author, cast in this moment."""
            form = PostForm(name="Old", community_id=birds.id)
            old = posts.create(tx, house.context, ada, form, origin=RemoteOrigin(ap_id="https://one.test/post/1", published=long_ago))
            answer = CommentForm(content="Old, too", post_id=old.id)
            comments.create(tx, house.context, ada, answer, origin=RemoteOrigin(ap_id="https://one.test/comment/1", published=long_ago))

        await house.database.write(fetched)
        assert await _in_community(house, birds.id) == NOBODY

    told(database_url, story)


def test_activity_is_forgotten_span_by_span(database_url: str) -> None:
    async def story(house: House) -> None:
        house.database.within(active_users.within)
        ada = await house.person("ada")
        birds = await house.community(ada)
        await house.post(ada, birds.id)
        for ago, expected in (
            (23 * HOUR, Active(1, 1, 1, 1)),
            (2 * HOUR + MINUTE, Active(0, 1, 1, 1)),
            (7 * DAY, Active(0, 0, 1, 1)),
            (30 * DAY, Active(0, 0, 0, 1)),
            (182 * DAY, NOBODY),
        ):
            await _ago(house, ago)
            assert await _in_community(house, birds.id) == await _on_site(house) == expected
        assert await house.database.write(active_person.forget) == 1

    told(database_url, story)


def test_a_new_deed_makes_somebody_active_again(database_url: str) -> None:
    async def story(house: House) -> None:
        house.database.within(active_users.within)
        ada = await house.person("ada")
        birds = await house.community(ada)
        written = await house.post(ada, birds.id)
        await _ago(house, 3 * DAY)
        assert (await _on_site(house)).day == 0
        await house.comment(ada, written.id)
        assert await _on_site(house) == Active(1, 1, 1, 1)

    told(database_url, story)


def test_bots_old_posts_from_elsewhere_and_votes_taken_back_are_no_activity(database_url: str) -> None:
    async def story(house: House) -> None:
        house.database.within(active_users.within)
        ada, robot, eve = [await house.person(name) for name in ("ada", "robot", "eve")]
        birds = await house.community(ada)
        await house.database.write(lambda tx: person.update(tx, robot.id, bot_account=True))
        robot_now = await house.database.read(person.existing, robot.id)
        await house.post(robot_now, birds.id)
        assert await _on_site(house) == NOBODY
        written = await house.post(ada, birds.id)
        await _ago(house, 40 * DAY)

        def receive_old(tx: Transaction) -> None:
            tx.run("UPDATE post SET published = published - :ago WHERE id = :id", ago=40 * DAY, id=written.id)
            active_person.post_written(tx, written.id)

        await house.database.write(receive_old)
        await house.database.write(lambda tx: vote.cast(tx, eve, written, 1))
        await _ago(house, 10 * DAY)
        await house.database.write(lambda tx: vote.cast(tx, eve, written, 0))
        assert await _on_site(house) == Active(0, 0, 1, 2)

    told(database_url, story)


def test_a_person_of_elsewhere_counts_for_the_community_only(database_url: str) -> None:
    async def story(house: House) -> None:
        house.database.within(active_users.within)
        ada, eve = await house.person("ada"), await house.person("eve")
        birds = await house.community(ada)
        await house.database.write(lambda tx: tx.run("UPDATE person SET local = :no WHERE id = :id", no=False, id=eve.id))
        await house.post(eve, birds.id)
        assert await _in_community(house, birds.id) == Active(1, 1, 1, 1)
        assert await _on_site(house) == NOBODY

    told(database_url, story)


def test_the_migration_notes_what_was_done_before_it(database_url: str) -> None:
    async def story(house: House) -> None:
        from lemmy_lite.storage.migrations.m0003_upkeep import MIGRATION
        from lemmy_lite.storage.migrations.m0022_active_hour import MIGRATION as ACTIVE_HOUR

        house.database.within(active_users.within)
        ada, bob = await house.person("ada"), await house.person("bob")
        birds = await house.community(ada)
        written = await house.post(ada, birds.id)
        said = await house.comment(bob, written.id)
        await house.database.write(lambda tx: vote.cast(tx, ada, said, 1))
        noted = "SELECT community_id, person_id, local, last FROM active_person ORDER BY community_id, person_id"
        before = await house.database.read(lambda tx: tx.all(noted))
        assert len(before) == 2

        def again(tx: Transaction) -> None:
            tx.run("DELETE FROM active_person")
            statements = MIGRATION.statements(sqlite=tx.dialect.is_sqlite)
            tx.run(next(each for each in statements if each.startswith("INSERT INTO active_person")))
            for statement in ACTIVE_HOUR.statements(sqlite=tx.dialect.is_sqlite):
                tx.run(statement)

        await house.database.write(again)
        assert await house.database.read(lambda tx: tx.all(noted)) == before

    told(database_url, story)


def test_who_votes_is_noted_once_an_hour_in_each_community(tmp_path: object) -> None:
    async def story(house: House) -> None:
        house.database.within(active_users.within)
        ada, eve, bob = [await house.person(name) for name in ("ada", "eve", "bob")]
        birds, fish = await house.community(ada, "birds"), await house.community(ada, "fish")
        first, second, third = [await house.post(ada, home.id) for home in (birds, birds, fish)]
        said = await house.comment(ada, second.id)
        noted: list[str] = []
        house.database.trace = lambda sql: noted.append(sql) if "INTO active_person" in sql else None

        async def written(who: Person, *targets: Post | Comment, fails: bool = False) -> int:
            """How many statements note who votes on these."""

            def deed(tx: Transaction) -> None:
                for target in targets:
                    vote.cast(tx, who, target, 1)
                tx.announce()
                if fails:
                    raise ValueError("changed her mind")

            noted.clear()
            await asyncio.gather(house.database.write(deed), return_exceptions=True)
            return len(noted)

        assert await written(eve, first, third, fails=True) == 2
        assert await written(eve, first) == 1  # what is undone was not noted
        assert await written(eve, third) == 1
        assert await written(eve, second, said) == 0
        assert await written(ada, first, said) == 0  # her own
        assert await written(bob, first, second) == 1
        assert await _in_community(house, birds.id) == Active(3, 3, 3, 3)
        await _ago(house, 2 * DAY)
        assert (await _in_community(house, birds.id)).day == 0
        await house.database.write(vote.cast, eve, first, 0)
        assert await written(eve, first) == 1
        assert (await _in_community(house, birds.id)).day == 1

    told(f"sqlite://{tmp_path}/lemmy.db", story)
