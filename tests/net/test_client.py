"""The outgoing client as a client: what it sends, what it hands back, and how it fails."""

import asyncio
import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from lemmy_lite.crypto import keys, signatures
from lemmy_lite.model.clock import SECOND
from lemmy_lite.net.errors import Kind
from tests.net.clients import budget, client, failure, get, run
from tests.net.servers import Received, answer, answering, certificate, name_server, serving


def test_a_fetch_says_who_asks_and_hands_back_what_was_said() -> None:
    async def test() -> None:
        async with serving(answering(404, b"gone", ("Content-Type", "Text/Plain; charset=utf-8"))) as server, client() as asker:
            url = f"http://a.test:{server.port}/u/alice%2Fb?x=1"
            response = await get(asker, url + "#fragment", accept="application/activity+json")
            assert (response.url, response.status, response.body) == (url, 404, b"gone")
            assert (response.content_type, response.is_success) == ("text/plain", False)
            (request,) = server.requests
            assert (request.method, request.target) == ("GET", "/u/alice%2Fb?x=1")
            assert request.header("host") == f"a.test:{server.port}"
            assert request.header("user-agent") == "lemmy_lite/test"
            assert request.header("accept") == "application/activity+json"
            assert request.header("accept-encoding") == "gzip"

    run(test())


def test_a_delivery_sends_these_very_bytes_once() -> None:
    async def test() -> None:
        async with serving(answering(202, b"thanks")) as server, client() as asker:
            body = b'{"a":"\xc3\xa9"}'
            headers = [("Content-Type", "application/activity+json")]
            response = await asker.post(f"http://a.test:{server.port}/inbox", body, budget(), headers=headers)
            assert (response.status, response.body) == (202, b"thanks")
            (request,) = server.requests
            assert (request.method, request.body, request.header("content-type")) == ("POST", body, "application/activity+json")

    run(test())


def test_a_head_request_brings_headers_alone() -> None:
    async def test() -> None:
        async with (
            serving(lambda _, writer: _write(writer, answer(200, b"", ("X-A", "b"), length=5_000_000))) as server,
            client() as asker,
        ):
            response = await asker.head(f"http://a.test:{server.port}/", budget(), same_origin_redirects=False)
            assert (response.header("x-a"), response.body) == ("b", b"")
            assert server.requests[0].method == "HEAD"

    run(test())


async def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)


@pytest.mark.parametrize("sign", [signatures.sign_cavage, signatures.sign_rfc9421])
def test_what_the_client_sends_signed_is_believed_by_the_receiver(sign: object) -> None:
    pair = keys.generate_key_pair()
    now = 1_790_000_000 * SECOND

    def signer(method: str, url: str, headers: signatures.Headers, body: bytes | None) -> list[tuple[str, str]]:
        assert callable(sign)
        made = sign(method, url, headers, body, "https://a.test/u/me#main-key", pair.private_key, now)
        assert isinstance(made, list)
        return made

    async def test() -> None:
        async with serving(answering(200)) as server, client() as asker:
            url = f"http://a.test:{server.port}/inbox?x=%7e"
            headers = [("Content-Type", "application/activity+json")]
            await asker.post(url, b"{}", budget(), headers=headers, sign=signer)
            await get(asker, url, sign=signer)
            for request in server.requests:
                received = signatures.Request(
                    method=request.method,
                    scheme="http",
                    host=f"a.test:{server.port}",
                    target=request.target,
                    headers=request.headers,
                    body=request.body,
                )
                assert signatures.verify(signatures.examine(received, now), pair.public_key).created == now

    run(test())


def test_connections_are_kept_and_used_again() -> None:
    async def test() -> None:
        async with serving(answering(200, b"x")) as server, client() as asker:
            for _ in range(3):
                await get(asker, f"http://a.test:{server.port}/")
            assert (len(server.requests), server.connections) == (3, 1)

    run(test())


def test_no_more_than_the_allowed_connections_to_one_host() -> None:
    waiting, full = asyncio.Event(), asyncio.Semaphore(0)

    async def patient(_: Received, writer: asyncio.StreamWriter) -> None:
        full.release()
        await waiting.wait()
        writer.write(answer(200, b"x"))

    async def test() -> None:
        async with serving(patient) as server, client(pool_per_host=2) as asker:
            asking = [asyncio.create_task(get(asker, f"http://a.test:{server.port}/{n}")) for n in range(6)]
            await full.acquire()
            await full.acquire()
            await asyncio.sleep(0.2)  # time for a third, which must not come
            assert server.connections == 2
            waiting.set()
            assert {response.status for response in await asyncio.gather(*asking)} == {200}
            assert server.connections == 2

    run(test())


def test_compressed_answers_are_decoded() -> None:
    async def test() -> None:
        body = b"lemmings " * 100
        async with serving(answering(200, gzip.compress(body), ("Content-Encoding", "gzip"))) as server, client() as asker:
            assert (await get(asker, f"http://a.test:{server.port}/")).body == body

    run(test())


ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n"


async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(ENDLESS)
    while True:
        writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
        await writer.drain()


