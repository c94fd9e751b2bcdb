"""What one instance does reaches the other, over real HTTP, signed and verified."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import vote
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.storage.tables import comment, community_follower, community_moderator, post
from lemmy_lite.storage.views import outbox as views
from tests.federation.lab import Place, eventually, lab

FreePort = Callable[[], int]
Story = Callable[[Place, Place], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story, url: str | None = None) -> None:
    """Run a story with two instances; `url` is the database of the first."""

    async def run() -> None:
        async with lab(folder, free_port, alpha=url, beta=None) as (alpha, beta):
            await story(alpha, beta)

    asyncio.run(run())


def test_a_community_is_found_by_its_address_and_followed(tmp_path: Path, free_port: FreePort) -> None:
    async def story(alpha: Place, beta: Place) -> None:
        founder, follower = await alpha.person("ann"), await beta.person("bob")
        home = await alpha.community(founder)
        mirrored = await beta.follow(follower, f"!tea@{alpha.host}")
        assert (mirrored.name, mirrored.title, mirrored.local, mirrored.actor_id) == ("tea", "Tea", False, home.actor_id)
        assert mirrored.published == home.published
        assert await alpha.read(views.followers, home.id) == 2
        moderators = await beta.read(community_moderator.order, mirrored.id)
        known = await beta.federation.resolve(founder.actor_id)
        assert isinstance(known, Person)
        assert moderators == [known.id]
        await beta.write(communities.follow, follower, mirrored.id, False)
        await eventually(alpha.read, views.followers, home.id, gives=lambda count: count == 1)
        assert await beta.read(community_follower.state, follower.id, mirrored.id) is None

    tell(tmp_path, free_port, story)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_posts_comments_and_votes_travel_both_ways_to_the_microsecond(
    database: str, tmp_path: Path, free_port: FreePort, request: pytest.FixtureRequest
) -> None:
    async def story(alpha: Place, beta: Place) -> None:
        ann, bob = await alpha.person("ann"), await beta.person("bob")
        home = await alpha.community(ann)
        await beta.follow(bob, f"!tea@{alpha.host}")
        written = await alpha.post(ann, home, url="https://example.com/steep", body="Asking *for* a friend.")
        mirrored = await eventually(beta.read, post.by_ap_id, written.ap_id)
        assert isinstance(mirrored, Post)
        assert (mirrored.name, mirrored.url, mirrored.body) == (written.name, written.url, written.body)
        assert mirrored.published == written.published
        await eventually(beta.votes, mirrored.id, gives=lambda votes: votes[1] == 1)

        answer = await beta.comment(bob, mirrored)
        arrived = await eventually(alpha.read, comment.by_ap_id, answer.ap_id)
        assert isinstance(arrived, Comment)
        assert (arrived.content, arrived.published, arrived.local) == (answer.content, answer.published, False)
        reply = await alpha.comment(ann, written, "Too long!", arrived)
        await eventually(beta.read, comment.by_ap_id, reply.ap_id)

        await beta.write(vote.cast, bob, mirrored, -1)
        await eventually(alpha.votes, written.id, gives=lambda votes: votes == (0, 1, 1))
        await beta.write(vote.cast, bob, mirrored, 0)
        await eventually(alpha.votes, written.id, gives=lambda votes: votes == (1, 1, 0))
        await beta.write(vote.cast, bob, await beta.read(comment.existing, (await _same(beta, reply)).id), 1)
        await eventually(alpha.read, comment.votes, reply.id, gives=lambda votes: votes == (2, 0))

    tell(tmp_path, free_port, story, request.getfixturevalue("postgres_url") if database == "postgres" else None)


def test_edits_deletions_and_restorations_travel(tmp_path: Path, free_port: FreePort) -> None:
    async def story(alpha: Place, beta: Place) -> None:
        ann, bob = await alpha.person("ann"), await beta.person("bob")
        home = await alpha.community(ann)
        await beta.follow(bob, f"!tea@{alpha.host}")
        written = await alpha.post(ann, home)
        mirrored = await eventually(beta.read, post.by_ap_id, written.ap_id)
        assert mirrored is not None
        answer = await beta.comment(bob, mirrored)
        arrived = await eventually(alpha.read, comment.by_ap_id, answer.ap_id)
        assert arrived is not None

        await alpha.write(posts.edit, alpha.context, ann, written.id, PostForm(name="How hot?", body="In degrees."))
        await eventually(beta.read, post.existing, mirrored.id, gives=lambda found: (found.name, found.body) == ("How hot?", "In degrees."))
        await beta.write(comments.edit, beta.context, bob, answer.id, CommentForm(content="Five minutes."))
        await eventually(alpha.read, comment.existing, arrived.id, gives=lambda found: found.content == "Five minutes.")

        await beta.write(comments.delete, bob, answer.id, True)
        await eventually(alpha.read, comment.existing, arrived.id, gives=lambda found: found.deleted)
        await beta.write(comments.delete, bob, answer.id, False)
        await eventually(alpha.read, comment.existing, arrived.id, gives=lambda found: not found.deleted)
        await alpha.write(posts.delete, ann, written.id, True)
        await eventually(beta.read, post.existing, mirrored.id, gives=lambda found: found.deleted)
        await alpha.write(posts.delete, ann, written.id, False)
        await eventually(beta.read, post.existing, mirrored.id, gives=lambda found: not found.deleted)

    tell(tmp_path, free_port, story)


async def _same(place: Place, original: Comment) -> Comment:
    found = await place.read(comment.by_ap_id, original.ap_id)
    assert found is not None
    return found


def test_what_a_third_instance_writes_is_announced_to_all(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=None, beta=None, gamma=None) as (alpha, beta, gamma):
            ann, bob, eve = await alpha.person("ann"), await beta.person("bob"), await gamma.person("eve")
            home = await alpha.community(ann)
            await beta.follow(bob, f"!tea@{alpha.host}")
            at_gamma = await gamma.follow(eve, f"!tea@{alpha.host}")
            written = await gamma.post(eve, at_gamma, "From a third instance")
            at_beta = await eventually(beta.read, post.by_ap_id, written.ap_id)
            assert at_beta is not None
            answer = await beta.comment(bob, at_beta)
            at_gamma_too = await eventually(gamma.read, comment.by_ap_id, answer.ap_id)
            assert at_gamma_too is not None
            await gamma.write(vote.cast, eve, at_gamma_too, 1)
            for place in (alpha, beta):
                found = await _same(place, answer)
                await eventually(place.read, comment.votes, found.id, gives=lambda votes: votes == (2, 0))
            await gamma.write(posts.delete, eve, written.id, True)
            await eventually(beta.read, post.existing, at_beta.id, gives=lambda found: found.deleted)
            assert await alpha.read(views.newest_posts, home.id, 10) == []

    asyncio.run(run())
