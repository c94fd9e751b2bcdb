"""The program, whose threads can be held up from outside: `python -m tests.faults.held_program …` in place of `python -m lemmy_lite …`.

SIGUSR1 holds up its event loop, SIGUSR2 its writer's thread at the next commit, for LEMMY_LITE_TEST_HELD seconds.
"""

import os
import signal
import threading
import time
from typing import Any

from lemmy_lite.cli.main import main
from lemmy_lite.storage.writer import Writer


def run() -> None:
    """Serve, and wait for signals."""
    seconds, held = float(os.environ["LEMMY_LITE_TEST_HELD"]), threading.Event()
    perform = Writer._perform

    def held_up(self: Writer, session: Any, units: Any) -> None:
        if held.is_set():
            held.clear()
            time.sleep(seconds)
        perform(self, session, units)

    Writer._perform = held_up  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, lambda *_: time.sleep(seconds))  # Python runs it on the main thread, which is the event loop's
    signal.signal(signal.SIGUSR2, lambda *_: held.set())
    main()


if __name__ == "__main__":
    run()
