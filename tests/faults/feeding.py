"""Threads of another instance in bulk, as rows: what verbs would leave behind, but so fast that gigabytes can be fed."""

import random
from typing import Any

from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import search_text
from tests.domain.elsewhere import Elsewhere

COMMENTS = 8
WORDS = tuple(f"{first}{second}{third}" for first in "bdfgklmnprstvz" for second in "aeiou" for third in ("mo", "rin", "tak", "ssel", "wu"))


class Feeder:
    """Feeds `days` of content, from long ago to three days ago, in `units` steps of so many posts each."""

    def __init__(self, afar: Elsewhere, *, units: int, posts: int, days: float = 700) -> None:
        self._afar = afar
        self.units = units
        self._posts = posts
        self._days = days
        self._dice = random.Random(7)
        self._written = 0

    async def feed(self, unit: int) -> None:
        """One unit of work."""
        await self._afar.house.database.write(self._enter, unit)

    def _enter(self, tx: Transaction, unit: int) -> None:
        when = tx.now - int((3 + self._days * (1 - unit / self.units)) * DAY)
        posts = [self._post(number, when + number) for number in range(self._posts)]
        tx.run_many(_INSERT_POST, posts)
        numbers = tx.column("SELECT id FROM post ORDER BY id DESC LIMIT :limit", limit=len(posts))[::-1]
        counts = [{"id": number, "comments": COMMENTS, **each} for number, each in zip(numbers, posts, strict=True)]
        tx.run_many(_INSERT_POST_COUNTS, counts)
        before = tx.value("SELECT COALESCE(MAX(id), 0) FROM comment")
        tx.run_many(_INSERT_COMMENT, [self._comment(number, when) for number in numbers for _ in range(COMMENTS)])
        tx.run("UPDATE comment SET path = '0.' || id WHERE id > :before", before=before)
        tx.run("INSERT INTO comment_aggregates (comment_id, published) SELECT id, published FROM comment WHERE id > :before", before=before)
        voters = [{"id": number, "person": each.id, "now": when} for number in numbers for each in self._afar.people]
        tx.run_many("INSERT INTO post_vote (post_id, person_id, score, published, local) VALUES (:id, :person, 1, :now, 0 = 1)", voters)
        tx.run(
            "UPDATE community_aggregates SET posts = posts + :posts, comments = comments + :comments WHERE community_id = :id",
            posts=len(numbers),
            comments=len(numbers) * COMMENTS,
            id=self._afar.home.id,
        )
        tx.run(
            """UPDATE person_aggregates SET post_count = post_count + :posts, comment_count = comment_count + :comments
                WHERE person_id = :id""",
            posts=len(numbers),
            comments=len(numbers) * COMMENTS,
            id=self._afar.people[0].id,
        )
        search_text.enter_again(tx, search_text.POST, numbers)
        search_text.enter_again(tx, search_text.COMMENT, tx.column("SELECT id FROM comment WHERE id > :before", before=before))

    def _text(self, words: int) -> str:
        return " ".join(self._dice.choices(WORDS, k=words))

    def _name(self) -> int:
        self._written += 1
        return self._written

    def _post(self, number: int, when: Micros) -> dict[str, Any]:
        body = self._text(60)
        return {
            "creator": self._afar.people[0].id,
            "community": self._afar.home.id,
            "when": when,
            "ap_id": f"https://there.test/post/{self._name():012d}",
            "name": self._text(8),
            "url": f"https://links.test/{self._written}",
            "body": body,
            "html": f"<p>{body}</p>\n",
            "no": False,
            "voters": len(self._afar.people),
        }

    def _comment(self, post_id: int, when: Micros) -> dict[str, Any]:
        text = self._text(30)
        return {
            "post": post_id,
            "creator": self._afar.people[0].id,
            "when": when,
            "ap_id": f"https://there.test/comment/{self._name():012d}",
            "text": text,
            "html": f"<p>{text}</p>\n",
            "no": False,
        }


_INSERT_POST = """INSERT INTO post (creator_id, community_id, local, published, ap_id, name, url, body, html, html_version)
                  VALUES (:creator, :community, :no, :when, :ap_id, :name, :url, :body, :html, 1)"""
_INSERT_POST_COUNTS = """INSERT INTO post_aggregates (post_id, community_id, creator_id, published, score, upvotes, comments,
                                                      newest_comment_time, newest_comment_time_necro)
                         VALUES (:id, :community, :creator, :when, :voters, :voters, :comments, :when, :when)"""
_INSERT_COMMENT = """INSERT INTO comment (post_id, creator_id, local, published, path, ap_id, content, html, html_version)
                     VALUES (:post, :creator, :no, :when, '0', :ap_id, :text, :html, 1)"""
