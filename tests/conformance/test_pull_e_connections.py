# SPDX-License-Identifier: MIT
"""pull.md: polling and long connections."""

import json
import signal
import os
import unittest

import stories  # noqa: F401
from harness import until
from harness.websocket import WebSocket
from pulling import Pulling, bodies, target


class Connections(Pulling):
    def setUp(self) -> None:
        super().setUp()
        self.begin()
        self.followed = self.topic()

    def test_P81_a_held_request_asks_nothing_of_the_store(self) -> None:
        held = [self.hold(target("/events", self.followed, wait=60))
                for _ in range(20)]
        # What is of no concern to them leaves them alone.
        other = self.topic("/b")
        before = self.hub.status()["pulls"]["reads"]
        for number in range(5):
            self.update(other, b"%d" % number)
        self.assertEqual(self.hub.status()["pulls"]["reads"], before)
        self.update(self.followed, b"second")
        for wire in held:
            self.assertEqual(wire.read().status, 200)
        # And all who asked the same are read for once.
        self.assertLessEqual(self.hub.status()["pulls"]["reads"] - before, 2)

    def socket(self, path: str, *fields: tuple[str, str]) -> WebSocket:
        socket = WebSocket(self.hub.address, path, fields)
        self.addCleanup(socket.close)
        return socket

    def test_P32_a_socket_speaks_both_ways(self) -> None:
        socket = self.socket(target("/events/ws", self.followed))
        socket.of_type("open")
        socket.say("ping")
        socket.of_type("pong")
        self.update(self.followed, b"second")
        self.assertEqual(socket.event()["body"], "second")

    def test_P82_a_socket_subscribes(self) -> None:
        other = self.topic("/b")
        socket = self.socket(target("/events/ws", self.followed))
        socket.of_type("open")
        socket.say("subscribe", topic=other)
        socket.of_type("subscribed")
        self.update(other, b"from b")
        self.assertEqual(socket.event()["body"], "from b")
        socket.say("unsubscribe", topic=self.followed)
        socket.of_type("unsubscribed")
        self.update(self.followed, b"from a")
        self.update(other, b"from b again")
        self.assertEqual(socket.event()["body"], "from b again")

    def test_P82_a_socket_acknowledges(self) -> None:
        token = self.token()
        self.mailbox(token, "worker", self.followed, ack="explicit")
        socket = self.socket("/mailboxes/worker/ws",
                             ("Authorization", f"Bearer {token}"))
        socket.of_type("open")
        self.update(self.followed, b"second")
        event = socket.event()
        socket.say("ack", ids=[event["ack_id"]])
        until(lambda: self.pending(token) == 0, "it to be acknowledged")

    def pending(self, token: str) -> int:
        _, said = self.ask_json("GET", "/mailboxes/worker", token=token)
        return said["pending"]

    def test_P84_a_user_sees_which_of_his_are_connected(self) -> None:
        token = self.token()
        self.mailbox(token, "phone", self.followed)
        self.mailbox(token, "laptop", self.followed)
        self.hold(target("/mailboxes/phone/messages", wait=60),
                  ("Authorization", f"Bearer {token}"))
        for name, connected in (("phone", True), ("laptop", False)):
            _, said = self.ask_json("GET", f"/mailboxes/{name}", token=token)
            self.assertIs(said["connected"], connected)

    def test_P85_at_least_once_until_it_is_processed(self) -> None:
        token = self.token()
        self.mailbox(token, "worker", self.followed, ack="explicit",
                     ack_wait=1)
        self.update(self.followed, b"second")
        first, = self.messages(token, "worker")["events"]
        # He who had it does not come back.
        again = self.messages(token, "worker", wait=20)["events"][0]
        self.assertEqual(again["id"], first["id"])
        self.assertEqual(again["delivery_count"], 2)
        self.hub.kill()
        self.hub.start()
        self.ask_json("POST", "/mailboxes/worker/acks",
                      {"ack": [again["ack_id"]]}, token)
        said = self.messages(token, "worker", wait=20)["events"]
        until(lambda: not said or self.acknowledge(token, said), "its end")

    def acknowledge(self, token: str, events: list) -> bool:
        """A lease may have ended with the hub that gave it."""
        status, said = self.ask_json(
            "POST", "/mailboxes/worker/acks",
            {"ack": [event["ack_id"] for event in events]}, token)
        self.assertEqual(status, 200, said)
        return not self.messages(token, "worker")["events"]

    def test_P86_a_page_is_pushed_and_the_rest_is_asked_for(self) -> None:
        cursor = self.pull(self.followed)["cursor"]
        for number in range(6):
            self.update(self.followed, b"%d" % number)
        events = self.events(
            target("/events/sse", self.followed, since=cursor, limit=4))
        seen = [events.event()["body"] for _ in range(4)]
        self.assertEqual(events.said().name, "more")
        self.assertEqual(events.ended(), b"")
        rest = self.pull(self.followed, since=events.last_id)
        self.assertEqual(seen + bodies(rest["events"]),
                         ["0", "1", "2", "3", "4", "5"])

    def test_P87_no_stream_is_silent_for_longer_than_it_may(self) -> None:
        for name, value in (("heartbeat", 4), ("heartbeat", 271),
                            ("life", 59), ("life", 3601)):
            status, said = self.ask_json(
                "GET", target("/events/sse", self.followed, **{name: value}))
            self.assertEqual(status, 400, said)
            self.assertIn(name, said["detail"])

    def test_P88_a_reader_whose_line_is_cut_is_forgotten(self) -> None:
        wires = [self.hold(target("/events", self.followed, wait=60))
                 for _ in range(50)]
        for wire in wires:
            wire.close()
        until(lambda: self.held() == 0, "all to be forgotten")

    def test_P91_held_ones_outlast_a_store_that_is_stopped(self) -> None:
        held = self.hold(target("/events", self.followed, wait=60))
        events = self.events(target("/events/sse", self.followed))
        events.named("open")
        os.kill(self.hub.pid, signal.SIGSTOP)
        os.kill(self.hub.pid, signal.SIGCONT)
        self.update(self.followed, b"second")
        self.assertEqual(bodies(json.loads(held.read().body)["events"]),
                         ["second"])
        self.assertEqual(events.event()["body"], "second")

    def test_P92_positions_outlive_the_hub(self) -> None:
        cursor = self.pull(self.followed)["cursor"]
        self.update(self.followed, b"second")
        self.hub.kill()
        self.hub.start()
        said = self.pull(self.followed, since=cursor)
        self.assertEqual(bodies(said["events"]), ["second"])
        self.assertIsNone(said["gap"])

    def test_P92_after_a_restored_backup_clients_are_told(self) -> None:
        copy = self.directory / "copy"
        self.copy_store(self.hub, copy)
        cursor = self.pull(self.followed)["cursor"]
        self.hub.stop()
        self.hub.data.rename(self.directory / "old")
        copy.rename(self.hub.data)
        self.hub.start()
        said = self.pull(self.followed, since=cursor)
        self.assertEqual(said["gap"]["reason"], "epoch")
        self.assertEqual(bodies(said["events"]), ["first"])

    def test_P93_nothing_a_proxy_could_choke_on(self) -> None:
        answer = self.get(target("/events", self.followed, wait=1))
        self.assertEqual(answer.get("Cache-Control"), "no-store")
        self.assertEqual(int(answer.get("Content-Length")), len(answer.body))
        events = self.events(target("/events/sse", self.followed, pad=2048))
        self.assertEqual(events.head.get("X-Accel-Buffering"), "no")
        self.assertEqual(events.head.get("Cache-Control"), "no-store")
        length = 0
        line = events.line()
        while length < 2048:
            length += len(line) + 1
            line = events.line()


if __name__ == "__main__":
    unittest.main()
