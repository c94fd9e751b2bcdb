"""Uploads that lie elsewhere are in the backup as those that lie here, and come back to where the configuration says."""

import asyncio
import os
from pathlib import Path

import pytest

from lemmy_lite.config import Config
from lemmy_lite.domain.backup.restoring import drill, restore
from lemmy_lite.domain.backup.taking import take
from lemmy_lite.media import store
from lemmy_lite.model.clock import Clock
from lemmy_lite.net import bucket
from tests.domain.backups import instance, lived, quietly, upload, uploads
from tests.s3 import S3Server


def put(of: Config, source: Path) -> None:
    """Bring a file to the bucket of a configuration."""

    async def run() -> None:
        place = bucket.of(of, "test/1")
        assert place is not None
        name, _ = store.digest(source)
        await place.put(f"{name[:2]}/{name}", source, name)
        await place.close()

    asyncio.run(run())


def test_a_bucket_is_backed_up_incrementally_and_brought_back_to_another(s3_server: S3Server, tmp_path: Path) -> None:
    plain = lived(tmp_path / "old")
    old = instance(tmp_path / "old", images=s3_server.options("old"))
    names = sorted(uploads(old).names())
    for name in names[1:]:
        put(old, uploads(old).path(name))
        uploads(old).remove(name)
    first = take(old, Clock(), tmp_path / "backups", None, quietly)
    assert (sorted(first.manifest.images), first.lacking) == (names, []), "one of them was not brought over yet"
    newest = upload(plain, os.urandom(50))
    put(old, uploads(old).path(newest))
    assert drill(old, tmp_path / "backups", None, quietly) == first.manifest
    second = take(old, Clock(lambda: Clock().now() + 2_000_000), tmp_path / "backups", None, quietly)
    assert set(second.manifest.images) == {*names, newest}
    assert second.added < first.added, "only what is new is written"

    new = instance(tmp_path / "new", images=s3_server.options("new"))
    restore(new, Clock(), tmp_path / "backups", None, quietly)
    assert s3_server.files("new/") == sorted(f"{name[:2]}/{name}" for name in (*names, newest))
    assert list(uploads(new).names()) == []
    shared = instance(tmp_path / "third", images={"store": str(tmp_path / "shared")})
    restore(shared, Clock(), tmp_path / "backups", None, quietly)
    assert sorted(path.name for path in (tmp_path / "shared").glob("*/*")) == sorted((*names, newest))


def test_what_a_bucket_lacks_or_has_damaged_is_told_and_a_bucket_that_refuses_us_makes_no_backup(
    s3_server: S3Server, tmp_path: Path
) -> None:
    lived(tmp_path / "old")
    old = instance(tmp_path / "old", images=s3_server.options("torn"))
    whole, damaged, missing = sorted(uploads(old).names())
    put(old, uploads(old).path(whole))
    for name in (whole, damaged, missing):
        uploads(old).remove(name)

    async def tear() -> None:
        place = bucket.of(old, "test/1")
        assert place is not None
        other = tmp_path / "other"
        other.write_bytes(b"something else")
        await place.put(f"{damaged[:2]}/{damaged}", other, store.digest(other)[0])
        await place.close()

    asyncio.run(tear())
    taken = take(old, Clock(), tmp_path / "backups", None, quietly)
    assert (sorted(taken.manifest.images), taken.lacking) == ([whole], sorted((damaged, missing)))
    wrong = instance(tmp_path / "old", images=s3_server.options("torn", secret_access_key="wrong"))
    with pytest.raises(OSError, match="SignatureDoesNotMatch"):
        take(wrong, Clock(), tmp_path / "elsewhere", None, quietly)
