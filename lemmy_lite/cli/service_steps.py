"""What `lemmy-lite service` does, step by step: each is said, and with `dry_run` saying is all."""

import subprocess
from pathlib import Path

import click

_AS_IT_STANDS = ("It ", "Warning: ", "systemctl ", "useradd ", "usermod ")


class Steps:
    """Of one command. `root` is another place for every file, for packages and tests."""

    def __init__(self, root: Path, *, user_unit: bool, dry_run: bool) -> None:
        self.root = root.absolute()
        self.user_unit = user_unit
        self.dry_run = dry_run

    @property
    def on_this_machine(self) -> bool:
        """Whether things are done, and to the machine itself."""
        return not self.dry_run and self.root == Path("/")

    def at(self, path: Path) -> Path:
        """Where a file of the system stands."""
        return self.root / path.relative_to("/") if not self.user_unit else path

    def say(self, text: str) -> None:
        """What is done now, or how it stands."""
        click.echo(f"would {text}" if self.dry_run and not text.startswith(_AS_IT_STANDS) else text)

    def write(self, path: Path, text: str) -> None:
        """A file that everybody may read."""
        path = self.at(path)
        self.say(f"write {path}")
        if self.dry_run:
            click.echo("\n".join(f"    {line}" for line in text.splitlines()))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)

    def systemctl(self, *words: str) -> None:
        """Tell systemd. Raises OSError."""
        self.run("systemctl", *(["--user"] if self.user_unit else []), *words)

    def run(self, *words: str) -> None:
        """A program. Raises OSError with what it said where it fails."""
        self.say(" ".join(words))
        if self.dry_run:
            return
        try:
            ended = subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise OSError(f"{words[0]} is missing: is this machine run by systemd?") from error
        if ended.returncode:
            raise OSError(f"{' '.join(words)} failed: {ended.stderr.strip() or ended.returncode}")
