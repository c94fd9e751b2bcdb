"""Rows of instances, people, accounts and communities."""

from collections.abc import Iterator
from random import Random
from typing import Any

from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.model.clock import DAY
from lemmy_lite.text import markdown
from tests.bench.data.batch import Batch, Ground
from tests.bench.data.population import Population
from tests.bench.data.prose import Prose
from tests.bench.data.sizes import BLOCKS, READERS

_OLD = 1_000 * DAY


class PeopleRows:
    """Everybody and everything with a name. Remote actors share one public key, local ones have real pairs, a few of them in turn."""

    def __init__(self, ground: Ground, population: Population, prose: Prose, password: str, pairs: list[KeyPair], seed: int) -> None:
        self._ground = ground
        self._population = population
        self._prose = prose
        self._password = password
        self._pairs = pairs
        self._random = Random(f"{seed} people")

    def batches(self) -> Iterator[Batch]:
        """The tables in the order in which they refer to each other; counters come later."""
        people, communities = self._population.size.people, self._population.size.communities
        users = len(self._population.local_people)
        yield Batch("instance", "id, domain, published, updated, software, version", self._instances(), self._population.size.hosts)
        columns = "id, name, name_folded, instance_id, local, bot_account, published, actor_id, display_name, avatar, bio"
        yield Batch("person", columns, self._people(), people)
        columns = "id, person_id, password_encrypted, email_verified, accepted_application, last_donation_notification"
        yield Batch("local_user", columns, self._users(), users)
        columns = (
            "id, name, name_folded, instance_id, local, published, actor_id, followers_url, moderators_url, featured_url, outbox_url, "
            "title, icon, description, html, html_version"
        )
        yield Batch("community", columns, self._communities(), communities)
        columns = "ap_id, person_id, community_id, instance_id, inbox_url, shared_inbox_url, last_refreshed_at, public_key, private_key"
        yield Batch("actor", columns, self._actors(), people + communities)
        yield Batch("community_follower", "person_id, community_id, published, pending", self._followers(), len(self._population.follows))
        yield Batch("community_moderator", "id, community_id, person_id, published", self._moderators(), communities)
        yield Batch("person_block", "person_id, target_id, published", self._blocks(), BLOCKS * len(READERS))

    def _origin(self, host: int) -> tuple[str, int]:
        """The base address and the instance of a host."""
        if host == -1:
            return self._ground.base_url, self._ground.own_instance
        return f"https://{self._population.hosts[host]}", self._ground.first_instance + host

    def person_url(self, person: int) -> str:
        """The actor id of a person."""
        return f"{self._origin(self._population.person_host[person])[0]}/u/{self._population.person_name[person]}"

    def community_url(self, community: int) -> str:
        """The actor id of a community."""
        return f"{self._origin(self._population.community_host[community])[0]}/c/community_{community}"

    def _instances(self) -> Iterator[tuple[Any, ...]]:
        now = self._ground.now
        for number, domain in enumerate(self._population.hosts):
            yield self._ground.first_instance + number, domain, now - _OLD, now - DAY, "lemmy", "0.19.12"

    def _people(self) -> Iterator[tuple[Any, ...]]:
        random, prose = self._random, self._prose
        for person, (host, name) in enumerate(zip(self._population.person_host, self._population.person_name, strict=True)):
            published = self._ground.now - DAY - random.randrange(_OLD)
            shown = prose.body(12) if random.random() < 0.3 else None
            avatar = f"{self._origin(host)[0]}/pictrs/image/{person:08x}.webp" if random.random() < 0.5 else None
            bio = prose.body(int(random.lognormvariate(4.4, 0.8))) if random.random() < 0.4 else None
            bot = person in self._population.bots
            url = self.person_url(person)
            yield (
                self._ground.first_person + person, name, name, self._origin(host)[1], host == -1, bot, published, url, shown, avatar, bio
            )  # fmt: skip

    def _users(self) -> Iterator[tuple[Any, ...]]:
        for number, person in enumerate(self._population.local_people):
            yield self._ground.first_user + number, self._ground.first_person + person, self._password, True, True, self._ground.now

    def _communities(self) -> Iterator[tuple[Any, ...]]:
        random, prose = self._random, self._prose
        for community, host in enumerate(self._population.community_host):
            name, url = f"community_{community}", self.community_url(community)
            # A sidebar is some two thousand characters in the wild, and half of the bytes of a list of posts (performance.md, 4.3).
            description = prose.body(int(random.lognormvariate(7.2, 0.8)))
            icon = f"{self._origin(host)[0]}/pictrs/image/c{community:07x}.webp" if random.random() < 0.7 else None
            published = self._ground.now - self._population.community_age[community]
            yield (
                self._ground.first_community + community, name, name, self._origin(host)[1], host == -1, published, url,
                f"{url}/followers", f"{url}/moderators", f"{url}/featured", f"{url}/outbox", prose.title()[:100], icon, description,
                markdown.render(description), markdown.RENDERER_VERSION,
            )  # fmt: skip

    def _actors(self) -> Iterator[tuple[Any, ...]]:
        ground = self._ground
        for person, host in enumerate(self._population.person_host):
            yield self._actor(self.person_url(person), host, ground.first_person + person, None)
        for community, host in enumerate(self._population.community_host):
            yield self._actor(self.community_url(community), host, None, ground.first_community + community)

    def _actor(self, url: str, host: int, person: int | None, community: int | None) -> tuple[Any, ...]:
        base, instance = self._origin(host)
        pair = self._pairs[((person or 0) + (community or 0)) % len(self._pairs)] if host == -1 else self._pairs[0]
        private = pair.private_key if host == -1 else None
        return url, person, community, instance, f"{url}/inbox", f"{base}/inbox", self._ground.now, pair.public_key, private

    def _followers(self) -> Iterator[tuple[Any, ...]]:
        ground = self._ground
        for person, community in self._population.follows:
            yield ground.first_person + person, ground.first_community + community, ground.now - 30 * DAY, False

    def _moderators(self) -> Iterator[tuple[Any, ...]]:
        """One each: somebody of the same host, if need be anybody."""
        ground, population = self._ground, self._population
        of_host: dict[int, list[int]] = {}
        for person, host in enumerate(population.person_host):
            of_host.setdefault(host, []).append(person)
        for community, host in enumerate(population.community_host):
            among = of_host.get(host) or [0]
            moderator = among[community % len(among)]
            yield community + 1, ground.first_community + community, ground.first_person + moderator, ground.now - 30 * DAY

    def _blocks(self) -> Iterator[tuple[Any, ...]]:
        first, population = self._ground.first_person, self._population
        for reader in READERS:
            for target in Random(f"blocks of {reader}").sample(range(10, population.size.people), BLOCKS):
                if population.person_host[target] != -1:
                    yield first + population.person(reader), first + target, self._ground.now - 30 * DAY
