# SPDX-License-Identifier: MIT
"""Connections: kept alive, idle, half said, oversized, and two-faced."""

import contextlib
import socket
import time
import unittest
from urllib.parse import quote

from harness import Atom, Closed, Story, Wire, form, request
from harness.client import FORM, post
from harness.server import next_address

PING = [("hub.mode", "publish"), ("hub.url", "http://127.9.9.9:9999/")]


class KeptAlive(Story):
    def pull(self, hub) -> bytes:
        origin = self.origin()
        topic = origin.serve(Atom().add("one"))
        return request("GET", "/events?topic=" + quote(topic, safe=""))

    def test_a_pull_and_then_a_post(self) -> None:
        hub = self.daemon("--pull-open")
        with Wire(hub.address) as wire:
            answer = wire.ask(self.pull(hub))
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.keeps_alive)
            self.assertEqual(wire.ask(post(PING)).status, 204)
            self.assertEqual(wire.ask(post(PING)).status, 204)

    def test_a_pull_after_a_post_is_answered_and_closed(self) -> None:
        hub = self.daemon("--pull-open")
        with Wire(hub.address) as wire:
            self.assertEqual(wire.ask(post(PING)).status, 204)
            pull = self.pull(hub).replace(b" HTTP", b"&wait=60 HTTP", 1)
            answer = wire.ask(pull)
            self.assertEqual(answer.status, 200)
            self.assertFalse(answer.keeps_alive)
            self.assertIn(b'"cursor"', answer.body)
            self.assertEqual(wire.ended(), b"")

    def test_many_requests_on_one_connection(self) -> None:
        hub = self.daemon()
        with Wire(hub.address) as wire:
            for _ in range(50):
                self.assertEqual(wire.ask(post(PING)).status, 204)

    def test_requests_may_come_before_the_answers(self) -> None:
        hub = self.daemon("--pull-open")
        with Wire(hub.address) as wire:
            wire.send(post(PING) * 5)
            for _ in range(5):
                self.assertEqual(wire.read().status, 204)
        pull = self.pull(hub)
        with Wire(hub.address) as wire:
            wire.send(pull * 3)
            for _ in range(3):
                self.assertEqual(wire.read().status, 200)

    def test_connection_close_is_obeyed(self) -> None:
        hub = self.daemon("--pull-open")
        for data in (post(PING, fields=[("Connection", "close")]),
                     self.pull(hub).replace(
                         b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")):
            with Wire(hub.address) as wire:
                self.assertLess(wire.ask(data).status, 300)
                self.assertEqual(wire.ended(), b"")

    def test_a_request_may_come_in_pieces(self) -> None:
        hub = self.daemon("--pull-open")
        for data in (post(PING), self.pull(hub)):
            with Wire(hub.address) as wire:
                wire.sock.setsockopt(socket.IPPROTO_TCP,
                                     socket.TCP_NODELAY, 1)
                for at in range(len(data)):
                    wire.send(data[at:at + 1])
                self.assertLess(wire.read().status, 300)

    def test_chunked_bodies_are_read(self) -> None:
        hub, body = self.daemon(), form(PING)
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
        with Wire(hub.address) as wire:
            answer = wire.ask(request(
                "POST", "/", [("Content-Type", FORM),
                              ("Transfer-Encoding", "chunked")],
                chunks + b"0\r\n\r\n"))
            self.assertEqual(answer.status, 204)

    def test_expect_continue_is_answered(self) -> None:
        hub, body = self.daemon(), form(PING)
        with Wire(hub.address) as wire:
            wire.send(request("POST", "/", [
                ("Content-Type", FORM), ("Expect", "100-continue"),
                ("Content-Length", str(len(body)))]))
            self.assertEqual(wire.head().status, 100)
            wire.send(body)
            self.assertEqual(wire.read().status, 204)


class Limits(Story):
    def test_a_huge_body_is_413(self) -> None:
        hub = self.daemon()
        with Wire(hub.address) as wire:
            wire.send(request("POST", "/", [
                ("Content-Type", FORM), ("Content-Length", "99000000")]))
            try:
                wire.send(b"hub.mode=" + b"x" * 65536)
            except ConnectionError:
                pass
            self.assertEqual(wire.read().status, 413)

    def test_a_huge_chunked_body_is_413(self) -> None:
        hub = self.daemon()
        with Wire(hub.address) as wire:
            wire.send(request("POST", "/", [
                ("Content-Type", FORM), ("Transfer-Encoding", "chunked")]))
            chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            status = 0
            try:
                for _ in range(200):
                    wire.send(chunk)
            except ConnectionError:
                pass
            try:
                status = wire.read().status
            except (Closed, OSError):
                # It closed while we were still sending.
                status = 413
            self.assertEqual(status, 413)

    def test_a_large_ping_is_fine(self) -> None:
        hub = self.daemon()
        urls = [("hub.url", f"http://127.9.9.9:9999/{n:0200d}")
                for n in range(200)]
        answer = hub.client.post([("hub.mode", "publish"), *urls])
        self.assertEqual(answer.status, 204)

    def test_a_huge_head_is_refused(self) -> None:
        hub = self.daemon()
        for target in ("/" + "x" * 70000, "/events?topic=" + "x" * 70000):
            with Wire(hub.address) as wire:
                try:
                    wire.send(request("GET", target))
                    self.assertIn(wire.read().status, (400, 414, 431))
                except (Closed, ConnectionError):
                    pass  # closing without a word is fine as well
        self.assertEqual(hub.client.post(PING).status, 204)

    def test_a_half_head_does_not_make_it_spin(self) -> None:
        hub = self.daemon("--head-timeout=3s")
        half = [Wire(hub.address) for _ in range(20)]
        before, began = hub.cpu_seconds(), time.monotonic()
        for at, wire in enumerate(half):
            wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nX-Y: "[:5 + 2 * at])
        # Its patience ends, which is the event we wait for.
        half[0].ended()
        spent = hub.cpu_seconds() - before
        took = time.monotonic() - began
        for wire in half:
            wire.close()
        self.assertLess(spent, 0.5 + took / 4)

    def test_300_idle_connections_are_no_trouble(self) -> None:
        hub = self.daemon()
        sources = [next_address() for _ in range(10)]
        idle = [Wire(hub.address, source=sources[n % 10])
                for n in range(300)]
        for wire in idle[:150]:
            self.assertEqual(wire.ask(post(PING)).status, 204)
        self.assertEqual(hub.client.post(PING).status, 204)
        for wire in idle:
            wire.close()

    def test_the_descriptor_limit_is_the_hard_one(self) -> None:
        hub = self.daemon()
        with open(f"/proc/{hub.pid}/limits", encoding="ascii") as limits:
            line = [row for row in limits if row.startswith("Max open")][0]
        soft, hard = line.split()[3:5]
        self.assertEqual(int(soft), min(int(hard), 1 << 20))


BODY = form(PING)


class TwoFaced(Story):
    """What two servers could read differently is refused, and the
    connection ends: nothing after it is a request."""

    heads = {
        "two lengths": b"Content-Length: %d\r\nContent-Length: 5\r\n",
        "the same length twice":
            b"Content-Length: %d\r\nContent-Length: 42\r\n",
        "a list of lengths": b"Content-Length: %d, 42\r\n",
        "length and chunked":
            b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
        "chunked and length":
            b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n",
        "a signed length": b"Content-Length: +%d\r\n",
        "a hexadecimal length": b"Content-Length: 0x%d\r\n",
        "a blank before the colon": b"Content-Length : %d\r\n",
        "two hosts": b"Content-Length: %d\r\nHost: other\r\n",
        "unknown coding":
            b"Content-Length: %d\r\nTransfer-Encoding: cow\r\n",
    }

    def test_each_is_400_and_ends_the_connection(self) -> None:
        hub, callback = self.daemon(), self.callback()
        hidden = post([("hub.mode", "subscribe"),
                       ("hub.topic", "http://127.9.9.9:9999/"),
                       ("hub.callback", callback.url())])
        for name, head in self.heads.items():
            for path in (b"/", b"/events"):
                with self.subTest(head=name, path=path):
                    self.refused(hub, path, head, hidden)
        hub.stop()
        self.assertEqual(callback.accepted, 0)

    def refused(self, hub, path: bytes, head: bytes, hidden: bytes) -> None:
        with Wire(hub.address) as wire:
            wire.send(b"POST %s HTTP/1.1\r\nHost: hub\r\nContent-Type: %s\r\n"
                      % (path, FORM.encode()) + head % len(BODY) + b"\r\n"
                      + BODY + hidden)
            answer = wire.read()
            self.assertIn(answer.status, (400, 501))
            # No second answer: what followed was not taken for a request.
            self.assertNotIn(b"HTTP/1.1 202", wire.ended())

    def test_garbage_is_refused(self) -> None:
        hub = self.daemon()
        for data in (b"\0\1\2\3\r\n\r\n", b"GET\r\n\r\n",
                     b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
                     b"GET / HTTP/1.1\r\n\r\n",
                     b"GET /events HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: h\r\nbad line\r\n\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            with self.subTest(data=data), Wire(hub.address) as wire:
                wire.send(data)
                # It may have ended by then.
                with contextlib.suppress(OSError):
                    wire.half_close()
                said = wire.ended()
                if said:
                    self.assertRegex(said, rb"^HTTP/1\.[01] [45]")
        self.assertEqual(hub.client.post(PING).status, 204)


if __name__ == "__main__":
    unittest.main()
