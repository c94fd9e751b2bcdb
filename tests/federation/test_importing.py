"""Moving house: what was exported here is found, followed, saved and blocked there."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from lemmy_lite.domain import block, local_user, settings_backup
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.local_user import SettingsForm
from lemmy_lite.model.person import Person
from lemmy_lite.model.settings_backup import UserSettingsBackup, UserSettingsImport
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user as accounts
from lemmy_lite.storage.tables import login_token
from lemmy_lite.storage.views import local_user as views
from tests.federation.lab import Place, lab

FreePort = Callable[[], int]


def tell(folder: Path, free_port: FreePort, story: Callable[[Place, Place], Awaitable[None]], url: str | None) -> None:
    async def run() -> None:
        async with lab(folder, free_port, alpha=None, beta=url) as (alpha, beta):
            await story(alpha, beta)

    asyncio.run(run())


async def _viewer(place: Place, person: Person) -> Viewer:
    def enter(tx: Transaction) -> Viewer:
        account = accounts.of_person(tx, person.id)
        assert account is not None
        login_token.insert(tx, person.name, account.id, None, None)
        viewer = views.by_session(tx, person.name)
        assert viewer is not None
        login_token.delete(tx, person.name)
        return viewer

    return await place.write(enter)


async def _export(place: Place, person: Person) -> UserSettingsBackup:
    return await place.read(settings_backup.export, await _viewer(place, person))


async def _import(place: Place, person: Person, file: UserSettingsImport) -> None:
    await place.write(settings_backup.take_in, place.context, await _viewer(place, person), file)
    place.federation.take_in(person.id, file)
    await place.federation.taken_in()


def _as_import(file: UserSettingsBackup) -> UserSettingsImport:
    """Through the very bytes of the file."""
    return msgspec.json.decode(msgspec.json.encode(file), type=UserSettingsImport)


def test_settings_and_lists_come_along_from_one_instance_to_the_next(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(alpha: Place, beta: Place) -> None:
        ann, eve, bob = await alpha.person("ann"), await alpha.person("eve"), await beta.person("bob")
        tea, coffee = await alpha.community(eve, "tea"), await alpha.community(eve, "coffee")
        written = await alpha.post(eve, tea)
        said = await alpha.comment(eve, written)

        def live(tx: Transaction) -> None:
            communities.follow(tx, ann, tea.id, True)
            communities.block(tx, ann, coffee.id, True)
            posts.save(tx, ann, written.id, True)
            comments.save(tx, ann, said.id, True)
            block.block_person(tx, ann, eve.id, True)
            block.block_instance_of(tx, ann, "foe.test", True)

        await alpha.write(live)
        form = SettingsForm(display_name="Ann of alpha", bio="*Tea*", theme="dark", show_nsfw=True, show_upvotes=False, bot_account=True)
        await alpha.write(local_user.save_settings, alpha.context, await _viewer(alpha, ann), form)
        file = await _export(alpha, ann)
        await _import(beta, bob, _as_import(file))
        taken = await _export(beta, bob)
        lists = {name: getattr(taken, name) for name in settings_backup.LISTS}
        assert lists == {
            "followed_communities": [tea.actor_id],
            "saved_posts": [written.ap_id],
            "saved_comments": [said.ap_id],
            "blocked_communities": [coffee.actor_id],
            "blocked_users": [eve.actor_id],
            "blocked_instances": ["foe.test"],
        }
        assert (taken.display_name, taken.bio, taken.bot_account) == ("Ann of alpha", "*Tea*", True)
        assert taken.settings is not None
        assert taken.vote_display_mode_settings is not None
        assert (taken.settings.theme, taken.settings.show_nsfw) == ("dark", True)
        assert not taken.vote_display_mode_settings.upvotes

    tell(tmp_path, free_port, story, database_url)


def test_what_cannot_be_found_or_is_something_else_is_left_out(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(alpha: Place, beta: Place) -> None:
        ann, bob = await alpha.person("ann"), await beta.person("bob")
        tea = await alpha.community(ann)
        nowhere = [f"{alpha.url}/c/nowhere", "https://nobody.invalid/c/x", "no address", ""]
        file = UserSettingsImport(
            followed_communities=[*nowhere, tea.actor_id, tea.actor_id],
            saved_posts=[tea.actor_id, *nowhere],
            blocked_users=[bob.actor_id, *nowhere],
            blocked_instances=["not a host", beta.context.config.domain],
        )
        await _import(beta, bob, file)
        taken = await _export(beta, bob)
        assert taken.followed_communities == [tea.actor_id]
        assert taken.saved_posts == taken.blocked_users == taken.blocked_instances == []

    tell(tmp_path, free_port, story, database_url)


def test_an_export_spells_out_what_is_absent_as_null(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(_: Place, beta: Place) -> None:
        file = msgspec.json.decode(msgspec.json.encode(await _export(beta, await beta.person("bob"))))
        assert file["display_name"] is None
        assert file["avatar"] is None
        assert set(file) == set(UserSettingsBackup.__struct_fields__)

    tell(tmp_path, free_port, story, database_url)


def test_too_many_items_are_refused_before_anything_is_changed(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(_: Place, beta: Place) -> None:
        bob = await beta.person("bob")
        many = ["https://a.example/1"] * 5000
        file = UserSettingsImport(display_name="Robert", saved_posts=many, blocked_users=many, blocked_instances=["x.test"])
        with pytest.raises(LemmyError, match="too_many_items"):
            await _import(beta, bob, file)
        assert (await _export(beta, bob)).display_name is None

    tell(tmp_path, free_port, story, database_url)


def test_a_profile_that_breaks_a_rule_is_refused_whole(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(_: Place, beta: Place) -> None:
        bob = await beta.person("bob")
        for file, code in (
            (UserSettingsImport(display_name="@bob", bio="Hello"), "invalid_display_name"),
            (UserSettingsImport(display_name="Robert", bio="x" * 1001), "bio_length_overflow"),
            (UserSettingsImport(display_name="Robert", matrix_id="bob"), "invalid_matrix_id"),
        ):
            with pytest.raises(LemmyError, match=code):
                await _import(beta, bob, file)
        assert (await _export(beta, bob)).display_name is None

    tell(tmp_path, free_port, story, database_url)


def test_who_is_banned_while_an_import_goes_on_gets_no_further(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(alpha: Place, beta: Place) -> None:
        ann, bob = await alpha.person("ann"), await beta.person("bob")
        tea = await alpha.community(ann)
        file = UserSettingsImport(followed_communities=[tea.actor_id])
        beta.federation.take_in(bob.id, file)
        await beta.write(lambda tx: tx.run("UPDATE person SET banned = :yes WHERE id = :id", yes=True, id=bob.id))
        await beta.federation.taken_in()
        assert await beta.read(lambda tx: tx.column("SELECT community_id FROM community_follower WHERE person_id = :id", id=bob.id)) == []

    tell(tmp_path, free_port, story, database_url)


def test_a_second_import_replaces_the_first_and_an_end_of_the_program_ends_both(
    tmp_path: Path, free_port: FreePort, database_url: str
) -> None:
    async def story(alpha: Place, beta: Place) -> None:
        ann, bob = await alpha.person("ann"), await beta.person("bob")
        tea, coffee = await alpha.community(ann, "tea"), await alpha.community(ann, "coffee")
        beta.federation.take_in(bob.id, UserSettingsImport(followed_communities=[tea.actor_id]))
        beta.federation.take_in(bob.id, UserSettingsImport(followed_communities=[coffee.actor_id]))
        await beta.federation.taken_in()
        assert (await _export(beta, bob)).followed_communities == [coffee.actor_id]
        beta.federation.take_in(bob.id, UserSettingsImport(followed_communities=[tea.actor_id]))
        await beta.federation.close()
        assert (await _export(beta, bob)).followed_communities == [coffee.actor_id]

    tell(tmp_path, free_port, story, database_url)
