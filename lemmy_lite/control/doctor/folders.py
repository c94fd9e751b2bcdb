"""Folders outside of the data folder: whether they are there, and whether the server may write to them."""

from pathlib import Path

from lemmy_lite.config import Config
from lemmy_lite.control import reach
from lemmy_lite.control.doctor.finding import Finding, bad, well
from lemmy_lite.control.unit import NAME, quoted

_INSTALL = "`sudo lemmy-lite service install` opens it to the service."


def outside(config: Config, units: Path) -> Finding | None:
    """The first of them that the server cannot use; None where there are none. The server is who owns the data folder, and where systemd
    runs it, its unit must name them."""
    named = [each for each in reach.folders(config) if each.option == "backup.to" or _is_there(each.path)]  # else `pictures` says so
    user = reach.account(config)
    closed = _closed(config, units / f"{NAME}.service")
    for each in named:
        if (disk := reach.unmounted(each.path, reach.FSTAB)) is not None:
            return bad(f"The disk of {disk}, where {each.path} ({each.option}) lies, is not mounted.", f"Mount it. {_INSTALL}")
        if not _is_there(each.path):
            return bad(f"{each.path} ({each.option}) is not there.", f"Mount its disk. {_INSTALL}")
        if not reach.may(user, "write", each.path):
            account = reach.called(user)
            return bad(
                f"The account of the server, {account}, cannot write to {each.path} ({each.option}).", f"chown -R {account}: {each.path}"
            )
        if each.path in closed:
            return bad(f"{each.path} ({each.option}) was configured after the service was installed, so it cannot write there.", _INSTALL)
    return well(f"The server may write to {', '.join(str(each.path) for each in named)}.") if named else None


def _is_there(path: Path) -> bool:
    """What lies in a folder that may not be entered is: whether the server may write there is the next question."""
    try:
        return path.is_dir()
    except OSError:
        return True


def _closed(config: Config, unit: Path) -> list[Path]:
    """What the unit of the service does not open, if it is the service of this configuration."""
    try:
        text = unit.read_text()
    except OSError:
        return []
    ours = config.origin.source is not None and f"--config {quoted(str(Path(config.origin.source).absolute()))} serve" in text
    return [each.path for each in reach.lacking(text, config)] if ours else []
