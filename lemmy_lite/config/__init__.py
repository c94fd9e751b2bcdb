"""All options of an instance: each declared once, read from hjson and the environment, frozen afterwards.

`config.load()` is what commands call; `config.read({...})` and `config.parse("...")` are for tests and tools. To add an option,
write its field into `options.py`; `python -m lemmy_lite.config > lemmy.hjson.example` then refreshes the example.
"""

from lemmy_lite.config.example import Understood, describe, example, holds_secrets, without_password
from lemmy_lite.config.image import S3, Images, Pictrs
from lemmy_lite.config.kinds import UNIX, Endpoint, IPAddress, IPNetwork, ResolverMap
from lemmy_lite.config.option import credential, credentials
from lemmy_lite.config.options import (
    Backup,
    Config,
    Database,
    Email,
    Federation,
    Http,
    Log,
    Origin,
    Process,
    Prometheus,
    Setup,
    Storage,
    Testing,
    Tor,
)
from lemmy_lite.config.reading import DEFAULT_FILE, ConfigError, load, parse, read
from lemmy_lite.config.tls import LETS_ENCRYPT, Tls

__all__ = [
    "DEFAULT_FILE",
    "LETS_ENCRYPT",
    "S3",
    "UNIX",
    "Backup",
    "Config",
    "ConfigError",
    "Database",
    "Email",
    "Endpoint",
    "Federation",
    "Http",
    "IPAddress",
    "IPNetwork",
    "Images",
    "Log",
    "Origin",
    "Pictrs",
    "Process",
    "Prometheus",
    "ResolverMap",
    "Setup",
    "Storage",
    "Testing",
    "Tls",
    "Tor",
    "Understood",
    "credential",
    "credentials",
    "describe",
    "example",
    "holds_secrets",
    "load",
    "parse",
    "read",
    "without_password",
]