async def dripping(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(_: Received, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def hanging_up(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def cut_short(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(200, b"half", length=1000))
    await writer.drain()
    writer.close()


async def nonsense(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")


async def long_header(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(200, b"", ("X-Long", "x" * 100_000)))


BOMB = gzip.compress(bytes(5_000_000))


@pytest.mark.parametrize(
    ("handler", "seconds", "kind"),
    [
        (answering(200, b"x" * 10_001), 20, Kind.TOO_LARGE),
        (answering(200, BOMB, ("Content-Encoding", "gzip")), 20, Kind.TOO_LARGE),
        (endless, 20, Kind.TOO_LARGE),
        (dripping, 1, Kind.TIMEOUT),
        (silent, 0.5, Kind.TIMEOUT),
        (hanging_up, 20, Kind.CONNECT),
        (cut_short, 20, Kind.PROTOCOL),
        (nonsense, 20, Kind.PROTOCOL),
        (long_header, 20, Kind.PROTOCOL),
        (answering(200, b"x", ("Content-Encoding", "br")), 20, Kind.PROTOCOL),
        (answering(200, b"x", ("Content-Encoding", "gzip")), 20, Kind.PROTOCOL),
    ],
)
def test_a_misbehaving_server_costs_what_was_allowed_and_an_error_with_its_kind(handler: object, seconds: float, kind: Kind) -> None:
    async def test() -> None:
        assert callable(handler)
        async with serving(handler) as server, client() as asker:
            assert await failure(get(asker, f"http://a.test:{server.port}/", budget(seconds=seconds))) is kind

    run(test())


def test_a_server_silent_between_pieces_is_left_before_the_budget_ends() -> None:
    async def test() -> None:
        async with serving(silent) as server, client(read_seconds=0.3) as asker:
            account = budget(seconds=1000)
            assert await failure(get(asker, f"http://a.test:{server.port}/", account)) is Kind.TIMEOUT

    run(test())


def test_several_fetches_share_the_bytes_of_one_budget() -> None:
    async def test() -> None:
        async with serving(answering(200, b"x" * 600)) as server, client() as asker:
            account = budget(wire_bytes=1000)
            await get(asker, f"http://a.test:{server.port}/", account)
            assert await failure(get(asker, f"http://a.test:{server.port}/", account)) is Kind.TOO_LARGE

    run(test())


def test_the_long_answer_to_a_delivery_does_not_spoil_the_delivery() -> None:
    async def test() -> None:
        async with serving(endless) as server, client() as asker:
            response = await asker.post(f"http://a.test:{server.port}/inbox", b"{}", budget(), headers=[])
            assert response.status == 200
            assert 0 < len(response.body) <= 16 * 1024

    run(test())


def test_nobody_there_is_a_failed_connection() -> None:
    async def test() -> None:
        async with serving(answering()) as server, client() as asker:
            assert await failure(get(asker, f"http://nowhere.test:{server.port}/")) is Kind.CONNECT

    run(test())


def test_tls_is_checked_against_the_name_though_an_address_is_dialled(tmp_path: Path) -> None:
    tls, authority = certificate(tmp_path, "a.test")

    async def test() -> None:
        async with serving(answering(200, b"safe"), "0.0.0.0", tls=tls) as server:
            async with client(ca_file=str(authority)) as asker:
                assert (await get(asker, f"https://a.test:{server.port}/")).body == b"safe"
                assert await failure(get(asker, f"https://b.test:{server.port}/")) is Kind.TLS
                assert await failure(get(asker, f"https://127.0.2.1:{server.port}/")) is Kind.TLS
            async with client() as asker:
                assert await failure(get(asker, f"https://a.test:{server.port}/")) is Kind.TLS

    run(test())


def test_plain_http_behind_an_https_address_is_a_tls_failure() -> None:
    async def test() -> None:
        async with serving(answering(200)) as server, client() as asker:
            assert await failure(get(asker, f"https://a.test:{server.port}/")) is Kind.TLS

    run(test())


def test_names_are_asked_at_the_given_name_server_and_remembered() -> None:
    async def test() -> None:
        async with (
            name_server({"c.noise.test": ["127.0.2.3", "::1"], "d.test": ["127.0.2.3"], "empty.test": []}) as (names, where),
            serving(answering(200, b"c"), "127.0.2.3") as server,
            client(dns_server=where) as asker,
        ):
            for _ in range(2):
                assert (await get(asker, f"http://d.test:{server.port}/")).body == b"c"
            assert names.asked == ["d.test"] * 2  # once for each family
            # One of its addresses is ::1, which no option allows: the whole answer is refused.
            assert await failure(get(asker, f"http://c.noise.test:{server.port}/")) is Kind.REFUSED_ADDRESS
            for host in ("unknown.test", "empty.test", "silent.test"):
                assert await failure(get(asker, f"http://{host}:{server.port}/")) is Kind.DNS

    run(test())


def test_a_name_that_the_system_does_not_know_is_a_dns_failure() -> None:
    async def test() -> None:
        async with client() as asker:
            assert await failure(get(asker, "https://does-not-exist.invalid/")) is Kind.DNS

    run(test())


def test_the_heavy_libraries_are_loaded_with_the_first_use_only() -> None:
    program = (
        "import sys, lemmy_lite.net.client, lemmy_lite.net.resolver\n"
        "from lemmy_lite.crypto import signatures, passwords, tokens, totp\n"
        "print(sorted({'aiohttp', 'aiohttp_socks', 'cryptography', 'bcrypt', 'jwt', 'pyotp', 'idna'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
