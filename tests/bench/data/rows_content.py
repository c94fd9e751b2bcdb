"""Rows of posts, comments and votes, with every counter that follows from them.

HTML is left out (version 0), so it is rendered when it is read, as after an update of the renderer: rendering half a million comments would
take minutes. The threads with names and all communities do have theirs.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from lemmy_lite.domain.vote import controversy
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.text import markdown
from tests.bench.data.activity import Activity
from tests.bench.data.batch import Batch, Ground
from tests.bench.data.content import Content
from tests.bench.data.population import Population
from tests.bench.data.prose import Prose
from tests.bench.data.sizes import READ_MARKS, READERS

_LANGUAGES = (37, 0, 38, 39, 32, 47, 113, 27, 116, 31, 129, 9, 86, 46, 150, 179, 56, 20, 73, 100)  # English and undetermined come first
_NECRO_AGE = 2 * DAY


class ContentRows:
    """The contents of a data set as rows. Batches must be consumed in their order: counters are summed up on the way."""

    def __init__(self, ground: Ground, population: Population, content: Content, prose: Prose, seed: int) -> None:
        self._ground = ground
        self._population = population
        self._content = content
        self._prose = prose
        self._random = Random(f"{seed} contents")
        self._activity = Activity(content.now, population)
        number = len(content.posts.published)
        self._visible = [0] * number  # visible comments by post
        self._newest = list(content.posts.published)
        self._necro = list(content.posts.published)
        self._nsfw = [self._random.random() < 0.08 for _ in range(number)]
        self._language = [0 if self._random.random() < 0.4 else self._drawn_language() for _ in range(number)]
        self._local = [host == -1 for host in population.person_host]
        self._children = [0] * len(content.comments)
        # Featured: two of the site, three of communities, among posts of the last month that nothing hides.
        fresh = [index for index in range(number * 95 // 100, number) if not content.posts.gone[index] and index not in content.posts.named]
        self._featured = self._random.sample(fresh, 5)

    def batches(self) -> Iterator[Batch]:
        """The tables in the order in which they refer to each other."""
        posts, comments, votes = len(self._visible), len(self._children), self._content.votes
        columns = (
            "id, creator_id, community_id, local, removed, deleted, nsfw, featured_community, featured_local, language_id, published, "
            "ap_id, name, url, url_content_type, thumbnail_url, alt_text, embed_title, embed_description, body, html, html_version"
        )
        yield Batch("post", columns, self._posts(), posts)
        columns = "id, post_id, creator_id, local, removed, deleted, language_id, published, path, ap_id, content, html, html_version"
        yield Batch("comment", columns, self._comments(), comments)
        columns = "{0}_id, person_id, score, published, local"
        yield Batch("post_vote", columns.format("post"), self._votes_on_posts(), votes * 2 // 3)
        yield Batch("comment_vote", columns.format("comment"), self._votes_on_comments(), votes // 3)
        columns = (
            "post_id, community_id, creator_id, published, listed, nsfw, language_id, featured_community, featured_local, score, upvotes, "
            "downvotes, comments, newest_comment_time, newest_comment_time_necro, controversy"
        )
        yield Batch("post_aggregates", columns, self._post_aggregates(), posts)
        columns = "comment_id, score, upvotes, downvotes, child_count, published"
        yield Batch("comment_aggregates", columns, self._comment_aggregates(), comments)
        yield Batch("person_aggregates", "person_id, post_count, comment_count", self._person_aggregates(), self._population.size.people)
        columns = (
            "community_id, subscribers, subscribers_local, posts, comments, published, users_active_day, users_active_week, "
            "users_active_month, users_active_half_year"
        )
        yield Batch("community_aggregates", columns, self._community_aggregates(), self._population.size.communities)
        yield Batch("active_person", "community_id, person_id, local, last", self._active_people(), votes // 4)
        yield Batch("post_read", "person_id, post_id, published, read_comments", self._marks(), READ_MARKS * len(READERS))

    def site_counters(self) -> dict[str, int]:
        """The counters of the site; to be asked once all batches are consumed. The admin of the first start is among the users."""
        posts, comments, local = self._content.posts, self._content.comments, self._local
        return {
            "users": 1 + len(self._population.local_people),
            "communities": self._population.community_host.count(-1),
            "posts": sum(local[creator] and not gone for creator, gone in zip(posts.creator, posts.gone, strict=True)),
            "comments": sum(local[creator] and not gone for creator, gone in zip(comments.creator, comments.gone, strict=True)),
            **self._activity.of_site(),
        }

    def _drawn_language(self) -> int:
        return _LANGUAGES[min(int(self._random.expovariate(0.9)), len(_LANGUAGES) - 1)]

    def _ap_id(self, kind: str, creator: int, number: int) -> str:
        host = self._population.person_host[creator]
        base = self._ground.base_url if host == -1 else f"https://{self._population.hosts[host]}"
        return f"{base}/{kind}/{number}"

    def _posts(self) -> Iterator[tuple[Any, ...]]:
        ground, posts, random, prose = self._ground, self._content.posts, self._random, self._prose
        for index, (creator, community, gone) in enumerate(zip(posts.creator, posts.community, posts.gone, strict=True)):
            number = ground.first_post + index
            self._activity.note(community, creator, posts.published[index])
            name = posts.named.get(index) or prose.title()
            has_text = index in posts.named or random.random() < 0.4
            body = prose.body(int(random.lognormvariate(5.3, 1.2))) if has_text else None
            html = markdown.render(body) if body and index in posts.named else None
            yield (
                number, ground.first_person + creator, ground.first_community + community, self._local[creator],
                bool(gone) and index % 2 == 0, bool(gone) and index % 2 == 1, self._nsfw[index],
                index in self._featured[2:], index in self._featured[:2], self._language[index], posts.published[index],
                self._ap_id("post", creator, number), name, *self._link(index), body, html, markdown.RENDERER_VERSION if html else 0,
            )  # fmt: skip

    def _link(self, index: int) -> tuple[str | None, ...]:
        """url, url_content_type, thumbnail_url, alt_text, embed_title, embed_description: 60 % link, 25 % show an image, 15 % are text."""
        dice, prose = self._random.random(), self._prose
        if dice < 0.15 or index in self._content.posts.named:
            return None, None, None, None, None, None
        if dice < 0.40:
            url = f"https://images-{index % 40}.invalid/pictrs/image/{index:08x}.webp"
            return url, "image/webp", url, prose.body(60) if index % 5 == 0 else None, None, None
        thumbnail = f"https://images-{index % 40}.invalid/pictrs/image/t{index:07x}.webp" if dice < 0.70 else None
        return (
            f"https://news-{index % 300}.invalid/{index:x}/story", "text/html", thumbnail, None, prose.title(),
            prose.body(160) if index % 3 else None,
        )  # fmt: skip

    def _comments(self) -> Iterator[tuple[Any, ...]]:
        ground, comments, posts, random = self._ground, self._content.comments, self._content.posts, self._random
        for index, (post, creator, gone) in enumerate(zip(comments.post, comments.creator, comments.gone, strict=True)):
            number = ground.first_comment + index
            published = comments.published[index]
            self._count_comment(index, post, creator, gone, published)
            content = self._prose.body(int(random.lognormvariate(4.79, 1.22)))
            html = markdown.render(content) if post in posts.named else None
            yield (
                number, ground.first_post + post, ground.first_person + creator, self._local[creator], bool(gone) and index % 2 == 0,
                bool(gone) and index % 2 == 1, self._language[post], published, comments.path(index, ground.first_comment),
                self._ap_id("comment", creator, number), content, html, markdown.RENDERER_VERSION if html else 0,
            )  # fmt: skip

    def _count_comment(self, index: int, post: int, creator: int, gone: int, published: Micros) -> None:
        """As domain.comment counts: what is gone counts nowhere, but has moved the times of its post."""
        posts, comments = self._content.posts, self._content.comments
        self._activity.note(posts.community[post], creator, published)
        self._newest[post] = published
        if creator != posts.creator[post] and published < posts.published[post] + _NECRO_AGE:
            self._necro[post] = published
        if gone:
            return
        self._visible[post] += 1
        parent = comments.parent[index]
        while parent != -1:
            self._children[parent] += 1
            parent = comments.parent[parent]

    def _votes_on_posts(self) -> Iterator[tuple[Any, ...]]:
        posts, first = self._content.posts, self._ground.first_post
        for index, (creator, community, ups, downs) in enumerate(
            zip(posts.creator, posts.community, posts.upvotes, posts.downvotes, strict=True)
        ):
            yield from self._votes(first + index, community, creator, ups, downs, posts.published[index])

    def _votes_on_comments(self) -> Iterator[tuple[Any, ...]]:
        posts, comments, first = self._content.posts, self._content.comments, self._ground.first_comment
        for index, (post, creator, ups, downs) in enumerate(
            zip(comments.post, comments.creator, comments.upvotes, comments.downvotes, strict=True)
        ):
            yield from self._votes(first + index, posts.community[post], creator, ups, downs, comments.published[index])

    def _votes(self, number: int, community: int, creator: int, ups: int, downs: int, published: Micros) -> Iterator[tuple[Any, ...]]:
        """The votes on one thing in the order of the table: the author's, and those of others within two days, a few of them down."""
        first_person, local = self._ground.first_person, self._local
        if ups == 1 and not downs:
            yield number, first_person + creator, 1, published, local[creator]
            return
        others = self._population.people.different(ups + downs)
        others.discard(creator)
        others_list = list(others)[: ups + downs - 1]
        against = set(others_list[:downs])
        window = min(_NECRO_AGE, self._content.now - published)
        random, note = self._random.random, self._activity.note
        for person in sorted([*others_list, creator]):
            when = published if person == creator else published + int(window * random())
            note(community, person, when)
            yield number, first_person + person, -1 if person in against else 1, when, local[person]

    def _post_aggregates(self) -> Iterator[tuple[Any, ...]]:
        ground, posts = self._ground, self._content.posts
        for index, (creator, community, gone, ups, downs) in enumerate(
            zip(posts.creator, posts.community, posts.gone, posts.upvotes, posts.downvotes, strict=True)
        ):
            yield (
                ground.first_post + index, ground.first_community + community, ground.first_person + creator, posts.published[index],
                not gone, self._nsfw[index], self._language[index], index in self._featured[2:], index in self._featured[:2], ups - downs,
                ups, downs, self._visible[index], self._newest[index], self._necro[index], controversy(ups, downs),
            )  # fmt: skip

    def _comment_aggregates(self) -> Iterator[tuple[Any, ...]]:
        comments, first = self._content.comments, self._ground.first_comment
        for index, (ups, downs) in enumerate(zip(comments.upvotes, comments.downvotes, strict=True)):
            yield first + index, ups - downs, ups, downs, self._children[index], comments.published[index]

    def _person_aggregates(self) -> Iterator[tuple[Any, ...]]:
        written = [[0, 0] for _ in range(self._population.size.people)]
        content = self._content
        for kind, (creators, flags) in enumerate(
            ((content.posts.creator, content.posts.gone), (content.comments.creator, content.comments.gone))
        ):
            for creator, gone in zip(creators, flags, strict=True):
                written[creator][kind] += not gone
        for person, (posts, comments) in enumerate(written):
            yield self._ground.first_person + person, posts, comments

    def _community_aggregates(self) -> Iterator[tuple[Any, ...]]:
        posts, population = self._content.posts, self._population
        number = population.size.communities
        written, followers, followers_here = [[0, 0] for _ in range(number)], [0] * number, [0] * number
        for community, gone, comments in zip(posts.community, posts.gone, self._visible, strict=True):
            if not gone:
                written[community][0] += 1
                written[community][1] += comments
        for person, community in population.follows:
            followers[community] += 1
            followers_here[community] += self._local[person]
        active = self._activity.of_communities()
        for community, host in enumerate(population.community_host):
            # How many follow a remote community is what its home says.
            told = followers[community] if host == -1 else 50_000 // (community + 1) + followers[community]
            yield (
                self._ground.first_community + community, told, followers_here[community], *written[community],
                self._ground.now - population.community_age[community], *active[community],
            )  # fmt: skip

    def _active_people(self) -> Iterator[tuple[Any, ...]]:
        ground = self._ground
        for community, person, local, hour in self._activity.rows():
            yield ground.first_community + community, ground.first_person + person, local, hour

    def _marks(self) -> Iterator[tuple[Any, ...]]:
        """Each reader has seen the same posts: one in two of the newest, so that lists have to step over them."""
        newest = len(self._visible) - 1
        seen = sorted(Random("marks").sample(range(max(0, newest - 2 * READ_MARKS), newest), min(READ_MARKS, newest)))
        for reader in sorted(READERS, key=self._population.person):
            person = self._ground.first_person + self._population.person(reader)
            for index in seen:
                yield person, self._ground.first_post + index, self._ground.now - DAY, self._visible[index]
