"""kill -9 in the middle of an exchange: what was acknowledged is neither lost nor doubled, on either side."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.instances import Client, Instance
from tests.interop import exchange, network
from tests.interop.exchange import Exchange, comment
from tests.interop.network import arrives, eventually

pytestmark = [pytest.mark.interop, pytest.mark.faults]

MANY = 30
"""Comments of one exchange; each is three activities, with its author's vote and the community's announcement."""


@pytest.fixture
def story(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Exchange]:
    """A pair of its own: what is killed is shared with nobody."""
    with network.running(tmp_path, free_port, "alpha", "beta") as (alpha, beta):
        yield exchange.begin(alpha, beta)


def test_a_receiver_killed_in_mid_exchange_has_everything_once_in_the_end(story: Exchange) -> None:
    written = story.post()
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    # Beta dies with a part received, a part acknowledged and a part on the way; Ann goes on talking to a dead host, and it dies again.
    said = _say(story.ann, written, 0, MANY // 3)
    eventually(lambda: _count(story.on_beta, copy), lambda count: count > 0)
    said += _say(story.ann, written, MANY // 3, MANY * 2 // 3)
    story.beta.kill()
    said += _say(story.ann, written, MANY * 2 // 3, MANY)
    story.beta.start()
    eventually(lambda: _count(story.on_beta, copy), lambda count: count > MANY // 3)
    story.beta.kill()
    story.beta.start()
    _both_have(story, written, copy, said)


def test_a_sender_killed_in_mid_exchange_has_told_everything_once_in_the_end(story: Exchange) -> None:
    written = story.post()
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    said = []
    for third in range(3):
        said += _say(story.ann, written, third * MANY // 3, (third + 1) * MANY // 3)
        story.alpha.kill()
        story.alpha.start()
    _both_have(story, written, copy, said)


def test_a_guest_killed_while_it_tells_has_told_everything_once_in_the_end(story: Exchange) -> None:
    written = story.post()
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    said = _say(story.bob, copy, 0, MANY // 2)
    story.beta.kill()
    story.alpha.kill()
    story.beta.start()
    said += _say(story.bob, copy, MANY // 2, MANY)
    story.alpha.start()
    _both_have(story, written, copy, said)


def _say(author: Client, post: dict[str, Any], first: int, end: int) -> list[dict[str, Any]]:
    return [comment(author, post["post"]["id"], f"Number {number}")["comment"] for number in range(first, end)]


def _count(client: Client, post: dict[str, Any]) -> int:
    view = client.get("/post", id=post["post"]["id"])["post_view"]
    return int(view["counts"]["comments"])


def _both_have(story: Exchange, written: dict[str, Any], copy: dict[str, Any], said: list[dict[str, Any]]) -> None:
    """Every comment stands once on both sides, with its author's vote and no other, and the counters agree."""
    assert len({each["ap_id"] for each in said}) == MANY
    wished = sorted((each["ap_id"], each["content"], each["published"], 1) for each in said)
    _has(story.on_alpha, written, wished)
    _has(story.on_beta, copy, wished)
    for instance in (story.alpha, story.beta):
        _nothing_waits(instance)


def _has(client: Client, post: dict[str, Any], wished: list[tuple[str, str, str, int]]) -> None:
    eventually(lambda: _heard(client, post), lambda heard: heard == wished, seconds=2 * network.PATIENCE)
    assert _count(client, post) == MANY


def _heard(client: Client, post: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    got = client.get("/comment/list", post_id=post["post"]["id"], sort="Old", max_depth=1, type_="All")["comments"]
    views = ((view["comment"], view["counts"]) for view in got)
    return sorted((each["ap_id"], each["content"], each["published"], counts["upvotes"]) for each, counts in views)


def _nothing_waits(instance: Instance) -> None:
    """No activity is left in the inbox, parked ones included, and the database is sound."""
    eventually(lambda: instance.execute("SELECT count(*) FROM inbox_activity"), lambda rows: rows == [(0,)])
    assert instance.execute("PRAGMA integrity_check") == [("ok",)]
