"""`lemmy-lite service install|remove`: run at every start of the machine, hardened, under an account of its own."""

import filecmp
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

import lemmy_lite
from lemmy_lite import config
from lemmy_lite.cli.failures import told
from lemmy_lite.config import Config
from lemmy_lite.control import unit
from lemmy_lite.control.unit import NAME, SYSTEM_CONFIG, USER, Wanted

_SYSTEM_UNITS: Final = Path("/etc/systemd/system")
_SYSTEM_DATA: Final = Path("/var/lib/lemmy_lite")
SYSTEM_PROGRAM: Final = Path("/usr/local/bin/lemmy-lite")
FORMER_PROGRAM: Final = SYSTEM_PROGRAM.with_name("lemmy-lite.former")
"""What an installation has replaced, for `lemmy-lite rollback`."""
_EXAMPLE_NAME: Final = "example.com"
"""What the example of a configuration, and README.md, have where the own name belongs."""
_LEAST_MEMORY: Final = 192
_MOST_MEMORY: Final = 1024


@click.group()
def service() -> None:
    """Run at every start of the machine (systemd)."""


@service.command()
@click.option("--user", "user_unit", is_flag=True, help="A unit of your own account, without root.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--no-start", is_flag=True, help="Install, but do not start.")
@click.option(
    "--memory", type=click.IntRange(64, 65536), metavar="MB", help="Memory above which the kernel slows it down; else by the machine's."
)
@click.option("--root", type=click.Path(path_type=Path), hidden=True, help="Another place for every file, for packages and tests.")
@click.pass_context
def install(ctx: click.Context, /, memory: int | None, root: Path | None, *, user_unit: bool, dry_run: bool, no_start: bool) -> None:
    """Write the units, enable and start the service, and say what was done."""
    with told():
        plan = _Plan(ctx.obj["path"], root or Path("/"), user_unit=user_unit, dry_run=dry_run, memory=memory)
        plan.require_rights()
        plan.require_reach()
        plan.install(start=not no_start)


@service.command()
@click.option("--user", "user_unit", is_flag=True, help="The unit of your own account.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--root", type=click.Path(path_type=Path), hidden=True)
@click.pass_context
def remove(ctx: click.Context, /, root: Path | None, *, user_unit: bool, dry_run: bool) -> None:
    """Stop the service and remove its units. The data, the configuration and the account stay."""
    with told():
        plan = _Plan(ctx.obj["path"], root or Path("/"), user_unit=user_unit, dry_run=dry_run, memory=None)
        plan.require_rights()
        plan.remove()


