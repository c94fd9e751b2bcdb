"""Five instances on one machine, each with another policy, to try federation out by hand: `scripts/federate-locally`.

Each is a process of its own under a name of its own below `localhost`, which browsers take to this machine without being told. Each has
an admin and a community. Ctrl-C ends them all; what they held is gone then, unless a folder was named.
"""

import contextlib
import secrets
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from tests.instances import ADMIN, ApiError, Instance

FIRST_PORT = 8541
ADDRESS = "127.0.0.1"


class Policy(NamedTuple):
    """How one instance stands to the others. `settings` are fields of Lemmy's editSite; {alpha} stands for the domain of alpha."""

    name: str
    community: str
    words: str
    settings: dict[str, Any]


POLICIES = (
    Policy("alpha", "tea", "open to everybody", {}),
    Policy("beta", "bread", "speaks with alpha only", {"allowed_instances": ["{alpha}"]}),
    Policy("gamma", "gardens", "blocks beta", {"blocked_instances": ["{beta}"]}),
    Policy("delta", "attic", "private: only for who has an account", {"private_instance": True, "registration_mode": "Closed"}),
    Policy("epsilon", "cellar", "local: federation is off", {"federation_enabled": False}),
)


def domain(name: str) -> str:
    """The domain of an instance, without port as in the admins' lists."""
    return f"{name}.localhost"


def environment() -> dict[str, str]:
    """What lets them find and believe each other on loopback, by plain http, without long waits."""
    return {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": ",".join(f"{domain(each.name)}={ADDRESS}" for each in POLICIES),
        "LEMMY_LITE_TEST_ALLOW_NETS": f"{ADDRESS}/32",
        "LEMMY_TEST_FAST_FEDERATION": "1",
    }


@contextlib.contextmanager
def running(folder: Path, ports: Sequence[int], password: str) -> Iterator[list[Instance]]:
    """All five, started and prepared; ended in an orderly way at the end."""
    with contextlib.ExitStack() as stack:
        instances = []
        for policy, port in zip(POLICIES, ports, strict=True):
            click.echo(f"Starting {policy.name} …")
            instance = Instance(
                folder / policy.name,
                port,
                address=ADDRESS,
                hostname=f"{domain(policy.name)}:{port}",
                environment=environment(),
                config={"setup": {"admin_username": ADMIN, "admin_password": password, "site_name": policy.name.title()}},
            )
            stack.callback(_stop, instance)
            instances.append(instance.start())
            prepare(instance, policy, password)
        yield instances


def prepare(instance: Instance, policy: Policy, password: str) -> None:
    """Set the policy and found the community, if an earlier run has not."""
    admin = instance.logged_in(ADMIN, password)
    domains = {each.name: domain(each.name) for each in POLICIES}
    lists = {name: [host.format(**domains) for host in value] for name, value in policy.settings.items() if isinstance(value, list)}
    admin.put("/site", **{"registration_mode": "Open"} | policy.settings | lists)
    with contextlib.suppress(ApiError):  # it is there already
        admin.post("/community", name=policy.community, title=policy.community.title())
    admin.close()


def table(instances: Sequence[Instance], password: str) -> str:
    """Who is where, as whom one logs in, and what to paste into the others' search box."""
    head = ("instance", "address", "community", "policy")
    rows = [
        (policy.name, f"http://{instance.hostname}", f"!{policy.community}@{instance.hostname}", policy.words)
        for policy, instance in zip(POLICIES, instances, strict=True)
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)]
    login = f"Log in as '{ADMIN}' with the password '{password}'. Paste a community into another's search box to follow it."
    return "\n".join([*lines, "", login, "Ctrl-C ends them all."])


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", "first", default=FIRST_PORT, show_default=True, help="The first of five ports; 0 takes free ones.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps what they hold here for the next time; else it is gone at the end.")
def main(first: int, folder: Path | None) -> None:
    """Five instances with different policies on this machine, until Ctrl-C."""
    ports = free_ports() if first == 0 else [first + number for number in range(len(POLICIES))]
    if taken := [port for port in ports if _is_taken(port)]:
        raise click.ClickException(f"Port {taken[0]} is in use. Name another first one: --port {FIRST_PORT + 1000}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    with contextlib.ExitStack() as stack:
        place = (folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="federate-locally-")))).resolve()
        place.mkdir(parents=True, exist_ok=True)
        password = _password(place)
        with contextlib.suppress(KeyboardInterrupt), running(place, ports, password) as instances:
            click.echo(f"\n{table(instances, password)}")
            signal.pause()
    click.echo("All five have ended.")


def free_ports() -> list[int]:
    """Five ports of this machine that nobody uses."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in POLICIES]
        for each in sockets:
            each.bind((ADDRESS, 0))
        return [each.getsockname()[1] for each in sockets]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return True
    return False


def _password(folder: Path) -> str:
    """The admins' password, the same for all and as long as the folder is kept."""
    file = folder / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(9))
    return file.read_text()


def _interrupt(*_: object) -> None:
    """Ctrl-C ends the waiting; those that follow are ignored while the instances end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _stop(instance: Instance) -> None:
    """An orderly end; what cannot have one, such as an instance that was still starting, is told and killed."""
    try:
        if instance.process is not None:
            instance.stop()
    except AssertionError as trouble:
        click.echo(str(trouble).partition(":\n")[0], err=True)
    finally:
        instance.kill()


if __name__ == "__main__":
    main()
