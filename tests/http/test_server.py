"""The server as clients, neighbours and the init system meet it (security.md, R13 to R15 and rule 27)."""

import asyncio
import contextlib
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from lemmy_lite.http import gate as gates
from lemmy_lite.http import server
from lemmy_lite.http.routing import build
from lemmy_lite.http.surface import Surface, silent
from tests.http.asgi import ask, asked
from tests.http.server_process import ROUTES

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Running:
    """A server process and its port."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        connection.sendall(sent)
        return connection

    def terminate(self) -> float:
        """Sends SIGTERM and waits for the end; returns the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return time.monotonic() - started


Start = Callable[..., Running]


@pytest.fixture
def start(checkout: Path) -> Iterator[Start]:
    """Starts server processes and ends what is left of them."""
    processes = []

    def run(port: int = 0, body_seconds: float = 30) -> Running:
        command = [sys.executable, "-m", "tests.http.server_process", str(port), str(body_seconds)]
        process = subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        return Running(process, int(line.split()[1]) if line else 0)

    yield run
    for process in processes:
        process.kill()
        process.communicate()


def everything(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def test_it_answers_and_ends_with_status_zero(start: Start) -> None:
    running = start()
    with running.connect(GET % b"/") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
    running.terminate()
    assert running.process.returncode == 0
    assert running.process.stderr is not None
    assert running.process.stderr.read() == ""


def test_what_is_in_flight_at_a_stop_is_answered_and_new_connections_are_refused(start: Start) -> None:
    running = start()
    with running.connect(GET % b"/slow") as connection:
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(ConnectionError):
            running.connect(GET % b"/").recv(1000)
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"done")
    assert b"connection: close" in answer
    running.process.wait(10)
    assert running.process.returncode == 0


def test_whoever_has_got_through_when_it_ends_is_answered(start: Start) -> None:
    running = start()
    answered, lost = Counter[int](), list[bytes]()

    def ask(number: int) -> None:
        """One connection after the other until one is refused; the body comes a moment after the head, as over a network."""
        while True:
            try:
                connection = running.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n")
            except ConnectionRefusedError:
                return
            with connection:
                time.sleep(0.002 * (number % 3))
                try:
                    connection.sendall(b"ab")
                    answer = everything(connection)
                except OSError as trouble:
                    answer = repr(trouble).encode()
            if not answer.startswith(b"HTTP/1.1 200"):
                lost.append(answer)
            answered[number] += 1

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for each in askers:
        each.start()
    time.sleep(0.5)
    running.process.send_signal(signal.SIGTERM)
    for each in askers:
        each.join(20)
    assert running.process.wait(10) == 0
    assert len(answered) == 12
    assert not lost, lost[:3]


