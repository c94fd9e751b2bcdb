"""Certificates of https from an authority, with what can go wrong."""

import asyncio
import contextlib
import errno
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.config import Config
from lemmy_lite.control.certificates import kept, renewing, sharing
from lemmy_lite.control.doctor import https as looks
from lemmy_lite.control.doctor.finding import Level
from lemmy_lite.crypto.certificates import Held, read
from lemmy_lite.model.clock import DAY, HOUR
from lemmy_lite.net import acme
from lemmy_lite.storage.tables import secret
from tests.certificates import made
from tests.control import pebble
from tests.control.pebble import Pebble
from tests.control.sites import CLOCK, Site, settings, site
from tests.net.servers import Received, answer, serving
from tests.storage.databases import migrated

Authority = Callable[..., contextlib.AbstractContextManager[tuple[Pebble, Config]]]


@pytest.fixture
def authority(tmp_path: Path, pebble_program: str, free_port: Callable[[], int]) -> Authority:
    """Pebble and a configuration that takes its certificates from there."""

    @contextlib.contextmanager
    def run(challenge: str, *, proofs_elsewhere: bool = False) -> Iterator[tuple[Pebble, Config]]:
        https_port, http_port = free_port(), free_port()
        looked_for = (free_port(), free_port()) if proofs_elsewhere else (http_port, https_port)
        with pebble.running(tmp_path, pebble_program, (free_port(), free_port()), *looked_for) as running:
            yield (
                running,
                settings(tmp_path, https_port, http_port, directory=running.directory, ca_file=str(running.ca_file), challenge=challenge),
            )

    return run


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_certificate_is_fetched_at_the_first_start_renewed_in_time_and_kept(authority: Authority, challenge: str) -> None:
    async def running(there: Pebble, made_settings: Config) -> None:
        async with site(made_settings) as here:
            assert (await here.plain("/post/1"))[0] == 503, "there is nothing to lead to before the first certificate"
            first = await here.pair()
            assert first.names == ("site.test",)
            assert await here.fetch(there.root()) == (200, b"here")
            assert await here.plain("/c/main?sort=New") == (301, "https://site.test/c/main?sort=New")
            assert await here.plain("/inbox", "POST") == (308, "https://site.test/inbox")
            assert (await here.plain("/.well-known/acme-challenge/none"))[0] == 404
            account = kept.account_key(made_settings)
            assert {path.stat().st_mode & 0o777 for path in kept.folder(made_settings).iterdir()} == {0o600}
        # Two thirds of a certificate's time later.
        old = made(kept.folder(made_settings) / "old", begins=timedelta(days=-61), ends=timedelta(days=29))
        kept.keep(made_settings, read(old.certificate.read_bytes(), old.key.read_bytes()))
        async with site(made_settings) as here:
            for _ in range(200):  # the old one is shown until the new one is there
                with contextlib.suppress(ssl.SSLCertVerificationError):
                    assert await here.fetch(there.root()) == (200, b"here")
                    break
                await asyncio.sleep(0.05)
            assert await here.fetch(there.root()) == (200, b"here")
            assert kept.account_key(made_settings) == account
        fetched = kept.fetched(made_settings)
        assert fetched is not None
        assert fetched.key != first.key, "each certificate has a key of its own"
        assert kept.record(made_settings).failures == 0
        finding = looks.files(made_settings, CLOCK.now())
        assert finding is not None
        assert finding.level is Level.WELL

    with authority(challenge) as (there, made_settings):
        asyncio.run(running(there, made_settings))


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_of_several_processes_one_gets_the_certificate_and_all_answer_the_authority_and_show_it(
    authority: Authority, challenge: str, tmp_path: Path, postgres_url: str, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "SPREAD", 3.0)  # two beats and the exchange of a door, on a machine that is not overloaded

    async def running(there: Pebble, asked: Config) -> None:
        # The authority asks at the doors of the second alone, while the first leads.
        assert asked.tls is not None
        known = {"directory": asked.tls.directory, "ca_file": str(asked.tls.ca_file), "challenge": challenge}
        leading = settings(tmp_path / "first", free_port(), free_port(), **known)
        async with site(leading, postgres_url) as first, site(asked, postgres_url) as second:
            pairs = [await each.pair() for each in (first, second)]
            assert pairs[0] == pairs[1], "one certificate for all"
            assert [await each.fetch(there.root()) for each in (first, second)] == [(200, b"here")] * 2
            for _ in range(100):
                if second.secure.doorman.proofs == {} and second.secure.shown.proof is None:
                    break
                await asyncio.sleep(0.05)
            assert second.secure.doorman.proofs == {}, "the proof is forgotten everywhere"
            assert second.secure.shown.proof is None
        assert kept.fetched(asked) == pairs[0], "a start without the others has it too"
        assert not (kept.folder(asked) / "account.key").exists(), "only the one that leads spoke with the authority"
        # One that was not there then, or has lost its folder, begins with it.
        late = settings(tmp_path / "third", free_port(), free_port(), **known)
        async with site(late, postgres_url) as third:
            assert await third.pair() == pairs[0]
        assert kept.fetched(late) == pairs[0]
        assert not (kept.folder(late) / "account.key").exists()

    with authority(challenge) as (there, asked):
        asyncio.run(running(there, asked))


