"""What moderators and admins do reaches the other instance, with the log of moderation, and nothing that they may not do."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import community_moderator as moderators
from lemmy_lite.domain import leaving, moderation
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.community import Community, CommunityForm, CommunityVisibility
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostFeatureType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, community_moderator, local_user, modlog, person, post
from tests.federation.lab import Place, eventually, lab

FreePort = Callable[[], int]
Story = Callable[["House"], Any]


class House:
    """`alpha` has a community of ann's, which bob and cat of `beta` follow; bob moderates it. ann and cat wrote a post each."""

    def __init__(self, alpha: Place, beta: Place) -> None:
        self.alpha, self.beta = alpha, beta
        self.ann: Person
        self.bob: Person
        self.cat: Person
        self.home: Community
        self.mirror: Community
        self.post: Post
        self.cats: Post
        self.cats_here: Post
        self.comment: Comment

    async def set(self) -> None:
        self.ann = await self.alpha.person("ann")
        self.bob, self.cat = await self.beta.person("bob"), await self.beta.person("cat")
        self.home = await self.alpha.community(self.ann)
        self.mirror = await self.beta.follow(self.bob, f"!tea@{self.alpha.host}")
        await self.beta.follow(self.cat, f"!tea@{self.alpha.host}")
        bob_there = await self.at(self.alpha, person, self.bob.actor_id)
        await self.alpha.write(moderators.appoint, self.ann, self.home.id, bob_there.id, True)
        await eventually(self.beta.read, community_moderator.moderates, self.bob.id, self.mirror.id)
        self.post = await self.alpha.post(self.ann, self.home)
        self.cats_here = await self.beta.post(self.cat, self.mirror, "A cat on the teapot")
        self.cats = await self.at(self.alpha, post, self.cats_here.ap_id)
        self.comment = await self.beta.comment(self.cat, await self.at(self.beta, post, self.post.ap_id), "Purr.")
        await self.at(self.alpha, comment, self.comment.ap_id)

    async def at(self, place: Place, table: Any, ap_id: str) -> Any:
        """The row of a thing at an instance, once it is there."""
        by = table.by_actor_id if hasattr(table, "by_actor_id") else table.by_ap_id
        return await eventually(place.read, by, ap_id)

    async def seen(self, place: Place, table: Any, ap_id: str, **wanted: Any) -> None:
        """Wait until a thing at an instance is as wished."""
        found = await self.at(place, table, ap_id)
        await eventually(place.read, table.existing, found.id, gives=lambda now: all(getattr(now, k) == v for k, v in wanted.items()))


async def logged(place: Place, kind: ModlogActionType) -> tuple[Any, ...]:
    """The newest entry of a kind: flag, reason, and the moderator's id on the network."""

    def read(tx: Transaction) -> tuple[Any, ...]:
        row = tx.one("SELECT flag, reason, mod_person_id FROM modlog WHERE kind = :kind ORDER BY id DESC LIMIT 1", kind=kind.value)
        assert row is not None
        return bool(row[0]), row[1], person.existing(tx, row[2]).actor_id

    return await place.read(read)


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    async def run() -> None:
        async with lab(folder, free_port, alpha=None, beta=None) as (alpha, beta):
            house = House(alpha, beta)
            await house.set()
            await story(house)

    asyncio.run(run())


