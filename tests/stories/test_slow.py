# SPDX-License-Identifier: MIT
"""Slow, endless and idle clients: each has its end, and others are served
meanwhile."""

import os
import select
import socket
import time
import unittest
from urllib.parse import quote

from harness import (PATIENCE, Closed, Puller, Story, Wire, form, request,
                     until)
from harness.client import FORM, post
from harness.memory import anonymous_kb
from harness.server import next_address

PING = [("hub.mode", "publish"), ("hub.url", "http://127.9.9.9:9999/")]
BODY = form(PING)
QUICK = ("--head-timeout=3s", "--idle-timeout=2s")
PATIENT = ("--head-timeout=10m", "--idle-timeout=10m")

HEAD = b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Type: " + FORM.encode()


def told_later(wires: list[Wire]) -> list[Wire]:
    """Those whose answer has begun, and is a 503."""
    def begins(wire: Wire) -> bytes:
        try:
            return wire.sock.recv(12, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""
    return [wire for wire in wires if begins(wire) == b"HTTP/1.1 503"]


class Slow(Story):
    def dribble(self, wire: Wire, data: bytes, pause: float = 0.05) -> bytes:
        """Send it byte by byte until the hub has had enough.  What it said
        before that."""
        said = b""
        for at in range(len(data)):
            readable, _, _ = select.select([wire.sock], [], [], pause)
            try:
                if readable:
                    piece = wire.sock.recv(4096)
                    if not piece:
                        return said
                    said += piece
                else:
                    wire.send(data[at:at + 1])
            except ConnectionError:
                return said
        self.fail("it took all of that, and waited")

    def test_a_head_that_comes_by_bytes_has_its_deadline(self) -> None:
        hub = self.daemon(*QUICK)
        with Wire(hub.address) as wire:
            self.dribble(wire, HEAD + b"\r\nX-Long: " + b"x" * 1000)
        self.assertEqual(hub.client.post(PING).status, 204)

    def test_a_body_that_comes_by_bytes_has_its_deadline(self) -> None:
        # Twice the idle time for all of it, and nobody else needs to come
        # for that to be noticed.
        hub = self.daemon(*QUICK)
        for framing in (b"Content-Length: 1000", b"Transfer-Encoding: chunked"):
            with self.subTest(framing=framing), Wire(hub.address) as wire:
                wire.send(HEAD + b"\r\n" + framing + b"\r\n\r\n")
                self.dribble(wire, b"3e8\r\n" + b"x" * 990, 0.2)
        self.assertEqual(hub.client.post(PING).status, 204)

    def test_a_later_head_that_comes_by_bytes_has_its_deadline(self) -> None:
        hub = self.daemon(*QUICK)
        with Wire(hub.address) as wire:
            self.assertEqual(wire.ask(post(PING)).status, 204)
            self.dribble(wire, HEAD + b"\r\nX-Long: " + b"x" * 1000, 0.2)
        self.assertEqual(hub.client.post(PING).status, 204)

    def test_half_a_body_and_then_the_end_is_no_request(self) -> None:
        hub = self.daemon(*QUICK)
        for framing in (b"Content-Length: 1000", b"Transfer-Encoding: chunked"):
            with self.subTest(framing=framing), Wire(hub.address) as wire:
                wire.send(HEAD + b"\r\n" + framing + b"\r\n\r\n2\r\nhu")
                wire.half_close()
                self.assertNotIn(b" 20", wire.ended())
        self.assertEqual(hub.client.post(PING).status, 204)

    def test_who_says_nothing_is_let_go(self) -> None:
        hub = self.daemon(*QUICK)
        with Wire(hub.address) as silent, Wire(hub.address) as used:
            self.assertEqual(used.ask(post(PING)).status, 204)
            self.assertEqual(used.ended(), b"")
            silent.ended()


class Endless(Story):
    def pour(self, start: bytes, piece: bytes) -> bytes:
        """Send pieces for ever.  What the hub said when it had enough; it
        may also close without a word.  For a second after its answer it reads
        over what still comes, however much that is."""
        with Wire(self.hub.address) as wire:
            end = time.monotonic() + PATIENCE
            try:
                wire.send(start)
                while time.monotonic() < end:
                    wire.send(piece)
                self.fail("it takes all of that")
            except ConnectionError:
                pass
            try:
                return wire.ended()
            except (Closed, ConnectionError):
                return b""

    def test_nothing_endless_is_taken_in(self) -> None:
        self.hub = self.daemon()
        kilobytes = anonymous_kb(self.hub.pid)
        chunked = HEAD + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        shapes = {
            "request line": (b"GET /", b"x" * 4096),
            "fields": (HEAD, b"\r\nX-More: " + b"y" * 4000),
            "one field": (HEAD + b"\r\nX-More: ", b"y" * 4096),
            "blank lines": (b"\r\n", b"\r\n" * 2048),
            "body": (chunked, b"1000\r\n" + b"z" * 4096 + b"\r\n"),
            "chunk extension": (chunked + b"1;", b"e" * 4096),
            "chunk size": (chunked, b"0" * 4096),
            "trailers": (chunked + b"0\r\n", b"X-More: " + b"t" * 4000
                         + b"\r\n"),
        }
        for name, (start, piece) in shapes.items():
            for path in (b"/", b"/events"):
                with self.subTest(name, path=path):
                    said = self.pour(start.replace(b" / ", b" " + path + b" "),
                                     piece)
                    self.assertNotIn(b" 20", said[:13])
        self.assertEqual(self.hub.client.post(PING).status, 204)
        self.assertLess(anonymous_kb(self.hub.pid), kilobytes + 16 * 1024)


class Crowd(Story):
    def test_5000_idle_ones_are_cheap_and_hinder_nobody(self) -> None:
        hub = self.daemon("--connections=8192", *PATIENT)
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(b"one", "text/plain")
        sources = [next_address() for _ in range(50)]
        kilobytes = anonymous_kb(hub.pid)
        # A half of a head, and then silence; the others used it once.
        idle = [Wire(hub.address, source=sources[n % 50]) for n in range(4500)]
        for wire in idle[:200]:
            wire.send(HEAD)
        used = [Wire(hub.address, source=sources[n % 50]) for n in range(500)]
        for wire in used:
            self.assertEqual(wire.ask(post(PING)).status, 204)
        self.subscribe(hub, topic, callback.url())
        each = (anonymous_kb(hub.pid) - kilobytes) / 5000
        # Those that were used have a pool of 8 KiB of their own.
        # What sanitizers take says nothing.
        if not hub.sanitized:
            self.assertLess(each, 2.5, "KiB each")
        for wire in idle + used:
            wire.close()

    def test_300_slow_ones_hinder_nobody(self) -> None:
        hub = self.daemon("--connections-per-address=1000", *PATIENT)
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(b"one", "text/plain")
        slow = [Wire(hub.address) for _ in range(300)]
        for at, wire in enumerate(slow):
            data = request("POST", "/", [("Content-Type", FORM)], BODY)
            wire.send(data[:20 + at % (len(data) - 21)])
        self.follow(hub, topic, callback.url())
        origin.serve(b"two", "text/plain")
        self.publish(hub, topic)
        self.assertEqual(callback.wait_posts(1)[0].body, b"two")
        for wire in slow:
            wire.close()

    def test_who_asks_for_much_and_reads_nothing_is_cheap_and_hinders_nobody(
            self) -> None:
        hub = self.daemon("--pull-open", *PATIENT)
        origin = self.origin()
        # Not UTF-8, so that it is longer as JSON.
        large = os.urandom(1 << 16) * 96
        topic = origin.serve(large, "application/octet-stream",
                             path="/aaaaaaaa")
        target = f"/events?topic={quote(topic, safe='')}&since=earliest"
        Puller(hub.client, topic).pull()
        hub.wait_for("update")
        answer = hub.client.get(target)
        self.assertEqual(answer.status, 200)
        self.assertGreater(len(answer.body), 8 << 20)
        kilobytes = anonymous_kb(hub.pid)

        # Front's, and those that were used for something else before.
        greedy = next_address()
        wires = [Wire(hub.address, source=greedy) for _ in range(200)]
        for wire in wires[:100]:
            self.assertEqual(wire.ask(post(PING)).status, 204)
        # Equal answers are kept once for all: each spells the topic in a way
        # of his own, and has it answered so.
        for number, wire in enumerate(wires):
            path = "".join("%61" if number >> bit & 1 else "a"
                           for bit in range(8))
            own = topic.replace("aaaaaaaa", path)
            wire.send(request("GET", "/events?since=earliest&topic="
                              + quote(own, safe="")))
        # Of each kind few are answered, and the others told to come again.
        for some in (wires[:100], wires[100:]):
            until(lambda some=some: len(told_later(some)) >= 90,
                  "90 of 100 are told to come again")
            answer = told_later(some)[0].read()
            self.assertIsNotNone(answer.get("Retry-After"))
            self.assertNotEqual(answer.body, b"")
        # Others are served all the while.
        for _ in range(3):
            self.assertEqual(hub.client.get(target).status, 200)
        if not hub.sanitized:
            self.assertLess(anonymous_kb(hub.pid), kilobytes + (160 << 10))
        for wire in wires:
            wire.close()


if __name__ == "__main__":
    unittest.main()
