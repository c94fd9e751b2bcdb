"""A name server on loopback that can be away."""

import socket
import socketserver
import struct
import threading

LOOPBACK = "127.0.0.1"


class Names:
    """A name server that knows every name as this machine, unless it is down: then it says nothing."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.down = threading.Event()
        names = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                question, reply = self.request
                if not names.down.is_set():
                    reply.sendto(_answer(question), self.client_address)

        self._server = socketserver.ThreadingUDPServer((LOOPBACK, port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


def _answer(question: bytes) -> bytes:
    """RFC 1035, 4.1: the question again, and for type A one record that points to its name."""
    end = question.index(b"\0", 12) + 5
    (kind,) = struct.unpack("!H", question[end - 4 : end - 2])
    record = struct.pack("!HHHIH4s", 0xC00C, 1, 1, 60, 4, socket.inet_aton(LOOPBACK)) if kind == 1 else b""
    return question[:2] + struct.pack("!5H", 0x8180, 1, 1 if record else 0, 0, 0) + question[12:end] + record
