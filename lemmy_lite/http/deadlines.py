"""Tasks that wait for something, each until a moment of its own, under one timer of the event loop.

A timer for each body that is read cost a sixth of what the event loop spends on a vote, and all but none of them ever ring.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Deadlines:
    """Not for several threads: it lives on the event loop."""

    def __init__(self) -> None:
        self._of: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings = math.inf

    async def until(self, when: float, awaited: Awaitable[T]) -> T:
        """What is awaited, if it comes by `when` on the loop's clock. Raises TimeoutError."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        cancelling = task.cancelling()
        self._of[task] = when
        if when < self._rings:
            self._set(when)
        try:
            return await awaited
        except asyncio.CancelledError:
            # As asyncio.timeout does: somebody else may want this task to end as well, and comes first.
            if task in self._late:
                self._late.discard(task)
                if task.uncancel() <= cancelling:
                    raise TimeoutError from None
            raise
        finally:
            del self._of[task]
            if task in self._late:  # something else ended it in the moment in which its time was over
                self._late.discard(task)
                task.uncancel()

    def hasten(self, when: float) -> None:
        """Nobody waits longer than until then."""
        self._of = {task: min(own, when) for task, own in self._of.items()}
        self._set(min(self._of.values(), default=math.inf))

    def _set(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = when
        self._timer = asyncio.get_running_loop().call_at(when, self._ring) if when < math.inf else None

    def _ring(self) -> None:
        """Those whose time has come hear of it; the next one sets the timer. Most are long done when it rings."""
        for task, when in self._of.items():
            if when <= self._rings and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._set(min((when for task, when in self._of.items() if task not in self._late), default=math.inf))
