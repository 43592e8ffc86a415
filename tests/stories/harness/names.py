# SPDX-License-Identifier: MIT
"""A name server that says what the story wants."""

import socket
import struct
import threading
from typing import Iterable

from .waiting import Inbox

A, AAAA = 1, 28


def _question(packet: bytes) -> tuple[str, int, int]:
    """Name, type, and where the question ends."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
    return ".".join(labels).lower(), kind, at + 5


def _reply(packet: bytes, end: int, code: int,
           addresses: Iterable[str], ttl: int) -> bytes:
    records = b"".join(
        struct.pack("!HHHIH", 0xC00C, A, 1, ttl, 4) + socket.inet_aton(item)
        for item in addresses)
    count = len(records) // 16
    head = packet[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, count, 0, 0)
    return head + packet[12:end] + records


class NameServer:
    """`names` maps a name to its addresses; a name that maps to None is never
    answered, and one that is not there does not exist."""

    def __init__(self, names: dict[str, list[str] | None] | None = None,
                 ttl: int = 60) -> None:
        self.names = dict(names or {})
        self.ttl = ttl
        self.questions: Inbox[tuple[str, int]] = Inbox("questions")
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return "127.0.0.1:%d" % self._sock.getsockname()[1]

    def _serve(self) -> None:
        while True:
            packet, peer = self._sock.recvfrom(2048)
            if not packet:
                return
            self._answer(packet, peer)

    def _answer(self, packet: bytes, peer: tuple[str, int]) -> None:
        name, kind, end = _question(packet)
        self.questions.put((name, kind))
        if name not in self.names:
            self._sock.sendto(_reply(packet, end, 3, (), self.ttl), peer)
            return
        addresses = self.names[name]
        if addresses is None:
            return
        shown = addresses if kind == A else ()
        self._sock.sendto(_reply(packet, end, 0, shown, self.ttl), peer)

    def stop(self) -> None:
        # An empty datagram is the sign to leave.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self._sock.getsockname())
        self._thread.join(5)
        self._sock.close()
