"""Every look, one line each, in the order in which they are shown."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from lemmy_lite.config import Config
from lemmy_lite.control.doctor import folders, https, instance, machine, outside, tor
from lemmy_lite.control.doctor.finding import Finding, bad
from lemmy_lite.control.doctor.machine import Roots
from lemmy_lite.model.clock import SECOND, Clock
from lemmy_lite.net.client import Client


class Patient(NamedTuple):
    """What is looked at. `peer` is another instance to speak with, if one was named; `machine` is where the system tells of itself."""

    config: Config
    clock: Clock
    net: Client
    peer: str | None
    machine: Roots = Roots()


class Look(NamedTuple):
    """One line of the table. It answers None where there is nothing to look at."""

    name: str
    look: Callable[[Patient], Awaitable[Finding | None]]


def _here(look: Callable[[Patient], Finding | None]) -> Callable[[Patient], Awaitable[Finding | None]]:
    async def looked(patient: Patient) -> Finding | None:
        return look(patient)

    return looked


async def _peer(patient: Patient) -> Finding | None:
    return None if patient.peer is None else await outside.peer(patient.config, patient.net, patient.peer)


LOOKS: Final[tuple[Look, ...]] = (
    Look("configuration", _here(lambda on: instance.configuration(on.config))),
    Look("data folder", _here(lambda on: machine.data_folder(on.config))),
    Look("disk", _here(lambda on: machine.disk(on.config))),
    Look("budget", _here(lambda on: machine.budget(on.config))),
    Look("secrets", _here(lambda on: machine.secrets(on.config))),
    Look("memory", _here(lambda on: machine.memory(on.machine.proc))),
    Look("clock", _here(lambda on: machine.clock(on.machine.run, on.clock.now() / SECOND))),
    Look("power", _here(lambda on: machine.power(on.machine.sys))),
    Look("card", _here(lambda on: machine.card(on.machine.sys))),
    Look("database", _here(lambda on: instance.database(on.config))),
    Look("server", _here(lambda on: instance.server(on.config))),
    Look("queues", _here(lambda on: instance.queues(on.config, on.clock.now()))),
    Look("folders", _here(lambda on: folders.outside(on.config, on.machine.units))),
    Look("backups", _here(lambda on: instance.backups(on.config, on.clock.now()))),
    Look("signatures", lambda on: outside.signature(on.config, on.net, on.clock.now())),
    Look("way out", lambda on: outside.way_out(on.config)),
    Look("public name", lambda on: outside.name(on.config, on.net)),
    Look("proxy", lambda on: outside.proxy(on.config, on.net)),
    Look("visitors", lambda on: outside.visitors(on.config, on.net)),
    Look("certificate", lambda on: outside.certificate(on.config)),
    Look("https", _here(lambda on: https.files(on.config, on.clock.now()))),
    Look("port 80", lambda on: https.plain(on.config, on.net)),
    Look("tor", lambda on: tor.service(on.config)),
    Look("pictures", lambda on: outside.pictures(on.config)),
    Look("mail", lambda on: outside.mail(on.config)),
    Look("peer", _peer),
)


async def examine(patient: Patient) -> list[tuple[str, Finding]]:
    """What every look found, in their order. A look that breaks is a finding itself."""
    found = []
    for look in LOOKS:
        try:
            finding = await look.look(patient)
        except Exception as error:
            finding = bad(f"This could not be looked at: {error!r}.", "Please report it with the output of `lemmy-lite doctor`.")
        if finding is not None:
            found.append((look.name, finding))
    return found