def test_no_client_can_hold_up_a_stop(start: Start) -> None:
    running = start()
    with contextlib.ExitStack() as clients:
        bodies = [
            clients.enter_context(running.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")) for _ in range(20)
        ]
        for _ in range(20):
            clients.enter_context(running.connect(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow"))
            clients.enter_context(running.connect())
        clients.enter_context(running.connect(GET % b"/stuck"))
        time.sleep(0.5)
        assert running.terminate() < 10
        assert running.process.returncode == 0
        assert everything(bodies[0]).startswith(b"HTTP/1.1 503")


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    running = start()
    with running.connect(GET % b"/stuck"):
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.process.poll() is None
        assert running.terminate() < 1
    assert running.process.returncode == 128 + signal.SIGTERM


def test_a_signal_that_comes_twice_in_a_moment_is_one_stop(start: Start) -> None:
    running = start()
    running.process.send_signal(signal.SIGINT)
    running.process.send_signal(signal.SIGINT)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0


def test_a_second_instance_on_the_same_port_says_so_in_one_line(start: Start) -> None:
    running = start()
    second = start(running.port)
    assert second.process.wait(10) == 2
    assert second.process.stderr is not None
    assert second.process.stderr.read() == f"cannot listen on 127.0.0.1 port {running.port}: Address already in use\n"
    with running.connect(GET % b"/") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_nobody_else_can_share_the_port_by_asking_for_it(start: Start) -> None:
    running = start()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", running.port))


def test_it_can_be_started_again_on_its_port_at_once(start: Start) -> None:
    running = start()
    with running.connect(GET % b"/") as connection:
        connection.recv(1000)
        running.terminate()
    again = start(running.port)
    with again.connect(GET % b"/") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_a_body_that_drips_is_cut_off_and_one_that_flows_is_not(start: Start) -> None:
    running = start(body_seconds=1)
    with running.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n") as dripping:
        with contextlib.suppress(ConnectionError):
            for _ in range(8):
                dripping.sendall(b"x")
                time.sleep(0.25)
        assert everything(dripping).startswith(b"HTTP/1.1 408")
    pieces, piece = 8, 8 * gates.SLOWEST // 16
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (pieces * piece)
    with running.connect(head) as flowing:
        for _ in range(pieces):
            flowing.sendall(b"x" * piece)
            time.sleep(0.25)
        assert everything(flowing).startswith(b"HTTP/1.1 200")


def test_a_head_that_drips_is_cut_off(start: Start) -> None:
    running = start(body_seconds=1)
    with running.connect(b"GET / HTTP/1.1\r\n") as connection, contextlib.suppress(ConnectionError):
        for number in range(100):
            connection.sendall(b"X-%d: y\r\n" % number)
            time.sleep(0.1)
            if number > 50:
                pytest.fail("the connection is still open")


def test_who_sends_a_large_body_that_nobody_wants_reads_the_answer_when_all_is_sent(start: Start) -> None:
    # As nginx does: it sends all it has, and takes a connection that is reset meanwhile for a fault of ours.
    running = start()
    with running.connect(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n") as connection:
        time.sleep(0.2)
        for _ in range(8):
            connection.sendall(bytes(1_000_000))
        assert everything(connection).startswith(b"HTTP/1.1 404")


def test_who_sends_a_body_that_nobody_wants_is_answered_and_not_waited_for(start: Start) -> None:
    running = start(body_seconds=2)
    # Several, as what once kept such connections open did so by chance.
    asked = (b"POST /nowhere", b"POST /nowhere", b"POST /nowhere", b"POST /", b"POST /", b"POST /")
    sent = [running.connect(b"%s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx" % each) for each in asked]
    for connection in sent:
        with connection:
            assert everything(connection).startswith(b"HTTP/1.1 40")
    with running.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\nx") as connection:
        answer = everything(connection)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"connection: close" in answer


def test_a_body_that_nobody_reads_ends_the_connection_and_the_answer_says_so(start: Start) -> None:
    running = start()
    with running.connect(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab") as connection:
        answer = everything(connection)
        assert answer.startswith(b"HTTP/1.1 404")
        assert b"connection: close" in answer
    with running.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab") as connection:
        answer = connection.recv(1000)
        assert answer.endswith(b"ab")
        assert b"connection: close" not in answer
        connection.sendall(GET % b"/")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    with running.connect(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" + GET % b"/") as connection:
        time.sleep(0.5)
        assert b"HTTP/1.1 200" in connection.recv(1000)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01",  # a TLS client
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"y" * 10_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
        b"\0" * 100,
    ],
)
def test_what_is_no_request_is_refused_and_harms_nobody_else(start: Start, sent: bytes) -> None:
    running = start(body_seconds=2)
    with contextlib.suppress(ConnectionError), running.connect(sent) as connection:
        answer = everything(connection)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    with running.connect(GET % b"/") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_it_serves_in_this_process_on_a_free_port_and_leaves_it() -> None:
    async def run() -> tuple[int, bytes]:
        listener = server.listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        stop = asyncio.Event()
        answers = []

        async def ready() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(GET % b"/")
            answers.append(await reader.read(1000))
            writer.close()
            stop.set()

        await server.serve(server.Gate(build([Surface("test", ROUTES, silent)])), listener, stop, on_ready=ready)
        return port, answers[0]

    port, answer = asyncio.run(run())
    assert answer.startswith(b"HTTP/1.1 200 OK")
    server.listen("127.0.0.1", port).close()


def test_an_address_we_do_not_have_is_one_line_too() -> None:
    with pytest.raises(server.PortInUse, match=r"cannot listen on 192\.0\.2\.1 port 0: "):
        server.listen("192.0.2.1", 0)


def test_while_migrations_run_everything_is_503_and_then_the_application_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "START_PATIENCE", 0.01)
    gate = server.Gate(server.starting)
    answer = asked(gate, "GET", "/api/v3/site")
    assert answer.status == 503
    assert answer.json() == {"error": "Lemmy is currently starting"}
    gate.app = build([Surface("test", ROUTES, silent)])
    assert asked(gate, "GET", "/").status == 200


def test_who_comes_while_the_instance_starts_is_answered_once_it_has_and_told_where_it_stops_instead() -> None:
    async def answers(gate: server.Gate, *, to: server.Gate, then: Callable[[], Awaitable[None]]) -> int:
        asking = asyncio.create_task(ask(to, "GET", "/"))
        await asyncio.sleep(0)  # it has come in, and waits
        assert to.in_flight == 1
        await then()
        return (await asking).status

    async def story() -> None:
        application = build([Surface("test", ROUTES, silent)])
        for relayed in (False, True):
            gate = server.Gate(server.starting)

            async def opens(gate: server.Gate = gate) -> None:
                gate.app = application

            assert await answers(gate, to=gate.twin() if relayed else gate, then=opens) == 200
        gate = server.Gate(server.starting)
        assert await answers(gate, to=gate, then=lambda: gate.close(grace=5)) == 503

    asyncio.run(story())


def test_the_gate_names_the_client_behind_our_proxy() -> None:
    seen = []

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        seen.append(str(scope["client_address"]))

    from ipaddress import ip_network

    gate = server.Gate(app, trusted_proxies=[ip_network("127.0.0.0/8")])  # type: ignore[arg-type]  # a bare function
    asked(gate, "GET", "/", headers=[("X-Forwarded-For", "192.0.2.9"), ("X-Forwarded-For", "198.51.100.1")])
    asked(gate, "GET", "/", headers=[("X-Forwarded-For", "192.0.2.9")], peer="203.0.113.1")
    assert seen == ["198.51.100.1", "203.0.113.1"]


def test_the_gate_tells_where_nobody_is_known_to_stand_between() -> None:
    seen = []

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        seen.append(bool(scope.get("direct")))

    from ipaddress import ip_network

    gate = server.Gate(app, trusted_proxies=[ip_network("192.168.1.1/32")])  # type: ignore[arg-type]  # a bare function
    through = [("X-Forwarded-For", "192.168.1.20")]
    asked(gate, "GET", "/", peer="192.168.1.20")
    asked(gate, "GET", "/", peer="192.168.1.1")
    asked(gate, "GET", "/", headers=through, peer="192.168.1.1")
    asked(gate, "GET", "/", headers=through, peer="192.168.1.30")
    asked(gate, "GET", "/", headers=[("Forwarded", "for=192.168.1.20")], peer="192.168.1.1")
    assert seen == [True, False, False, False, False]


def test_file_descriptors_are_left_for_the_database() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        most = server.connections()
        assert most <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
