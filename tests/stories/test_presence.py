# SPDX-License-Identifier: MIT
"""Who is there: told to those who may know."""

import json
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness import Wire, request
from harness.stream import Events, Lines
from harness.streaming import Streaming, target

EVENTS = ("Accept", "text/event-stream")
LINES = ("Accept", "application/x-ndjson")


def shown(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


class Presence(Streaming):
    def begin(self, *options: str) -> str:
        topic = super().begin(*options)
        self.mine = self.token("mine", "--owner=me")
        return topic

    def mailbox(self, name: str, *topics: str, token: str = "") -> None:
        body = json.dumps({"topics": topics}).encode()
        answer = self.hub.client.ask(request(
            "PUT", f"/mailboxes/{name}",
            [shown(token or self.mine),
             ("Content-Type", "application/json")], body))
        self.assertEqual(answer.status, 201, answer.text)

    def read(self, name: str, token: str = "") -> Wire:
        """Somebody who waits at it; nobody may be just leaving."""
        before = self.held()
        wire = Wire(self.hub.address)
        self.addCleanup(wire.close)
        wire.send(request("GET", f"/mailboxes/{name}/messages?wait=200",
                          [shown(token or self.mine)]))
        self.wait_held(before + 1)
        return wire

    def snapshot(self, token: str = "") -> dict[str, Any]:
        answer = self.hub.client.get("/presence",
                                     [shown(token or self.mine)])
        self.assertEqual(answer.status, 200, answer.text)
        return json.loads(answer.body)

    def watch(self, token: str = "") -> Events:
        return self._kept(Events(self.hub.address, "/presence",
                                 [shown(token or self.mine), EVENTS]))

    def watch_two(self, grace: str) -> Events:
        """Mailboxes "a" and "b", and one who hears of their readers."""
        topic = self.begin(f"--presence-grace={grace}")
        self.mailbox("a", topic)
        self.mailbox("b", topic)
        watch = self.watch()
        watch.named("open")
        return watch

    def test_who_reads_is_online(self) -> None:
        topic = self.begin()
        for name in ("a", "b", "c"):
            self.mailbox(name, topic)
        self.assertEqual(self.snapshot()["mailboxes"], [])
        self.read("a")
        self.read("c")
        there = self.snapshot()["mailboxes"]
        self.assertEqual(sorted(one["mailbox"] for one in there), ["a", "c"])
        self.assertEqual({one["state"] for one in there}, {"online"})
        self.assertRegex(there[0]["since"], r"^\d{4}-\d\d-\d\dT.*Z$")

    def test_how_many_wait_for_a_topic(self) -> None:
        topic = self.begin()
        other = self.topic("/b")
        for _ in range(3):
            self.events(topic).named("open")
        self.lines(topic, other).object()
        self.wait_held(4)
        self.assertEqual(self.snapshot()["topics"], {topic: 4, other: 1})
        narrow = self.token("narrow", scope=other)
        self.assertEqual(self.snapshot(narrow)["topics"], {other: 1})

    def test_comings_can_be_followed(self) -> None:
        topic = self.begin()
        self.mailbox("a", topic)
        self.mailbox("b", topic)
        self.read("a")
        watch = self.watch()
        watch.named("open")
        self.assertEqual(watch.named("presence").data["mailbox"], "a")
        lines = self._kept(Lines(self.hub.address, "/presence",
                                 [shown(self.mine), LINES]))
        self.assertEqual(lines.object()["type"], "open")
        self.assertEqual(lines.object()["mailbox"], "a")
        self.read("b")
        said = watch.named("presence").data
        self.assertEqual((said["mailbox"], said["state"]), ("b", "online"))
        said = lines.object()
        self.assertEqual((said["type"], said["mailbox"]), ("presence", "b"))

    def test_many_who_are_there_are_told_at_once(self) -> None:
        # One by one they would be more than may lie in wait for a reader.
        self.begin("--mailboxes-per-owner=1300", "--presence-grace=1h")
        names = [f"{i:04}".ljust(128, "x") for i in range(1300)]

        def visit(some: list[str]) -> None:
            with Wire(self.hub.address) as wire:
                for name in some:
                    wire.send(request(
                        "PUT", f"/mailboxes/{name}",
                        [shown(self.mine),
                         ("Content-Type", "application/json")], b"{}"))
                    self.assertEqual(wire.read().status, 201)
                    wire.send(request("GET", f"/mailboxes/{name}/messages",
                                      [shown(self.mine)]))
                    self.assertEqual(wire.read().status, 200)
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(visit, [names[at::10] for at in range(10)]))
        watch, lines = self.watch(), self._kept(Lines(
            self.hub.address, "/presence", [shown(self.mine), LINES]))
        self.assertEqual(sorted(watch.named("presence").data["mailbox"]
                                for _ in names), names)
        self.assertEqual(lines.object()["type"], "open")
        self.assertEqual(sorted(lines.object()["mailbox"] for _ in names),
                         names)

    def test_the_pause_between_two_polls_shows_to_nobody(self) -> None:
        watch = self.watch_two("1h")
        for _ in range(2):
            self.read("a").close()
            self.wait_held(1)  # the one who watches
        self.read("b")
        said = [watch.named("presence").data for _ in range(2)]
        self.assertEqual([(one["mailbox"], one["state"]) for one in said],
                         [("a", "online"), ("b", "online")])
        self.assertEqual(sorted(one["mailbox"] for one in
                                self.snapshot()["mailboxes"]), ["a", "b"])

    def test_who_does_not_come_again_has_left(self) -> None:
        watch = self.watch_two("2s")
        self.read("a").close()
        self.wait_held(1)  # the one who watches
        wire = self.read("a")
        self.read("b")
        # Between the two he may have been away for too long.
        said = [watch.named("presence").data]
        while said[-1]["mailbox"] != "b":
            said.append(watch.named("presence").data)
        self.assertEqual((said[-2]["mailbox"], said[-2]["state"]),
                         ("a", "online"))
        left = time.monotonic()
        wire.close()
        gone = watch.named("presence").data
        self.assertEqual((gone["mailbox"], gone["state"]), ("a", "offline"))
        self.assertGreater(time.monotonic() - left, 1.9)
        self.assertEqual([one["mailbox"]
                          for one in self.snapshot()["mailboxes"]], ["b"])

    def test_another_owner_sees_nothing_of_it(self) -> None:
        topic = self.begin()
        other = self.token("other", "--owner=they")
        same = self.token("same", "--owner=me")
        self.mailbox("a", topic)
        self.mailbox("theirs", topic, token=other)
        watch = self.watch(other)
        watch.named("open")
        self.read("a")
        self.read("theirs", other)
        self.assertEqual(watch.named("presence").data["mailbox"], "theirs")
        for token, names in ((other, ["theirs"]), (same, ["a"])):
            self.assertEqual([one["mailbox"] for one in
                              self.snapshot(token)["mailboxes"]], names)

    def test_it_takes_a_right(self) -> None:
        topic = self.begin()
        answer = self.hub.client.get("/presence")
        self.assertEqual(answer.status, 401)
        self.assertIn("Bearer", answer.get("WWW-Authenticate"))
        weak = self.token("weak", rights="pull,mailbox")
        answer = self.hub.client.get("/presence", [shown(weak)])
        self.assertEqual(answer.status, 403, answer.text)
        answer = self.hub.client.get(target("/events", topic), [shown(weak)])
        self.assertEqual(answer.status, 200)

    def test_watchers_end_with_the_hub(self) -> None:
        self.begin()
        watch = self.watch()
        watch.named("open")
        self.hub.stop()
        watch.ended()
        self.hub.start()


if __name__ == "__main__":
    unittest.main()
