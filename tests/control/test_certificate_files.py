"""Certificates of https in files that somebody else renews."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from lemmy_lite.config import Config
from lemmy_lite.control.certificates import kept
from lemmy_lite.control.certificates.watching import Watching
from lemmy_lite.control.doctor import https as looks
from lemmy_lite.control.doctor.finding import Level
from lemmy_lite.crypto.certificates import CertificateError, Held
from tests.certificates import Files, made
from tests.control.sites import CLOCK, settings


def files_of(folder: Path, files: Files) -> Config:
    return settings(
        folder, 8443, 0, automatic=None, terms_agreed=None, contact=None, certificate=str(files.certificate), key=str(files.key)
    )


def test_files_that_cannot_be_shown_stop_the_start_with_one_line(tmp_path: Path) -> None:
    files = made(tmp_path / "a")
    assert kept.at_start(files_of(tmp_path, files), CLOCK) is not None
    other = made(tmp_path / "b")
    damaged, empty = tmp_path / "damaged.pem", tmp_path / "none.pem"
    damaged.write_bytes(files.certificate.read_bytes()[:-60])
    for pair, word in (
        (made(tmp_path / "c", ends=timedelta(hours=-1)), "has expired on"),
        (Files(files.certificate, other.key), "the key belongs to another certificate"),
        (Files(damaged, files.key), "the certificate is not PEM, or damaged"),
        (Files(empty, files.key), "cannot be read: No such file or directory"),
        (Files(files.certificate, files.certificate), "the key is not PEM, or damaged"),
    ):
        with pytest.raises(CertificateError, match=word) as refused:
            kept.at_start(files_of(tmp_path, pair), CLOCK)
        assert "\n" not in str(refused.value)
        finding = looks.files(files_of(tmp_path, pair), CLOCK.now())
        assert finding is not None
        assert finding.level is Level.BAD


def test_changed_files_are_taken_over_and_bad_ones_only_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = made(tmp_path / "a")
    made_settings = files_of(tmp_path, files)
    shown: list[Held] = []

    async def show(held: Held) -> None:
        shown.append(held)

    async def running() -> None:
        assert made_settings.tls is not None
        watching = Watching(made_settings, made_settings.tls, CLOCK, show)
        assert not await watching.look()
        made(tmp_path / "a")
        assert await watching.look()
        assert len(shown) == 1
        # certbot writes one file after the other; what does not belong together yet is looked at again before anything is said.
        fresh = made(tmp_path / "b")
        files.certificate.write_bytes(fresh.certificate.read_bytes())
        assert not await watching.look()
        assert caplog.records == []
        files.key.write_bytes(fresh.key.read_bytes())
        assert await watching.look()
        assert len(shown) == 2
        for damage in (lambda: files.key.write_text("no key"), lambda: made(tmp_path / "a", ends=timedelta(hours=-1)), files.key.unlink):
            caplog.clear()
            damage()
            for _ in range(4):
                assert not await watching.look()
            assert [record.levelname for record in caplog.records] == ["WARNING"], "once for each change"
            assert "the former certificate stays" in caplog.text
        assert len(shown) == 2

    with caplog.at_level(logging.WARNING):
        asyncio.run(running())


def test_a_certificate_near_its_end_or_for_another_name_is_named_by_the_doctor(tmp_path: Path) -> None:
    for number, (options, level, word) in enumerate(
        (
            ({"ends": timedelta(days=40)}, Level.WELL, "more days"),
            ({"begins": timedelta(days=-85), "ends": timedelta(days=5)}, Level.BAD, "should have been renewed"),
            ({"name": "other.test"}, Level.BAD, "for other.test, and not for site.test"),
            ({"begins": timedelta(days=2)}, Level.BAD, "holds from"),
        )
    ):
        files = made(tmp_path / str(number), **options)  # type: ignore[arg-type]
        finding = looks.files(files_of(tmp_path, files), CLOCK.now())
        assert finding is not None
        assert finding.level is level
        assert word in finding.sentence
