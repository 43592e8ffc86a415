# SPDX-License-Identifier: MIT
"""A server that does as the story says, one thread a connection."""

import itertools
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import parse_qsl

from .waiting import PATIENCE
from .wire import Closed, Message, Reader

_numbers = itertools.count(1)


def next_address() -> str:
    """An address of its own for every server, so that each is an origin; and
    no other program that is tested at the same time is there, so that a port
    that was left can be had again."""
    number = next(_numbers)
    program = os.getpid()
    block = program // 250 % 62 * 4
    return (f"127.{1 + program % 250}.{1 + block + number // 250}"
            f".{1 + number % 250}")


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    fields: list[tuple[str, str]] = field(default_factory=list)
    # Answer only when this is set (or the server stops).
    gate: Optional[threading.Event] = None
    # Seconds to dawdle: to be slow, not to wait for anything.
    dawdle: float = 0
    raw: Optional[bytes] = None  # send this instead
    drop: bool = False           # no answer, end the connection
    close: bool = False          # end the connection after the answer

    def render(self, to_head: bool) -> bytes:
        if self.raw is not None:
            return self.raw
        lines = [f"HTTP/1.1 {self.status} Whatever"]
        lines += [f"{name}: {value}" for name, value in self.fields]
        names = {name.lower() for name, _ in self.fields}
        if "content-length" not in names and self.status not in (204, 304):
            lines.append(f"Content-Length: {len(self.body)}")
        if self.close:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        bodiless = to_head or self.status in (204, 304)
        return head if bodiless else head + self.body


@dataclass
class Seen:
    """One request as it came."""
    message: Message
    method: str
    target: str  # as in the request line
    when: float  # monotonic seconds
    connection: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def body(self) -> bytes:
        return self.message.body

    def get(self, name: str) -> str | None:
        return self.message.get(name)

    def all(self, name: str) -> list[str]:
        return self.message.all(name)


class Server:
    """Subclasses say what to answer."""

    def __init__(self, address: str | None = None) -> None:
        self.host = address or next_address()
        self.port = 0
        self.accepted = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._knocks: dict[tuple[str, int], threading.Event] = {}
        self._listener: socket.socket | None = None
        self.listen()

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    def answer(self, seen: Seen) -> Answer:
        raise NotImplementedError

    # ------------------------------------------------------- life

    def listen(self) -> None:
        """Listen, at the same port as before if there was one."""
        self.stopping = threading.Event()
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(512)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._start(self._accept, listener, self.stopping)

    def stop(self) -> None:
        """Refuse connections from now on, and end those there are.  What has
        been answered already still gets there; what is held does not."""
        if self._listener is None:
            return
        self.stopping.set()
        # shutdown() is what wakes a thread that is blocked in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        with self._lock:
            open_now = list(self._open)
        for sock in open_now:
            self._end(sock, socket.SHUT_RD)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._threads.clear()

    def _start(self, target, *args) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _end(self, sock: socket.socket, how: int) -> None:
        with self._lock:
            self._open.discard(sock)
        try:
            sock.shutdown(how)
        except OSError:
            pass

    def deserted(self) -> bool:
        """Nobody is connected: all that was sent here has been read."""
        self._knock()
        with self._lock:
            return not self._open

    def _knock(self) -> None:
        """Whoever came before us has been let in when we are."""
        with socket.socket() as sock:
            sock.bind((self.host, 0))
            heard = threading.Event()
            self._knocks[sock.getsockname()] = heard
            sock.connect((self.host, self.port))
            assert heard.wait(PATIENCE), "our own connection was not accepted"

    # ------------------------------------------------------- connections

    def _accept(self, listener: socket.socket,
                stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                sock, peer = listener.accept()
            except OSError:
                return
            if peer in self._knocks:
                sock.close()
                self._knocks.pop(peer).set()
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.accepted += 1
                number = self.accepted
                self._open.add(sock)
            self._start(self._serve, sock, number, stopping)

    def _serve(self, sock: socket.socket, number: int,
               stopping: threading.Event) -> None:
        reader = Reader(sock)
        try:
            while not stopping.is_set():
                if not self._one(sock, reader, number, stopping):
                    break
        except (Closed, OSError):
            pass
        finally:
            self._end(sock, socket.SHUT_RDWR)
            sock.close()

    def _one(self, sock: socket.socket, reader: Reader, number: int,
             stopping: threading.Event) -> bool:
        message = reader.request()
        method, target, _ = message.start.split(" ", 2)
        seen = Seen(message, method, target, time.monotonic(), number)
        answer = self.answer(seen)
        held = answer.gate is not None or answer.dawdle > 0
        if answer.gate is not None:
            _wait_either(answer.gate, stopping)
        if answer.dawdle:
            stopping.wait(answer.dawdle)
        if answer.drop or (held and stopping.is_set()):
            return False
        sock.sendall(answer.render(method == "HEAD"))
        return not answer.close and message.keeps_alive


def _wait_either(gate: threading.Event, stopping: threading.Event) -> None:
    deadline = time.monotonic() + 3 * PATIENCE
    while not gate.wait(0.05):
        if stopping.is_set() or time.monotonic() > deadline:
            return