class _Plan:
    """Every step says what it does; with `dry_run` saying is all."""

    def __init__(self, named: str | None, root: Path, *, user_unit: bool, dry_run: bool, memory: int | None) -> None:
        self._root = root
        self._user_unit = user_unit
        self._dry_run = dry_run
        self._memory = memory or _default_memory()
        self._named = Path(named).absolute() if named else None
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self._units = home / "systemd" / "user" if user_unit else _SYSTEM_UNITS
        self._config_file = self._named or (home / "lemmy_lite" / "lemmy.hjson" if user_unit else SYSTEM_CONFIG)

    def require_rights(self) -> None:
        """Raises OSError with a sentence where root, or systemd, is missing."""
        if self._user_unit or self._root != Path("/"):
            return
        if not self._dry_run and os.geteuid() != 0:
            raise PermissionError("a system service needs root: run it with sudo, or install one for your own account with --user")

    def require_reach(self) -> None:
        """Raises OSError with a sentence where the service could not read the program, run from its source."""
        if self._user_unit or self._root != Path("/") or getattr(sys, "frozen", False):
            return
        if (place := unit.out_of_reach(_source(), Path(sys.executable).resolve())) is not None:
            raise PermissionError(
                f"the service sees nothing below {place}, where this program or its Python lies: use the executable of `scripts/build`, "
                "which is copied to where it can be read; or move the source to a place such as /opt; or install one for your own "
                "account with --user"
            )

    def install(self, *, start: bool) -> None:
        """All steps, in order; repeating them is harmless. With the example of a configuration nothing is started, now or later."""
        loaded = self._prepare_config()
        wanted = self._wanted(loaded)
        if not self._user_unit:
            self._make_account()
        self._write(self._units / f"{NAME}.service", unit.service(wanted))
        self._write(self._units / f"{NAME}.socket", unit.listener(wanted))
        if not self._dry_run and self._config_file.exists() and not self._user_unit:
            self._hand_over(self._at(self._config_file))
        if loaded.data_dir.exists() and self._named_folder(loaded) and not self._user_unit:
            self._hand_over(self._at(loaded.data_dir))
        self._systemctl("daemon-reload")
        if loaded.hostname == _EXAMPLE_NAME:
            self._say(f"It is not started yet, as its name cannot change later: fill in hostname in {self._config_file}, and repeat this.")
            return
        self._systemctl("enable", f"{NAME}.socket", f"{NAME}.service")
        if start:
            self._systemctl("restart", f"{NAME}.socket", f"{NAME}.service")
            log = f"journalctl {'--user ' if self._user_unit else ''}-u {NAME} -f"
            self._say(f"It answers on {loaded.base_url}. Its log: {log}")
        if self._user_unit:
            self._say("It runs while you are logged in; for always: loginctl enable-linger")

    def remove(self) -> None:
        """The way back."""
        self._systemctl("disable", "--now", f"{NAME}.socket", f"{NAME}.service")
        for name in (f"{NAME}.service", f"{NAME}.socket"):
            path = self._at(self._units / name)
            if path.exists():
                self._say(f"remove {path}")
                if not self._dry_run:
                    path.unlink()
        self._systemctl("daemon-reload")

    def _prepare_config(self) -> Config:
        path = self._at(self._config_file)
        if not path.exists():
            self._say(f"write {path}: an example to fill in; hostname comes first")
            if not self._dry_run:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self._example())
                path.chmod(0o640)
            return config.read({"hostname": _EXAMPLE_NAME}, environment={})
        return config.load(str(path))

    def _example(self) -> str:
        """With the folder that systemd makes, so that commands that are typed find the data, too."""
        text = config.example()
        return text if self._user_unit else text.replace('#data_dir: "lemmy-data"', f'data_dir: "{_SYSTEM_DATA}"')

    def _wanted(self, loaded: Config) -> Wanted:
        return Wanted(
            command=self._program(),
            config=self._config_file,
            data_dir=loaded.data_dir if self._named_folder(loaded) else None,
            places=unit.places(loaded),
            socket_mode=loaded.http.socket_mode,
            memory=self._memory,
            backup=loaded.backup.to if loaded.backup else None,
            pictures=loaded.images.folder,
            source=None if getattr(sys, "frozen", False) else _source(),
            user_unit=self._user_unit,
        )

    def _named_folder(self, loaded: Config) -> bool:
        """Whether the configuration names a data folder of its own; else it is systemd's state folder."""
        return "data_dir" in loaded.origin.given

    def _program(self) -> tuple[str, ...]:
        """What the service runs. The executable is copied to where a service may read it, as home folders are hidden from it."""
        if not getattr(sys, "frozen", False):
            return (sys.executable, "-m", "lemmy_lite")
        running = Path(os.environ.get("LEMMY_LITE_EXECUTABLE") or sys.executable)
        if self._user_unit:
            return (str(running),)
        target = self._at(SYSTEM_PROGRAM)
        if running.resolve() != target.resolve():
            self._say(f"copy {running} to {target}")
            if not self._dry_run:
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
        former = self._at(FORMER_PROGRAM)
        self._say(f"keep the former program as {former}")
        former.unlink(missing_ok=True)
        os.link(target, former)

    def _make_account(self) -> None:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            self._run(
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/var/lib/lemmy_lite",
                "--shell",
                "/usr/sbin/nologin",
                USER,
            )

    def _hand_over(self, path: Path) -> None:
        self._say(f"give {path} to {USER}")
        if self._dry_run or self._root != Path("/"):
            return
        shutil.chown(path, USER, USER)
        for each in path.rglob("*") if path.is_dir() else ():
            shutil.chown(each, USER, USER)

    def _write(self, path: Path, text: str) -> None:
        path = self._at(path)
        self._say(f"write {path}")
        if self._dry_run:
            click.echo("\n".join(f"    {line}" for line in text.splitlines()))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)

    def _systemctl(self, *words: str) -> None:
        self._run("systemctl", *(["--user"] if self._user_unit else []), *words)

    def _run(self, *words: str) -> None:
        self._say(" ".join(words))
        if self._dry_run:
            return
        try:
            ended = subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise OSError(f"{words[0]} is missing: is this machine run by systemd?") from error
        if ended.returncode:
            raise OSError(f"{' '.join(words)} failed: {ended.stderr.strip() or ended.returncode}")

    def _at(self, path: Path) -> Path:
        return self._root / path.relative_to("/") if not self._user_unit else path

    def _say(self, text: str) -> None:
        click.echo(f"would {text}" if self._dry_run and not text.startswith(("It ", "systemctl", "useradd")) else text)


def _source() -> Path:
    """The checkout that this program is run from."""
    return Path(lemmy_lite.__file__).parent.parent


def _default_memory() -> int:
    """A quarter of the machine, between what it needs and what it can use."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(_LEAST_MEMORY, min(_MOST_MEMORY, megabytes // 4))
