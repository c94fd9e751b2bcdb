"""Passwords and tokens are in no log and, but as hashes, in no file; and what is in the data folder is for nobody else on the machine."""

import json
import logging
import os
from pathlib import Path

import pytest

from lemmy_lite.domain import local_user
from tests.http.asgi import ask
from tests.http.web import lab
from tests.http.web.lab import PASSWORD

WRONG = "a password mistyped by ada"


def test_no_password_or_token_is_logged_or_stored_in_clear(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with lab.site(tmp_path) as place:
        ada = place.member("ada")
        token = ada.cookies["session"]
        ada.get("/settings")
        place.stranger().get("/login").submit(username_or_email="ada", password=WRONG)
        bearer = ("authorization", f"Bearer {token}")
        body = json.dumps({"username_or_email": "ada", "password": WRONG}).encode()
        asked = [
            ("POST", "/api/v3/user/login", body),
            ("POST", "/api/v3/user/login", body[:-1]),
            ("GET", f"/api/v3/user?username=ada&auth={token}", b""),
            ("GET", f"/feeds/inbox/{token}.xml", b""),
            ("GET", f"/password_change/{token}", b""),
        ]
        answers = [
            place.run(ask(place.application, method, path, headers=[bearer, ("content-type", "application/json")], body=sent))
            for method, path, sent in asked
        ]
        assert answers[2].status == 200
        assert place.read(local_user.session, place.instance.context, token) is not None
        kept = b"".join(each.read_bytes() for each in (tmp_path / "data").rglob("*") if each.is_file())
        secret = place.instance.context.jwt_secret
        for name, each in (("the password", PASSWORD), ("a wrong password", WRONG), ("the token", token)):
            assert each not in caplog.text, name
            assert each.encode() not in kept, name
        assert secret not in caplog.text
        assert b"ada" in kept, "the files were read"
        assert not any(WRONG.encode() in answer.body for answer in answers)


def test_nothing_in_the_data_folder_is_for_others_on_the_machine(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with lab.site(tmp_path) as place:
            place.member("ada")
            found = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "data").rglob("*")}
            own = (tmp_path / "data").stat().st_mode & 0o777
    finally:
        os.umask(before)
    assert own == 0o700
    assert {path.name for path in found} >= {"lemmy.db", "lemmy.db-wal", "lock"}
    assert {path.name: oct(mode) for path, mode in found.items() if mode & 0o077} == {}
