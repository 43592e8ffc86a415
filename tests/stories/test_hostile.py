# SPDX-License-Identifier: MIT
"""Servers that answer for ever, too much, or hardly at all (S12, S13)."""

import gzip
import itertools
import socket
import threading
import unittest
import zlib
from typing import Callable, Iterable

from harness import Atom, Daemon, Origin, Story
from harness.callback import Callback
from harness.server import Answer, Seen

MIB = 1 << 20
GIB = 1 << 30
HEAD = b"HTTP/1.1 200 OK\r\n"


def zeros(size: int, wbits: int) -> Iterable[bytes]:
    """Compressed zeros, without ever compressing more than a megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    yield packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush the same bytes mean the same again.
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(size // MIB - 1):
        yield block


class Pouring:
    """Mixed into a server: what it `pours` has no end, or a late one."""

    def __init__(self) -> None:
        self.pours: Callable[[], Iterable[bytes]] | None = None
        self.pause = 0.0
        self.poured = 0
        super().__init__()

    def _one(self, sock: socket.socket, reader, number: int,
             stopping: threading.Event) -> bool:
        if self.pours is None:
            return super()._one(sock, reader, number, stopping)
        # He may mend his ways meanwhile.
        pours = self.pours
        # What is on its way is not taken yet.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        reader.request()
        for piece in pours():
            if stopping.is_set():
                break
            sock.sendall(piece)
            self.poured += len(piece)
            if self.pause:
                stopping.wait(self.pause)
        return False


class PouringOrigin(Pouring, Origin):
    pass


class PouringCallback(Pouring, Callback):
    pass


def endless(first: bytes, piece: bytes, pause: float = 0
            ) -> Callable[["Pouring"], None]:
    def begin(server: "Pouring") -> None:
        server.pours = lambda: itertools.chain(
            [first], itertools.repeat(piece))
        server.pause = pause
    return begin


# What it says without an end, and how long it pauses between its pieces.
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LAST_CHUNK = CHUNKED + b"1\r\nx\r\n0\r\n"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
HOSTILE = {
    "headers": endless(HEAD, b"X-More: and more\r\n" * 100),
    "one header": endless(HEAD + b"X-More: ", b"and more " * 200),
    "a status line": endless(b"HTTP/1.1 200 ", b"OK" * 500),
    "interim answers": endless(b"", GO_ON * 50),
    "early hints": endless(b"", HINT * 50),
    "blank lines": endless(b"", b"\r\n" * 500),
    "trailers": endless(LAST_CHUNK, b"X-More: and more\r\n" * 100),
    "slow headers": endless(HEAD, b"X: y\r\n", 0.1),
    "a slow status line": endless(b"HTTP/1.1 ", b"2", 0.1),
    "slow interim answers": endless(b"", GO_ON, 0.1),
    "a slow body": endless(HEAD + b"Content-Length: 100000\r\n\r\n", b"x",
                           0.1),
    "slow chunks": endless(CHUNKED, b"1\r\nx\r\n", 0.1),
    "a slow chunk size": endless(CHUNKED, b"0", 0.1),
    "slow trailers": endless(LAST_CHUNK, b"X: y\r\n", 0.1),
    "nothing at all": endless(b"", b"", 0.1),
}
# Of these nothing tells the status.
SPEECHLESS = ("a status line", "interim answers", "early hints",
              "blank lines", "a slow status line", "slow interim answers",
              "nothing at all")


def echo_and_close(seen: Seen) -> Answer:
    return Answer(200, seen.params["hub.challenge"].encode(), close=True)


def resident(daemon: Daemon) -> int:
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


class Hostile(Story):
    def pouring(self, kind):
        return self._server(kind())

    def impatient(self, what: str) -> Daemon:
        """Only with those who are hostile: others may be slow here."""
        return self.daemon(f"--{what}-timeout=3s", "--body-max=1MiB",
                           "--retry-attempts=1000")

    def test_S12_a_compression_bomb_ends_at_the_limit(self) -> None:
        hub, callback = self.daemon("--body-max=1MiB"), self.callback()
        size = 10 * GIB
        # 2 GB twice packed are some kilobytes; once, more than a body may be.
        twice = gzip.compress(b"".join(zeros(2 * GIB, 31)))
        bombs = {"gzip": (lambda: zeros(size, 31), "body too large"),
                 "x-gzip": (lambda: zeros(size, 31), "body too large"),
                 "gzip, gzip": (lambda: [twice], "body too large"),
                 "deflate": (lambda: zeros(size, 15), "body too large")}
        warm = self.origin()
        self.follow(hub, warm.serve(Atom().add("one")), callback.url("warm"))
        before = resident(hub)
        for number, (coding, (bomb, result)) in enumerate(bombs.items()):
            with self.subTest(coding=coding):
                origin = self.pouring(PouringOrigin)
                head = HEAD + (f"Content-Type: text/plain\r\n"
                               f"Content-Encoding: {coding}\r\n"
                               f"Connection: close\r\n\r\n").encode()
                origin.pours = lambda head=head, bomb=bomb: itertools.chain(
                    [head], bomb())
                since = hub.mark()
                self.subscribe(hub, origin.url(), callback.url(str(number)))
                line = hub.wait_for("fetch.failed", since=since)
                self.assertEqual(line.fields["result"], result)
                # Far from all of it was taken, let alone unpacked.
                self.assertLess(origin.poured, 4 * MIB)
        self.assertLess(resident(hub) - before, 32 * MIB)
        self.assertEqual(len(callback.posts), 0)

    def test_S12_a_callback_s_answer_is_never_unpacked(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()

        def packed(seen: Seen) -> Answer:
            body = gzip.compress(seen.params["hub.challenge"].encode())
            return Answer(200, body, [("Content-Encoding", "gzip")])
        callback.on_verify = packed
        self.accepted(hub, "subscribe", origin.url(), callback.url())
        seen = callback.wait_verifications(1)[0]
        self.assertEqual(seen.all("Accept-Encoding"), [])
        hub.wait_for("verification.failed")

    def test_S13_no_origin_holds_a_fetch_for_ever(self) -> None:
        hub, callback = self.impatient("fetch"), self.callback()
        for number, begin in enumerate(HOSTILE.values()):
            origin = self.pouring(PouringOrigin)
            begin(origin)
            self.accepted(hub, "subscribe", origin.url(),
                          callback.url(str(number)))
        hub.wait_for("fetch.failed", len(HOSTILE))
        results = {line.fields["result"]
                   for line in hub.lines("fetch.failed")}
        self.assertLessEqual(results, {"timeout", "broken answer",
                                       "body cut off", "body too large"})
        self.assertIn("timeout", results)
        self.assertEqual(len(callback.posts), 0)

    def test_S13_no_callback_holds_a_verification_for_ever(self) -> None:
        hub = self.impatient("verify")
        callbacks = []
        for begin in HOSTILE.values():
            callback = self.pouring(PouringCallback)
            begin(callback)
            callbacks.append(callback)
            self.accepted(hub, "subscribe", "http://127.9.9.9:9999/",
                          callback.url())
        hosts = {callback.host for callback in callbacks}
        hub.log.wait_until(
            lambda lines: hosts <= {
                line.fields.get("host") for line in lines
                if line.event == "verification.failed"},
            "the end of every verification")
        self.assertEqual(hub.lines("subscription.active"), [])

    def test_S13_no_callback_holds_a_delivery_for_ever(self) -> None:
        hub, origin = self.impatient("delivery"), self.origin()
        feed, good = Atom().add("one"), self.callback()
        topic = origin.serve(feed)
        callbacks = {name: self.pouring(PouringCallback) for name in HOSTILE}
        for callback in callbacks.values():
            callback.on_verify = echo_and_close
        self.follow(hub, topic, good.url(),
                    *(callback.url() for callback in callbacks.values()))
        for name, callback in callbacks.items():
            HOSTILE[name](callback)
        self.publish(hub, topic)
        good.wait_posts(1)
        # An answer that breaks off may count, one without a status not.
        mute = {callbacks[name].host for name in SPEECHLESS}
        hub.log.wait_until(
            lambda lines: mute <= {
                line.fields.get("host") for line in lines
                if line.event == "delivery.failed"},
            "the end of every delivery")
        # And it is not the end: they mend their ways.
        for callback in callbacks.values():
            callback.pours = None
        origin.serve(feed.add("two"))
        self.publish(hub, topic)
        good.wait_posts(2)
        for callback in callbacks.values():
            callback.wait_posts(1)


if __name__ == "__main__":
    unittest.main()
