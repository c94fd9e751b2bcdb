"""People who write to one instance at the same time, and remember what was promised to them."""

import contextlib
import http.client
import itertools
import json
import random
from collections import defaultdict
from typing import Any

from tests.faults.meanwhile import Meanwhile
from tests.instances import Client, Instance


class Ledger:
    """What was asked for and what was acknowledged. An answer that did not come leaves open whether the write happened."""

    def __init__(self) -> None:
        self.attempted: set[str] = set()
        self.comments: dict[str, int] = {}
        """Text of every acknowledged comment, and its id."""
        self.votes: dict[tuple[int, int], set[int]] = defaultdict(set)
        """By comment and person: the score that was acknowledged last, and those asked for since."""
        self.acknowledged = 0


class Writer:
    """One person: comments under one post, and votes up, down and back on what anybody wrote."""

    def __init__(self, instance: Instance, name: str, post_id: int, ledger: Ledger) -> None:
        self._url = instance.url
        self._jwt = instance.registered(name).jwt
        self._name = name
        self._post_id = post_id
        self._ledger = ledger
        self._numbers = itertools.count(1)
        self._person_id = int(instance.client().get("/user", username=name)["person_view"]["person"]["id"])
        self._chance = random.Random(name)

    def write_until_the_end(self, others: Meanwhile[None]) -> None:
        """Writes until nobody answers any more."""
        with contextlib.closing(Client(self._url, self._jwt)) as client, contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                self._comment(client)
                others.first.set()
                self._vote(client)

    def _comment(self, client: Client) -> None:
        text = f"{self._name} {next(self._numbers)}"
        self._ledger.attempted.add(text)
        made = granted(client, "/api/v3/comment", content=text, post_id=self._post_id)
        comment_id = int(made["comment_view"]["comment"]["id"])
        self._ledger.comments[text] = comment_id
        self._ledger.votes[comment_id, self._person_id] = {1}  # one's own vote comes with the comment
        self._ledger.acknowledged += 1

    def _vote(self, client: Client) -> None:
        comment_id = self._chance.choice(list(self._ledger.comments.copy().values())[-40:])
        score = self._chance.choice((1, 0, -1))
        vote = comment_id, self._person_id
        if vote not in self._ledger.votes:
            self._ledger.votes[vote] = {0}
        self._ledger.votes[vote].add(score)
        granted(client, "/api/v3/comment/like", comment_id=comment_id, score=score)
        self._ledger.votes[vote] = {score}
        self._ledger.acknowledged += 1


def granted(client: Client, path: str, **fields: Any) -> Any:
    """What a POST answers. Half an answer is none, and a refusal because the server is going down is no promise either."""
    answer = client.send("POST", path, json.dumps(fields).encode(), {"content-type": "application/json"})
    if answer.status == 503:
        raise http.client.HTTPException("going down")
    assert answer.status == 200, answer
    return answer.json
