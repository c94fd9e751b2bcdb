"""Where it listens: addresses, both families, and Unix sockets for a proxy on the same machine."""

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from lemmy_lite import config
from lemmy_lite.app import doorways
from lemmy_lite.control import systemd
from lemmy_lite.http import server
from lemmy_lite.http.gate import Gate
from lemmy_lite.http.listening import Name, PortInUse, listen, listen_unix, waiting
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response
from lemmy_lite.http.routing import build
from lemmy_lite.http.surface import Route, Surface, silent


async def whoami(request: Request) -> Response:
    return Response(200, str(request.address).encode(), "text/plain")


def test_a_unix_socket_is_open_to_whom_its_mode_says_and_replaces_only_what_is_left_over(tmp_path: Path) -> None:
    path = tmp_path / "made" / "http.sock"
    first = listen_unix(path, 0o660)
    assert path.stat().st_mode & 0o777 == 0o660
    with pytest.raises(PortInUse, match="somebody listens there already"):
        listen_unix(path, 0o660)
    first.close()
    second = listen_unix(path, 0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    name = Name.of(second)
    assert name is not None
    path.unlink()
    third = listen_unix(path, 0o600)
    name.remove()
    assert path.exists(), "the name belongs to another server by now"
    second.close()
    third.close()
    plain = tmp_path / "file"
    plain.write_text("mine")
    with pytest.raises(PortInUse, match="no socket"):
        listen_unix(plain, 0o660)
    assert plain.read_text() == "mine"


def test_who_comes_through_a_unix_socket_is_the_proxy_and_is_believed_about_the_client(tmp_path: Path) -> None:
    async def running() -> tuple[bytes, bytes]:
        gate = Gate(build([Surface("test", [Route("GET", "/", whoami)], silent, prefix="/")]), local=True)
        listener = listen_unix(tmp_path / "s", 0o600)
        stop, ready = asyncio.Event(), asyncio.Event()

        async def on_ready() -> None:
            ready.set()

        serving = asyncio.create_task(server.serve(gate, listener, stop, on_ready=on_ready, grace=1))
        await ready.wait()
        answers = []
        for header in ("", "x-forwarded-for: 203.0.113.9\r\n"):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
            writer.write(f"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{header}\r\n".encode())
            answers.append((await reader.read()).partition(b"\r\n\r\n")[2])
            writer.close()
        stop.set()
        await serving
        return answers[0], answers[1]

    assert asyncio.run(running()) == (b"127.0.0.1", b"203.0.113.9")


def _reached(port: int, address: str) -> bool:
    try:
        socket.create_connection((address, port), timeout=5).close()
    except OSError:
        return False
    return True


def _has_ipv6() -> bool:
    try:
        listen("::1", 0).close()
    except PortInUse:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
def test_all_of_ipv6_takes_ipv4_as_well_unless_that_has_a_socket_of_its_own() -> None:
    with ExitStack() as stack:
        alone = stack.enter_context(listen("::", 0))
        port = alone.getsockname()[1]
        assert _reached(port, "127.0.0.1")
        assert _reached(port, "::1")
        beside = stack.enter_context(listen("::", 0, both=False))
        assert not _reached(beside.getsockname()[1], "127.0.0.1")
        stack.enter_context(listen("0.0.0.0", beside.getsockname()[1]))
        assert _reached(beside.getsockname()[1], "127.0.0.1")


def test_sockets_of_systemd_are_taken_by_the_doors_they_were_made_for(monkeypatch: pytest.MonkeyPatch) -> None:
    lent = [listen("127.0.0.1", 0), listen("127.0.0.2", 0), listen("127.0.0.1", 0)]
    ports = [each.getsockname()[1] for each in lent]
    monkeypatch.setattr(systemd, "handed_over", lambda: list(lent))
    settings = config.read({"hostname": "site.test", "tls_enabled": False, "bind": ["127.0.0.2", "127.0.0.3"], "port": ports[1]})
    doors = doorways.taken(settings, None)
    assert [(door.listener.getsockname(), door.lent) for door in doors] == [
        (("127.0.0.2", ports[1]), True),
        (("127.0.0.3", ports[1]), False),
    ]
    assert [each.fileno() == -1 for each in lent] == [True, False, True], "what nobody listens on is let go"
    for door in doors:
        door.listener.close()
    # A single one is taken whatever its address is, as units of former versions name it.
    alone = listen("127.0.0.1", 0)
    monkeypatch.setattr(systemd, "handed_over", lambda: [alone])
    (door,) = doorways.taken(config.read({"hostname": "site.test", "tls_enabled": False}), None)
    assert door.listener is alone
    alone.close()


def test_what_was_taken_is_let_go_when_one_place_is_not_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(systemd, "handed_over", list)
    with listen("127.0.0.3", 0) as held:
        port = held.getsockname()[1]
        settings = config.read({"hostname": "site.test", "tls_enabled": False, "bind": ["127.0.0.2", "127.0.0.3"], "port": port})
        with pytest.raises(PortInUse, match=r"cannot listen on 127\.0\.0\.3 port"):
            doorways.taken(settings, None)
    listen("127.0.0.2", port).close()


def test_where_the_system_tells_nothing_of_who_waits_nobody_does() -> None:
    class Emulated:
        def getsockopt(self, *_: int) -> bytes:
            return bytes(4)

    assert waiting(Emulated()) == 0  # type: ignore[arg-type]
