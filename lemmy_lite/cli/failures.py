"""How a command ends when it cannot go on: one line a person understands, and a stable exit status."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import click

from lemmy_lite import config
from lemmy_lite.crypto.certificates import CertificateError
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.domain.blog import FrontMissing
from lemmy_lite.http.export.errors import ExportError
from lemmy_lite.http.listening import PortInUse
from lemmy_lite.storage.errors import NotYet, SchemaError, StorageError
from lemmy_lite.storage.lock import DataFolderInUse

EXIT_STATUS: Final[Mapping[type[Exception], int]] = {
    config.ConfigError: 2,
    FrontMissing: 2,
    PortInUse: 2,
    CertificateError: 2,
    DataFolderInUse: 1,
    BackupError: 1,
    NotYet: 1,
    ExportError: 1,
    SchemaError: 3,
    StorageError: 4,
    OSError: 1,
}
"""Exit status by what went wrong; the first line that fits counts."""


@contextmanager
def told() -> Iterator[None]:
    """Turn what a command cannot mend into lines on stderr and its exit status, without a traceback."""
    try:
        yield
    except tuple(EXIT_STATUS) as error:
        lines = error.lines if isinstance(error, config.ConfigError) else [str(error)]
        for line in lines:
            click.echo(f"lemmy-lite: {line}", err=True)
        status = next(status for kind, status in EXIT_STATUS.items() if isinstance(error, kind))
        raise click.exceptions.Exit(status) from None
