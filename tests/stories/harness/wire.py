# SPDX-License-Identifier: MIT
"""HTTP/1.1 messages, byte for byte as they came."""

import socket
from dataclasses import dataclass, field


class Closed(Exception):
    """The peer ended the connection where a message should have been."""
    asked = 0.0  # when a stream was asked for that did not begin


@dataclass
class Message:
    head: bytes  # everything up to and with the empty line
    start: str   # the request line or status line
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields
                if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        values = self.all(name)
        return values[0] if values else None

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1])

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def keeps_alive(self) -> bool:
        return "close" not in (self.get("Connection") or "").lower()


def parse_head(head: bytes) -> Message:
    lines = head[:-4].decode("latin-1").split("\r\n")
    fields = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.append((name, value.strip(" \t")))
    return Message(head, lines[0], fields)


class Reader:
    """Reads one message after the other from a socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""

    def _more(self) -> None:
        try:
            data = self._sock.recv(65536)
        except ConnectionError as error:
            raise Closed(str(error)) from error
        if not data:
            raise Closed("end of stream")
        self._buffer += data

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._more()
        at = self._buffer.index(end) + len(end)
        piece, self._buffer = self._buffer[:at], self._buffer[at:]
        return piece

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._more()
        piece, self._buffer = self._buffer[:length], self._buffer[length:]
        return piece

    def _rest(self) -> bytes:
        try:
            while True:
                self._more()
        except Closed:
            piece, self._buffer = self._buffer, b""
            return piece

    def _chunks(self) -> bytes:
        body = b""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            body += self._exactly(size)
            self._until(b"\r\n")
            if size == 0:
                return body

    def head(self) -> Message:
        return parse_head(self._until(b"\r\n\r\n"))

    def request(self) -> Message:
        message = self.head()
        if "chunked" in (message.get("Transfer-Encoding") or ""):
            message.body = self._chunks()
        else:
            message.body = self._exactly(
                int(message.get("Content-Length") or 0))
        return message

    def response(self, to_head: bool = False) -> Message:
        message = self.head()
        while 100 <= message.status < 200:
            message = self.head()
        length = message.get("Content-Length")
        if to_head or message.status in (204, 304):
            return message
        if "chunked" in (message.get("Transfer-Encoding") or ""):
            message.body = self._chunks()
        elif length is not None:
            message.body = self._exactly(int(length))
        else:
            message.body = self._rest()
        return message

    def ended(self) -> bytes:
        """Everything that still comes before the peer closes."""
        return self._rest()
