"""`lemmy-lite admin …`, `instance …`, `stats` and `storage copy`, beside a running server and without one."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from tests import instances
from tests.instances import ApiError, Instance


def done(instance: Instance, *arguments: str) -> str:
    ended = instance.run(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def refused(instance: Instance, *arguments: str) -> str:
    ended = instance.run(*arguments)
    assert ended.returncode == 1, ended.stdout
    assert ended.stderr.startswith("lemmy-lite: ")
    assert len(ended.stderr.splitlines()) == 1
    return ended.stderr


def password_in(text: str) -> str:
    return text.partition("The password is ")[2].partition(" ")[0]


def test_whoever_holds_the_machine_makes_admins_and_lets_people_in_while_the_server_runs(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with instances.running(tmp_path / "a", free_port()) as here:
        made = done(here, "admin", "create", "zoe", "--email", "zoe@mail.test")
        zoe = here.logged_in("zoe", password_in(made))
        assert not zoe.get("/site")["my_user"]["local_user_view"]["local_user"]["admin"]
        done(here, "admin", "promote", "zoe")
        assert zoe.get("/site")["my_user"]["local_user_view"]["local_user"]["admin"]
        assert done(here, "admin", "list").split() == ["admin", "zoe"]
        done(here, "admin", "demote", "zoe")
        assert done(here, "admin", "list").split() == ["admin"]
        assert "last admin" in refused(here, "admin", "demote", "admin")
        fresh = password_in(done(here, "admin", "reset-password", "zoe"))
        with pytest.raises(ApiError):
            zoe.get("/account/list_media")
        zoe = here.logged_in("zoe", fresh)
        done(here, "admin", "ban", "zoe", "--days", "3", "--reason", "spam")
        assert here.admin.get("/user/banned")["banned"][0]["person"]["name"] == "zoe"
        done(here, "admin", "unban", "zoe")
        assert here.admin.get("/user/banned")["banned"] == []
        done(here, "admin", "purge", "zoe", "--yes")
        refused(here, "admin", "promote", "zoe")
        refused(here, "admin", "create", "admin")
        refused(here, "admin", "create", "not a name")
        assert "posts" in done(here, "stats")
        assert "already works in" in refused(here, "migrate"), "nothing is migrated under a running server"


def test_a_lost_second_factor_and_what_must_go_are_dealt_with_while_the_server_runs(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with instances.running(tmp_path / "a", free_port()) as here:
        secret = password_in(done(here, "admin", "create", "zoe"))
        zoe = here.logged_in("zoe", secret)
        url = zoe.post("/user/totp/generate")["totp_secret_url"]
        code = pyotp.parse_uri(url).now()  # type: ignore[attr-defined]  # HOTP lacks it
        assert zoe.post("/user/totp/update", totp_token=code, enabled=True)["enabled"]
        with pytest.raises(ApiError, match="missing_totp_token"):
            here.logged_in("zoe", secret)
        done(here, "admin", "clear-2fa", "zoe")
        assert here.logged_in("zoe", secret).get("/user/validate_auth") == {"success": True}

        home = here.admin.post("/community", name="hearth", title="Hearth")["community_view"]["community"]
        posts = [zoe.post("/post", name=f"Post {number}", community_id=home["id"])["post_view"]["post"] for number in range(2)]
        said = [zoe.post("/comment", content="Words", post_id=posts[0]["id"])["comment_view"]["comment"] for _ in range(2)]

        def shown() -> tuple[int, int]:
            comments = here.client().get("/comment/list", post_id=posts[0]["id"])["comments"]
            return len(here.client().get("/post/list", type_="All")["posts"]), sum(not each["comment"]["removed"] for each in comments)

        assert shown() == (2, 2)
        done(here, "admin", "ban", "zoe", "--remove-content")
        assert shown() == (0, 0)
        done(here, "admin", "unban", "zoe", "--restore-content")
        assert shown() == (2, 2)
        for kind, gone, left in (("comment", said[0], (2, 1)), ("post", posts[1], (1, 1))):
            assert f"The {kind} " in done(here, "admin", "purge", gone["ap_id"], "--yes")
            assert shown() == left
        assert "The community " in done(here, "admin", "purge", home["actor_id"], "--yes", "--reason", "by court order")
        assert here.client().get("/post/list", type_="All")["posts"] == []
        log = here.admin.get("/modlog")
        assert log["admin_purged_communities"][0]["admin_purge_community"]["reason"] == "by court order"


def test_lists_of_instances_hold_at_once(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with instances.running(tmp_path / "a", free_port()) as here:
        done(here, "instance", "block", "https://Bad.Test/")
        assert [each["domain"] for each in here.client().get("/federated_instances")["federated_instances"]["blocked"]] == ["bad.test"]
        done(here, "instance", "allow", "good.test")
        assert done(here, "instance", "list").splitlines() == ["allowed  good.test", "blocked  bad.test"]
        done(here, "instance", "unblock", "bad.test")
        done(here, "instance", "disallow", "good.test")
        assert "Every instance" in done(here, "instance", "list")
        refused(here, "instance", "retry", "unknown.test")
        refused(here, "instance", "block", "no host at all")


def test_without_a_server_the_commands_work_as_well(tmp_path: Path, free_port: Callable[[], int]) -> None:
    here = Instance(tmp_path / "a", free_port())
    secret = password_in(done(here, "admin", "create", "zoe", "--admin"))
    assert done(here, "admin", "list").split() == ["admin", "zoe"]
    with instances.running(tmp_path / "a", here.port) as again:
        assert again.logged_in("zoe", secret).get("/site")["my_user"]["local_user_view"]["local_user"]["admin"]


def test_a_password_from_standard_input_is_not_shown(tmp_path: Path, free_port: Callable[[], int]) -> None:
    here = Instance(tmp_path / "a", free_port())
    ended = subprocess.run(
        here.command("admin", "create", "zoe", "--password-stdin"),
        input="a password of mine\n",
        capture_output=True,
        text=True,
        env=here.environment,
        cwd=instances.CHECKOUT,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "a password of mine" not in ended.stdout + ended.stderr
    assert "password is" not in ended.stdout


def test_the_control_socket_is_for_the_owner_alone_and_bears_nonsense(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with instances.running(tmp_path / "a", free_port()) as here:
        path = here.data_dir / "control"
        assert oct(path.stat().st_mode & 0o777) == "0o600"
        assert oct(here.data_dir.stat().st_mode & 0o777) == "0o700"
        folder = os.open(here.data_dir, os.O_RDONLY)
        try:
            for nonsense in (b"\n", b"{}\n", b"[" * 5000 + b"\n", b'{"command": "rm -rf", "arguments": {}}\n', b"x" * 100_000 + b"\n", b""):
                with socket.socket(socket.AF_UNIX) as caller:
                    caller.settimeout(10)
                    caller.connect(f"/proc/self/fd/{folder}/control")
                    caller.sendall(nonsense)
                    caller.shutdown(socket.SHUT_WR)
                    answer = caller.makefile("rb").read()
                    assert answer == b"" or b'"error":"' in answer
        finally:
            os.close(folder)
        assert "Traceback" not in here.log.read_text()
        assert done(here, "admin", "list").split() == ["admin"]


def test_rows_move_to_postgres_and_the_instance_goes_on_there(tmp_path: Path, free_port: Callable[[], int], bare_postgres_url: str) -> None:
    with instances.running(tmp_path / "a", free_port()) as here:
        home = here.admin.post("/community", name="hearth", title="Hearth")["community_view"]["community"]["id"]
        here.admin.post("/post", name="A post to keep", community_id=home)
        assert "already works" in refused(here, "storage", "copy", bare_postgres_url)
        here.stop()
        assert "rows were copied" in done(here, "storage", "copy", bare_postgres_url)
        assert "not empty" in here.run("storage", "copy", bare_postgres_url).stderr
        here.configure(database={"uri": bare_postgres_url})
        here.database = bare_postgres_url
        here.start()
        assert here.logged_in("admin").get("/post/list", type_="All")["posts"][0]["post"]["name"] == "A post to keep"
        assert here.admin.post("/post", name="Another", community_id=home)["post_view"]["post"]["id"] == 2


def test_keys_and_sessions_are_replaced_beside_the_server_and_count_at_once(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with instances.running(tmp_path / "a", free_port()) as here:
        here.admin.post("/community", name="hearth", title="Hearth")
        stranger = here.client()

        def keys() -> dict[str, str]:
            documents = {path: stranger.send("GET", path, headers={"accept": "application/activity+json"}) for path in ("/", *ACTORS)}
            return {path: answer.json["publicKey"]["publicKeyPem"] for path, answer in documents.items()}

        first = keys()
        assert "has a new key" in done(here, "admin", "rotate-keys", "--person", "admin")
        second = keys()
        assert [path for path in first if first[path] != second[path]] == ["/u/admin"]
        done(here, "admin", "rotate-keys", "--community", "!hearth", "--site")
        third = keys()
        assert [path for path in first if third[path] != second[path]] == ["/", "/c/hearth"]
        assert done(here, "admin", "rotate-keys", "--all") == "3 actors have new keys.\n"
        assert not set(keys().values()) & set(third.values())
        assert here.admin.get("/site")["my_user"], "sessions are another matter"

        assert "1 sessions were ended" in done(here, "admin", "rotate-keys", "--sessions")
        assert "my_user" not in here.admin.get("/site")
        assert here.logged_in("admin").get("/site")["my_user"], "who logs in anew is in"
        refused(here, "admin", "rotate-keys", "--person", "nobody")
        refused(here, "admin", "rotate-keys", "--community", "nothing")
        assert here.run("admin", "rotate-keys").returncode == 2
        fresh = keys()
        here.stop()
        assert done(here, "admin", "rotate-keys", "--all", "--sessions").startswith("3 actors have new keys.")
        here.start()
        assert not set(keys().values()) & set(fresh.values())


ACTORS = ("/u/admin", "/c/hearth")
