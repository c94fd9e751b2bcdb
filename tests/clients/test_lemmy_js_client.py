"""lemmy-js-client, the library of web and phone apps, against a running instance."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import PEER
from tests.instances import ADMIN, PASSWORD, Instance

pytestmark = pytest.mark.client


def test_a_phone_app_does_its_daily_round_and_others_see_what_it_did(instance: Instance, node: str, checkout: Path) -> None:
    command = [node, "tests/clients/daily_round.mjs", instance.url, ADMIN, PASSWORD, PEER, PASSWORD]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{instance.log_end()}"
    made = json.loads(done.stdout.splitlines()[-1])

    anybody = instance.client()
    seen = anybody.get("/post", id=made["post_id"])["post_view"]
    assert (seen["post"]["url"], seen["community"]["id"]) == (made["link"], made["community_id"])
    assert (seen["counts"]["upvotes"], seen["counts"]["downvotes"], seen["counts"]["comments"]) == (2, 0, 2)
    tree = anybody.get("/comment/list", post_id=made["post_id"], sort="Old", max_depth=8)["comments"]
    assert [each["comment"]["content"] for each in tree] == made["comments"]
