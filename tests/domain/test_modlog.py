"""What the log of moderation shows to whom, and how it is filtered."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lemmy_lite.domain import admin, ban, comment, community_moderator, moderation, modlog, post, purge
from lemmy_lite.domain.ban import Ban
from lemmy_lite.domain.modlog import Filter
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostFeatureType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, local_user, site
from lemmy_lite.storage.views import local_user as local_user_views
from tests.domain.house import House, told

KINDS = [kind for kind in ModlogActionType if kind is not ModlogActionType.ALL]
OF_POSTS = {ModlogActionType.MOD_REMOVE_POST, ModlogActionType.MOD_LOCK_POST, ModlogActionType.MOD_FEATURE_POST}
IN_A_COMMUNITY = OF_POSTS | {
    ModlogActionType.MOD_REMOVE_COMMENT,
    ModlogActionType.MOD_BAN_FROM_COMMUNITY,
    ModlogActionType.MOD_ADD_COMMUNITY,
    ModlogActionType.MOD_TRANSFER_COMMUNITY,
    ModlogActionType.MOD_HIDE_COMMUNITY,
}
ABOUT_A_PERSON = OF_POSTS | {
    ModlogActionType.MOD_REMOVE_COMMENT,
    ModlogActionType.MOD_BAN_FROM_COMMUNITY,
    ModlogActionType.MOD_ADD_COMMUNITY,
    ModlogActionType.MOD_TRANSFER_COMMUNITY,
    ModlogActionType.MOD_ADD,
    ModlogActionType.MOD_BAN,
}


class Chronicle:
    """One deed of every kind: the admin's, in the community of ada, about bob and what bob wrote."""

    house: House
    ada: Person
    bob: Person
    birds: Community
    post: Post
    comment: Comment

    def __init__(self, house: House) -> None:
        self.house = house

    async def happen(self) -> None:
        house, root = self.house, self.house.admin
        self.ada, self.bob = await house.person("ada"), await house.person("bob")
        self.birds = await house.community(self.ada)
        self.post = await house.post(self.bob, self.birds.id, "Marker of the post", body="Text of the post", url="https://link.example/")
        self.comment = await house.comment(self.bob, self.post.id, "Marker of the comment")
        doomed, other = await house.community(root, "doomed"), await house.post(self.bob, self.birds.id)
        nobody, talk = await house.person("nobody"), await house.comment(self.bob, self.post.id)

        def deeds(tx: Transaction) -> None:
            moderation.remove_post(tx, root, self.post.id, True, "Spam")
            moderation.lock_post(tx, root, self.post.id, True)
            moderation.feature_post(tx, root, self.post.id, True, PostFeatureType.COMMUNITY)
            moderation.remove_comment(tx, root, self.comment.id, True, "Rude")
            moderation.remove_community(tx, root, self.birds.id, True, "Empty")
            moderation.remove_community(tx, root, self.birds.id, False, "Not empty")
            ban.from_community(tx, root, self.birds.id, self.bob.id, Ban(banned=True, reason="Rude", expires=tx.now + 1_000_000_000))
            ban.from_community(tx, root, self.birds.id, self.bob.id, Ban(banned=False))
            ban.from_site(tx, root, self.bob.id, Ban(banned=True, reason="Rude"))
            ban.from_site(tx, root, self.bob.id, Ban(banned=False))
            community_moderator.appoint(tx, root, self.birds.id, self.bob.id, True)
            community_moderator.transfer(tx, root, self.birds.id, self.bob.id)
            community_moderator.transfer(tx, root, self.birds.id, self.ada.id)
            community_moderator.appoint(tx, root, self.birds.id, self.bob.id, False)
            admin.appoint(tx, root, self.bob.id, True)
            admin.appoint(tx, root, self.bob.id, False)
            moderation.hide_community(tx, root, self.birds.id, True, "Loud")
            purge.purge_comment(tx, root, talk.id, "Illegal")
            purge.purge_post(tx, root, other.id, "Illegal")
            purge.purge_community(tx, root, doomed.id, "Illegal")
            purge.purge_person(tx, root, nobody.id, "Illegal")

        await house.database.write(deeds)

    async def viewer(self, who: Person) -> Viewer:
        """A person with an account."""

        def read(tx: Transaction) -> Viewer:
            account = local_user.of_person(tx, who.id)
            found = local_user_views.view(tx, account.id if account else LocalUserId(0))
            assert found is not None
            display = found.local_user_vote_display_mode
            return Viewer(person=found.person, local_user=found.local_user, vote_display=display, languages=(), session="session")

        return await self.house.database.read(read)

    async def read(self, who: Person | None = None, page: Page | None = None, **asked: Any) -> dict[ModlogActionType, list[Any]]:
        viewer = await self.viewer(who) if who else None
        return await self.house.database.read(modlog.entries, viewer, Filter(**asked), page or Page())

    async def kinds(self, **asked: Any) -> set[ModlogActionType]:
        """The lists with entries, as the admin sees them."""
        return {kind for kind, found in (await self.read(self.house.admin, **asked)).items() if found}


