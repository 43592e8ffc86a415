# SPDX-License-Identifier: MIT
"""A WebSocket client (RFC 6455) that may also be rude."""

import base64
import contextlib
import hashlib
import json
import os
import socket
import struct
from dataclasses import dataclass
from typing import Any, Callable

from .client import Pairs, Wire, request
from .waiting import PATIENCE
from .wire import Message

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass
class Frame:
    opcode: int
    data: bytes
    final: bool = True

    @property
    def code(self) -> int:
        """Of a close frame; 1005: it has none."""
        return struct.unpack("!H", self.data[:2])[0] if self.data else 1005

    @property
    def reason(self) -> str:
        return self.data[2:].decode()


class Refused(Exception):
    """The handshake was answered with something else."""

    def __init__(self, answer: Message) -> None:
        super().__init__(f"{answer.start} {answer.text}")
        self.answer = answer


def handshake(target: str, fields: Pairs = (), key: str | None = None
              ) -> bytes:
    """What a browser sends; of the same name, `fields` win."""
    fields = list(fields)
    given = {name.lower() for name, _ in fields}
    key = key or base64.b64encode(os.urandom(16)).decode()
    usual = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
             ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key)]
    return request("GET", target,
                   [pair for pair in usual if pair[0].lower() not in given]
                   + [pair for pair in fields if pair[1] is not None])


def accept_of(key: str) -> str:
    digest = hashlib.sha1(key.encode() + _GUID).digest()
    return base64.b64encode(digest).decode()


def frame(opcode: int, data: bytes = b"", final: bool = True,
          masked: bool = True, bits: int = 0) -> bytes:
    """One frame; `bits` are the reserved ones, 0x10 to 0x70."""
    head = bytes([(0x80 if final else 0) | bits | opcode])
    mask = 0x80 if masked else 0
    if len(data) < 126:
        head += bytes([mask | len(data)])
    elif len(data) < 65536:
        head += bytes([mask | 126]) + struct.pack("!H", len(data))
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", len(data))
    if not masked:
        return head + data
    key = os.urandom(4)
    long = key * (len(data) // 4 + 1)
    number = (int.from_bytes(data, "big")
              ^ int.from_bytes(long[:len(data)], "big"))
    return head + key + number.to_bytes(len(data), "big")


class WebSocket:
    """A connection that is open.  Pings are answered while somebody waits
    for something else, unless `pongs` is switched off."""

    def __init__(self, to: tuple[str, int], target: str, fields: Pairs = (),
                 source: str | None = None, timeout: float = PATIENCE,
                 receive_buffer: int | None = None) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.pongs = True
        self.pings = 0
        self.wire = Wire(to, source, timeout)
        if receive_buffer:
            self.wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                      receive_buffer)
        self._reader = self.wire._reader
        try:
            self.wire.send(handshake(target, fields, key))
            self.head = self._reader.head()
            if self.head.status != 101:
                length = int(self.head.get("Content-Length") or 0)
                self.head.body = self._reader._exactly(length)
                raise Refused(self.head)
            accept = self.head.get("Sec-WebSocket-Accept")
            assert accept == accept_of(key), self.head.head
        except BaseException:
            self.wire.close()
            raise

    # ------------------------------------------------------- sending

    def send_frame(self, opcode: int, data: bytes = b"", **how: Any) -> None:
        self.wire.send(frame(opcode, data, **how))

    def send_text(self, text: str, pieces: int = 1) -> None:
        data = text.encode()
        size = max(1, -(-len(data) // pieces))
        parts = [data[at:at + size]
                 for at in range(0, max(1, len(data)), size)]
        for number, part in enumerate(parts):
            self.send_frame(CONTINUATION if number else TEXT, part,
                            final=number == len(parts) - 1)

    def say(self, op: str, **members: Any) -> None:
        self.send_text(json.dumps({"op": op, **members}))

    def close_with(self, code: int = 1000, reason: str = "") -> None:
        self.send_frame(CLOSE, struct.pack("!H", code) + reason.encode())

    # ------------------------------------------------------- reading

    def read_frame(self) -> Frame:
        """The next frame, whatever it is.  A server's is never masked."""
        first, second = self._reader._exactly(2)
        assert second & 0x80 == 0, "a masked frame from the server"
        assert first & 0x70 == 0, "reserved bits from the server"
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", self._reader._exactly(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self._reader._exactly(8))[0]
        return Frame(first & 0x0F, self._reader._exactly(length),
                     bool(first & 0x80))

    def read(self) -> Frame:
        """The next that is neither a ping nor a pong."""
        while True:
            found = self.read_frame()
            if found.opcode == PING:
                self.pings += 1
                if self.pongs:
                    # Who has said goodbye since then need not hear it.
                    with contextlib.suppress(ConnectionError):
                        self.send_frame(PONG, found.data)
            elif found.opcode != PONG:
                return found

    def message(self) -> dict[str, Any]:
        """The next JSON object."""
        found = self.read()
        assert found.opcode == TEXT, (found, found.reason)
        return json.loads(found.data)

    def until(self, good: Callable[[dict[str, Any]], bool]
              ) -> dict[str, Any]:
        """The next that is so; what comes before it is thrown away."""
        while True:
            message = self.message()
            if good(message):
                return message

    def of_type(self, *types: str) -> dict[str, Any]:
        return self.until(lambda message: message["type"] in types)

    def event(self) -> dict[str, Any]:
        return self.of_type("event")

    def closed(self) -> Frame:
        """The close frame; nothing may come after it."""
        while True:
            found = self.read()
            if found.opcode == CLOSE:
                rest = self.wire.ended()
                assert rest == b"", rest
                return found

    def close(self) -> None:
        self.wire.close()

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
