"""The server's side of the child process: one child, one job at a time, started when there is work and let go when there is none."""

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Final

from lemmy_lite.media.job import Answer, Job, Limits, read_answer
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.media.worker import COMMAND

log = logging.getLogger(__name__)

MEMORY: Final = 640 * 2**20
"""Address space of the child: a picture of 40 megapixels twice (320 MB) and an encoder's own copy."""

WALL_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 120.0
"""A child at rest holds some 25 MB, and to start one takes 0.3 s."""

MOST_WAITING: Final = 32
"""Jobs in the queue. Whoever comes then is told to come back: pictures are asked for by the hundred."""


def workshop_memory(limits: Limits) -> int:
    """The address space that pictures of this size need: twice the picture, and the child itself with its encoders."""
    return max(MEMORY, 240 * 2**20 + 10 * limits.pixels)


class Workshop:
    """Decodes and encodes. One for the process, used from one event loop."""

    def __init__(self, *, memory: int = MEMORY, wall_seconds: float = WALL_SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
        self._memory = memory
        self._wall_seconds = wall_seconds
        self._idle_seconds = idle_seconds
        self._child: asyncio.subprocess.Process | None = None
        self._slot = asyncio.Lock()
        self._waiting = 0
        self._letting_go: asyncio.TimerHandle | None = None

    @property
    def child(self) -> int | None:
        """The process id of the child, if there is one."""
        return self._child.pid if self._child is not None else None

    async def run(self, job: Job) -> Answer:
        """Have a job done. Raises ImageRefused; the child is gone then if it was its fault."""
        if self._waiting >= MOST_WAITING:
            raise ImageRefused(Reason.BUSY, "Too many pictures are waiting to be made.")
        self._waiting += 1
        try:
            async with self._slot:
                answer = await self._answer(job)
        finally:
            self._waiting -= 1
        if answer.refused is not None:
            raise ImageRefused(Reason(answer.refused), answer.sentence)
        return answer

    async def close(self) -> None:
        """End the child; a job under way fails."""
        if self._letting_go is not None:
            self._letting_go.cancel()
        await self._end()

    async def _answer(self, job: Job) -> Answer:
        rested = self._child is not None
        try:
            return await self._ask(job)
        except ImageRefused as refused:
            if not (rested and isinstance(refused.__cause__, ChildGone)):
                raise
            # It may have died at rest, of what is not this picture's fault.
            return await self._ask(job)

    async def _ask(self, job: Job) -> Answer:
        if self._letting_go is not None:
            self._letting_go.cancel()
        try:
            child = await self._started()
            async with asyncio.timeout(self._wall_seconds):
                answer = await _exchange(child, job)
        except BaseException as error:
            # Whatever happened, nobody knows any more which answer would be to which job.
            await self._end()
            if isinstance(error, TimeoutError | ChildGone):
                log.info("the decoder of pictures was ended: %s", str(error) or "it took too long")
                raise ImageRefused(Reason.TOO_LARGE, "The picture needs more memory or time than it may have.") from error
            raise
        self._letting_go = asyncio.get_running_loop().call_later(self._idle_seconds, self._let_go)
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            # From the event loop's own thread, which is the main one: the kernel ends the child with the thread that made it.
            self._child = await asyncio.create_subprocess_exec(
                *command(),
                str(self._memory),
                str(os.getpid()),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
            )
        return self._child

    def _let_go(self) -> None:
        if self._child is not None and self._child.stdin is not None and not self._slot.locked():
            self._child.stdin.close()

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            if child.returncode is None:
                child.kill()
            await child.wait()


class ChildGone(Exception):
    """The child ended in the middle of a job: out of memory, out of time, or killed."""


async def _exchange(child: asyncio.subprocess.Process, job: Job) -> Answer:
    if child.stdin is None or child.stdout is None:
        raise ChildGone("it has no pipes")
    try:
        child.stdin.write(job.line())
        await child.stdin.drain()
        return read_answer(await child.stdout.readline())
    except (OSError, ValueError, TypeError) as error:
        raise ChildGone("it is gone") from error


def command() -> list[str]:
    """How this program starts itself as a child: the same executable where it is one, else the interpreter with this package.

    Of an executable that is the unpacked program, which starts without looking for its folder.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, COMMAND]
    return [sys.executable, "-P", "-m", "lemmy_lite", COMMAND]


def _environment() -> dict[str, str]:
    """No secret of the server's environment; one heap, as each reserves 64 MB of the address space that is bounded."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("_PYI", "_MEIPASS", "LD_LIBRARY_PATH", "TMPDIR"))}
    home = {} if getattr(sys, "frozen", False) else {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", **home, **kept}