def story(url: str, tell: Callable[[Chronicle], Awaitable[None]]) -> None:
    async def body(house: House) -> None:
        chronicle = Chronicle(house)
        await chronicle.happen()
        await tell(chronicle)

    told(url, body)


def test_every_kind_of_deed_has_its_list_newest_first(database_url: str) -> None:
    async def tell(chronicle: Chronicle) -> None:
        statements: list[str] = []
        chronicle.house.database.trace = statements.append
        found = await chronicle.read()
        chronicle.house.database.trace = None
        assert len([each for each in statements if "FROM modlog" in each]) == 2
        assert {kind for kind, entries in found.items() if entries} == set(KINDS) == set(found)
        [removed] = found[ModlogActionType.MOD_REMOVE_POST]
        assert (removed.mod_remove_post.reason, removed.mod_remove_post.removed) == ("Spam", True)
        assert (removed.post.id, removed.community.id) == (chronicle.post.id, chronicle.birds.id)
        lifted, banned = found[ModlogActionType.MOD_BAN_FROM_COMMUNITY]
        assert (banned.mod_ban_from_community.banned, lifted.mod_ban_from_community.banned) == (True, False)
        assert (banned.mod_ban_from_community.expires is not None, banned.banned_person.id) == (True, chronicle.bob.id)
        [commented] = found[ModlogActionType.MOD_REMOVE_COMMENT]
        assert (commented.commenter.id, commented.comment.id, commented.post.id) == (
            chronicle.bob.id,
            chronicle.comment.id,
            chronicle.post.id,
        )
        assert [each.mod_add.removed for each in found[ModlogActionType.MOD_ADD]] == [True, False]
        assert [each.mod_add_community.removed for each in found[ModlogActionType.MOD_ADD_COMMUNITY]] == [True, False]
        assert [each.modded_person.name for each in found[ModlogActionType.MOD_TRANSFER_COMMUNITY]] == ["ada", "bob"]
        assert [each.mod_remove_community.removed for each in found[ModlogActionType.MOD_REMOVE_COMMUNITY]] == [False, True]
        assert found[ModlogActionType.MOD_FEATURE_POST][0].mod_feature_post.is_featured_community
        assert found[ModlogActionType.ADMIN_PURGE_POST][0].community.id == chronicle.birds.id
        assert found[ModlogActionType.ADMIN_PURGE_COMMENT][0].post.id == chronicle.post.id

    story(database_url, tell)


def test_a_list_that_cannot_be_filtered_as_asked_stays_empty(database_url: str) -> None:
    async def tell(chronicle: Chronicle) -> None:
        for kind in KINDS:
            assert await chronicle.kinds(kind=kind) == {kind}
        root, birds, bob = chronicle.house.admin.id, chronicle.birds.id, chronicle.bob.id
        assert await chronicle.kinds(mod_person_id=root) == set(KINDS)
        assert await chronicle.kinds(mod_person_id=bob) == set()
        assert await chronicle.kinds(community_id=birds) == IN_A_COMMUNITY
        assert await chronicle.kinds(community_id=birds + 1000) == set()
        assert await chronicle.kinds(other_person_id=bob) == ABOUT_A_PERSON
        assert await chronicle.kinds(other_person_id=bob, community_id=birds) == ABOUT_A_PERSON & IN_A_COMMUNITY
        assert await chronicle.kinds(other_person_id=root) == set()
        assert await chronicle.kinds(post_id=chronicle.post.id) == OF_POSTS
        assert await chronicle.kinds(comment_id=chronicle.comment.id) == {ModlogActionType.MOD_REMOVE_COMMENT}
        assert await chronicle.kinds(post_id=chronicle.post.id, comment_id=chronicle.comment.id) == set()
        assert await chronicle.kinds(post_id=chronicle.post.id, kind=ModlogActionType.MOD_BAN) == set()

    story(database_url, tell)


