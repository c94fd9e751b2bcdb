"""From a file, the environment and the command line to a `Config`, with every problem found and not only the first."""

import difflib
import ipaddress
import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lemmy_lite.config.image import image_problems
from lemmy_lite.config.option import Option, Section, credential, credentials, declared, every_entry, every_option, in_file
from lemmy_lite.config.options import DATABASE_PARTS, Config, Origin
from lemmy_lite.config.tls import Tls, tls_problems
from lemmy_lite.model import web_address

DEFAULT_FILE = "config/config.hjson"

RETIRED = {
    "actor_name_max_length": "it is a setting of the site now",
    "additional_slurs": "the slur filter is a setting of the site now",
    "captcha": "it is a setting of the site now",
    "docs_dir": "no documentation is served",
    "federation.allowed_instances": "the list is a setting of the site now",
    "federation.blocked_instances": "the list is a setting of the site now",
    "federation.debug": "see federation.allow_private_addresses",
    "federation.enabled": "it is a setting of the site now",
    "federation.http_fetch_retry_limit": "see federation.fetch_requests",
    "federation.strict_allowlist": "the list is a setting of the site now",
    "federation.worker_count": "see federation.inbox_workers",
    "jwt_secret": "the secret is made and kept in the database",
    "rate_limit": "the limits are a setting of the site now",
    "slur_filter": "it is a setting of the site now",
}
"""Keys of Lemmy before 0.19 that its present release passes over; old files still have them."""


class ConfigError(Exception):
    """A configuration that cannot be used. `lines`: one per problem, each naming key, value and what is allowed, free of secrets."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def load(
    path: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] = MappingProxyType({}),
    secrets_elsewhere: bool = False,
) -> Config:
    """Reads `path`, else `LEMMY_CONFIG_LOCATION`, else `config/config.hjson` if it is there, else takes the defaults.

    `environment` is the process's own unless one is passed. `overrides` maps dotted names to values of the command line, which
    win over everything unless they are None. With `secrets_elsewhere` secrets may be missing, as somebody else has them. Raises
    ConfigError.
    """
    environment = os.environ if environment is None else environment
    if "LEMMY_INITIALIZE_WITH_DEFAULT_SETTINGS" in environment:
        return read(None, environment=environment, overrides=overrides)
    named = path or environment.get("LEMMY_CONFIG_LOCATION") or None
    name = named or DEFAULT_FILE
    try:
        content = Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError([f"{name}: is not UTF-8 text"]) from None
    except (OSError, ValueError) as error:
        if named is None and isinstance(error, (FileNotFoundError, NotADirectoryError)):
            return read(None, environment=environment, overrides=overrides)
        reason = error.strerror if isinstance(error, OSError) else "is no path"
        raise ConfigError([f"{name}: cannot be read: {reason}"]) from None
    return parse(content, source=name, environment=environment, overrides=overrides, secrets_elsewhere=secrets_elsewhere)


def parse(
    content: str,
    *,
    source: str = "configuration",
    environment: Mapping[str, str] = MappingProxyType({}),
    overrides: Mapping[str, object] = MappingProxyType({}),
    secrets_elsewhere: bool = False,
) -> Config:
    """Reads the text of an hjson file. Raises ConfigError."""
    import hjson  # 13 ms, and an instance without a file does without it

    repeated: list[str] = []

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(name for name, _ in pairs)
        repeated.extend(f"{_key(name)}: is written twice in one section" for name, count in counts.items() if count > 1)
        return dict(pairs)

    try:
        values = hjson.loads(content, object_pairs_hook=no_repeats)
    except hjson.HjsonDecodeError as error:
        raise ConfigError([f"{source}: line {error.lineno}, column {error.colno}: {' '.join(error.msg.split())}"]) from None
    except RecursionError:
        raise ConfigError([f"{source}: is nested too deeply"]) from None
    except (ValueError, ArithmeticError, LookupError) as error:  # the library's own, at an open comment and at huge numbers
        raise ConfigError([f"{source}: cannot be read ({type(error).__name__}): is a comment not closed, or a number huge?"]) from None
    if not isinstance(values, dict):
        raise ConfigError([f"{source}: is not an object with keys and values"])
    if repeated:
        raise ConfigError(repeated)
    return read(values, source=source, environment=environment, overrides=overrides, secrets_elsewhere=secrets_elsewhere)


def read(
    values: Mapping[str, object] | None = None,
    *,
    source: str = "configuration",
    environment: Mapping[str, str] = MappingProxyType({}),
    overrides: Mapping[str, object] = MappingProxyType({}),
    secrets_elsewhere: bool = False,
) -> Config:
    """Reads nested values as hjson gives them; None is no configuration at all, an instance on http://localhost. Raises ConfigError."""
    reading = _Reading(environment, overrides, secrets_elsewhere=secrets_elsewhere)
    reading.take_file(values or {})
    reading.take_credentials()
    if values is None:
        reading.stand_in_for_a_file()
    reading.assume_port_of_https()
    reading.require_hostname()
    config: Config | None = reading.struct(Config, "")
    if config is None:
        raise ConfigError(reading.problems)
    config = replace(
        config, data_dir=config.data_dir.absolute(), origin=Origin(source if values is not None else None, MappingProxyType(reading.given))
    )
    reading.check(config)
    if reading.problems:
        raise ConfigError(reading.problems)
    return replace(config, origin=replace(config.origin, warnings=tuple(reading.warnings)))


