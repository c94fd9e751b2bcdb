"""Uploads that lie elsewhere: in a bucket of a real S3 server, or in a folder that several machines see."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lemmy_lite import config
from lemmy_lite.domain import image, purge
from lemmy_lite.domain.image_sweeping import Sweeper
from lemmy_lite.media import formats
from lemmy_lite.media.images import Images
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.net import bucket
from lemmy_lite.net.bucket import Bucket, BucketError
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.tables import image_removal
from tests.domain.test_image import Gallery, with_gallery
from tests.media import pictures
from tests.s3 import S3Server


def place(s3_server: S3Server, prefix: str, **s3: Any) -> Bucket:
    settings = config.read({"hostname": "here.test", "images": s3_server.options(prefix, **s3)}, environment={})
    found = bucket.of(settings, "test/1")
    assert found is not None
    return found


@asynccontextmanager
async def another_machine(gallery: Gallery, folder: Path, elsewhere: Path | Bucket) -> AsyncIterator[Gallery]:
    """Another process on the same database and store, with a cache of its own."""
    images = Images(folder, budget=10**8, elsewhere=elsewhere)
    await images.start()
    house = replace_context(gallery, images)
    try:
        yield house
    finally:
        await images.close()


def replace_context(gallery: Gallery, images: Images) -> Gallery:
    house = type(gallery.house)(gallery.house.database, replace(gallery.house.context, images=images), gallery.house.admin)
    return Gallery(house, images, Sweeper(house.context, house.database, images))


def cached(images: Images) -> int:
    """How many files lie in the cache."""
    return sum(1 for path in images.budget._folder.rglob("*") if path.is_file())


def in_bucket(body: str) -> str:
    return f"{body[:2]}/{body}"


def test_an_upload_goes_to_the_bucket_is_shown_from_there_and_leaves_with_its_last_row(
    s3_server: S3Server, database_url: str, tmp_path: Path
) -> None:
    async def story(gallery: Gallery) -> None:
        house, images = gallery.house, gallery.images
        ada, ben = await house.person("ada"), await house.person("ben")
        home = await house.community(house.admin)
        body = pictures.file(pictures.noise(400, 300), "PNG")
        mine, theirs = await gallery.upload(ada, body), await gallery.upload(ben, body)
        (stored,) = s3_server.files("life/")
        assert (len(stored), list(images.store.names()), images.budget.used) == (67, [], 0)
        assert images.uploads.bytes > 300 * 400

        shown = await image.show(house.database, house.context, mine.alias, None, None)
        assert shown is not None
        assert (shown.media_type, shown.path.stat().st_size) == ("image/png", images.uploads.bytes)
        small = await image.show(house.database, house.context, theirs.alias, "webp", 128)
        assert small is not None
        with Image.open(small.path) as picture:
            assert picture.size == (128, 96)
        assert cached(images) == 2
        number = await gallery.post(ada, mine.link, home.id)
        await house.database.write(purge.purge_post, house.admin, number, "Spam")
        assert await gallery.standing(mine, theirs) == [False, True]
        assert s3_server.files("life/") == [stored]
        await house.database.write(image.delete, await gallery.viewer(ben), theirs.alias)
        assert await gallery.standing(mine, theirs) == [False, False]
        assert (s3_server.files("life/"), cached(images), images.uploads.bytes) == ([], 0, 0)

    with_gallery(database_url, tmp_path / "images", story, elsewhere=place(s3_server, "life"))


def test_a_film_is_kept_there_to_the_byte_and_a_damaged_file_is_never_shown(s3_server: S3Server, tmp_path: Path) -> None:
    async def story(gallery: Gallery) -> None:
        house = gallery.house
        ada = await house.person("ada")
        film = await gallery.upload(ada, pictures.MP4)
        (stored,) = s3_server.files("film/")
        shown = await image.show(house.database, house.context, film.alias, None, None)
        assert shown is not None
        assert (shown.media_type, shown.path.read_bytes()) == ("video/mp4", pictures.MP4)
        gallery.images.forget(stored.partition("/")[2])
        other = tmp_path / "other"
        other.write_bytes(b"not what its name says")
        objects = gallery.images._objects
        assert objects is not None
        await objects.put(stored, other, await asyncio.to_thread(_digest, other))
        with pytest.raises(ImageRefused) as refused:
            await image.show(house.database, house.context, film.alias, None, None)
        assert refused.value.reason == Reason.BUSY
        assert cached(gallery.images) == 0

    with_gallery(f"sqlite://{tmp_path}/lemmy.db", tmp_path / "images", story, elsewhere=place(s3_server, "film"), video_limit=10_000)


def _digest(path: Path) -> str:
    from lemmy_lite.media import store

    return store.digest(path)[0]


def test_what_is_kept_of_the_bucket_stays_within_the_budget_which_refuses_no_upload(s3_server: S3Server, tmp_path: Path) -> None:
    async def story(gallery: Gallery) -> None:
        house, images = gallery.house, gallery.images
        ada = await house.person("ada")
        made = [await gallery.upload(ada, pictures.file(pictures.noise(90, 90), "PNG")) for _ in range(8)]
        images.budget.limit = images.uploads.bytes * 3 // 8
        assert images.uploads.bytes > images.budget.limit
        for each in made * 2:
            shown = await image.show(house.database, house.context, each.alias, None, None)
            assert shown is not None
            assert images.budget.used == sum(path.stat().st_size for path in images.budget._folder.rglob("*") if path.is_file())
            assert images.budget.used <= images.budget.limit
        assert images.budget.evictions > 0
        assert len(s3_server.files("small/")) == 8
        images.budget.limit = 100
        name = s3_server.files("small/")[0].partition("/")[2]
        images.forget(name)
        with pytest.raises(ImageRefused) as refused:
            await images.shown(name, formats.PNG, None, None)
        assert refused.value.reason == Reason.NO_ROOM

    with_gallery(f"sqlite://{tmp_path}/lemmy.db", tmp_path / "images", story, elsewhere=place(s3_server, "small"))


def test_two_machines_share_a_bucket_and_what_one_deletes_the_other_neither_shows_nor_keeps(
    s3_server: S3Server, postgres_url: str, tmp_path: Path
) -> None:
    async def story(gallery: Gallery) -> None:
        async with another_machine(gallery, tmp_path / "other", place(s3_server, "shared")) as other:
            house = gallery.house
            ada = await house.person("ada")
            first, second = await gallery.upload(ada), await other.upload(ada)
            assert await gallery.standing(first, second) == await other.standing(first, second) == [True, True]
            assert cached(other.images) == 2
            await house.database.write(image.delete, await gallery.viewer(ada), first.alias)
            assert await gallery.standing(first, second) == [False, True]
            assert await other.standing(first, second) == [False, True]
            assert cached(other.images) == 2, "nobody has told it yet"
            await other.sweeper.drop_what_others_removed(0)
            assert (cached(other.images), cached(gallery.images)) == (1, 1)
            assert len(s3_server.files("shared/")) == 1

    with_gallery(postgres_url, tmp_path / "images", story, elsewhere=place(s3_server, "shared"))


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_the_same_picture_deleted_and_uploaded_again_on_two_machines_is_always_there_in_the_end(
    kind: str, s3_server: S3Server, postgres_url: str, tmp_path: Path
) -> None:
    async def story(gallery: Gallery) -> None:
        async with another_machine(gallery, tmp_path / "other", elsewhere()) as other:
            ada = await gallery.house.person("ada")
            body = pictures.file(pictures.noise(8, 8), "PNG")
            machines = (gallery, other)
            for number in range(6):
                here, there = machines[number % 2], machines[(number + 1) % 2]
                before = await here.upload(ada, body)
                delete = here.house.database.write(image.delete, await here.viewer(ada), before.alias)
                _, after = await asyncio.gather(delete, there.upload(ada, body))
                assert await there.standing(before, after) == [False, True]
                await gallery.sweeper.finished()
                assert await here.images.has(_file(gallery, kind, s3_server))
                await here.house.database.write(image.delete, await here.viewer(ada), after.alias)
                await gallery.sweeper.finished()

    def elsewhere() -> Path | Bucket:
        return tmp_path / "shared" if kind == "folder" else place(s3_server, "again")

    with_gallery(postgres_url, tmp_path / "images", story, elsewhere=elsewhere())


def _file(gallery: Gallery, kind: str, s3_server: S3Server) -> str:
    """The one file of the store."""
    if kind == "bucket":
        (found,) = s3_server.files("again/")
        return found.partition("/")[2]
    folder = gallery.images.store._folder.parents[1] / "shared"
    (path,) = (each for each in folder.rglob("*") if each.is_file())
    return path.name


def test_a_bucket_that_is_away_refuses_uploads_shows_what_is_here_and_loses_no_removal(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise BucketError("it is away")

    async def story(gallery: Gallery) -> None:
        house, images = gallery.house, gallery.images
        ada = await house.person("ada")
        seen, unseen = await gallery.upload(ada), await gallery.upload(ada)
        assert await gallery.standing(seen) == [True]
        with monkeypatch.context() as down:
            down.setattr(Bucket, "_ask", away)
            with pytest.raises(StorageError) as not_kept:
                await gallery.upload(ada)
            assert not_kept.value.trouble is Trouble.BUSY, "the trouble is ours, so the client is asked to come back"
            assert await image.show(house.database, house.context, seen.alias, None, None) is not None
            with pytest.raises(ImageRefused) as refused:
                await image.show(house.database, house.context, unseen.alias, None, None)
            assert refused.value.reason == Reason.BUSY
            await house.database.write(image.delete, await gallery.viewer(ada), seen.alias)
            assert await image.show(house.database, house.context, seen.alias, None, None) is None
            await gallery.sweeper.finished()
        assert len(s3_server.files("away/")) == 2
        assert await gallery.standing(unseen) == [True]
        monkeypatch.setattr(image, "REMOVED_WITHIN", -1)
        assert await gallery.sweeper.sweep() == 1
        assert len(s3_server.files("away/")) == 1
        assert await house.database.read(partial(image_removal.unfinished, before=2**62)) == []
        assert images.uploads.bytes > 0

    with_gallery(f"sqlite://{tmp_path}/lemmy.db", tmp_path / "images", story, elsewhere=place(s3_server, "away"))


def test_orphans_of_the_bucket_are_swept_and_what_is_none_of_ours_stays(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(gallery: Gallery) -> None:
        ada = await gallery.house.person("ada")
        kept = await gallery.upload(ada)
        async with gallery.images.aside() as path:
            path.write_bytes(pictures.file(pictures.noise(), "PNG"))
            orphan = await gallery.images.keep(path)
        foreign = tmp_path / "foreign"
        foreign.write_bytes(os.urandom(10))
        objects = gallery.images._objects
        assert objects is not None
        await objects.put("readme.txt", foreign, _digest(foreign))
        assert await gallery.sweeper.sweep() == 0, "it may be an upload under way"
        monkeypatch.setattr("lemmy_lite.domain.image_sweeping.ORPHAN_SECONDS", -10.0)
        assert await gallery.sweeper.sweep() == 1
        left = s3_server.files("sweep/")
        assert in_bucket(orphan.name) not in left
        assert (len(left), "readme.txt" in left) == (2, True)
        assert await gallery.standing(kept) == [True]

    with_gallery(f"sqlite://{tmp_path}/lemmy.db", tmp_path / "images", story, elsewhere=place(s3_server, "sweep"))


def test_two_who_sweep_at_once_remove_each_file_once(s3_server: S3Server, postgres_url: str, tmp_path: Path) -> None:
    async def story(gallery: Gallery) -> None:
        async with another_machine(gallery, tmp_path / "other", place(s3_server, "twice")) as other:
            names = []
            for _ in range(6):
                async with gallery.images.aside() as path:
                    path.write_bytes(pictures.file(pictures.noise(8, 8), "PNG"))
                    names.append((await gallery.images.keep(path)).name)
            counts = await asyncio.gather(gallery.sweeper.remove_files(names), other.sweeper.remove_files(names))
            assert sum(counts) == 6
            assert s3_server.files("twice/") == []

    with_gallery(postgres_url, tmp_path / "images", story, elsewhere=place(s3_server, "twice"))


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_what_was_uploaded_before_is_shown_at_once_and_brought_over(kind: str, s3_server: S3Server, tmp_path: Path) -> None:
    async def story(gallery: Gallery) -> None:
        ada = await gallery.house.person("ada")
        before = await gallery.upload(ada)
        size = gallery.images.budget.uploads
        elsewhere = tmp_path / "shared" if kind == "folder" else place(s3_server, "moving")
        async with another_machine(gallery, tmp_path / "images", elsewhere) as moved:
            assert await moved.standing(before) == [True]
            after = await moved.upload(ada)
            assert await moved.images.bring_over() == 1
            assert list(moved.images.store.names()) == []
            assert (moved.images.budget.uploads, await moved.images.bring_over()) == (0, 0)
            assert await moved.standing(before, after) == [True, True]
            await moved.images.uploads.older_than(0)
            assert moved.images.uploads.bytes > size
            gallery.images.budget.uploaded(-size)

    with_gallery(f"sqlite://{tmp_path}/lemmy.db", tmp_path / "images", story)