def test_a_proof_that_a_killed_process_left_is_forgotten_in_time_and_a_pair_of_before_is_given_to_the_others(
    tmp_path: Path, postgres_url: str, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acme, "PATIENCE", 1.0)

    async def running() -> None:
        one, two = (settings(tmp_path / name, free_port(), free_port()) for name in ("one", "two"))
        old, new = (made(tmp_path / name, ends=timedelta(days=days)) for name, days in (("old", 60), ("new", 80)))
        for each, files in ((one, old), (two, new)):
            kept.keep(each, read(files.certificate.read_bytes(), files.key.read_bytes()))
        older, newest = kept.fetched(one), kept.fetched(two)

        def full(settings: Config, pair: Held) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(kept, "keep", full)  # keeps nobody from showing what the database has
        async with site(one, postgres_url) as first, site(two, postgres_url) as second:
            await _until(lambda: first.secure.shown.pair == second.secure.shown.pair)
            assert await first.pair() == newest
            assert kept.fetched(one) == older
            async with migrated(postgres_url) as database:
                await database.write(secret.put, "tls proof", '{"kind":"http-01","asked":"token","answer":"text"}')
            await asyncio.gather(*(_answers_and_forgets(each) for each in (first, second)))

    asyncio.run(running())


async def _answers_and_forgets(there: Site) -> None:
    await _until(lambda: there.secure.doorman.proofs == {"token": "text"})
    await _until(lambda: there.secure.doorman.proofs == {})


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to pass")


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_proof_that_is_not_found_is_told_and_tried_again_later(authority: Authority, challenge: str) -> None:
    async def running(made_settings: Config) -> None:
        async with site(made_settings) as here:
            for _ in range(600):
                if kept.record(made_settings).failures:
                    break
                await asyncio.sleep(0.05)
            known = kept.record(made_settings)
            assert known.failures == 1
            assert known.trouble is not None
            assert known.trouble.startswith("the authority did not find the proof: ")
            assert known.again >= known.tried + 60_000_000
            assert here.secure.doorman.proofs == {}
            assert here.secure.shown.proof is None
        finding = looks.files(made_settings, CLOCK.now())
        assert finding is not None
        assert finding.level is Level.BAD
        assert "did not find the proof" in finding.sentence

    with authority(challenge, proofs_elsewhere=True) as (_, made_settings):
        asyncio.run(running(made_settings))


class Scripted:
    """An authority that answers one thing by a script and nothing else."""

    def __init__(self, *, clock: timedelta = timedelta(0), order: bytes = b"") -> None:
        self.clock = clock
        self.order = order
        self.port = 0

    async def handle(self, request: Received, writer: Any) -> None:
        base = f"https://127.0.0.1:{self.port}"
        names = ("newNonce", "newAccount", "newOrder")
        date = ("Date", format_datetime(datetime.now(UTC) + self.clock, usegmt=True))
        said = (date, ("Replay-Nonce", "aaaa"), ("Location", f"{base}/account"))
        if request.target == "/dir":
            writer.write(answer(200, json.dumps({name: f"{base}/{name}" for name in names}).encode(), *said))
        elif request.target == "/newAccount":
            writer.write(answer(201, b'{"status": "valid"}', *said))
        elif request.target == "/newOrder":
            writer.write(self.order)
        else:
            writer.write(answer(200, b"", *said))