def test_each_list_has_its_own_pages(database_url: str) -> None:
    async def tell(chronicle: Chronicle) -> None:
        pages = [await chronicle.read(page=Page(limit=1, number=number)) for number in (1, 2, 3)]
        assert [[each.mod_ban.banned for each in page[ModlogActionType.MOD_BAN]] for page in pages] == [[False], [True], []]
        assert [len(page[ModlogActionType.MOD_REMOVE_POST]) for page in pages] == [1, 0, 0]

    story(database_url, tell)


def test_hidden_names_are_shown_to_moderators_and_admins_alone_but_ids_stay(database_url: str) -> None:
    async def tell(chronicle: Chronicle) -> None:
        reader = await chronicle.house.person("reader")
        for who, named in ((None, False), (reader, False), (chronicle.ada, True), (chronicle.house.admin, True)):
            found = await chronicle.read(who)
            for kind, entries in found.items():
                for view in entries:
                    moderator = getattr(view, "moderator", None) or getattr(view, "admin", None)
                    assert (moderator is not None) == named, (who, kind)
            assert found[ModlogActionType.MOD_BAN][0].mod_ban.mod_person_id == chronicle.house.admin.id
            assert found[ModlogActionType.ADMIN_PURGE_POST][0].admin_purge_post.admin_person_id == chronicle.house.admin.id
        # Who may not know the names cannot find them out by asking for one: the filter is ignored.
        assert (await chronicle.read(reader, mod_person_id=chronicle.bob.id))[ModlogActionType.MOD_BAN] != []
        await chronicle.house.database.write(lambda tx: site.update_local(tx, hide_modlog_mod_names=False))
        assert (await chronicle.read())[ModlogActionType.MOD_BAN][0].moderator.name == "admin"
        assert (await chronicle.read(mod_person_id=chronicle.bob.id))[ModlogActionType.MOD_BAN] == []

    story(database_url, tell)


def test_what_was_removed_is_shown_to_moderators_and_what_its_author_deleted_only_to_admins(database_url: str) -> None:
    async def tell(chronicle: Chronicle) -> None:
        def texts(found: dict[ModlogActionType, list[Any]]) -> tuple[str, str | None, str | None, str]:
            shown = found[ModlogActionType.MOD_LOCK_POST][0].post
            return shown.name, shown.body, shown.url, found[ModlogActionType.MOD_REMOVE_COMMENT][0].comment.content

        whole = ("Marker of the post", "Text of the post", "https://link.example/", "Marker of the comment")
        for who in (chronicle.ada, chronicle.house.admin):
            assert texts(await chronicle.read(who)) == whole
        # That something was removed is for all to see, what it said is not.
        for who in (None, chronicle.bob):
            assert texts(await chronicle.read(who)) == ("Marker of the post", None, None, "")
        await chronicle.house.database.write(post.delete, chronicle.bob, chronicle.post.id, True)
        await chronicle.house.database.write(comment.delete, chronicle.bob, chronicle.comment.id, True)
        for who in (None, chronicle.bob, chronicle.ada):
            assert texts(await chronicle.read(who)) == ("", None, None, "")
        assert texts(await chronicle.read(chronicle.house.admin)) == whole

    story(database_url, tell)


def test_what_happens_in_a_local_only_community_is_for_those_who_are_logged_in(database_url: str) -> None:
    async def tell(chronicle: Chronicle) -> None:
        await chronicle.house.database.write(lambda tx: community.update(tx, chronicle.birds.id, visibility="LocalOnly"))
        outside = {kind for kind, found in (await chronicle.read()).items() if found}
        assert outside == {
            ModlogActionType.MOD_ADD,
            ModlogActionType.MOD_BAN,
            ModlogActionType.ADMIN_PURGE_PERSON,
            ModlogActionType.ADMIN_PURGE_COMMUNITY,
        }
        assert all((await chronicle.read(chronicle.bob)).values())

    story(database_url, tell)


def test_a_private_instance_shows_its_log_to_its_members_alone(database_url: str) -> None:
    async def tell(chronicle: Chronicle) -> None:
        await chronicle.house.database.write(lambda tx: site.update_local(tx, private_instance=True))
        with pytest.raises(LemmyError, match="instance_is_private"):
            await chronicle.read()
        assert all((await chronicle.read(chronicle.bob)).values())

    story(database_url, tell)
