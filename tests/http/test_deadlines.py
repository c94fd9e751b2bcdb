"""Many wait under one timer, each until its own moment."""

import asyncio

import pytest

from lemmy_lite.http.deadlines import Deadlines


def test_each_waits_until_its_own_moment_and_who_gets_what_he_waits_for_is_left_alone() -> None:
    async def story() -> None:
        loop, deadlines, order = asyncio.get_running_loop(), Deadlines(), list[str]()
        never, soon = loop.create_future(), loop.create_future()

        async def wait(name: str, seconds: float, future: asyncio.Future[str]) -> str:
            try:
                return await deadlines.until(loop.time() + seconds, asyncio.shield(future))
            finally:
                order.append(name)

        tasks = [asyncio.create_task(wait(*each)) for each in (("third", 0.06, never), ("second", 0.03, never), ("first", 60, soon))]
        await asyncio.sleep(0.01)
        soon.set_result("found")
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in ended] == [TimeoutError, TimeoutError, str]
        assert order == ["first", "second", "third"]
        assert [task.cancelling() for task in tasks] == [0, 0, 0]

    asyncio.run(story())


def test_one_timer_serves_all_and_none_is_set_for_who_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        loop, deadlines, timers = asyncio.get_running_loop(), Deadlines(), list[float]()
        set_timer = loop.call_at
        monkeypatch.setattr(loop, "call_at", lambda when, *rest, **more: timers.append(when) or set_timer(when, *rest, **more))
        for _ in range(100):
            await deadlines.until(loop.time() + 30, asyncio.sleep(0))
        assert len(timers) == 1

    asyncio.run(story())


def test_nobody_waits_longer_than_all_are_told_to() -> None:
    async def story() -> None:
        loop, deadlines = asyncio.get_running_loop(), Deadlines()
        tasks = [asyncio.create_task(deadlines.until(loop.time() + 60, loop.create_future())) for _ in range(3)]
        await asyncio.sleep(0)
        deadlines.hasten(loop.time() + 0.01)
        async with asyncio.timeout(5):
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(each) for each in ended} == {TimeoutError}

    asyncio.run(story())


def test_who_is_to_end_for_another_reason_ends_for_that_one() -> None:
    async def story() -> None:
        loop, deadlines = asyncio.get_running_loop(), Deadlines()
        task = asyncio.create_task(deadlines.until(loop.time() + 60, loop.create_future()))
        await asyncio.sleep(0)
        deadlines.hasten(0)
        deadlines._ring()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
