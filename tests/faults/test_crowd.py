"""The judge of R10 is judged: when a send to a host that drips is over."""

import asyncio

import pytest

from tests.faults import crowd
from tests.faults.crowd import Crowd
from tests.federation.lab import eventually


def test_a_send_ends_when_the_sender_hangs_up_and_not_with_the_next_byte_and_a_question_is_no_send(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "DRIP_SECONDS", 3600.0)

    async def run() -> None:
        found = Crowd(1, dripping=1)
        server = await asyncio.start_server(found.answer, "127.0.0.1", 0)

        async def under_way() -> int:
            return found.under_way["f0000.test"]

        for request, counts in ((b"POST /inbox HTTP/1.1\r\nHost: f0000.test:1\r\nContent-Length: 2\r\n\r\n{}", 1), (_QUESTION, 0)):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(request)
            assert await reader.read(1) == b"H"
            assert await under_way() == counts
            writer.close()
            await eventually(under_way, gives=lambda number: number == 0)
        assert (found.tries, found.most_under_way["f0000.test"]) == (1, 1)
        server.close()

    asyncio.run(run())


_QUESTION = b"GET /.well-known/nodeinfo HTTP/1.1\r\nHost: f0000.test:1\r\n\r\n"
