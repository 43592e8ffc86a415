# SPDX-License-Identifier: MIT
"""Many servers in one thread: what hundreds of subscribers need is cheap."""

import re
import secrets
import selectors
import socket
import threading
from dataclasses import dataclass
from typing import Callable, Iterable, Optional, Union
from urllib.parse import parse_qsl

from harness.server import next_address
from harness.waiting import PATIENCE

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)

# What is done to answer: bytes are sent, functions are called, and None ends
# the connection.  Nothing at all holds the request: it is never answered.
Step = Union[bytes, Callable[[], object], None]
Steps = Iterable[Step]

HOLD: Steps = ()
DROP: Steps = (None,)


def answer(status: int, body: bytes = b"", *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *fields]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Asked:
    """One request as it came."""
    method: bytes
    path: str
    query: str
    head: bytes
    body: bytes

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def get(self, name: str) -> Optional[str]:
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)",
                          self.head, re.I)
        return found and found[1].decode()


class Crowd:
    """Servers at addresses of their own.  `handle` is called in the crowd's
    thread, for one request after the other."""

    def __init__(self, servers: int, handle: Callable[[Asked], Steps]
                 ) -> None:
        self.token = secrets.token_hex(8)  # must never be in a log
        self.connections = 0
        self._handle = handle
        self._selector = selectors.DefaultSelector()
        self._buffers: dict[socket.socket, bytes] = {}
        self._wake, woken = socket.socketpair()
        self._selector.register(woken, selectors.EVENT_READ)
        self._woken = woken
        self._all_let_in = threading.Event()
        self._listeners = [self._listen() for _ in range(servers)]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind((next_address(), 0))
        listener.listen(1024)
        self._selector.register(listener, selectors.EVENT_READ)
        return listener

    def url(self, number: int, name: str) -> str:
        """`name` at one of the servers."""
        listener = self._listeners[number % len(self._listeners)]
        host, port = listener.getsockname()
        return f"http://{host}:{port}/{self.token}/{name}"

    def deserted(self) -> bool:
        """Nobody is connected: all that was sent here has been read."""
        self._all_let_in.clear()
        self._wake.send(b"?")
        assert self._all_let_in.wait(PATIENCE), "the crowd does not answer"
        return self.connections == 0

    def stop(self) -> None:
        self._wake.close()
        self._thread.join()
        self._selector.close()

    # ------------------------------------------------------- its thread

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                sock = key.fileobj
                if sock is self._woken:
                    if not sock.recv(1):
                        self._end_all()
                        return
                    self._let_in_all()
                elif sock in self._buffers:
                    self._read(sock)
                elif sock in self._listeners:
                    self._accept(sock)

    def _let_in_all(self) -> None:
        """Whoever waits at a door."""
        while doors := [key.fileobj for key, _ in self._selector.select(0)
                        if key.fileobj in self._listeners]:
            for listener in doors:
                self._accept(listener)
        self._all_let_in.set()

    def _accept(self, listener: socket.socket) -> None:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffers[sock] = b""
        self._selector.register(sock, selectors.EVENT_READ)
        self.connections = len(self._buffers)

    def _read(self, sock: socket.socket) -> None:
        # Blocking sockets: there is something to read, and what is sent
        # fits into the buffers, or the daemon reads it.
        try:
            data = sock.recv(262144)
            if not data:
                raise ConnectionError
            self._buffers[sock] += data
            while self._one(sock):
                pass
        except OSError:
            self._end(sock)

    def _one(self, sock: socket.socket) -> bool:
        """Take a whole request off the buffer, and answer."""
        data = self._buffers[sock]
        at = data.find(b"\r\n\r\n") + 4
        if at < 4:
            return False
        head = data[:at]
        length = _LENGTH.search(head)
        end = at + (int(length[1]) if length else 0)
        if len(data) < end:
            return False
        self._buffers[sock] = data[end:]
        method, target, _ = head.split(b" ", 2)
        path, _, query = target.decode().partition("?")
        asked = Asked(method, path, query, head, data[at:end])
        for step in self._handle(asked):
            if step is None:
                raise ConnectionError
            if isinstance(step, bytes):
                sock.sendall(step)
            else:
                step()
        return True

    def _end(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        del self._buffers[sock]
        self.connections = len(self._buffers)
        sock.close()

    def _end_all(self) -> None:
        for sock in [*self._buffers, *self._listeners, self._woken]:
            sock.close()