LIMITED = json.dumps({"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates (5) already issued"}).encode()


@pytest.mark.parametrize(
    ("script", "word", "held_back"),
    [
        (Scripted(order=answer(429, LIMITED, ("Retry-After", "86400"))), "too many certificates of late: too many", 23 * HOUR),
        (Scripted(order=answer(429, LIMITED)), "too many certificates of late: too many", HOUR - 1),
        (Scripted(order=answer(500, b"<html>")), "the authority refused: status 500", 0),
        (Scripted(order=answer(201, b"[]")), "does not answer as an authority", 0),
        (Scripted(clock=timedelta(days=40)), "hours behind the authority's", 0),
        (Scripted(clock=timedelta(days=-40)), "hours ahead of the authority's", 0),
    ],
)
def test_what_an_authority_refuses_holds_us_back_as_long_as_it_says(
    tmp_path: Path, free_port: Callable[[], int], script: Scripted, word: str, held_back: int
) -> None:
    own = made(tmp_path / "authority", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)

    async def running() -> None:
        async with serving(script.handle, "127.0.0.1", tls=context) as there:
            script.port = there.port
            directory = f"https://127.0.0.1:{there.port}/dir"
            made_settings = settings(tmp_path, free_port(), free_port(), directory=directory, ca_file=str(own.certificate))
            async with site(made_settings):
                for _ in range(200):
                    if kept.record(made_settings).failures:
                        break
                    await asyncio.sleep(0.05)
            known = kept.record(made_settings)
            assert known.trouble is not None
            assert word in known.trouble
            assert known.again - known.tried >= held_back
            asked = len(there.requests)
            async with site(made_settings):
                await asyncio.sleep(0.2)
            assert len(there.requests) == asked, "a restart does not make it forget"

    asyncio.run(running())


def test_a_certificate_that_the_disk_does_not_take_is_shown_all_the_same_and_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pair = read(*(path.read_bytes() for path in made(tmp_path / "authority", "site.test")))
    own = settings(tmp_path, 8443, 8080)
    fetched: list[Held] = []
    shown: list[Held] = []
    assert own.tls is not None

    async def fetch(_: renewing.Renewing) -> Held:
        fetched.append(pair)
        return pair

    async def show(found: Held) -> None:
        shown.append(found)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(renewing.Renewing, "_fetch", fetch)
    monkeypatch.setattr(kept, "keep", full)
    unused: Any = None
    looking = renewing.Renewing(own, own.tls, CLOCK, unused, unused, show, None)
    for _ in range(2):
        assert asyncio.run(looking.look()) == renewing.LOOK
    assert (fetched, shown) == ([pair], [pair])
    assert "No space left on device" in caplog.text


def test_an_authority_that_cannot_be_reached_is_a_sentence_and_what_was_noted_by_a_wrong_clock_holds_nobody_back(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    made_settings = settings(tmp_path, free_port(), free_port(), directory=f"https://127.0.0.1:{free_port()}/dir")
    ahead = CLOCK.now() + 400 * DAY
    kept.note(made_settings, kept.Record(tried=ahead, failures=1, trouble="old", again=ahead + DAY))

    async def running() -> None:
        async with site(made_settings):
            for _ in range(200):
                if kept.record(made_settings).failures == 2:
                    break
                await asyncio.sleep(0.05)

    asyncio.run(running())
    trouble = kept.record(made_settings).trouble
    assert trouble is not None
    assert trouble.startswith("the authority cannot be reached: ")


def test_the_pauses_stay_within_what_lets_encrypt_allows() -> None:
    within_an_hour = [sum(renewing.PAUSES[:number]) for number in range(len(renewing.PAUSES)) if sum(renewing.PAUSES[:number]) < 60]
    assert len(within_an_hour) <= 5
