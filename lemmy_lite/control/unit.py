"""The text of systemd units for this program: hardened as far as what it does allows.

`systemd-analyze security` of the system unit says 1.4 ("OK") of 10; what is left is the network, which it is for.
"""

from pathlib import Path
from typing import Final

from lemmy_lite.config import UNIX, Config, credential, credentials
from lemmy_lite.model.struct import Struct

NAME: Final = "lemmy-lite"
USER: Final = "lemmy_lite"
_HIDDEN: Final = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))
"""What the hardened unit does not see: ProtectHome and PrivateTmp."""
SYSTEM_CONFIG: Final = Path("/etc/lemmy_lite/lemmy.hjson")
"""What the service of a machine reads."""
SYSTEM_DATA: Final = Path("/var/lib/lemmy_lite")
"""systemd's state folder of the service: its data, where the configuration names no other folder; of several processes one each below."""
CREDENTIALS: Final = Path("/etc/credstore")
"""Where systemd looks for the secrets that the unit names."""
SYSTEM_UNITS: Final = Path("/etc/systemd/system")

_HARDENED: Final = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers={private_users}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @mount
SystemCallFilter=setrlimit prlimit64 setpriority sched_setaffinity
SystemCallErrorNumber=EPERM
"""
# The three system calls are those of the child that decodes pictures: it bounds its own memory and time (media/worker.py).
# MemoryDenyWriteExecute stays off, as libffi, which Python's ctypes needs, makes writable code on some boards.

_SERVICE: Final = """\
# Made by `lemmy-lite service install`; your own settings belong into `systemctl {of_user}edit {name}`.
[Unit]
Description=lemmy_lite, a federated link aggregator and forum
Documentation=https://join-lemmy.org/docs/
Wants=network-online.target
After=network-online.target time-sync.target
{needs}StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=notify
NotifyAccess=main
{environment}ExecStart={command}
Restart=always
RestartSec=2
RestartPreventExitStatus=2 3
WatchdogSec=60
TimeoutStartSec=120
TimeoutStopSec=20
KillMode=mixed
{identity}UMask=0077
LimitNOFILE=65536
MemoryHigh={memory}M
MemoryMax={memory_max}M
OOMScoreAdjust=-100
OOMPolicy=continue
Nice=0
IOWeight=50
{writable}{hardened}
[Install]
WantedBy={wanted_by}
"""

_SOCKET: Final = """\
# Made by `lemmy-lite service install`: connections wait here while the service restarts, so that none is refused.
[Unit]
Description=Where lemmy_lite listens

[Socket]
{listen}
Backlog=1024
NoDelay=yes