def test_a_remote_moderator_locks_pins_removes_and_edits_the_community(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta, bob = house.alpha, house.beta, house.bob
        for locked in (True, False):
            await beta.write(moderation.lock_post, bob, house.cats_here.id, locked)
            await house.seen(alpha, post, house.cats.ap_id, locked=locked)
            assert await logged(alpha, ModlogActionType.MOD_LOCK_POST) == (locked, None, bob.actor_id)
        for featured in (True, False):
            await beta.write(moderation.feature_post, bob, house.cats_here.id, featured, PostFeatureType.COMMUNITY)
            await house.seen(alpha, post, house.cats.ap_id, featured_community=featured)
            assert await logged(alpha, ModlogActionType.MOD_FEATURE_POST) == (featured, None, bob.actor_id)
        for removed, reason in ((True, "off topic"), (False, None)):
            await beta.write(moderation.remove_post, bob, house.cats_here.id, removed, reason)
            await house.seen(alpha, post, house.cats.ap_id, removed=removed)
            assert await logged(alpha, ModlogActionType.MOD_REMOVE_POST) == (removed, reason, bob.actor_id)
            await beta.write(moderation.remove_comment, bob, house.comment.id, removed, reason)
            await house.seen(alpha, comment, house.comment.ap_id, removed=removed)
        form = CommunityForm(title="Green tea", description="Only *green*.", nsfw=True, posting_restricted_to_mods=True)
        await beta.write(communities.edit, beta.context, bob, house.mirror.id, form)
        wished = {"title": "Green tea", "description": "Only *green*.", "nsfw": True, "posting_restricted_to_mods": True}
        await house.seen(alpha, community, house.home.actor_id, **wished)

    tell(tmp_path, free_port, story)


def test_what_the_moderators_of_a_community_do_reaches_its_followers(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta, ann = house.alpha, house.beta, house.ann
        here = await house.at(beta, post, house.post.ap_id)
        for yes in (True, False):
            await alpha.write(moderation.lock_post, ann, house.post.id, yes)
            await house.seen(beta, post, here.ap_id, locked=yes)
            await alpha.write(moderation.feature_post, ann, house.post.id, yes, PostFeatureType.COMMUNITY)
            await house.seen(beta, post, here.ap_id, featured_community=yes)
            await alpha.write(moderation.remove_post, ann, house.cats.id, yes, "no cats" if yes else None)
            await house.seen(beta, post, house.cats.ap_id, removed=yes)
            assert await logged(beta, ModlogActionType.MOD_REMOVE_POST) == (yes, "no cats" if yes else None, ann.actor_id)
        assert await logged(beta, ModlogActionType.MOD_LOCK_POST) == (False, None, ann.actor_id)

    tell(tmp_path, free_port, story)


def test_moderators_come_and_go_and_a_community_is_handed_over(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta, ann = house.alpha, house.beta, house.ann
        ann_here = await house.at(beta, person, ann.actor_id)
        cat_there = await house.at(alpha, person, house.cat.actor_id)
        bob_there = await house.at(alpha, person, house.bob.actor_id)
        await beta.write(moderators.appoint, house.bob, house.mirror.id, house.cat.id, True)
        order = [ann.id, bob_there.id, cat_there.id]
        await eventually(alpha.read, community_moderator.order, house.home.id, gives=lambda found: found == order)
        assert await logged(alpha, ModlogActionType.MOD_ADD_COMMUNITY) == (False, None, house.bob.actor_id)

        await alpha.write(moderators.transfer, ann, house.home.id, bob_there.id)
        wished = [house.bob.id, ann_here.id, house.cat.id]
        await eventually(beta.read, community_moderator.order, house.mirror.id, gives=lambda found: found == wished)

        await alpha.write(moderators.appoint, ann, house.home.id, cat_there.id, False)
        await eventually(beta.read, community_moderator.moderates, house.cat.id, house.mirror.id, gives=lambda still: not still)
        await beta.write(moderators.appoint, house.bob, house.mirror.id, house.bob.id, False)
        await eventually(alpha.read, community_moderator.order, house.home.id, gives=lambda found: found == [ann.id])

    tell(tmp_path, free_port, story)


def test_a_community_is_deleted_and_restored_by_its_top_moderator_wherever_they_live(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        for deleted in (True, False):
            await alpha.write(communities.delete, house.ann, house.home.id, deleted)
            await house.seen(beta, community, house.home.actor_id, deleted=deleted)
        bob_there = await house.at(alpha, person, house.bob.actor_id)
        await alpha.write(moderators.transfer, house.ann, house.home.id, bob_there.id)
        await eventually(beta.read, community_moderator.order, house.mirror.id, gives=lambda found: found[0] == house.bob.id)
        for deleted in (True, False):
            await beta.write(communities.delete, house.bob, house.mirror.id, deleted)
            await house.seen(alpha, community, house.home.actor_id, deleted=deleted)

    tell(tmp_path, free_port, story)


def test_an_admin_of_the_home_is_believed_when_the_community_announces_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        boss = await alpha.person("boss")
        await alpha.write(_crown, boss)
        await alpha.write(moderation.remove_post, boss, house.cats.id, True, "no cats")
        await house.seen(beta, post, house.cats.ap_id, removed=True)
        assert await logged(beta, ModlogActionType.MOD_REMOVE_POST) == (True, "no cats", boss.actor_id)
        await alpha.write(moderation.remove_community, boss, house.home.id, True, "quiet")
        await house.seen(beta, community, house.home.actor_id, removed=True)
        assert await logged(beta, ModlogActionType.MOD_REMOVE_COMMUNITY) == (True, "quiet", boss.actor_id)
        await alpha.write(moderation.remove_community, boss, house.home.id, False)
        await house.seen(beta, community, house.home.actor_id, removed=False)

    tell(tmp_path, free_port, story)


def test_what_an_admin_removes_in_a_community_elsewhere_stays_here_and_its_moderators_cannot_restore_it(
    tmp_path: Path, free_port: FreePort
) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        boss = await beta.person("boss")
        await beta.write(_crown, boss)
        here = await house.at(beta, post, house.post.ap_id)
        await beta.write(moderation.remove_post, boss, here.id, True, "not for us")
        await beta.write(moderation.lock_post, boss, here.id, True)
        await beta.write(moderation.remove_community, boss, house.mirror.id, True)
        await beta.write(moderation.remove_community, boss, house.mirror.id, False)
        # Behind a deed that travels, one that did not would have come first.
        await beta.write(comments.delete, house.cat, house.comment.id, True)
        await house.seen(alpha, comment, house.comment.ap_id, deleted=True)
        there = await alpha.read(post.existing, house.post.id)
        assert (there.removed, there.locked) == (False, False)
        assert not (await alpha.read(community.existing, house.home.id)).removed

        await alpha.write(moderation.remove_post, house.ann, house.post.id, True)
        await alpha.write(moderation.remove_post, house.ann, house.post.id, False)
        await alpha.write(moderation.feature_post, house.ann, house.post.id, True, PostFeatureType.COMMUNITY)
        await house.seen(beta, post, here.ap_id, featured_community=True)
        assert (await beta.read(post.existing, here.id)).removed

    tell(tmp_path, free_port, story)


def test_a_lower_moderator_elsewhere_does_not_prevail_over_a_higher_one(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        here = await house.at(beta, post, house.post.ap_id)

        def overreach(tx: Transaction) -> None:
            # As if bob's instance did not know the order of rank.
            for each in community_moderator.order(tx, house.mirror.id):
                if each != house.bob.id:
                    community_moderator.delete(tx, house.mirror.id, each)
            moderation.remove_post(tx, house.bob, here.id, True, "mutiny")

        await beta.write(overreach)
        await beta.write(moderation.lock_post, house.bob, house.cats_here.id, True)
        await house.seen(alpha, post, house.cats.ap_id, locked=True)
        assert not (await alpha.read(post.existing, house.post.id)).removed
        assert await alpha.read(lambda tx: modlog.last(tx, ModlogActionType.MOD_REMOVE_POST, post_id=house.post.id)) is None

    tell(tmp_path, free_port, story)


def test_a_comment_is_distinguished_elsewhere_only_if_its_author_moderates(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, beta = house.alpha, house.beta
        spoken = await beta.comment(house.bob, house.cats_here, "As a moderator: no cats.")
        await house.at(alpha, comment, spoken.ap_id)
        for distinguished in (True, False):
            await beta.write(moderation.distinguish_comment, house.bob, spoken.id, distinguished)
            await house.seen(alpha, comment, spoken.ap_id, distinguished=distinguished)

        def pretend(tx: Transaction) -> None:
            comment.update(tx, house.comment.id, distinguished=True)

        await beta.write(pretend)
        await beta.write(comments.edit, beta.context, house.cat, house.comment.id, CommentForm(content="PURR!"))
        await house.seen(alpha, comment, house.comment.ap_id, content="PURR!", distinguished=False)

    tell(tmp_path, free_port, story)


@pytest.mark.parametrize("remove_data", [True, False])
def test_who_leaves_is_gone_elsewhere_too_with_their_words_if_they_wish_it(remove_data: bool, tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        def leave(tx: Transaction) -> None:
            leaving.leave(tx, house.cat, remove_data=remove_data)

        await house.beta.write(leave)
        await house.seen(house.alpha, person, house.cat.actor_id, deleted=True)
        await house.seen(house.alpha, post, house.cats.ap_id, deleted=remove_data)
        assert ((await house.alpha.read(post.existing, house.cats.id)).name == "A cat on the teapot") is not remove_data

    tell(tmp_path, free_port, story)


def test_moderation_of_a_local_only_community_never_leaves(tmp_path: Path, free_port: FreePort) -> None:
    async def story(house: House) -> None:
        alpha, ann = house.alpha, house.ann
        form = CommunityForm(visibility=CommunityVisibility.LOCAL_ONLY)
        await alpha.write(communities.edit, alpha.context, ann, house.home.id, form)
        before = await alpha.read(_sent)
        cat_there = await house.at(alpha, person, house.cat.actor_id)
        await alpha.write(moderation.lock_post, ann, house.post.id, True)
        await alpha.write(moderation.feature_post, ann, house.post.id, True, PostFeatureType.COMMUNITY)
        await alpha.write(moderation.remove_post, ann, house.cats.id, True)
        await alpha.write(moderators.appoint, ann, house.home.id, cat_there.id, True)
        await alpha.write(moderators.transfer, ann, house.home.id, cat_there.id)
        assert await alpha.read(_sent) == before

    tell(tmp_path, free_port, story)


def _sent(tx: Transaction) -> int:
    number: int = tx.value("SELECT COUNT(*) FROM sent_activity")
    return number


def _crown(tx: Transaction, boss: Person) -> None:
    account = local_user.of_person(tx, boss.id)
    assert account is not None
    local_user.update(tx, account.id, admin=True, admin_since=tx.now)
