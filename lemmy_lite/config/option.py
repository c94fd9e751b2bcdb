"""How an option is declared: a field of a frozen dataclass that carries its kind, its help and where it may come from."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from lemmy_lite.config.kinds import Kind

T = TypeVar("T")

Applies = Literal["restart", "first start"]
"""When a changed value counts. Nothing is taken over by a running instance yet; add "live" with the first option that is."""

_KEY = "option"


@dataclass(frozen=True)
class Option:
    """What is known about one option beside its name and type.

    `environment` names the variable that wins over the file; with `environment_yields` the file wins. `in_file` is false for
    what only the environment may say. `ignored` tells why a key of Lemmy's has no effect here. `example` stands in
    `lemmy.hjson.example` where there is no default worth showing.
    """

    kind: Kind[Any]
    default: Any
    help: str
    required: bool = False
    environment: str = ""
    environment_yields: bool = False
    in_file: bool = True
    secret: bool = False
    ignored: str = ""
    example: object = None
    applies: Applies = "restart"


@dataclass(frozen=True)
class Section:
    """A group of options. `nullable`: may be null or absent; `present` tells what absence means."""

    struct: type[Any]
    help: str
    nullable: bool
    present: bool


def option(
    kind: Kind[T],
    default: T,
    help: str,
    *,
    environment: str = "",
    environment_yields: bool = False,
    in_file: bool = True,
    secret: bool = False,
    ignored: str = "",
    example: object = None,
    applies: Applies = "restart",
) -> T:
    """Declares an option. A default of None allows null."""
    declared = Option(kind, default, help, False, environment, environment_yields, in_file, secret, ignored, example, applies)
    return dataclasses.field(default_factory=lambda: default, repr=not secret, metadata={_KEY: declared})


def required(kind: Kind[T], help: str, *, example: object, secret: bool = False, applies: Applies = "restart") -> T:
    """Declares an option that must be given wherever its section is."""
    declared = Option(kind, None, help, required=True, secret=secret, example=example, applies=applies)
    return cast(T, dataclasses.field(repr=not secret, metadata={_KEY: declared}))


def section(struct: type[T], help: str) -> T:
    """Declares a section that is always there, with its defaults."""
    return dataclasses.field(default_factory=struct, metadata={_KEY: Section(struct, help, nullable=False, present=True)})


def optional_section(struct: type[T], help: str, *, present: bool = False) -> T | None:
    """Declares a section that may be null; when it is left out it has its defaults (`present`) or is None."""
    declared = Section(struct, help, nullable=True, present=present)
    return dataclasses.field(default_factory=struct if present else lambda: None, metadata={_KEY: declared})


def declared(struct: type[Any]) -> Iterator[tuple[str, Option | Section]]:
    """The options and sections of a struct in the order in which they are declared."""
    for field in dataclasses.fields(struct):
        if _KEY in field.metadata:
            yield field.name, field.metadata[_KEY]


def every_entry(struct: type[Any], prefix: str = "") -> Iterator[tuple[str, Option | Section]]:
    """All that may stand in a file, sections included, by dotted name."""
    for name, entry in declared(struct):
        if in_file(entry):
            yield f"{prefix}{name}", entry
        if isinstance(entry, Section):
            yield from every_entry(entry.struct, f"{prefix}{name}.")


def every_option(struct: type[Any], prefix: str = "") -> Iterator[tuple[str, Option]]:
    """All options by their dotted name, those of the environment alone included."""
    for name, entry in declared(struct):
        if isinstance(entry, Section):
            yield from every_option(entry.struct, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", entry


def credential(name: str) -> str:
    """What systemd calls the secret of an option, as in /etc/credstore: the dotted name behind that of the program."""
    return f"lemmy_lite.{name}"


def credentials(struct: type[Any]) -> Iterator[str]:
    """The dotted names of options whose value may be such a secret."""
    return (name for name, entry in every_option(struct) if entry.secret and not entry.ignored)


def in_file(entry: Option | Section) -> bool:
    """Whether a configuration file may have it: a section may if one of its options may."""
    return entry.in_file if isinstance(entry, Option) else any(in_file(inner) for _, inner in declared(entry.struct))