class _Reading:
    """One pass over all sources; collects values, problems and warnings."""

    def __init__(self, environment: Mapping[str, str], overrides: Mapping[str, object], *, secrets_elsewhere: bool) -> None:
        self.environment = environment
        self.secrets_elsewhere = secrets_elsewhere
        self.overrides = {name: value for name, value in overrides.items() if value is not None}
        self.from_file: dict[str, object] = {}
        self.credentials: dict[str, str] = {}
        self.sections: dict[str, bool] = {}
        self.assumed: dict[str, tuple[object, str]] = {}
        self.given: dict[str, str] = {}
        self.problems: list[str] = []
        self.warnings: list[str] = []
        for name in self.overrides.keys() - dict(every_option(Config)).keys():
            self.problems.append(_unknown(name, self.overrides[name]))

    def take_file(self, values: Mapping[str, object], struct: type[Any] = Config, prefix: str = "") -> None:
        """Flattens the nested values to dotted names, refusing what no one declared."""
        entries = {name: entry for name, entry in declared(struct) if in_file(entry)}
        for key, value in values.items():
            name, entry = f"{prefix}{key}", entries.get(key)
            if entry is None:
                if name in RETIRED:
                    self.warnings.append(f"{name}: has no effect: {RETIRED[name]}")
                else:
                    self.problems.append(_unknown(name, value))
            elif isinstance(entry, Option):
                self.from_file[name] = value
            elif isinstance(value, dict):
                self.sections[name] = True
                self.take_file(value, entry.struct, f"{name}.")
            elif value is None and entry.nullable:
                self.sections[name] = False
            else:
                self.problems.append(f"{name}: {_shown(value)} is not a section{' or null' if entry.nullable else ''}, {name}: {{ … }}")

    def take_credentials(self) -> None:
        """Reads the secrets that systemd hands over as files (systemd.exec(5), LoadCredential); a line feed at their end is not part of
        them."""
        folder = self.environment.get("CREDENTIALS_DIRECTORY", "")
        for name in credentials(Config) if folder else ():
            path = Path(folder) / credential(name)
            try:
                self.credentials[name] = path.read_text(encoding="utf-8").removesuffix("\n")
            except FileNotFoundError:
                continue
            except (OSError, UnicodeDecodeError) as error:
                if self.secrets_elsewhere and isinstance(error, PermissionError):
                    continue
                reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
                self.problems.append(f"{name} (by the credential {credential(name)}): cannot be read: {reason}")

    def stand_in_for_a_file(self) -> None:
        """Without any configuration the instance is for this machine only: http://localhost and the port."""
        port = self.overrides.get("port", Config().port)
        self.assumed = {"hostname": (f"localhost:{port}", "no configuration"), "tls_enabled": (False, "no configuration")}

    def assume_port_of_https(self) -> None:
        """Whoever speaks https without a proxy means the port that is part of the name, the usual one else."""
        if self.is_present("tls", Section(Tls, "", nullable=True, present=False)):
            hostname = next((str(layer["hostname"]) for layer in (self.overrides, self.from_file) if "hostname" in layer), "")
            self.assumed["port"] = (hostname.partition(":")[2] or 443, "tls")

    def require_hostname(self) -> None:
        """Lemmy refuses to start without one as well: it is part of every id, and a guess could not be taken back."""
        if not any("hostname" in layer for layer in (self.overrides, self.from_file, self.assumed)):
            self.problems.append("hostname: is not set; it must be the public name of this instance, such as example.com")

    def struct(self, struct: type[Any], prefix: str) -> Any:
        """An instance of a struct, or None if one of its values had a problem."""
        values: dict[str, Any] = {}
        before = len(self.problems)
        for key, entry in declared(struct):
            name = f"{prefix}{key}"
            if isinstance(entry, Option):
                self.option(name, key, entry, values)
            elif self.is_present(name, entry):
                values[key] = self.struct(entry.struct, f"{name}.")
            else:
                values[key] = None
        return struct(**values) if len(self.problems) == before else None

    def is_present(self, name: str, section: Section) -> bool:
        overridden = any(key.startswith(f"{name}.") for key in self.overrides)
        return overridden or self.sections.get(name, section.present)

    def option(self, name: str, key: str, option: Option, values: dict[str, Any]) -> None:
        """Puts the value of one option into `values`, unless it stays at its default or is refused."""
        found = self.lookup(name, option)
        if found is None:
            if option.required and option.secret and self.secrets_elsewhere:
                values[key] = ""
            elif option.required:
                self.problems.append(f"{name}: is missing; it must be {option.kind.allowed}")
            return
        raw, source = found
        label = f"{name} (by {source})" if source == option.environment else name
        if raw is None and option.default is None and not option.required:
            values[key] = None
            return
        try:
            values[key] = option.kind.read(raw)
        except ValueError as error:
            hint = f"; {error}" if str(error) else ""
            shown = "(hidden)" if option.secret else _shown(raw)
            self.problems.append(f"{label}: {shown} is not {option.kind.allowed}{hint}")
            return
        self.given[name] = source
        if option.ignored:
            self.warnings.append(f"{name}: has no effect: {option.ignored}")

    def lookup(self, name: str, option: Option) -> tuple[object, str] | None:
        """The strongest value and its source: command line, environment, credential, file, yielding environment, assumption."""
        if name in self.overrides:
            return self.overrides[name], "command line"
        text = self.variable(option.environment)
        if text and not option.environment_yields:
            return text, option.environment
        if name in self.credentials:
            return self.credentials[name], "credential"
        if name in self.from_file:
            return self.from_file[name], "file"
        if text:
            return text, option.environment
        if name in self.assumed:
            return self.assumed[name]
        return None

    def variable(self, name: str) -> str:
        """A variable of the environment. An empty one counts as absent: container files often pass one on."""
        text = self.environment.get(name, "")
        if name == "STATE_DIRECTORY":  # systemd lists several with colons; the first is ours
            return text.partition(":")[0]
        if name == "RUST_LOG":  # a filter of Lemmy's logging library, of which only a level for everything means something here
            return next((level for level in text.lower().split(",") if level in _RUST_LEVELS), "")
        return text

    def check(self, config: Config) -> None:
        """What no single option can tell."""
        self.check_names(config)
        self.check_tests(config)
        self.problems.extend(tls_problems(config))
        self.problems.extend(image_problems(config.images, secrets_elsewhere=self.secrets_elsewhere))
        if config.process.federate_process_index > config.process.federate_process_count:
            self.problems.append(
                f"process.federate_process_index: {config.process.federate_process_index} is not a whole number "
                f"between 1 and process.federate_process_count, {config.process.federate_process_count}"
            )
        if config.database.uri is not None and any(f"database.{part}" in self.given for part in DATABASE_PARTS):
            self.warnings.append("database: user, password, host, port and database have no effect beside a URI")
        if "database.pool_size" in self.given and config.sqlite_path is not None:
            self.warnings.append("database.pool_size: has no effect: it is for Postgres; see storage.readers")
        if config.federation.allow_private_addresses:
            self.warnings.append(
                "federation.allow_private_addresses: true lets anyone make this server call into its own network; for laboratories only"
            )

    def check_names(self, config: Config) -> None:
        if config.hostname == f"{config.domain}:{443 if config.tls_enabled else 80}":
            self.problems.append(f'hostname: "{config.hostname}" names the usual port of {config.protocol}; leave the port out')
        at_home = config.domain == "localhost" or config.domain.endswith(".localhost") or config.domain.startswith("127.")
        if config.tls_enabled and at_home:
            self.warnings.append(f"hostname: all addresses begin with {config.base_url}; for plain http set tls_enabled: false")
        laboratory = at_home or config.testing.enabled or config.federation.allow_private_addresses
        if not config.tls_enabled and not laboratory and not config.domain.endswith(".onion"):
            self.warnings.append("tls_enabled: false keeps most other instances from federating with this one")
        if config.domain.endswith(".onion") and config.socks_proxy is not None and config.socks_proxy.lower().startswith("socks5:"):
            self.problems.append(
                "socks_proxy: with a hostname of .onion write socks5h://, or a name server learns with whom this instance speaks"
            )
        elif config.socks_proxy is not None and _looks_like_tor(config.socks_proxy):
            self.warnings.append(
                "socks_proxy: with socks5:// names are looked up here, so a name server learns with whom this instance speaks;"
                " socks5h:// hands them to Tor"
            )

    def check_tests(self, config: Config) -> None:
        if config.testing.enabled:
            self.warnings.append("LEMMY_LITE_TEST: the knobs for tests are open; never on a public instance")
            return
        for name in ("resolve", "allow_nets"):
            if f"testing.{name}" in self.given:
                variable = self.given[f"testing.{name}"]
                shown = _shown(self.environment.get(variable, ""))
                self.problems.append(f"{variable}: {shown} is refused; it is allowed only with LEMMY_LITE_TEST=1")


