"""Every method of lemmy-js-client is called once against a running instance, and together they reach every operation it knows."""

import hashlib
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite.http.api_v3.operations import OPERATIONS, Operation
from tests import instances
from tests.instances import ADMIN, PASSWORD, Instance

pytestmark = pytest.mark.client

NOT_IN_THE_CLIENT = {"donation_dialog_shown"}
"""Added to the API after lemmy-js-client 0.19.9, which is the release that apps of 0.19 are built with."""


def test_every_method_of_the_client_is_granted_and_shows_what_it_was_called_for(
    tmp_path: Path, free_port: Callable[[], int], node: str, checkout: Path
) -> None:
    mail = {"smtp_server": f"127.0.0.1:{free_port()}", "smtp_from_address": "noreply@mail.example", "tls_type": "none"}
    # The instance looks up the metadata of a page of its own.
    config = {"email": mail, "federation": {"allow_private_addresses": True}}
    with instances.running(tmp_path, free_port(), config=config) as instance:
        instance.registered("forgetful")
        tokens = [_mailed(instance, "password_reset_request"), _mailed(instance, "email_verification")]
        instance.execute("UPDATE local_site SET site_setup = false")
        command = [node, "tests/clients/every_method.mjs", instance.url, ADMIN, PASSWORD, *tokens]
        done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    asked = json.loads(done.stdout.splitlines()[-1])

    ours = {operation.name: operation for operation in OPERATIONS if operation.name not in NOT_IN_THE_CLIENT}
    assert asked.keys() == ours.keys()
    assert [line for name, line in asked.items() if not _is_call_of(ours[name], line)] == []


def _is_call_of(operation: Operation, line: str) -> bool:
    """Whether "METHOD /path STATUS" is a call of that operation and not of another."""
    path = re.sub(r"\{\w+\}", "[^/]+", operation.path)
    return re.fullmatch(rf"{operation.method} {path} (200|201|204)", line) is not None


def _mailed(instance: Instance, table: str) -> str:
    """A token that the person called forgetful would find in a mail; the row is what the request for it leaves."""
    token = f"token_of_{table}"
    columns, values = ("email, ", "'forgetful.person@mail.example', ") if table == "email_verification" else ("", "")
    instance.execute(
        f"""INSERT INTO {table} ({columns}token_hash, local_user_id, published)
            SELECT {values}'{hashlib.sha256(token.encode()).hexdigest()}', local_user.id, {time.time_ns() // 1000}
              FROM local_user JOIN person ON person.id = local_user.person_id WHERE person.name = 'forgetful'"""
    )
    return token
