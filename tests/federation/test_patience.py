"""Who waits for whom when votes come in: nobody who has a queue, all others together."""

import asyncio

from lemmy_lite.federation.inbox.patience import IN_HASTE, MOST_REMEMBERED, Patience

LONG = 60.0


class Wall:
    """A clock that somebody moves."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


async def _begun(patience: Patience, *hosts: str) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(patience.share(host)) for host in hosts]
    await asyncio.sleep(0)
    return tasks


def test_those_who_are_alone_wait_for_each_other_and_go_on_together() -> None:
    async def story() -> None:
        patience = Patience(seconds=0.01)
        await asyncio.wait_for(asyncio.gather(*await _begun(patience, "a.test", "b.test", "c.test")), LONG)
        # The next wait is a wait of its own.
        (later,) = await _begun(patience, "a.test")
        assert not later.done()
        await asyncio.wait_for(later, LONG)

    asyncio.run(story())


def test_a_sender_who_comes_right_after_its_answer_waits_for_nothing_and_takes_the_others_along() -> None:
    async def story() -> None:
        clock = Wall()
        patience = Patience(LONG, clock)
        patience.answered("busy.test")
        (waiting,) = await _begun(patience, "quiet.test")
        assert not waiting.done()
        clock.moment += IN_HASTE / 2
        await asyncio.wait_for(patience.share("busy.test"), LONG / 2)
        await asyncio.wait_for(waiting, LONG / 2)

    asyncio.run(story())


def test_a_sender_who_was_answered_long_ago_waits_again_until_all_are_released() -> None:
    async def story() -> None:
        clock = Wall()
        patience = Patience(LONG, clock)
        patience.answered("a.test")
        clock.moment += IN_HASTE * 2
        (waiting,) = await _begun(patience, "a.test")
        assert not waiting.done()
        patience.release()
        await asyncio.wait_for(waiting, LONG / 2)

    asyncio.run(story())


def test_no_more_senders_are_remembered_than_there_is_room_for() -> None:
    async def story() -> None:
        clock = Wall()
        patience = Patience(LONG, clock)
        for number in range(MOST_REMEMBERED + 1):
            patience.answered(f"{number}.test")
        (waiting,) = await _begun(patience, "0.test")
        assert not waiting.done()
        await asyncio.wait_for(patience.share(f"{MOST_REMEMBERED}.test"), LONG / 2)
        await asyncio.wait_for(waiting, LONG / 2)

    asyncio.run(story())