[Install]
WantedBy=sockets.target
"""


class Wanted(Struct, kw_only=True):
    """What the units are to say. `memory` is in megabytes; `outside` are folders outside that are written to, `source` the
    folder of a program that is run from its source. `places` are where it listens, each an address with its port or the path of a Unix
    socket."""

    command: tuple[str, ...]
    config: Path | None
    data_dir: Path | None
    places: tuple[str, ...]
    memory: int
    socket_mode: int = 0o660
    outside: tuple[Path, ...] = ()
    source: Path | None = None
    user_unit: bool = False


def service(wanted: Wanted) -> str:
    """The `.service` unit."""
    words = [*wanted.command, *(("--config", str(wanted.config)) if wanted.config else ()), "serve"]
    low = any(_port(place) < 1024 for place in wanted.places)
    if wanted.user_unit:
        identity = "StateDirectory=lemmy_lite\nCacheDirectory=lemmy_lite\n"
        hardened = "NoNewPrivileges=yes\nLockPersonality=yes\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\n"
    else:
        identity = (
            f"User={USER}\nGroup={USER}\nStateDirectory=lemmy_lite\nStateDirectoryMode=0700\n"
            "CacheDirectory=lemmy_lite\nCacheDirectoryMode=0700\nConfigurationDirectory=lemmy_lite\n"
            # Each is looked for in /etc/credstore, and may be missing; the second name is for systemd before 252, which wants one.
            + "".join(f"LoadCredential={name}:{name}\n" for name in map(credential, credentials(Config)))
        )
        capabilities = "CAP_NET_BIND_SERVICE" if low else ""
        hardened = _HARDENED.format(capabilities=capabilities, private_users="no" if low else "yes")
    # The socket is there whenever the service is, however that was started. A data folder on a disk of its own is waited for; a folder
    # outside may be missing, as a disk of backups that is unplugged must not keep the site from starting.
    needs = f"Wants={NAME}.socket\n"
    folders = []
    if wanted.data_dir is not None and not wanted.user_unit:
        needs += f"RequiresMountsFor={quoted(str(wanted.data_dir))}\n"
        folders.append(str(wanted.data_dir))
    folders += [f"-{folder}" for folder in wanted.outside]
    return _SERVICE.format(
        name=NAME,
        of_user="--user " if wanted.user_unit else "",
        needs=needs,
        command=" ".join(quoted(word) for word in words),
        environment=f"Environment={quoted(f'PYTHONPATH={wanted.source}')}\n" if wanted.source else "",
        identity=identity,
        memory=wanted.memory,
        memory_max=wanted.memory * 3 // 2,
        writable=f"ReadWritePaths={' '.join(quoted(folder) for folder in folders)}\n" if folders and not wanted.user_unit else "",
        hardened=hardened,
        wanted_by="default.target" if wanted.user_unit else "multi-user.target",
    )


def listener(wanted: Wanted) -> str:
    """The `.socket` unit."""
    lines = [f"ListenStream={_whole(place)}" for place in wanted.places]
    addresses = [place for place in wanted.places if not place.startswith("/")]
    if any(place.startswith("[") for place in addresses):
        # As our own sockets: "::" alone takes IPv4 as well, and beside an address of IPv4 leaves it to that.
        lines.append(f"BindIPv6Only={'both' if all(place.startswith('[') for place in addresses) else 'ipv6-only'}")
    if len(addresses) < len(wanted.places):
        lines.append(f"SocketMode={wanted.socket_mode:04o}")
        if not wanted.user_unit:
            lines += [f"SocketUser={USER}", f"SocketGroup={USER}"]
    return _SOCKET.format(listen="\n".join(lines))


def out_of_reach(*places: Path) -> Path | None:
    """The first folder that the service of a machine does not see and below which one of these lies."""
    return next((each for each in _HIDDEN for place in places if place.is_relative_to(each)), None)


def places(config: Config) -> tuple[str, ...]:
    """Where an instance of this configuration listens, as systemd writes it; Tor's door is not among them."""
    found = []
    for place in config.bind:
        host = f"[{place}]" if ":" in place else place
        found.append(place.removeprefix(UNIX) if place.startswith(UNIX) else f"{host}:{config.port}")
    if config.tls is not None and config.tls.http_port:
        addresses = [place for place in config.bind if not place.startswith(UNIX)]
        found += [f"[{place}]:{config.tls.http_port}" if ":" in place else f"{place}:{config.tls.http_port}" for place in addresses]
    return tuple(found)


def _port(place: str) -> int:
    """The port of a place; a Unix socket has none, which needs no right."""
    return 65536 if place.startswith("/") else int(place.rpartition(":")[2])


def quoted(word: str) -> str:
    """A word of a unit file as it stands: systemd.service(5) takes quotes, and a percent sign doubled.

    Raises ValueError for line breaks and the like.
    """
    word = _whole(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"' if any(character in word for character in " '\";$") else word


def _whole(text: str) -> str:
    """What takes the rest of its line, quotes and spaces included, as an address to listen at does."""
    if any(ord(character) < 32 for character in text):
        raise ValueError("a unit file has no place for control characters")
    return text.replace("%", "%%")
