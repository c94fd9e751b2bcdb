"""What admins write: the configuration file, the slur filter and the list of blocked links."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lemmy_lite import config
from lemmy_lite.config import ConfigError
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.text import blocked_links, slurs
from tests.fuzz.harmless import require_linear
from tests.fuzz.inputs import changed_text, pieces, samples, words
from tests.fuzz.target import Bench, Broken

SECRET = "hunter2hunter2"


@contextmanager
def opened_config(_folder: Path) -> Iterator[Bench]:
    """Configuration files."""
    yield Bench(changed_text(samples("config"), words("config")) | pieces(words("config"), 20), check_config)


@contextmanager
def opened_patterns(_folder: Path) -> Iterator[Bench]:
    """A slur filter, a text to be filtered, an entry of the list of links: line by line."""
    yield Bench(changed_text(samples("patterns"), words("patterns")) | pieces(words("patterns"), 20), check_patterns)


def check_config(content: str) -> None:
    """A file is understood, or every problem is a line of its own that tells no secret."""
    try:
        found = config.parse(content)
    except ConfigError as error:
        if not error.lines or any("\n" in line or not line.strip() for line in error.lines):
            raise Broken(f"problems that are no lines: {error.lines}") from error
        # A value under a key that is no option is shown where it is nothing like a password's (reading.py).
        told = "\n".join(line for line in error.lines if "there is no such option" not in line)
    else:
        told = "\n".join(str(each) for each in (*config.describe(found), *found.origin.warnings))
    if SECRET in told:
        raise Broken(f"a secret is told: {told[:500]}")


def check_patterns(text: str) -> None:
    """A filter is refused, or finds what it finds in steps that go with the text's length."""
    regex, _, rest = text.partition("\n")
    words, _, entry = rest.partition("\n")
    with contextlib.suppress(LemmyError):
        slurs.check_regex(regex)
        if slurs.replace(regex, words) != words:
            with contextlib.suppress(LemmyError):
                slurs.check(regex, words)
                raise Broken("replaced what is not refused")
        require_linear(lambda each: slurs.replace(regex, each), words)
    with contextlib.suppress(LemmyError):
        found = blocked_links.entry(entry)
        with contextlib.suppress(LemmyError):
            blocked_links.check(f"https://{found}", [found])
            if found[0].isalnum() and (found[-1].isalnum()):
                raise Broken(f"{found!r} does not block itself")
