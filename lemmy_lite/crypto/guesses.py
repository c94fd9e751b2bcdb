"""How often a secret may be guessed: wrong guesses are counted for each secret, whoever makes them and from wherever.

As a bucket of http/ratelimit.py: all that is kept of a secret is the moment at which nothing will be held against it any more. A guess is
counted before it is looked at, as a thousand may come at once, and taken back when it was right. Counts belong to this process and end with
it: a write for each wrong guess would let strangers wear out a card.
"""

import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from lemmy_lite.model.clock import HOUR, Micros

MOST_REMEMBERED: Final = 10_000
"""Secrets remembered at once, about 2 MB. Beyond it those of which least is held are forgotten."""


def _monotonic() -> Micros:
    return time.monotonic_ns() // 1000


class Guesses:
    """The wrong guesses of late. Not for several threads: it lives on the event loop."""

    def __init__(self, *, now: Callable[[], Micros] = _monotonic, most_remembered: int = MOST_REMEMBERED) -> None:
        """`now` is monotonic, so that a clock that is set frees nobody."""
        self._now = now
        self._most = most_remembered
        self._clear_at: dict[bytes, Micros] = {}

    def __len__(self) -> int:
        """How many secrets are remembered."""
        return len(self._clear_at)

    def spend(self, secret: str, most: int) -> bool:
        """Count a guess; False where it must not even be looked at, since `most` were wrong. They are forgotten evenly over an hour, so the
        next one is looked at after an hour's `most`th part. `secret` names what is guessed."""
        key, now, price = _key(secret), self._now(), HOUR // most
        held = max(0, self._clear_at.get(key, 0) - now) + price
        if held > HOUR:
            return False
        self._clear_at[key] = now + held
        if len(self._clear_at) > self._most:
            self._sweep(now)
        return True

    def forgive(self, secret: str) -> None:
        """The right one was given: those before it are not held against anybody."""
        self._clear_at.pop(_key(secret), None)

    def _sweep(self, now: Micros) -> None:
        kept = sorted(((moment, key) for key, moment in self._clear_at.items() if moment > now), reverse=True)
        self._clear_at = {key: moment for moment, key in kept[: self._most // 2]}


def _key(secret: str) -> bytes:
    """Of one length for whatever somebody types; people type passwords where names belong."""
    return blake2b(secret.encode(errors="surrogatepass"), digest_size=16).digest()
