"""R07. A disk that fails, or that the system has made read-only: nothing is acknowledged, reading goes on, monitoring hears of it."""

from typing import Any

from tests import uploads
from tests.faults.case import SQLITE, Case, Trial
from tests.faults.cases.kills_while_writing import whole
from tests.faults.disk import Disk, Fault
from tests.faults.faraway import HOME, Faraway, environment, faraways, until
from tests.instances import Client, Instance

FAULTS = (Fault.WRITES, Fault.SYNCS, Fault.CHANGES)


def fail(trial: Trial) -> None:
    """One fault after the other; after every third the instance is killed and looked into."""
    while trial.done < trial.times:
        name = f"from_{trial.done}"
        disk, port = Disk(trial, trial.folder / name / "data", journal=False), trial.port()
        with faraways() as (faraway,):
            variables = {**environment(faraway.name), **disk.environment}
            with trial.running(name, listen=port, hostname=f"{HOME}:{port}", environment=variables) as instance:
                _all_fail(trial, instance, disk, faraway)


def _all_fail(trial: Trial, instance: Instance, disk: Disk, faraway: Faraway) -> None:
    admin = instance.admin
    community = admin.post("/community", name="attic", title="Attic")["community_view"]["community"]
    post = admin.post("/post", name="Kept", community_id=community["id"])["post_view"]["post"]
    assert faraway.send(instance, faraway.activity("Like", "early", post["ap_id"]))
    kept = set()
    for fault in FAULTS:
        text = f"Before {fault.name}"
        admin.post("/comment", content=text, post_id=post["id"])
        kept |= {text, f"After {fault.name}"}
        with disk.failing(fault):
            for _ in range(3):
                _nothing_is_acknowledged(admin, post, community)
                assert faraway.status(instance, faraway.activity("Like", "late", post["ap_id"])) in (503, 507)
                assert _ready(instance) == 503, "monitoring hears nothing of it"
                _reads(instance, post["id"])
        after = {"content": f"After {fault.name}", "post_id": post["id"]}
        until(lambda: admin.call("POST", "/comment", after).status == 200, 30 * trial.patience)  # noqa: B023  # done before the next
        assert _ready(instance) == 200
        assert uploads.send(admin).status == 201
        trial.did()
    assert "Traceback" not in instance.log.read_text()
    instance.kill()
    instance.start()
    whole(instance)
    texts = [text for (text,) in instance.execute("SELECT content FROM comment")]
    assert kept <= set(texts)
    assert len(texts) == len(set(texts))
    instance.stop()


def _nothing_is_acknowledged(admin: Client, post: dict[str, Any], community: dict[str, Any]) -> None:
    wishes = {
        "/post": {"name": "Late", "community_id": community["id"]},
        "/comment": {"content": "Late", "post_id": post["id"]},
        "/post/like": {"post_id": post["id"], "score": -1},
    }
    for path, fields in wishes.items():
        answer = admin.call("POST", path, fields)
        assert answer.status in (503, 507), (path, answer)
        assert int(answer.headers["retry-after"]) > 0
    answer = uploads.send(admin)
    assert answer.status in (503, 507), answer


def _ready(instance: Instance) -> int:
    return instance.client().send("GET", "/readyz").status


def _reads(instance: Instance, number: int) -> None:
    stranger = instance.client()
    assert stranger.get("/post", id=number)["post_view"]["post"]["name"] == "Kept"
    assert stranger.send("GET", f"/post/{number}").status == 200
    assert stranger.send("GET", "/healthz").status == 200


CASES = (
    Case(
        "R07",
        "On a disk that fails or has become read-only nothing is acknowledged, reading goes on, and readiness is false until it is well.",
        "faults",
        30,
        3,
        SQLITE,
        fail,
    ),
)
