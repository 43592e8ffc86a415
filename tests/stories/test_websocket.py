# SPDX-License-Identifier: MIT
"""WebSocket: RFC 6455 as it is written, topics that come and go."""

import json
import random
import threading
import unittest

from harness import Closed, Wire
from harness.streaming import Streaming, target
from harness.websocket import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT,
                               Refused, WebSocket, accept_of, frame,
                               handshake)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, 1.3


class Handshakes(Streaming):
    def ask(self, where: str, *fields: tuple) -> Wire:
        wire = Wire(self.hub.address)
        self.addCleanup(wire.close)
        wire.send(handshake(where, fields, KEY))
        return wire

    def refused(self, where: str, *fields: tuple) -> int:
        with self.assertRaises(Refused) as caught:
            self.socket_at(where, fields)
        return caught.exception.answer

    def socket_at(self, where: str, fields: tuple = ()) -> WebSocket:
        return self._kept(WebSocket(self.hub.address, where, fields))

    def test_a_socket_is_switched_to(self) -> None:
        topic = self.begin()
        wire = self.ask(target("/events/ws", topic))
        head = wire._reader.head()
        self.assertEqual(head.status, 101)
        self.assertEqual(head.get("Upgrade").lower(), "websocket")
        self.assertEqual(head.get("Connection").lower(), "upgrade")
        self.assertEqual(head.get("Sec-WebSocket-Accept"),
                         "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.assertEqual(accept_of(KEY), head.get("Sec-WebSocket-Accept"))
        self.assertIsNone(head.get("Sec-WebSocket-Extensions"))
        self.assertIsNone(head.get("Sec-WebSocket-Protocol"))

    def test_the_usual_path_switches_too(self) -> None:
        topic = self.begin()
        socket = self.socket_at(target("/events", topic))
        self.assertEqual(socket.message()["type"], "open")

    def test_it_opens_with_its_place(self) -> None:
        topic = self.begin()
        said = self.socket(topic, heartbeat=20, life=600).message()
        self.assertEqual((said["type"], said["heartbeat"], said["topics"]),
                         ("open", 20, 1))
        self.assertTrue(480 <= said["life"] <= 720)
        self.assertRegex(said["cursor"], r"^[\w-]{22}$")

    def test_a_subprotocol_is_chosen_where_it_is_offered(self) -> None:
        topic = self.begin()
        for offered, chosen in (("hub.pull.v1", "hub.pull.v1"),
                                ("chat, hub.pull.v1", "hub.pull.v1"),
                                ("chat", None)):
            socket = self.socket(
                topic, fields=(("Sec-WebSocket-Protocol", offered),))
            self.assertEqual(socket.head.get("Sec-WebSocket-Protocol"),
                             chosen)

    def test_what_is_no_handshake_is_refused(self) -> None:
        topic = self.begin()
        where = target("/events/ws", topic)
        for field, value in (("Sec-WebSocket-Version", "8"),
                             ("Sec-WebSocket-Key", "short"),
                             ("Sec-WebSocket-Key", None),
                             ("Upgrade", None)):
            with self.subTest(field=field, value=value):
                answer = self.refused(where, (field, value))
                self.assertIn(answer.status, (400, 426), answer.text)
                self.assertIn("problem+json", answer.get("Content-Type"))

    def test_pages_of_other_origins_are_refused(self) -> None:
        topic = self.begin("--pull-origin=https://mine.example")
        where = target("/events/ws", topic)
        for origin in ("https://evil.example", "null", "http://mine.example",
                       "https://mine.example.evil.example"):
            with self.subTest(origin=origin):
                answer = self.refused(where, ("Origin", origin))
                self.assertEqual(answer.status, 403, answer.text)
        for origin in ("https://mine.example", self.hub.hub.rstrip("/")):
            with self.subTest(origin=origin):
                socket = self.socket_at(where, (("Origin", origin),))
                self.assertEqual(socket.message()["type"], "open")

    def test_what_is_malformed_is_refused_before_the_switch(self) -> None:
        topic = self.begin()
        for where in ("/events/ws?topic=nonsense",
                      target("/events/ws", topic, since="x"),
                      target("/events/ws", topic, life="x")):
            self.assertEqual(self.refused(where).status, 400)


class Sockets(Streaming):
    def open(self, **params: object) -> WebSocket:
        socket = self.socket(self.followed, **params)
        socket.of_type("open")
        return socket

    def begin(self, *options: str) -> str:
        self.followed = super().begin(*options)
        return self.followed


class Frames(Sockets):
    def test_an_op_may_come_in_pieces(self) -> None:
        self.begin()
        socket = self.open()
        for pieces in (1, 2, 5, 13):
            socket.send_text('{"op": "ping"}', pieces)
            self.assertEqual(socket.message(), {"type": "pong"})

    def test_it_may_come_byte_by_byte(self) -> None:
        self.begin()
        socket = self.open()
        for byte in frame(TEXT, b'{"op":"ping"}'):
            socket.wire.send(bytes([byte]))
        self.assertEqual(socket.message(), {"type": "pong"})

    def test_many_may_come_at_once(self) -> None:
        self.begin()
        socket = self.open()
        socket.wire.send(frame(TEXT, b'{"op":"ping"}') * 100)
        for _ in range(100):
            self.assertEqual(socket.message(), {"type": "pong"})

    def test_a_ping_is_answered_with_what_it_held(self) -> None:
        self.begin()
        socket = self.open()
        for data in (b"", b"hello", bytes(range(125))):
            socket.send_frame(PING, data)
            answer = socket.read_frame()
            self.assertEqual((answer.opcode, answer.data), (PONG, data))

    def test_a_ping_may_come_between_the_pieces(self) -> None:
        self.begin()
        socket = self.open()
        socket.send_frame(TEXT, b'{"op":', final=False)
        socket.send_frame(PING, b"x")
        self.assertEqual(socket.read_frame().opcode, PONG)
        socket.send_frame(CONTINUATION, b'"ping"}')
        self.assertEqual(socket.message(), {"type": "pong"})

    def test_a_good_bye_is_answered(self) -> None:
        self.begin()
        socket = self.open()
        self.wait_held(1)
        socket.close_with(1000, "done")
        self.assertEqual(socket.closed().code, 1000)
        self.wait_held(0)

    def test_what_is_against_the_protocol_ends_it(self) -> None:
        self.begin()
        cases = (
            ("unmasked", frame(TEXT, b"{}", masked=False), 1002),
            ("binary", frame(BINARY, b"{}"), 1003),
            ("reserved bit", frame(TEXT, b"{}", bits=0x40), 1002),
            ("unknown opcode", frame(0x3, b""), 1002),
            ("continuation of nothing", frame(CONTINUATION, b"x"), 1002),
            ("text within text",
             frame(TEXT, b"a", final=False) + frame(TEXT, b"b"), 1002),
            ("long ping", frame(PING, b"x" * 126), 1002),
            ("ping in pieces", frame(PING, b"x", final=False), 1002),
            ("not UTF-8", frame(TEXT, b"\xff\xfe"), 1007),
            ("too long", frame(TEXT, b"x" * 65537), 1009),
            ("too long in pieces",
             frame(TEXT, b"x" * 40000, final=False)
             + frame(CONTINUATION, b"x" * 40000), 1009),
        )
        for what, sent, code in cases:
            with self.subTest(what):
                socket = self.open()
                socket.wire.send(sent)
                end = socket.read()
                self.assertEqual((end.opcode, end.code), (CLOSE, code))
        self.wait_held(0)

    def test_a_length_that_is_a_lie_costs_nothing(self) -> None:
        self.begin()
        socket = self.open()
        # 2^62 bytes are announced.
        socket.wire.send(b"\x81\xff\x40" + b"\0" * 7 + b"mask and some")
        end = socket.read()
        self.assertEqual((end.opcode, end.code), (CLOSE, 1009))

    def test_a_long_event_is_one_message(self) -> None:
        topic = self.begin()
        socket = self.open()
        body = b"0123456789abcdef" * 60_000
        self.update(topic, body)
        self.assertEqual(socket.event()["body"], body.decode())

    def test_a_peer_that_answers_no_ping_is_let_go(self) -> None:
        self.begin()
        silent, other = self.open(heartbeat=5), self.open(heartbeat=5)
        found: list[dict] = []
        reader = threading.Thread(
            target=lambda: found.append(other.message()))
        reader.start()
        silent.pongs = False
        self.assertEqual(silent.read_frame().opcode, PING)
        # 10 s after that.
        with self.assertRaises(Closed):
            while silent.read_frame().opcode == PING:
                pass
        self.wait_held(1)
        other.say("ping")
        reader.join()
        self.assertEqual(found, [{"type": "pong"}])
        self.assertGreaterEqual(other.pings, 2)


class Changes:
    """Asks for topics and gives them up, and looks at what comes."""

    def __init__(self, socket: WebSocket, always: str, others: list[str]
                 ) -> None:
        self.socket, self.others = socket, others
        self.chance = random.Random(1)
        self.wanted: set[str] = set()
        self.asked: list[tuple[str, str, str]] = []
        # The seq that has to come next; None: any.
        self.next: dict[str, int | None] = {always: None}
        self.wrong: list[object] = []

    def ask(self) -> None:
        topic = self.chance.choice(self.others)
        since = self.chance.choice(["earliest", "-2", "latest"])
        if topic in self.wanted:
            self.wanted.remove(topic)
            self.socket.say("unsubscribe", topic=topic)
            self.asked.append(("unsubscribed", topic, ""))
        else:
            self.wanted.add(topic)
            self.socket.say("subscribe", topic=topic, since=since)
            self.asked.append(("subscribed", topic, since))

    def hear(self, said: dict) -> None:
        topic = said["topic"]
        if topic not in self.next:
            self.wrong.append(("not subscribed", said))
        elif self.next[topic] not in (None, said["seq"]):
            self.wrong.append(("not", self.next[topic], said))
        self.next[topic] = said["seq"] + 1

    def step(self) -> None:
        """Ask for some changes; hear what comes up to the next event."""
        while len(self.asked) < 10 and self.chance.random() < 0.5:
            self.ask()
        while (said := self.socket.message())["type"] != "event":
            kind, topic, since = self.asked.pop(0)
            if (said["type"], said["topic"]) != (kind, topic):
                self.wrong.append((kind, topic, said))
            self.next.pop(topic, None)
            if kind == "subscribed":
                self.next[topic] = 1 if since == "earliest" else None
        self.hear(said)


class Ops(Sockets):
    def test_topics_come_and_go(self) -> None:
        a = self.begin()
        b = self.topic("/b")
        socket = self.open()
        self.update(b, b"unheard")
        socket.say("subscribe", topic=b)
        said = socket.message()
        self.assertEqual((said["type"], said["topic"]), ("subscribed", b))
        self.update(b, b"b3")
        self.update(a, b"a2")
        self.assertEqual([socket.event()["body"] for _ in range(2)],
                         ["b3", "a2"])
        socket.say("unsubscribe", topic=a)
        said = socket.message()
        self.assertEqual((said["type"], said["topic"]), ("unsubscribed", a))
        self.update(a, b"unheard")
        self.update(b, b"b4")
        self.assertEqual(socket.event()["body"], "b4")

    def test_a_new_topic_begins_where_its_reader_wants(self) -> None:
        a = self.begin()
        b = self.topic("/b")
        for number in range(2, 5):
            self.update(b, b"b%d" % number)
        cursor = self.cursor(a, since="latest")
        self.update(a, b"a2")
        socket = self.open(since=cursor)
        self.assertEqual(socket.event()["body"], "a2")
        socket.say("subscribe", topic=b, since="-2")
        socket.of_type("subscribed")
        self.assertEqual([socket.event()["body"] for _ in range(2)],
                         ["b3", "b4"])
        self.update(a, b"a3")
        self.update(b, b"b5")
        self.assertEqual([socket.event()["body"] for _ in range(2)],
                         ["a3", "b5"])

    def test_nothing_is_lost_or_twice_while_topics_change(self) -> None:
        a = self.begin()
        socket = self.open()
        others = [self.topic(f"/{number}") for number in range(10)]
        for round_ in range(3):
            for other in others:
                socket.say("subscribe", topic=other)
                self.update(a, b"%d %s" % (round_, other.encode()))
            for other in others:
                socket.say("unsubscribe", topic=other)
            self.update(a, b"%d end" % round_)
        wanted = [f"{round_} {name}" for round_ in range(3)
                  for name in [*others, "end"]]
        found = []
        while len(found) < len(wanted):
            said = socket.message()
            self.assertNotEqual(said["type"], "error", said)
            if said["type"] == "event" and said["topic"] == a:
                found.append(said["body"])
        self.assertEqual(found, wanted)

    def test_whatever_is_subscribed_comes_without_holes(self) -> None:
        always = self.begin()
        others = [self.topic(f"/{number}") for number in range(6)]
        changes = Changes(self.open(), always, others)
        stop = threading.Event()

        def publish() -> None:
            chance = random.Random(2)
            while not stop.is_set():
                self.update(chance.choice([always, *others]),
                            b"%x" % chance.getrandbits(64))
        publisher = threading.Thread(target=publish)
        publisher.start()
        try:
            for _ in range(1500):
                changes.step()
        finally:
            stop.set()
            publisher.join()
        self.assertEqual(changes.wrong, [])

    def test_many_changes_may_be_asked_for_at_once(self) -> None:
        self.begin()
        topics = [self.topic(f"/{number}") for number in range(30)]
        socket = self.open()
        for topic in topics:
            socket.say("subscribe", topic=topic)
        self.assertEqual(
            [socket.message()["topic"] for _ in topics], topics)
        for topic in reversed(topics):
            self.update(topic, topic.encode())
        self.assertEqual([socket.event()["topic"] for _ in topics],
                         topics[::-1])

    def test_a_socket_may_begin_without_topics(self) -> None:
        topic = self.begin()
        socket = self.socket()
        self.assertEqual(socket.of_type("open")["topics"], 0)
        socket.say("subscribe", topic=topic, since="earliest")
        socket.of_type("subscribed")
        self.assertEqual(socket.event()["body"], "first")

    def test_what_cannot_be_is_told_and_ends_nothing(self) -> None:
        topic = self.begin()
        socket = self.open()
        for sent in ("", "hello", "[]", '{"op":"jump"}', '{"op":"subscribe"}',
                     '{"op":"subscribe","topic":"nonsense"}',
                     json.dumps({"op": "subscribe", "topic": topic + "x",
                                 "since": "x"}),
                     '{"op":"unsubscribe","topic":"http://a.example/"}',
                     '{"op":"ack","id":"x"}'):
            with self.subTest(sent):
                socket.send_text(sent)
                said = socket.message()
                self.assertEqual(said["type"], "error", said)
                self.assertTrue(said["reason"] and said["detail"])
        self.update(topic, b"second")
        self.assertEqual(socket.event()["body"], "second")

    def test_a_topic_out_of_scope_cannot_be_added(self) -> None:
        topic = self.begin()
        token = self.token(scope=topic)
        socket = self.socket(
            topic, fields=(("Authorization", f"Bearer {token}"),))
        socket.of_type("open")
        socket.say("subscribe", topic="https://elsewhere.example/")
        self.assertEqual(socket.message()["type"], "error")
        self.update(topic, b"second")
        self.assertEqual(socket.event()["body"], "second")

    def test_a_limit_waits_to_be_asked_for_more(self) -> None:
        topic = self.begin()
        for number in range(4):
            self.update(topic, b"%d" % number)
        socket = self.open(since="earliest", limit=2)
        found = []
        for _ in range(2):
            found += [socket.event()["body"] for _ in range(2)]
            self.assertEqual(socket.message()["type"], "more")
            socket.say("ping")
            self.assertEqual(socket.message(), {"type": "pong"})
            socket.say("more")
        found.append(socket.event()["body"])
        self.assertEqual(found, ["first", "0", "1", "2", "3"])
        self.update(topic, b"live")
        self.assertEqual(socket.event()["body"], "live")


class Ends(Sockets):
    def test_it_is_told_that_the_hub_is_stopping(self) -> None:
        self.begin()
        sockets = [self.open() for _ in range(5)]
        self.wait_held(5)
        self.hub.terminate()
        for socket in sockets:
            self.assertEqual(socket.closed().code, 1012)
        self.hub.wait_exit()
        self.hub.start()

    def test_a_token_that_is_over_ends_it(self) -> None:
        topic = self.begin()
        token = self.token("short", "--expires=6s")
        socket = self.socket(
            topic, fields=(("Authorization", f"Bearer {token}"),))
        socket.of_type("open")
        said = socket.message()
        self.assertEqual((said["type"], said["reason"]),
                         ("abort", "token-expired"))
        self.assertEqual(socket.closed().code, 4401)

    def test_where_there_is_no_room_it_is_told_to_come_later(self) -> None:
        self.begin("--pulls=1")
        self.open()
        other = self.socket(self.followed)
        self.assertEqual(other.closed().code, 1013)

    def test_all_positions_are_good_after_a_restart(self) -> None:
        topic = self.begin()
        socket = self.open()
        self.update(topic, b"second")
        place = socket.event()["id"]
        self.hub.kill()
        self.hub.start()
        self.update(topic, b"third")
        with self.socket(topic, since=place) as again:
            self.assertEqual(again.event()["body"], "third")


if __name__ == "__main__":
    unittest.main()
