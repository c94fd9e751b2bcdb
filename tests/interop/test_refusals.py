"""An inbox of a running instance, knocked at by those who cannot prove who they are."""

import base64
import hashlib
import json
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lemmy_lite.storage.digests import digest
from tests.instances import Answer, Instance
from tests.interop import exchange
from tests.interop.exchange import Exchange, author_of
from tests.interop.network import arrives, found

pytestmark = pytest.mark.interop

Knock = Callable[..., Answer]


@pytest.fixture(scope="module")
def stranger() -> rsa.RSAPrivateKey:
    """A key that no actor has published."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def knock(story: Exchange, stranger: rsa.RSAPrivateKey) -> Knock:
    """Posts an activity to beta's inbox, signed with a key of our own in the name of any actor, or not at all."""

    def post(activity: dict[str, Any], signed_as: str | None, key: rsa.RSAPrivateKey = stranger) -> Answer:
        body = json.dumps(activity).encode()
        headers = {
            "host": story.beta.hostname,
            "date": formatdate(usegmt=True),
            "digest": "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode(),
            "content-type": "application/activity+json",
        }
        if signed_as is not None:
            covered = ("(request-target)", "host", "date", "digest")
            values = {"(request-target)": "post /inbox"} | headers
            text = "\n".join(f"{name}: {values[name]}" for name in covered).encode()
            proof = base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
            headers["signature"] = f'keyId="{signed_as}#main-key",algorithm="rsa-sha256",headers="{" ".join(covered)}",signature="{proof}"'
        return story.beta.client().send("POST", "/inbox", body, headers)

    return post


def _announced(story: Exchange, actor_id: str) -> dict[str, Any]:
    """A vote in Ann's name on her post, as a newcomer to beta would see it if it were believed."""
    post = story.post()["post"]
    arrives(story.on_beta, post["ap_id"])
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{actor_id.rsplit('/u/', 1)[0]}/activities/dislike/1",
        "type": "Dislike",
        "actor": actor_id,
        "object": post["ap_id"],
        "audience": story.home["actor_id"],
    }


def test_an_activity_that_nobody_signed_is_refused_for_good(story: Exchange, knock: Knock) -> None:
    activity = _announced(story, author_of(story.ann)["actor_id"])
    assert 400 <= knock(activity, None).status < 500
    _nothing_changed(story, activity)


def test_an_activity_signed_with_another_key_than_the_actors_is_refused_for_good(story: Exchange, knock: Knock) -> None:
    activity = _announced(story, author_of(story.ann)["actor_id"])
    answer = knock(activity, activity["actor"])
    assert (answer.status, answer.json["error"]) == (401, "wrong_signature")
    _nothing_changed(story, activity)


def test_an_actor_cannot_speak_for_one_of_another_host(story: Exchange, knock: Knock) -> None:
    activity = _announced(story, author_of(story.ann)["actor_id"])
    answer = knock(activity, "http://gamma.test:1/u/mallory")
    assert (answer.status, answer.json["error"]) == (401, "foreign_key")
    _nothing_changed(story, activity)


def test_who_signs_for_a_host_that_is_not_there_is_not_believed_and_may_come_back(story: Exchange, knock: Knock) -> None:
    # Nothing listens at this name: the trouble is on the way, so it is no final verdict (behaviour.md, "Federation").
    activity = _announced(story, "http://gamma.test:1/u/mallory")
    answer = knock(activity, activity["actor"])
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    _nothing_changed(story, activity)


def test_nobody_speaks_for_a_person_of_this_instance(story: Exchange, knock: Knock) -> None:
    activity = _announced(story, author_of(story.bob)["actor_id"])
    assert 400 <= knock(activity, activity["actor"]).status < 500
    _nothing_changed(story, activity)


def test_an_address_outside_the_network_is_never_asked(story: Exchange) -> None:
    for address in ("http://127.0.0.1:1/u/a", "http://localhost/u/a", "https://10.0.0.1/u/a", "http://[::1]/u/a", "file:///etc/passwd"):
        answer = story.bob.call("GET", "/resolve_object", {"q": address})
        assert (answer.status, answer.json["error"]) == (400, "couldnt_find_object")


def _nothing_changed(story: Exchange, activity: dict[str, Any]) -> None:
    """What is told to beta afterwards is there, and the forgery has left no trace before it."""
    witness = exchange.begin(story.alpha, story.beta)
    arrives(witness.on_beta, witness.post()["post"]["ap_id"])
    counts = found(story.on_beta, activity["object"])["counts"]
    assert (counts["upvotes"], counts["downvotes"]) == (1, 0)
    assert _rows(story.beta, activity) == [(0,)]


def _rows(beta: Instance, activity: dict[str, Any]) -> list[tuple[Any, ...]]:
    return beta.execute(f"SELECT count(*) FROM received_activity WHERE digest = {digest(activity['id'])}")
