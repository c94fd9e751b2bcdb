"""What others do in threads while a case breaks things. Whoever stops unasked breaks the case: without them it would show nothing.

with meanwhile(*(person.write_until_the_end for person in people)) as others:
    others.begun()
    …
    others.end()  # from here on they may stop
    instance.kill()
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")

BEGIN_SECONDS = 30.0


class Meanwhile(Generic[T]):
    """Those who are at it. A deed is given this, goes on until `over`, and sets `first` when something of it was acknowledged."""

    def __init__(self) -> None:
        self.first, self.over = threading.Event(), threading.Event()
        self.doing: list[Future[T]] = []

    def begun(self) -> None:
        """Wait until somebody was acknowledged. Raises what ended one of them, AssertionError where nobody is answered."""
        deadline = time.monotonic() + BEGIN_SECONDS
        while not self.first.wait(0.05):
            self.still_at_it()
            assert time.monotonic() < deadline, f"nobody was answered within {BEGIN_SECONDS:.0f} s"

    def still_at_it(self) -> None:
        """Raises what ended one of them, or AssertionError where one stopped by itself."""
        stopped = [each for each in self.doing if each.done()]
        for each in stopped:
            each.result()
        assert not stopped, f"{len(stopped)} of {len(self.doing)} who should be at it all the while have stopped"

    def end(self) -> None:
        """All were at it until now, and may stop."""
        if not self.over.is_set():
            self.still_at_it()
            self.over.set()

    def results(self) -> list[T]:
        """What each has ended with. Raises what ended one of them."""
        return [each.result() for each in self.doing]


@contextlib.contextmanager
def meanwhile(*deeds: Callable[[Meanwhile[T]], T]) -> Iterator[Meanwhile[T]]:
    """A thread for each deed. In the end all must have been at it; they are waited for, and what ended one of them is raised."""
    others = Meanwhile[T]()
    with ThreadPoolExecutor(len(deeds)) as pool:
        others.doing = [pool.submit(deed, others) for deed in deeds]
        try:
            yield others
            others.end()
        except BaseException as error:
            for each in others.doing:
                if each.done() and (ended := each.exception()) not in (None, error):
                    error.add_note(f"Meanwhile somebody had stopped: {ended!r}")
            raise
        finally:
            others.over.set()
    others.results()
