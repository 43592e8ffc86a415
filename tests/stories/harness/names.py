# SPDX-License-Identifier: MIT
"""A name server that says what the story wants."""

import ipaddress
import socket
import struct
import threading
from typing import Iterator, Union

from .waiting import Inbox

A, CNAME, AAAA = 1, 5, 28
HOPS_MAX = 8

# Addresses of both families; or the name that it is an alias of; or None:
# never answered.
Records = Union[list[str], str, None]


def _question(packet: bytes) -> tuple[str, int, int]:
    """Name, type, and where the question ends."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
    return ".".join(labels).lower(), kind, at + 5


def _wire(name: str) -> bytes:
    labels = [label.encode("latin-1") for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _record(owner: bytes, kind: int, ttl: int, data: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def _of_kind(addresses: list[str], kind: int) -> Iterator[bytes]:
    version = {A: 4, AAAA: 6}.get(kind)
    for text in addresses:
        address = ipaddress.ip_address(text)
        if address.version == version:
            yield address.packed


class NameServer:
    """`names` says what there is; a name that is not there does not exist."""

    def __init__(self, names: dict[str, Records] | None = None,
                 ttl: int = 60) -> None:
        self.names: dict[str, Records] = dict(names or {})
        self.ttl = ttl
        self.questions: Inbox[tuple[str, int]] = Inbox("questions")
        self._scripts: dict[str, list[list[str]]] = {}
        self._lock = threading.Lock()
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return "127.0.0.1:%d" % self._sock.getsockname()[1]

    def script(self, name: str, *answers: list[str]) -> None:
        """These addresses first, one list for each question of type A; the
        last one is what the name has from then on."""
        with self._lock:
            self._scripts[name] = list(answers)
            self.names[name] = answers[0]

    def asked(self, name: str) -> int:
        """How often its addresses were asked for."""
        return self.questions.all().count((name, A))

    def _serve(self) -> None:
        while True:
            packet, peer = self._sock.recvfrom(2048)
            if not packet:
                return
            answer = self._answer(packet)
            if answer is not None:
                self._sock.sendto(answer, peer)

    def _step(self, name: str, kind: int) -> Records:
        with self._lock:
            script = self._scripts.get(name)
            if script and kind == A:
                self.names[name] = script[0]
                if len(script) > 1:
                    script.pop(0)
            return self.names[name]

    def _answer(self, packet: bytes) -> bytes | None:
        name, kind, end = _question(packet)
        self.questions.put((name, kind))
        owner, answers, code = b"\xc0\x0c", [], 0
        for _ in range(HOPS_MAX):
            if name not in self.names:
                code = 3
                break
            records = self._step(name, kind)
            if records is None:
                return None
            if isinstance(records, list):
                answers += [_record(owner, kind, self.ttl, data)
                            for data in _of_kind(records, kind)]
                break
            answers.append(_record(owner, CNAME, self.ttl, _wire(records)))
            name, owner = records, _wire(records)
        head = packet[:2] + struct.pack("!HHHHH", 0x8180 | code, 1,
                                        len(answers), 0, 0)
        return head + packet[12:end] + b"".join(answers)

    def stop(self) -> None:
        # An empty datagram is the sign to leave.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self._sock.getsockname())
        self._thread.join(5)
        self._sock.close()
