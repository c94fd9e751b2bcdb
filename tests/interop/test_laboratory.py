"""scripts/federate-locally, as somebody runs it: five instances, five policies, one table, one Ctrl-C."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.instances import ADMIN, Answer, Client
from tests.interop import laboratory
from tests.interop.network import arrives, eventually

pytestmark = pytest.mark.interop

SECONDS = 120.0
ROW = re.compile(r"^(\w+) +http://(\S+):(\d+) +(!\S+) +(.+)$", re.MULTILINE)


class Laboratory(NamedTuple):
    """What the terminal shows of each by its name, and its admin, logged in with what it shows."""

    admins: dict[str, Client]
    communities: dict[str, str]
    hosts: dict[str, str]


@pytest.fixture(scope="module")
def lab(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """Started in an empty folder, ended by Ctrl-C."""
    folder = tmp_path_factory.mktemp("laboratory")
    terminal = folder / "terminal"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEMMY")} | {"TMPDIR": str(folder)}
    with terminal.open("w") as shown:
        process = subprocess.Popen(
            [str(checkout / "scripts" / "federate-locally"), "--port", "0"],
            cwd=folder,
            env=inherited,
            stdout=shown,
            stderr=shown,
            start_new_session=True,
        )
    try:
        eventually(lambda: "Ctrl-C" in terminal.read_text() or process.poll() is not None, seconds=SECONDS)
        lab = _entered(terminal)
        yield lab
        for admin in lab.admins.values():
            admin.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, terminal.read_text()
        assert [each.name for each in folder.iterdir()] == ["terminal"], "nothing is left behind"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _entered(terminal: Path) -> Laboratory:
    shown = terminal.read_text()
    rows = ROW.findall(shown)
    password = re.search(rf"Log in as '{ADMIN}' with the password '(\S+)'", shown)
    assert password is not None, shown
    admins = {}
    for name, _, port, _, _ in rows:
        admins[name] = admin = Client(f"http://127.0.0.1:{port}")
        admin.jwt = admin.post("/user/login", username_or_email=ADMIN, password=password[1])["jwt"]
    hosts = {name: f"{host}:{port}" for name, host, port, _, _ in rows}
    return Laboratory(admins, {row[0]: row[3] for row in rows}, hosts)


def _finds(lab: Laboratory, who: str, whom: str) -> bool:
    answer: Answer = lab.admins[who].call("GET", "/resolve_object", {"q": lab.communities[whom]})
    assert answer.status == 200 or answer.json == {"error": "couldnt_find_object"}
    return answer.status == 200


def test_all_five_are_there_with_a_name_an_admin_and_a_community(lab: Laboratory) -> None:
    assert list(lab.admins) == ["alpha", "beta", "gamma", "delta", "epsilon"]
    for policy in laboratory.POLICIES:
        admin = lab.admins[policy.name]
        site = admin.get("/site")
        assert site["site_view"]["site"]["actor_id"] == f"http://{lab.hosts[policy.name]}/"
        assert site["my_user"]["local_user_view"]["local_user"]["admin"] is True
        assert admin.get("/community", name=policy.community)["community_view"]["community"]["local"] is True


def test_each_has_its_policy(lab: Laboratory) -> None:
    assert _finds(lab, "alpha", "beta")
    assert _finds(lab, "beta", "alpha")
    assert _finds(lab, "alpha", "gamma")
    assert _finds(lab, "gamma", "alpha")
    assert not _finds(lab, "beta", "gamma"), "gamma is not in beta's list"
    assert not _finds(lab, "gamma", "beta"), "beta is blocked by gamma"
    assert not _finds(lab, "epsilon", "alpha"), "epsilon asks nobody"
    assert not _finds(lab, "alpha", "epsilon"), "epsilon tells nobody"


def test_the_private_one_shows_itself_to_peers_and_not_to_strangers(lab: Laboratory) -> None:
    assert _finds(lab, "alpha", "delta")
    with contextlib.closing(Client(lab.admins["delta"].url)) as stranger:
        assert stranger.call("GET", "/post/list", {}).json["error"] == "instance_is_private"
        assert stranger.send("GET", "/c/attic", headers={"accept": "application/activity+json"}).status == 401


def test_what_is_said_on_one_arrives_on_the_other(lab: Laboratory) -> None:
    alpha, gamma = lab.admins["alpha"], lab.admins["gamma"]
    mirror = gamma.get("/resolve_object", q=lab.communities["alpha"])["community"]["community"]
    gamma.post("/community/follow", community_id=mirror["id"], follow=True)
    eventually(lambda: gamma.get("/community", id=mirror["id"])["community_view"]["subscribed"], lambda state: state == "Subscribed")
    home = alpha.get("/community", name="tea")["community_view"]["community"]
    written = alpha.post("/post", name="How long to steep?", community_id=home["id"])["post_view"]["post"]
    with contextlib.closing(Client(gamma.url)) as stranger:
        arrives(stranger, written["ap_id"])
