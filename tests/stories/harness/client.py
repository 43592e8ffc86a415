# SPDX-License-Identifier: MIT
"""Clients: polite ones, and raw sockets for the others."""

import json
import resource
import socket
from pathlib import Path
from typing import Iterable, Union
from urllib.parse import quote_from_bytes

from .waiting import PATIENCE
from .wire import Message, Reader

Pairs = Iterable[tuple[str, Union[str, bytes]]]
Endpoint = Union[tuple[str, int], Path]

FORM = "application/x-www-form-urlencoded"

# Stories hold wires by the thousands; a shell of Debian's begins with 1024
# descriptors, and gives more to who asks.
DESCRIPTORS = 20000
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if _soft < DESCRIPTORS:
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (min(DESCRIPTORS, _hard), _hard))


def form(pairs: Pairs) -> bytes:
    """name=value&..., with dots left alone in names."""
    def encode(text: Union[str, bytes]) -> str:
        data = text.encode() if isinstance(text, str) else text
        return quote_from_bytes(data, safe="")
    return "&".join(f"{encode(name)}={encode(value)}"
                    for name, value in pairs).encode()


def request(method: str, target: str, fields: Pairs = (),
            body: bytes | None = None) -> bytes:
    lines = [f"{method} {target} HTTP/1.1"]
    fields = list(fields)
    names = {name.lower() for name, _ in fields}
    if "host" not in names:
        lines.append("Host: hub.example")
    lines += [f"{name}: {value}" for name, value in fields]
    if body is not None and not names & {"content-length",
                                         "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def post(pairs: Pairs, target: str = "/", fields: Pairs = ()) -> bytes:
    return request("POST", target, [("Content-Type", FORM), *fields],
                   form(pairs))


class Wire:
    """One connection; whatever is sent is sent as it is."""

    def __init__(self, to: Endpoint, source: str | None = None,
                 timeout: float = PATIENCE) -> None:
        if isinstance(to, Path):
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(timeout)
            self.sock.connect(str(to))
        else:
            self.sock = socket.create_connection(
                to, timeout, (source, 0) if source else None)
        self._reader = Reader(self.sock)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read(self, to_head: bool = False) -> Message:
        return self._reader.response(to_head)

    def head(self) -> Message:
        """The next, as far as its empty line, whatever follows."""
        return self._reader.head()

    def ask(self, data: bytes) -> Message:
        self.send(data)
        return self.read()

    def ended(self) -> bytes:
        """Wait for the peer to close.  What it sent before that."""
        return self._reader.ended()

    def half_close(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.sock.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self.close()


class Client:
    """A new connection for every request."""

    def __init__(self, to: Endpoint) -> None:
        self.to = to

    def ask(self, data: bytes, timeout: float = PATIENCE) -> Message:
        with Wire(self.to, timeout=timeout) as wire:
            return wire.ask(data)

    def post(self, pairs: Pairs, target: str = "/",
             fields: Pairs = ()) -> Message:
        return self.ask(post(pairs, target, fields))

    def get(self, target: str, fields: Pairs = (),
            timeout: float = PATIENCE) -> Message:
        return self.ask(request("GET", target, fields), timeout)

    def json(self, target: str) -> dict:
        answer = self.get(target)
        assert answer.status == 200, answer
        return json.loads(answer.body)
