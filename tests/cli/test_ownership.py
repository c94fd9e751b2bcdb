"""Root gives files to the account of the service, which may have laid anything there."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lemmy_lite import config
from lemmy_lite.cli import service_account
from lemmy_lite.cli.ownership import Owner, give, let_read
from lemmy_lite.cli.service_steps import Steps

NOBODY = Owner(65534, 65534)
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of root that everybody may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def secret(place: Path) -> Path:
    file = place / "shadow"
    file.write_text("of root")
    file.chmod(0o600)
    return file


def untouched(file: Path) -> bool:
    found = file.stat()
    return (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, 0, 0o600)


def test_nothing_that_lies_in_the_folder_leads_elsewhere(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, data = secret(place), place / "data"
    (data / "images").mkdir(parents=True)
    (data / "lemmy.db").touch()
    (data / "images" / "gone").touch()
    (data / "images" / "of another").touch()
    os.chown(data / "images" / "of another", 4242, 4242)
    (data / "a file").symlink_to(target)
    (data / "a folder").symlink_to(place)
    os.link(target, data / "images" / "a name")
    really = os.stat

    def vanishing(path: str, **named: int) -> os.stat_result:
        if path == "gone":
            raise FileNotFoundError(path)
        return really(path, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", vanishing)
    left = give(data, NOBODY)
    monkeypatch.undo()
    assert untouched(target)
    assert place.stat().st_uid == 0
    assert left == [data / "images" / "a name"]
    given = {path.name for path in (data, *data.rglob("*")) if path.lstat().st_uid == NOBODY.user}
    assert given == {"data", "images", "lemmy.db", "of another", "a file", "a folder"}


def test_the_way_to_the_folder_may_lead_over_links_of_root_and_of_nobody_else(place: Path) -> None:
    target, theirs = secret(place), place / "theirs"
    theirs.mkdir()
    os.chown(theirs, *NOBODY)
    (theirs / "data").symlink_to(place)
    (theirs / "lemmy.hjson").symlink_to(target)
    with pytest.raises(PermissionError, match="data is no folder, and a symbolic link there may be anybody's"):
        give(theirs / "data", NOBODY)
    with pytest.raises(OSError, match="symbolic links"):
        let_read(theirs / "lemmy.hjson", NOBODY)
    (theirs / "lemmy.hjson").unlink()
    os.link(target, theirs / "lemmy.hjson")
    with pytest.raises(PermissionError, match="another name elsewhere"):
        let_read(theirs / "lemmy.hjson", NOBODY)
    assert untouched(target)
    (place / "disk" / "data").mkdir(parents=True)
    (place / "link").symlink_to(place / "disk")
    assert give(place / "link" / "data", NOBODY) == []
    assert (place / "disk" / "data").stat().st_uid == NOBODY.user


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_account, "USER", "nobody")


def configured(place: Path, **more: object) -> config.Config:
    values = {"hostname": "a.test", "data_dir": str(place / "srv" / "lemmy"), "backup": {"to": str(place / "mnt" / "backup")}}
    return config.read({**values, "images": {"store": str(place / "pictures")}, **more})


def test_installing_lets_the_account_to_the_folders_that_the_configuration_names_and_not_to_those_of_others(
    place: Path, nobody: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file, loaded = secret(place).rename(place / "lemmy.hjson"), configured(place)
    os.chown(file, *NOBODY)  # as earlier versions left it
    backup = place / "mnt" / "backup"
    (backup / "2026-11-22").mkdir(parents=True)
    (backup / "lemmy_lite-backup.json").touch(0o600)  # made by `sudo lemmy-lite backup`
    (place / "pictures" / "holidays").mkdir(parents=True)
    service_account.open_to(Steps(Path("/"), user_unit=False, dry_run=False), loaded, file, loaded.data_dir)
    found = file.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, NOBODY.group, 0o640), "it is read, and not changed"
    assert stat.S_IMODE(loaded.data_dir.stat().st_mode) == 0o700
    theirs = (loaded.data_dir, backup, *backup.iterdir())
    assert {path.stat().st_uid for path in theirs} == {NOBODY.user}
    assert (place / "pictures").stat().st_uid == 0
    pictures = place / "pictures"
    said = capsys.readouterr().out.splitlines()
    assert f"Warning: images.store: nobody cannot write to {pictures}: sudo chown -R nobody: {pictures}" in said
    assert len([line for line in said if line.startswith("Warning")]) == 1


def test_installing_refuses_a_key_that_the_account_could_not_read(place: Path, nobody: None) -> None:
    key = secret(place)
    loaded = configured(place, tls={"certificate": str(key), "key": str(key)})
    with pytest.raises(PermissionError, match=f"tls.certificate: the account of the service, nobody, cannot read {key}: copy it, as by"):
        service_account.open_to(Steps(Path("/"), user_unit=False, dry_run=False), loaded, place / "lemmy.hjson", loaded.data_dir)
    assert not loaded.data_dir.exists()
