"""Which pictures go with what: all of one's own, none of another's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import ban, community, image, image_proxy, image_use, leaving, local_user, post, purge
from lemmy_lite.domain.ban import Ban
from lemmy_lite.domain.image_sweeping import Sweeper
from lemmy_lite.media.images import Images
from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.image import Uploaded
from lemmy_lite.model.local_user import SettingsForm
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user as accounts
from lemmy_lite.storage.tables import person
from tests.domain import house as houses
from tests.domain.house import House
from tests.media import pictures


@dataclass
class Gallery:
    """A house with an image store."""

    house: House
    images: Images
    sweeper: Sweeper

    async def viewer(self, someone: Person) -> Viewer:
        """Somebody as the API knows them, fresh from the database."""

        def read(tx: Transaction) -> Viewer:
            account = accounts.of_person(tx, someone.id)
            assert account is not None
            return Viewer(
                person=person.existing(tx, someone.id),
                local_user=account,
                vote_display=accounts.vote_display(tx, account.id),
                languages=(),
                session="",
            )

        return await self.house.database.read(read)

    async def upload(self, someone: Person, body: bytes | None = None) -> Uploaded:
        """A new upload, of another picture each time unless one is given."""
        body = body or pictures.file(pictures.noise(), "PNG")
        return await image.upload(self.house.database, self.house.context, await self.viewer(someone), _pieces(body))

    async def post(self, someone: Person, url: str, community_id: int, body: str = "") -> int:
        """A post of a link."""
        form = PostForm(name="A picture", community_id=community_id, url=url, body=body)
        return (await post.publish(self.house.database, self.house.context, someone, form)).id

    async def standing(self, *uploads: Uploaded) -> list[bool]:
        """Which of the uploads are there still; those that are have their file, the others have none."""
        await self.sweeper.finished()
        found = [await image.show(self.house.database, self.house.context, each.alias, None, None) for each in uploads]
        assert all(each is None or each.path.exists() for each in found)
        return [each is not None for each in found]

    def files(self) -> int:
        """How many files of uploads lie on the disk."""
        return len(list(self.images.store.older_than(-10)))


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    yield body


def with_gallery(url: str, folder: Path, story: Callable[[Gallery], Awaitable[None]], **options: Any) -> None:
    """Run a story in a new house with an image store in a folder; options are those of Images."""

    async def within(house: House) -> None:
        await _told(house, folder, story, options)

    houses.told(url, within)


async def _told(house: House, folder: Path, story: Callable[[Gallery], Awaitable[None]], options: dict[str, Any]) -> None:
    images = Images(folder, **{"budget": 10**8} | options)
    await images.start()
    house.context = replace(house.context, images=images)
    house.database.within(image_use.within(house.context))
    sweeper = Sweeper(house.context, house.database, images)
    house.database.after(sweeper.after)
    try:
        await story(Gallery(house, images, sweeper))
        await sweeper.finished()
        assert images.budget.uploads == images.store.size()
    finally:
        await images.close()


@pytest.fixture
def told(database_url: str, tmp_path: Path) -> Callable[[Callable[[Gallery], Awaitable[None]]], None]:
    """Runs a story in a new house with an image store, on each database."""
    return lambda story: with_gallery(database_url, tmp_path / "images", story)


Told = Callable[[Callable[[Gallery], Awaitable[None]]], None]


def test_purging_a_post_takes_its_authors_picture_and_nobody_elses(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        home = await house.community(house.admin)
        mine, body, theirs, spare = [await gallery.upload(each) for each in (ada, ada, ben, ada)]
        text = f"![a]({body.link}) ![b]({theirs.link})"
        number = await gallery.post(ada, mine.link, home.id, text)
        shown = await house.database.read(post.view, None, number)
        assert shown.image_details is not None
        assert (shown.image_details.width, shown.image_details.content_type) == (64, "image/png")
        await house.database.write(purge.purge_post, house.admin, number, "Spam")
        assert await gallery.standing(mine, body, theirs, spare) == [False, False, True, True]
        assert gallery.files() == 2

    told(story)


def test_a_picture_used_twice_goes_with_the_second_use(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada = await house.person("ada")
        home = await house.community(house.admin)
        mine = await gallery.upload(ada)
        first, second = [await gallery.post(ada, mine.link, home.id) for _ in range(2)]
        await house.database.write(purge.purge_post, house.admin, first)
        assert await gallery.standing(mine) == [True]
        await house.database.write(purge.purge_post, house.admin, second)
        assert await gallery.standing(mine) == [False]

    told(story)


def test_another_person_can_neither_pin_nor_purge_a_picture_by_naming_it(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        home = await house.community(house.admin)
        mine = await gallery.upload(ada)
        of_ada, of_ben = await gallery.post(ada, mine.link, home.id), await gallery.post(ben, mine.link, home.id)
        await house.database.write(purge.purge_post, house.admin, of_ben)
        assert await gallery.standing(mine) == [True]
        await gallery.post(ben, mine.link, home.id)
        await house.database.write(purge.purge_post, house.admin, of_ada)
        assert await gallery.standing(mine) == [False]

    told(story)


def test_the_same_picture_of_two_people_is_one_file_until_the_second_is_gone(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        body = pictures.file(pictures.noise(), "PNG")
        mine, theirs = await gallery.upload(ada, body), await gallery.upload(ben, body)
        assert gallery.files() == 1
        await house.database.write(image.delete, await gallery.viewer(ada), mine.alias)
        assert await gallery.standing(mine, theirs) == [False, True]
        await house.database.write(image.delete, await gallery.viewer(ben), theirs.alias)
        assert await gallery.standing(theirs) == [False]
        assert gallery.files() == 0

    told(story)


def test_purging_a_person_takes_all_of_theirs_and_nothing_else(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        avatar, spare, theirs = [await gallery.upload(each) for each in (ada, ada, ben)]
        await house.database.write(local_user.save_settings, house.context, await gallery.viewer(ada), SettingsForm(avatar=avatar.link))
        await house.database.write(purge.purge_person, house.admin, ada.id)
        assert await gallery.standing(avatar, spare, theirs) == [False, False, True]
        assert gallery.files() == 1

    told(story)


def test_a_ban_that_removes_what_was_written_removes_the_pictures_too(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada = await house.person("ada")
        kept, gone = await gallery.upload(ada), await gallery.upload(house.admin)
        await house.database.write(ban.from_site, house.admin, ada.id, Ban(banned=True))
        assert await gallery.standing(kept, gone) == [True, True]
        await house.database.write(ban.from_site, house.admin, ada.id, Ban(banned=True, remove_data=True))
        assert await gallery.standing(kept, gone) == [False, True]

    told(story)


def test_leaving_with_ones_words_takes_the_pictures_along(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        avatar, spare = await gallery.upload(ada), await gallery.upload(ada)
        other = await gallery.upload(ben)
        await house.database.write(local_user.save_settings, house.context, await gallery.viewer(ada), SettingsForm(avatar=avatar.link))
        await house.database.write(leaving._delete, await gallery.viewer(ada), "x", False)
        assert await gallery.standing(avatar, spare, other) == [False, True, True]
        await house.database.write(leaving._delete, await gallery.viewer(ben), "x", True)
        assert await gallery.standing(other) == [False]

    told(story)


def test_an_avatar_goes_when_it_is_replaced_and_stays_when_it_is_the_same(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        first, second, theirs = [await gallery.upload(each) for each in (ada, ada, ben)]

        async def save(**form: str) -> None:
            await house.database.write(local_user.save_settings, house.context, await gallery.viewer(ada), SettingsForm(**form))

        await save(avatar=first.link)
        await save(avatar=first.link, bio="Hello")
        assert await gallery.standing(first, second) == [True, True]
        await save(avatar=second.link)
        assert await gallery.standing(first, second) == [False, True]
        await save(avatar=theirs.link)
        assert await gallery.standing(second, theirs) == [False, True]
        await save(avatar="")
        assert await gallery.standing(theirs) == [True]

    told(story)


def test_the_icon_of_a_community_goes_with_it_and_when_replaced(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        home = await house.community(house.admin)
        first, second = await gallery.upload(house.admin), await gallery.upload(house.admin)
        for icon in (first, second):
            await house.database.write(community.edit, house.context, house.admin, home.id, CommunityForm(icon=icon.link))
        assert await gallery.standing(first, second) == [False, True]
        await house.database.write(purge.purge_community, house.admin, home.id)
        assert await gallery.standing(second) == [False]

    told(story)


def test_only_the_uploader_and_admins_delete_and_list(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        mine, other = await gallery.upload(ada), await gallery.upload(ada)
        for alias in (mine.alias, "nothing.png"):
            with pytest.raises(LemmyError) as refused:
                await house.database.write(image.delete, await gallery.viewer(ben), alias)
            assert (refused.value.code, refused.value.missing) == ("unknown", True)
        with pytest.raises(LemmyError, match="not_an_admin"):
            await house.database.read(image.all_uploads, await gallery.viewer(ben), Page())
        assert await house.database.read(image.own_uploads, await gallery.viewer(ben), Page()) == []
        listed = await house.database.read(image.all_uploads, await gallery.viewer(house.admin), Page())
        assert [each.local_image.pictrs_alias for each in listed] == [other.alias, mine.alias]
        await house.database.write(image.delete, await gallery.viewer(house.admin), mine.alias)
        assert await gallery.standing(mine, other) == [False, True]

    told(story)


def test_a_day_has_an_end(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada, ben = await house.person("ada"), await house.person("ben")
        options = replace(house.context.config.images, daily_uploads=2)
        house.context = replace(house.context, config=replace(house.context.config, images=options))
        for _ in range(2):
            await gallery.upload(ada)
        with pytest.raises(LemmyError, match="pictrs_response_error"):
            await gallery.upload(ada)
        await gallery.upload(ben)
        assert gallery.files() == 3

    told(story)


def test_where_only_avatars_may_be_uploaded_anything_else_is_hidden_after_an_hour_and_gone_after_a_day(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        options = replace(house.context.config.images, uploads="avatars")
        house.context = replace(house.context, config=replace(house.context.config, images=options))
        sweeper = Sweeper(house.context, house.database, gallery.images)
        ada = await house.person("ada")
        face, banner, spare = [await gallery.upload(ada) for _ in range(3)]
        form = SettingsForm(avatar=face.link, banner=banner.link)
        await house.database.write(local_user.save_settings, house.context, await gallery.viewer(ada), form)

        async def later(hours: int) -> None:
            await house.database.write(lambda tx: tx.run("UPDATE local_image SET published = published - :by", by=hours * HOUR))

        assert await gallery.standing(face, banner, spare) == [True, True, True]
        await later(2)
        assert await gallery.standing(face, banner, spare) == [True, True, False]
        await sweeper.sweep()
        assert gallery.files() == 3, "it may be about to become one"
        await later(23)
        await sweeper.sweep()
        assert await gallery.standing(face, banner, spare) == [True, True, False]
        assert gallery.files() == 2

    told(story)


def test_a_file_that_no_row_names_is_swept_and_the_others_stay(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(gallery: Gallery) -> None:
        ada = await gallery.house.person("ada")
        kept = await gallery.upload(ada)
        async with gallery.images.aside() as path:
            path.write_bytes(pictures.file(pictures.noise(), "PNG"))
            await gallery.images.keep(path)
        assert gallery.files() == 2
        assert await gallery.sweeper.sweep() == 0, "it may be an upload under way"
        monkeypatch.setattr("lemmy_lite.domain.image_sweeping.ORPHAN_SECONDS", -10.0)
        assert await gallery.sweeper.sweep() == 1
        assert await gallery.standing(kept) == [True]
        assert gallery.files() == 1

    told(story)


def test_an_upload_whose_file_was_swept_meanwhile_is_stored_again(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        ada = await gallery.house.person("ada")
        keep = gallery.images.keep
        swept: list[str] = []

        async def kept_and_swept(source: Path) -> object:
            kept = await keep(source)
            if not swept:
                swept.append(kept.name)
                await gallery.images.remove(kept.name)
            return kept

        gallery.images.keep = kept_and_swept  # type: ignore[method-assign,assignment]  # a race at will
        assert await gallery.standing(await gallery.upload(ada)) == [True]

    told(story)


def test_addresses_of_the_proxy_are_exchanged_both_ways_and_signed(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        context = gallery.house.context
        far = "https://far.example/a%20b.png?x=1&y=(2)"
        proxied = image_proxy.address(context, far)
        assert proxied.startswith("https://here.test/api/v3/image_proxy?url=https%3A%2F%2Ffar.example%2Fa%2520b.png")
        assert image_proxy.original(context, proxied) == far
        assert image_proxy.originals_in(context, f"See ![a]({proxied})") == f"See ![a]({far.replace('(', '%28').replace(')', '%29')})"
        signature = proxied.rpartition("=")[2]
        known = partial(gallery.house.database.read, image_proxy.is_known, context)
        assert await known(far, signature)
        for url, given in [(far, None), (far, ""), (far, signature[:-1] + "x"), ("https://other.example/", signature), (far, "é")]:
            assert not await known(url, given)
        own = "https://here.test/pictrs/image/a.png"
        assert image_proxy.address(context, own) == own
        assert image_proxy.on_page(context, own) == "/pictrs/image/a.png"
        assert image_proxy.on_page(context, "https://i.imgur.com/a.png") is None
        assert image_proxy.on_page(context, "javascript:alert(1)") is None
        assert image_proxy.on_page(context, "//far.example/a.png") is None

    told(story)


def test_texts_show_foreign_pictures_from_here_or_what_they_are_said_to_show(told: Told) -> None:
    async def story(gallery: Gallery) -> None:
        context = gallery.house.context
        shown = image_proxy.in_page(context, '<p><img src="https://far.example/a.png?a=1&amp;b=2" alt="&lt;b&gt;" loading="lazy"></p>')
        assert shown.startswith('<p><img src="/api/v3/image_proxy?url=https%3A%2F%2Ffar.example%2Fa.png%3Fa%3D1%26b%3D2&amp;signature=')
        assert shown.endswith('alt="&lt;b&gt;" loading="lazy"></p>')
        off = replace(context, images=None)
        assert image_proxy.in_page(off, '<img src="https://far.example/a.png" alt="&lt;b&gt;" loading="lazy">') == "&lt;b&gt;"
        video = '<video src="https://far.example/a.mp4" controls="" preload="metadata">A film</video>'
        assert "far.example" not in image_proxy.in_page(context, video)
        await asyncio.sleep(0)

    told(story)
