"""A report reaches those who are answerable for what is reported, at each of their homes, and nobody else."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import report as reports
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, person, post
from tests.federation.lab import Place, eventually, lab
from tests.federation.test_banning import Street, walk
from tests.federation.test_moderating import _sent

FreePort = Callable[[], int]


def told(tx: Transaction, kind: str) -> list[tuple[str, str]]:
    """The reports of a kind: who reported, and why."""
    found = tx.all(f"SELECT creator_id, reason FROM {kind}_report ORDER BY id")
    return [(person.existing(tx, row[0]).actor_id, row[1]) for row in found]


def test_a_report_reaches_both_homes_and_no_third(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=None, beta=None, gamma=None, delta=None) as (alpha, beta, gamma, delta):
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            eve, dan = await gamma.person("eve"), await delta.person("dan")
            home = await alpha.community(ann)
            mirrors: dict[str, Community] = {}
            for place, follower in ((beta, bob), (gamma, eve), (delta, dan)):
                mirrors[place.name] = await place.follow(follower, f"!tea@{alpha.host}")
            written = await beta.post(bob, mirrors["beta"], "Coffee is better")
            answer = await beta.comment(bob, written, "Much better.")
            for place in (alpha, gamma, delta):
                await eventually(place.read, comment.by_ap_id, answer.ap_id)
            here = await _at(gamma, post, written.ap_id)
            heard = await _at(gamma, comment, answer.ap_id)
            await gamma.write(reports.report_post, gamma.context, eve, here.id, "heresy")
            await gamma.write(reports.report_comment, gamma.context, eve, heard.id, "more heresy")
            for place in (alpha, beta, gamma):
                await eventually(place.read, told, "post", gives=lambda found: found == [(eve.actor_id, "heresy")])
                await eventually(place.read, told, "comment", gives=lambda found: found == [(eve.actor_id, "more heresy")])
            assert await delta.read(told, "post") == []
            assert await alpha.read(lambda tx: reports.waiting(tx, ann, home.id)) == reports.Waiting(posts=1, comments=1)

            there = await _at(alpha, post, written.ap_id)
            await alpha.write(reports.report_post, alpha.context, ann, there.id, "indeed")
            await eventually(beta.read, told, "post", gives=lambda found: len(found) == 2)

    asyncio.run(run())


async def _at(place: Place, table: Any, ap_id: str) -> Any:
    found = await place.read(table.by_ap_id, ap_id)
    assert found is not None
    return found


def test_a_report_in_a_local_only_community_never_leaves(tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        place = street.place
        await place.write(community.update, street.home.id, visibility=CommunityVisibility.LOCAL_ONLY)
        before = await place.read(_sent)
        await place.write(reports.report_post, place.context, street.ann, street.posts[0].id, "spam")
        assert await place.read(_sent) == before

    walk(tmp_path, free_port, story)


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ({"summary": "It is spam."}, "It is spam."),
        ({"content": "Mastodon says so."}, "Mastodon says so."),
        ({"content": ""}, "(no reason given)"),
        ({"summary": "s" * 5000}, "s" * 1000),
    ],
)
def test_reports_of_several_makes_are_read(said: dict[str, str], stored: str, tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        reported = street.posts[0].ap_id
        things = reported if "summary" in said else [street.zoe, reported]
        flag = street.peer.activity("Flag", street.admin, things, to=[street.home.actor_id], audience=street.home.actor_id, **said)
        assert await street.deliver(flag) == 200
        assert await street.place.read(told, "post") == [(street.admin, stored)]

    walk(tmp_path, free_port, story)


def test_a_site_reports_for_its_people_and_does_nothing_else(tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        place, peer, home = street.place, street.peer, street.home.actor_id
        site, reported = peer.actor("Application", "site", "actor"), street.posts[0].ap_id
        assert await street.deliver(peer.activity("Like", site, reported, home)) == 400
        assert await place.read(person.by_actor_id, site) is None
        flag = peer.activity("Flag", site, [street.ann.actor_id, reported], to=street.ann.actor_id, content="Look at this.") | {"cc": []}
        assert await street.deliver(flag | {"to": [home]}) == 200
        assert await place.read(told, "post") == [(site, "Look at this.")]
        reporter = await place.read(person.by_actor_id, site)
        assert reporter is not None
        assert reporter.bot_account

    walk(tmp_path, free_port, story)


def test_a_report_that_is_not_ours_to_judge_or_names_another_community_is_refused(tmp_path: Path, free_port: FreePort) -> None:
    async def story(street: Street) -> None:
        place, peer = street.place, street.peer
        gardens = peer.group("gardens")
        mirrored = await place.federation.resolve(gardens)
        assert isinstance(mirrored, Community)
        flower = await place.federation.resolve(peer.page(street.zoe, gardens)["id"])
        home = street.home.actor_id
        theirs = {"to": [gardens], "summary": "spam"}
        await street.deliver(peer.activity("Flag", street.admin, flower.ap_id, **theirs))  # type: ignore[union-attr]  # it is a post
        ours = {"summary": "spam"}
        await street.deliver(peer.activity("Flag", street.admin, street.posts[0].ap_id, to=[home], audience=gardens, **ours))
        await street.deliver(peer.activity("Flag", street.admin, street.posts[0].ap_id, to=[gardens], **ours))
        await street.deliver(peer.activity("Flag", street.admin, f"{peer.url}/post/404", to=[home], **ours))
        assert await place.read(told, "post") == []
        assert f"{peer.url}/post/404" not in peer.fetched
        await street.deliver(peer.activity("Flag", street.admin, street.posts[0].ap_id, to=[home], **ours))
        assert await place.read(told, "post") == [(street.admin, "spam")]

    walk(tmp_path, free_port, story)
