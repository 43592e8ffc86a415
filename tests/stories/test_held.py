# SPDX-License-Identifier: MIT
"""Connections that are held: how many, at whose cost, and until when."""

import itertools
import unittest

from harness import Wire, request, until
from harness.client import post
from harness.memory import anonymous_kb
from harness.server import next_address
from harness.stream import Events
from harness.streaming import Streaming, target

PING = [("hub.mode", "publish"), ("hub.url", "http://127.9.9.9:9999/")]


class Held(Streaming):
    def hold(self, topic: str, count: int, wait: int = 200) -> list[Wire]:
        """So many polls, each from one of some addresses."""
        sources = [next_address() for _ in range(count // 100 + 1)]
        wires = []
        for number in range(count):
            wire = Wire(self.hub.address, source=sources[number // 100])
            wire.send(request("GET", target("/events", topic, wait=wait,
                                            since="latest")))
            wires.append(wire)
            self.addCleanup(wire.close)
        return wires

    def parked(self) -> int:
        return self.hub.status()["front"]["parked"]

    def test_a_thousand_that_vanish_are_forgotten(self) -> None:
        topic = self.begin("--connections=2000")
        wires = self.hold(topic, 1000)
        until(lambda: self.parked() == 1000, "1000 that are held")
        for wire in wires:
            wire.close()
        until(lambda: self.parked() == 0, "that nobody is held")

    def test_all_that_may_be_held_hinder_nobody_else(self) -> None:
        topic = self.begin("--connections=64", "--pulls=40")
        self.hold(topic, 40)
        # Only who has been answered "wait" takes his place for good.
        self.wait_held(40)
        for _ in range(3):
            # More who pull are told when to come again, each in his way.
            with Wire(self.hub.address, source=next_address()) as wire:
                answer = wire.ask(request("GET", target("/events", topic,
                                                        wait=50)))
                self.assertIn(answer.status, (429, 503))
                self.assertTrue(answer.get("Retry-After"))
            with Events(self.hub.address, target("/events/sse", topic),
                        source=next_address()) as events:
                self.assertEqual(events.head.status, 200)
                events.named("overload")
            # Everybody else is served.
            with Wire(self.hub.address, source=next_address()) as wire:
                self.assertEqual(wire.ask(post(PING)).status, 204)
                self.assertEqual(
                    wire.ask(request("GET", "/healthz")).status, 200)
            callback, other = self.callback(), self.origin()
            self.subscribe(self.hub, other.serve(b"x", "text/plain"),
                           callback.url())
        self.assertEqual(self.held(), 40)

    def test_those_that_are_held_are_small(self) -> None:
        topic = self.begin("--connections=4000")
        # The first need what is needed once.
        self.hold(topic, 1000)
        until(lambda: self.parked() == 1000, "1000 that are held")
        before = anonymous_kb(self.hub.pid)
        self.hold(topic, 2000)
        until(lambda: self.parked() == 3000, "3000 that are held")
        each = (anonymous_kb(self.hub.pid) - before) * 1024 / 2000
        if not self.hub.sanitized:
            self.assertLess(each, 512, "bytes each")

    def test_a_reader_that_reads_nothing_is_cut_off(self) -> None:
        topic = self.begin()
        with Events(self.hub.address, target("/events/sse", topic),
                    receive_buffer=4096) as events:
            events.named("open")
            until(lambda: self.parked() == 1, "him to be held")
            numbers = itertools.count()

            def cut_off() -> bool:
                self.update(topic, b"%d " % next(numbers) + b"x" * 50000)
                return self.parked() == 0
            until(cut_off, "him to be cut off")
            until(lambda: self.hub.status()["counters"]["pulls.slow"] > 0,
                  "him to be counted")


if __name__ == "__main__":
    unittest.main()
