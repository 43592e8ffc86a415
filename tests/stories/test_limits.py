# SPDX-License-Identifier: MIT
"""Ceilings: whoever meets one is told so, and all others are served."""

import threading
import unittest
from urllib.parse import quote

from harness import (Answer, Atom, Closed, Message, Puller, Story, Wire,
                     request, until)
from harness.callback import echo
from harness.client import post
from harness.server import next_address

PING = [("hub.mode", "publish"), ("hub.url", "http://127.9.9.9:9999/")]


class Ceilings(Story):
    def test_one_address_cannot_take_all_connections(self) -> None:
        hub = self.daemon("--connections-per-address=20",
                          "--head-timeout=5m", "--idle-timeout=5m")
        mine, other = next_address(), next_address()
        wires = [Wire(hub.address, source=mine) for _ in range(40)]
        served = 0
        for wire in wires:
            try:
                wire.send(post(PING))
                answer = wire.read()
            except (Closed, OSError):
                continue
            if answer.status == 503:
                self.assertTrue(answer.get("Retry-After"))
            else:
                self.assertEqual(answer.status, 204)
                served += 1
        with Wire(hub.address, source=other) as wire:
            self.assertEqual(wire.ask(post(PING)).status, 204)
        for wire in wires:
            wire.close()
        self.assertTrue(0 < served <= 20, served)

    def test_nor_by_keeping_them_alive_between_requests(self) -> None:
        hub = self.daemon("--connections-per-address=20",
                          "--head-timeout=5m", "--idle-timeout=5m")
        mine, other = next_address(), next_address()
        wires, served = [], 0
        for _ in range(40):
            wires.append(Wire(hub.address, source=mine))
            answer = wires[-1].ask(post(PING))
            served += answer.status == 204
            if answer.status != 204:
                self.assertEqual(answer.status, 503)
        with Wire(hub.address, source=other) as wire:
            self.assertEqual(wire.ask(post(PING)).status, 204)
        for wire in wires:
            wire.close()
        self.assertEqual(served, 20)

        def room() -> bool:
            with Wire(hub.address, source=mine) as wire:
                return wire.ask(post(PING)).status == 204
        until(room, "room again")

    def test_held_pulls_leave_room_for_the_rest(self) -> None:
        hub, origin = self.daemon("--pull-open", "--pulls=10"), self.origin()
        topic = origin.serve(Atom().add("one"))
        puller = Puller(hub.client, topic)
        puller.pull()
        hub.wait_for("update")
        puller.pull()
        wires = [Wire(hub.address) for _ in range(10)]
        for wire in wires:
            wire.send(request("GET", puller.target(wait=200)))
        until(lambda: hub.status()["front"]["held"] == 10, "10 held pulls")
        answer = puller.ask(wait=200)
        self.assertEqual(answer.status, 503)
        self.assertTrue(answer.get("Retry-After"))
        self.assertEqual(hub.client.post(PING).status, 204)
        for wire in wires:
            wire.close()
        until(lambda: puller.ask().status == 200, "room for a pull")

    def test_a_key_has_so_many_pending_requests(self) -> None:
        hub, callback = self.daemon("--verify-timeout=5m"), self.callback()
        gate = threading.Event()

        def held(seen):
            answer = echo(seen)
            answer.gate = gate
            return answer
        callback.on_verify = held
        statuses = [self.ask(hub, "subscribe", PING[1][1], callback.url(),
                             secret=f"one of many, {number}").status
                    for number in range(6)]
        self.assertEqual(statuses, [202, 202, 202, 202, 429, 429])
        # Another callback is another key.
        self.accepted(hub, "subscribe", PING[1][1], callback.url("other"))
        gate.set()

    def test_S5_one_address_does_not_fill_the_room_of_a_host(self) -> None:
        hub = self.daemon("--pending-per-host=8", "--verify-timeout=5m")
        callback = self.callback()
        gate = threading.Event()

        def held(seen):
            answer = echo(seen)
            answer.gate = gate
            return answer
        callback.on_verify = held
        askers = [next_address() for _ in range(6)]
        count = 0

        def ask(asker: str) -> Message:
            nonlocal count
            count += 1
            with Wire(hub.address, source=asker) as wire:
                return wire.ask(post([("hub.mode", "subscribe"),
                                      ("hub.topic", PING[1][1]),
                                      ("hub.callback",
                                       callback.url(f"of-{count}"))]))
        # A quarter each; and what they have asked for outlives a restart.
        self.assertEqual([ask(askers[0]).status for _ in range(4)],
                         [202, 202, 429, 429])
        hub.kill()
        hub.start()
        answer = ask(askers[0])
        self.assertEqual(answer.status, 429)
        self.assertEqual(answer.get("Hub-Error"), "callback.crowded")
        self.assertTrue(answer.get("Retry-After"))
        for asker in askers[1:4]:
            self.assertEqual([ask(asker).status for _ in range(3)],
                             [202, 202, 429])
        self.assertEqual(ask(askers[4]).status, 429)
        # Once something there has been verified there is more room.
        since = hub.mark()
        gate.set()
        hub.wait_for("subscription.active", 8, since)
        self.assertEqual([ask(askers[0]).status for _ in range(3)], [202] * 3)

    def test_subscriptions_have_a_ceiling(self) -> None:
        hub = self.daemon("--max-subscriptions=2")
        callback, origin = self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        self.follow(hub, topic, callback.url("1"), callback.url("2"))
        answer = self.ask(hub, "subscribe", topic, callback.url("3"))
        if answer.status == 202:
            hub.wait_for("subscription.refused")
        else:
            self.assertEqual(answer.status, 503)
            self.assertTrue(answer.get("Retry-After"))
        # Who is in may renew, and is served.
        self.subscribe(hub, topic, callback.url("1"), lease_seconds="7200",
                       event="subscription.renewed")
        self.publish(hub, topic)
        callback.wait_posts(2)
        self.assertEqual(hub.status()["store"]["subscriptions"], 2)

    def test_a_rate_is_kept_for_whoever_is_behind_a_proxy(self) -> None:
        hub = self.daemon("--accept-rate=1", "--trusted-proxy=127.0.0.1/32")

        def ask(who: str) -> int:
            return hub.client.post(
                PING, fields=[("X-Forwarded-For", who)]).status
        until(lambda: ask("192.0.2.1") == 429, "the ceiling")
        self.assertEqual(ask("192.0.2.2"), 204)

    def test_who_is_not_the_proxy_is_not_believed(self) -> None:
        hub = self.daemon("--accept-rate=1")
        numbers = iter(range(10**6))

        def ask() -> int:
            who = f"192.0.2.{next(numbers) % 250}"
            return hub.client.post(
                PING, fields=[("X-Forwarded-For", who)]).status
        until(lambda: ask() == 429, "the ceiling")

    def test_an_endless_answer_of_a_callback_is_no_trouble(self) -> None:
        hub, callback, origin = self.daemon(), self.callback(), self.origin()
        topic = origin.serve(Atom().add("one"))
        endless = (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
                   + b"x" * 300_000)
        callback.on_verify = lambda _: Answer(raw=endless, close=True)
        self.accepted(hub, "subscribe", topic, callback.url())
        hub.wait_for("verification.failed")
        callback.on_verify = echo
        self.follow(hub, topic, callback.url())
        callback.on_post = lambda _: Answer(raw=endless, close=True)
        self.publish(hub, topic)
        callback.wait_posts(1)
        # Whatever followed it, the 200 was an answer.
        until(lambda: hub.status()["counters"]["deliveries.delivered"] == 1,
              "the delivery to count")

    def test_many_topics_in_one_pull_have_a_ceiling(self) -> None:
        hub = self.daemon("--pull-open")
        topics = "&".join("topic=" + quote(f"http://127.9.9.9:9999/{n}",
                                           safe="") for n in range(101))
        answer = hub.client.ask(request(
            "POST", "/events",
            [("Content-Type", "application/x-www-form-urlencoded")],
            topics.encode()))
        self.assertEqual(answer.status, 400)


if __name__ == "__main__":
    unittest.main()
