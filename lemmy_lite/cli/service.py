"""`lemmy-lite service install|remove|start|stop`: run at every start of the machine, hardened, under an account of its own."""

import contextlib
import filecmp
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Final

import click

import lemmy_lite
from lemmy_lite import config
from lemmy_lite.cli import service_account
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import as_service
from lemmy_lite.cli.service_steps import Steps
from lemmy_lite.config import Config
from lemmy_lite.control import reach, unit
from lemmy_lite.control.reach import Outside
from lemmy_lite.control.unit import CREDENTIALS, NAME, SYSTEM_CONFIG, SYSTEM_DATA, SYSTEM_UNITS, Wanted

SYSTEM_PROGRAM: Final = Path("/usr/local/bin/lemmy-lite")
FORMER_PROGRAM: Final = SYSTEM_PROGRAM.with_name("lemmy-lite.former")
"""What an installation has replaced, for `lemmy-lite rollback`."""
_EXAMPLE_NAME: Final = "example.com"
"""What the example of a configuration, and README.md, have where the own name belongs."""
_BOTH: Final = (f"{NAME}.socket", f"{NAME}.service")
_OURS: Final = re.compile(rf"{NAME}(?:@[^.]+)?\.(?:socket|service)")
_LEAST_MEMORY: Final = 192
_MOST_MEMORY: Final = 1024


_of_user: Final = click.option("--user", "user_unit", is_flag=True, help="The unit of your own account, which needs no root.")
_dry_run: Final = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
_other_root: Final = click.option(
    "--root", type=click.Path(path_type=Path), hidden=True, help="Another place for every file, for packages and tests."
)


@click.group()
def service() -> None:
    """Run at every start of the machine (systemd)."""


@service.command()
@_of_user
@_dry_run
@click.option("--no-start", is_flag=True, help="Install, but do not start.")
@click.option(
    "--memory", type=click.IntRange(64, 65536), metavar="MB", help="Memory above which the kernel slows it down; else by the machine's."
)
@_other_root
@click.pass_context
def install(ctx: click.Context, /, memory: int | None, root: Path | None, *, user_unit: bool, dry_run: bool, no_start: bool) -> None:
    """Write the units, enable and start the service, and say what was done."""
    with told():
        plan = _planned(ctx, root, user_unit=user_unit, dry_run=dry_run, memory=memory)
        plan.require_program()
        plan.install(start=not no_start)


@service.command()
@_of_user
@_dry_run
@_other_root
@click.pass_context
def remove(ctx: click.Context, /, root: Path | None, *, user_unit: bool, dry_run: bool) -> None:
    """Stop the service and remove its units. The data, the configuration and the account stay."""
    with told():
        _planned(ctx, root, user_unit=user_unit, dry_run=dry_run).remove()


@service.command()
@_of_user
@_dry_run
@_other_root
@click.pass_context
def stop(ctx: click.Context, /, root: Path | None, *, user_unit: bool, dry_run: bool) -> None:
    """Stop the service, and the socket at which the next visitor would start it again, until `start` or the next start of the machine."""
    with told():
        _planned(ctx, root, user_unit=user_unit, dry_run=dry_run).stop()


@service.command()
@_of_user
@_dry_run
@_other_root
@click.pass_context
def start(ctx: click.Context, /, root: Path | None, *, user_unit: bool, dry_run: bool) -> None:
    """Start the service, and the socket at which connections wait for it."""
    with told():
        _planned(ctx, root, user_unit=user_unit, dry_run=dry_run).start()


