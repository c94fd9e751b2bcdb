"""The instance of most cases: it is named HOME, and finds other hosts on this machine."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from tests.faults.case import Trial
from tests.faults.faraway import HOME, Faraway, environment, faraways
from tests.instances import Instance


@contextlib.contextmanager
def at_home(
    trial: Trial, *hosts: str, name: str = "instance", fast: bool = True, variables: Mapping[str, str] | None = None, **options: Any
) -> Iterator[tuple[Instance, list[Faraway]]]:
    """A running instance, and the hosts that it finds: `far.test` unless others are named. `fast`: all waits of federation are short."""
    port = trial.port()
    with faraways(*hosts) as found:
        given = {**environment(*(each.name for each in found), fast=fast), **(variables or {})}
        with trial.running(name, listen=port, hostname=f"{HOME}:{port}", environment=given, **options) as instance:
            yield instance, found


def busy(instance: Instance) -> tuple[dict[str, Any], dict[str, Any]]:
    """A community of its admin's, and a post in it."""
    community = instance.admin.post("/community", name="busy", title="Busy")["community_view"]["community"]
    return community, instance.admin.post("/post", name="Busy", community_id=community["id"])["post_view"]["post"]
