"""Health, as systemd and monitoring ask for it."""

import asyncio

import pytest

from lemmy_lite.http import health as health_module
from lemmy_lite.http.health import health
from lemmy_lite.http.routing import build
from tests.http.asgi import asked


async def fine() -> None:
    """A part that works."""


async def broken() -> None:
    raise OSError("password=secret")


async def stalled() -> None:
    await asyncio.sleep(60)


def test_a_process_that_answers_is_alive_whatever_its_parts_do() -> None:
    answer = asked(build([health({"database": broken})]), "GET", "/healthz")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


def test_it_is_ready_when_every_part_works() -> None:
    answer = asked(build([health({"database": fine, "writer": fine})]), "GET", "/readyz")
    assert (answer.status, answer.json()) == (200, {"status": "ok", "parts": {"database": "ok", "writer": "ok"}})


@pytest.mark.parametrize("part", [broken, stalled])
def test_a_part_that_fails_or_stalls_makes_it_unready_and_tells_no_secret(
    part: health_module.Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "PATIENCE", 0.05)
    answer = asked(build([health({"database": fine, "disk": part})]), "GET", "/readyz")
    assert answer.status == 503
    assert answer.json() == {"status": "failing", "parts": {"database": "ok", "disk": "failing"}}
