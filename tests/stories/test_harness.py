# SPDX-License-Identifier: MIT
"""The stories' own parts, without the daemon."""

import socket
import threading
import unittest

from harness import (PATIENCE, Answer, Atom, Callback, Client, Closed,
                     NameServer, Origin, Rss, Wire, entries_of, request)
from harness.callback import name_of, signature
from harness.client import post
from harness.daemon import parse


class Harness(unittest.TestCase):
    def callback(self) -> Callback:
        callback = Callback()
        self.addCleanup(callback.stop)
        return callback

    def origin(self) -> Origin:
        origin = Origin()
        self.addCleanup(origin.stop)
        return origin

    def test_a_callback_echoes_the_challenge(self) -> None:
        callback = self.callback()
        answer = Client((callback.host, callback.port)).get(
            f"/{callback.token}/cb?hub.challenge=abc%2Bd")
        self.assertEqual((answer.status, answer.body), (200, b"abc+d"))
        self.assertEqual(callback.challenges(), ["abc+d"])

    def test_deliveries_are_kept_byte_for_byte(self) -> None:
        callback = self.callback()
        wire = Wire((callback.host, callback.port))
        wire.send(request("POST", "/a/b?c=%7E", [("X-One", "  two")], b"hi"))
        self.assertEqual(wire.read().status, 204)
        wire.send(request("POST", "/a/d", [("Transfer-Encoding", "chunked")],
                          b"3\r\nabc\r\n0\r\n\r\n"))
        self.assertEqual(wire.read().status, 204)
        wire.close()
        first, second = callback.wait_posts(2)
        self.assertEqual(first.target, "/a/b?c=%7E")
        self.assertIn(b"X-One:   two\r\n", first.message.head)
        self.assertEqual((first.body, second.body), (b"hi", b"abc"))
        self.assertEqual(first.connection, second.connection)
        self.assertEqual(name_of(first), "b")

    def test_scripted_answers_come_first(self) -> None:
        callback = self.callback()
        callback.script(Answer(500), Answer(drop=True))
        client = Client((callback.host, callback.port))
        self.assertEqual(client.post([]).status, 500)
        with self.assertRaises(Closed):
            client.post([])
        self.assertEqual(client.post([]).status, 204)

    def test_a_gate_holds_an_answer(self) -> None:
        callback = self.callback()
        gate = threading.Event()
        callback.on_post = lambda _: Answer(204, gate=gate)
        with Wire((callback.host, callback.port)) as wire:
            wire.send(post([]))
            callback.wait_posts(1)
            wire.sock.settimeout(0.1)
            with self.assertRaises(socket.timeout):
                wire.read()
            gate.set()
            wire.sock.settimeout(PATIENCE)
            self.assertEqual(wire.read().status, 204)

    def test_a_stopped_server_refuses_and_comes_back(self) -> None:
        callback = self.callback()
        port = callback.port
        client = Client((callback.host, port))
        callback.stop()
        with self.assertRaises(ConnectionRefusedError):
            client.post([])
        callback.listen()
        self.assertEqual(callback.port, port)
        self.assertEqual(client.post([]).status, 204)

    def test_an_origin_honours_validators(self) -> None:
        origin = self.origin()
        origin.serve(Atom().add("one"))
        client = Client((origin.host, origin.port))
        first = client.get("/feed")
        self.assertEqual(entries_of(first.body), ["one"])
        again = client.get("/feed", [("If-None-Match", first.get("ETag"))])
        self.assertEqual(again.status, 304)
        self.assertEqual(client.get("/other").status, 404)

    def test_feeds_render_their_entries_newest_first(self) -> None:
        for feed in (Atom(), Rss()):
            body = feed.add("one").add("two").render()
            self.assertEqual(entries_of(body), ["two", "one"])

    def test_log_lines_are_taken_apart(self) -> None:
        line = parse('2024-01-01T00:00:00.000Z info a.b x=1 y="two words"')
        self.assertEqual(line.event, "a.b")
        self.assertEqual(line.fields, {"x": "1", "y": "two words"})

    def test_signatures_are_those_of_the_published_example(self) -> None:
        self.assertEqual(
            signature("sha1", b"s3cret", b"hello"),
            "sha1=f875ad165d97aba6b68e2c2f7ea314aeb2a0082f")

    def test_the_name_server_answers_what_it_knows(self) -> None:
        names = NameServer({"a.test": ["127.0.0.1"]})
        self.addCleanup(names.stop)
        host, _, port = names.address.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(PATIENCE)
            for name, found in (("a", True), ("b", False)):
                question = (b"\1\2\1\0\0\1\0\0\0\0\0\0\1" + name.encode()
                            + b"\4test\0\0\1\0\1")
                sock.sendto(question, (host, int(port)))
                reply = sock.recv(512)
                self.assertEqual(reply.endswith(b"\x7f\0\0\1"), found)
                self.assertEqual(reply[3] & 15, 0 if found else 3)


if __name__ == "__main__":
    unittest.main()
