"""How many things one instance is sent at a time: one until it has answered, and nothing more while it is silent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from lemmy_lite import config
from lemmy_lite.federation.cursors import Cursors
from lemmy_lite.federation.log import Log
from lemmy_lite.federation.sending import Outcome, Sending, Sent
from lemmy_lite.federation.survey import Concerned
from lemmy_lite.federation.telling import Heard, Telling
from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.storage.tables.delivery import Delivery
from lemmy_lite.storage.tables.sent_activity import SentActivity
from tests.federation.test_places import settled
from tests.federation.test_queue import activity

CONFIG = config.read({"hostname": "home.example"}, environment={})
MOST = CONFIG.federation.concurrent_sends_per_instance
WAITING = 50
"""Activities that the host has not heard of, each about another object."""


class Host:
    """One host, and what is under way to it; what is in `taken` it took before a kill."""

    def __init__(self, taken: int = 0) -> None:
        self.under_way: list[asyncio.Future[Outcome]] = []
        self.begun: list[int] = []
        self._taken = taken
        self._cursor = ActivityId(0)

    async def send(self, found: SentActivity, *_: Any) -> Sent:
        if found.id <= self._taken:
            return Sent(outcome=Outcome.KNOWN)
        self.begun.append(found.id)
        answer = asyncio.get_running_loop().create_future()
        self.under_way.append(answer)
        return Sent(outcome=await answer)

    async def answers(self, outcome: Outcome = Outcome.DELIVERED) -> None:
        """What has been under way longest comes to an end."""
        self.under_way.pop(0).set_result(outcome)
        await settled()

    def of(self, _: Delivery) -> ActivityId:
        return self._cursor

    def advance(self, _: InstanceId, number: ActivityId, *__: Any, **___: Any) -> None:
        self._cursor = number


def tell(host: Host, story: Callable[["asyncio.Task[Heard]"], Awaitable[None]]) -> None:
    """Run a story while the host is told WAITING things."""

    async def allowed() -> bool:
        return True

    async def run() -> None:
        state = Delivery(instance_id=InstanceId(1), last_successful_id=ActivityId(0), fail_count=0, asleep=False)
        concerned = Concerned(state=state, domain="far.example", inboxes={})
        telling = Telling(CONFIG, cast(Log, None), cast(Sending, host), cast(Cursors, host), concerned)
        # No log is read: it is handed all there is.
        piece = [_named(number) for number in range(1, WAITING + 1)]
        telling.hand(piece, ActivityId(0), ActivityId(WAITING))
        task = asyncio.create_task(telling.run(allowed=allowed))
        await settled()
        await story(task)

    asyncio.run(run())


def _named(number: int) -> SentActivity:
    return activity(number, f"about {number}", inboxes=["https://far.example/inbox"])


def test_a_host_that_never_answers_holds_one_send_however_much_waits_and_whatever_it_took_before_a_kill() -> None:
    for taken in (0, 5):
        host = Host(taken)

        async def story(task: "asyncio.Task[Heard]", host: Host = host, taken: int = taken) -> None:
            assert host.begun == [taken + 1]
            await host.answers(Outcome.FAILED)
            heard = await task
            assert (heard.failed, heard.told_to, host.begun) == (True, taken, [taken + 1])

        tell(host, story)


def test_a_host_that_falls_silent_in_the_middle_is_sent_nothing_more() -> None:
    host = Host()

    async def story(task: "asyncio.Task[Heard]") -> None:
        for _ in range(5):
            await host.answers()
        assert (len(host.under_way), len(host.begun)) == (MOST, 5 + MOST)
        await host.answers(Outcome.FAILED)
        assert (len(host.under_way), len(host.begun)) == (MOST - 1, 5 + MOST)
        while host.under_way:
            await host.answers(Outcome.FAILED)
        heard = await task
        assert (heard.failed, heard.answered, heard.told_to, len(host.begun)) == (True, True, 5, 5 + MOST)

    tell(host, story)


def test_a_slow_host_is_sent_the_next_thing_with_each_answer() -> None:
    host = Host()

    async def story(task: "asyncio.Task[Heard]") -> None:
        for answered in range(1, WAITING + 1):
            await host.answers()
            assert len(host.under_way) == min(MOST, WAITING - answered)
        assert (await task).told_to == WAITING

    tell(host, story)