class _Plan:
    """What one command is to do."""

    def __init__(self, named: str | None, steps: Steps, memory: int | None = None) -> None:
        self._steps = steps
        self._memory = memory or _default_memory()
        self._named = Path(named).absolute() if named else None
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self._units = home / "systemd" / "user" if steps.user_unit else SYSTEM_UNITS
        self._config_file = self._named or (home / "lemmy_lite" / "lemmy.hjson" if steps.user_unit else SYSTEM_CONFIG)

    def require_rights(self) -> None:
        """Raises OSError with a sentence where root is missing."""
        if not self._steps.user_unit and self._steps.on_this_machine and os.geteuid() != 0:
            raise PermissionError("a system service needs root: run it with sudo, or install one for your own account with --user")

    def require_program(self) -> None:
        """Raises OSError with a sentence where the service could not read the program, run from its source."""
        if self._steps.user_unit or self._steps.root != Path("/") or getattr(sys, "frozen", False):
            return
        if (place := unit.out_of_reach(_source(), Path(sys.executable).resolve())) is not None:
            raise PermissionError(
                f"the service sees nothing below {place}, where this program or its Python lies: use the executable of `scripts/build`, "
                "which is copied to where it can be read; or move the source to a place such as /opt; or install one for your own "
                "account with --user"
            )

    def _require_sight(self, loaded: Config) -> None:
        """Raises OSError with a sentence where the service would not see what the configuration names."""
        named = [*reach.folders(loaded), *reach.files(loaded), Outside("data_dir", loaded.data_dir)]
        for each in named if self._steps.root == Path("/") else ():
            if not each.path.is_absolute():
                raise PermissionError(
                    f"{each.option}: {each.path} must be a whole path for the service, which has no folder of its own to be in"
                )
            if (place := unit.out_of_reach(each.path, each.path.resolve())) is not None:
                raise PermissionError(f"{each.option}: the service sees nothing below {place}, where {each.path} lies: name another place")

    def install(self, *, start: bool) -> None:
        """All steps, in order; repeating them is harmless. With the example of a configuration nothing is started, now or later."""
        loaded = self._prepare_config()
        if not self._steps.user_unit:
            self._require_sight(loaded)
            service_account.make(self._steps)
            service_account.open_to(self._steps, loaded, self._config_file, loaded.data_dir if self._names_folder(loaded) else None)
        wanted = self._wanted(loaded)
        self._steps.write(self._units / f"{NAME}.service", unit.service(wanted))
        self._steps.write(self._units / f"{NAME}.socket", unit.listener(wanted))
        self._steps.systemctl("daemon-reload")
        if loaded.hostname == _EXAMPLE_NAME:
            self._steps.say(
                f"It is not started yet, as its name cannot change later: fill in hostname in {self._config_file}, and repeat this."
            )
            return
        self._steps.systemctl("enable", *_BOTH)
        if start:
            self._steps.systemctl("restart", *_BOTH)
            log = f"journalctl {'--user ' if self._steps.user_unit else ''}-u {NAME} -f"
            self._steps.say(f"It answers on {loaded.base_url}. Its log: {log}")
        if self._steps.user_unit:
            self._steps.say("It runs while you are logged in; for always: loginctl enable-linger")

    def stop(self) -> None:
        """All units at once: the socket alone would start the service again."""
        self._steps.systemctl("stop", *self._enabled())
        self._steps.say(f"It is stopped. To start it again: lemmy-lite service start{' --user' if self._steps.user_unit else ''}")

    def start(self) -> None:
        """All units: without the socket connections would be refused while the service restarts."""
        self._steps.systemctl("start", *self._enabled())
        self._steps.say(f"It is started. Its log: journalctl {'--user ' if self._steps.user_unit else ''}-u {NAME} -f")

    def _enabled(self) -> list[str]:
        """What starts with the machine, sockets first: both units, or the processes of packaging/several."""
        names = {link.name for link in self._steps.at(self._units).glob(f"*.wants/{NAME}*") if _OURS.fullmatch(link.name)}
        return sorted(names, key=lambda name: (name.endswith(".service"), name)) or list(_BOTH)

    def remove(self) -> None:
        """The way back."""
        self._steps.systemctl("disable", "--now", *_BOTH)
        for name in reversed(_BOTH):
            path = self._steps.at(self._units / name)
            if path.exists():
                self._steps.say(f"remove {path}")
                if not self._steps.dry_run:
                    path.unlink()
        self._steps.systemctl("daemon-reload")

    def _prepare_config(self) -> Config:
        path = self._steps.at(self._config_file)
        if not path.exists():
            self._steps.say(f"write {path}: an example to fill in; hostname comes first")
            if not self._steps.dry_run:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self._example())
                path.chmod(0o640)
            return config.read({"hostname": _EXAMPLE_NAME}, environment={})
        if self._steps.user_unit:
            return config.load(str(path))
        with contextlib.chdir("/"):  # where the service is when it reads it
            return config.load(str(path), environment=as_service(self._steps.at(CREDENTIALS)), secrets_elsewhere=True)

    def _example(self) -> str:
        """With the folder that systemd makes, so that commands that are typed find the data, too."""
        text = config.example()
        return text if self._steps.user_unit else text.replace('#data_dir: "lemmy-data"', f'data_dir: "{SYSTEM_DATA}"')

    def _wanted(self, loaded: Config) -> Wanted:
        return Wanted(
            command=self._program(),
            config=self._config_file,
            data_dir=loaded.data_dir if self._names_folder(loaded) else None,
            places=unit.places(loaded),
            socket_mode=loaded.http.socket_mode,
            memory=self._memory,
            outside=tuple(each.path for each in reach.folders(loaded)),
            source=None if getattr(sys, "frozen", False) else _source(),
            user_unit=self._steps.user_unit,
        )

    def _names_folder(self, loaded: Config) -> bool:
        """Whether the configuration names a data folder of its own; else it is systemd's state folder."""
        return loaded.origin.given.get("data_dir") == "file"

    def _program(self) -> tuple[str, ...]:
        """What the service runs. The executable is copied to where a service may read it, as home folders are hidden from it."""
        if not getattr(sys, "frozen", False):
            return (sys.executable, "-m", "lemmy_lite")
        running = Path(os.environ.get("LEMMY_LITE_EXECUTABLE") or sys.executable)
        if self._steps.user_unit:
            return (str(running),)
        target = self._steps.at(SYSTEM_PROGRAM)
        if running.resolve() != target.resolve():
            self._steps.say(f"copy {running} to {target}")
            if not self._steps.dry_run:
                target.parent.mkdir(parents=True, exist_ok=True)
                aside = target.with_name(f".{target.name}.part")
                shutil.copyfile(running, aside)
                aside.chmod(0o755)
                self._keep_former(target, aside)
                aside.replace(target)
        return (str(SYSTEM_PROGRAM),)

    def _keep_former(self, target: Path, fresh: Path) -> None:
        """The program that is replaced stays beside the new one, unless they are the same."""
        if not target.exists() or filecmp.cmp(target, fresh, shallow=False):
            return
        former = self._steps.at(FORMER_PROGRAM)
        self._steps.say(f"keep the former program as {former}")
        former.unlink(missing_ok=True)
        os.link(target, former)


def _planned(ctx: click.Context, root: Path | None, *, user_unit: bool, dry_run: bool, memory: int | None = None) -> _Plan:
    """The plan of a command that may be carried out. Raises OSError with a sentence where root is missing."""
    plan = _Plan(ctx.obj["path"], Steps(root or Path("/"), user_unit=user_unit, dry_run=dry_run), memory)
    plan.require_rights()
    return plan


def _source() -> Path:
    """The checkout that this program is run from."""
    return Path(lemmy_lite.__file__).parent.parent


def _default_memory() -> int:
    """A quarter of the machine, between what it needs and what it can use."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(_LEAST_MEMORY, min(_MOST_MEMORY, megabytes // 4))