def _looks_like_tor(proxy: str) -> bool:
    """Whether a proxy that is given addresses stands where Tor listens for programs of the same machine, or Tor Browser does."""
    parts = web_address.parts(proxy)
    if parts.scheme != "socks5" or parts.port not in (9050, 9150):
        return False
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


_RUST_LEVELS = ("off", "error", "warn", "info", "debug", "trace")
_SECRET_WORDS = ("pass", "secret", "key", "uri", "url", "token")


def _unknown(name: str, value: object) -> str:
    """The line for a key that no one declared. It may be a misspelt password, so the value shows only where that is unlikely."""
    entries = dict(every_entry(Config))
    section, _, last = name.rpartition(".")
    siblings = [known for known in entries if known.rpartition(".")[0] == section]
    by_word = {known.rpartition(".")[2]: known for known in reversed(entries)}
    near = difflib.get_close_matches(name, siblings, 1, 0.7)
    near = near or [by_word[word] for word in difflib.get_close_matches(last, by_word, 1, 0.75)]
    suspect = any(word in last.lower() for word in _SECRET_WORDS)
    if near:
        nearest = entries[near[0]]
        suspect = suspect or (isinstance(nearest, Option) and nearest.secret)
        advice = f"the nearest is {near[0]}"
    else:
        advice = "allowed here: " + ", ".join(known.rpartition(".")[2] for known in siblings)
    return f"{_key(name)}: {'(hidden)' if suspect else _shown(value)} is set, but there is no such option; {advice}"


def _key(name: str) -> str:
    """A key that no one declared, fit for an error line."""
    return _shown(name)[1:].removesuffix('"')


def _shown(value: object, longest: int = 60) -> str:
    """A value for an error line: on one line, not long, and without what is nested in it, which may hold secrets."""
    if isinstance(value, dict):
        return "{ … }"
    if isinstance(value, (list, tuple)) and any(isinstance(part, (dict, list)) for part in value):
        return "[ … ]"
    if isinstance(value, str) and re.search(r"(?i)(?:pass|secret|key|token)\w*\W*:|:\s", value):
        return "(hidden)"  # a key without a value takes the next line for it, whatever its key has become, and that may be a password
    shown = json.dumps(value, default=str)  # ASCII, so that no odd line separator or terminal code gets through
    return shown if len(shown) <= longest else shown[:longest] + "…"
